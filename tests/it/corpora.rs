//! The fuzz targets of `domain` without a fuzzer: every input that is kept, and some thousand mutations of them.

use std::path::Path;

use self::replay::replay;

#[path = "../../fuzz/src/bodies"]
mod bodies {
    pub(super) mod date;
    pub(super) mod id_number;
    pub(super) mod policy;
}
#[path = "../../fuzz/src/replay.rs"]
pub(crate) mod replay;

fn fuzz() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz"))
}

// REQ: WH-01
#[test]
fn a_day_is_what_its_digits_say() {
    replay(fuzz(), "date", 20_000, bodies::date::check);
}

// REQ: IDN-01 IDN-02
#[test]
fn a_number_is_its_own_normal_form_and_shows_no_birth_date() {
    replay(fuzz(), "id_number", 20_000, bodies::id_number::check);
}

// REQ: POL-01 POL-02
#[test]
fn any_text_is_a_pack_that_answers_or_an_error_that_is_told() {
    replay(fuzz(), "policy", 1_000, bodies::policy::check);
}
