//! A warehouse in a bucket: the same as in a folder, and whole through whatever a network does.

mod endpoint;
mod proxy;

use std::{
    net::TcpListener,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

pub(crate) use self::proxy::{Fate, Gate};
use self::{
    endpoint::{BUCKET, Endpoint},
    proxy::{Proxy, of_a_hundred},
};
use crate::province::{Place, Ran, days};

/// A source whose two first nights are enough to commit every table and to publish twice.
const SOURCE: &str = "340102";

/// An office whose warehouse is in a bucket behind a proxy.
pub(crate) struct Office {
    pub(crate) place: Place,
    pub(crate) proxy: Proxy,
    _endpoint: Endpoint,
}

impl Office {
    pub(crate) fn open() -> Office {
        let endpoint = Endpoint::start();
        let proxy = Proxy::before(&endpoint.address);
        let office = Office { place: Place::new(), proxy, _endpoint: endpoint };
        office.settle(&format!("s3://{BUCKET}/学籍/2012"), &office.proxy.address, 60, 3);
        office
    }

    /// Writes the settings: where the warehouse is, how patient to be, how long a lease stands.
    pub(crate) fn settle(&self, warehouse: &str, endpoint: &str, patience: u32, lease: u32) {
        let lines = format!(
            "warehouse = \"{warehouse}\"\naws-endpoint-url = \"http://{endpoint}\"\naws-access-key-id = \"office\"\n\
             aws-secret-access-key = \"made up\"\naws-region = \"us-east-1\"\nstore-patience = {patience}\nlease = {lease}\n"
        );
        std::fs::write(self.place.folder.path().join("xueji.toml"), lines).unwrap();
    }

    /// One more line of settings.
    fn set(&self, line: &str) {
        let path = self.place.folder.path().join("xueji.toml");
        let lines = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, format!("{lines}{line}\n")).unwrap();
    }

    /// Runs the night of a day again and again while another run's lease stands.
    pub(crate) fn night_in_time(&self, number: usize) -> Ran {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let ran = self.try_night(number);
            if ran.code != 4 || until < Instant::now() {
                return ran;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    pub(crate) fn try_night(&self, number: usize) -> Ran {
        self.place.xueji(&["nightly", "--quiet", "--day", &days()[number].to_string()])
    }

    /// Kills a night of the first day at its so-manieth request; false if the lease of the one before still stands.
    fn killed_at(&self, moment: usize) -> bool {
        let gate = Arc::new(Gate::default());
        let (held, mut number) = (Arc::clone(&gate), 0);
        self.proxy.plan(move |_| {
            number += 1;
            if number < moment { Fate::Pass } else { Fate::Hold(Arc::clone(&held)) }
        });
        let mut night = self.begin_night(0);
        let caught = gate.reached_unless(|| night.try_wait().unwrap().is_some());
        let _ = night.kill();
        let code = night.wait().unwrap().code();
        self.proxy.rest();
        gate.open();
        assert!(caught || code == Some(4), "the night ended with {code:?} before request {moment}");
        caught
    }

    pub(crate) fn begin_night(&self, number: usize) -> std::process::Child {
        let mut command = self.place.command(&["nightly", "--quiet", "--day", &days()[number].to_string()]);
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }
}

/// What two nights of one source come to where nothing disturbs them, after the first and after the second.
pub(crate) fn undisturbed() -> [String; 2] {
    let place = Place::new();
    [0, 1].map(|number| {
        place.put(SOURCE, days()[number]);
        assert_eq!(place.night(days()[number]).0.code, 0);
        place.digest()
    })
}

pub(crate) fn with_batches(nights: usize) -> Office {
    let office = Office::open();
    for &day in days().iter().take(nights) {
        office.place.put(SOURCE, day);
    }
    office
}

// REQ: WH-01
#[test]
fn the_same_nights_into_a_folder_and_into_a_bucket_are_the_same_warehouse() {
    let (folder, bucket) = (Place::new(), Office::open());
    for &day in days().iter().take(2) {
        for place in [&folder, &bucket.place] {
            place.put_day(day);
            let (ran, _) = place.night(day);
            assert_eq!(ran.code, 0, "{}", ran.err);
        }
    }
    assert_eq!(folder.digest(), bucket.place.digest());
    for sql in [
        "select * from enrolment",
        "select * from headcount_on('2012-09-03')",
        "select school_year, line, sum(pupils) as pupils from balance group by school_year, line",
        "select run_id, day from runs",
        "select * from snapshots",
    ] {
        let [here, there] = [&folder, &bucket.place].map(|place| {
            let mut rows: Vec<String> = place.ask(sql).iter().map(ToString::to_string).collect();
            rows.sort_unstable();
            rows
        });
        assert_eq!(here, there, "{sql}");
    }
    for question in [&["inspect", "--kind", "class-size"][..], &["fees", "--year", "2012"], &["docs"]] {
        let (here, there) = (folder.xueji(question), bucket.place.xueji(question));
        assert_eq!((here.code, here.out), (there.code, there.out), "{question:?}: {}", there.err);
    }
    let out = bucket.place.folder.path().join("report");
    let written = bucket.place.xueji(&["report", "--out", &out.display().to_string()]);
    assert_eq!(written.code, 0, "{}", written.err);
    for command in ["verify", "doctor"] {
        let ran = bucket.place.xueji(&[command]);
        assert_eq!(ran.code, 0, "{command}: {}{}", ran.out, ran.err);
    }
    let vault = bucket.place.xueji(&["query", "select count(*) from identities", "--vault", "a test"]);
    assert_eq!(vault.code, 0, "{}", vault.err);
    assert!(!bucket.place.warehouse().exists(), "nothing of the warehouse lies in a folder");
    assert_eq!(std::fs::read_dir(bucket.place.folder.path().join(".scratch")).unwrap().count(), 0, "no rows are left");
}

// FAULT: F6
#[test]
fn a_night_completes_though_one_exchange_of_twenty_fails() {
    let expected = undisturbed();
    for seed in 1..=3 {
        let office = with_batches(2);
        office.proxy.plan(of_a_hundred(5, seed));
        for number in 0..2 {
            let ran = office.try_night(number);
            assert_eq!(ran.code, 0, "seed {seed}, night {number}: {}", ran.err);
        }
        office.proxy.rest();
        assert_eq!(office.place.digest(), expected[1], "seed {seed}");
        let verified = office.place.xueji(&["verify"]);
        assert_eq!(verified.code, 0, "seed {seed}: {}", verified.err);
    }
}

// FAULT: F6
#[test]
fn a_night_completes_or_ends_clean_though_one_exchange_of_five_fails() {
    let expected = undisturbed();
    for seed in 11..=12 {
        let office = with_batches(1);
        office.proxy.plan(of_a_hundred(20, seed));
        let ran = office.try_night(0);
        assert!([0, 5].contains(&ran.code), "seed {seed}: {} {}", ran.code, ran.err);
        office.proxy.rest();
        let again = office.night_in_time(0);
        assert_eq!(again.code, 0, "seed {seed}: {}", again.err);
        assert_eq!(office.place.number("select max(run_id) from runs"), 1, "seed {seed}");
        assert_eq!(office.place.digest(), expected[0], "seed {seed}");
    }
}

// FAULT: F6
#[test]
fn a_commit_or_manifest_that_is_reported_failed_but_is_there_is_recognised() {
    let expected = undisturbed();
    let fates = [
        ("failed after", Fate::FailAfter),
        ("cut after", Fate::CutAfter),
        ("late", Fate::Late(Duration::from_secs(3))),
    ];
    for (name, fate) in fates {
        let office = with_batches(1);
        let late = name == "late";
        if late {
            office.set("aws-timeout = \"2 seconds\"");
        }
        let disturbed = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&disturbed);
        let mut seen = std::collections::HashSet::new();
        office.proxy.plan(move |asked| {
            // A late answer takes its time, so of the commits only those of the ledger come late.
            let commit = if late { "/ledger/_delta_log/0000" } else { "/_delta_log/0000" };
            let decides = [commit, "/runs/0000", "/.lease", "/snapshots/", "/.probe/", "/vault/pupil.key"];
            let first = decides.iter().any(|part| asked.writes(part)) && seen.insert(asked.target.clone());
            if !first {
                return Fate::Pass;
            }
            counted.fetch_add(1, Ordering::SeqCst);
            fate.clone()
        });
        let ran = office.try_night(0);
        assert_eq!(ran.code, 0, "{name}: {}", ran.err);
        assert!(4 < disturbed.load(Ordering::SeqCst), "{name}: little was disturbed");
        office.proxy.rest();
        assert_eq!(office.place.number("select max(run_id) from runs"), 1, "{name}");
        assert_eq!(office.place.digest(), expected[0], "{name}");
    }
}

// FAULT: F6
#[test]
fn listings_that_lag_behind_mislead_nobody() {
    let expected = undisturbed();
    let office = with_batches(2);
    let mut one = 0;
    office.proxy.plan(move |asked| {
        one += usize::from(asked.target.contains("list-type=2"));
        if one % 5 == 0 { Fate::Stale } else { Fate::Pass }
    });
    for number in 0..2 {
        let ran = office.try_night(number);
        assert!([0, 4, 5].contains(&ran.code), "{} {}", ran.code, ran.err);
    }
    office.proxy.rest();
    for number in 0..2 {
        let again = office.night_in_time(number);
        assert_eq!(again.code, 0, "{}", again.err);
    }
    assert_eq!(office.place.digest(), expected[1]);
}

#[test]
fn a_store_that_writes_without_looking_is_refused() {
    let office = with_batches(1);
    office.proxy.plan(|asked| if asked.method == "PUT" { Fate::Unconditional } else { Fate::Pass });
    for command in [&["nightly", "--quiet", "--day", "2012-09-03"][..], &["doctor"]] {
        let ran = office.place.xueji(command);
        assert_eq!(ran.code, 5, "{command:?}: {}", ran.err);
        assert!(ran.err.contains("does not honour create-if-absent"), "{}", ran.err);
    }
    let left = office.place.xueji(&["query", "select 1"]);
    assert!(left.err.contains("no run was ever published"), "{}", left.err);
}

#[test]
fn a_store_that_cannot_be_used_is_named_with_what_to_do() {
    let office = with_batches(1);
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let commands = [&["nightly", "--quiet", "--day", "2012-09-03"][..], &["query", "select 1"], &["verify"]];
    let check = |told: &str| {
        for command in commands {
            let ran = office.place.xueji(command);
            assert_eq!(ran.code, 5, "{command:?}: {}", ran.err);
            assert!(ran.err.contains(told), "{command:?} does not say `{told}`: {}", ran.err);
        }
    };
    office.settle(&format!("s3://{BUCKET}/x"), &nobody, 1, 2);
    check("is AWS_ENDPOINT_URL right");
    office.settle("s3://nobodys/x", &office.proxy.address, 5, 2);
    check("there is no such bucket");
    office.settle(&format!("s3://{BUCKET}/x"), &office.proxy.address, 5, 2);
    office.proxy.plan(|_| Fate::Forbid);
    check("AWS_ACCESS_KEY_ID");
    office.settle("s3://key:secret@office/x", &office.proxy.address, 5, 2);
    let ran = office.place.xueji(&["query", "select 1"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
}

// FAULT: F1
#[test]
fn a_night_killed_on_its_way_to_the_bucket_leaves_nothing_behind() {
    let expected = undisturbed();
    let office = with_batches(1);
    for moment in [5, 120, 500] {
        while !office.killed_at(moment) {
            std::thread::sleep(Duration::from_millis(200));
        }
    }
    let ran = office.night_in_time(0);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(office.place.number("select count(*) from runs"), 1);
    assert_eq!(office.place.digest(), expected[0]);
    let verified = office.place.xueji(&["verify"]);
    assert_eq!(verified.code, 0, "{}", verified.err);
}
