//! Balanced placement of newcomers into classes by score, origin and sex (均衡编班, CLS-04).
//!
//! Pure and repeatable: the same pupils and classes always give the same placement, so that anybody can check it.

use std::collections::BTreeMap;

use domain::identity::Sex;
use serde::{Deserialize, Serialize};

/// A newcomer to be placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// The row of the batch.
    pub row: u32,
    /// 性别
    pub sex: Sex,
    /// 生源: the school or place of origin.
    pub origin: String,
    /// 入学成绩 in tenths, if there is one.
    #[serde(default)]
    pub score: Option<u32>,
}

/// The class of each row, as a count from 0.
///
/// Pupils are ordered by sex, origin and score and dealt out round by round, each round one to every class, the best to the class that has
/// the least so far. So the sizes of classes differ by one at most, and each sex and each origin within a sex by two at most.
pub fn place(candidates: &[Candidate], classes: usize) -> BTreeMap<u32, usize> {
    let mut placed = BTreeMap::new();
    if classes == 0 {
        return placed;
    }
    let mut ordered: Vec<&Candidate> = candidates.iter().collect();
    ordered.sort_by(|a, b| {
        (a.sex, &a.origin).cmp(&(b.sex, &b.origin)).then(b.score.cmp(&a.score)).then(a.row.cmp(&b.row))
    });
    let mut sums = vec![0_u64; classes];
    for round in ordered.chunks(classes) {
        let mut poorest: Vec<usize> = (0..classes).collect();
        poorest.sort_by_key(|class| (sums.get(*class).copied(), *class));
        let mut best: Vec<&&Candidate> = round.iter().collect();
        best.sort_by(|a, b| b.score.cmp(&a.score).then(a.row.cmp(&b.row)));
        for (candidate, class) in best.into_iter().zip(poorest) {
            if let Some(sum) = sums.get_mut(class) {
                *sum += u64::from(candidate.score.unwrap_or_default());
            }
            placed.insert(candidate.row, class);
        }
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grade(count: u32) -> Vec<Candidate> {
        let candidate = |row: u32| Candidate {
            row,
            sex: if row % 7 < 3 { Sex::Male } else { Sex::Female },
            origin: format!("小学{}", row * row % 5),
            score: (!row.is_multiple_of(11)).then_some(3_000 + row.wrapping_mul(2_654_435_761) % 3_000),
        };
        (0..count).map(candidate).collect()
    }

    fn spread(placed: &BTreeMap<u32, usize>, classes: usize, among: impl Fn(u32) -> bool) -> (usize, usize) {
        let mut counts = vec![0; classes];
        placed.iter().filter(|(row, _)| among(**row)).for_each(|(_, class)| counts[*class] += 1);
        (*counts.iter().min().unwrap(), *counts.iter().max().unwrap())
    }

    #[test]
    fn classes_are_alike_in_size_sex_origin_and_score() {
        // REQ: CLS-04
        for (count, classes) in [(300, 6), (299, 7), (45, 2), (4, 6), (1, 1), (523, 11)] {
            let newcomers = grade(count);
            let placed = place(&newcomers, classes);
            assert_eq!(placed.len(), count as usize, "everybody once");
            let (least, most) = spread(&placed, classes, |_| true);
            assert!(most - least <= 1, "{count} into {classes}");
            for sex in [Sex::Male, Sex::Female] {
                let (least, most) = spread(&placed, classes, |row| newcomers[row as usize].sex == sex);
                assert!(most - least <= 2);
                for origin in 0..5 {
                    let of = |row: u32| {
                        newcomers[row as usize].sex == sex && newcomers[row as usize].origin == format!("小学{origin}")
                    };
                    let (least, most) = spread(&placed, classes, of);
                    assert!(most - least <= 2);
                }
            }
            if count / 40 < u32::try_from(classes).unwrap() && 200 < count {
                let mut sums = vec![0; classes];
                placed.iter().for_each(|(row, class)| sums[*class] += newcomers[*row as usize].score.unwrap_or(0));
                let (least, most) = (*sums.iter().min().unwrap(), *sums.iter().max().unwrap());
                assert!(most - least < 6_000, "{sums:?}");
            }
        }
    }

    #[test]
    fn the_same_newcomers_in_any_order_are_placed_alike() {
        // REQ: CLS-04
        let mut newcomers = grade(200);
        let placed = place(&newcomers, 5);
        newcomers.reverse();
        assert_eq!(place(&newcomers, 5), placed);
        assert!(place(&newcomers, 0).is_empty());
    }
}
