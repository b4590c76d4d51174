//! The papers by name, and the one way from facts in JSON to a paper.

use domain::identity;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    ClassList, CollectionForm, DropoutLetter, EnrolmentCertificate, MigrantHandover, Paper, PaperError,
    ResumptionNotice, SchoolingCertificate, SignOffSheet, SuspensionNotice, TransferForm, reading,
};

/// Which paper (文书种类).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 学生辍学书面报告
    DropoutLetter,
    /// 学生转学申请（办理）表
    TransferForm,
    /// 休学通知书
    SuspensionNotice,
    /// 复学通知书
    ResumptionNotice,
    /// 在读证明
    EnrolmentCertificate,
    /// 学历证明
    SchoolingCertificate,
    /// 班级名册公示
    ClassList,
    /// 学籍上报签章表
    SignOffSheet,
    /// 新生学籍信息采集表
    CollectionForm,
    /// 随迁子女辍学学生移交清单
    MigrantHandover,
}

/// Facts (事实) that fill a paper. They can be written as JSON; what is optional may be left out.
pub trait Facts: Serialize + DeserializeOwned {
    /// The paper they fill.
    const KIND: Kind;

    /// The paper.
    fn paper(&self) -> Paper;

    /// The list without which the paper says nothing, if it is empty.
    fn empty_list(&self) -> Option<&'static str> {
        None
    }
}

impl Kind {
    /// Every kind, in the order of a pupil's way through school.
    pub const ALL: [Kind; 10] = [
        Kind::CollectionForm,
        Kind::ClassList,
        Kind::SignOffSheet,
        Kind::TransferForm,
        Kind::SuspensionNotice,
        Kind::ResumptionNotice,
        Kind::DropoutLetter,
        Kind::MigrantHandover,
        Kind::EnrolmentCertificate,
        Kind::SchoolingCertificate,
    ];

    /// The English name, as files and commands have it.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::DropoutLetter => "dropout_letter",
            Kind::TransferForm => "transfer_form",
            Kind::SuspensionNotice => "suspension_notice",
            Kind::ResumptionNotice => "resumption_notice",
            Kind::EnrolmentCertificate => "enrolment_certificate",
            Kind::SchoolingCertificate => "schooling_certificate",
            Kind::ClassList => "class_list",
            Kind::SignOffSheet => "sign_off_sheet",
            Kind::CollectionForm => "collection_form",
            Kind::MigrantHandover => "migrant_handover",
        }
    }

    /// The Chinese name.
    pub const fn label(self) -> &'static str {
        match self {
            Kind::DropoutLetter => "学生辍学书面报告",
            Kind::TransferForm => "学生转学申请（办理）表",
            Kind::SuspensionNotice => "休学通知书",
            Kind::ResumptionNotice => "复学通知书",
            Kind::EnrolmentCertificate => "在读证明",
            Kind::SchoolingCertificate => "学历证明",
            Kind::ClassList => "班级名册公示",
            Kind::SignOffSheet => "学籍上报签章表",
            Kind::CollectionForm => "新生学籍信息采集表",
            Kind::MigrantHandover => "随迁子女辍学学生移交清单",
        }
    }

    /// The kind of an English or Chinese name; `-` and `_` are the same, as are capitals and small letters.
    ///
    /// ```
    /// # use papers::Kind;
    /// assert_eq!(Kind::parse("dropout-letter"), Some(Kind::DropoutLetter));
    /// assert_eq!(Kind::parse("在读证明"), Some(Kind::EnrolmentCertificate));
    /// ```
    pub fn parse(text: &str) -> Option<Kind> {
        let name = identity::normalise(text).to_lowercase().replace('-', "_");
        Kind::ALL.into_iter().find(|kind| kind.name() == name || kind.label() == text.trim())
    }

    /// Whether personal numbers stand in it whole. Only the transfer form, by which another office finds the record, and the two
    /// certificates, by which a third party recognises the holder, need that; everything else is masked.
    pub const fn shows_numbers_whole(self) -> bool {
        matches!(self, Kind::TransferForm | Kind::EnrolmentCertificate | Kind::SchoolingCertificate)
    }
}

/// The paper of a kind from its facts in JSON.
///
/// # Errors
/// When the text is no JSON, or a field is missing, blank, unknown or not what it should be, or nobody is listed. The message names the field in Chinese and
/// English and shows no value.
///
/// ```
/// # use papers::{Kind, from_json};
/// let fault = from_json(Kind::EnrolmentCertificate, r#"{"number": "1", "issued_on": "2026-03-02"}"#).err().unwrap();
/// assert!(fault.to_string().contains("缺少“学生”"));
/// ```
pub fn from_json(kind: Kind, facts: &str) -> Result<Paper, PaperError> {
    fn paper<F: Facts>(facts: &str) -> Result<Paper, PaperError> {
        let facts = reading::read::<F>(facts)?;
        match facts.empty_list() {
            Some(field) => Err(reading::missing(field)),
            None => Ok(facts.paper()),
        }
    }
    match kind {
        Kind::DropoutLetter => paper::<DropoutLetter>(facts),
        Kind::TransferForm => paper::<TransferForm>(facts),
        Kind::SuspensionNotice => paper::<SuspensionNotice>(facts),
        Kind::ResumptionNotice => paper::<ResumptionNotice>(facts),
        Kind::EnrolmentCertificate => paper::<EnrolmentCertificate>(facts),
        Kind::SchoolingCertificate => paper::<SchoolingCertificate>(facts),
        Kind::ClassList => paper::<ClassList>(facts),
        Kind::SignOffSheet => paper::<SignOffSheet>(facts),
        Kind::CollectionForm => paper::<CollectionForm>(facts),
        Kind::MigrantHandover => paper::<MigrantHandover>(facts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_labels_lead_back() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.name()), Some(kind));
            assert_eq!(Kind::parse(kind.label()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
        assert_eq!(Kind::parse(" CLASS-LIST "), Some(Kind::ClassList));
        assert_eq!(Kind::parse("通知"), None);
    }

    fn keys(value: &serde_json::Value, found: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(fields) => fields.iter().for_each(|(name, value)| {
                found.push(name.clone());
                keys(value, found);
            }),
            serde_json::Value::Array(rows) => rows.iter().for_each(|row| keys(row, found)),
            _ => {}
        }
    }

    fn fields_of<F: Facts>(facts: &str) -> Vec<String> {
        let mut found = Vec::new();
        keys(&serde_json::to_value(reading::read::<F>(facts).unwrap()).unwrap(), &mut found);
        found
    }

    #[test]
    fn every_field_has_a_chinese_name() {
        let fields = [
            fields_of::<DropoutLetter>(include_str!("../examples/facts/dropout_letter.json")),
            fields_of::<TransferForm>(include_str!("../examples/facts/transfer_form.json")),
            fields_of::<SuspensionNotice>(include_str!("../examples/facts/suspension_notice.json")),
            fields_of::<ResumptionNotice>(include_str!("../examples/facts/resumption_notice.json")),
            fields_of::<EnrolmentCertificate>(include_str!("../examples/facts/enrolment_certificate.json")),
            fields_of::<SchoolingCertificate>(include_str!("../examples/facts/schooling_certificate.json")),
            fields_of::<ClassList>(include_str!("../examples/facts/class_list.json")),
            fields_of::<SignOffSheet>(include_str!("../examples/facts/sign_off_sheet.json")),
            fields_of::<CollectionForm>(include_str!("../examples/facts/collection_form.json")),
            fields_of::<MigrantHandover>(include_str!("../examples/facts/migrant_handover.json")),
        ]
        .concat();
        for field in fields {
            assert_ne!(crate::names::chinese(&field), "所填事实", "{field}");
        }
    }
}
