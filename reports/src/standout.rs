//! What stands out on a day: what a planner or an inspector should look at first.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::{
    figures::{ClassSize, Figures, RunInfo},
    label,
};

/// The most classes that are named.
pub const NAMED: usize = 15;

/// What stands out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standouts {
    /// The fullest of the large and oversize classes.
    pub crowded: Vec<Crowded>,
    /// Movements without a change record, by kind: kind, records.
    pub unexplained: Vec<(String, i64)>,
    /// Counties with most of them: name, records.
    pub unexplained_by_county: Vec<(String, i64)>,
    /// Other problem records by kind, most first: kind, records.
    pub problems: Vec<(String, i64)>,
    /// Rejected rows by cause, most first: rule, rows. Empty where the reader may not read the vault.
    pub rejected: Vec<(String, i64)>,
    /// Rejected rows of the latest batches.
    pub rejected_rows: i64,
    /// Sources whose latest batch is older than the run's day.
    pub late: Vec<Late>,
    /// Sources that have delivered at all.
    pub sources: usize,
}

/// A crowded class and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crowded {
    /// The county.
    pub county: String,
    /// The school.
    pub school: String,
    /// The class.
    pub class: ClassSize,
}

/// A source that has not delivered for the run's day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Late {
    /// The source.
    pub source: String,
    /// Its name, where it is an authority's code.
    pub name: String,
    /// The day of its latest batch.
    pub day: NaiveDate,
    /// Days behind the run's day.
    pub behind: i64,
}

impl Standouts {
    /// Finds what stands out.
    pub fn of(figures: &Figures) -> Standouts {
        let authorities: BTreeMap<&str, &str> =
            figures.authorities.iter().map(|unit| (unit.authority_id.as_str(), unit.name.as_str())).collect();
        let schools: BTreeMap<&str, (&str, &str)> = figures
            .schools
            .iter()
            .map(|school| (school.school_id.as_str(), (school.name.as_str(), school.county_id.as_str())))
            .collect();
        let name = |unit: &str| authorities.get(unit).copied().unwrap_or(unit).to_owned();

        let mut large: Vec<&ClassSize> =
            figures.class_sizes.iter().filter(|class| matches!(class.grading.as_str(), "large" | "oversize")).collect();
        large.sort_by(|a, b| {
            b.pupils.cmp(&a.pupils).then_with(|| (&a.school_id, &a.class_id).cmp(&(&b.school_id, &b.class_id)))
        });
        let crowded = large.into_iter().take(NAMED).map(|class| {
            let (school, county) = schools.get(class.school_id.as_str()).copied().unwrap_or((&class.school_id, ""));
            Crowded { county: name(county), school: school.to_owned(), class: class.clone() }
        });

        let mut kinds: BTreeMap<&str, i64> = BTreeMap::new();
        let mut counties: BTreeMap<&str, i64> = BTreeMap::new();
        for problem in &figures.problems {
            *kinds.entry(&problem.kind).or_default() += 1;
            if label::is_unexplained(&problem.kind) {
                *counties.entry(problem.county_id.as_deref().unwrap_or("不明")).or_default() += 1;
            }
        }
        let (unexplained, problems) = most_first(kinds).into_iter().partition(|(kind, _)| label::is_unexplained(kind));
        let mut rules: BTreeMap<&str, i64> = BTreeMap::new();
        for rejection in &figures.rejections {
            *rules.entry(&rejection.rule).or_default() += rejection.rows;
        }
        Standouts {
            crowded: crowded.collect(),
            unexplained,
            unexplained_by_county: most_first(counties)
                .into_iter()
                .map(|(county, count)| (name(&county), count))
                .collect(),
            problems,
            rejected: most_first(rules),
            rejected_rows: figures.batches.iter().map(|batch| batch.rejected).sum(),
            late: late(figures, &figures.run, &authorities),
            sources: figures.batches.iter().map(|batch| batch.source.as_str()).collect::<BTreeSet<_>>().len(),
        }
    }
}

fn most_first(counts: BTreeMap<&str, i64>) -> Vec<(String, i64)> {
    let mut counts: Vec<(String, i64)> = counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts
}

fn late(figures: &Figures, run: &RunInfo, authorities: &BTreeMap<&str, &str>) -> Vec<Late> {
    let mut latest: BTreeMap<&str, NaiveDate> = BTreeMap::new();
    for batch in &figures.batches {
        let day = latest.entry(&batch.source).or_insert(batch.day);
        *day = (*day).max(batch.day);
    }
    let behind = latest.into_iter().filter(|(_, day)| *day < run.day).map(|(source, day)| Late {
        source: source.to_owned(),
        name: authorities.get(source).copied().unwrap_or(source).to_owned(),
        day,
        behind: (run.day - day).num_days(),
    });
    let mut late: Vec<Late> = behind.collect();
    late.sort_by(|a, b| b.behind.cmp(&a.behind).then_with(|| a.source.cmp(&b.source)));
    late
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::{Batch, Problem};

    #[test]
    fn a_source_without_todays_batch_is_late_and_the_fullest_class_comes_first() {
        let day = |day| NaiveDate::from_ymd_opt(2015, 3, day).unwrap();
        let class = |id: &str, pupils, grading: &str| ClassSize {
            class_id: id.into(),
            pupils,
            grading: grading.into(),
            ..ClassSize::default()
        };
        let problem = |kind: &str| Problem { kind: kind.into(), ..Problem::default() };
        let figures = Figures {
            run: RunInfo { run_id: 7, day: day(3) },
            class_sizes: vec![class("a", 57, "large"), class("b", 50, "over"), class("c", 71, "oversize")],
            problems: vec![problem("unexplained_change"), problem("id_sex"), problem("id_sex")],
            batches: vec![
                Batch { source: "340102".into(), day: day(1), ..Batch::default() },
                Batch { source: "registry".into(), day: day(3), rejected: 4, ..Batch::default() },
            ],
            ..Figures::default()
        };
        let found = Standouts::of(&figures);
        assert_eq!(found.crowded.iter().map(|crowded| crowded.class.class_id.as_str()).collect::<Vec<_>>(), ["c", "a"]);
        assert_eq!(found.unexplained, [("unexplained_change".to_owned(), 1)]);
        assert_eq!(found.problems, [("id_sex".to_owned(), 2)]);
        assert_eq!(
            found.late.iter().map(|late| (late.source.as_str(), late.behind)).collect::<Vec<_>>(),
            [("340102", 2)]
        );
        assert_eq!((found.rejected_rows, found.sources), (4, 2));
    }
}
