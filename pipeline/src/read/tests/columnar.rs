//! Parquet from outside.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, ListArray, RecordBatch, StringArray},
    datatypes::Int32Type,
};
use domain::contract::Table;
use parquet::{arrow::ArrowWriter, file::properties::WriterProperties};

use super::{Fault, fault, read, read_sheet};
use crate::read::Limits;

fn file(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn text(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

#[test]
fn every_type_becomes_the_text_of_the_contract() {
    // REQ: WH-01
    let bytes = file(vec![
        ("学籍号", text(&["G340101201309010016", "G2", "G3", ""])),
        ("日期", Arc::new(Date32Array::from(vec![15950, 15951, 15952, 15953]))),
        ("情况", text(&["旷课", "病假", "事假", "早退"])),
        ("节次数", Arc::new(Float64Array::from(vec![Some(2.0), None, Some(0.5), None]))),
        ("已核", Arc::new(BooleanArray::from(vec![true, false, true, true]))),
    ]);
    let outcome = read(Table::Attendance, "attendance.parquet", &bytes).unwrap();
    assert_eq!(
        outcome.rows,
        [
            "2 student_no=G340101201309010016 day=2013-09-02 state=旷课 periods=2",
            "3 student_no=G2 day=2013-09-03 state=病假",
            "4 student_no=G3 day=2013-09-04 state=事假 periods=0.5",
            "5 day=2013-09-05 state=早退",
        ]
    );
    assert_eq!(
        (outcome.report.encoding.as_str(), outcome.report.extra_columns.as_slice()),
        ("Parquet", ["已核".into()].as_slice())
    );
}

#[test]
fn numbers_that_are_names_are_remarked_row_by_row() {
    // REQ: WH-02
    let bytes = file(vec![
        ("学籍号", Arc::new(Int64Array::from(vec![Some(340_101_201_309_010_016), None]))),
        ("日期", text(&["2013-09-02"; 2])),
        ("情况", text(&["旷课"; 2])),
    ]);
    let outcome = read(Table::Attendance, "attendance.parquet", &bytes).unwrap();
    assert_eq!(outcome.remarked(), ["2 学籍号 mangled_number 340101201309010016"]);
    assert_eq!(outcome.rows.len(), 2);
}

#[test]
fn lists_and_torn_files_are_refused() {
    let lists = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), Some(2)])]);
    let bytes = file(vec![("学籍号", text(&["G1"])), ("日期", text(&["2013-09-02"])), ("情况", Arc::new(lists))]);
    assert_eq!(fault(read(Table::Attendance, "attendance.parquet", &bytes)).1, Fault::Nested);

    let whole = file(vec![("学籍号", text(&["G1"])), ("日期", text(&["2013-09-02"])), ("情况", text(&["旷课"]))]);
    let torn = fault(read(Table::Attendance, "attendance.parquet", &whole[..whole.len() - 20])).1;
    assert!(matches!(torn, Fault::Torn(_) | Fault::Parquet(_)), "{torn:?}");
}

#[test]
fn empty_rows_without_measure_are_refused() {
    // REQ: WH-02. Runs of nulls cost nothing: a few kilobytes tell of twenty million rows.
    let nulls = |rows: usize| arrow::array::new_null_array(&arrow::datatypes::DataType::Utf8, rows);
    let columns = |rows| ["学籍号", "日期", "情况"].map(|header| (header, nulls(rows), true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns(1_000_000)).unwrap();
    let mut bytes = Vec::new();
    let long_pages =
        WriterProperties::builder().set_data_page_row_count_limit(2_000_000).set_write_batch_size(1_000_000);
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(long_pages.build())).unwrap();
    (0..20).for_each(|_| writer.write(&batch).unwrap());
    writer.close().unwrap();
    assert!(bytes.len() < 50_000, "{}", bytes.len());
    let limits = Limits { chunk_rows: 100_000, ..super::limits() };
    let grown = fault(read_sheet(Table::Attendance, "attendance.parquet", None, &bytes, &limits)).1;
    assert!(matches!(grown, Fault::Bomb(_)), "{grown:?}");
}
