//! The electronic seal (电子印章): a unit signs a document, and anyone who holds the units' public keys can verify it without the
//! office's database (CHG-01, A19).
//!
//! SM2 signatures (GB/T 32918) over SM3 (GB/T 32905). What is signed is [`Seal::signed_text`]; signature and keys are in the
//! usual encodings (ASN.1 DER, PKCS#8 and SubjectPublicKeyInfo in PEM), so that other programs verify it too:
//!
//! ```text
//! openssl pkeyutl -verify -rawin -digest sm3 -pkeyopt distid:1234567812345678 -pubin -inkey unit.pem -in text -sigfile signature
//! ```

mod canonical;
mod error;
mod key;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use domain::calendar::Day;
use serde::{Deserialize, Serialize};
use sm2::{
    PublicKey,
    dsa::{Signature, VerifyingKey, signature::Verifier as _},
    pkcs8::{EncodePublicKey as _, LineEnding},
};
use sm3::{Digest as _, Sm3};

use crate::chain::hex;

pub use canonical::canonical;
pub use error::SealError;
pub use key::SealKey;

/// The distinguishing identifier (可辨别标识) that goes into the digest: the one GB/T 35276 sets where signer and verifier agreed
/// on no other.
pub const DISTINGUISHING_ID: &str = "1234567812345678";

/// Names what is signed; another form of it gets another name.
const FORM: &str = "xueji-seal-1";

/// A unit's public key, as the ring of the province's units holds it.
///
/// The ring is what trust rests on: nothing in a seal vouches for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicSeal {
    /// The public key: the uncompressed point of SEC 1 (65 bytes) as lowercase hexadecimal digits.
    pub public_key: String,
    /// The unit: a school identifier or a division code.
    pub unit: String,
    /// The unit's name.
    pub name: String,
    /// The first day it may seal, in Beijing.
    pub valid_from: Day,
    /// The last day it may seal, in Beijing. A key that was lost ends on the day before.
    pub valid_to: Day,
}

/// A document and the signature of a unit over it (CHG-01).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// The document: JSON as [`canonical()`] writes it.
    pub document: String,
    /// The unit that signed.
    pub signer: String,
    /// The key's id: the first 16 hexadecimal digits of SM3 of the public key.
    pub key: String,
    /// When it was signed, as the signer says: RFC 3339, UTC, milliseconds.
    pub signed_at: String,
    /// The signature: ASN.1 DER of `SEQUENCE { r INTEGER, s INTEGER }` as lowercase hexadecimal digits.
    pub signature: String,
}

impl PublicSeal {
    /// The id of the key.
    ///
    /// # Errors
    /// [`SealError::BadPublicKey`] if the text is no public key of SM2 in the form described.
    pub fn key_id(&self) -> Result<String, SealError> {
        self.point().map(|(_, bytes)| key_id(&bytes))
    }

    /// The key as SubjectPublicKeyInfo in PEM, for other programs.
    ///
    /// # Errors
    /// [`SealError::BadPublicKey`] if the text is no public key of SM2 in the form described.
    pub fn pem(&self) -> Result<String, SealError> {
        self.point()?.0.to_public_key_pem(LineEnding::LF).map_err(|_| self.bad())
    }

    fn point(&self) -> Result<(PublicKey, Vec<u8>), SealError> {
        let bytes = hex::decode(&self.public_key).filter(|bytes| bytes.len() == 65).ok_or_else(|| self.bad())?;
        let key = PublicKey::from_sec1_bytes(&bytes).map_err(|_| self.bad())?;
        Ok((key, bytes))
    }

    fn bad(&self) -> SealError {
        SealError::BadPublicKey { unit: self.unit.clone() }
    }

    /// Cheap: does not look whether the bytes are a point.
    fn has_id(&self, id: &str) -> bool {
        hex::decode(&self.public_key).is_some_and(|bytes| key_id(&bytes) == id)
    }
}

impl Seal {
    /// What the signature covers: five lines joined by `\n`, without one at the end: `xueji-seal-1`, signer, key id, time and
    /// document. None of them can hold a line break.
    pub fn signed_text(&self) -> String {
        let Seal { document, signer, key, signed_at, .. } = self;
        format!("{FORM}\n{signer}\n{key}\n{signed_at}\n{document}")
    }

    /// Verifies against the public keys of the units, and gives the one that signed.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn verify<'a>(&self, ring: &'a [PublicSeal]) -> Result<&'a PublicSeal, SealError> {
        let mut refusal = None;
        for public in ring.iter().filter(|public| public.unit == self.signer && public.has_id(&self.key)) {
            match self.agrees(public) {
                Ok(()) => return Ok(public),
                Err(error) => refusal = Some(error),
            }
        }
        Err(refusal.unwrap_or_else(|| match ring.iter().find(|public| public.has_id(&self.key)) {
            Some(owner) => SealError::WrongUnit { signer: self.signer.clone(), owner: owner.unit.clone() },
            None => SealError::UnknownKey { key: self.key.clone() },
        }))
    }

    fn agrees(&self, public: &PublicSeal) -> Result<(), SealError> {
        let day = day(&self.signed_at).ok_or_else(|| SealError::BadTime { text: self.signed_at.clone() })?;
        let bytes = hex::decode(&self.signature).ok_or(SealError::BadSignature)?;
        let signature = Signature::from_der(&bytes).map_err(|_| SealError::BadSignature)?;
        let key = VerifyingKey::new(DISTINGUISHING_ID, public.point()?.0).map_err(|_| public.bad())?;
        key.verify(self.signed_text().as_bytes(), &signature).map_err(|_| SealError::Altered)?;
        let document = serde_json::from_str(&self.document).map_err(|_| SealError::NotCanonical)?;
        if canonical(&document)? != self.document {
            return Err(SealError::NotCanonical);
        }
        if day < public.valid_from {
            return Err(SealError::NotYetValid { key: self.key.clone(), from: public.valid_from });
        }
        if public.valid_to < day {
            return Err(SealError::Expired { key: self.key.clone(), to: public.valid_to });
        }
        Ok(())
    }
}

fn key_id(public_key: &[u8]) -> String {
    let mut id = hex::encode(&Sm3::digest(public_key));
    id.truncate(16);
    id
}

fn written(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// The day in Beijing, which keeps UTC+8 all year. A time in any other form than [`written`] is none.
fn day(text: &str) -> Option<Day> {
    const BEIJING: i64 = 8 * 3600;
    let at = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
    let days = (at.timestamp() + BEIJING).div_euclid(24 * 3600);
    (written(at) == text).then_some(Day::from_epoch_days(i32::try_from(days).ok()?))
}
