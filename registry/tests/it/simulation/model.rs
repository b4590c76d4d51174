//! What the simulation knows of the office from what was told and answered, in plain Rust: units, accounts, records, cases.
//!
//! Nothing here asks the office's own rules. Who contains whom, who acts for whom and who keeps a school's records is said anew.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::{
    calendar::{Day, Month},
    identity::StudentNo,
    organisation::{Division, SchoolId},
};
use registry::{
    case::{Case, CaseId},
    newcomers::Newcomer,
    officer::Officer,
    organisation::{Authority, Delegation, School},
    pupil::{BasicFacts, KeyFacts, PupilId, Standing},
    unit::Unit,
};

/// A record as its changes have made it.
#[derive(Debug, Clone)]
pub struct Known {
    pub id: PupilId,
    pub student_no: StudentNo,
    pub regional_no: Option<String>,
    pub key: KeyFacts,
    pub basic: BasicFacts,
    pub standing: Standing,
    pub entry_month: Month,
    pub version: i32,
    /// The latest day from which one of its changes holds.
    pub effective_on: Day,
    /// The last resumption or return.
    pub placed_on: Option<Day>,
    /// The day from which it is suspended without a break.
    pub suspended_on: Option<Day>,
}

/// A class: its grade, and whether it is closed.
pub type Classes = BTreeMap<(SchoolId, String), (u8, bool)>;

#[derive(Debug, Default)]
pub struct Model {
    pub authorities: BTreeMap<Division, Authority>,
    pub schools: BTreeMap<SchoolId, School>,
    pub officers: BTreeMap<String, Officer>,
    pub delegations: Vec<Delegation>,
    pub classes: Classes,
    pub pupils: BTreeMap<PupilId, Known>,
    pub cases: BTreeMap<CaseId, Case>,
    /// The rows of batches of newcomers, by case.
    pub batches: HashMap<CaseId, Vec<Newcomer>>,
    /// Every registration number there was, and every regional one.
    pub numbers: HashMap<StudentNo, PupilId>,
    pub regional: HashSet<String>,
    /// Open records by school: the sum of what came and went.
    pub held: BTreeMap<SchoolId, i64>,
}

impl Model {
    /// The unit that has a school's records now.
    pub fn keeper(&self, school: SchoolId) -> Unit {
        let mut unit = Unit::School(school);
        while let Unit::School(at) = unit
            && let Some(next) = self.schools.get(&at).and_then(|school| school.successor)
        {
            unit = next;
        }
        unit
    }

    /// The authority that looks after a school's records now.
    pub fn authority_of(&self, school: SchoolId) -> Option<Division> {
        match self.keeper(school) {
            Unit::Authority(authority) => Some(authority),
            Unit::School(school) => self.schools.get(&school).map(|school| school.authority),
        }
    }

    fn above(&self, unit: Unit) -> Option<Unit> {
        match unit {
            Unit::Authority(id) => self.authorities.get(&id)?.parent.map(Unit::Authority),
            Unit::School(id) => {
                let school = self.schools.get(&id)?;
                Some(school.parent.map_or(Unit::Authority(school.authority), Unit::School))
            }
        }
    }

    /// A unit and all those above it.
    pub fn ancestors(&self, unit: Unit) -> Vec<Unit> {
        let mut path = vec![unit];
        while let Some(next) = path.last().and_then(|unit| self.above(*unit)) {
            path.push(next);
        }
        path
    }

    /// Whether a unit lies in another's subtree.
    pub fn is_below(&self, unit: Unit, above: Unit) -> bool {
        self.ancestors(unit).contains(&above)
    }

    /// The lowest authority above two others.
    pub fn superior(&self, one: Division, other: Division) -> Option<Division> {
        let others = self.ancestors(Unit::Authority(other));
        self.ancestors(Unit::Authority(one)).into_iter().find(|unit| others.contains(unit)).and_then(
            |unit| match unit {
                Unit::Authority(authority) => Some(authority),
                Unit::School(_) => None,
            },
        )
    }

    /// Whether a unit's people act for another unit: their own, a branch of their school, or by delegation.
    pub fn acts_for(&self, actor: Unit, unit: Unit, day: Day) -> bool {
        let branch = |unit: Unit| unit.school().and_then(|id| self.schools.get(&id)).and_then(|school| school.parent);
        let delegated = |delegation: &Delegation| {
            Unit::Authority(delegation.from) == unit
                && Unit::Authority(delegation.to) == actor
                && (delegation.since..=delegation.until).contains(&day)
        };
        actor == unit || branch(unit).map(Unit::School) == Some(actor) || self.delegations.iter().any(delegated)
    }

    /// Schools that are open, in order.
    pub fn open_schools(&self) -> impl Iterator<Item = &School> {
        self.schools.values().filter(|school| school.closed_on.is_none())
    }

    /// Classes of a school and grade that take pupils.
    pub fn classes_of(&self, school: SchoolId, grade: u8) -> Vec<String> {
        let fits =
            |((of, _), (at, closed)): &(&(SchoolId, String), &(u8, bool))| *of == school && *at == grade && !*closed;
        self.classes.iter().filter(fits).map(|((_, id), _)| id.clone()).collect()
    }

    /// Cases that wait for somebody.
    pub fn pending(&self) -> impl Iterator<Item = &Case> {
        self.cases.values().filter(|case| case.state.is_pending())
    }

    /// Puts a record from one school's account to another's.
    pub fn post(&mut self, from: Option<&Standing>, to: Option<&Standing>) {
        for (standing, by) in [(from, -1), (to, 1)] {
            if let Some(standing) = standing.filter(|standing| standing.status.is_registered()) {
                *self.held.entry(standing.school).or_default() += by;
            }
        }
    }
}
