//! What a unit signs or answers for: reports with their pledge, the check of every term, responsibility (SGN-01, CHG-02, SGN-03).
//!
//! 皖教基〔2013〕20号 art. 31, 32; 某省办法 art. 28, 30, 31. A report that is not signed by registrar and head, each with the pledge of
//! integrity, does not count as reported; a change of what it states voids the signatures (SG-1).

use domain::calendar::Day;
use serde::{Deserialize, Serialize};

use crate::{refusal::Refusal, unit::Unit};

/// The faults for which a unit is called to account (责任情形): the seven of art. 32, and the two of 某省办法 art. 31 beyond them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// 未按规定及时录入、变动和上报
    LateEntry,
    /// 弄虚作假
    FalseData,
    /// 伪造、改动学籍数据
    AlteredData,
    /// 不能及时办理入学、转学、休学、复学、升学、毕业手续
    LateProcedure,
    /// 有意刁难学生转学
    ObstructedTransfer,
    /// 泄露或非法使用学籍信息
    Leak,
    /// 其他违反规定的事项
    Other,
    /// 不及时报告义务教育阶段学生辍学情况
    DropoutNotReported,
    /// 接收学生不为其办理转学手续
    TransferNotDone,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Fault; 9] = [
        Fault::LateEntry,
        Fault::FalseData,
        Fault::AlteredData,
        Fault::LateProcedure,
        Fault::ObstructedTransfer,
        Fault::Leak,
        Fault::Other,
        Fault::DropoutNotReported,
        Fault::TransferNotDone,
    ];

    /// The article.
    pub const fn article(self) -> &'static str {
        match self {
            Fault::LateEntry => "皖教基〔2013〕20号 第三十二条（一）",
            Fault::FalseData => "皖教基〔2013〕20号 第三十二条（二）；某省办法 第三十一条（二）",
            Fault::AlteredData => "皖教基〔2013〕20号 第三十二条（三）；某省办法 第三十一条（八）",
            Fault::LateProcedure => "皖教基〔2013〕20号 第三十二条（四）；某省办法 第三十一条（三）（六）",
            Fault::ObstructedTransfer => "皖教基〔2013〕20号 第三十二条（五）",
            Fault::Leak => "皖教基〔2013〕20号 第三十二条（六）；某省办法 第三十一条（七）",
            Fault::Other => "皖教基〔2013〕20号 第三十二条（七）；某省办法 第三十一条（九）",
            Fault::DropoutNotReported => "某省办法 第三十一条（四）",
            Fault::TransferNotDone => "某省办法 第三十一条（五）",
        }
    }

    /// The fault in words.
    pub const fn label(self) -> &'static str {
        match self {
            Fault::LateEntry => "未按规定及时录入、变动和上报",
            Fault::FalseData => "填写、上报数据弄虚作假",
            Fault::AlteredData => "伪造、改动学籍数据",
            Fault::LateProcedure => "不能及时办理学籍手续",
            Fault::ObstructedTransfer => "有意刁难学生转学",
            Fault::Leak => "泄露或非法使用学籍信息",
            Fault::Other => "其他违反学籍管理规定的事项",
            Fault::DropoutNotReported => "不及时报告义务教育阶段学生辍学情况",
            Fault::TransferNotDone => "接收学生不为其办理转学手续",
        }
    }
}

/// A signature under a report or a check of the term.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// The unit.
    pub unit: Unit,
    /// The account, of the role of head.
    pub by: String,
    /// The day.
    pub on: Day,
    /// SM3 of what was signed.
    pub digest: String,
}

/// What the open records of a unit come to: sums that any change of any of them moves, so that a signed report that no longer holds is
/// seen without counting it anew (SG-1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stand {
    /// How many.
    pub records: i64,
    /// The sum of their surrogates.
    pub surrogates: i64,
    /// The sum of their versions.
    pub versions: i64,
}

/// What a unit signs or answers for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Duty {
    /// 上报: a report climbs from the school to the province, signed at every level
    Report {
        /// Whose.
        unit: Unit,
        /// The period, such as `2025-10`.
        period: String,
        /// SM3 of the figures that it states.
        digest: String,
        /// What the records were when it was drawn up.
        stand: Stand,
        /// The signatures, the school's first.
        signatures: Vec<Signature>,
    },
    /// 学期复核: every record of a school confirmed, once a term
    Verification {
        /// The school.
        unit: Unit,
        /// The term, such as `2025-2026-1`.
        period: String,
        /// Records on the list.
        listed: u64,
        /// Records found wrong: their registration numbers.
        wrong: Vec<String>,
        /// SM3 of the list.
        digest: String,
        /// What the records were when it was drawn up.
        stand: Stand,
        /// The signature of the school's head.
        signature: Option<Signature>,
    },
    /// 责任事项: a fault of a school or an authority, with an order to correct
    Responsibility {
        /// Whose fault.
        unit: Unit,
        /// Which.
        fault: Fault,
        /// The evidence from which it was raised, once (RS-1).
        evidence: String,
        /// Who ordered the correction.
        ordered_by: Unit,
        /// The day of the order.
        ordered_on: Day,
        /// The day by which it is to be corrected.
        correct_by: Day,
        /// What came of it.
        outcome: Option<String>,
        /// The day on which it was closed.
        closed_on: Option<Day>,
    },
    /// 对外提供: personal data of a unit may leave the office, by written approval (USR-04, 某省办法 art. 29)
    Export {
        /// Whose records.
        unit: Unit,
        /// Who asked.
        asked_by: String,
        /// The unit that asked.
        asked_for: Unit,
        /// To whom they go.
        recipient: String,
        /// What for.
        purpose: String,
        /// The day of the request.
        asked_on: Day,
        /// The head who approved it, his authority, and the last day on which it may be used.
        approved: Option<(String, Unit, Day)>,
    },
}

impl Duty {
    /// The name of the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Duty::Report { .. } => "report",
            Duty::Verification { .. } => "verification",
            Duty::Responsibility { .. } => "responsibility",
            Duty::Export { .. } => "export",
        }
    }

    /// The unit.
    pub const fn unit(&self) -> Unit {
        match self {
            Duty::Report { unit, .. }
            | Duty::Verification { unit, .. }
            | Duty::Responsibility { unit, .. }
            | Duty::Export { unit, .. } => *unit,
        }
    }

    /// What makes it one: the period, or the evidence of a fault.
    pub fn period(&self) -> String {
        match self {
            Duty::Report { period, .. } | Duty::Verification { period, .. } => period.clone(),
            Duty::Responsibility { fault, evidence, .. } => format!("{fault:?}:{evidence}"),
            Duty::Export { recipient, purpose, asked_on, .. } => format!("{asked_on}:{recipient}:{purpose}"),
        }
    }

    /// What the records were when it was signed, if it is something that their change voids.
    pub fn signed_stand(&self) -> Option<Stand> {
        match self {
            Duty::Report { stand, .. } | Duty::Verification { stand, .. } => {
                matches!(self.state(), "reported" | "verified").then_some(*stand)
            }
            Duty::Responsibility { .. } | Duty::Export { .. } => None,
        }
    }

    /// The state in a word. A report counts as reported only once its own unit has signed what it states now.
    pub fn state(&self) -> &'static str {
        match self {
            Duty::Report { unit, digest, signatures, .. } => {
                let signed = |signature: &Signature| signature.unit == *unit && signature.digest == *digest;
                if signatures.iter().any(signed) { "reported" } else { "unsigned" }
            }
            Duty::Verification { signature, digest, .. } => match signature {
                Some(signature) if signature.digest == *digest => "verified",
                _ => "unsigned",
            },
            Duty::Responsibility { closed_on: Some(_), .. } => "closed",
            Duty::Responsibility { .. } => "ordered",
            Duty::Export { approved: Some(_), .. } => "approved",
            Duty::Export { .. } => "requested",
        }
    }
}

/// What is done with duties.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Draws up the report of a unit and period from the records as they stand; again, after a change, voids the signatures.
    Report {
        /// Whose.
        unit: Unit,
        /// The period.
        period: String,
    },
    /// Draws up the list of a school for a term's check.
    Verify {
        /// The school.
        unit: Unit,
        /// The term.
        period: String,
        /// Registration numbers of records found wrong.
        #[serde(default)]
        wrong: Vec<String>,
    },
    /// Signs a report or a check, with the pledge of integrity.
    Sign {
        /// The duty.
        duty: i64,
        /// 诚信承诺: without it nothing is signed.
        pledge: bool,
    },
    /// Calls a unit below to account, with an order to correct by a day (限期整改).
    Order {
        /// Whose fault.
        unit: Unit,
        /// Which.
        fault: Fault,
        /// The evidence.
        evidence: String,
        /// The day by which it is to be corrected; by policy, if none is stated.
        #[serde(default)]
        correct_by: Option<Day>,
    },
    /// Closes it with its outcome.
    Settle {
        /// The duty.
        duty: i64,
        /// What came of it.
        outcome: String,
    },
    /// Asks that personal data of a unit may be given away.
    RequestExport {
        /// Whose records.
        unit: Unit,
        /// To whom.
        recipient: String,
        /// What for.
        purpose: String,
    },
    /// Approves it in writing, as the head of the authority of that unit, until a day.
    ApproveExport {
        /// The duty.
        duty: i64,
        /// The last day on which it may be used.
        until: Day,
    },
}

/// Signs: only the head of a unit through which the report climbs, from below, with the pledge.
pub fn sign(mut duty: Duty, signature: Signature, pledge: bool, path: &[Unit]) -> Result<Duty, Refusal> {
    const ARTICLE: &str = "皖教基〔2013〕20号 第三十一条";
    if !pledge {
        return Err(Refusal::barred(
            "duty.pledge",
            ARTICLE,
            "审签须同时签署诚信承诺书",
            "whoever signs also signs the pledge of integrity",
        ));
    }
    match &mut duty {
        Duty::Report { digest, signatures, .. } => {
            signatures.retain(|earlier| earlier.digest == *digest);
            let Some(level) = path.iter().position(|unit| *unit == signature.unit) else {
                return Err(Refusal::out_of_scope());
            };
            let below_signed =
                path.iter().take(level).all(|unit| signatures.iter().any(|earlier| earlier.unit == *unit));
            if !below_signed {
                return Err(Refusal::barred("duty.order", ARTICLE, "下级尚未审签", "the unit below has not signed")
                    .remedy("请先由下级单位负责人审签", "let the head of the unit below sign first"));
            }
            if signatures.iter().any(|earlier| earlier.unit == signature.unit) {
                return Err(Refusal::conflict("duty.signed", ARTICLE, "本单位已审签", "the unit has signed already"));
            }
            let signed = Signature { digest: digest.clone(), ..signature };
            signatures.push(signed);
        }
        Duty::Verification { digest, signature: place, unit, .. } => {
            if *unit != signature.unit {
                return Err(Refusal::out_of_scope());
            }
            *place = Some(Signature { digest: digest.clone(), ..signature });
        }
        Duty::Responsibility { .. } | Duty::Export { .. } => {
            return Err(Refusal::invalid("duty.sign", "责任事项不需审签", "a responsibility is settled, not signed"));
        }
    }
    Ok(duty)
}
