//! What a school keeps up by itself without approval (学生维护信息): 皖教基〔2013〕20号 art. 11, 17; 某省办法 art. 8 (INF-01, ORG-06).

use std::collections::BTreeMap;

use domain::identity::StudentNo;
use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;

/// A kind of fact: its name, its Chinese label, the fields that tell rows apart, and the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactKind {
    /// The name in commands.
    pub name: &'static str,
    /// The label.
    pub label: &'static str,
    /// The fields that make a row one.
    pub key: &'static [&'static str],
    /// The other fields.
    pub others: &'static [&'static str],
}

/// Every kind that a school keeps.
pub const KINDS: [FactKind; 9] = [
    FactKind {
        name: "resume", label: "简历", key: &["from_month"], others: &["to_month", "place", "post", "witness"]
    },
    FactKind {
        name: "scores",
        label: "成绩",
        key: &["school_year", "term", "exam", "subject"],
        others: &["score", "full_marks", "pass_mark", "credits"],
    },
    FactKind { name: "evaluation", label: "评价", key: &["school_year", "term"], others: &["grade", "text"] },
    FactKind {
        name: "conduct",
        label: "奖惩",
        key: &["day", "kind", "title"],
        others: &["level", "revoked_on", "issuer", "document_no"],
    },
    FactKind {
        name: "health",
        label: "体检与体质测试",
        key: &["day"],
        others: &[
            "height_cm",
            "weight_kg",
            "vision_left",
            "vision_right",
            "vital_capacity_ml",
            "decayed_teeth",
            "fitness",
            "fitness_grade",
            "place",
            "note",
        ],
    },
    FactKind {
        name: "vaccination",
        label: "预防接种",
        key: &["day", "vaccine"],
        others: &["certificate", "dose", "place", "note"],
    },
    FactKind { name: "aid", label: "资助", key: &["school_year", "programme"], others: &["amount_fen"] },
    FactKind {
        name: "service",
        label: "社区服务",
        key: &["day", "activity"],
        others: &["hours", "place", "organiser", "witness"],
    },
    FactKind {
        name: "arts_sports",
        label: "艺术与体育",
        key: &["day", "activity"],
        others: &["kind", "level", "result", "teacher"],
    },
];

/// A row: whose, and its fields.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Whose.
    pub student_no: StudentNo,
    /// The fields by name, as text.
    pub fields: BTreeMap<String, String>,
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Row {{ {} fields }}", self.fields.len())
    }
}

/// The kind of a name.
pub fn kind(name: &str) -> Result<&'static FactKind, Refusal> {
    KINDS.iter().find(|kind| kind.name == name).ok_or_else(|| {
        let known: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
        Refusal::invalid(
            "fact.kind",
            "没有这一类信息",
            &format!("no such kind of fact; there are {}", known.join(", ")),
        )
    })
}

impl FactKind {
    /// The key of a row; refuses fields that the kind has not, so that no key fact slips in (KF-1), and rows without a key.
    pub fn key_of(&self, row: &Row) -> Result<String, Refusal> {
        let unknown = row
            .fields
            .keys()
            .find(|field| !self.key.contains(&field.as_str()) && !self.others.contains(&field.as_str()));
        if let Some(field) = unknown {
            return Err(Refusal::invalid(
                "fact.field",
                &format!("{}没有字段 {field}", self.label),
                &format!("{} has no field `{field}`", self.name),
            ));
        }
        let mut parts = Vec::with_capacity(self.key.len());
        for field in self.key {
            match row.fields.get(*field).map(|value| value.trim()).filter(|value| !value.is_empty()) {
                Some(value) => parts.push(value),
                None => {
                    return Err(Refusal::invalid(
                        "fact.key",
                        &format!("{}缺少 {field}", self.label),
                        &format!("{} needs `{field}`", self.name),
                    ));
                }
            }
        }
        Ok(parts.join("|"))
    }
}
