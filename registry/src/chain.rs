//! The audit chain (审计链): who did what, to whom, why and with what result, in an order nobody can alter unseen.
//!
//! Every entry carries the SM3 digest of the entry before it, so that an edit, a deletion or an insertion breaks the chain at
//! that place. Whoever rewrites *all* of it makes a chain that is whole in itself; that is found by a [`Head`] which was signed
//! by a seal and kept elsewhere. Nothing here knows a database, a clock or a key. Sources: AU-1 (what an entry says), AU-2 (that
//! it cannot be altered unseen), S30 (audit records of systems that hold personal data are kept and protected).

pub(crate) mod hex;
#[cfg(test)]
mod tests;
mod verify;

use serde::{Deserialize, Serialize};
use sm3::{Digest as _, Sm3};

pub use verify::{Tampering, Verifier};

/// An SM3 digest (GB/T 32905).
pub type Digest = [u8; 32];

/// What comes before the first entry.
const ORIGIN: Digest = [0; 32];

/// Names the encoding of an entry; another encoding gets another name.
const ENCODING: &[u8] = b"xueji-audit-2";

/// What an entry says of one act (AU-1). Nothing in it names a pupil.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// When it was done: RFC 3339, UTC, milliseconds (`2026-09-01T02:03:04.005Z`).
    pub at: String,
    /// The account that did it (操作人).
    pub actor: String,
    /// The unit it was done for (单位): a school identifier or a division code.
    pub unit: String,
    /// The role it was done in (角色).
    pub role: String,
    /// What was done (操作).
    pub action: String,
    /// The surrogate of whom or what it was done to (对象); never a name or a number of a document.
    pub subject: String,
    /// The reason given (事由).
    pub why: String,
    /// What came of it (结果): done, refused, failed.
    pub result: String,
    /// SM3 of the command that was given; none for a reading.
    pub command: Option<String>,
    /// SM3 of the case, record, school or account before the act, if it was about one that was there.
    pub before: Option<String>,
    /// SM3 of the case or record after the act, if it was about a single one.
    pub after: Option<String>,
    /// Where the request came from (来源): an address, a command, a schedule.
    pub origin: String,
}

/// One entry of the chain. In JSON its facts stand beside its number and digests are 64 lowercase hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number; the first is 1 and none is left out.
    pub seq: u64,
    /// What it says.
    #[serde(flatten)]
    pub facts: Facts,
    /// The digest of the entry before it; 32 noughts for the first.
    #[serde(with = "hex")]
    pub previous: Digest,
    /// SM3 of `previous` and [`Entry::encoding`].
    #[serde(with = "hex")]
    pub digest: Digest,
}

/// Where a chain can be taken up: an entry's number and digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Link {
    /// The entry's number.
    pub seq: u64,
    /// The entry's digest.
    #[serde(with = "hex")]
    pub digest: Digest,
}

/// The end of a chain at a time (链头). Signed by a seal and kept where the database's keepers cannot write, it shows that the
/// chain up to there was not rewritten or cut off since (AU-2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The number of the last entry.
    pub seq: u64,
    /// The digest of the last entry.
    #[serde(with = "hex")]
    pub digest: Digest,
    /// When this was the end: RFC 3339, UTC, milliseconds.
    pub at: String,
}

impl Entry {
    /// The entry that follows another, or the first.
    pub fn following(previous: Option<&Link>, facts: Facts) -> Entry {
        let (seq, previous) = previous.map_or((1, ORIGIN), |link| (link.seq.saturating_add(1), link.digest));
        let mut entry = Entry { seq, facts, previous, digest: ORIGIN };
        entry.digest = entry.computed();
        entry
    }

    /// What the next entry follows.
    pub fn link(&self) -> Link {
        Link { seq: self.seq, digest: self.digest }
    }

    /// Whether the digest is that of the contents.
    pub fn is_whole(&self) -> bool {
        self.digest == self.computed()
    }

    /// The bytes that stand for number and facts: the encoding's name, the number as 8 bytes, then the fields in the order of
    /// [`Facts`]. A text is its length in bytes (8 bytes) and its UTF-8; what may be absent is preceded by 0 (absent) or 1.
    /// Numbers are big-endian. No two entries share an encoding.
    pub fn encoding(&self) -> Vec<u8> {
        let Facts { at, actor, unit, role, action, subject, why, result, command, before, after, origin } = &self.facts;
        let mut bytes = Vec::with_capacity(512);
        bytes.extend_from_slice(ENCODING);
        bytes.extend_from_slice(&self.seq.to_be_bytes());
        for text in [at, actor, unit, role, action, subject, why, result] {
            push(&mut bytes, text);
        }
        for text in [command, before, after] {
            bytes.push(u8::from(text.is_some()));
            if let Some(text) = text {
                push(&mut bytes, text);
            }
        }
        push(&mut bytes, origin);
        bytes
    }

    fn computed(&self) -> Digest {
        Sm3::new_with_prefix(self.previous).chain_update(self.encoding()).finalize().into()
    }
}

impl Head {
    /// The end of a chain whose last entry is known.
    pub fn new(last: &Link, at: String) -> Head {
        Head { seq: last.seq, digest: last.digest, at }
    }

    /// The entry it speaks of; a chain can be taken up there.
    pub fn link(&self) -> Link {
        Link { seq: self.seq, digest: self.digest }
    }
}

fn push(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
}
