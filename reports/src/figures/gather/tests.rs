//! Answers read into figures, and subtrees kept apart.

use arrow::array::{BooleanArray, Date32Array, Float64Array, Int32Array, Int64Array, StringArray, StringViewArray};

use super::*;

fn texts(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn numbers(values: &[i64]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> Vec<RecordBatch> {
    vec![
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap(),
    ]
}

/// A county of two schools in a prefecture, and another prefecture.
async fn answer(sql: &str) -> Result<Vec<RecordBatch>, std::io::Error> {
    let from = sql.split("from ").nth(1).unwrap_or_default().split_whitespace().next().unwrap_or_default();
    Ok(match from {
        "authorities" => batch(vec![
            ("authority_id", texts(&[Some("340000"), Some("340100"), Some("340102"), Some("340200")])),
            ("name", Arc::new(StringViewArray::from(vec!["省", "甲市", "乙区", "丙市"]))),
            ("level", texts(&[Some("province"), Some("prefecture"), Some("county"), Some("prefecture")])),
            ("parent_id", texts(&[None, Some("340000"), Some("340100"), Some("340000")])),
        ]),
        "schools" => batch(vec![
            ("school_id", texts(&[Some("3401020001"), Some("3402000001")])),
            ("name", texts(&[Some("一小"), Some("二中")])),
            ("county_id", texts(&[Some("340102"), Some("340200")])),
            ("prefecture_id", texts(&[Some("340100"), Some("340200")])),
            ("parent_school_id", texts(&[None, None])),
            ("kind", texts(&[Some("小学"), Some("初级中学")])),
            ("ownership", texts(&[None, None])),
        ]),
        "ledger" => {
            assert!(sql.contains("school_id in ('3401020001')") || sql.contains("where true"), "{sql}");
            batch(vec![
                ("day", Arc::new(Date32Array::from(vec![15_000, 15_002]))),
                ("stage", texts(&[Some("小学"), Some("小学")])),
                ("pupils", numbers(&[40, -1])),
            ])
        }
        "rates" => batch(vec![
            ("school_year", texts(&[Some("2014"), Some("2014")])),
            ("level", texts(&[Some("county"), Some("prefecture")])),
            ("unit_id", texts(&[Some("340102"), Some("340200")])),
            ("stage", texts(&[Some("小学"), Some("小学")])),
            ("indicator", texts(&[Some("transfer_in"), Some("transfer_in")])),
            ("numerator", Arc::new(Int32Array::from(vec![1, 2]))),
            ("denominator", numbers(&[40, 0])),
            ("value", Arc::new(Float64Array::from(vec![Some(0.025), None]))),
            ("complete", Arc::new(BooleanArray::from(vec![true, false]))),
        ]),
        _ => Vec::new(),
    })
}

fn gathered(unit: Option<&str>) -> Result<Figures, GatherError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(gather_with(answer, unit, true))
}

#[test]
fn a_unit_sees_its_own_subtree_and_nothing_else() {
    let figures = gathered(Some("340100")).unwrap();
    assert_eq!(figures.schools.len(), 1);
    assert_eq!(figures.rates.iter().map(|rate| rate.unit_id.as_str()).collect::<Vec<_>>(), ["340102"]);
    assert_eq!(figures.trend.iter().map(|point| point.pupils).collect::<Vec<_>>(), [40, 39]);
    assert_eq!(gathered(Some("3401020001")).unwrap().schools.len(), 1);
    assert_eq!(gathered(None).unwrap().schools.len(), 2);
}

#[test]
fn a_code_that_nobody_has_is_refused_and_never_becomes_sql() {
    let refused = gathered(Some("1' or '1'='1")).unwrap_err();
    assert_eq!(refused.to_string(), "no authority and no school has the code `1' or '1'='1`");
}

#[test]
fn a_long_trend_is_thinned_and_keeps_its_last_day() {
    let day = |n: i32| NaiveDate::from_num_days_from_ce_opt(735_000 + n).unwrap();
    let all = (0..1_000).map(|n| TrendPoint { day: day(n), stage: "小学".into(), pupils: 1 }).collect();
    let kept = running(all);
    assert!(kept.len() <= TREND_DAYS + 1);
    assert_eq!(kept.last().map(|point| (point.day, point.pupils)), Some((day(999), 1_000)));
}
