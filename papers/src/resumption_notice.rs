//! 复学通知书: the school takes a suspended pupil back.

use domain::calendar::Day;
use serde::{Deserialize, Serialize};

use crate::{
    Block, Contact, Facts, Field, Guardian, Kind, Measure, Paper, Pupil, SealLine, measure::Topic,
    suspension_notice::receipt, words,
};

/// The notice of a resumption (皖教基〔2013〕20号 art. 26, 某省办法 art. 15): the grade is the one that continues the studies (接续学业),
/// which need not be the one the pupil left. Numbers are masked.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResumptionNotice {
    /// 文号
    pub number: String,
    /// 依据办法
    #[serde(default)]
    pub measure: Measure,
    /// 学生
    pub pupil: Pupil,
    /// 监护人
    pub guardian: Guardian,
    /// 休学起始日期
    pub suspended_from: Day,
    /// 休学期满日期
    pub suspended_until: Day,
    /// 休学时年级
    pub grade_before: u8,
    /// 证明材料: that the pupil can study as others do
    #[serde(default)]
    pub evidence: Vec<String>,
    /// 复学日期
    pub resumes_on: Day,
    /// 就读年级
    pub grade: u8,
    /// 就读班级
    pub class: String,
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

impl Facts for ResumptionNotice {
    const KIND: Kind = Kind::ResumptionNotice;

    fn paper(&self) -> Paper {
        let mut paper = Paper::new(Self::KIND, &self.school, self.issued_on);
        paper.number = Some(self.number.clone());
        paper.addressee = Some(self.guardian.with_relation());
        paper.seal = Some(SealLine { of: "学校公章".to_owned(), electronic: self.electronic_seal.clone() });
        let place = words::grade_and_class(self.grade, &self.class);
        let registered = match self.registered_on {
            Some(day) => format!("已于{}报{}登记", words::day(day), self.authority),
            None => format!("正报{}登记", self.authority),
        };
        paper.blocks = vec![
            Block::Fields(vec![
                Field::new("学生姓名", &self.pupil.name),
                Field::new("性别", self.pupil.sex.label()),
                Field::new("学籍号", self.pupil.student_no.masked()),
                Field::new("休学时年级", words::grade(self.grade_before)),
                Field::wide(
                    "休学期限",
                    format!("{}至{}", words::day(self.suspended_from), words::day(self.suspended_until)),
                ),
                Field::wide("证明材料", self.evidence.join("；")),
                Field::new("复学日期", words::day(self.resumes_on)),
                Field::new("就读班级", &place),
            ]),
            Block::Paragraph(format!(
                "你为该生提出的复学申请及所附可以正常学习的证明已收悉。依据{}，经学校审核，准予该生自{}起复学，按照接续学业的原则，安排在{place}就读。",
                self.measure.cite(Topic::Suspension),
                words::day(self.resumes_on)
            )),
            Block::Paragraph(format!("本次复学{registered}。请督促该生按时到校；不能按时到校的，请及时与学校联系。")),
            Block::Paragraph(self.contact.line()),
            receipt(),
        ];
        paper
    }
}
