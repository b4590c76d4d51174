//! What is wrong on purpose: doubtful records, which count, and bad rows, which don't.

use crate::table::Row;

/// What is doubtful about a record. It is accepted, counted and listed as a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Nothing.
    None,
    /// The ID number's check character is wrong.
    Checksum,
    /// The ID number begins with a division that never was.
    Division,
    /// The stated birth date is not the ID number's.
    BirthDate,
    /// The stated sex is not the ID number's.
    Sex,
    /// The registration number has the digits of another ID number.
    NumberDiffers,
    /// The pupil is nine years too old for the grade.
    Age,
    /// The entry month lies in the future.
    EntryAfterDay,
    /// An optional value is in no code table.
    OptionalCode,
    /// An optional value can't be read.
    OptionalUnreadable,
    /// Another record has the same ID number.
    Twin,
    /// The other record of a twin.
    Original,
    /// A person who exists only as a bad row.
    Extra,
}

impl Flaw {
    /// Those that records of the opening day are given.
    pub(crate) const OF_RECORDS: [Flaw; 10] = [
        Flaw::Checksum,
        Flaw::Division,
        Flaw::BirthDate,
        Flaw::Sex,
        Flaw::NumberDiffers,
        Flaw::Age,
        Flaw::EntryAfterDay,
        Flaw::OptionalCode,
        Flaw::OptionalUnreadable,
        Flaw::Twin,
    ];

    /// The rule that remarks on the row by itself.
    pub(crate) fn rule(self) -> Option<&'static str> {
        match self {
            Flaw::Checksum => Some("id_checksum"),
            Flaw::Division => Some("id_division"),
            Flaw::BirthDate => Some("id_birth_date"),
            Flaw::Sex => Some("id_sex"),
            Flaw::NumberDiffers => Some("number_differs"),
            Flaw::Age => Some("age_for_grade"),
            Flaw::EntryAfterDay => Some("entry_after_day"),
            Flaw::OptionalCode => Some("optional_code"),
            Flaw::OptionalUnreadable => Some("optional_unreadable"),
            Flaw::None | Flaw::Twin | Flaw::Original | Flaw::Extra => None,
        }
    }
}

/// A row of the table of pupils that must not be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadRow {
    /// Without a name.
    Missing,
    /// Born on 30 February.
    Unreadable,
    /// Of an ethnic group that isn't one.
    UnknownCode,
    /// At a school nobody has named.
    UnknownSchool,
    /// In a class nobody has named.
    UnknownClass,
    /// With an ID number that a spreadsheet has rounded.
    Mangled,
    /// One cell short.
    ColumnCount,
    /// Another pupil's registration number with a different name.
    Conflict,
    /// A repetition.
    Duplicate,
}

impl BadRow {
    /// All of them.
    pub(crate) const ALL: [BadRow; 9] = [
        BadRow::Missing,
        BadRow::Unreadable,
        BadRow::UnknownCode,
        BadRow::UnknownSchool,
        BadRow::UnknownClass,
        BadRow::Mangled,
        BadRow::ColumnCount,
        BadRow::Conflict,
        BadRow::Duplicate,
    ];

    /// The rule it breaks; a repetition breaks none.
    pub(crate) fn rule(self) -> Option<&'static str> {
        match self {
            BadRow::Missing => Some("missing"),
            BadRow::Unreadable => Some("unreadable"),
            BadRow::UnknownCode => Some("unknown_code"),
            BadRow::UnknownSchool => Some("unknown_school"),
            BadRow::UnknownClass => Some("unknown_class"),
            BadRow::Mangled => Some("mangled_number"),
            BadRow::ColumnCount => Some("column_count"),
            BadRow::Conflict => Some("conflicting_key"),
            BadRow::Duplicate => None,
        }
    }

    /// Whether it says something about a pupil who is there, and not about an extra person.
    pub(crate) fn repeats(self) -> bool {
        matches!(self, BadRow::Conflict | BadRow::Duplicate)
    }

    /// Spoils a right row.
    pub(crate) fn spoil(self, row: &mut Row) {
        match self {
            BadRow::Missing => row.replace("name", ""),
            BadRow::Unreadable => row.replace("birth_date", "2015-02-30"),
            BadRow::UnknownCode => row.replace("ethnicity", "不明族"),
            BadRow::UnknownSchool => row.replace("school_id", "2134999999"),
            BadRow::UnknownClass => row.replace("class_id", "209999"),
            BadRow::Mangled => row.replace_by_number("id_no", "3.41E+17"),
            BadRow::ColumnCount => row.shorten(),
            BadRow::Conflict => row.replace("name", "重号"),
            BadRow::Duplicate => {}
        }
    }
}
