//! What the ledger says once movements are posted: a pupil is in one account or outside, and what is taken back is as if never said.

use std::collections::BTreeMap;

use arrow::{
    array::{AsArray, RecordBatch},
    datatypes::{Date32Type, Int32Type},
    util::display::array_value_to_string,
};

use super::*;
use crate::ledger::Entries;

/// Day and account → what the entries add up to there. What is zero is left out.
fn balance(batches: &[RecordBatch]) -> BTreeMap<(i32, String), i32> {
    let account = ["school_id", "class_id", "grade", "stage", "status", "study_mode", "kind", "movement_id"];
    let mut sums: BTreeMap<(i32, String), i32> = BTreeMap::new();
    for batch in batches {
        let days = batch.column_by_name("effective_on").unwrap().as_primitive::<Date32Type>();
        let signs = batch.column_by_name("sign").unwrap().as_primitive::<Int32Type>();
        for row in 0..batch.num_rows() {
            let cell = |name: &&str| array_value_to_string(batch.column_by_name(name).unwrap(), row).unwrap();
            let place = account.iter().map(cell).collect::<Vec<_>>().join(" ");
            *sums.entry((days.value(row), place)).or_default() += signs.value(row);
        }
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

fn difference(run: i64, stood: &[Movement], stands: &[Movement], words: &Words) -> RecordBatch {
    let mut entries = Entries::default();
    entries.post_difference(run, 7, stood, stands, words);
    entries.take().unwrap()
}

proptest! {
    // REQ: WH-03 WH-05
    #[test]
    fn a_pupil_is_in_one_account_or_outside_on_any_day_as_known_at_any_run(
        said in said(),
        written in written(),
        known_said in any::<prop::sample::Index>(),
        known_written in any::<prop::sample::Index>(),
    ) {
        let mut words = Words::default();
        let terms = Terms::new(&mut words);
        let (early_said, early_written) =
            (said[..known_said.index(said.len())].to_vec(), written[..known_written.index(written.len() + 1)].to_vec());
        let (claims, papers) = world(early_said, early_written, &mut words);
        let stood = timeline(&claims, &papers, &terms, &words).movements;
        let (claims, papers) = world(said, written, &mut words);
        let stands = timeline(&claims, &papers, &terms, &words).movements;

        let first = difference(1, &[], &stood, &words);
        let second = difference(2, &stood, &stands, &words);
        for known in [vec![first.clone()], vec![first.clone(), second.clone()]] {
            let balance = balance(&known);
            for day in 0..=20 {
                let pupils: i32 = balance.iter().filter(|((on, _), _)| *on <= day).map(|(_, sum)| sum).sum();
                prop_assert!((0..=1).contains(&pupils), "{} pupils on day {}", pupils, day);
            }
        }
        let at_once = difference(1, &[], &stands, &words);
        prop_assert_eq!(balance(&[first, second.clone()]), balance(&[at_once]), "late knowledge is like early knowledge");
        let taken_back = difference(3, &stands, &stood, &words);
        prop_assert_eq!(balance(&[second, taken_back]), BTreeMap::new(), "what is taken back is as if never said");
    }
}
