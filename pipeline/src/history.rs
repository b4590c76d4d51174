//! A source's word about a pupil as a step function of the day, and how a batch changes it.
//!
//! Batches may arrive in any order. A batch is a sample of the source's state on its day; the history depends on the samples
//! alone, not on the order in which they came.

use domain::calendar::Day;

/// Something that was so from a day on.
pub trait Step {
    /// What was so.
    type Value: PartialEq + Clone;
    /// Since when.
    fn since(&self) -> Day;
    /// What.
    fn value(&self) -> &Self::Value;
    /// A step.
    fn new(since: Day, value: Self::Value) -> Self;
}

/// Enters a sample of `day` into a history; `next` is the day of the source's next sample, if one was taken already.
///
/// `absent` is what was so before the first step. A sample replaces one of the same day.
pub fn restate<S: Step>(history: &mut Vec<S>, day: Day, value: S::Value, next: Option<Day>, absent: &S::Value) {
    let at = history.partition_point(|step| step.since() < day);
    let before = at.checked_sub(1).and_then(|before| history.get(before)).map_or(absent, Step::value).clone();
    let same_day = history.get(at).is_some_and(|step| step.since() == day);
    let then = if same_day { history[at].value().clone() } else { before.clone() };
    if then == value {
        return;
    }
    let mut following = at + usize::from(same_day);
    if same_day {
        history.remove(at);
        following = at;
    }
    if let Some(next) = next {
        match history.get(following) {
            Some(step) if step.since() <= next => {}
            _ => history.insert(following, S::new(next, then)),
        }
    }
    if value != before {
        history.insert(at, S::new(day, value));
        following = at + 1;
    } else {
        following = at;
    }
    let prior = following.checked_sub(1).and_then(|prior| history.get(prior)).map_or(absent, Step::value).clone();
    if history.get(following).is_some_and(|step| *step.value() == prior) {
        history.remove(following);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone, PartialEq)]
    struct Stood(Day, Option<u8>);

    impl Step for Stood {
        type Value = Option<u8>;
        fn since(&self) -> Day {
            self.0
        }
        fn value(&self) -> &Option<u8> {
            &self.1
        }
        fn new(since: Day, value: Option<u8>) -> Self {
            Stood(since, value)
        }
    }

    fn told(samples: &[(i32, Option<u8>)]) -> Vec<Stood> {
        let mut taken: Vec<i32> = Vec::new();
        let mut history = Vec::new();
        for &(day, value) in samples {
            let next = taken.iter().copied().filter(|&taken| taken > day).min();
            restate(&mut history, Day::from_epoch_days(day), value, next.map(Day::from_epoch_days), &None);
            taken.push(day);
        }
        history
    }

    proptest! {
        // REQ: WH-03
        #[test]
        fn the_order_of_arrival_does_not_matter(
            values in prop::collection::vec(prop::option::of(0u8..3), 1..12),
            order in any::<u64>(),
        ) {
            let in_order: Vec<(i32, Option<u8>)> = values.iter().enumerate().map(|(day, &value)| (day as i32, value)).collect();
            let mut shuffled = in_order.clone();
            let mut state = order | 1;
            for at in (1..shuffled.len()).rev() {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                shuffled.swap(at, (state >> 33) as usize % (at + 1));
            }
            prop_assert_eq!(told(&in_order), told(&shuffled));
        }
    }

    #[test]
    fn a_corrected_batch_of_the_same_day_replaces_the_first() {
        let mut history = told(&[(1, Some(1)), (2, Some(2)), (3, Some(2))]);
        restate(&mut history, Day::from_epoch_days(2), Some(1), Some(Day::from_epoch_days(3)), &None);
        assert_eq!(history, [Stood(Day::from_epoch_days(1), Some(1)), Stood(Day::from_epoch_days(3), Some(2))]);
    }
}
