//! What province to make: its size, its sources, and the nights it hands over batches for.

use domain::calendar::Day;

/// Which nights have batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// The days that matter in two school years, an August promotion between them, then a run of ordinary days.
    TwoYears,
    /// The opening day and the ordinary days that follow it.
    Ordinary,
}

/// How the province is cut into sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Three prefectures, twelve sources.
    Demo,
    /// Two prefectures, eleven sources, small schools.
    Small,
    /// Everything in the one source `registry`, as plain UTF-8 CSV.
    Single,
}

/// A sample province. Two equal plans give the same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Pupils on the opening day.
    pub students: u64,
    /// Everything that is left to chance hangs on it.
    pub seed: u64,
    /// The opening day, in September.
    pub first_day: Day,
    /// Ordinary business days at the end of the course, one after another.
    pub days: u32,
    /// Which nights have batches.
    pub course: Course,
    /// How the province is cut into sources.
    pub layout: Layout,
    /// Whether there are bad rows, doubtful records and movements without papers.
    pub flaws: bool,
    /// Pupils touched by a procedure on an ordinary day, per ten thousand.
    pub daily_changes: u32,
}

impl Default for Plan {
    /// The province of `xueji demo`: 200,000 pupils over two school years.
    fn default() -> Plan {
        Plan {
            students: 200_000,
            seed: 20_130_901,
            first_day: day(2012, 9, 3),
            days: 5,
            course: Course::TwoYears,
            layout: Layout::Demo,
            flaws: true,
            daily_changes: 50,
        }
    }
}

impl Plan {
    /// About 2,000 pupils in two prefectures with everything the large one has, for tests.
    pub fn small(seed: u64) -> Plan {
        Plan { students: 2_000, seed, days: 4, layout: Layout::Small, daily_changes: 200, ..Plan::default() }
    }

    /// One clean source in plain UTF-8 CSV and two nights, the second with one pupil in 200 changed: for benchmarks.
    pub fn single_source(students: u64) -> Plan {
        Plan { students, days: 1, course: Course::Ordinary, layout: Layout::Single, flaws: false, ..Plan::default() }
    }

    /// The calendar year in which the opening day's school year began.
    pub(crate) fn school_year(&self) -> i32 {
        school_year_of(self.first_day)
    }
}

/// The year in which a day's school year began on 1 August (皖教基〔2013〕20号 art. 18).
pub(crate) fn school_year_of(day: Day) -> i32 {
    if day.month() >= 8 { day.year() } else { day.year() - 1 }
}

/// What happens between the batch before and this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Night {
    /// The first batch of every source.
    Opening,
    /// Some hundreds of procedures.
    Ordinary,
    /// 1 August: everyone goes up, the finishing grades graduate.
    Promotion,
    /// September: newcomers and the hand-over to the next stage.
    Intake,
}

/// The business days a plan has batches for, in order.
pub fn nights(plan: &Plan) -> Vec<Day> {
    course(plan).into_iter().map(|(day, _)| day).collect()
}

/// The same with what happens on each.
pub(crate) fn course(plan: &Plan) -> Vec<(Day, Night)> {
    let mut course = vec![(plan.first_day, Night::Opening)];
    if plan.course == Course::TwoYears {
        let year = plan.school_year();
        let key_days = [
            (day(year, 10, 31), Night::Ordinary),
            (day(year, 11, 1), Night::Ordinary),
            (weekday(day(year + 1, 3, 4)), Night::Ordinary),
            (weekday(day(year + 1, 6, 28)), Night::Ordinary),
            (day(year + 1, 8, 1), Night::Promotion),
            (weekday(day(year + 1, 9, 2)), Night::Intake),
            (day(year + 1, 10, 31), Night::Ordinary),
            (day(year + 1, 11, 1), Night::Ordinary),
        ];
        course.extend(key_days.into_iter().filter(|(day, _)| *day > plan.first_day));
    }
    for _ in 0..plan.days {
        let last = course.last().map_or(plan.first_day, |(day, _)| *day);
        course.push((weekday(last.plus_days(1)), Night::Ordinary));
    }
    course
}

/// The day itself, or the Monday after it.
fn weekday(day: Day) -> Day {
    // 1970-01-01 was a Thursday.
    match (day.epoch_days() + 3).rem_euclid(7) {
        5 => day.plus_days(2),
        6 => day.plus_days(1),
        _ => day,
    }
}

/// A day of the calendar that is known to exist.
pub(crate) fn day(year: i32, month: u32, day: u32) -> Day {
    Day::from_ymd(year, month, day).expect("a day that every year has")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_runs_over_two_octobers_and_a_promotion() {
        let days: Vec<String> = nights(&Plan::default()).iter().map(Day::to_string).collect();
        assert_eq!(
            days,
            [
                "2012-09-03",
                "2012-10-31",
                "2012-11-01",
                "2013-03-04",
                "2013-06-28",
                "2013-08-01",
                "2013-09-02",
                "2013-10-31",
                "2013-11-01",
                "2013-11-04",
                "2013-11-05",
                "2013-11-06",
                "2013-11-07",
                "2013-11-08",
            ]
        );
    }

    #[test]
    fn a_benchmark_has_two_nights() {
        assert_eq!(nights(&Plan::single_source(10)).len(), 2);
    }
}
