//! Long numbers that a spreadsheet has kept as numbers: shown with an exponent, or rounded to 15 digits.

use super::{checksum_ok, normalise};

/// Whether text is what a spreadsheet leaves of a long number.
///
/// `3.41E+17` and `3.41126e17`; 18 digits that end in `000` without that being their check digit; digits with a `.0` behind them.
/// Whether the check digit is right by luck can only be seen from the cell's type, which is the reader's to report.
pub fn is_mangled(text: &str) -> bool {
    // Almost every cell ends here: no point, no exponent, no rounded tail.
    if !text.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E') || !byte.is_ascii())
        && !normalise(text).ends_with("000")
    {
        return false;
    }
    let text = normalise(text);
    if let Ok(places) = text.as_bytes().try_into() {
        return text.ends_with("000") && text.bytes().all(|byte| byte.is_ascii_digit()) && !checksum_ok(places)
            || is_number_cell(&text);
    }
    is_number_cell(&text)
}

fn is_number_cell(text: &str) -> bool {
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) =
        text.split_once(['E', 'e']).map_or((text, None), |(mantissa, exponent)| (mantissa, Some(exponent)));
    let (whole, fraction) =
        mantissa.split_once('.').map_or((mantissa, None), |(whole, fraction)| (whole, Some(fraction)));
    if !is_digits(whole) || fraction.is_some_and(|fraction| !is_digits(fraction)) {
        return false;
    }
    match exponent {
        Some(exponent) => is_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)),
        None => fraction.is_some_and(|fraction| fraction.bytes().all(|byte| byte == b'0')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponents_rounded_tails_and_points_are_seen() {
        // REQ: WH-02
        for text in [
            "3.41E+17",
            "3.41126e17",
            "3.41126E17",
            "3E+17",
            "341126201503010000",
            "341126201503010000\u{7f}",
            "341126201503010016.0",
            "201901.0",
            "３.４１Ｅ＋１７",
            " 3.41E+17 ",
        ] {
            assert!(is_mangled(text), "{text}");
        }
    }

    #[test]
    fn whole_numbers_letters_and_right_check_digits_are_left_alone() {
        for text in [
            "",
            "341126201503010016",
            "11010519491231002X",
            "201901",
            "201000",
            "G341126201503010000",
            "E12345678",
            "3.5",
            "E+17",
            "3.41E",
            "1e",
            "H00000000",
            "340102000000",
            "EE",
            "三.五",
        ] {
            assert!(!is_mangled(text), "{text}");
        }
        let right = (0..1000)
            .map(|n| format!("34112620150{n:03}0000"))
            .find(|text| checksum_ok(text.as_bytes().try_into().unwrap()));
        assert!(!is_mangled(&right.unwrap()));
    }
}
