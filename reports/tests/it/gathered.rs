//! Figures read from a session in which the real models were built.

use arrow::array::RecordBatch;
use domain::{calendar::Day, policy::Policy};
use queries::Session;
use reports::{Figures, GatherError, Tree, gather};

const DAY: (i32, u32, u32) = (2014, 11, 3);

/// Invented facts: a province, a county, two schools, three pupils of whom one moves over, and a class without pupils.
const FACTS: [(&str, &str); 6] = [
    (
        "authorities",
        "select * from (values ('340000', '安徽省教育厅', 'province', cast(null as varchar), '340000'),
            ('340100', '合肥市教育局', 'prefecture', '340000', '340100'), ('340111', '包河区教育体育局', 'county', '340100', '340111'))
            as t(authority_id, name, level, parent_id, division)",
    ),
    (
        "schools",
        "select *, '340111' as authority_id, '340111' as county_id, '340100' as prefecture_id, cast(null as varchar) as parent_school_id,
            '小学' as kind, '县级教育部门' as ownership, '镇中心区' as urban_rural, cast(6 as int) as schooling_years,
            '340111' as source, cast('2014-11-02' as date) as source_day
            from (values ('3401110001', '一小'), ('3401110002', '二小')) as t(school_id, name)",
    ),
    (
        "classes",
        "select school_id, class_id, name, cast(1 as int) as grade, '小学' as stage, '2014-09' as founded, '普通小学班' as kind,
            '王老师' as homeroom_teacher, '340111' as source, cast('2014-11-02' as date) as source_day
            from (values ('3401110001', '201401', '（1）班'), ('3401110001', '201402', '（2）班'), ('3401110002', '201401', '（1）班'))
            as t(school_id, class_id, name)",
    ),
    (
        "ledger",
        "select cast(movement_id as bigint) as movement_id, cast(effective_on as date) as effective_on, cast(1 as bigint) as run_id,
            cast(pupil_id as bigint) as pupil_id, kind, true as explained, cast(sign as int) as sign, school_id, '201401' as class_id,
            cast(1 as int) as grade, '小学' as stage, status, sex, '汉族' as ethnicity, '农业' as hukou_kind, '住校' as study_mode,
            '是' as migrant, '否' as left_behind, '无残疾' as disability, false as reverses, other_school_id,
            cast(case when other_school_id is null then null else 1 end as int) as other_grade,
            case when other_school_id is null then null else '在读' end as other_status
            from (values
                (1, '2014-09-01', 1, '招生入学', 1, '3401110001', '在读', '男', cast(null as varchar)),
                (2, '2014-09-01', 2, '招生入学', 1, '3401110001', '在读', '女', cast(null as varchar)),
                (3, '2014-09-01', 3, '招生入学', 1, '3401110002', '在读', '女', cast(null as varchar)),
                (4, '2014-10-08', 2, '省内转学', -1, '3401110001', '在读', '女', '3401110002'),
                (4, '2014-10-08', 2, '省内转学', 1, '3401110002', '在读', '女', '3401110001'))
            as t(movement_id, effective_on, pupil_id, kind, sign, school_id, status, sex, other_school_id)",
    ),
    (
        "batches",
        "select cast(run_id as bigint) as run_id, source, cast(day as date) as day, 'students' as \"table\", 'students.csv' as file,
            cast(null as varchar) as sheet, 'GB18030' as encoding, 'full' as mode, cast(3 as bigint) as \"rows\", cast(3 as bigint) as accepted,
            cast(1 as bigint) as flagged, cast(0 as bigint) as rejected, cast(0 as bigint) as duplicates_dropped, '' as digest, '' as landing
            from (values (1, '340111', '2014-11-01'), (2, '340111', '2014-11-02')) as t(run_id, source, day)",
    ),
    (
        "findings",
        "select '340111' as source, 'students' as \"table\", cast(1 as bigint) as pupil_id, '3401110001' as school_id, 'id_sex' as rule,
            '性别' as field, '性别与身份证号不符' as detail, cast('2014-11-01' as date) as first_seen_on,
            cast('2014-11-02' as date) as source_day, 'students.csv' as source_file, cast(2 as int) as source_row",
    ),
];

async fn built() -> Session {
    let policy = Policy::named("anhui-2013").unwrap();
    let day = Day::from_ymd(DAY.0, DAY.1, DAY.2).unwrap();
    let scratch = Session::in_memory(Vec::new(), day, 2, &policy).await.unwrap();
    let mut tables: Vec<(String, Vec<RecordBatch>)> = Vec::new();
    for (name, sql) in FACTS {
        tables.push((name.to_owned(), scratch.sql(sql).await.unwrap_or_else(|error| panic!("{name}: {error}"))));
    }
    let session = Session::in_memory(tables, day, 2, &policy).await.unwrap();
    queries::build(&session).await.unwrap();
    session
}

#[tokio::test]
async fn a_published_run_becomes_a_report() {
    // REQ: RPT-01, RPT-02
    let session = built().await;
    let figures = gather(&session, None).await.unwrap();
    let tree = Tree::of(&figures);
    assert_eq!((figures.run.run_id, figures.run.day.to_string().as_str()), (2, "2014-11-03"));
    assert_eq!(
        (tree.title(&figures).as_str(), tree.totals.pupils, tree.totals.girls, tree.totals.schools),
        ("安徽省", 3, 2, 2)
    );
    assert_eq!(
        (tree.totals.boarding, tree.totals.migrant, tree.totals.left_behind, tree.totals.disabled),
        (3, 3, 0, 0)
    );
    assert_eq!((tree.totals.classes, tree.totals.empty_classes, figures.class_sizes.len()), (2, 1, 3));
    assert_eq!(figures.class_sizes.first().map(|class| class.name.as_str()), Some("（1）班"));
    assert_eq!(figures.standards.len(), 3);
    assert_eq!(figures.transfer_flows.iter().map(|flow| flow.pupils).sum::<i64>(), 1);
    assert_eq!(figures.problems.iter().map(|problem| problem.kind.as_str()).collect::<Vec<_>>(), ["id_sex"]);
    assert_eq!(figures.batches.iter().map(|batch| batch.run_id).collect::<Vec<_>>(), [2]);
    assert!(figures.balance.iter().any(|line| line.line == "closing"));
    let trend: Vec<(String, i64)> = figures.trend.iter().map(|point| (point.day.to_string(), point.pupils)).collect();
    assert_eq!(trend, [("2014-09-01".to_owned(), 3), ("2014-10-08".to_owned(), 3)]);

    // REQ: FEE-01. Three pupils on 31 October at 0.50 yuan, at each level.
    let fee = |level: &str| -> i64 {
        let of_level = figures.fees.iter().filter(|fee| fee.level == level && fee.fee_year == 2014);
        of_level.map(|fee| fee.amount_fen).sum()
    };
    assert_eq!(["province", "prefecture", "county", "school"].map(fee), [150; 4]);

    let out = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("report-gathered");
    reports::write(&figures, &out).unwrap();
}

#[tokio::test]
async fn a_school_sees_itself_only_and_an_unknown_code_is_refused() {
    let session = built().await;
    let figures: Figures = gather(&session, Some("3401110002")).await.unwrap();
    let tree = Tree::of(&figures);
    assert_eq!((tree.title(&figures).as_str(), tree.totals.pupils), ("二小", 2));
    assert!(figures.problems.is_empty());
    assert!(figures.fees.iter().all(|fee| fee.unit_id == "3401110002"));
    let county = gather(&session, Some("340111")).await.unwrap();
    assert_eq!(Tree::of(&county).totals.pupils, 3);
    assert!(matches!(gather(&session, Some("999999")).await, Err(GatherError::UnknownUnit { .. })));
}
