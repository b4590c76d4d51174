//! 新生学籍信息采集表: the sheet that parents fill in, with a word on what becomes of it.

use domain::{
    calendar::Day,
    code::CodeList,
    contract::{self, Holds},
};
use serde::{Deserialize, Serialize};

use crate::{Block, Contact, Facts, Field, Kind, Measure, Paper, Signature, measure::Topic, words};

/// The form for newcomers (皖教基〔2013〕20号 art. 12 and 15, 某省办法 art. 5). It asks for the columns of the contract's student table that
/// a family knows, and for nothing else; required ones bear a star. It is empty, so nothing in it needs a mask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollectionForm {
    /// 表号
    #[serde(default)]
    pub number: Option<String>,
    /// 依据办法
    #[serde(default)]
    pub measure: Measure,
    /// 学校名称
    pub school: String,
    /// 学年学期
    pub term: String,
    /// 交回日期; art. 15 closes the collection on 30 September
    pub return_by: Day,
    /// 联系人
    pub contact: Contact,
    /// 成文日期
    pub issued_on: Day,
}

/// 学生基本信息: who the pupil is.
const BASE: &[&str] = &[
    "name",
    "sex",
    "birth_date",
    "ethnicity",
    "id_kind",
    "id_no",
    "nationality",
    "political_status",
    "overseas",
    "disability",
];
/// 户籍与居住: where the pupil belongs and lives.
const HOUSEHOLD: &[&str] =
    &["hukou_kind", "hukou_division", "address", "phone", "migrant", "left_behind", "study_mode", "inclusive"];
/// 家庭成员或监护人
const FAMILY: &[&str] = &["guardian_name", "guardian_relation", "guardian_id_no", "guardian_phone"];
/// 学校填写: what the school knows.
const SCHOOL: &[&str] = &["school_id", "class_id", "grade", "entry_month", "entry_method"];
/// What no form of a school asks: numbers the system gives, its own marks, and what only universities have.
#[cfg(test)]
const NOT_ASKED: &[&str] = &[
    "student_no",
    "regional_no",
    "status",
    "photo_digest",
    "updated_at",
    "degree_level",
    "department",
    "major",
    "supervisor",
    "admission_kind",
];

/// The longest list of which all boxes are printed.
const BOXES: usize = 9;

impl Facts for CollectionForm {
    const KIND: Kind = Kind::CollectionForm;

    fn paper(&self) -> Paper {
        let mut paper = Paper::new(Self::KIND, &self.school, self.issued_on);
        paper.number.clone_from(&self.number);
        paper.blocks = vec![
            Block::Paragraph(format!(
                "请{}新生的父母或其他监护人如实填写，于{}前交回学校。带 * 的为必填项；选择项请在□内打√。{}。",
                self.term,
                words::day(self.return_by),
                self.contact.line()
            )),
            Block::Heading("一、学生基本信息".to_owned()),
            Block::Fields(fields(BASE)),
            Block::Heading("二、户籍与居住".to_owned()),
            Block::Fields(fields(HOUSEHOLD)),
            Block::Heading("三、家庭成员或监护人".to_owned()),
            Block::Fields(fields(FAMILY)),
            Block::Heading("四、学校填写".to_owned()),
            Block::Fields(fields(SCHOOL)),
            Block::Heading("五、个人信息处理告知".to_owned()),
        ];
        paper.blocks.extend(self.privacy().into_iter().map(Block::Note));
        paper.blocks.push(Block::Signatures(vec![
            Signature::blank("监护人签字（已阅读告知，所填属实）"),
            Signature::blank("学校审核人签字"),
        ]));
        paper
    }
}

impl CollectionForm {
    /// What 《个人信息保护法》 art. 13, 17, 28–31 and 44–47 have a family told.
    fn privacy(&self) -> [String; 4] {
        [
            format!(
                "处理者和目的：{}为履行{}规定的学籍建立、管理职责收集以上信息，用于建立学籍、核对身份和办理学籍业务，不作他用。",
                self.school,
                self.measure.cite(Topic::Collection)
            ),
            "种类和必要性：身份证件号、残疾类型以及不满十四周岁未成年人的信息属于敏感个人信息，仅因学籍管理所必需而收集，由监护人填写并知悉；必填项缺失将无法建立学籍，其他各项可以不填。".to_owned(),
            format!(
                "保管和提供：信息录入学籍信息管理系统，由学校和学籍主管部门保管，学籍档案按规定长期保存；非经学籍主管部门书面批准，不得向外提供（{}）。本表录入核对后归入学籍档案。",
                self.measure.article(Topic::Secrecy).unwrap_or_default()
            ),
            format!(
                "权利：监护人可以向学校查阅、复制所填信息，发现有误的可以凭有效证明申请更正。{}。",
                self.contact.line()
            ),
        ]
    }
}

fn fields(names: &[&str]) -> Vec<Field> {
    let columns = contract::Table::Students.columns();
    let column = |name: &&str| columns.iter().find(|column| column.field == *name);
    names.iter().filter_map(column).map(field).collect()
}

fn field(column: &contract::Column) -> Field {
    let label = if column.required { format!("{}*", column.header) } else { column.header.to_owned() };
    let (value, wide) = match column.holds {
        Holds::IdNo => ("□".repeat(18), true),
        Holds::SchoolId => ("□".repeat(10), false),
        Holds::Day => (words::BLANK_DAY.to_owned(), false),
        Holds::Month => ("　　年　　月".to_owned(), false),
        Holds::YesNo => ("□是　□否".to_owned(), false),
        Holds::Label(list) => boxes(list),
        Holds::Division => ("　　　省　　　市　　　县（区）".to_owned(), true),
        _ => (String::new(), column.field == "address"),
    };
    Field { label, value, wide }
}

/// A box for every value of a short list; a long one is written in by hand.
fn boxes(list: &str) -> (String, bool) {
    let entries = CodeList::named(list).map(CodeList::entries).unwrap_or_default();
    if entries.is_empty() || BOXES < entries.len() {
        return (String::new(), false);
    }
    let mut boxes: Vec<String> = Vec::new();
    for entry in entries {
        let choice = format!("□{}", entry.label);
        if !boxes.contains(&choice) {
            boxes.push(choice);
        }
    }
    (boxes.join("　"), 3 < boxes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_of_the_contract_is_asked_or_said_not_to_be() {
        // REQ: ENR-01
        let asked: Vec<&str> = [BASE, HOUSEHOLD, FAMILY, SCHOOL].concat();
        for column in contract::Table::Students.columns() {
            let places = asked.iter().chain(NOT_ASKED).filter(|name| **name == column.field).count();
            assert_eq!(places, 1, "{}", column.field);
        }
        assert_eq!(fields(&asked).len(), asked.len());
    }

    #[test]
    fn required_columns_bear_a_star_and_short_lists_boxes() {
        // REQ: ENR-01
        let form = fields(&["name", "sex", "ethnicity", "id_no"]);
        assert_eq!((form[0].label.as_str(), form[0].value.as_str()), ("姓名*", ""));
        assert_eq!(form[1].value, "□男　□女");
        assert!(form[2].value.is_empty());
        assert_eq!(form[3].value.chars().count(), 18);
    }
}
