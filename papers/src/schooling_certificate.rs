//! 学历证明: the one answer to a lost graduation certificate.

use domain::calendar::Day;
use serde::{Deserialize, Serialize};

use crate::{Block, Facts, Kind, Measure, Paper, Pupil, SealLine, Signature, measure::Topic, words};

/// The certificate of schooling (学历证明, 某省办法 art. 17): a lost graduation certificate is not issued again; the school certifies once,
/// and the certificate holds when the authority has put its seal to it (of senior pupils that of the prefecture). Numbers stand whole,
/// since a third party recognises the holder by them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchoolingCertificate {
    /// 证明编号
    pub number: String,
    /// 依据办法
    #[serde(default)]
    pub measure: Measure,
    /// 学生
    pub pupil: Pupil,
    /// 学段
    pub stage: CertifiedStage,
    /// 入学日期; its month is shown
    pub entered_on: Day,
    /// 毕业日期; its month is shown
    pub graduated_on: Day,
    /// 原毕业证书编号
    pub lost_certificate: String,
    /// 毕业学校名称
    pub school: String,
    /// 验印机关: the authority in charge, for 普通高中 that of the prefecture
    pub verified_by: String,
    /// 验印日期
    #[serde(default)]
    pub verified_on: Option<Day>,
    /// 成文日期
    pub issued_on: Day,
    /// 电子章编号
    #[serde(default)]
    pub electronic_seal: Option<String>,
}

/// What was finished (学段).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CertifiedStage {
    /// 小学
    #[serde(rename = "小学")]
    Primary,
    /// 初中
    #[serde(rename = "初中")]
    Junior,
    /// 高中
    #[serde(rename = "高中")]
    Senior,
}

impl CertifiedStage {
    const fn finished(self) -> &'static str {
        match self {
            CertifiedStage::Primary => "完成小学阶段义务教育，准予毕业",
            CertifiedStage::Junior => "完成义务教育，准予毕业",
            CertifiedStage::Senior => "完成普通高中学业，准予毕业",
        }
    }
}

impl Facts for SchoolingCertificate {
    const KIND: Kind = Kind::SchoolingCertificate;

    fn paper(&self) -> Paper {
        let pupil = &self.pupil;
        let mut paper = Paper::new(Self::KIND, &self.school, self.issued_on);
        paper.number = Some(self.number.clone());
        paper.seal = Some(SealLine { of: "毕业学校公章".to_owned(), electronic: self.electronic_seal.clone() });
        let verification = Signature {
            signed_on: self.verified_on,
            ..Signature::blank(format!("验印机关：{}", self.verified_by))
        };
        paper.blocks = vec![
            Block::Paragraph(format!(
                "兹证明{}，{}，{}出生，{}号码：{}，学籍号：{}，于{}至{}在我校就读，{}。",
                pupil.name,
                pupil.sex.label(),
                pupil.born(),
                pupil.document(),
                pupil.document_number(),
                pupil.student_no.whole(),
                words::month(self.entered_on),
                words::month(self.graduated_on),
                self.stage.finished()
            )),
            Block::Paragraph(format!(
                "其毕业证书（编号：{}）已遗失。按照{}，毕业证书遗失不予补发，特出具本学历证明。",
                self.lost_certificate,
                self.measure.cite(Topic::Certificate)
            )),
            Block::Paragraph("特此证明。".to_owned()),
            Block::Signatures(vec![verification.with_seal()]),
            Block::Note("注：本证明由毕业学校出具，经主管教育行政部门验印（普通高中经设区市教育行政部门验印）后生效；原则上只补发一次。".to_owned()),
        ];
        paper
    }
}
