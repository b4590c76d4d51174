//! Certificates (毕业证书、学历证明): 某省办法 art. 17 (GRD-03).
//!
//! A certificate has one number, is issued once and never changed. A lost one is answered once, with a certificate of schooling.

use domain::movement::Status;
use serde::{Deserialize, Serialize};

use crate::{pupil::Pupil, refusal::Refusal};

/// What is issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 毕业证书、结业证书、肄业证明
    Certificate,
    /// 学历证明, in place of a lost certificate
    Replacement,
}

impl Kind {
    /// The name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Certificate => "certificate",
            Kind::Replacement => "replacement",
        }
    }
}

const ARTICLE: &str = "某省中小学生学籍管理办法 第十七条";

/// Whether it may be issued. `issued` are the kinds that the pupil has of the present stage.
pub fn check(pupil: &Pupil, kind: Kind, issued: &[Kind]) -> Result<(), Refusal> {
    let barred = |code: &str, zh: &str, en: &str| Err(Refusal::barred(code, ARTICLE, zh, en));
    if !matches!(pupil.standing.status, Status::Graduated | Status::Completed | Status::LeftEarly) {
        return barred("certificate.status", "学生尚未毕业、结业或肄业", "the pupil has not finished");
    }
    match (kind, issued.contains(&Kind::Certificate), issued.contains(&Kind::Replacement)) {
        (Kind::Certificate, false, _) | (Kind::Replacement, true, false) => Ok(()),
        (Kind::Certificate, true, _) => {
            barred("certificate.twice", "毕业证书遗失不予补发，可出具学历证明", "a certificate is issued once")
        }
        (Kind::Replacement, false, _) => {
            barred("certificate.none", "没有发过证书，不能出具学历证明", "no certificate was issued that could be lost")
        }
        (Kind::Replacement, true, true) => {
            barred("certificate.replaced", "学历证明只补发一次", "the certificate of schooling is issued once")
        }
    }
}
