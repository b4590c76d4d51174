//! 学籍上报签章表: who answers for a report, with the integrity pledge.

use domain::calendar::Day;
use serde::{Deserialize, Serialize};

use crate::{Block, Column, Facts, Field, Kind, Measure, Paper, SealLine, Signature, Table, measure::Topic, words};

/// The sheet with which a report climbs (皖教基〔2013〕20号 art. 31): the principal (校长, 学区负责人) of a school or the head (负责人) of
/// an authority signs, and signs the integrity pledge (诚信承诺书) with it. It names no pupil.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignOffSheet {
    /// 报送编号
    pub number: String,
    /// 依据办法
    #[serde(default)]
    pub measure: Measure,
    /// 报送单位
    pub office: String,
    /// 报送单位层级
    pub level: ReportLevel,
    /// 报送对象: the authority above
    pub addressee: String,
    /// 学年学期
    pub term: String,
    /// 上报内容, such as classes, pupils, newcomers and changes with their counts
    pub figures: Vec<Figure>,
    /// 数据摘要: digest of the data that is signed for; a change of the data makes it another
    #[serde(default)]
    pub digest: Option<String>,
    /// 校长（学区负责人）或单位负责人审签
    #[serde(default)]
    pub head: Option<Signed>,
    /// 学籍管理员签字
    #[serde(default)]
    pub clerk: Option<Signed>,
    /// 上级审签, by those who have received it
    #[serde(default)]
    pub reviews: Vec<Review>,
    /// 成文日期
    pub issued_on: Day,
    /// 电子章编号
    #[serde(default)]
    pub electronic_seal: Option<String>,
}

/// Which step of the ladder reports (报送层级).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportLevel {
    /// 学校（学区）
    School,
    /// 县（区）教育行政部门
    County,
    /// 市教育行政部门
    Prefecture,
}

/// A line of what is reported (上报数据).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// 项目
    pub item: String,
    /// 数量
    pub count: u64,
    /// 备注
    #[serde(default)]
    pub remark: Option<String>,
}

/// Who has signed, and when (签字).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// 姓名
    pub name: String,
    /// 签字日期
    pub on: Day,
}

/// The signature of an office above (上级审签).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// 审签单位
    pub office: String,
    /// 姓名; nobody while it is still to be signed
    #[serde(default)]
    pub name: Option<String>,
    /// 签字日期
    #[serde(default)]
    pub on: Option<Day>,
}

impl ReportLevel {
    const fn head(self) -> &'static str {
        match self {
            ReportLevel::School => "校长（学区负责人）",
            ReportLevel::County | ReportLevel::Prefecture => "教育行政部门负责人",
        }
    }

    const fn us(self) -> &'static str {
        match self {
            ReportLevel::School => "我校",
            ReportLevel::County | ReportLevel::Prefecture => "我单位",
        }
    }

    /// What is promised: what art. 12 to 16, 30 and 31 ask of the office, and that art. 32 stands behind it.
    fn pledge(self, measure: Measure) -> String {
        let us = self.us();
        let (data, posted) = match self {
            ReportLevel::School => ("采集、录入和上报的学籍信息", "并按规定将本校在籍学生名单分班级予以公示"),
            ReportLevel::County | ReportLevel::Prefecture => {
                ("审核、汇总和上报的学籍信息", "并按规定将本地在籍学生名单分班级予以公示")
            }
        };
        let answer = match measure {
            Measure::Anhui2013 => "如有弄虚作假，愿依第三十二条承担责任",
            Measure::ProvinceB => "如有弄虚作假，愿依照规定承担责任",
        };
        format!(
            "{us}郑重承诺：{data}真实、准确、完整；一人一籍一号，没有虚假学籍、重复学籍和虚拟班级，没有为学前教育阶段幼儿建立学籍；严格保守学籍信息秘密，{posted}。{answer}。"
        )
    }
}

fn line(role: &str, signed: Option<&Signed>) -> Signature {
    Signature {
        name: signed.map(|signed| signed.name.clone()),
        signed_on: signed.map(|signed| signed.on),
        ..Signature::blank(role)
    }
}

impl Facts for SignOffSheet {
    const KIND: Kind = Kind::SignOffSheet;

    fn empty_list(&self) -> Option<&'static str> {
        self.figures.is_empty().then_some("figures")
    }

    fn paper(&self) -> Paper {
        let mut paper = Paper::new(Self::KIND, &self.office, self.issued_on);
        paper.number = Some(self.number.clone());
        paper.addressee = Some(self.addressee.clone());
        paper.seal = Some(SealLine { of: "报送单位公章".to_owned(), electronic: self.electronic_seal.clone() });
        let row = |figure: &Figure| {
            vec![figure.item.clone(), figure.count.to_string(), figure.remark.clone().unwrap_or_default()]
        };
        let table = Table {
            columns: vec![Column::new("项目", 6), Column::new("数量", 4), Column::text("备注", 8)],
            rows: self.figures.iter().map(row).collect(),
        };
        let role = self.level.head();
        paper.blocks = vec![
            Block::Fields(vec![
                Field::wide("报送单位", &self.office),
                Field::wide("学年学期", &self.term),
                Field::wide("数据摘要", self.digest.clone().unwrap_or_default()),
            ]),
            Block::Heading("一、上报内容".to_owned()),
            Block::Table(table),
            Block::Heading("二、诚信承诺".to_owned()),
            Block::Paragraph(self.level.pledge(self.measure)),
            Block::Heading("三、审签".to_owned()),
            Block::Signatures(vec![
                line("学籍管理员", self.clerk.as_ref()),
                line(&format!("{role}审签"), self.head.as_ref()),
                line(&format!("{role}签署诚信承诺"), self.head.as_ref()),
            ]),
        ];
        if !self.reviews.is_empty() {
            let review = |review: &Review| Signature {
                name: review.name.clone(),
                signed_on: review.on,
                ..Signature::blank(format!("{}负责人审签", review.office)).with_seal()
            };
            paper.blocks.push(Block::Heading("四、上级审签".to_owned()));
            paper.blocks.push(Block::Signatures(self.reviews.iter().map(review).collect()));
        }
        let state = match &self.head {
            Some(head) => format!("{}于{}审签。签后数据有变动的，须重新审签。", role, words::day(head.on)),
            None => "尚未审签；未经审签、未同时签署诚信承诺的，不视为已上报。".to_owned(),
        };
        paper.blocks.push(Block::Note(format!("注：{state}依据{}。", self.measure.cite(Topic::SignOff))));
        paper
    }
}
