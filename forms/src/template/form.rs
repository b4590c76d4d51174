//! The forms that schools fill in.

use domain::contract::Table;

use super::{FormColumn, Kind};

/// A form that schools fill in (采集表). REQ: ENR-01, INF-01, GRD-01, ORG-06.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Form {
    /// 新生
    Newcomers,
    /// 成绩
    Scores,
    /// 奖惩
    Conduct,
    /// 简历
    Resume,
    /// 毕业结业
    Completions,
    /// 体检
    HealthChecks,
    /// 预防接种
    Vaccinations,
    /// 资助
    Aid,
    /// 社区服务
    CommunityService,
    /// 艺术体育
    ArtsAndSports,
}

/// What the system fills in of a pupil: whose record it is, where and in what state, and when it was touched.
const BY_SYSTEM: [&str; 5] = ["student_no", "school_id", "status", "photo_digest", "updated_at"];

/// What only higher education fills in.
const HIGHER: [&str; 5] = ["degree_level", "department", "major", "supervisor", "admission_kind"];

impl Form {
    /// Every form.
    pub const ALL: [Form; 10] = [
        Form::Newcomers,
        Form::Scores,
        Form::Conduct,
        Form::Resume,
        Form::Completions,
        Form::HealthChecks,
        Form::Vaccinations,
        Form::Aid,
        Form::CommunityService,
        Form::ArtsAndSports,
    ];

    /// The English name, for files and addresses.
    pub const fn name(self) -> &'static str {
        match self {
            Form::Newcomers => "newcomers",
            Form::Scores => "scores",
            Form::Conduct => "conduct",
            Form::Resume => "resume",
            Form::Completions => "completions",
            Form::HealthChecks => "health_checks",
            Form::Vaccinations => "vaccinations",
            Form::Aid => "aid",
            Form::CommunityService => "community_service",
            Form::ArtsAndSports => "arts_and_sports",
        }
    }

    /// The Chinese name, and the name of its sheet.
    pub const fn chinese(self) -> &'static str {
        match self {
            Form::Newcomers => "新生",
            Form::Scores => "成绩",
            Form::Conduct => "奖惩",
            Form::Resume => "简历",
            Form::Completions => "毕业结业",
            Form::HealthChecks => "体检",
            Form::Vaccinations => "预防接种",
            Form::Aid => "资助",
            Form::CommunityService => "社区服务",
            Form::ArtsAndSports => "艺术体育",
        }
    }

    /// The form of an English or Chinese name.
    pub fn named(name: &str) -> Option<Form> {
        Form::ALL.into_iter().find(|form| form.name() == name || form.chinese() == name)
    }

    /// Its columns, in order.
    pub fn columns(self) -> Vec<FormColumn> {
        match self {
            Form::Newcomers => newcomers(),
            Form::Scores => of_table(Table::Scores),
            Form::Conduct => conduct(),
            Form::Resume => resume(),
            Form::Completions => completions(),
            Form::HealthChecks => health_checks(),
            Form::Vaccinations => vaccinations(),
            Form::Aid => of_table(Table::Aid),
            Form::CommunityService => community_service(),
            Form::ArtsAndSports => arts_and_sports(),
        }
    }
}

fn of_table(table: Table) -> Vec<FormColumn> {
    table.columns().iter().map(hinted).collect()
}

/// A column of the contract with what is worth saying about it.
fn hinted(column: &domain::contract::Column) -> FormColumn {
    let (hint, hint_en) = match column.field {
        "name" => {
            ("与户口簿一致;少数民族姓名中的间隔号用“·”", "as in the household register; keep the dot `·` in names")
        }
        "id_no" => {
            ("证件类型不是“其他”时必填;末位 X 大写", "required unless the document is 其他; the last X in upper case")
        }
        "class_id" => ("本校系统内已有的班号", "a class number that the system knows"),
        "hukou_division" => ("户口簿首页的行政区划", "the division of the household register"),
        "school_year" => ("如 2026-2027", "such as 2026-2027"),
        "term" => ("如 第一学期", "such as 第一学期"),
        "entry_month" => ("进入本学段的年月", "the month of entry into this stage"),
        "amount_fen" => ("单位为元", "in yuan"),
        "full_marks" => ("不填按 100 计", "100 if left out"),
        _ => ("", ""),
    };
    FormColumn::of_contract(column).hinted(hint, hint_en)
}

fn newcomers() -> Vec<FormColumn> {
    let columns = Table::Students.columns().iter();
    columns.filter(|column| !BY_SYSTEM.contains(&column.field) && !HIGHER.contains(&column.field)).map(hinted).collect()
}

fn conduct() -> Vec<FormColumn> {
    let mut columns = of_table(Table::Conduct);
    columns.push(
        FormColumn::new("颁发或决定单位", "issuer", Kind::Text)
            .hinted("学校或上级部门的全称", "the school or authority in full"),
    );
    columns.push(FormColumn::new("文号", "document_no", Kind::Text));
    columns
}

fn student_no() -> FormColumn {
    FormColumn::new("学籍号", "student_no", Kind::StudentNo).required()
}

fn name() -> FormColumn {
    FormColumn::new("姓名", "name", Kind::Text).hinted("用于核对,不更新学籍", "to check the number by; changes nothing")
}

fn resume() -> Vec<FormColumn> {
    vec![
        student_no(),
        name(),
        FormColumn::new("起始年月", "from_month", Kind::Month).required(),
        FormColumn::new("终止年月", "to_month", Kind::Month).hinted("至今则留空", "empty while it lasts"),
        FormColumn::new("学校或单位", "place", Kind::Text).required(),
        FormColumn::new("职务", "post", Kind::Text).hinted("如 班长、学生", "such as 班长 or 学生"),
        FormColumn::new("证明人", "witness", Kind::Text),
    ]
}

fn completions() -> Vec<FormColumn> {
    vec![
        student_no(),
        name(),
        FormColumn::new("结论", "outcome", Kind::Choice(vec!["毕业", "结业", "肄业"])).required(),
        FormColumn::new("完成日期", "completed_on", Kind::Day)
            .required()
            .hinted("不迟于当年 7 月 31 日上报", "to be reported by 31 July"),
        FormColumn::new("证书编号", "certificate_no", Kind::Digits)
            .hinted("由系统编号的留空", "empty where the system numbers"),
        FormColumn::new("去向", "destination", Kind::Text)
            .hinted("升入学校、就业或其他", "the next school, work or other"),
        FormColumn::new("备注", "note", Kind::Text),
    ]
}

fn health_checks() -> Vec<FormColumn> {
    vec![
        student_no(),
        name(),
        FormColumn::new("体检日期", "checked_on", Kind::Day).required(),
        FormColumn::new("身高", "height_cm", Kind::Decimal).hinted("厘米", "centimetres"),
        FormColumn::new("体重", "weight_kg", Kind::Decimal).hinted("千克", "kilograms"),
        FormColumn::new("左眼视力", "sight_left", Kind::Decimal)
            .hinted("五分记录,如 5.0", "on the five-mark scale, such as 5.0"),
        FormColumn::new("右眼视力", "sight_right", Kind::Decimal)
            .hinted("五分记录,如 5.0", "on the five-mark scale, such as 5.0"),
        FormColumn::new("肺活量", "vital_capacity_ml", Kind::Count).hinted("毫升", "millilitres"),
        FormColumn::new("龋齿数", "decayed_teeth", Kind::Count),
        FormColumn::new("体质健康得分", "fitness_score", Kind::Decimal)
            .hinted("国家学生体质健康标准,0 至 120", "of the national fitness standard, 0 to 120"),
        FormColumn::new("体质健康等级", "fitness_grade", Kind::Choice(vec!["优秀", "良好", "及格", "不及格", "免测"])),
        FormColumn::new("体检机构", "checked_by", Kind::Text),
        FormColumn::new("备注", "note", Kind::Text),
    ]
}

fn vaccinations() -> Vec<FormColumn> {
    vec![
        student_no(),
        name(),
        FormColumn::new("接种证查验结果", "certificate", Kind::Choice(vec!["有证且齐全", "有证未齐全", "无证"]))
            .required(),
        FormColumn::new("疫苗名称", "vaccine", Kind::Text),
        FormColumn::new("剂次", "dose", Kind::Count),
        FormColumn::new("接种日期", "given_on", Kind::Day),
        FormColumn::new("接种单位", "given_by", Kind::Text),
        FormColumn::new("备注", "note", Kind::Text),
    ]
}

fn community_service() -> Vec<FormColumn> {
    vec![
        student_no(),
        name(),
        FormColumn::new("日期", "day", Kind::Day).required(),
        FormColumn::new("活动名称", "activity", Kind::Text).required(),
        FormColumn::new("地点", "place", Kind::Text),
        FormColumn::new("时数", "hours", Kind::Decimal).required().hinted("小时", "hours"),
        FormColumn::new("组织单位", "organiser", Kind::Text),
        FormColumn::new("证明人", "witness", Kind::Text),
    ]
}

fn arts_and_sports() -> Vec<FormColumn> {
    vec![
        student_no(),
        name(),
        FormColumn::new("日期", "day", Kind::Day).required(),
        FormColumn::new("类别", "kind", Kind::Choice(vec!["音乐", "美术", "舞蹈", "戏剧", "书法", "体育", "其他"]))
            .required(),
        FormColumn::new("活动或项目", "activity", Kind::Text).required(),
        FormColumn::new("级别", "level", Kind::Choice(vec!["校级", "县级", "市级", "省级", "国家级", "国际级"])),
        FormColumn::new("成绩或名次", "result", Kind::Text),
        FormColumn::new("指导教师", "teacher", Kind::Text),
    ]
}
