//! What a run has come upon: kinds of cases approved, refusals by their codes, silence, what else is worth a count.

use std::collections::{BTreeMap, BTreeSet};

use registry::purpose::Kind;

#[derive(Debug, Clone, Default)]
pub struct Tally {
    pub years: u32,
    pub commands: u64,
    pub approved: BTreeSet<&'static str>,
    pub refusals: BTreeMap<String, u64>,
    pub seen: BTreeMap<String, u64>,
}

impl Tally {
    pub fn saw(&mut self, what: &str) {
        *self.seen.entry(what.to_owned()).or_default() += 1;
    }

    pub fn add(&mut self, other: &Tally) {
        self.years += other.years;
        self.commands += other.commands;
        self.approved.extend(&other.approved);
        for (to, from) in [(&mut self.refusals, &other.refusals), (&mut self.seen, &other.seen)] {
            for (what, count) in from {
                *to.entry(what.clone()).or_default() += count;
            }
        }
    }

    /// A run that can't reach things proves nothing.
    pub fn is_wide_enough(&self) {
        let missing: Vec<_> =
            Kind::ALL.iter().map(|kind| kind.name()).filter(|kind| !self.approved.contains(kind)).collect();
        assert!(missing.is_empty(), "kinds of cases never approved: {missing:?}; seen: {:?}", self.seen);
        let codes: Vec<_> = self.refusals.keys().collect();
        assert!(25 <= codes.len(), "only {} kinds of refusals: {codes:?}", codes.len());
        for what in ["silence", "held", "promoted", "undone", "merged", "answered again"] {
            assert!(self.seen.contains_key(what), "never seen: {what}; seen: {:?}", self.seen);
        }
    }
}
