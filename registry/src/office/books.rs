//! What the office goes by: the policy packs and the working days (POL-01).

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use domain::{
    calendar::{Day, WorkCalendar},
    policy::{Policy, PolicyError},
};

/// Policy packs and working days: what the office goes by.
#[derive(Debug)]
pub struct Books {
    named: String,
    packs: Mutex<BTreeMap<String, Arc<Policy>>>,
    calendar: WorkCalendar,
}

impl Books {
    pub(super) fn new(named: String, calendar: WorkCalendar) -> Books {
        Books { named, packs: Mutex::new(BTreeMap::new()), calendar }
    }

    /// The working days.
    pub const fn calendar(&self) -> &WorkCalendar {
        &self.calendar
    }

    /// The pack of a name.
    pub fn named(&self, name: &str) -> Result<Arc<Policy>, PolicyError> {
        let mut packs = self.packs.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(pack) = packs.get(name) {
            return Ok(Arc::clone(pack));
        }
        let pack = Arc::new(Policy::named(name)?);
        packs.insert(name.to_owned(), Arc::clone(&pack));
        Ok(pack)
    }

    /// The pack in force on a day: that of the jurisdiction, or the one that is named.
    pub fn in_force(&self, day: Day) -> Result<Arc<Policy>, PolicyError> {
        let named = self.named(&self.named)?;
        if named.name() == self.named || named.is_in_force(day) {
            return Ok(named);
        }
        Ok(Policy::in_force(named.jurisdiction(), day)?.map_or(named, Arc::new))
    }
}
