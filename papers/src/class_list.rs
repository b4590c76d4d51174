//! 班级名册公示: the list of a class's registered pupils as it is posted.

use domain::calendar::Day;
use serde::{Deserialize, Serialize};

use crate::{
    Block, Column, Contact, Facts, Kind, Measure, NameMasking, Paper, PersonalNumber, SealLine, Table, measure::Topic,
    words,
};

/// The posted list of a class (皖教基〔2013〕20号 art. 31: 在籍学生名单分班级予以公示). It is complete, one row for every registered
/// pupil, and shows of each only a name, as the policy lets it stand, and a masked number.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassList {
    /// 公示编号
    #[serde(default)]
    pub number: Option<String>,
    /// 依据办法
    #[serde(default)]
    pub measure: Measure,
    /// 学校名称
    pub school: String,
    /// 学年学期: `2025—2026学年度第一学期`
    pub term: String,
    /// 年级
    pub grade: u8,
    /// 班级
    pub class: String,
    /// 班主任
    #[serde(default)]
    pub homeroom_teacher: Option<String>,
    /// 在籍学生, in the order in which they are listed
    pub pupils: Vec<Listed>,
    /// 姓名公示方式
    #[serde(default)]
    pub names: NameMasking,
    /// 公示起始日期
    pub posted_from: Day,
    /// 公示截止日期, after which the list is taken down
    pub posted_until: Day,
    /// 联系人, for objections
    pub contact: Contact,
    /// 成文日期
    pub issued_on: Day,
}

/// A pupil of the list (在籍学生).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// 姓名
    pub name: String,
    /// 学籍号
    pub student_no: PersonalNumber,
}

impl Facts for ClassList {
    const KIND: Kind = Kind::ClassList;

    fn empty_list(&self) -> Option<&'static str> {
        self.pupils.is_empty().then_some("pupils")
    }

    fn paper(&self) -> Paper {
        let class = words::grade_and_class(self.grade, &self.class);
        let mut paper = Paper::new(Self::KIND, &self.school, self.issued_on);
        paper.title = format!("{class}在籍学生名单公示");
        paper.number.clone_from(&self.number);
        paper.seal = Some(SealLine::ink("学校公章"));
        let teacher = self.homeroom_teacher.as_ref().map(|name| format!("，班主任：{name}")).unwrap_or_default();
        let row = |(at, pupil): (usize, &Listed)| {
            vec![(at + 1).to_string(), self.names.shown(&pupil.name), pupil.student_no.masked()]
        };
        paper.blocks = vec![
            Block::Paragraph(format!(
                "根据{}，现将{}{class}在籍学生名单予以公示，共{}人{teacher}。",
                self.measure.cite(Topic::SignOff),
                self.term,
                self.pupils.len()
            )),
            Block::Paragraph(format!(
                "公示时间：{}至{}。对名单有异议的，请在公示期内向学校反映。{}。",
                words::day(self.posted_from),
                words::day(self.posted_until),
                self.contact.line()
            )),
            Block::Table(Table {
                columns: vec![Column::new("序号", 2), Column::new("姓名", 6), Column::new("学籍号（已遮蔽）", 6)],
                rows: self.pupils.iter().enumerate().map(row).collect(),
            }),
            Block::Note(format!("注：{}；公示期满即撤下。", self.names.label())),
        ];
        paper
    }
}
