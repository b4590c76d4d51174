//! 学生转学申请（办理）表: the request of a transfer and what every office said to it.

use domain::calendar::Day;
use serde::{Deserialize, Serialize};

use crate::{
    Block, Column, Facts, Field, Guardian, Kind, Measure, Paper, PersonalNumber, Pupil, School, Signature, Table,
    measure::Topic, words,
};

/// The form of a transfer (皖教基〔2013〕20号 art. 20, 21 and 24; 某省办法 art. 13, 18 and 19). Numbers stand whole: by them the other
/// school and its authority find the record that is to move.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferForm {
    /// 申请编号
    pub number: String,
    /// 依据办法
    #[serde(default)]
    pub measure: Measure,
    /// 转学类别: 省内转学, 跨省转入
    pub scope: String,
    /// 学生
    pub pupil: Pupil,
    /// 监护人
    pub guardian: Guardian,
    /// 转出学校
    pub from: Side,
    /// 转入学校
    pub to: Side,
    /// 转学原因
    pub reason: String,
    /// 证明材料
    #[serde(default)]
    pub evidence: Vec<String>,
    /// 申请日期
    pub applied_on: Day,
    /// 办理环节, in their order; those still to come may be left out
    #[serde(default)]
    pub steps: Vec<TransferStep>,
    /// 办结日期, on which the record moved
    #[serde(default)]
    pub completed_on: Option<Day>,
    /// 填表单位
    pub issuer: String,
    /// 成文日期
    pub issued_on: Day,
}

/// A school with the pupil's place in it (转出方、转入方).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// 学校
    pub school: School,
    /// 年级
    pub grade: u8,
    /// 班级
    #[serde(default)]
    pub class: Option<String>,
}

/// Who acts in a step (办理环节); a transfer passes them in this order (art. 21).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferStage {
    /// 转入学校
    ReceivingSchool,
    /// 转入学校学籍主管部门
    ReceivingAuthority,
    /// 转出学校, asked by its authority
    SendingSchool,
    /// 转出学校学籍主管部门
    SendingAuthority,
}

/// How a step came to its end (审批方式).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ApprovalMode {
    /// A person decided.
    #[serde(rename = "人工")]
    ByPerson,
    /// The term ran out and silence counted as consent (art. 24).
    #[serde(rename = "超时默认")]
    BySilence,
}

/// What an office said (审批结果).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// 同意
    #[serde(rename = "同意")]
    Agreed,
    /// 不同意
    #[serde(rename = "不同意")]
    Refused,
}

/// A step that is done (办理环节).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferStep {
    /// 环节
    pub stage: TransferStage,
    /// 办理单位
    pub office: String,
    /// 经办人 and 负责人; nobody where silence decided
    #[serde(default)]
    pub by: Option<String>,
    /// 收到日期
    #[serde(default)]
    pub received_on: Option<Day>,
    /// 办理日期
    pub decided_on: Day,
    /// 审批结果
    pub verdict: Verdict,
    /// 审批方式
    pub mode: ApprovalMode,
    /// 意见
    #[serde(default)]
    pub opinion: Option<String>,
    /// 电子章编号
    #[serde(default)]
    pub electronic_seal: Option<String>,
}

impl TransferStage {
    const ALL: [TransferStage; 4] = [
        TransferStage::ReceivingSchool,
        TransferStage::ReceivingAuthority,
        TransferStage::SendingSchool,
        TransferStage::SendingAuthority,
    ];

    /// The Chinese name.
    pub const fn label(self) -> &'static str {
        match self {
            TransferStage::ReceivingSchool => "转入学校",
            TransferStage::ReceivingAuthority => "转入学校学籍主管部门",
            TransferStage::SendingSchool => "转出学校",
            TransferStage::SendingAuthority => "转出学校学籍主管部门",
        }
    }
}

impl ApprovalMode {
    /// The label of the contract's list 审批方式.
    pub const fn label(self) -> &'static str {
        match self {
            ApprovalMode::ByPerson => "人工",
            ApprovalMode::BySilence => "超时默认",
        }
    }
}

impl Verdict {
    /// The label of the contract's list 审批结果.
    pub const fn label(self) -> &'static str {
        match self {
            Verdict::Agreed => "同意",
            Verdict::Refused => "不同意",
        }
    }
}

impl Facts for TransferForm {
    const KIND: Kind = Kind::TransferForm;

    fn paper(&self) -> Paper {
        let mut paper = Paper::new(Self::KIND, &self.issuer, self.issued_on);
        paper.number = Some(self.number.clone());
        paper.blocks = vec![
            Block::Fields(self.request()),
            Block::Paragraph("申请人承诺：以上填报内容及所附证明材料真实、有效，如有不实，愿承担相应责任。".to_owned()),
            Block::Signatures(vec![Signature::blank("申请人（学生本人或其法定监护人）签字")]),
            Block::Heading("办理情况".to_owned()),
            Block::Table(self.progress()),
            Block::Paragraph(self.outcome()),
            Block::Note(format!("注：1. 依据{}办理。", self.measure.cite(Topic::Transfer))),
            Block::Note(self.term()),
        ];
        paper
    }
}

impl TransferForm {
    fn request(&self) -> Vec<Field> {
        let pupil = &self.pupil;
        let or_blank = |text: &Option<String>| text.clone().unwrap_or_default();
        let mut fields = vec![
            Field::new("姓名", &pupil.name),
            Field::new("性别", pupil.sex.label()),
            Field::new("出生日期", pupil.born()),
            Field::new("转学类别", &self.scope),
            Field::new("学籍号", pupil.student_no.whole()),
            Field::new(pupil.document(), pupil.document_number()),
            Field::new("监护人", self.guardian.with_relation()),
            Field::new("联系电话", self.guardian.phone.as_ref().map_or("", PersonalNumber::whole)),
        ];
        for (side, school, authority) in
            [(&self.from, "转出学校", "转出主管部门"), (&self.to, "转入学校", "转入主管部门")]
        {
            let class = side.class.as_deref().unwrap_or("（待定）");
            fields.extend([
                Field::new(school, &side.school.name),
                Field::new("学校标识码", or_blank(&side.school.school_id)),
                Field::new(authority, or_blank(&side.school.authority)),
                Field::new("年级班级", words::grade_and_class(side.grade, class)),
            ]);
        }
        fields.extend([
            Field::wide("转学原因", &self.reason),
            Field::wide("证明材料", self.evidence.join("；")),
            Field::wide("申请日期", words::day(self.applied_on)),
        ]);
        fields
    }

    /// The steps that are done, in their order, and lines for those to come.
    fn progress(&self) -> Table {
        let done = self.steps.iter().map(|step| {
            let opinion = step.opinion.as_deref().map(|opinion| format!("{}：{opinion}", step.verdict.label()));
            let received = step.received_on.map(|day| format!("收到：{day}\n")).unwrap_or_default();
            let seal = step.electronic_seal.as_ref().map(|number| format!("电子章 {number}"));
            vec![
                format!("{}\n{}", step.stage.label(), step.office),
                format!("{received}办理：{}", step.decided_on),
                opinion.unwrap_or_else(|| step.verdict.label().to_owned()),
                step.mode.label().to_owned(),
                step.by
                    .clone()
                    .unwrap_or_else(|| if step.mode == ApprovalMode::BySilence { "（无）" } else { "" }.to_owned()),
                seal.unwrap_or_else(|| {
                    if step.mode == ApprovalMode::BySilence { "（系统）" } else { "（章）" }.to_owned()
                }),
            ]
        });
        let refused = self.steps.iter().any(|step| step.verdict == Verdict::Refused);
        let to_come = TransferStage::ALL.into_iter().filter(|stage| {
            !refused && self.completed_on.is_none() && !self.steps.iter().any(|step| step.stage == *stage)
        });
        let blank = |stage: TransferStage| {
            let cells = [stage.label(), "收到：\n办理：", "", "", "", "（章）"];
            cells.map(str::to_owned).to_vec()
        };
        Table {
            columns: vec![
                Column::new("环节、办理单位", 11),
                Column::new("日期", 10),
                Column::text("意见", 10),
                Column::new("方式", 5),
                Column::new("经办人、\n负责人", 7),
                Column::new("印章", 7),
            ],
            rows: done.chain(to_come.map(blank)).collect(),
        }
    }

    fn outcome(&self) -> String {
        match (self.completed_on, self.steps.iter().find(|step| step.verdict == Verdict::Refused)) {
            (_, Some(step)) => format!("办理结果：{}不同意转学，学籍仍在转出学校。", step.stage.label()),
            (Some(day), None) => {
                format!("办理结果：{}办结，学籍已转到转入学校，转出学校不再保留学籍。", words::day(day))
            }
            (None, None) => "办理结果：尚在办理，学籍仍在转出学校。".to_owned(),
        }
    }

    fn term(&self) -> String {
        let article = self.measure.article(Topic::TransferTerm).unwrap_or_default();
        match self.measure {
            Measure::Anhui2013 => format!(
                "　　2. 转入学校和其学籍主管部门、转出学校和其学籍主管部门应当分别在20个工作日内完成审批，超出时限，系统默认审批同意（{article}）；此类环节的方式记为“超时默认”。"
            ),
            Measure::ProvinceB => {
                format!("　　2. 转入、转出学校和双方学校学籍主管部门应当分别在10个工作日内完成学籍转接（{article}）。")
            }
        }
    }
}
