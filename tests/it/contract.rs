//! Public tables stay what they were: names and columns that BI tools rely on.

use crate::province::{Place, days};

/// spec/warehouse.md, table by table. Columns may be added; these must be there.
const PUBLIC: &[(&str, &str)] = &[
    ("authorities", "authority_id name level parent_id division"),
    (
        "schools",
        "school_id name authority_id county_id prefecture_id parent_school_id kind ownership urban_rural schooling_years",
    ),
    ("classes", "school_id class_id name grade founded kind homeroom_teacher"),
    (
        "students",
        "pupil_id sex birth_date ethnicity hukou_division hukou_kind school_id class_id grade stage entry_month study_mode status migrant left_behind disability source source_file source_row",
    ),
    (
        "ledger",
        "movement_id effective_on run_id pupil_id kind explained sign school_id class_id grade stage status sex ethnicity hukou_kind study_mode migrant left_behind disability",
    ),
    ("problems", "pupil_id school_id county_id kind field detail first_seen_on"),
    ("batches", "run_id source day table file encoding rows accepted flagged rejected duplicates_dropped digest"),
    ("runs", "run_id day started_at finished_at tables"),
    ("codes", "list code label"),
    (
        "enrolment",
        "prefecture_id county_id school_id school_kind ownership urban_rural stage grade sex ethnicity hukou_kind study_mode migrant left_behind disability pupils",
    ),
    ("movements", "school_year month kind explained direction prefecture_id county_id school_id stage grade pupils"),
    ("balance", "school_year prefecture_id county_id school_id stage grade line pupils"),
    ("rates", "school_year level unit_id stage indicator numerator denominator value"),
    ("class_sizes", "prefecture_id county_id school_id class_id grade stage pupils standard grading excess"),
    ("transfer_flows", "school_year from_unit to_unit kind stage pupils"),
    ("fees", "fee_year level unit_id snapshot_on pupils rate_fen amount_fen due_on"),
];

const VAULT: &[(&str, &str)] = &[
    (
        "identities",
        "pupil_id student_no number_kind regional_no name id_kind id_no id_holder guardian_name guardian_relation guardian_id_no guardian_phone address phone photo_digest valid_from valid_to",
    ),
    ("quarantine", "source day table file sheet row field value rule message raw"),
];

#[test]
fn every_public_column_is_there() {
    let place = Place::new();
    place.put_day(days()[0]);
    assert_eq!(place.night(days()[0]).0.code, 0);
    for (tables, vault) in [(PUBLIC, &[][..]), (VAULT, &["--vault", "contract test"][..])] {
        for (table, columns) in tables {
            let list: Vec<String> = columns.split(' ').map(|column| format!("\"{column}\"")).collect();
            place.ask_with(&format!("select {} from {table} limit 1", list.join(", ")), vault);
        }
    }
}

/// H11: each accepted row can be traced to file, sheet and row, in SQL. REQ: WH-02
#[test]
fn every_pupil_can_be_traced_to_a_row_of_a_file() {
    let place = Place::new();
    place.put_day(days()[0]);
    assert_eq!(place.night(days()[0]).0.code, 0);
    let untraced = place.number(
        "select count(*) from students where source_file is null or source_row < 2 or source_day <> '2012-09-03'",
    );
    assert_eq!(untraced, 0);
    let sheets = place.number("select count(distinct source_sheet) from students where source = '340103'");
    assert_eq!(sheets, 1, "the workbook's rows bear their sheet");
}

/// The trial balance of pupils closes to zero for every school, grade and year. REQ: WH-04
#[test]
fn the_balance_closes() {
    let place = Place::new();
    for day in days() {
        place.put_day(day);
    }
    let last = *days().last().unwrap();
    assert_eq!(place.night(last).0.code, 0);
    let open = place.number(
        "select count(*) from (select school_year, school_id, stage, grade, \
         sum(case when line = 'opening' or line like 'in:%' then pupils when line like 'out:%' then -pupils else -pupils end) as rest \
         from balance group by school_year, school_id, stage, grade) as sums where rest <> 0",
    );
    assert_eq!(open, 0, "opening + in − out = closing");
    assert!(0 < place.number("select count(*) from balance where line like 'in:升级'"));
}

/// The figures follow the pack chosen.
#[test]
fn another_policy_gives_other_figures() {
    let place = Place::new();
    for day in days() {
        place.put_day(day);
    }
    let last = *days().last().unwrap();
    let ran = place.xueji(&["--policy", "national", "nightly", "--quiet", "--day", &last.to_string()]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let national = place.number("select coalesce(sum(amount_fen), 0) from fees where level = 'province'");
    assert_eq!(national, 0, "the national measure knows no maintenance fee");
}

/// A source may be called by its Chinese name.
#[test]
fn a_source_may_have_a_chinese_name() {
    let place = Place::new();
    let day = days()[0];
    place.put("340102", day);
    std::fs::rename(place.inbox().join("340102"), place.inbox().join("包河区教育局")).unwrap();
    let (ran, _) = place.night(day);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let records = place.number("select count(*) from students where source = '包河区教育局'");
    assert_eq!(records, place.number("select count(*) from students"));
    assert!(0 < records);
    let verified = place.xueji(&["verify"]);
    assert_eq!(verified.code, 0, "{}", verified.err);
}
