//! The export contract: the tables of a batch, their columns, and what a column holds.
//!
//! A source hands over one folder per day with these tables (`spec/exports.md`); the office's own feed writes the same.
//! Everything that reads, checks or writes a batch asks this module for names, so that they are written once.

use std::fmt;

/// A table of an export batch (批次里的一张表).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Table {
    /// 主管单位
    Authorities,
    /// 学校
    Schools,
    /// 班级
    Classes,
    /// 学生
    Students,
    /// 学籍变动
    Changes,
    /// 考勤
    Attendance,
    /// 成绩
    Scores,
    /// 奖惩
    Conduct,
    /// 资助
    Aid,
    /// 干部
    Cadres,
    /// 缴费
    FeesPaid,
    /// 借阅
    Loans,
}

/// What a column holds, and so how its text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Free text.
    Text,
    /// A registration number (学籍号): one of `G L J` and 18 places. Never a number to a spreadsheet.
    StudentNo,
    /// An identity-document number (身份证件号). Never a number to a spreadsheet.
    IdNo,
    /// Digits that are a name and not a quantity (codes, telephone numbers): kept as text.
    Digits,
    /// A school identifier (学校标识码), 10 digits.
    SchoolId,
    /// A division code of 6 digits; 12 are cut to 6.
    Division,
    /// A calendar day.
    Day,
    /// A year and month, kept as `YYYY-MM`.
    Month,
    /// A grade, 1–12 (years of study in higher education).
    Grade,
    /// A whole number.
    Count,
    /// A decimal number.
    Decimal,
    /// An amount of yuan, kept as whole fen.
    Money,
    /// 是 or 否.
    YesNo,
    /// A label of the named code list of `domain::code`.
    Label(&'static str),
}

/// One column of a table of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// The Chinese header.
    pub header: &'static str,
    /// The field's name in code and in tables.
    pub field: &'static str,
    /// Whether a row without a value is refused.
    pub required: bool,
    /// Whether the value is part of the row's key within one source.
    pub key: bool,
    /// How the text is read.
    pub holds: Holds,
}

const fn column(header: &'static str, field: &'static str, holds: Holds) -> Column {
    Column { header, field, required: false, key: false, holds }
}

const fn required(header: &'static str, field: &'static str, holds: Holds) -> Column {
    Column { header, field, required: true, key: false, holds }
}

const fn key(header: &'static str, field: &'static str, holds: Holds) -> Column {
    Column { header, field, required: true, key: true, holds }
}

const AUTHORITIES: &[Column] = &[
    key("单位代码", "authority_id", Holds::Division),
    required("单位名称", "name", Holds::Text),
    column("上级单位代码", "parent_id", Holds::Division),
    required("行政区划码", "division", Holds::Division),
    column("单位地址", "address", Holds::Text),
    column("所在地区类别", "area_type", Holds::Label("urban_rural")),
    column("所在地经济属性", "economic_attribute", Holds::Label("economic_attribute")),
    column("所在地民族属性", "ethnic_attribute", Holds::Text),
    column("联系电话", "phone", Holds::Digits),
];

const SCHOOLS: &[Column] = &[
    key("学校标识码", "school_id", Holds::SchoolId),
    required("学校名称", "name", Holds::Text),
    column("学校编码", "school_code", Holds::Digits),
    required("主管单位代码", "authority_id", Holds::Division),
    column("上级学校标识码", "parent_school_id", Holds::SchoolId),
    required("学校类别", "kind", Holds::Label("school_kind")),
    required("学校办别", "ownership", Holds::Label("ownership")),
    required("驻地城乡类型", "urban_rural", Holds::Label("urban_rural")),
    column("学制", "schooling_years", Holds::Count),
    column("联系电话", "phone", Holds::Digits),
    column("行政区划码", "division", Holds::Division),
];

const CLASSES: &[Column] = &[
    key("学校标识码", "school_id", Holds::SchoolId),
    key("班号", "class_id", Holds::Digits),
    required("班级名称", "name", Holds::Text),
    required("年级", "grade", Holds::Grade),
    required("建班年月", "founded", Holds::Month),
    column("学制", "schooling_years", Holds::Count),
    required("班级类型", "kind", Holds::Label("class_kind")),
    column("班主任姓名", "homeroom_teacher", Holds::Text),
    column("荣誉称号", "honour", Holds::Text),
    column("院系", "department", Holds::Text),
    column("专业", "major", Holds::Text),
];

const STUDENTS: &[Column] = &[
    key("学籍号", "student_no", Holds::StudentNo),
    column("地区学号", "regional_no", Holds::Digits),
    required("姓名", "name", Holds::Text),
    required("性别", "sex", Holds::Label("sex")),
    required("出生日期", "birth_date", Holds::Day),
    required("身份证件类型", "id_kind", Holds::Label("id_kind")),
    column("身份证件号", "id_no", Holds::IdNo),
    required("民族", "ethnicity", Holds::Label("ethnicity")),
    column("国籍/地区", "nationality", Holds::Label("nationality")),
    column("港澳台侨外", "overseas", Holds::Label("overseas")),
    column("政治面貌", "political_status", Holds::Label("political_status")),
    column("户口所在地行政区划", "hukou_division", Holds::Division),
    column("户口性质", "hukou_kind", Holds::Label("hukou_kind")),
    required("学校标识码", "school_id", Holds::SchoolId),
    required("班号", "class_id", Holds::Digits),
    required("年级", "grade", Holds::Grade),
    required("入学年月", "entry_month", Holds::Month),
    column("入学方式", "entry_method", Holds::Label("entry_method")),
    column("就读方式", "study_mode", Holds::Label("study_mode")),
    required("学籍状态", "status", Holds::Label("status")),
    column("是否随迁子女", "migrant", Holds::YesNo),
    column("是否留守儿童", "left_behind", Holds::YesNo),
    column("残疾类型", "disability", Holds::Label("disability")),
    column("是否随班就读", "inclusive", Holds::YesNo),
    column("现住址", "address", Holds::Text),
    column("联系电话", "phone", Holds::Digits),
    column("成员1姓名", "guardian_name", Holds::Text),
    column("成员1关系", "guardian_relation", Holds::Label("guardian_relation")),
    column("成员1身份证件号", "guardian_id_no", Holds::IdNo),
    column("成员1联系电话", "guardian_phone", Holds::Digits),
    column("照片摘要", "photo_digest", Holds::Text),
    column("更新时间", "updated_at", Holds::Text),
    column("培养层次", "degree_level", Holds::Text),
    column("院系", "department", Holds::Text),
    column("专业", "major", Holds::Text),
    column("导师", "supervisor", Holds::Text),
    column("录取类别", "admission_kind", Holds::Text),
];

const CHANGES: &[Column] = &[
    key("变动编号", "change_id", Holds::Digits),
    required("学籍号", "student_no", Holds::StudentNo),
    required("变动类别", "kind", Holds::Label("change_kind")),
    required("变动日期", "effective_on", Holds::Day),
    column("变动原因", "reason", Holds::Text),
    column("原学校标识码", "from_school_id", Holds::SchoolId),
    column("原班号", "from_class_id", Holds::Digits),
    column("原年级", "from_grade", Holds::Grade),
    column("现学校标识码", "to_school_id", Holds::SchoolId),
    column("现班号", "to_class_id", Holds::Digits),
    column("现年级", "to_grade", Holds::Grade),
    column("来源或去向", "counterpart", Holds::Text),
    column("申请日期", "applied_on", Holds::Day),
    column("审批完成日期", "approved_on", Holds::Day),
    column("审批结果", "result", Holds::Label("approval_result")),
    column("审批方式", "approval_mode", Holds::Label("approval_mode")),
];

const ATTENDANCE: &[Column] = &[
    key("学籍号", "student_no", Holds::StudentNo),
    key("日期", "day", Holds::Day),
    key("情况", "state", Holds::Label("attendance_state")),
    column("节次数", "periods", Holds::Count),
];

const SCORES: &[Column] = &[
    key("学籍号", "student_no", Holds::StudentNo),
    key("学年", "school_year", Holds::Text),
    key("学期", "term", Holds::Text),
    key("考试名称", "exam", Holds::Text),
    key("科目", "subject", Holds::Text),
    required("成绩", "score", Holds::Decimal),
    column("满分", "full_marks", Holds::Decimal),
    column("及格线", "pass_mark", Holds::Decimal),
    column("学分", "credits", Holds::Decimal),
];

const CONDUCT: &[Column] = &[
    key("学籍号", "student_no", Holds::StudentNo),
    key("日期", "day", Holds::Day),
    key("类别", "kind", Holds::Label("conduct_kind")),
    key("名称", "title", Holds::Text),
    column("级别", "level", Holds::Text),
    column("撤销日期", "revoked_on", Holds::Day),
];

const AID: &[Column] = &[
    key("学籍号", "student_no", Holds::StudentNo),
    key("学年", "school_year", Holds::Text),
    key("项目", "programme", Holds::Text),
    required("金额", "amount_fen", Holds::Money),
];

const CADRES: &[Column] = &[
    key("学籍号", "student_no", Holds::StudentNo),
    key("职务", "post", Holds::Text),
    key("任职日期", "appointed_on", Holds::Day),
    column("免职日期", "relieved_on", Holds::Day),
];

const FEES_PAID: &[Column] = &[
    key("学籍号", "student_no", Holds::StudentNo),
    key("学年", "school_year", Holds::Text),
    required("应缴", "due_fen", Holds::Money),
    required("实缴", "paid_fen", Holds::Money),
];

const LOANS: &[Column] = &[
    key("学籍号", "student_no", Holds::StudentNo),
    key("日期", "day", Holds::Day),
    required("册数", "volumes", Holds::Count),
];

impl Table {
    /// Every table, the core five first, in the order in which they are taken.
    pub const ALL: [Table; 12] = [
        Table::Authorities,
        Table::Schools,
        Table::Classes,
        Table::Students,
        Table::Changes,
        Table::Attendance,
        Table::Scores,
        Table::Conduct,
        Table::Aid,
        Table::Cadres,
        Table::FeesPaid,
        Table::Loans,
    ];

    /// The five tables without which a batch is held.
    pub const CORE: [Table; 5] = [Table::Authorities, Table::Schools, Table::Classes, Table::Students, Table::Changes];

    /// The English name: the stem of its files and sheets, and of its warehouse table.
    pub const fn name(self) -> &'static str {
        match self {
            Table::Authorities => "authorities",
            Table::Schools => "schools",
            Table::Classes => "classes",
            Table::Students => "students",
            Table::Changes => "changes",
            Table::Attendance => "attendance",
            Table::Scores => "scores",
            Table::Conduct => "conduct",
            Table::Aid => "aid",
            Table::Cadres => "cadres",
            Table::FeesPaid => "fees_paid",
            Table::Loans => "loans",
        }
    }

    /// The Chinese name, which files and sheets may carry instead.
    pub const fn chinese(self) -> &'static str {
        match self {
            Table::Authorities => "主管单位",
            Table::Schools => "学校",
            Table::Classes => "班级",
            Table::Students => "学生",
            Table::Changes => "学籍变动",
            Table::Attendance => "考勤",
            Table::Scores => "成绩",
            Table::Conduct => "奖惩",
            Table::Aid => "资助",
            Table::Cadres => "干部",
            Table::FeesPaid => "缴费",
            Table::Loans => "借阅",
        }
    }

    /// The columns, in the contract's order.
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Table::Authorities => AUTHORITIES,
            Table::Schools => SCHOOLS,
            Table::Classes => CLASSES,
            Table::Students => STUDENTS,
            Table::Changes => CHANGES,
            Table::Attendance => ATTENDANCE,
            Table::Scores => SCORES,
            Table::Conduct => CONDUCT,
            Table::Aid => AID,
            Table::Cadres => CADRES,
            Table::FeesPaid => FEES_PAID,
            Table::Loans => LOANS,
        }
    }

    /// Whether a batch without it is held.
    pub fn is_core(self) -> bool {
        Self::CORE.contains(&self)
    }

    /// The position of a field, if the table has it.
    pub fn position(self, field: &str) -> Option<usize> {
        self.columns().iter().position(|column| column.field == field)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_a_key_and_no_field_twice() {
        for table in Table::ALL {
            let columns = table.columns();
            assert!(columns.iter().any(|column| column.key), "{table} has no key");
            for (position, column) in columns.iter().enumerate() {
                assert_eq!(table.position(column.field), Some(position), "{table}.{} twice", column.field);
                assert!(column.required || !column.key);
            }
        }
    }
}
