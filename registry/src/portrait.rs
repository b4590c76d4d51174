//! Portraits (照片): one of the year of entry at grades 1, 7 and 10; added, never replaced but by an approved change (ENR-02, EN-4).

use serde::{Deserialize, Serialize};

/// A checked picture and whose it is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    /// The registration or identity number that names it.
    pub number: String,
    /// SM3 of the bytes.
    pub digest: String,
    /// JPEG, re-encoded.
    #[serde(default)]
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture {{ {} bytes }}", self.bytes.len())
    }
}
