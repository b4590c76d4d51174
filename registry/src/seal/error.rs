//! Why a seal is refused, or a key cannot be used.

use std::{io, path::PathBuf};

use domain::calendar::Day;

/// Why a seal is refused, or a key cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.en())]
pub enum SealError {
    /// The system did not let us read or write; its words name the file.
    System(#[from] io::Error),
    /// There is a file where a new key was to be saved.
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Others than its owner can read or write the key's file.
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The file holds no private key of SM2 as PKCS#8 in PEM.
    NotAKey {
        /// The file.
        path: PathBuf,
    },
    /// The key could not be written down or did not sign.
    Unusable,
    /// The unit to sign for is empty or has control characters.
    BadUnit {
        /// The unit as it came.
        unit: String,
    },
    /// The document holds a number that has no single text.
    Number {
        /// The number.
        number: String,
    },
    /// The ring holds a public key that is none.
    BadPublicKey {
        /// The unit it is said to be of.
        unit: String,
    },
    /// No public key of the ring has this id.
    UnknownKey {
        /// The key's id.
        key: String,
    },
    /// The key is that of another unit.
    WrongUnit {
        /// The unit the seal names.
        signer: String,
        /// The unit whose key it is.
        owner: String,
    },
    /// The time of signing is not in the form written.
    BadTime {
        /// The text.
        text: String,
    },
    /// The signature is not one: not hexadecimal, not DER, or out of range.
    BadSignature,
    /// The signature is not that of this document, unit, key and time: something was altered.
    Altered,
    /// The document was signed, but is not in the canonical form.
    NotCanonical,
    /// It was signed before the key's first day.
    NotYetValid {
        /// The key's id.
        key: String,
        /// The first day.
        from: Day,
    },
    /// It was signed after the key's last day.
    Expired {
        /// The key's id.
        key: String,
        /// The last day.
        to: Day,
    },
}

impl SealError {
    /// The sentence in Chinese.
    pub fn zh(&self) -> String {
        match self {
            SealError::System(error) => format!("系统不允许读写印章密钥({error})"),
            SealError::Exists { path } => format!("“{}”已存在,不会覆盖已有的密钥", path.display()),
            SealError::Exposed { path, mode } => {
                format!("密钥文件“{}”可被他人读写(权限 {mode:03o}),请改为 600", path.display())
            }
            SealError::NotAKey { path } => format!("“{}”不是 SM2 私钥(PKCS#8,PEM)", path.display()),
            SealError::Unusable => "密钥不能使用".into(),
            SealError::BadUnit { unit } => format!("签章单位为空或含有控制字符:{unit:?}"),
            SealError::Number { number } => format!("签章的文件里不能有数 {number}:金额请以分计,编号请用文本"),
            SealError::BadPublicKey { unit } => format!("单位 {unit} 的公钥不是 SM2 公钥"),
            SealError::UnknownKey { key } => format!("没有编号为 {key} 的公钥"),
            SealError::WrongUnit { signer, owner } => format!("签章写的是单位 {signer},密钥却属于单位 {owner}"),
            SealError::BadTime { text } => format!("签章时间“{text}”的格式不对"),
            SealError::BadSignature => "签名的格式不对".into(),
            SealError::Altered => "签名不符:文件、单位、密钥编号或时间被改动".into(),
            SealError::NotCanonical => "签章的文件不是规范格式".into(),
            SealError::NotYetValid { key, from } => format!("密钥 {key} 自 {from} 起才有效"),
            SealError::Expired { key, to } => format!("密钥 {key} 已于 {to} 失效"),
        }
    }

    /// The sentence in English.
    pub fn en(&self) -> String {
        match self {
            SealError::System(error) => format!("the key of a seal cannot be read or written ({error})"),
            SealError::Exists { path } => format!("`{}` exists; no key is overwritten", path.display()),
            SealError::Exposed { path, mode } => {
                format!("others can read or write the key file `{}` (mode {mode:03o}); make it 600", path.display())
            }
            SealError::NotAKey { path } => format!("`{}` is no private key of SM2 (PKCS#8, PEM)", path.display()),
            SealError::Unusable => "the key cannot be used".into(),
            SealError::BadUnit { unit } => format!("the unit to seal for is empty or has control characters: {unit:?}"),
            SealError::Number { number } => {
                format!(
                    "a sealed document cannot hold the number {number}: write amounts in fen and identifiers as text"
                )
            }
            SealError::BadPublicKey { unit } => format!("the public key of unit {unit} is none of SM2"),
            SealError::UnknownKey { key } => format!("no public key has the id {key}"),
            SealError::WrongUnit { signer, owner } => {
                format!("the seal names unit {signer}, but the key is that of unit {owner}")
            }
            SealError::BadTime { text } => format!("the time of sealing, `{text}`, is not in the form written"),
            SealError::BadSignature => "the signature is not in the form written".into(),
            SealError::Altered => "the signature disagrees: document, unit, key id or time was altered".into(),
            SealError::NotCanonical => "the sealed document is not in the canonical form".into(),
            SealError::NotYetValid { key, from } => format!("key {key} is valid only from {from}"),
            SealError::Expired { key, to } => format!("key {key} was valid until {to}"),
        }
    }
}
