//! The sound batch into which a case puts its fault, and a sound neighbour beside it.

use std::path::{Path, PathBuf};

use crate::province::Place;

/// The source of the case.
pub(super) const SOURCE: &str = "340102";
/// The source beside it.
pub(super) const NEIGHBOUR: &str = "340103";
/// The night of the case.
pub(super) const DAY: &str = "2012-09-03";
/// The night before it, where a case needs one.
pub(super) const DAY_BEFORE: &str = "2012-09-02";
/// How many pupils the sound batch has.
pub(super) const PUPILS: usize = 20;

/// A table as text, its header first.
#[derive(Debug, Clone)]
pub(super) struct Rows(pub(super) Vec<Vec<String>>);

impl Rows {
    fn of(rows: &[&[&str]]) -> Rows {
        Rows(rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect())
    }

    /// The place of a column.
    pub(super) fn column(&self, header: &str) -> usize {
        self.0[0].iter().position(|cell| cell == header).unwrap_or_else(|| panic!("no column {header}"))
    }

    /// With another cell in a row, counted as a spreadsheet does.
    pub(super) fn with(mut self, row: usize, header: &str, value: &str) -> Rows {
        let column = self.column(header);
        self.0[row - 1][column] = value.to_owned();
        self
    }

    /// With one more column, the same value in each row.
    pub(super) fn and_column(mut self, header: &str, value: &str) -> Rows {
        for (number, row) in self.0.iter_mut().enumerate() {
            row.push(if number == 0 { header } else { value }.to_owned());
        }
        self
    }

    /// Without a column.
    pub(super) fn without_column(mut self, header: &str) -> Rows {
        let column = self.column(header);
        self.0.iter_mut().for_each(|row| drop(row.remove(column)));
        self
    }

    /// With a row of its own at the end.
    pub(super) fn and_row(mut self, row: Vec<String>) -> Rows {
        self.0.push(row);
        self
    }

    /// The rows as lines with this between the fields.
    pub(super) fn joined(&self, separator: &str) -> String {
        self.0.iter().map(|row| row.join(separator) + "\n").collect()
    }

    pub(super) fn csv(&self) -> String {
        self.joined(",")
    }
}

/// The sound pupils of the case's source.
pub(super) fn students() -> Rows {
    pupils(SOURCE, PUPILS)
}

/// Sound pupils of a county: six years old in grade 1, with ID numbers that hold.
pub(super) fn pupils(division: &str, number: usize) -> Rows {
    let header = [
        "学籍号",
        "姓名",
        "性别",
        "出生日期",
        "身份证件类型",
        "身份证件号",
        "民族",
        "户口所在地行政区划",
        "学校标识码",
        "班号",
        "年级",
        "入学年月",
        "就读方式",
        "学籍状态",
        "是否随迁子女",
        "现住址",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for pupil in 0..number {
        let (month, day) = (1 + pupil % 8, 1 + pupil % 28);
        // Numbers of digits alone, so that a case may take them for quantities.
        let number = |sequence| (sequence, id_no(division, &format!("2006{month:02}{day:02}"), sequence));
        let (sequence, id_no) = [100, 400, 700]
            .map(|base| number(base + pupil))
            .into_iter()
            .find(|(_, number)| !number.ends_with('X'))
            .expect("one of three has no X");
        let given = ["明", "芳", "强", "丽", "军", "洋", "杰", "娟", "敏", "静"][pupil % 10];
        rows.push(vec![
            format!("G{id_no}"),
            format!("王小{given}"),
            if sequence % 2 == 1 { "男" } else { "女" }.into(),
            format!("2006-{month:02}-{day:02}"),
            "居民身份证".into(),
            id_no,
            "汉族".into(),
            division.into(),
            school(division),
            "201201".into(),
            "1".into(),
            "2012-09".into(),
            "走读".into(),
            "在读".into(),
            "否".into(),
            "和平路12号".into(),
        ]);
    }
    Rows(rows)
}

/// An ID number whose check character holds (GB 11643).
pub(super) fn id_no(division: &str, born: &str, sequence: usize) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let places = format!("{division}{born}{sequence:03}");
    let sum: u32 = places.bytes().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let check = char::from(b"10X98765432"[sum as usize % 11]);
    format!("{places}{check}")
}

/// The one school of a county.
pub(super) fn school(division: &str) -> String {
    format!("21{division}01")
}

pub(super) fn authorities(division: &str) -> Rows {
    Rows::of(&[
        &["单位代码", "单位名称", "上级单位代码", "行政区划码"],
        &["340000", "省教育厅", "", "340000"],
        &["340100", "合肥市教育局", "340000", "340100"],
        &[division, "区教育局", "340100", division],
    ])
}

pub(super) fn schools(division: &str) -> Rows {
    Rows::of(&[
        &["学校标识码", "学校名称", "主管单位代码", "学校类别", "学校办别", "驻地城乡类型"],
        &[&school(division), "第一小学", division, "小学", "公办", "111"],
    ])
}

pub(super) fn classes(division: &str) -> Rows {
    Rows::of(&[
        &["学校标识码", "班号", "班级名称", "年级", "建班年月", "班级类型"],
        &[&school(division), "201201", "一(1)班", "1", "2012-09", "普通小学班"],
    ])
}

pub(super) fn changes() -> Rows {
    Rows::of(&[&["变动编号", "学籍号", "变动类别", "变动日期", "变动原因"]])
}

/// The tables of a sound batch by the stems of their files.
pub(super) fn sound(division: &str, pupils_of_it: usize) -> [(&'static str, Rows); 5] {
    [
        ("authorities", authorities(division)),
        ("schools", schools(division)),
        ("classes", classes(division)),
        ("students", pupils(division, pupils_of_it)),
        ("changes", changes()),
    ]
}

/// A place with the batch of the case, sound so far.
pub(super) struct World {
    pub(super) place: Place,
}

impl World {
    /// Both sources' sound batches of the night.
    pub(super) fn new() -> World {
        let world = World { place: Place::new() };
        world.lay(SOURCE, DAY, PUPILS);
        world.lay(NEIGHBOUR, DAY, 3);
        world
    }

    /// Lays a sound batch of a county into the inbox.
    pub(super) fn lay(&self, division: &str, day: &str, pupils_of_it: usize) {
        self.lay_as(division, division, day, pupils_of_it);
    }

    /// Lays a sound batch of a county into the inbox, under another source's name.
    pub(super) fn lay_as(&self, source: &str, division: &str, day: &str, pupils_of_it: usize) {
        let folder = self.place.inbox().join(source).join(day);
        std::fs::create_dir_all(&folder).expect("a batch folder");
        for (stem, rows) in sound(division, pupils_of_it) {
            std::fs::write(folder.join(format!("{stem}.csv")), rows.csv()).expect("a file of a batch");
        }
    }

    /// The batch folder of the case.
    pub(super) fn folder(&self) -> PathBuf {
        self.place.inbox().join(SOURCE).join(DAY)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// Puts a file into the batch.
    pub(super) fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    }

    /// Takes a file out of the batch.
    pub(super) fn drop(&self, name: &str) {
        std::fs::remove_file(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    }

    /// Puts the pupils in another file than `students.csv`.
    pub(super) fn students_as(&self, name: &str, bytes: impl AsRef<[u8]>) {
        self.drop("students.csv");
        self.put(name, bytes);
    }

    /// Every file of the inbox and of the home folder beside the warehouse, by path and size.
    pub(super) fn outside(&self) -> Vec<(PathBuf, u64)> {
        let mut found = Vec::new();
        walk(self.place.folder.path(), &self.place.warehouse(), &mut found);
        found.sort();
        found
    }
}

fn walk(folder: &Path, except: &Path, found: &mut Vec<(PathBuf, u64)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let Ok(meta) = path.symlink_metadata() else { continue };
        if path == except || path.file_name().is_some_and(|name| name == "night.json") {
            continue;
        }
        if meta.is_dir() {
            walk(&path, except, found);
        } else {
            found.push((path, meta.len()));
        }
    }
}
