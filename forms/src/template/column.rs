//! A column of a form.

use domain::{
    code::CodeList,
    contract::{Column, Holds},
};

/// What a column of a form is filled with (填写内容).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// 文字
    Text,
    /// 日期: a calendar day.
    Day,
    /// 年月: a year and month.
    Month,
    /// 选项: one of these labels.
    Choice(Vec<&'static str>),
    /// 是 or 否.
    YesNo,
    /// 代码、电话等: digits that are a name and not a quantity.
    Digits,
    /// 学籍号: 19 places.
    StudentNo,
    /// 身份证件号: 18 places, or another document's number.
    IdNo,
    /// 学校标识码: 10 digits.
    SchoolId,
    /// 行政区划码: 6 digits, or 12.
    Division,
    /// 年级: 1–12.
    Grade,
    /// 整数
    Count,
    /// 小数
    Decimal,
    /// 金额, in yuan with up to two decimals.
    Money,
}

impl Kind {
    /// Whether the column is of text cells (`@`), so that no spreadsheet program makes a number or a date of what is typed.
    pub fn is_text(&self) -> bool {
        !matches!(self, Kind::Grade | Kind::Count | Kind::Decimal | Kind::Money)
    }

    /// How it is written, in Chinese.
    pub fn zh(&self) -> &'static str {
        match self {
            Kind::Text => "文字",
            Kind::Day => "日期,如 20260901 或 2026-09-01",
            Kind::Month => "年月,如 202609 或 2026-09",
            Kind::Choice(_) => "从下拉列表中选择",
            Kind::YesNo => "填“是”或“否”",
            Kind::Digits => "数字代码,按文本填写",
            Kind::StudentNo => "学籍号,字母 G、L 或 J 加 18 位,按文本填写",
            Kind::IdNo => "身份证件号,居民身份证为 18 位,按文本填写",
            Kind::SchoolId => "学校标识码,10 位数字",
            Kind::Division => "行政区划码,6 位或 12 位数字",
            Kind::Grade => "年级,1 至 12 的整数",
            Kind::Count => "整数",
            Kind::Decimal => "数值,可带小数",
            Kind::Money => "金额(元),最多两位小数",
        }
    }

    /// How it is written, in English.
    pub fn en(&self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::Day => "a date such as 20260901 or 2026-09-01",
            Kind::Month => "a year and month such as 202609 or 2026-09",
            Kind::Choice(_) => "one of the drop-down list",
            Kind::YesNo => "是 (yes) or 否 (no)",
            Kind::Digits => "digits that are a code, as text",
            Kind::StudentNo => "a registration number: G, L or J and 18 places, as text",
            Kind::IdNo => "an identity-document number, 18 places on a citizen's card, as text",
            Kind::SchoolId => "a school identifier of 10 digits",
            Kind::Division => "a division code of 6 or 12 digits",
            Kind::Grade => "a grade, a whole number from 1 to 12",
            Kind::Count => "a whole number",
            Kind::Decimal => "a number, decimals allowed",
            Kind::Money => "yuan, with up to two decimals",
        }
    }

    fn of(holds: Holds) -> Kind {
        match holds {
            Holds::Text => Kind::Text,
            Holds::StudentNo => Kind::StudentNo,
            Holds::IdNo => Kind::IdNo,
            Holds::Digits => Kind::Digits,
            Holds::SchoolId => Kind::SchoolId,
            Holds::Division => Kind::Division,
            Holds::Day => Kind::Day,
            Holds::Month => Kind::Month,
            Holds::Grade => Kind::Grade,
            Holds::Count => Kind::Count,
            Holds::Decimal => Kind::Decimal,
            Holds::Money => Kind::Money,
            Holds::YesNo => Kind::YesNo,
            Holds::Label(list) => Kind::list(list),
        }
    }

    /// The labels of a code list, in its order; text where no list has the name.
    pub fn list(name: &str) -> Kind {
        match CodeList::named(name) {
            Some(list) => Kind::Choice(list.entries().iter().map(|entry| entry.label).collect()),
            None => Kind::Text,
        }
    }
}

/// A column of a form (表格的一列). REQ: ENR-01, INF-01, ORG-06.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormColumn {
    /// The Chinese header, as the reader of the filled form knows it.
    pub header: &'static str,
    /// The field's name in code, and the English name in the explanation.
    pub field: &'static str,
    /// Whether a row without a value is refused.
    pub required: bool,
    /// What it is filled with.
    pub kind: Kind,
    /// What else is to be known, in Chinese; may be empty.
    pub hint: &'static str,
    /// The same in English.
    pub hint_en: &'static str,
}

impl FormColumn {
    /// A column that may stay empty.
    pub fn new(header: &'static str, field: &'static str, kind: Kind) -> FormColumn {
        FormColumn { header, field, required: false, kind, hint: "", hint_en: "" }
    }

    /// A column of the export contract.
    pub fn of_contract(column: &Column) -> FormColumn {
        FormColumn { required: column.required, ..FormColumn::new(column.header, column.field, Kind::of(column.holds)) }
    }

    /// The same, filled in every row.
    pub fn required(self) -> FormColumn {
        FormColumn { required: true, ..self }
    }

    /// The same, with something more to be known.
    pub fn hinted(self, hint: &'static str, hint_en: &'static str) -> FormColumn {
        FormColumn { hint, hint_en, ..self }
    }

    /// All that is to be known, in Chinese.
    pub fn zh(&self) -> String {
        let need = if self.required { "必填。" } else { "选填。" };
        let end = if self.hint.is_empty() { "" } else { "。" };
        format!("{need}{}。{}{end}", self.kind.zh(), self.hint)
    }

    /// All that is to be known, in English.
    pub fn en(&self) -> String {
        let need = if self.required { "Required" } else { "Optional" };
        let hint = if self.hint_en.is_empty() { String::new() } else { format!("; {}", self.hint_en) };
        format!("{need}: {}{hint}.", self.kind.en())
    }
}

impl From<&Column> for FormColumn {
    fn from(column: &Column) -> FormColumn {
        FormColumn::of_contract(column)
    }
}
