//! What files, sheets and columns are called outside: the names of the contract, and the variants that `data/aliases` lists.

use std::{collections::HashMap, sync::LazyLock};

use crate::{
    contract::{Column, Table},
    identity::normalise,
    sheet,
};

const HEADERS: &str = include_str!("../../data/aliases/headers.csv");
const NAMES: &str = include_str!("../../data/aliases/names.csv");

/// A table of a batch, or a part of one, as a file or sheet names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// The table.
    pub table: Table,
    /// The number of the part, where a table is split (`students-01`).
    pub part: Option<u32>,
}

/// The column of a table that a header names: the contract's header, the field's name, or a listed variant.
///
/// Forms decorate headers: width of brackets, stars of required fields, spaces, line breaks, a byte-order mark and a hint in brackets
/// at the end (`出生日期（YYYYMMDD）`) make no difference.
///
/// ```
/// # use domain::{contract::Table, contract_names::header_of};
/// let column = header_of(Table::Students, "★身份证号码\n（18位）").unwrap();
/// assert_eq!(column.header, "身份证件号");
/// ```
pub fn header_of(table: Table, text: &str) -> Option<&'static Column> {
    let tidy = tidied(text);
    let columns = &COLUMNS[&table];
    columns.get(&tidy).or_else(|| columns.get(without_hint(&tidy)?)).copied()
}

/// The table that the stem of a file or the name of a sheet stands for, whatever its part and the case of its letters.
pub fn table_named(text: &str) -> Option<Table> {
    named(text).map(|named| named.table)
}

/// The table and the part: `students-01`, `学生_2`, `学生（3）`, `STUDENTS`.
pub fn named(text: &str) -> Option<Named> {
    let tidy = tidied(text);
    if let Some(&table) = TABLES.get(&tidy) {
        return Some(Named { table, part: None });
    }
    let open = tidy.strip_suffix(')').unwrap_or(&tidy);
    let stem = open.trim_end_matches(|character: char| character.is_ascii_digit());
    let part = open[stem.len()..].parse().ok()?;
    let stem =
        stem.trim_end_matches(['-', '_', '.', '(', '第']).trim_end_matches("part").trim_end_matches(['-', '_', '.']);
    TABLES.get(stem).map(|&table| Named { table, part: Some(part) })
}

static COLUMNS: LazyLock<HashMap<Table, HashMap<String, &'static Column>>> =
    LazyLock::new(|| Table::ALL.into_iter().map(|table| (table, columns_by_name(table))).collect());

fn columns_by_name(table: Table) -> HashMap<String, &'static Column> {
    let mut columns = HashMap::new();
    for column in table.columns() {
        columns.insert(tidied(column.header), column);
        columns.insert(tidied(column.field), column);
    }
    for cells in sheet::rows(HEADERS) {
        if let [of, alias, header] = cells[..]
            && (of == "*" || of == table.name())
            && let Some(column) = table.columns().iter().find(|column| column.header == header)
        {
            columns.entry(tidied(alias)).or_insert(column);
        }
    }
    columns
}

static TABLES: LazyLock<HashMap<String, Table>> = LazyLock::new(|| {
    let own = Table::ALL.into_iter().flat_map(|table| [(table.name(), table), (table.chinese(), table)]);
    let listed = sheet::rows(NAMES).filter_map(|cells| match cells[..] {
        [alias, name] => Table::ALL.into_iter().find(|table| table.name() == name).map(|table| (alias, table)),
        _ => None,
    });
    own.chain(listed).map(|(name, table)| (tidied(name), table)).collect()
});

/// A name without what forms add to it.
fn tidied(text: &str) -> String {
    let is_decoration = |character: char| {
        character.is_whitespace()
            || character.is_control()
            || matches!(
                character,
                '*' | '★' | '☆' | '※' | '●' | ':' | '"' | '\'' | '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}'
            )
    };
    normalise(text).chars().filter(|&character| !is_decoration(character)).flat_map(char::to_lowercase).collect()
}

/// A header before a hint in brackets at its end.
fn without_hint(tidy: &str) -> Option<&str> {
    let inner = tidy.strip_suffix([')', ']', '】'])?;
    let at = inner.rfind(['(', '[', '【'])?;
    (0 < at).then(|| &tidy[..at])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header(table: Table, text: &str) -> Option<&'static str> {
        header_of(table, text).map(|column| column.header)
    }

    #[test]
    fn the_contracts_own_names_come_first() {
        for table in Table::ALL {
            for column in table.columns() {
                assert_eq!(header(table, column.header), Some(column.header), "{table}");
                assert_eq!(header(table, column.field), Some(column.header), "{table}");
            }
            assert_eq!(table_named(table.name()), Some(table));
            assert_eq!(table_named(table.chinese()), Some(table));
        }
    }

    #[test]
    fn every_listed_variant_names_a_column_or_table() {
        let mut lines = 0;
        for cells in sheet::rows(HEADERS) {
            let [of, alias, expected] = cells[..] else { panic!("{cells:?} has not three cells") };
            let tables: Vec<_> = Table::ALL
                .into_iter()
                .filter(|table| of == "*" || of == table.name())
                .filter(|table| table.columns().iter().any(|column| column.header == expected))
                .collect();
            assert!(!tables.is_empty(), "{alias}: no table `{of}` has `{expected}`");
            for table in tables {
                assert_eq!(header(table, alias), Some(expected), "{table} {alias}");
            }
            lines += 1;
        }
        assert_eq!(lines, HEADERS.lines().count() - 1);
        for cells in sheet::rows(NAMES) {
            let [alias, expected] = cells[..] else { panic!("{cells:?} has not two cells") };
            assert_eq!(table_named(alias).map(Table::name), Some(expected), "{alias}");
        }
    }

    #[test]
    fn decorations_make_no_difference() {
        // REQ: WH-01
        for text in [
            "身份证号",
            "*身份证件号",
            "★ 身份证 号码",
            "身份证件号（必填）",
            "\u{feff}身份证件号",
            "身份证件号\r\n",
            "公民身份号码",
            "ID_NO",
            "证件号码【文本】",
        ] {
            assert_eq!(header(Table::Students, text), Some("身份证件号"), "{text}");
        }
        for text in ["国籍／地区", "国籍（地区）", "国籍(地区)"] {
            assert_eq!(header(Table::Students, text), Some("国籍/地区"), "{text}");
        }
        assert_eq!(header(Table::Students, "国网学籍号"), Some("学籍号"));
        assert_eq!(header(Table::Scores, "全国学籍号"), Some("学籍号"));
        assert_eq!(header(Table::Students, "省学籍辅号"), Some("地区学号"));
        assert_eq!(header(Table::Students, "特长"), None);
        assert_eq!(header(Table::Students, ""), None);
        assert_eq!(header(Table::Students, "（必填）"), None);
    }

    #[test]
    fn files_and_sheets_name_tables_and_parts() {
        // REQ: WH-01
        let part = |text| named(text).map(|named| (named.table.name(), named.part));
        assert_eq!(part("students"), Some(("students", None)));
        assert_eq!(part("Students-01"), Some(("students", Some(1))));
        assert_eq!(part("学生_2"), Some(("students", Some(2))));
        assert_eq!(part("学生（3）"), Some(("students", Some(3))));
        assert_eq!(part("学生10"), Some(("students", Some(10))));
        assert_eq!(part("students_part2"), Some(("students", Some(2))));
        assert_eq!(part(" 学籍异动 "), Some(("changes", None)));
        assert_eq!(part("FEES_PAID"), Some(("fees_paid", None)));
        for text in ["", "01", "说明", "students-a", "Sheet1", "学生-", "manifest"] {
            assert_eq!(part(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "\\PC{0,16}") {
            let _ = (header_of(Table::Students, &text), named(&text));
        }
    }
}
