//! Bytes read as a reading process reads them: in this process, within small bounds, a fall of a foreign crate told apart from one of ours.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind, set_hook, take_hook},
    path::PathBuf,
    sync::Once,
};

use arrow::array::Array;
use domain::contract::Table;

use crate::{
    inbox::{Form, Part},
    read::{Limits, PartReport, ReadError, SheetInfo, read_here, sheets_here},
};

/// Small bounds: what is beyond them is refused, and the bytes of a fuzzer are few.
pub(crate) fn limits() -> Limits {
    Limits {
        inflated_bytes: 1 << 20,
        part_bytes: 1 << 20,
        cells: 20_000,
        xls_bytes: 1 << 20,
        record_bytes: 64 << 10,
        chunk_rows: 64,
        ..Limits::of_program(PathBuf::from("/nowhere"))
    }
}

thread_local! {
    static FOLDER: tempfile::TempDir = tempfile::tempdir().expect("a temporary folder");
    /// Whether a foreign file is being read in this thread.
    static READING: Cell<bool> = const { Cell::new(false) };
    static FELL_ABROAD: Cell<bool> = const { Cell::new(false) };
}

/// Reads bytes as a file of attendance of that name. None if a crate that we use fell over them, which a night survives by its reading process.
///
/// Asserts that rows in = rows out, that each is where the one before wasn't, and that cells are text of the table's columns.
pub(crate) fn read(name: &str, bytes: &[u8]) -> Option<Result<PartReport, ReadError>> {
    let table = Table::Attendance;
    on_disk(name, bytes, |path| {
        let form = Form::of(name).expect("a name with an ending").1;
        let part = Part { table, file: name.to_owned(), path, form, sheet: None };
        let mut handed = 0;
        let mut last = 0;
        let read = read_here(&part, &limits(), &mut |rows| {
            assert_eq!(rows.table, table);
            assert_eq!(rows.cells.num_rows(), rows.rows.len());
            assert_eq!(rows.cells.num_columns(), table.columns().len());
            for column in rows.cells.columns() {
                column.to_data().validate_full().expect("cells are sound text");
            }
            for &row in rows.rows.values() {
                assert!(last < row, "row {row} after row {last}");
                last = row;
            }
            for finding in rows.remarks.iter().chain(&rows.broken) {
                assert!(0 < finding.origin.row, "{finding:?}");
            }
            handed += (rows.rows.len() + rows.broken.len()) as u64;
            Ok(())
        });
        if let Ok(report) = &read {
            assert_eq!(report.rows, handed, "rows in = rows out");
            assert_eq!((report.bytes, report.sha256.len()), (bytes.len() as u64, 64));
        }
        tell(&read);
        read
    })
}

/// The sheets of bytes as a workbook; None as in [`read`].
pub(crate) fn sheets(name: &str, bytes: &[u8]) -> Option<Result<Vec<SheetInfo>, ReadError>> {
    on_disk(name, bytes, |path| {
        let sheets = sheets_here(&path, name, &limits());
        tell(&sheets);
        sheets
    })
}

/// Every refusal can be told to a registrar.
fn tell<T>(outcome: &Result<T, ReadError>) {
    if let Err(error) = outcome {
        assert!(error.zh().contains(':') && !error.en().is_empty() && !error.fault.code().is_empty());
        assert!(!error.refuses() || !error.holds());
    }
}

fn on_disk<T>(name: &str, bytes: &[u8], open: impl FnOnce(PathBuf) -> T) -> Option<T> {
    let path = FOLDER.with(|folder| folder.path().join(name));
    fs_err::write(&path, bytes).expect("a file in a temporary folder");
    as_in_a_reading_process(|| open(path))
}

/// Runs what a reading process runs. A panic in our own code goes on; one in a foreign crate ends as the process would have ended.
fn as_in_a_reading_process<T>(run: impl FnOnce() -> T) -> Option<T> {
    static HOOKED: Once = Once::new();
    HOOKED.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            // The standard library among them: it names its caller wherever the caller broke a rule, but not where a sum overflows.
            let foreign = ["/registry/src/", "/rustc/", "/rustlib/src/"];
            let abroad = panic.location().is_some_and(|at| foreign.iter().any(|place| at.file().contains(place)));
            if READING.get() && abroad {
                FELL_ABROAD.set(true);
            } else {
                before(panic);
            }
        }));
    });
    READING.set(true);
    let ran = catch_unwind(AssertUnwindSafe(run));
    READING.set(false);
    match ran {
        Ok(value) => Some(value),
        Err(_) if FELL_ABROAD.take() => None,
        Err(panic) => resume_unwind(panic),
    }
}
