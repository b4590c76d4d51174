//! The tables are Delta: readers of other makes open them and count the same.

use std::process::Command;

use crate::province::{Place, Ran, days};

/// Python with `deltalake`, `duckdb`, its delta extension and `moto`, as `tests/all` installs it.
pub(crate) fn python() -> String {
    std::env::vars()
        .find(|(name, _)| name == "XUEJI_TEST_PYTHON")
        .map(|(_, path)| path)
        .expect("XUEJI_TEST_PYTHON names the Python that tests/all prepares; run tests/all")
}

#[test]
fn deltalake_and_duckdb_read_what_we_wrote() {
    let place = Place::new();
    for &day in days().iter().take(2) {
        place.put_day(day);
        assert_eq!(place.night(day).0.code, 0);
    }
    let script = r#"
import sys, os
from deltalake import DeltaTable
import duckdb
from duckdb_extensions import import_extension
import_extension("delta")
root = sys.argv[1]
con = duckdb.connect()
con.load_extension("delta")
for table in ["students", "ledger", "enrolment", "class_sizes", "schools", "fees"]:
    path = os.path.join(root, table)
    rows = DeltaTable(path).to_pyarrow_table().num_rows
    by_duckdb = con.execute(f"select count(*) from delta_scan('{path}')").fetchone()[0]
    print(table, rows, by_duckdb)
"#;
    let output = Command::new(python()).arg("-c").arg(script).arg(place.warehouse()).output().unwrap();
    let ran = Ran::of(&output);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let mut seen = 0;
    for line in ran.out.lines() {
        let parts: Vec<&str> = line.split(' ').collect();
        let ours = place.number(&format!("select count(*) from {}", parts[0]));
        assert_eq!(parts[1], ours.to_string(), "deltalake reads {}", parts[0]);
        assert_eq!(parts[2], ours.to_string(), "duckdb reads {}", parts[0]);
        seen += 1;
    }
    assert_eq!(seen, 6);
}
