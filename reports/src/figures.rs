//! Everything that a report shows, as plain rows without names or numbers of persons.
//!
//! A report is a function of [`Figures`]: it asks nobody else, so that it can be drawn from invented rows as well.

mod gather;
mod tree;

use std::{cmp::Reverse, collections::BTreeMap};

use chrono::NaiveDate;

pub use gather::{GatherError, gather, gather_with};
pub use tree::{Node, Totals, Tree};

/// What a report is drawn from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// The authority or school whose subtree the report is about; none for all there is.
    pub unit: Option<String>,
    /// The published run that the figures come from.
    pub run: RunInfo,
    /// 主管单位 of the subtree, and those above it.
    pub authorities: Vec<Authority>,
    /// 学校 of the subtree.
    pub schools: Vec<School>,
    /// 在读 pupils on the run's day.
    pub enrolment: Vec<Enrolment>,
    /// 在读 pupils in circumstances that planners ask about.
    pub circumstances: Vec<Circumstance>,
    /// 在读 pupils on days up to the run's day.
    pub trend: Vec<TrendPoint>,
    /// 在校生变动情况, by county.
    pub balance: Vec<BalanceLine>,
    /// 比率
    pub rates: Vec<Rate>,
    /// The standards that class sizes are held against.
    pub standards: Vec<Standard>,
    /// 班额
    pub class_sizes: Vec<ClassSize>,
    /// 转学流向
    pub transfer_flows: Vec<Flow>,
    /// 学籍管理维护费
    pub fees: Vec<Fee>,
    /// 问题记录
    pub problems: Vec<Problem>,
    /// Rows in quarantine by cause, where the reader may know them.
    pub rejections: Vec<Rejection>,
    /// Each source's latest files.
    pub batches: Vec<Batch>,
}

/// A published run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunInfo {
    /// Its number.
    pub run_id: u64,
    /// Its business day.
    pub day: NaiveDate,
}

/// 主管单位
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Authority {
    /// 单位代码
    pub authority_id: String,
    /// 单位名称
    pub name: String,
    /// province, prefecture or county.
    pub level: String,
    /// 上级单位代码
    pub parent_id: Option<String>,
}

/// 学校
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct School {
    /// 学校标识码
    pub school_id: String,
    /// 学校名称
    pub name: String,
    /// The unit at county level under which it is counted.
    pub county_id: String,
    /// The prefecture under which it is counted.
    pub prefecture_id: String,
    /// The central school of a branch or teaching point.
    pub parent_school_id: Option<String>,
    /// 学校类别
    pub kind: String,
    /// 学校办别
    pub ownership: String,
}

/// 在读 pupils of one school, stage, grade and sex.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Enrolment {
    /// 学校标识码
    pub school_id: String,
    /// 学段
    pub stage: String,
    /// 年级
    pub grade: i64,
    /// 性别
    pub sex: String,
    /// Pupils.
    pub pupils: i64,
}

/// 在读 pupils of one school in circumstances that planners ask about; one pupil may be in several.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Circumstance {
    /// 学校标识码
    pub school_id: String,
    /// 住校
    pub boarding: i64,
    /// 随迁子女
    pub migrant: i64,
    /// 留守儿童
    pub left_behind: i64,
    /// With a 残疾类型.
    pub disabled: i64,
}

/// 在读 pupils of a stage on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrendPoint {
    /// The day.
    pub day: NaiveDate,
    /// 学段
    pub stage: String,
    /// Pupils.
    pub pupils: i64,
}

/// A line of the trial balance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BalanceLine {
    /// 学年
    pub school_year: String,
    /// The unit at county level.
    pub county_id: String,
    /// 学段
    pub stage: String,
    /// `opening`, `in:<kind>`, `out:<kind>` or `closing`.
    pub line: String,
    /// Pupils.
    pub pupils: i64,
}

/// A rate of a unit.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rate {
    /// 学年
    pub school_year: String,
    /// province, prefecture, county or school.
    pub level: String,
    /// The authority or school.
    pub unit_id: String,
    /// 学段, or a total over stages.
    pub stage: String,
    /// The name of the rate.
    pub indicator: String,
    /// 分子
    pub numerator: i64,
    /// 分母
    pub denominator: i64,
    /// 分子 ÷ 分母; none where there is nothing to divide by.
    pub value: Option<f64>,
    /// Whether the year was over on the run's day.
    pub complete: bool,
}

/// The standard of class size of a stage.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standard {
    /// 学段
    pub stage: String,
    /// The most pupils a class should have.
    pub standard: i64,
    /// Pupils from which a class counts as 大班额.
    pub large_from: i64,
    /// Pupils from which a class counts as 超大班额.
    pub oversize_from: i64,
}

/// A class on the run's day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClassSize {
    /// 学校标识码
    pub school_id: String,
    /// 班号
    pub class_id: String,
    /// 班级名称, as the school writes it.
    pub name: String,
    /// 年级
    pub grade: i64,
    /// 学段
    pub stage: String,
    /// 在读 pupils.
    pub pupils: i64,
    /// The standard of its stage.
    pub standard: i64,
    /// within, over, large or oversize.
    pub grading: String,
    /// Pupils above the standard.
    pub excess: i64,
}

/// Transfers from one county to another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flow {
    /// 学年
    pub school_year: String,
    /// The unit they left, 外省 for another province.
    pub from_unit: String,
    /// The unit they went to, 外省 for another province.
    pub to_unit: String,
    /// 变动类别
    pub kind: String,
    /// 学段
    pub stage: String,
    /// Pupils.
    pub pupils: i64,
}

/// 学籍管理维护费 of a unit and year.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fee {
    /// 收费年度
    pub fee_year: i64,
    /// school, county, prefecture or province.
    pub level: String,
    /// The authority or school.
    pub unit_id: String,
    /// The day on which pupils were counted.
    pub snapshot_on: NaiveDate,
    /// 在读 pupils on that day.
    pub pupils: i64,
    /// Fen per pupil.
    pub rate_fen: i64,
    /// Fen due.
    pub amount_fen: i64,
    /// The day by which it is due.
    pub due_on: NaiveDate,
}

/// A problem record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problem {
    /// The pupil's surrogate.
    pub pupil_id: Option<i64>,
    /// 学校标识码
    pub school_id: Option<String>,
    /// The unit at county level.
    pub county_id: Option<String>,
    /// The rule or the kind of finding.
    pub kind: String,
    /// The column, if one is at fault.
    pub field: Option<String>,
    /// What is wrong.
    pub detail: String,
    /// The day of the first batch in which it was seen.
    pub first_seen_on: Option<NaiveDate>,
}

/// Rows in quarantine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rejection {
    /// Who handed them over.
    pub source: String,
    /// The rule that refused them.
    pub rule: String,
    /// Rows.
    pub rows: i64,
}

/// A file of a source's latest batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// The run that took it.
    pub run_id: i64,
    /// Who handed it over.
    pub source: String,
    /// The day of the batch.
    pub day: NaiveDate,
    /// The table of the contract.
    pub table: String,
    /// The file.
    pub file: String,
    /// What was decided about its encoding or form.
    pub encoding: String,
    /// Rows in.
    pub rows: i64,
    /// Rows counted.
    pub accepted: i64,
    /// Rows counted with a remark.
    pub flagged: i64,
    /// Rows in quarantine.
    pub rejected: i64,
    /// Identical rows dropped.
    pub duplicates_dropped: i64,
}

impl Figures {
    /// Puts every list into the order in which reports show it, so that equal figures make equal reports.
    pub fn arrange(&mut self) {
        self.authorities.sort_by(|a, b| a.authority_id.cmp(&b.authority_id));
        self.schools.sort_by(|a, b| a.school_id.cmp(&b.school_id));
        self.enrolment
            .sort_by(|a, b| (&a.school_id, a.grade, &a.stage, &a.sex).cmp(&(&b.school_id, b.grade, &b.stage, &b.sex)));
        self.circumstances.sort_by(|a, b| a.school_id.cmp(&b.school_id));
        self.trend.sort_by(|a, b| (a.day, &a.stage).cmp(&(b.day, &b.stage)));
        self.balance.sort_by(|a, b| {
            let key = |line: &BalanceLine| {
                (
                    Reverse(line.school_year.clone()),
                    line.county_id.clone(),
                    crate::label::stage_order(&line.stage),
                    line_order(&line.line),
                    line.line.clone(),
                )
            };
            key(a).cmp(&key(b))
        });
        self.rates.sort_by(|a, b| {
            (Reverse(&a.school_year), &a.level, &a.unit_id, &a.stage, &a.indicator).cmp(&(
                Reverse(&b.school_year),
                &b.level,
                &b.unit_id,
                &b.stage,
                &b.indicator,
            ))
        });
        self.standards.sort_by_key(|standard| crate::label::stage_order(&standard.stage));
        self.class_sizes.sort_by(|a, b| {
            (Reverse(a.pupils), &a.school_id, &a.class_id).cmp(&(Reverse(b.pupils), &b.school_id, &b.class_id))
        });
        self.transfer_flows.sort_by(|a, b| {
            (Reverse(&a.school_year), &a.from_unit, &a.to_unit, &a.kind, &a.stage).cmp(&(
                Reverse(&b.school_year),
                &b.from_unit,
                &b.to_unit,
                &b.kind,
                &b.stage,
            ))
        });
        self.fees.sort_by(|a, b| {
            (Reverse(a.fee_year), &a.level, &a.unit_id).cmp(&(Reverse(b.fee_year), &b.level, &b.unit_id))
        });
        self.problems.sort_by(|a, b| {
            (&a.kind, &a.county_id, &a.school_id, a.pupil_id, &a.field, &a.detail).cmp(&(
                &b.kind,
                &b.county_id,
                &b.school_id,
                b.pupil_id,
                &b.field,
                &b.detail,
            ))
        });
        self.rejections
            .sort_by(|a, b| (Reverse(a.rows), &a.rule, &a.source).cmp(&(Reverse(b.rows), &b.rule, &b.source)));
        self.batches.sort_by(|a, b| (&a.source, &a.table, &a.file).cmp(&(&b.source, &b.table, &b.file)));
    }

    /// The school year whose rates are shown, and whether it is over: the latest complete one, else the one that runs.
    pub fn school_year(&self) -> Option<(&str, bool)> {
        let latest = |complete: bool| {
            self.rates.iter().filter(|rate| rate.complete == complete).map(|rate| rate.school_year.as_str()).max()
        };
        latest(true).map(|year| (year, true)).or_else(|| latest(false).map(|year| (year, false)))
    }

    /// Short names of units as they stand at county level: a prefecture or province stands there for the schools it runs itself.
    pub fn county_names(&self) -> BTreeMap<&str, String> {
        let name = |unit: &Authority| {
            let place = crate::label::place(&unit.name);
            if unit.level == "county" { place.to_owned() } else { format!("{place}直管") }
        };
        self.authorities.iter().map(|unit| (unit.authority_id.as_str(), name(unit))).collect()
    }

    /// The latest fee year.
    pub fn fee_year(&self) -> Option<i64> {
        self.fees.iter().map(|fee| fee.fee_year).max()
    }
}

/// Numerator and denominator over all stages of one unit's rows of one rate and year: the row 全部 if there is one, else
/// the sums over stages. Rates are never averaged.
pub(crate) fn all_stages<'a>(rates: impl Iterator<Item = &'a Rate>) -> (i64, i64) {
    let mut whole = None;
    let mut sum = (0, 0);
    for rate in rates {
        if rate.stage == "全部" {
            whole = Some((rate.numerator, rate.denominator));
        } else if crate::label::STAGES.contains(&rate.stage.as_str()) {
            sum = (sum.0 + rate.numerator, sum.1 + rate.denominator);
        }
    }
    whole.unwrap_or(sum)
}

/// Where a line of the trial balance stands: opening, in, out, closing.
pub(crate) fn line_order(line: &str) -> usize {
    match line.split_once(':') {
        None if line == "opening" => 0,
        Some(("in", _)) => 1,
        Some(("out", _)) => 2,
        _ => 3,
    }
}
