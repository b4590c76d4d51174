//! 随迁子女辍学学生移交清单: what an authority hands to the home county at the end of a term.

use domain::calendar::Day;
use serde::{Deserialize, Serialize};

use crate::{
    Block, Column, Contact, Facts, Guardian, Kind, Measure, Paper, Pupil, SealLine, Signature, Table, measure::Topic,
    words,
};

/// The list of migrant workers' children who dropped out (皖教基〔2013〕20号 art. 27, 某省办法 art. 26), from the authority of the schools
/// they attended to the education authority of the county of their household registration, at the end of every term. One list for one
/// home county, so that none sees the children of another. Numbers are masked; the files go with it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MigrantHandover {
    /// 移交编号
    pub number: String,
    /// 依据办法
    #[serde(default)]
    pub measure: Measure,
    /// 移交单位: 就读学校的学籍主管部门
    pub authority: String,
    /// 户籍所在地县级教育行政部门
    pub home_authority: String,
    /// 户籍所在地行政区划
    #[serde(default)]
    pub home_division: Option<String>,
    /// 学年学期
    pub term: String,
    /// 学期结束日期
    pub term_ended_on: Day,
    /// 移交学生
    pub pupils: Vec<Handed>,
    /// 移交人
    #[serde(default)]
    pub handed_by: Option<String>,
    /// 联系人
    pub contact: Contact,
    /// 成文日期
    pub issued_on: Day,
    /// 电子章编号
    #[serde(default)]
    pub electronic_seal: Option<String>,
}

/// A pupil of the list (移交学生).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handed {
    /// 学生
    pub pupil: Pupil,
    /// 就读学校
    pub school: String,
    /// 年级
    pub grade: u8,
    /// 监护人
    pub guardian: Guardian,
    /// 户籍地址
    pub address: String,
    /// 离校日期
    pub left_on: Day,
    /// 辍学原因
    pub reason: String,
    /// 移交材料
    #[serde(default)]
    pub files: Vec<String>,
}

impl Facts for MigrantHandover {
    const KIND: Kind = Kind::MigrantHandover;

    fn empty_list(&self) -> Option<&'static str> {
        self.pupils.is_empty().then_some("pupils")
    }

    fn paper(&self) -> Paper {
        let mut paper = Paper::new(Self::KIND, &self.authority, self.issued_on);
        paper.title = "义务教育阶段随迁子女辍学学生移交清单".to_owned();
        paper.number = Some(self.number.clone());
        paper.addressee = Some(self.home_authority.clone());
        paper.landscape = true;
        paper.seal = Some(SealLine { of: "移交单位公章".to_owned(), electronic: self.electronic_seal.clone() });
        let home = self.home_division.as_ref().map(|code| format!("（行政区划{code}）")).unwrap_or_default();
        let what = match self.measure {
            Measure::Anhui2013 => "辍学学生汇总转交你单位",
            Measure::ProvinceB => "辍学学生及其学籍档案转交你单位",
        };
        paper.blocks = vec![
            Block::Paragraph(format!(
                "根据{}，现将{}（{}结束）户籍在你县（市、区）{home}的外来务工人员随迁子女{what}，共{}人。请协助查明去向，组织其入学，并将接收情况告知我单位。",
                self.measure.cite(Topic::Dropout),
                self.term,
                words::day(self.term_ended_on),
                self.pupils.len()
            )),
            Block::Table(self.list()),
            Block::Paragraph(self.contact.line()),
            Block::Signatures(vec![
                Signature { name: self.handed_by.clone(), ..Signature::blank("移交人") },
                Signature::blank("接收人").with_seal(),
            ]),
        ];
        paper
    }
}

impl MigrantHandover {
    fn list(&self) -> Table {
        let row = |(at, handed): (usize, &Handed)| {
            vec![
                (at + 1).to_string(),
                handed.pupil.name.clone(),
                handed.pupil.sex.label().to_owned(),
                words::month(handed.pupil.birth_date),
                handed.pupil.student_no.masked(),
                format!("{}\n{}", handed.school, words::grade(handed.grade)),
                format!("{}\n{}", handed.guardian.with_relation(), handed.guardian.masked_phone())
                    .trim_end()
                    .to_owned(),
                handed.address.clone(),
                format!("{}\n{}", words::day(handed.left_on), handed.reason),
                handed.files.join("；"),
            ]
        };
        Table {
            columns: vec![
                Column::new("序号", 3),
                Column::new("姓名", 7),
                Column::new("性别", 3),
                Column::new("出生年月", 6),
                Column::new("学籍号（已遮蔽）", 11),
                Column::text("就读学校、年级", 10),
                Column::new("监护人、电话", 8),
                Column::text("户籍地址", 11),
                Column::text("离校日期、原因", 9),
                Column::text("移交材料", 8),
            ],
            rows: self.pupils.iter().enumerate().map(row).collect(),
        }
    }
}
