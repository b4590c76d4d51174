//! Units of the office: an authority (主管单位) or a school (学校), told apart by the length of their codes.

use std::{fmt, str::FromStr};

use domain::organisation::{Division, SchoolId};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An authority or a school (单位): whoever has users and decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// 主管单位, by its division code of 6 digits
    Authority(Division),
    /// 学校, by its identifier of 10 digits
    School(SchoolId),
}

impl Unit {
    /// Reads 6 (or 12) digits as an authority, 10 as a school.
    pub fn read(text: &str) -> Option<Unit> {
        SchoolId::read(text).map(Unit::School).or_else(|| Division::read(text).map(Unit::Authority))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        match self {
            Unit::Authority(division) => division.as_str(),
            Unit::School(school) => school.as_str(),
        }
    }

    /// The school, if it is one.
    pub const fn school(self) -> Option<SchoolId> {
        match self {
            Unit::School(school) => Some(school),
            Unit::Authority(_) => None,
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Unit {
    type Err = String;

    fn from_str(text: &str) -> Result<Unit, String> {
        Unit::read(text).ok_or_else(|| format!("`{text}` is neither an authority's 6 digits nor a school's 10"))
    }
}

impl Serialize for Unit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Unit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Unit, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
