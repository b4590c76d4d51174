//! A unit's private key.

use std::{
    fmt,
    io::{self, Read as _, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use chrono::{DateTime, Utc};
use domain::calendar::Day;
use fs_err::os::unix::fs::OpenOptionsExt as _;
use serde_json::Value;
use sm2::{
    SecretKey,
    dsa::{Signature, SigningKey, signature::Signer as _},
    elliptic_curve::zeroize::Zeroizing,
    pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, LineEnding},
};

use super::{DISTINGUISHING_ID, PublicSeal, Seal, SealError, canonical, hex, key_id, written};

/// More than any file of a key holds.
const LONGEST: u64 = 64 * 1024;

/// The private key of a unit's seal. It is shown nowhere, not even by `{:?}`.
pub struct SealKey {
    secret: SecretKey,
    signing: SigningKey,
    public: Box<[u8]>,
    id: String,
}

impl SealKey {
    /// A new key from the randomness of the operating system.
    ///
    /// # Errors
    /// [`SealError::System`] if the system gives no randomness.
    pub fn generate() -> Result<SealKey, SealError> {
        let mut random = fs_err::File::open("/dev/urandom")?;
        let mut bytes = Zeroizing::new([0; 32]);
        loop {
            random.read_exact(bytes.as_mut())?;
            if let Ok(secret) = SecretKey::from_slice(bytes.as_ref()) {
                return SealKey::new(secret);
            }
        }
    }

    /// Saves the key as PKCS#8 in PEM to a new file that only its owner can read, and returns once it is on the disk.
    ///
    /// # Errors
    /// [`SealError::Exists`] if there is a file; [`SealError::System`].
    pub fn save(&self, path: &Path) -> Result<(), SealError> {
        let pem = self.secret.to_pkcs8_pem(LineEnding::LF).map_err(|_| SealError::Unusable)?;
        let mut options = fs_err::OpenOptions::new();
        let mut file =
            options.write(true).create_new(true).mode(0o600).open(path).map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => SealError::Exists { path: path.to_owned() },
                _ => SealError::System(error),
            })?;
        let kept = file.write_all(pem.as_bytes()).and_then(|()| file.sync_all()).and_then(|()| {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            fs_err::File::open(folder)?.sync_all()
        });
        kept.map_err(|error| {
            let _ = fs_err::remove_file(path);
            SealError::System(error)
        })
    }

    /// Loads a key that was saved, or made by another program as PKCS#8 in PEM without a password.
    ///
    /// # Errors
    /// [`SealError::Exposed`] if others than its owner have any right to the file, [`SealError::NotAKey`], [`SealError::System`].
    pub fn load(path: &Path) -> Result<SealKey, SealError> {
        let file = fs_err::File::open(path)?;
        let about = file.metadata()?;
        let not_a_key = || SealError::NotAKey { path: path.to_owned() };
        if !about.is_file() || LONGEST < about.len() {
            return Err(not_a_key());
        }
        let mode = about.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(SealError::Exposed { path: path.to_owned(), mode });
        }
        let mut pem = Zeroizing::new(Vec::with_capacity(about.len() as usize + 1));
        file.take(LONGEST).read_to_end(&mut pem)?;
        let pem = str::from_utf8(&pem).map_err(|_| not_a_key())?;
        SealKey::new(SecretKey::from_pkcs8_pem(pem).map_err(|_| not_a_key())?)
    }

    /// The id of the key: the first 16 hexadecimal digits of SM3 of the public key.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The public half, for the ring.
    pub fn public(&self, unit: &str, name: &str, valid_from: Day, valid_to: Day) -> PublicSeal {
        let public_key = hex::encode(&self.public);
        PublicSeal { public_key, unit: unit.to_owned(), name: name.to_owned(), valid_from, valid_to }
    }

    /// Seals a document. The nonce is made of key and contents (RFC 6979 with SM3), so that the same call gives the same seal and no
    /// poor source of randomness can give the key away.
    ///
    /// # Errors
    /// [`SealError::BadUnit`], [`SealError::Number`].
    pub fn seal(&self, unit: &str, document: &Value, at: DateTime<Utc>) -> Result<Seal, SealError> {
        if unit.is_empty() || unit.chars().any(char::is_control) {
            return Err(SealError::BadUnit { unit: unit.to_owned() });
        }
        let mut seal = Seal {
            document: canonical(document)?,
            signer: unit.to_owned(),
            key: self.id.clone(),
            signed_at: written(at),
            signature: String::new(),
        };
        seal.signature = self.signature(&seal.signed_text())?;
        Ok(seal)
    }

    pub(super) fn signature(&self, text: &str) -> Result<String, SealError> {
        let signature: Signature = self.signing.try_sign(text.as_bytes()).map_err(|_| SealError::Unusable)?;
        Ok(hex::encode(signature.to_der().as_bytes()))
    }

    fn new(secret: SecretKey) -> Result<SealKey, SealError> {
        let signing = SigningKey::new(DISTINGUISHING_ID, &secret).map_err(|_| SealError::Unusable)?;
        let public = signing.verifying_key().to_sec1_bytes();
        let id = key_id(&public);
        Ok(SealKey { secret, signing, public, id })
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealKey").field("id", &self.id).finish_non_exhaustive()
    }
}
