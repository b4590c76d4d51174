//! A pupil's movements, worked out from what sources claim and what papers say. Pure: no table, no order of arrival.
//!
//! On each day on which some source's word changes, one account holds the pupil (`holder`). Where the account changes, papers that
//! fit explain the way from the old account to the new one, step by step, each on the day the paper gives; what no paper explains
//! is a movement without papers (无据出现, 无据变动, 无据消失), an inspector's finding.

use domain::{
    calendar::Day,
    movement::{MovementKind, Status},
    organisation::Stage,
};

use crate::account::{Account, Claim, Movement, Paper, Person, Word, Words};

/// The words that the rules know by meaning: statuses and stages, numbered for one run.
#[derive(Debug, Clone)]
pub struct Terms {
    statuses: Vec<(Word, Status)>,
    stages: Vec<(Word, Stage)>,
}

impl Terms {
    /// Numbers every status and stage.
    pub fn new(words: &mut Words) -> Terms {
        Terms {
            statuses: Status::ALL.iter().map(|&status| (words.number(status.label()), status)).collect(),
            stages: Stage::ALL.iter().map(|&stage| (words.number(stage.label()), stage)).collect(),
        }
    }

    fn stage_of(&self, grade: i32) -> Option<Word> {
        let stage = Stage::of_grade(u8::try_from(grade).ok()?)?;
        self.stages.iter().find(|(_, known)| *known == stage).map(|&(word, _)| word)
    }

    fn of(&self, word: Word) -> Option<Status> {
        self.statuses.iter().find(|(known, _)| *known == word).map(|&(_, status)| status)
    }

    fn word(&self, status: Status) -> Option<Word> {
        self.statuses.iter().find(|(_, known)| *known == status).map(|&(word, _)| word)
    }

    fn is(&self, account: &Account, status: Status) -> bool {
        self.of(account.status) == Some(status)
    }

    /// Whether an account keeps its pupil on the register (在籍).
    pub fn is_registered(&self, account: &Account) -> bool {
        self.of(account.status).is_some_and(Status::is_registered)
    }
}

/// A pupil's movements, and who holds the record in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// The movements, in order.
    pub movements: Vec<Movement>,
    /// The source whose word holds at the end.
    pub holder: Option<Word>,
    /// Sources that list the pupil as registered although another holds the record: (source, its account, since when both do).
    pub others: Vec<(Word, Account, Day)>,
}

/// Works out the timeline of one pupil. `claims` and `papers` may come in any order.
pub fn timeline(claims: &[Claim], papers: &[Paper], terms: &Terms, words: &Words) -> Timeline {
    let mut claims: Vec<&Claim> = claims.iter().collect();
    claims.sort_by(|left, right| words.text(left.source).cmp(words.text(right.source)));
    let mut papers: Vec<&Paper> = papers.iter().collect();
    papers.sort_by(|left, right| {
        let order = |paper: &Paper| (paper.effective_on, step_order(paper.kind));
        order(left)
            .cmp(&order(right))
            .then_with(|| (words.text(left.id.0), &*left.id.1).cmp(&(words.text(right.id.0), &*right.id.1)))
    });
    let mut days: Vec<Day> =
        claims.iter().flat_map(|claim| claim.statements.iter().map(|statement| statement.stated_on)).collect();
    days.sort_unstable();
    days.dedup();

    let mut course =
        Course { terms, papers, used: Vec::new(), movements: Vec::new(), at: None, earliest: None, opened: None };
    course.used.resize(course.papers.len(), false);
    let mut holder: Option<Word> = None;
    for day in days {
        let (next_holder, next) = held_on(day, &claims, holder, course.at, terms);
        let opens = next_holder
            .and_then(|source| claims.iter().find(|claim| claim.source == source))
            .is_some_and(|claim| claim.opened_on == day);
        course.go(day, next, opens);
        holder = next_holder;
    }
    let last = claims.iter().filter_map(|claim| claim.statements.last()).map(|statement| statement.stated_on).max();
    let others = match last {
        Some(day) => {
            let since_on = |claim: &Claim| registered_since(claim, day, terms).map(|(_, since)| since);
            let held_since = claims.iter().find(|claim| Some(claim.source) == holder).and_then(|claim| since_on(claim));
            claims
                .iter()
                .filter(|claim| Some(claim.source) != holder)
                .filter_map(|claim| {
                    let account = claim.on(day).filter(|account| terms.is_registered(account))?;
                    Some((claim.source, account, since_on(claim)?.max(held_since?)))
                })
                .collect()
        }
        None => Vec::new(),
    };
    Timeline { movements: course.movements, holder, others }
}

/// Papers of one day are taken in the order in which a school year takes them: leaving before entering, promotion before placement.
fn step_order(kind: MovementKind) -> u8 {
    match kind {
        MovementKind::Graduation | MovementKind::Completion | MovementKind::EarlyLeaving => 0,
        MovementKind::Promotion | MovementKind::Repetition | MovementKind::Skipping => 1,
        MovementKind::Enrolment => 2,
        _ => 3,
    }
}

/// Since when a claim has kept the pupil registered at its present school, and whether that began after the source's opening.
fn registered_since(claim: &Claim, day: Day, terms: &Terms) -> Option<(bool, Day)> {
    let after = claim.statements.partition_point(|statement| statement.stated_on <= day);
    let mut since = None;
    let mut school = None;
    for statement in claim.statements[..after].iter().rev() {
        match statement.account {
            Some(account) if terms.is_registered(&account) && school.is_none_or(|school| school == account.school) => {
                school = Some(account.school);
                since = Some(statement.stated_on);
            }
            _ => break,
        }
    }
    since.map(|since| (claim.opened_on < since, since))
}

/// The source whose word holds the pupil on a day, and the account.
///
/// Of several that list the pupil as registered, the one that took the pupil in last; an opening does not take a pupil from one
/// who already held the record. A source that holds and lets go without a successor decides alone.
fn held_on(
    day: Day,
    claims: &[&Claim],
    holder: Option<Word>,
    at: Option<Account>,
    terms: &Terms,
) -> (Option<Word>, Option<Account>) {
    let mut best: Option<((bool, Day, bool), &Claim)> = None;
    for &claim in claims {
        let Some((joined, since)) = registered_since(claim, day, terms) else { continue };
        let rank = (joined, since, Some(claim.source) == holder);
        let rank = if joined { rank } else { (false, Day::from_epoch_days(i32::MIN), Some(claim.source) == holder) };
        if best.as_ref().is_none_or(|(highest, _)| *highest < rank) {
            best = Some((rank, claim));
        }
    }
    if let Some((_, claim)) = best {
        return (Some(claim.source), claim.on(day));
    }
    let own = holder.and_then(|source| claims.iter().find(|claim| claim.source == source));
    match own {
        Some(claim) => match claim.on(day) {
            Some(closed) => (holder, Some(closed)),
            None => match at {
                Some(account) if !terms.is_registered(&account) => (holder, at),
                _ => (holder, None),
            },
        },
        None => match claims.iter().find_map(|claim| claim.on(day).map(|account| (claim.source, account))) {
            Some((source, account)) => (Some(source), Some(account)),
            None => (None, None),
        },
    }
}

struct Course<'a> {
    terms: &'a Terms,
    papers: Vec<&'a Paper>,
    used: Vec<bool>,
    movements: Vec<Movement>,
    at: Option<Account>,
    earliest: Option<Day>,
    /// The day of the opening, if the pupil was there when the source was taken in.
    opened: Option<Day>,
}

impl Course<'_> {
    /// Moves the pupil to where a day's statements put him, by papers as far as they fit.
    fn go(&mut self, day: Day, next: Option<Account>, opens: bool) {
        if self.at == next {
            return;
        }
        let Some(earliest) = self.earliest else {
            self.begin(day, next, opens);
            return;
        };
        let left = self.at;
        let steps = self.way(earliest, day, next);
        let explained = !steps.is_empty();
        for (number, account) in steps {
            let paper = self.papers[number];
            self.used[number] = true;
            self.post(paper.effective_on, paper.kind, Some(account));
        }
        match (self.at, next) {
            (Some(at), None) if !self.terms.is_registered(&at) => {}
            (Some(at), Some(next)) if explained && at.same_place(&next) => {
                if let Some(last) = self.movements.last_mut() {
                    last.to = Some(next);
                }
                self.at = Some(next);
            }
            (at, _) => self.post(day, self.unexplained(left, at, next, opens), next),
        }
    }

    fn unexplained(
        &self,
        left: Option<Account>,
        at: Option<Account>,
        next: Option<Account>,
        opens: bool,
    ) -> MovementKind {
        let registered = |account: Option<Account>| account.is_some_and(|account| self.terms.is_registered(&account));
        match next {
            None => MovementKind::UnexplainedDisappearance,
            Some(_) if registered(at) || !registered(next) || registered(left) => MovementKind::UnexplainedChange,
            Some(_) if opens => MovementKind::Opening,
            Some(_) => MovementKind::UnexplainedAppearance,
        }
    }

    /// The first time a pupil is seen: an opening, or an arrival with or without papers.
    fn begin(&mut self, day: Day, next: Option<Account>, opens: bool) {
        let Some(account) = next else { return };
        if opens {
            for (number, paper) in self.papers.iter().enumerate() {
                self.used[number] = paper.shown_on <= day;
            }
            (self.earliest, self.opened) = (Some(day), Some(day));
            self.post(day, MovementKind::Opening, next);
            return;
        }
        let entry = (0..self.papers.len())
            .find(|&number| self.papers[number].effective_on <= day && enters(self.papers[number], &account));
        let Some(number) = entry else {
            self.earliest = Some(day);
            self.post(day, MovementKind::UnexplainedAppearance, next);
            return;
        };
        let paper = self.papers[number];
        self.used[..=number].fill(true);
        self.earliest = Some(paper.effective_on);
        let mut first = account;
        if self.papers[number + 1..].iter().any(|later| later.effective_on <= day) {
            first.status = self.terms.word(Status::Enrolled).unwrap_or(first.status);
            self.place(&mut first, paper);
        }
        self.post(paper.effective_on, paper.kind, Some(first));
        self.go(day, next, false);
    }

    /// The papers that lead from the present account towards the next, each with the account it leads to.
    ///
    /// All that fit, if together they arrive or come nearer; else the one that comes nearest; else none.
    fn way(&self, earliest: Day, day: Day, next: Option<Account>) -> Vec<(usize, Account)> {
        // What holds from before the opening and was decided after it explains what the roll shows since.
        let decided_since = |paper: &Paper| self.opened.is_some_and(|opened| opened < paper.shown_on);
        let may_explain =
            |paper: &Paper| (earliest <= paper.effective_on || decided_since(paper)) && paper.effective_on <= day;
        let open: Vec<usize> = (0..self.papers.len()).filter(|&number| may_explain(self.papers[number])).collect();
        let now = self.nearness(self.at, next);
        let all = self.follow(&open, next);
        if all.last().is_some_and(|&(_, account)| now < self.nearness(Some(account), next)) {
            return all;
        }
        open.iter()
            .map(|&number| self.follow(&[number], next))
            .filter_map(|steps| {
                let &(_, account) = steps.last()?;
                Some((self.nearness(Some(account), next), steps))
            })
            .filter(|(nearness, _)| now < *nearness)
            .reduce(|best, other| if best.0 < other.0 { other } else { best })
            .map(|(_, steps)| steps)
            .unwrap_or_default()
    }

    fn follow(&self, papers: &[usize], next: Option<Account>) -> Vec<(usize, Account)> {
        let mut steps = Vec::new();
        let mut at = self.at;
        for &number in papers {
            if self.nearness(at, next) == ARRIVED {
                break;
            }
            if let Some(account) = self.step(number, at, next) {
                steps.push((number, account));
                at = Some(account);
            }
        }
        steps
    }

    /// How much of the next account is reached.
    fn nearness(&self, at: Option<Account>, next: Option<Account>) -> u8 {
        match (at, next) {
            (None, None) => ARRIVED,
            (Some(at), None) => {
                if self.terms.is_registered(&at) {
                    0
                } else {
                    ARRIVED
                }
            }
            (None, Some(_)) => 0,
            (Some(at), Some(next)) => {
                u8::from(at.school == next.school)
                    + u8::from(at.school == next.school && at.class == next.class)
                    + u8::from(at.grade == next.grade)
                    + u8::from(at.status == next.status)
                    + u8::from(at.person == next.person)
            }
        }
    }

    fn place(&self, account: &mut Account, paper: &Paper) {
        account.school = paper.to_school.unwrap_or(account.school);
        account.class = paper.to_class.unwrap_or(account.class);
        account.grade = paper.to_grade.unwrap_or(account.grade);
        account.stage = self.terms.stage_of(account.grade).unwrap_or(account.stage);
    }

    /// Where one paper leads from an account, if it fits it.
    fn step(&self, number: usize, at: Option<Account>, next: Option<Account>) -> Option<Account> {
        let paper = self.papers[number];
        let Some(at) = at else {
            let next = next?;
            return (!self.used[number] && enters(paper, &next)).then_some(next);
        };
        let registered = self.terms.is_registered(&at);
        if paper.kind == MovementKind::TransferWithinProvince {
            return self.transfer(number, at, next);
        }
        if self.used[number] || (registered && paper.from_school.is_some_and(|school| school != at.school)) {
            return None;
        }
        let is = |status: Status| self.terms.is(&at, status);
        let with = |status: Status| Some(Account { status: self.terms.word(status)?, ..at });
        let account = match paper.kind {
            MovementKind::TransferFromProvince | MovementKind::TransferFromAbroad | MovementKind::Enrolment => {
                next.filter(|next| !registered && enters(paper, next))
            }
            _ if !registered => None,
            MovementKind::TransferToProvince | MovementKind::TransferAbroad => with(Status::TransferredOut),
            MovementKind::Suspension if is(Status::Enrolled) => with(Status::Suspended),
            // Some sources keep those who dropped out in a class of their own, and their papers say so.
            MovementKind::Dropout if !is(Status::DroppedOut) => {
                let mut kept = with(Status::DroppedOut)?;
                self.place(&mut kept, paper);
                Some(kept)
            }
            MovementKind::Resumption if is(Status::Suspended) => self.placed(with(Status::Enrolled)?, paper, next),
            MovementKind::DropoutReturn if is(Status::DroppedOut) => self.placed(with(Status::Enrolled)?, paper, next),
            MovementKind::Withdrawal => with(Status::Withdrawn),
            MovementKind::Death => with(Status::Dead),
            MovementKind::Graduation => with(Status::Graduated),
            MovementKind::Completion => with(Status::Completed),
            MovementKind::EarlyLeaving => with(Status::LeftEarly),
            MovementKind::Promotion | MovementKind::Repetition | MovementKind::Skipping | MovementKind::ClassChange => {
                self.placed(at, paper, next)
            }
            MovementKind::BasicChange => Some(Account { person: Person { sex: at.person.sex, ..next?.person }, ..at }),
            MovementKind::KeyChange => Some(Account { person: Person { sex: next?.person.sex, ..at.person }, ..at }),
            _ => None,
        };
        account.filter(|&account| account != at)
    }

    /// The account after a placement; what the paper leaves open is read from where the pupil then stands in the same school.
    fn placed(&self, mut account: Account, paper: &Paper, next: Option<Account>) -> Option<Account> {
        account.school = paper.to_school.unwrap_or(account.school);
        if let Some(next) = next.filter(|next| next.school == account.school) {
            if paper.to_class.is_none() {
                account.class = next.class;
            }
            if paper.to_grade.is_none() && paper.kind != MovementKind::ClassChange {
                account.grade = next.grade;
            }
        }
        self.place(&mut account, paper);
        Some(account)
    }

    /// A transfer inside the province: from school to school at once, or out into transit now and in at the new school later by the
    /// same paper.
    fn transfer(&self, number: usize, at: Account, next: Option<Account>) -> Option<Account> {
        let paper = self.papers[number];
        let registered = self.terms.is_registered(&at);
        let in_transit = self.terms.is(&at, Status::TransferredOut);
        if (registered && (self.used[number] || paper.from_school.is_some_and(|school| school != at.school)))
            || (!registered && !in_transit)
        {
            return None;
        }
        match next {
            Some(next) if self.terms.is_registered(&next) => {
                let there = next.school != at.school && paper.to_school.is_none_or(|school| school == next.school);
                there.then_some(next)
            }
            Some(next) if self.terms.is(&next, Status::TransferredOut) && registered => Some(next),
            None if registered => Some(Account { status: self.terms.word(Status::TransferredOut)?, ..at }),
            _ => None,
        }
    }

    fn post(&mut self, effective_on: Day, kind: MovementKind, to: Option<Account>) {
        let effective_on = self.movements.last().map_or(effective_on, |last| last.effective_on.max(effective_on));
        self.movements.push(Movement { effective_on, kind, from: self.at, to });
        self.at = to;
    }
}

/// The nearness of an account that is the next one itself.
const ARRIVED: u8 = 5;

/// Whether a paper brings a pupil in at an account from outside.
fn enters(paper: &Paper, next: &Account) -> bool {
    let kind = matches!(
        paper.kind,
        MovementKind::Enrolment
            | MovementKind::TransferWithinProvince
            | MovementKind::TransferFromProvince
            | MovementKind::TransferFromAbroad
            | MovementKind::Resumption
            | MovementKind::DropoutReturn
    );
    kind && paper.to_school.is_none_or(|school| school == next.school)
}

#[cfg(test)]
mod tests;
