//! One text for one document.

use serde_json::Value;

use super::SealError;

/// The largest whole number that every reader of JSON keeps exactly.
const LARGEST: u64 = (1 << 53) - 1;

/// JSON as RFC 8785 writes it: no white space, the keys of an object sorted by their UTF-16 code units, characters as they are but
/// for `"`, `\` and controls. The text does not depend on the order of keys nor on how characters were escaped; it is not
/// normalised, so that é as one character and as two are different.
///
/// Fractions, exponents and numbers beyond 2^53 − 1 are refused, because programs differ in how they write them: amounts are whole
/// fen, and digits that are a name are text.
///
/// # Errors
/// [`SealError::Number`] names the first number that is refused.
pub fn canonical(document: &Value) -> Result<String, SealError> {
    let mut text = String::new();
    write(document, &mut text)?;
    Ok(text)
}

fn write(value: &Value, text: &mut String) -> Result<(), SealError> {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Number(number) => {
            let whole = number.as_i64().filter(|whole| whole.unsigned_abs() <= LARGEST);
            let whole = whole.ok_or_else(|| SealError::Number { number: number.to_string() })?;
            text.push_str(&whole.to_string());
        }
        Value::String(string) => quote(string, text),
        Value::Array(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                if 0 < at {
                    text.push(',');
                }
                write(item, text)?;
            }
            text.push(']');
        }
        Value::Object(fields) => {
            let mut fields = fields.iter().collect::<Vec<_>>();
            fields.sort_unstable_by(|(left, _), (right, _)| left.encode_utf16().cmp(right.encode_utf16()));
            text.push('{');
            for (at, (key, value)) in fields.into_iter().enumerate() {
                if 0 < at {
                    text.push(',');
                }
                quote(key, text);
                text.push(':');
                write(value, text)?;
            }
            text.push('}');
        }
    }
    Ok(())
}

fn quote(string: &str, text: &mut String) {
    text.push('"');
    for sign in string.chars() {
        match sign {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{8}' => text.push_str("\\b"),
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\u{c}' => text.push_str("\\f"),
            '\r' => text.push_str("\\r"),
            '\0'..'\u{20}' => text.push_str(&format!("\\u{:04x}", u32::from(sign))),
            _ => text.push(sign),
        }
    }
    text.push('"');
}
