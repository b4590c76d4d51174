//! Policy packs: any text is a pack that answers every question, or an error that can be told.

use domain::{calendar::Day, movement::MovementKind, organisation::Stage, policy::Policy};

const ANHUI: &str = include_str!("../../../data/policies/anhui-2013.toml");
const NATIONAL: &str = include_str!("../../../data/policies/national-2013.toml");

/// Asserts that a pack that is read answers whatever the program asks, each line with its article, and that a refusal says something.
///
/// What a pack extends is the pack of that name, or for `self` the pack itself.
pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let resolve = |name: &str| match name {
        "anhui-2013" => Some(ANHUI.to_owned()),
        "national-2013" => Some(NATIONAL.to_owned()),
        "self" => Some(text.to_owned()),
        _ => None,
    };
    let policy = match Policy::from_toml(text, &resolve) {
        Ok(policy) => policy,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    for (key, value, article) in policy.lines() {
        assert!(!key.is_empty() && !value.is_empty() && !article.is_empty(), "{key} = {value} ({article})");
        let statement = policy.statement(&key).expect("every line is a statement");
        assert_eq!(statement.article, article);
        policy.number(&key);
        policy.deadline(key.strip_prefix("deadlines.").unwrap_or(&key));
    }
    assert_eq!(policy.differences(&policy), []);
    for stage in Stage::ALL {
        let size = policy.class_size(stage);
        assert!(size.standard < size.large_from && size.large_from <= size.oversize_from, "{size:?}");
    }
    for year in [i32::MIN, 0, 1900, 2012, 2013, 2024, 2199, i32::MAX] {
        let fee = policy.fee(year);
        assert!(fee.snapshot_on <= fee.due_on, "{fee:?}");
        policy.ages_on(year);
    }
    for grade in 0..=13 {
        if let Some((youngest, oldest)) = policy.age_span(grade) {
            assert!(youngest <= oldest, "grade {grade}: {youngest} to {oldest}");
        }
    }
    let (share, _) = policy.vanish_hold();
    assert!((0.0..=1.0).contains(&share), "{share}");
    assert!(policy.snapshots().all(|(name, _, article)| !name.is_empty() && !article.is_empty()));
    for kind in MovementKind::ALL {
        policy.silence_approves(kind);
    }
    policy.is_in_force(Day::from_epoch_days(0));
}
