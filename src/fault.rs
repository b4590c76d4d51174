//! Faults of the program itself: a panic is told in one sentence and ends in exit code 5, never in 101.
//!
//! Libraries of ours catch panics of their own (delta-rs, where an upload that failed is broken off); of those nobody hears.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook},
    sync::{Mutex, PoisonError},
};

/// Where the last panic was.
static PLACE: Mutex<Option<String>> = Mutex::new(None);

/// A panic that nobody caught.
#[derive(Debug)]
pub struct Fault(String);

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a fault of the program itself, at {}; please report this line", self.0)
    }
}

impl std::error::Error for Fault {}

/// From now on a panic is noted instead of printed.
pub fn watch() {
    set_hook(Box::new(note));
}

fn note(info: &PanicHookInfo<'_>) {
    let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let place = match words(info.payload()) {
        Some(words) => format!("{place}: {words}"),
        None => place,
    };
    tracing::debug!(backtrace = %std::backtrace::Backtrace::capture(), "panic at {place}");
    *PLACE.lock().unwrap_or_else(PoisonError::into_inner) = Some(place);
}

/// What a panic says, where it stands so in the source. What was put together at run time may hold a person's name.
fn words(payload: &(dyn Any + Send)) -> Option<&'static str> {
    payload.downcast_ref::<&'static str>().copied()
}

/// Does work that may panic.
pub fn guard<T>(work: impl FnOnce() -> T) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| {
        Fault(PLACE.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_else(|| "an unknown place".into()))
    })
}
