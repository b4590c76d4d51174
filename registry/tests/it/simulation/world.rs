//! The simulated office: its clock, its dice, what is known of it, and the one way in which it is told anything.

use std::collections::HashMap;

use domain::{
    calendar::{Day, WorkCalendar},
    policy::Policy,
};
use rand::{RngExt, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use registry::{
    command::{Answer, Command},
    office::{By, Now, Office, OfficeError},
    refusal::Refusal,
};
use serde_json::Value;

use super::{check::Marks, model::Model, predict, tally::Tally};

/// A command that was given, and what came of it.
#[derive(Debug, Clone)]
pub struct Told {
    pub account: String,
    pub command: Command,
    pub key: Option<String>,
    pub at: i64,
    pub answer: Result<Answer, Refusal>,
}

impl Told {
    /// Who gave it, as the office is told.
    pub fn by(&self) -> By {
        if self.account == "system" { By::System } else { By::Account(self.account.clone()) }
    }

    /// The answer as JSON.
    pub fn json(&self) -> Value {
        match &self.answer {
            Ok(answer) => serde_json::to_value(answer).expect("an answer"),
            Err(refusal) => serde_json::to_value(refusal).expect("a refusal"),
        }
    }
}

pub struct World {
    pub office: Office,
    pub dice: ChaCha8Rng,
    pub seed: u64,
    pub step: u64,
    pub at: i64,
    pub policy: Policy,
    pub calendar: &'static WorkCalendar,
    pub model: Model,
    pub marks: Marks,
    pub tally: Tally,
    /// Everything that was told, for another database.
    pub told: Vec<Told>,
    /// Keys that were used, with what was told under them.
    pub keys: HashMap<String, Command>,
    pub serial: u32,
    /// What is being told, without names and numbers of persons.
    pub telling: String,
}

/// The first instant of working hours of a day in Asia/Shanghai, in milliseconds since 1970 in UTC.
pub fn morning(day: Day) -> i64 {
    i64::from(day.epoch_days()) * 86_400_000
}

impl World {
    pub async fn open(url: &str, jurisdiction: &str, seed: u64, first: Day) -> World {
        let calendar = WorkCalendar::official();
        let office = Office::open(url, Some(jurisdiction), calendar.clone()).await.expect("the office opens");
        let policy = Policy::clone(&office.policy(first).expect("a policy"));
        World {
            office,
            dice: ChaCha8Rng::seed_from_u64(seed),
            seed,
            step: 0,
            at: morning(first),
            policy,
            calendar,
            model: Model::default(),
            marks: Marks::default(),
            tally: Tally::default(),
            told: Vec::new(),
            keys: HashMap::new(),
            serial: 0,
            telling: String::new(),
        }
    }

    pub fn today(&self) -> Day {
        Now::at(self.at).today()
    }

    /// Whether the policy of the run is the one in which silence approves.
    pub fn is_anhui(&self) -> bool {
        self.policy.jurisdiction() == "anhui"
    }

    /// Goes on to the morning of a day.
    pub fn go_to(&mut self, day: Day) {
        self.at = self.at.max(morning(day));
    }

    /// Whether something happens that does so a number of times in a hundred.
    pub fn chance(&mut self, percent: u32) -> bool {
        self.dice.random_ratio(percent.min(100), 100)
    }

    pub fn below(&mut self, end: u32) -> u32 {
        if end == 0 { 0 } else { self.dice.random_range(0..end) }
    }

    pub fn pick<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        of.choose(&mut self.dice).cloned()
    }

    /// A number that no one else gets.
    pub fn fresh(&mut self) -> u32 {
        self.serial += 1;
        self.serial
    }

    /// Ends the run and says where.
    pub fn fail(&self, what: &str) -> ! {
        panic!(
            "seed {} (XUEJI_TEST_SEED={} XUEJI_TEST_YEARS=32, the first quarter), step {}, on {} under {}: {what}\n  told: {}",
            self.seed,
            self.seed,
            self.step,
            self.today(),
            self.policy.name(),
            self.telling
        )
    }

    /// Fails unless something holds.
    pub fn must(&self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.fail(&what());
        }
    }

    /// Tells the office a command and checks everything that must hold afterwards.
    pub async fn tell(&mut self, account: &str, command: Command) -> Result<Answer, Refusal> {
        self.tell_under(account, command, None).await
    }

    /// The same, under a key with which it may come again.
    pub async fn tell_under(
        &mut self,
        account: &str,
        command: Command,
        key: Option<String>,
    ) -> Result<Answer, Refusal> {
        let told = self.hand_over(account, command, key).await;
        let answer = told.answer.clone();
        self.settle(vec![told]).await;
        answer
    }

    /// Two who do not wait for each other.
    pub async fn tell_both(&mut self, one: (&str, Command), other: (&str, Command)) -> [Result<Answer, Refusal>; 2] {
        self.announce(one.0, &one.1);
        let at = self.at;
        let first =
            Told { account: one.0.to_owned(), command: one.1, key: None, at, answer: Err(Refusal::out_of_scope()) };
        let second = Told { account: other.0.to_owned(), command: other.1, key: None, at, ..first.clone() };
        let act = |told: &Told| self.office.act(told.by(), told.command.clone(), None, Now::at(at));
        let (a, b) = futures::join!(act(&first), act(&second));
        let told =
            [(first, a), (second, b)].map(|(told, answer)| Told { answer: self.refused_or_done(answer), ..told });
        let answers = [told[0].answer.clone(), told[1].answer.clone()];
        self.tally.saw("two at once");
        self.settle(told.to_vec()).await;
        answers
    }

    fn announce(&mut self, account: &str, command: &Command) {
        self.step += 1;
        self.at += 1_000 + i64::from(self.below(20_000));
        self.telling = format!("{account}: {}", without_persons(command));
    }

    fn refused_or_done(&self, answer: Result<Answer, OfficeError>) -> Result<Answer, Refusal> {
        match answer {
            Ok(answer) => Ok(answer),
            Err(OfficeError::Refused(refusal)) => Err(refusal),
            Err(error) => {
                let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                self.fail(&format!("the office fails: {error}: {source} ({error:?})"))
            }
        }
    }

    async fn hand_over(&mut self, account: &str, command: Command, key: Option<String>) -> Told {
        self.announce(account, &command);
        let told =
            Told { account: account.to_owned(), command, key, at: self.at, answer: Err(Refusal::out_of_scope()) };
        let now = Now::at(told.at);
        let answer = self.office.act(told.by(), told.command.clone(), told.key.clone(), now).await;
        Told { answer: self.refused_or_done(answer), ..told }
    }

    async fn settle(&mut self, told: Vec<Told>) {
        let today = self.today();
        for one in &told {
            self.tally.commands += 1;
            let forbidden = predict::forbidden(&self.model, &one.account, &one.command, today);
            let again = one.key.as_ref().and_then(|key| self.keys.get(key)).is_some();
            match &one.answer {
                Ok(_) if again => self.tally.saw("answered again"),
                // INV: SC-1, AU-1
                Ok(_) => {
                    if let Some(why) = forbidden {
                        self.fail(&format!("it was carried out, though it must not be: {why}"));
                    }
                }
                Err(refusal) => *self.tally.refusals.entry(refusal.code.clone()).or_default() += 1,
            }
            // Neither an answer given again nor a key used for another command is a new act.
            let unwritten = matches!(&one.answer, Err(refusal) if refusal.code == "key_reused");
            self.marks.audit += i64::from(!again && !unwritten);
            if let (Some(key), Ok(_)) = (&one.key, &one.answer) {
                self.keys.entry(key.clone()).or_insert_with(|| one.command.clone());
            }
        }
        self.check(&told).await;
        self.told.extend(told);
    }
}

/// A command as JSON without what names a person.
pub fn without_persons(command: &Command) -> Value {
    let mut value = serde_json::to_value(command).expect("a command");
    strip(&mut value);
    value
}

fn strip(value: &mut Value) {
    const HIDDEN: [&str; 10] =
        ["key", "basic", "name", "student_no", "phone", "id_no", "fields", "number", "portraits", "pupils"];
    match value {
        Value::Object(map) => {
            for (field, value) in map.iter_mut() {
                if HIDDEN.contains(&field.as_str()) && !value.is_null() {
                    *value = Value::String("…".to_owned());
                } else {
                    strip(value);
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(strip),
        _ => {}
    }
}
