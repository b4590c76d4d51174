//! 在读证明: the school certifies that somebody is its pupil.

use domain::calendar::Day;
use serde::{Deserialize, Serialize};

use crate::{Block, Facts, Kind, Measure, Paper, Pupil, SealLine, measure::Topic, words};

/// The certificate of enrolment (在读证明). Numbers stand whole, since a third party recognises the holder by them; so it is handed to the
/// pupil or a guardian and to nobody else (皖教基〔2013〕20号 art. 30, 某省办法 art. 29).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolmentCertificate {
    /// 证明编号
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
    /// 入学日期; its month is shown
    #[serde(default)]
    pub entered_on: Option<Day>,
    /// 用途
    #[serde(default)]
    pub purpose: Option<String>,
    /// 有效期至
    #[serde(default)]
    pub valid_until: Option<Day>,
    /// 学校名称
    pub school: String,
    /// 学校标识码
    #[serde(default)]
    pub school_id: Option<String>,
    /// 成文日期
    pub issued_on: Day,
    /// 电子章编号
    #[serde(default)]
    pub electronic_seal: Option<String>,
}

impl Facts for EnrolmentCertificate {
    const KIND: Kind = Kind::EnrolmentCertificate;

    fn paper(&self) -> Paper {
        let pupil = &self.pupil;
        let mut paper = Paper::new(Self::KIND, &self.school, self.issued_on);
        paper.number = Some(self.number.clone());
        paper.seal = Some(SealLine { of: "学校公章".to_owned(), electronic: self.electronic_seal.clone() });
        let school = match &self.school_id {
            Some(id) => format!("我校（学校标识码{id}）"),
            None => "我校".to_owned(),
        };
        let entered = self.entered_on.map(|day| format!("，{}入学", words::month(day))).unwrap_or_default();
        paper.blocks.push(Block::Paragraph(format!(
            "兹证明{}，{}，{}出生，{}号码：{}，学籍号：{}，系{school}{}学生{entered}，现学籍状态为在读。",
            pupil.name,
            pupil.sex.label(),
            pupil.born(),
            pupil.document(),
            pupil.document_number(),
            pupil.student_no.whole(),
            words::grade_and_class(self.grade, &self.class),
        )));
        paper.blocks.push(Block::Paragraph(match &self.purpose {
            Some(purpose) => format!("本证明仅用于：{purpose}。"),
            None => "特此证明。".to_owned(),
        }));
        let valid = self.valid_until.map(|day| format!("有效期至{}。", words::day(day))).unwrap_or_default();
        paper.blocks.push(Block::Note(format!(
            "注：{valid}本证明含个人信息，只交学生本人或其监护人；非经学籍主管部门书面批准，学籍信息不得向外提供（{}）。",
            self.measure.cite(Topic::Secrecy)
        )));
        paper
    }
}
