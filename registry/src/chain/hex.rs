//! Bytes as lowercase hexadecimal digits.

use std::fmt::Write as _;

use serde::{Deserialize, Deserializer, Serializer, de};

/// Two digits a byte.
pub(crate) fn encode(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The bytes, if the text is nothing but pairs of digits. Capitals are refused: one value has one text.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    pairs.iter().map(|&[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect()
}

pub(super) fn serialize<S: Serializer>(digest: &super::Digest, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&encode(digest))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<super::Digest, D::Error> {
    let text = String::deserialize(deserializer)?;
    let digest = decode(&text).and_then(|bytes| bytes.try_into().ok());
    digest.ok_or_else(|| de::Error::custom("a digest is 64 lowercase hexadecimal digits"))
}
