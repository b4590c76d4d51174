//! Parquet: other types than text, torn, lying, noisy, and bombs.

use std::sync::Arc;

use ::parquet::{arrow::ArrowWriter, basic::Compression, file::properties::WriterProperties};
use arrow::{
    array::{
        Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Date64Array, Decimal128Array, DictionaryArray,
        Float64Array, Int32Array, Int64Array, LargeStringArray, ListArray, NullArray, RecordBatch, StringArray,
        StringViewArray, StructArray, TimestampMillisecondArray, UInt64Array,
    },
    compute::cast,
    datatypes::{DataType, Field, Int32Type, Schema},
};

use super::{
    case::{Case, case, whole, without},
    files::noise,
    world::{PUPILS, students},
};

/// The sound pupils as columns of text.
fn columns() -> Vec<(String, ArrayRef)> {
    let rows = students();
    let text =
        |at: usize| -> ArrayRef { Arc::new(StringArray::from_iter_values(rows.0.iter().skip(1).map(|row| &row[at]))) };
    rows.0[0].iter().enumerate().map(|(at, header)| (header.clone(), text(at))).collect()
}

fn written(columns: Vec<(String, ArrayRef)>) -> Vec<u8> {
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(name, array.data_type().clone(), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let batch =
        RecordBatch::try_new(Arc::clone(&schema), columns.into_iter().map(|(_, array)| array).collect()).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), schema, None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

pub(super) fn students_parquet() -> Vec<u8> {
    written(columns())
}

/// The sound pupils with another array in a column's place.
fn with(header: &'static str, make: impl Fn(&StringArray) -> ArrayRef) -> Vec<u8> {
    let mut columns = columns();
    let place = columns.iter_mut().find(|(name, _)| name == header).unwrap();
    place.1 = make(place.1.as_any().downcast_ref().unwrap());
    written(columns)
}

fn typed(
    name: &'static str,
    header: &'static str,
    make: fn(&StringArray) -> ArrayRef,
    expected: impl Into<String>,
) -> Case {
    bytes(name, move || with(header, make), expected)
}

fn bytes(name: &'static str, make: impl Fn() -> Vec<u8> + Send + Sync + 'static, expected: impl Into<String>) -> Case {
    case(name, move |world| world.students_as("students.parquet", make()), expected)
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = types();
    cases.extend(damage());
    cases
}

fn types() -> Vec<Case> {
    let all = |rule: &str| without(PUPILS, "Parquet", &format!("{rule} rows 2–21 (20)"));
    vec![
        bytes("Parquet of texts", students_parquet, whole("Parquet")).naming("王小明"),
        typed(
            "names as large texts",
            "姓名",
            |texts| Arc::new(texts.iter().collect::<LargeStringArray>()),
            whole("Parquet"),
        )
        .naming("王小明"),
        typed("names as views", "姓名", |texts| Arc::new(texts.iter().collect::<StringViewArray>()), whole("Parquet"))
            .naming("王小明"),
        typed(
            "names from a dictionary",
            "姓名",
            |texts| Arc::new(texts.iter().collect::<DictionaryArray<Int32Type>>()),
            whole("Parquet"),
        )
        .naming("王小明"),
        typed(
            "names as bytes",
            "姓名",
            |texts| Arc::new(texts.iter().map(|text| text.map(str::as_bytes)).collect::<BinaryArray>()),
            whole("Parquet"),
        )
        .naming("王小明"),
        typed(
            "names as bytes that are no text",
            "姓名",
            |texts| Arc::new(BinaryArray::from_iter_values(texts.iter().map(|_| b"\xFF\xFE"))),
            "refused: parquet students.parquet",
        ),
        typed(
            "names in lists",
            "姓名",
            |texts| {
                Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(texts.iter().map(|_| Some(vec![Some(1)]))))
            },
            "refused: nested students.parquet“姓名”",
        ),
        typed(
            "names in structures",
            "姓名",
            |texts| {
                let field = Arc::new(Field::new("x", DataType::Utf8, true));
                Arc::new(StructArray::from(vec![(field, Arc::new(texts.clone()) as ArrayRef)]))
            },
            "refused: nested students.parquet“姓名”",
        ),
        typed(
            "a column of names without a type",
            "姓名",
            |texts| Arc::new(NullArray::new(texts.len())),
            all("reject missing 姓名"),
        ),
        typed(
            "ID numbers as 64-bit numbers",
            "身份证件号",
            |texts| {
                Arc::new(Int64Array::from_iter_values(texts.iter().map(|text| text.unwrap().parse::<i64>().unwrap())))
            },
            all("reject mangled_number 身份证件号"),
        ),
        typed(
            "ID numbers as floating numbers",
            "身份证件号",
            |texts| {
                Arc::new(Float64Array::from_iter_values(texts.iter().map(|text| text.unwrap().parse::<f64>().unwrap())))
            },
            all("reject mangled_number 身份证件号"),
        ),
        typed(
            "ID numbers as decimals",
            "身份证件号",
            |texts| {
                Arc::new(
                    Decimal128Array::from_iter_values(texts.iter().map(|text| text.unwrap().parse::<i128>().unwrap()))
                        .with_precision_and_scale(18, 0)
                        .unwrap(),
                )
            },
            all("reject mangled_number 身份证件号"),
        ),
        typed(
            "ID numbers of a dictionary of numbers",
            "身份证件号",
            |texts| {
                let numbers =
                    Int64Array::from_iter_values(texts.iter().map(|text| text.unwrap().parse::<i64>().unwrap()));
                let keys = Int32Array::from_iter_values(0..20);
                Arc::new(DictionaryArray::new(keys, Arc::new(numbers)))
            },
            all("reject mangled_number 身份证件号"),
        ),
        typed(
            "schools as 64-bit numbers",
            "学校标识码",
            |texts| {
                Arc::new(UInt64Array::from_iter_values(texts.iter().map(|text| text.unwrap().parse::<u64>().unwrap())))
            },
            whole("Parquet"),
        ),
        typed(
            "grades as 32-bit numbers",
            "年级",
            |texts| Arc::new(Int32Array::from_iter_values(texts.iter().map(|_| 1))),
            whole("Parquet"),
        ),
        typed(
            "grades as floating numbers",
            "年级",
            |texts| Arc::new(Float64Array::from_iter_values(texts.iter().map(|_| 1.0))),
            whole("Parquet"),
        ),
        typed(
            "grades that are no numbers",
            "年级",
            |texts| Arc::new(Float64Array::from_iter_values(texts.iter().map(|_| f64::NAN))),
            all("reject unreadable 年级"),
        ),
        typed(
            "yes and no as truth values of Parquet",
            "是否随迁子女",
            |texts| Arc::new(texts.iter().map(|_| Some(true)).collect::<BooleanArray>()),
            whole("Parquet"),
        ),
        typed("birth dates as days", "出生日期", |texts| cast(texts, &DataType::Date32).unwrap(), whole("Parquet")),
        typed(
            "birth dates as days in milliseconds",
            "出生日期",
            |texts| {
                Arc::new(
                    cast(texts, &DataType::Date32)
                        .and_then(|days| cast(&days, &DataType::Date64))
                        .unwrap()
                        .as_any()
                        .downcast_ref::<Date64Array>()
                        .unwrap()
                        .clone(),
                )
            },
            whole("Parquet"),
        ),
        typed(
            "birth dates as instants of no zone",
            "出生日期",
            |texts| {
                let days = cast(texts, &DataType::Date32).unwrap();
                let days: &Date32Array = days.as_any().downcast_ref().unwrap();
                Arc::new(TimestampMillisecondArray::from_iter_values(
                    days.values().iter().map(|day| i64::from(*day) * 86_400_000),
                ))
            },
            whole("Parquet"),
        ),
        typed(
            "birth dates as instants of a zone",
            "出生日期",
            |texts| {
                let days = cast(texts, &DataType::Date32).unwrap();
                let days: &Date32Array = days.as_any().downcast_ref().unwrap();
                let instants = TimestampMillisecondArray::from_iter_values(
                    days.values().iter().map(|day| i64::from(*day) * 86_400_000),
                );
                Arc::new(instants.with_timezone("+08:00"))
            },
            all("reject unreadable 出生日期"),
        ),
        bytes(
            "Parquet without rows",
            || {
                let columns = columns().into_iter().map(|(name, array)| (name, array.slice(0, 0))).collect();
                written(columns)
            },
            "taken [Parquet] 0 = 0 + 0 + 0",
        ),
        bytes(
            "Parquet without a required column",
            || written(columns().into_iter().filter(|(name, _)| name != "姓名").collect()),
            "refused: missing_column students.parquet",
        ),
        bytes(
            "Parquet with a column twice",
            || {
                let mut columns = columns();
                let again = columns[1].clone();
                columns.push(again);
                written(columns)
            },
            "refused: doubled_column students.parquet“姓名”",
        ),
    ]
}

fn damage() -> Vec<Case> {
    let changed = |name: &'static str, change: fn(&mut Vec<u8>), expected: &str| {
        bytes(
            name,
            move || {
                let mut bytes = students_parquet();
                change(&mut bytes);
                bytes
            },
            expected,
        )
    };
    vec![
        changed(
            "Parquet torn in the middle",
            |bytes| bytes.truncate(bytes.len() / 2),
            "refused: parquet students.parquet",
        ),
        changed(
            "Parquet without its last byte",
            |bytes| {
                bytes.pop();
            },
            "refused: parquet students.parquet",
        ),
        changed("Parquet of its first four bytes", |bytes| bytes.truncate(4), "refused: torn students.parquet"),
        changed(
            "a footer that claims four gigabytes",
            |bytes| {
                let at = bytes.len() - 8;
                bytes[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
            },
            "refused: torn students.parquet",
        ),
        changed(
            "a footer that claims nothing",
            |bytes| {
                let at = bytes.len() - 8;
                bytes[at..at + 4].copy_from_slice(&[0; 4]);
            },
            "refused: torn students.parquet",
        ),
        changed(
            "a footer full of noise",
            |bytes| {
                let (length, n) = (bytes.len(), 400);
                bytes[length - 8 - n..length - 8].copy_from_slice(&noise(n));
            },
            "refused: parquet students.parquet",
        ),
        changed("pages full of NULs", |bytes| bytes[4..1500].fill(0), "refused: parquet students.parquet"),
        changed(
            "pages full of noise",
            |bytes| {
                let n = 1500;
                bytes[4..4 + n].copy_from_slice(&noise(n));
            },
            "refused: parquet students.parquet",
        ),
        bytes(
            "noise between the marks of Parquet",
            || [b"PAR1", noise(5_000).as_slice(), &1_000_u32.to_le_bytes(), b"PAR1"].concat(),
            "refused: parquet students.parquet",
        ),
        bytes(
            "separated text between the marks of Parquet",
            || [b"PAR1", students().csv().as_bytes(), b"PAR1"].concat(),
            "refused: torn students.parquet",
        ),
        bytes("a million rows of one value in a few kilobytes", million_rows, "refused: bomb students.parquet"),
    ]
}

/// Every column one value, said a million times.
fn million_rows() -> Vec<u8> {
    const ROWS: usize = 1 << 20;
    let columns: Vec<(String, ArrayRef)> = columns()
        .into_iter()
        .map(|(name, array)| {
            let one: ArrayRef = array.slice(0, 1);
            let keys = Int32Array::from(vec![0; ROWS]);
            (name, Arc::new(DictionaryArray::new(keys, one)) as ArrayRef)
        })
        .collect();
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(name, array.data_type().clone(), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let batch =
        RecordBatch::try_new(Arc::clone(&schema), columns.into_iter().map(|(_, array)| array).collect()).unwrap();
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), schema, Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}
