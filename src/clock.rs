//! The only clock. In test mode it can be set (H2); what a test clock touches says so.

use std::sync::OnceLock;

use chrono::{DateTime, Utc};
use domain::calendar::Day;

use crate::outcome::UsageError;

static FIXED: OnceLock<DateTime<Utc>> = OnceLock::new();

/// The present instant, or the fixed one of the test clock.
#[expect(clippy::disallowed_methods, reason = "this is the clock")]
pub fn now() -> DateTime<Utc> {
    FIXED.get().copied().unwrap_or_else(Utc::now)
}

/// Whether it is the test clock that tells.
pub fn is_test() -> bool {
    FIXED.get().is_some()
}

/// The present day in the offices' time zone, Asia/Shanghai (UTC+8, no summer time since 1992).
pub fn today() -> Day {
    let shanghai = now() + chrono::Duration::hours(8);
    Day::from_epoch_days(i32::try_from(shanghai.timestamp().div_euclid(86_400)).unwrap_or_default())
}

/// Sets the test clock: an RFC 3339 instant, or `@FILE` with one in it. Only where `--test-mode` is on.
pub fn set(text: &str, test_mode: bool) -> anyhow::Result<()> {
    if !test_mode {
        return Err(UsageError("a test clock is refused outside test mode (--test-mode)".to_owned()).into());
    }
    let text = match text.strip_prefix('@') {
        Some(file) => fs_err::read_to_string(file)?,
        None => text.to_owned(),
    };
    let instant = DateTime::parse_from_rfc3339(text.trim())
        .map_err(|_| UsageError(format!("`{}` is no instant such as 2013-10-31T01:30:00Z", text.trim())))?;
    let _ = FIXED.set(instant.with_timezone(&Utc));
    complain!("note: the test clock stands at {}", instant.to_rfc3339());
    Ok(())
}
