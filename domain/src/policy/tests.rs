//! What the packs say, and what a wrong pack is told.

use super::*;

fn anhui() -> Policy {
    Policy::named("anhui").unwrap()
}

/// A pack on top of Anhui's, with some lines of its own.
fn with(lines: &str) -> Result<Policy, PolicyError> {
    let head = "name = \"test\"\ntitle = \"t\"\njurisdiction = \"test\"\nextends = \"anhui-2013\"\n";
    Policy::from_toml(&format!("{head}{lines}"), &own_text)
}

fn fault(lines: &str) -> String {
    with(lines).unwrap_err().to_string()
}

#[test]
fn every_pack_is_read_and_named_as_its_file() {
    // REQ: POL-01
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/policies");
    let files = fs_err::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let files: std::collections::BTreeSet<String> = files.collect();
    assert_eq!(files, PACKS.iter().map(|(name, _)| format!("{name}.toml")).collect());
    for (name, _) in PACKS {
        assert_eq!(Policy::named(name).unwrap().name(), name);
    }
    assert_eq!(anhui().name(), "anhui-2013");
    assert_eq!(Policy::named("national").unwrap().name(), "national-2025");
    assert_eq!(Policy::named("province-b").unwrap().name(), "province-b");
    assert!(Policy::named("atlantis").unwrap_err().to_string().contains("anhui-2013"));
}

#[test]
fn a_case_keeps_the_rule_of_the_day_it_was_opened() {
    // REQ: POL-01
    let name =
        |day: &str| Policy::in_force("national", day.parse().unwrap()).unwrap().map(|policy| policy.name().to_owned());
    assert_eq!(name("2013-08-31"), None);
    assert_eq!(name("2025-01-02").as_deref(), Some("national-2013"));
    assert_eq!(name("2025-01-03").as_deref(), Some("national-2025"));
}

#[test]
fn each_measure_has_its_own_period_for_a_transfer() {
    // REQ: TRF-02
    let period = |name| {
        let deadline = Policy::named(name).unwrap().deadline("transfer_approve").unwrap().clone();
        (deadline.limit, deadline.unit, deadline.clock, deadline.on_expiry)
    };
    assert_eq!(period("anhui"), (20, LimitUnit::Workday, Clock::Side, Expiry::Approved));
    assert_eq!(period("province-b"), (10, LimitUnit::Workday, Clock::Party, Expiry::None));
    assert_eq!(period("national"), (10, LimitUnit::Workday, Clock::Party, Expiry::None));
    assert!(anhui().silence_approves(MovementKind::TransferWithinProvince));
    assert!(!anhui().silence_approves(MovementKind::TransferToProvince));
    assert!(!Policy::named("national").unwrap().silence_approves(MovementKind::TransferWithinProvince));
}

#[test]
fn the_fee_is_counted_in_october_and_the_first_two_years_together() {
    // REQ: FEE-01 FEE-02
    let terms = |year| {
        let terms = anhui().fee(year);
        format!("{} {} {}", terms.snapshot_on, terms.due_on, terms.rate_fen)
    };
    assert_eq!(terms(2012), "2013-10-31 2014-03-31 50");
    assert_eq!(terms(2013), "2013-10-31 2014-03-31 50");
    assert_eq!(terms(2014), "2014-10-31 2014-11-30 50");
    assert!(anhui().fee(2013).article.contains("通知正文三"));
    assert_eq!(Policy::named("national").unwrap().fee(2014).rate_fen, 0);
}

#[test]
fn class_sizes_years_and_ages_are_the_measures() {
    // REQ: CLS-01 PRO-01
    let policy = anhui();
    let size = |stage| {
        let size = policy.class_size(stage);
        (size.standard, size.large_from, size.oversize_from)
    };
    assert_eq!(Stage::ALL.map(size), [(45, 56, 66), (50, 56, 66), (50, 56, 66)]);
    assert_eq!(policy.class_size_at(Stage::Primary, "教学点").standard, 30);
    assert_eq!(policy.school_year_start().to_string(), "08-01");
    assert_eq!(policy.statistics_year_start().to_string(), "09-01");
    assert_eq!(Policy::named("national").unwrap().school_year_start().to_string(), "09-01");
    assert_eq!(policy.vanish_hold(), (0.05, 50));
    assert_eq!(policy.age_span(1), Some((5, 8)));
    assert_eq!(policy.age_span(7), Some((11, 15)));
    assert_eq!(policy.age_span(12), Some((16, 21)));
    assert_eq!((policy.age_span(0), policy.age_span(13)), (None, None));
    assert_eq!(policy.ages_on(2013).to_string(), "2013-08-31");
}

#[test]
fn snapshots_have_names() {
    // REQ: WH-03
    let policy = anhui();
    let named: Vec<_> = policy.snapshots().map(|(name, day, _)| format!("{name} {day}")).collect();
    let expected = [
        "entrants_reviewed 09-30",
        "graduation_done 07-31",
        "october_statistics 10-31",
        "statistics 09-01",
        "year_rollover 08-01",
    ];
    assert_eq!(named, expected);
}

#[test]
fn packs_are_compared_line_by_line_and_every_line_names_its_article() {
    // REQ: POL-01 POL-02
    let (anhui, national) = (anhui(), Policy::named("national-2013").unwrap());
    assert!(anhui.lines().iter().all(|(_, value, article)| !value.is_empty() && !article.is_empty()));
    assert_eq!(anhui.differences(&anhui), []);
    let differences = anhui.differences(&national);
    let start = differences.iter().find(|difference| difference.key == "school_year_start").unwrap();
    assert_eq!(start.left.as_ref().unwrap().0, "08-01");
    assert_eq!(start.right.as_ref().unwrap().0, "09-01");
    assert!(differences.iter().all(|difference| difference.key != "class_size.primary.standard"));
    let exception = anhui.statement("fee.exceptions.2012.due_on").unwrap();
    assert_eq!(exception.until.unwrap().to_string(), "2014-03-31");
    assert_eq!(Policy::named("province-b").unwrap().number("graduation.credits"), Some(144));
}

#[test]
fn a_pack_states_only_what_it_changes() {
    let policy = with("[class_size.primary]\nstandard = { value = 40, article = \"a\" }\n").unwrap();
    assert_eq!(policy.class_size(Stage::Primary).standard, 40);
    assert_eq!(policy.class_size(Stage::Primary).large_from, 56);
    assert_eq!(policy.school_year_start().to_string(), "08-01");
    let policy = with(
        "[fee.exceptions.2020]\nsnapshot_on = { value = 2020-10-15, article = \"a\" }\ndue_on = { value = 2020-12-31, article = \"a\" }\n",
    );
    assert_eq!(policy.unwrap().fee(2020).snapshot_on.to_string(), "2020-10-15");
}

#[test]
fn a_wrong_pack_is_told_file_and_key() {
    // REQ: POL-02
    let cases = [
        ("colour = { value = 1, article = \"a\" }", "unknown key `colour`"),
        ("[fee]\nrates = { value = 1, article = \"a\" }", "unknown key `fee.rates`"),
        ("[fee]\nrate_fen = { value = 50, article = \"a\", colour = \"red\" }", "unknown key `fee.rate_fen.colour`"),
        ("[fee]\nrate_fen = { value = 50 }", "`fee.rate_fen` names no article"),
        ("[fee]\nrate_fen = 50", "`fee.rate_fen` names no article"),
        ("[fee]\nrate_fen = { value = 0.5, article = \"a\" }", "`fee.rate_fen` is 0.5, not a whole number"),
        ("[fee]\nsnapshot = { value = \"10-32\", article = \"a\" }", "`fee.snapshot` is \"10-32\", not a day"),
        ("[fee]\ndue = { value = \"09-30\", article = \"a\" }", "`fee.due` is 09-30, not on or after"),
        ("[fee]\nrate_fen = { value = 50, article = \"a\", from = \"yesterday\" }", "`fee.rate_fen.from` is"),
        (
            "[fee.exceptions.2020]\ndue_on = { value = \"2020-12-31\", article = \"a\" }",
            "`fee.exceptions.2020.snapshot_on` is missing",
        ),
        (
            "[class_size.junior]\nlarge_from = { value = 50, article = \"a\" }",
            "`class_size.junior.large_from` is 50, not more than",
        ),
        ("[vanish_hold]\nshare = { value = 5, article = \"a\" }", "`vanish_hold.share` is 5, not a share"),
        ("[transfer]\nsilence_approves = { value = [\"转学\"], article = \"a\" }", "`transfer.silence_approves` is"),
        (
            "[deadlines]\ntransfer_approve = { value = 10, unit = \"day\", article = \"a\" }",
            "`deadlines.transfer_approve` is day",
        ),
        ("effective_from = \"2013-02-30\"", "`effective_from` is"),
        ("[[fee]]", "`fee`"),
        ("=", "cannot read the policy test.toml"),
    ];
    for (lines, expected) in cases {
        let told = fault(lines);
        assert!(told.contains(expected) && told.contains("test.toml"), "{lines}\n{told}");
    }
}

#[test]
fn a_pack_needs_what_it_extends() {
    let alone = "name = \"x\"\ntitle = \"t\"\njurisdiction = \"x\"\n";
    let told = |text: &str, resolve: &dyn Fn(&str) -> Option<String>| {
        Policy::from_toml(text, resolve).unwrap_err().to_string()
    };
    assert!(told(alone, &own_text).contains("x.toml: `class_size.primary.standard` is missing"));
    assert!(told("title = \"t\"", &own_text).contains("`name` is missing"));
    let circle =
        |name: &str| Some(format!("name = \"{name}\"\ntitle = \"t\"\njurisdiction = \"x\"\nextends = \"{name}x\"\n"));
    assert!(told(&circle("a").unwrap(), &circle).contains("circle"));
    assert!(told(&format!("{alone}extends = \"y\"\n"), &|_| None).contains("extends `y`, which is not there"));
}
