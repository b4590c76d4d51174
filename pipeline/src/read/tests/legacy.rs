//! `.xls` workbooks, put together by hand: nothing writes them any more.

use domain::contract::Table;

use super::{Fault, fault, read};

fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap();
    [&kind.to_le_bytes(), &length.to_le_bytes(), data].concat()
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn letters(text: &str) -> u16 {
    u16::try_from(text.encode_utf16().count()).unwrap()
}

fn place(row: u16, column: u16) -> Vec<u8> {
    [row.to_le_bytes(), column.to_le_bytes(), [0, 0]].concat()
}

fn label(row: u16, column: u16, text: &str) -> Vec<u8> {
    record(0x0204, &[place(row, column), letters(text).to_le_bytes().to_vec(), vec![1], wide(text)].concat())
}

fn number(row: u16, column: u16, value: f64) -> Vec<u8> {
    record(0x0203, &[place(row, column), value.to_le_bytes().to_vec()].concat())
}

fn beginning(kind: u16) -> Vec<u8> {
    record(0x0809, &[&0x0600_u16.to_le_bytes()[..], &kind.to_le_bytes(), &[0; 12]].concat())
}

/// One sheet of cells as a BIFF8 stream.
fn stream(sheet: &str, cells: &[Vec<u8>]) -> Vec<u8> {
    let bound = |at: u32| {
        let name = [&[u8::try_from(letters(sheet)).unwrap(), 1], wide(sheet).as_slice()].concat();
        record(0x0085, &[&at.to_le_bytes()[..], &[0, 0], &name].concat())
    };
    let before = [beginning(0x0005), record(0x0042, &1200_u16.to_le_bytes())].concat();
    let end = record(0x000A, &[]);
    let at = before.len() + bound(0).len() + end.len();
    let mut stream =
        [before, bound(u32::try_from(at).unwrap()), end.clone(), beginning(0x0010), cells.concat(), end].concat();
    stream.resize(stream.len().max(4096).next_multiple_of(512), 0);
    stream
}

/// A compound file that holds one stream.
fn compound(name: &str, stream: &[u8]) -> Vec<u8> {
    const FREE: u32 = 0xFFFF_FFFF;
    const END: u32 = 0xFFFF_FFFE;
    let sectors = u32::try_from(stream.len() / 512).unwrap();
    let mut head = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    head.extend([0; 16]);
    [0x3E_u16, 3, 0xFFFE, 9, 6].iter().for_each(|word| head.extend(word.to_le_bytes()));
    head.extend([0; 6]);
    [0_u32, 1, 1, 0, 4096, END, 0, END, 0, 0].iter().for_each(|word| head.extend(word.to_le_bytes()));
    head.resize(512, 0xFF);

    let mut chain = vec![0xFFFF_FFFD, END];
    chain.extend((0..sectors).map(|at| if at + 1 == sectors { END } else { at + 3 }));
    chain.resize(128, FREE);

    let entry = |name: &str, kind: u8, child: u32, start: u32, size: usize| {
        let mut entry = wide(name);
        let length = if name.is_empty() { 0 } else { letters(name) * 2 + 2 };
        entry.resize(64, 0);
        entry.extend(length.to_le_bytes());
        entry.extend([kind, 1]);
        [FREE, FREE, child].iter().for_each(|word| entry.extend(word.to_le_bytes()));
        entry.extend([0; 36]);
        entry.extend(start.to_le_bytes());
        entry.extend((size as u64).to_le_bytes());
        entry
    };
    let directory = [
        entry("Root Entry", 5, 1, END, 0),
        entry(name, 2, FREE, 2, stream.len()),
        entry("", 0, FREE, 0, 0),
        entry("", 0, FREE, 0, 0),
    ];
    let chain: Vec<u8> = chain.iter().flat_map(|word| word.to_le_bytes()).collect();
    [head, chain, directory.concat(), stream.to_vec()].concat()
}

fn sample() -> Vec<Vec<u8>> {
    let header = ["学籍号", "日期", "情况", "节次数"];
    let mut cells: Vec<Vec<u8>> = (0..).zip(header).map(|(column, text)| label(0, column, text)).collect();
    cells.extend([
        label(1, 0, "G340101201309010016"),
        label(1, 1, "2013-09-02"),
        label(1, 2, "旷课"),
        number(1, 3, 2.0),
    ]);
    cells.extend([number(3, 0, 340_101_201_309_010_016_f64), label(3, 1, "2013-09-03"), label(3, 2, "病假")]);
    cells
}

#[test]
fn an_old_workbook_is_read_like_a_new_one() {
    // REQ: WH-01
    let bytes = compound("Workbook", &stream("考勤", &sample()));
    let outcome = read(Table::Attendance, "attendance.xls", &bytes).unwrap();
    assert_eq!(
        outcome.rows,
        [
            "2 student_no=G340101201309010016 day=2013-09-02 state=旷课 periods=2",
            "4 student_no=340101201309010000 day=2013-09-03 state=病假",
        ]
    );
    assert_eq!(outcome.remarked(), ["4 学籍号 mangled_number 340101201309010000"]);
    assert_eq!(outcome.report.encoding, "XLS");
    assert_eq!(read(Table::Attendance, "attendance.xlsx", &bytes).unwrap().rows, outcome.rows);
}

#[test]
fn a_compound_file_that_is_no_workbook_is_refused() {
    let bytes = compound("WordDocument", &stream("考勤", &sample()));
    assert!(matches!(fault(read(Table::Attendance, "attendance.xls", &bytes)).1, Fault::Workbook(_)));
    let bytes = compound("EncryptedPackage", &[0; 4096]);
    assert_eq!(fault(read(Table::Attendance, "attendance.xlsx", &bytes)).1, Fault::Encrypted);
}

#[test]
fn a_chain_of_sectors_in_a_circle_is_seen_before_it_is_followed() {
    // REQ: WH-02
    let sound = compound("Workbook", &stream("考勤", &sample()));
    // The place of the directory, and that of the workbook's second sector, in the table of sectors.
    for (place, back_to) in [(1, 1_u32), (3, 2)] {
        let mut bytes = sound.clone();
        bytes[512 + 4 * place..][..4].copy_from_slice(&back_to.to_le_bytes());
        let torn = fault(read(Table::Attendance, "attendance.xls", &bytes)).1;
        assert!(matches!(&torn, Fault::Torn(how) if how.contains("circle")), "{torn:?}");
    }
}
