//! Numbers of persons: reading is total, what was read is read again as itself, and nothing printed shows a birth date.

use domain::identity::{IdNo, StudentNo, is_mangled, masked, normalise};

/// Asserts that normalising is idempotent, that a number read is its own normal form, and that it prints masked.
pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let tidy = normalise(text).into_owned();
    assert_eq!(normalise(&tidy), tidy, "normalising twice");
    assert_eq!(is_mangled(&tidy), is_mangled(text), "normalised text is mangled otherwise");
    assert_eq!(masked(text).chars().count(), text.chars().count());

    if let Ok(id) = IdNo::read(text) {
        assert_eq!(IdNo::read(id.as_str()), Ok(id), "an identity number is its own normal form");
        assert!(!is_mangled(id.as_str()), "a mangled number was taken");
        let check = id.check();
        assert_eq!(check.birth, id.birth());
        assert_eq!(id.division(), &id.as_str()[..6]);
        assert_eq!(format!("{id:?}"), masked(id.as_str()));
        hides_birth(&format!("{id:?}"));
    }
    assert_eq!(IdNo::read(&tidy), IdNo::read(text), "normalised text reads otherwise");

    if let Some(number) = StudentNo::read(text) {
        assert_eq!(StudentNo::read(number.as_str()), Some(number), "a registration number is its own normal form");
        assert_eq!(number.as_str(), format!("{}{}", number.kind().as_str(), number.places()));
        assert_eq!(format!("{number:?}"), masked(number.as_str()));
        hides_birth(&format!("{number:?}"));
    }
    assert_eq!(StudentNo::read(&tidy), StudentNo::read(text), "normalised text reads otherwise");
}

fn hides_birth(shown: &str) {
    assert!(shown.contains("************"), "{shown} shows too much");
}
