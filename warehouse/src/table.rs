//! One declaration per fact table: name, grain, columns and their meaning. Schema and data dictionary come from it.
//!
//! The marts are not here: a mart is declared by the header of its SQL model.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

/// A table of facts as the warehouse keeps it.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// The public name.
    pub name: &'static str,
    /// What one row is.
    pub grain: &'static str,
    /// What the table is for.
    pub what: &'static str,
    /// Whether it holds personal facts and so lives in the vault.
    pub personal: bool,
    /// The columns by which its files are kept apart, all of them text.
    pub partition: &'static [&'static str],
    /// Every column, in order.
    pub columns: &'static [Column],
}

/// A column of a fact table.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// The public name.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// Whether it may be null.
    pub nullable: bool,
    /// What a value means, with its unit.
    pub what: &'static str,
}

/// The few types that facts are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8 text.
    Text,
    /// A whole number of 32 bits.
    Int,
    /// A whole number of 64 bits; money is whole fen.
    Long,
    /// A decimal number.
    Real,
    /// A calendar day.
    Day,
    /// An instant, UTC, in microseconds.
    Instant,
    /// Yes or no.
    Bool,
}

impl Kind {
    /// The Arrow type that holds it.
    pub fn data_type(self) -> DataType {
        match self {
            Kind::Text => DataType::Utf8,
            Kind::Int => DataType::Int32,
            Kind::Long => DataType::Int64,
            Kind::Real => DataType::Float64,
            Kind::Day => DataType::Date32,
            Kind::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Kind::Bool => DataType::Boolean,
        }
    }
}

impl Table {
    /// The folder of the table below the warehouse's root.
    pub fn folder(&self) -> String {
        folder_of(self.name, self.personal)
    }

    /// The Arrow schema, partition columns included.
    pub fn schema(&self) -> SchemaRef {
        let fields: Vec<Field> = self
            .columns
            .iter()
            .map(|column| Field::new(column.name, column.kind.data_type(), column.nullable))
            .collect();
        Arc::new(Schema::new(fields))
    }

    /// The fact table of this name.
    pub fn named(name: &str) -> Option<&'static Table> {
        FACTS.iter().copied().find(|table| table.name == name)
    }
}

/// The folder of a table below the warehouse's root: personal tables lie in the vault.
pub fn folder_of(name: &str, personal: bool) -> String {
    if personal { format!("vault/{name}") } else { name.to_owned() }
}

const fn must(name: &'static str, kind: Kind, what: &'static str) -> Column {
    Column { name, kind, nullable: false, what }
}

const fn may(name: &'static str, kind: Kind, what: &'static str) -> Column {
    Column { name, kind, nullable: true, what }
}

const SOURCE: Column = must("source", Kind::Text, "who handed the row over: the folder of the inbox");
const SOURCE_DAY: Column = must("source_day", Kind::Day, "the day of the batch from which this row was taken");
const SOURCE_FILE: Column = must("source_file", Kind::Text, "the file within the batch");
const SOURCE_SHEET: Column = may("source_sheet", Kind::Text, "the sheet, where the file is a workbook");
const SOURCE_ROW: Column = must("source_row", Kind::Int, "the row as a person counts it in that file or sheet");
const PUPIL_ID: Column =
    must("pupil_id", Kind::Long, "the pupil's surrogate: the same for life, telling nothing about the person");
const BUCKET: Column = must("bucket", Kind::Text, "the hash bucket of the registration number within its source");

/// 主管单位
pub const AUTHORITIES: Table = Table {
    name: "authorities",
    grain: "authority",
    what: "the tree of education authorities: province, prefecture, county",
    personal: false,
    partition: &[],
    columns: &[
        must("authority_id", Kind::Text, "6-digit division code of the authority"),
        must("name", Kind::Text, "its name"),
        must("level", Kind::Text, "province, prefecture or county"),
        may("parent_id", Kind::Text, "the authority above; none for the province"),
        must("division", Kind::Text, "division code of the place it administers"),
        may("address", Kind::Text, "its address"),
        may("area_type", Kind::Text, "所在地区类别"),
        may("economic_attribute", Kind::Text, "所在地经济属性"),
        may("ethnic_attribute", Kind::Text, "所在地民族属性"),
        may("phone", Kind::Text, "its office telephone"),
        SOURCE,
        SOURCE_DAY,
        SOURCE_FILE,
        SOURCE_SHEET,
        SOURCE_ROW,
    ],
};

/// 学校
pub const SCHOOLS: Table = Table {
    name: "schools",
    grain: "school",
    what: "every school, branch school and teaching point with its place in the tree",
    personal: false,
    partition: &[],
    columns: &[
        must("school_id", Kind::Text, "10-digit school identifier"),
        must("name", Kind::Text, "its name"),
        must("authority_id", Kind::Text, "the authority that runs it"),
        must(
            "county_id",
            Kind::Text,
            "the county-level unit it is counted under; a prefecture's own schools (直管学校) count under the prefecture's authority itself",
        ),
        must(
            "prefecture_id",
            Kind::Text,
            "the prefecture it is counted under; the province's own schools count under the province's authority itself",
        ),
        may(
            "parent_school_id",
            Kind::Text,
            "the central school (学区中心校) that keeps the records of this branch or teaching point",
        ),
        must("kind", Kind::Text, "学校类别"),
        must("ownership", Kind::Text, "学校办别"),
        must("urban_rural", Kind::Text, "驻地城乡类型"),
        may("schooling_years", Kind::Int, "学制, in years"),
        may("school_code", Kind::Text, "the province's own code of the school (学校编码)"),
        may("division", Kind::Text, "division code of the place it stands in"),
        may("phone", Kind::Text, "its office telephone"),
        SOURCE,
        SOURCE_DAY,
        SOURCE_FILE,
        SOURCE_SHEET,
        SOURCE_ROW,
    ],
};

/// 班级
pub const CLASSES: Table = Table {
    name: "classes",
    grain: "class",
    what: "every class with its grade and kind",
    personal: false,
    partition: &[],
    columns: &[
        must("school_id", Kind::Text, "the school"),
        must("class_id", Kind::Text, "班号, unique within the school"),
        must("name", Kind::Text, "its name"),
        must("grade", Kind::Int, "grade 1–12 as the source states it"),
        must("stage", Kind::Text, "学段 by its grade: 小学, 初中, 高中"),
        must("founded", Kind::Text, "建班年月, YYYY-MM"),
        must("kind", Kind::Text, "班级类型"),
        may("homeroom_teacher", Kind::Text, "班主任"),
        may("schooling_years", Kind::Int, "学制, in years"),
        may("honour", Kind::Text, "荣誉称号"),
        may("department", Kind::Text, "院系 (higher education)"),
        may("major", Kind::Text, "专业 (higher education)"),
        SOURCE,
        SOURCE_DAY,
        SOURCE_FILE,
        SOURCE_SHEET,
        SOURCE_ROW,
    ],
};

/// 学生
pub const STUDENTS: Table = Table {
    name: "students",
    grain: "record of one source, current",
    what: "the current state of every record that a source lists; a pupil whom two sources list has two rows, and `rivals` names the one that does not count",
    personal: false,
    partition: &["source", "bucket"],
    columns: &[
        PUPIL_ID,
        must("sex", Kind::Text, "性别"),
        must("birth_date", Kind::Day, "出生日期"),
        must("ethnicity", Kind::Text, "民族"),
        may("hukou_division", Kind::Text, "户口所在地行政区划, 6 digits"),
        may("hukou_kind", Kind::Text, "户口性质"),
        must("school_id", Kind::Text, "the school"),
        must("class_id", Kind::Text, "班号"),
        must("grade", Kind::Int, "grade 1–12"),
        must("stage", Kind::Text, "学段: 小学, 初中, 高中"),
        must("entry_month", Kind::Text, "入学年月, YYYY-MM"),
        may("study_mode", Kind::Text, "就读方式"),
        must("status", Kind::Text, "学籍状态"),
        may("migrant", Kind::Text, "是否随迁子女: 是 or 否"),
        may("left_behind", Kind::Text, "是否留守儿童: 是 or 否"),
        may("disability", Kind::Text, "残疾类型"),
        may("nationality", Kind::Text, "国籍/地区"),
        may("overseas", Kind::Text, "港澳台侨外"),
        may("political_status", Kind::Text, "政治面貌"),
        may("entry_method", Kind::Text, "入学方式"),
        may("inclusive", Kind::Text, "是否随班就读: 是 or 否"),
        may(
            "person_key",
            Kind::Long,
            "keyed digest of the pupil's own ID number: equal for equal numbers, telling nothing without the key",
        ),
        must(
            "since_on",
            Kind::Day,
            "the day of the first batch in which this source stated the record's present account",
        ),
        must(
            "record_digest",
            Kind::Long,
            "keyed digest of every field of the record, by which a night sees what changed",
        ),
        SOURCE,
        BUCKET,
        SOURCE_DAY,
        SOURCE_FILE,
        SOURCE_SHEET,
        SOURCE_ROW,
    ],
};

/// Identity versions (vault).
pub const IDENTITIES: Table = Table {
    name: "identities",
    grain: "pupil × version",
    what: "who a pupil is: numbers, name, documents, guardian, address; old versions stay",
    personal: true,
    partition: &["source", "bucket"],
    columns: &[
        PUPIL_ID,
        must("student_no", Kind::Text, "学籍号"),
        must("number_kind", Kind::Text, "G formal, L temporary, J without ID number"),
        may("regional_no", Kind::Text, "地区学号"),
        must("name", Kind::Text, "姓名"),
        must("id_kind", Kind::Text, "身份证件类型"),
        may("id_no", Kind::Text, "身份证件号"),
        may("id_holder", Kind::Text, "whose number it is: self or guardian"),
        may("guardian_name", Kind::Text, "成员1姓名"),
        may("guardian_relation", Kind::Text, "成员1关系"),
        may("guardian_id_no", Kind::Text, "成员1身份证件号"),
        may("guardian_phone", Kind::Text, "成员1联系电话"),
        may("address", Kind::Text, "现住址"),
        may("phone", Kind::Text, "联系电话"),
        may("photo_digest", Kind::Text, "照片摘要"),
        must("valid_from", Kind::Day, "the day of the first batch that stated this version"),
        may("valid_to", Kind::Day, "the day of the batch that stated the next one; none for the present version"),
        SOURCE,
        BUCKET,
    ],
};

/// Later registration numbers (vault).
pub const RENUMBERED: Table = Table {
    name: "renumbered",
    grain: "later registration number",
    what: "registration numbers that replaced an earlier one, with the pupil who bore that one: one pupil, one surrogate, for life",
    personal: true,
    partition: &[],
    columns: &[
        must("student_no", Kind::Text, "the later 学籍号"),
        PUPIL_ID,
        must("since_on", Kind::Day, "the day of the batch that first stated it"),
        SOURCE,
    ],
};

/// What each source said of each pupil before its present word.
pub const CLAIMS: Table = Table {
    name: "claims",
    grain: "source × pupil × day on which the source's word changed",
    what: "the past of every record that has one: what its source stated from that day on; the present word is the row of `students`",
    personal: false,
    partition: &["source", "bucket"],
    columns: &[
        PUPIL_ID,
        must("stated_on", Kind::Day, "the day of the batch that first stated it"),
        must("present", Kind::Bool, "whether the source listed the pupil at all"),
        may("school_id", Kind::Text, "the school"),
        may("class_id", Kind::Text, "班号"),
        may("grade", Kind::Int, "grade"),
        may("stage", Kind::Text, "学段"),
        may("status", Kind::Text, "学籍状态"),
        may("sex", Kind::Text, "性别"),
        may("ethnicity", Kind::Text, "民族"),
        may("hukou_kind", Kind::Text, "户口性质"),
        may("study_mode", Kind::Text, "就读方式"),
        may("migrant", Kind::Text, "是否随迁子女"),
        may("left_behind", Kind::Text, "是否留守儿童"),
        may("disability", Kind::Text, "残疾类型"),
        SOURCE,
        BUCKET,
    ],
};

/// Records that do not count because another source holds their pupil.
pub const RIVALS: Table = Table {
    name: "rivals",
    grain: "source × pupil",
    what: "records of pupils whom another source holds: listed as registered in two places, counted in one",
    personal: false,
    partition: &[],
    columns: &[
        PUPIL_ID,
        SOURCE,
        must("school_id", Kind::Text, "the school by the record that does not count"),
        must("class_id", Kind::Text, "its class"),
        must("grade", Kind::Int, "its grade"),
        must("status", Kind::Text, "its status"),
        must("holder_source", Kind::Text, "the source whose record counts"),
        must("since_on", Kind::Day, "since when both sources list the pupil as registered"),
    ],
};

/// 学籍变动
pub const CHANGES: Table = Table {
    name: "changes",
    grain: "change record of one source",
    what: "the papers: every change that a source reports, on which the ledger's movements rest",
    personal: false,
    partition: &["source", "month"],
    columns: &[
        must("change_id", Kind::Text, "变动编号, unique in its source"),
        PUPIL_ID,
        must("kind", Kind::Text, "变动类别"),
        must("effective_on", Kind::Day, "变动日期"),
        may("reason", Kind::Text, "变动原因"),
        may("from_school_id", Kind::Text, "原学校标识码"),
        may("from_class_id", Kind::Text, "原班号"),
        may("from_grade", Kind::Int, "原年级"),
        may("to_school_id", Kind::Text, "现学校标识码"),
        may("to_class_id", Kind::Text, "现班号"),
        may("to_grade", Kind::Int, "现年级"),
        may("counterpart", Kind::Text, "来源或去向"),
        may("applied_on", Kind::Day, "申请日期"),
        may("approved_on", Kind::Day, "审批完成日期"),
        may("result", Kind::Text, "审批结果: 同意, 不同意 or 审批中"),
        may("approval_mode", Kind::Text, "审批方式: 人工 or 超时默认"),
        SOURCE,
        must("month", Kind::Text, "the month of 变动日期, YYYY-MM"),
        SOURCE_DAY,
        SOURCE_FILE,
        SOURCE_SHEET,
        SOURCE_ROW,
    ],
};

/// The pupil ledger.
pub const LEDGER: Table = Table {
    name: "ledger",
    grain: "entry (append-only)",
    what: "every movement of a pupil as entries of −1 where the pupil was and +1 where the pupil is",
    personal: false,
    partition: &[],
    columns: &[
        must(
            "movement_id",
            Kind::Long,
            "the movement that the entry belongs to; a counter-entry bears the id of what it takes back",
        ),
        must("effective_on", Kind::Day, "the day on which the movement took effect"),
        must("run_id", Kind::Long, "the run that learnt of it"),
        PUPIL_ID,
        must("kind", Kind::Text, "变动类别, or 期初, 无据出现, 无据变动, 无据消失"),
        must("explained", Kind::Bool, "whether somebody's change record (or the opening of a source) explains it"),
        must("sign", Kind::Int, "+1 or −1"),
        must("school_id", Kind::Text, "the account: school"),
        must("class_id", Kind::Text, "the account: class"),
        must("grade", Kind::Int, "the account: grade"),
        must("stage", Kind::Text, "the account: 学段"),
        must("status", Kind::Text, "the account: 学籍状态"),
        must("sex", Kind::Text, "性别"),
        must("ethnicity", Kind::Text, "民族"),
        may("hukou_kind", Kind::Text, "户口性质"),
        may("study_mode", Kind::Text, "就读方式"),
        may("migrant", Kind::Text, "是否随迁子女"),
        may("left_behind", Kind::Text, "是否留守儿童"),
        may("disability", Kind::Text, "残疾类型"),
        must(
            "reverses",
            Kind::Bool,
            "whether this is a counter-entry: it takes back an entry of the same movement posted by an earlier run",
        ),
        may(
            "other_school_id",
            Kind::Text,
            "the movement's other account: school; none where the pupil came from or went outside",
        ),
        may("other_grade", Kind::Int, "the movement's other account: grade"),
        may("other_status", Kind::Text, "the movement's other account: status"),
    ],
};

/// Rejected rows (vault).
pub const QUARANTINE: Table = Table {
    name: "quarantine",
    grain: "rejected row × finding",
    what: "rows that were not counted, with the reason, so that they can be corrected and replayed",
    personal: true,
    partition: &["batch"],
    columns: &[
        SOURCE,
        must("day", Kind::Day, "the day of the batch"),
        must("table", Kind::Text, "the table of the contract"),
        must("file", Kind::Text, "the file within the batch"),
        may("sheet", Kind::Text, "the sheet, where the file is a workbook"),
        must("row", Kind::Int, "the row as a person counts it in that file or sheet"),
        may("field", Kind::Text, "the header of the column at fault, if one is"),
        may("value", Kind::Text, "what stood there"),
        must("rule", Kind::Text, "the rule that refused it"),
        must("message", Kind::Text, "what is wrong and what to do, in Chinese"),
        must("raw", Kind::Text, "the whole row as it came"),
        must("batch", Kind::Text, "the batch: source_day"),
    ],
};

/// Flags on accepted rows.
pub const FINDINGS: Table = Table {
    name: "findings",
    grain: "accepted row × flag, current",
    what: "what the checks remarked on rows that were accepted; `problems` is drawn from it",
    personal: false,
    partition: &["source"],
    columns: &[
        SOURCE,
        must("table", Kind::Text, "the table of the contract"),
        may("pupil_id", Kind::Long, "the pupil, where the row is one's"),
        may("school_id", Kind::Text, "the school, where the row names one"),
        must("rule", Kind::Text, "the rule that flagged it"),
        may("field", Kind::Text, "the header of the column"),
        must("detail", Kind::Text, "what is wrong, ID numbers masked, in Chinese"),
        must("first_seen_on", Kind::Day, "the day of the first batch in which it was seen"),
        SOURCE_DAY,
        SOURCE_FILE,
        SOURCE_SHEET,
        SOURCE_ROW,
    ],
};

/// What came in, file by file.
pub const BATCHES: Table = Table {
    name: "batches",
    grain: "file (and sheet) of a taken batch",
    what: "rows in = accepted + rejected + identical duplicates dropped, file by file",
    personal: false,
    partition: &[],
    columns: &[
        must("run_id", Kind::Long, "the run that took it"),
        must("source", Kind::Text, "who handed it over"),
        must("day", Kind::Day, "the day of the batch"),
        must("table", Kind::Text, "the table of the contract"),
        must("file", Kind::Text, "the file within the batch"),
        may("sheet", Kind::Text, "the sheet, where the file is a workbook"),
        must("encoding", Kind::Text, "what was decided about its encoding or form"),
        must("mode", Kind::Text, "full or changes"),
        must("rows", Kind::Long, "rows in"),
        must("accepted", Kind::Long, "rows counted, flagged ones among them"),
        must("flagged", Kind::Long, "rows accepted with a remark"),
        must("rejected", Kind::Long, "rows in quarantine"),
        must("duplicates_dropped", Kind::Long, "rows identical to another of the same key"),
        must("bytes", Kind::Long, "size of the file as it came"),
        must("digest", Kind::Text, "SHA-256 of the file as it came"),
        must("landing", Kind::Text, "where the kept copy lies"),
    ],
};

/// Label ↔ code.
pub const CODES: Table = Table {
    name: "codes",
    grain: "code list × code",
    what: "the code tables in force: label ↔ code",
    personal: false,
    partition: &[],
    columns: &[
        must("list", Kind::Text, "the code list"),
        must("code", Kind::Text, "the code"),
        must("label", Kind::Text, "the label that tables carry"),
        must("origin", Kind::Text, "the standard it is copied from"),
    ],
};

/// 考勤
pub const ATTENDANCE: Table = Table {
    name: "attendance",
    grain: "pupil × day × state",
    what: "attendance as sources report it",
    personal: false,
    partition: &["source"],
    columns: &[
        PUPIL_ID,
        must("day", Kind::Day, "日期"),
        must("state", Kind::Text, "情况"),
        may("periods", Kind::Int, "节次数"),
        SOURCE,
        SOURCE_DAY,
        SOURCE_FILE,
        SOURCE_SHEET,
        SOURCE_ROW,
    ],
};

/// 成绩
pub const SCORES: Table = Table {
    name: "scores",
    grain: "pupil × school year × term × exam × subject",
    what: "examination scores",
    personal: false,
    partition: &["source"],
    columns: &[
        PUPIL_ID,
        must("school_year", Kind::Text, "学年"),
        must("term", Kind::Text, "学期"),
        must("exam", Kind::Text, "考试名称"),
        must("subject", Kind::Text, "科目"),
        must("score", Kind::Real, "成绩"),
        may("full_marks", Kind::Real, "满分"),
        may("pass_mark", Kind::Real, "及格线"),
        may("credits", Kind::Real, "学分"),
        SOURCE,
        SOURCE_DAY,
        SOURCE_FILE,
        SOURCE_SHEET,
        SOURCE_ROW,
    ],
};

/// 奖惩
pub const CONDUCT: Table = Table {
    name: "conduct",
    grain: "pupil × day × award or sanction",
    what: "awards and sanctions",
    personal: false,
    partition: &["source"],
    columns: &[
        PUPIL_ID,
        must("day", Kind::Day, "日期"),
        must("kind", Kind::Text, "奖励 or 处分"),
        must("title", Kind::Text, "名称"),
        may("level", Kind::Text, "级别"),
        may("revoked_on", Kind::Day, "撤销日期"),
        SOURCE,
        SOURCE_DAY,
        SOURCE_FILE,
        SOURCE_SHEET,
        SOURCE_ROW,
    ],
};

/// 资助
pub const AID: Table = Table {
    name: "aid",
    grain: "pupil × school year × programme",
    what: "aid received",
    personal: false,
    partition: &["source"],
    columns: &[
        PUPIL_ID,
        must("school_year", Kind::Text, "学年"),
        must("programme", Kind::Text, "项目"),
        must("amount_fen", Kind::Long, "金额, whole fen"),
        SOURCE,
        SOURCE_DAY,
        SOURCE_FILE,
        SOURCE_SHEET,
        SOURCE_ROW,
    ],
};

/// 干部
pub const CADRES: Table = Table {
    name: "cadres",
    grain: "pupil × post × appointment",
    what: "posts held by pupils",
    personal: false,
    partition: &["source"],
    columns: &[
        PUPIL_ID,
        must("post", Kind::Text, "职务"),
        must("appointed_on", Kind::Day, "任职日期"),
        may("relieved_on", Kind::Day, "免职日期"),
        SOURCE,
        SOURCE_DAY,
        SOURCE_FILE,
        SOURCE_SHEET,
        SOURCE_ROW,
    ],
};

/// 缴费
pub const FEES_PAID: Table = Table {
    name: "fees_paid",
    grain: "student × school year",
    what: "tuition due and paid (higher education)",
    personal: false,
    partition: &["source"],
    columns: &[
        PUPIL_ID,
        must("school_year", Kind::Text, "学年"),
        must("due_fen", Kind::Long, "应缴, whole fen"),
        must("paid_fen", Kind::Long, "实缴, whole fen"),
        SOURCE,
        SOURCE_DAY,
        SOURCE_FILE,
        SOURCE_SHEET,
        SOURCE_ROW,
    ],
};

/// 借阅
pub const LOANS: Table = Table {
    name: "loans",
    grain: "student × day",
    what: "library loans (higher education)",
    personal: false,
    partition: &["source"],
    columns: &[
        PUPIL_ID,
        must("day", Kind::Day, "日期"),
        must("volumes", Kind::Int, "册数"),
        SOURCE,
        SOURCE_DAY,
        SOURCE_FILE,
        SOURCE_SHEET,
        SOURCE_ROW,
    ],
};

/// Every fact table.
pub const FACTS: &[&Table] = &[
    &AUTHORITIES,
    &SCHOOLS,
    &CLASSES,
    &STUDENTS,
    &IDENTITIES,
    &RENUMBERED,
    &CLAIMS,
    &RIVALS,
    &CHANGES,
    &LEDGER,
    &QUARANTINE,
    &FINDINGS,
    &BATCHES,
    &CODES,
    &ATTENDANCE,
    &SCORES,
    &CONDUCT,
    &AID,
    &CADRES,
    &FEES_PAID,
    &LOANS,
];
