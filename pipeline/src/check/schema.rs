//! The shape of accepted rows.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use domain::contract::{Holds, Table};

/// The file within the batch, the sheet if there is one, and the row as a spreadsheet counts it.
pub(super) const LINEAGE: [&str; 3] = ["source_file", "source_sheet", "source_row"];

/// The schema of accepted rows: the contract's fields in its order, what is derived from them, and where each row stood.
///
/// Days are Date32, months `YYYY-MM`, grades and counts Int32, decimals Float64, money Int64 in fen; all else is Utf8.
/// Derived are `level` of an authority, `stage` of a class, and `stage`, `number_kind` and `id_holder` of a pupil (IDN-03).
pub fn typed_schema(table: Table) -> SchemaRef {
    let columns =
        table.columns().iter().map(|column| Field::new(column.field, data_type(column.holds), !column.required));
    let derived = derived(table).iter().map(|&(name, nullable)| Field::new(name, DataType::Utf8, nullable));
    let [file, sheet, row] = LINEAGE;
    let lineage = [
        Field::new(file, DataType::Utf8, false),
        Field::new(sheet, DataType::Utf8, true),
        Field::new(row, DataType::Int32, false),
    ];
    Arc::new(Schema::new(columns.chain(derived).chain(lineage).collect::<Vec<_>>()))
}

fn derived(table: Table) -> &'static [(&'static str, bool)] {
    match table {
        Table::Authorities => &[("level", false)],
        Table::Classes => &[("stage", false)],
        Table::Students => &[("stage", false), ("number_kind", false), ("id_holder", true)],
        Table::Schools
        | Table::Changes
        | Table::Attendance
        | Table::Scores
        | Table::Conduct
        | Table::Aid
        | Table::Cadres
        | Table::FeesPaid
        | Table::Loans => &[],
    }
}

fn data_type(holds: Holds) -> DataType {
    match holds {
        Holds::Day => DataType::Date32,
        Holds::Grade | Holds::Count => DataType::Int32,
        Holds::Decimal => DataType::Float64,
        Holds::Money => DataType::Int64,
        Holds::Text
        | Holds::StudentNo
        | Holds::IdNo
        | Holds::Digits
        | Holds::SchoolId
        | Holds::Division
        | Holds::Month
        | Holds::YesNo
        | Holds::Label(_) => DataType::Utf8,
    }
}
