//! How one cell reads by itself, for whoever reads forms and not the batches of a source.

use domain::{calendar::Day, code::CodeList, contract::Holds, rule::RuleId};

use super::cell::{self, Number, Reading};

/// The text of a cell as tables keep it, or the rule that it breaks: days as `2013-09-01`, labels in place of codes, yuan as whole fen.
///
/// A blank cell reads as nothing. Identity numbers are only put right in shape: what kind of document it is stands in another column.
///
/// ```
/// # use domain::{contract::Holds, rule::RuleId};
/// # use pipeline::check::canonical;
/// assert_eq!(canonical(Holds::Day, "2013年9月1日").unwrap().as_deref(), Some("2013-09-01"));
/// assert_eq!(canonical(Holds::Label("sex"), "1").unwrap().as_deref(), Some("男"));
/// assert_eq!(canonical(Holds::IdNo, "3.41126E+17"), Err(RuleId::MangledNumber));
/// assert_eq!(canonical(Holds::Grade, " "), Ok(None));
/// ```
pub fn canonical(holds: Holds, text: &str) -> Result<Option<String>, RuleId> {
    let number = |read: Number<String>| match read {
        Number::Is(text) => Ok(Some(text)),
        Number::Missing => Ok(None),
        Number::Unreadable => Err(RuleId::Unreadable),
        Number::Kindergarten => Err(RuleId::Kindergarten),
    };
    let read = match holds {
        Holds::Text => cell::text(text),
        Holds::StudentNo => cell::student_no(text),
        Holds::IdNo => cell::id_no(text),
        Holds::Digits => cell::code(text),
        Holds::SchoolId => cell::school_id(text),
        Holds::Division => cell::division(text),
        Holds::Month => cell::month(text),
        Holds::YesNo => cell::yes_no(text),
        Holds::Label(list) => match CodeList::named(list) {
            Some(list) => cell::label(text, list),
            None => cell::text(text),
        },
        Holds::Day => return number(cell::day(text).map(|days| Day::from_epoch_days(days).to_string())),
        Holds::Grade => return number(cell::grade(text).map(|grade| grade.to_string())),
        Holds::Count => return number(cell::count(text).map(|count| count.to_string())),
        Holds::Decimal => return number(cell::decimal(text).map(|decimal| decimal.to_string())),
        Holds::Money => return number(cell::fen(text).map(|fen| fen.to_string())),
    };
    match read {
        Reading::Same => Ok(Some(text.to_owned())),
        Reading::As(text) => Ok(Some(text.into_owned())),
        Reading::Missing => Ok(None),
        Reading::Unreadable => Err(RuleId::Unreadable),
        Reading::Mangled => Err(RuleId::MangledNumber),
        Reading::Kindergarten => Err(RuleId::Kindergarten),
        Reading::Unlisted(_) => Err(RuleId::UnknownCode),
    }
}
