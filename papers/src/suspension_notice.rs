//! 休学通知书: the school tells a guardian that the pupil may, or must, stay away for a time.

use domain::calendar::Day;
use serde::{Deserialize, Serialize};

use crate::{
    Block, Contact, Facts, Field, Guardian, Kind, Measure, Paper, Pupil, SealLine, Signature, measure::Topic, words,
};

/// The notice of a suspension (皖教基〔2013〕20号 art. 26, 某省办法 art. 15). Numbers are masked. It states an illness, and so goes to the
/// guardian and the pupil's file only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuspensionNotice {
    /// 文号
    pub number: String,
    /// 依据办法
    #[serde(default)]
    pub measure: Measure,
    /// 学生
    pub pupil: Pupil,
    /// 年级
    pub grade: u8,
    /// 班级
    pub class: String,
    /// 监护人
    pub guardian: Guardian,
    /// 休学原因
    pub reason: String,
    /// 证明材料: a certificate of a hospital of county level or above, or other proof
    #[serde(default)]
    pub evidence: Vec<String>,
    /// 是否学校令其休学: for an infectious or disabling illness, without a request
    #[serde(default)]
    pub ordered_by_school: bool,
    /// 是否延长休学
    #[serde(default)]
    pub extension: bool,
    /// 休学起始日期
    pub from: Day,
    /// 休学期满日期; a year after the start if not stated
    #[serde(default)]
    pub until: Option<Day>,
    /// 学籍主管部门登记日期
    #[serde(default)]
    pub registered_on: Option<Day>,
    /// 学籍主管部门
    pub authority: String,
    /// 学校名称
    pub school: String,
    /// 联系人
    pub contact: Contact,
    /// 成文日期
    pub issued_on: Day,
    /// 电子章编号
    #[serde(default)]
    pub electronic_seal: Option<String>,
}

impl SuspensionNotice {
    /// The day on which the suspension ends: the one stated, or that a year after its start.
    pub fn ends_on(&self) -> Day {
        self.until.unwrap_or_else(|| self.from.plus_months(12))
    }

    fn decision(&self) -> String {
        let what = if self.extension { "延长休学" } else { "休学" };
        let span = format!("自{}起，至{}期满", words::day(self.from), words::day(self.ends_on()));
        let cited = self.measure.cite(Topic::Suspension);
        if self.ordered_by_school {
            format!("因该生经县级以上医疗单位证明不能在学校正常学习，依据{cited}，学校决定令其{what}，{span}。")
        } else {
            format!("你为该生提出的{what}申请及所附证明已收悉。依据{cited}，经学校审核，同意该生{what}，{span}。")
        }
    }
}

impl Facts for SuspensionNotice {
    const KIND: Kind = Kind::SuspensionNotice;

    fn paper(&self) -> Paper {
        let mut paper = Paper::new(Self::KIND, &self.school, self.issued_on);
        paper.number = Some(self.number.clone());
        paper.addressee = Some(self.guardian.with_relation());
        paper.seal = Some(SealLine { of: "学校公章".to_owned(), electronic: self.electronic_seal.clone() });
        let registered = match self.registered_on {
            Some(day) => format!("已于{}报{}登记", words::day(day), self.authority),
            None => format!("正报{}登记", self.authority),
        };
        paper.blocks = vec![
            Block::Fields(vec![
                Field::new("学生姓名", &self.pupil.name),
                Field::new("性别", self.pupil.sex.label()),
                Field::new("年级班级", words::grade_and_class(self.grade, &self.class)),
                Field::new("学籍号", self.pupil.student_no.masked()),
                Field::wide("休学原因", &self.reason),
                Field::wide("证明材料", self.evidence.join("；")),
                Field::wide("休学期限", format!("{}至{}", words::day(self.from), words::day(self.ends_on()))),
            ]),
            Block::Paragraph(self.decision()),
            Block::Paragraph(format!("休学期间，学校为该生保留学籍；本次休学{registered}，休学原因记入学生学籍档案。")),
            Block::Paragraph(
                "休学期满前，请由父母或其他监护人持可以正常学习的证明向学校申请复学；仍不能复学的，请持县级以上医院诊断证明或其他相关证明申请延长休学期限。期满未申请延期又不按时复学的，按旷课处理，学校将督促复学。"
                    .to_owned(),
            ),
            Block::Paragraph(self.contact.line()),
        ];
        paper.blocks.push(receipt());
        paper
    }
}

/// The guardian's receipt (签收), at the foot of a notice.
pub(crate) fn receipt() -> Block {
    Block::Signatures(vec![Signature::blank("本通知书已收到。监护人签收")])
}
