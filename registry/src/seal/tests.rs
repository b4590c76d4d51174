//! One changed byte of a seal, a wrong key, a wrong day: each is refused by its reason.

use std::{os::unix::fs::PermissionsExt as _, path::PathBuf};

use chrono::TimeZone as _;
use serde_json::{Value, json};

use super::*;

/// A key, its document, its text and a signature that OpenSSL 3.0 made.
const FOREIGN_KEY: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQg2jrbD4xxYEV+1LWR
S/sZwhBXUcNXmjzCPC9t+iBMGIChRANCAAToqAFxF3Y3X1qe2p/MlG9CvVdB+PJP
iP3kgkzEcyul5yePwPEXjtBj5iyij19K9qDW6BLSCCJgHWxoNN1ITiJY
-----END PRIVATE KEY-----
";
const FOREIGN_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAE6KgBcRd2N19antqfzJRvQr1XQfjy
T4j95IJMxHMrpecnj8DxF47QY+Ysoo9fSvag1ugS0ggiYB1saDTdSE4iWA==
-----END PUBLIC KEY-----
";
const FOREIGN_SEAL: &str = r#"{
    "document": "{\"decision\":\"同意\",\"no\":\"2026-17\"}",
    "signer": "330106",
    "key": "ec331fe73a5251ca",
    "signed_at": "2026-09-01T02:03:04.005Z",
    "signature": "3044022052aa78f42cf8d75a21f41a07e786443757f9091e0c5271f1ab722c0957458d2702203fdfb0432c8869fe467b1ac8299d0525b40691ae5710189dc97d445f54f35a5e"
}"#;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

fn approval() -> Value {
    json!({"no": "2026-17", "decision": "同意", "reason": "随迁", "fee": 0, "steps": [1, 2, null, true]})
}

fn unit(key: &SealKey) -> PublicSeal {
    key.public("330106", "西湖区教育局", day("2026-09-01"), day("2027-08-31"))
}

fn sealed() -> (SealKey, Seal, Vec<PublicSeal>) {
    let key = SealKey::generate().unwrap();
    let seal = key.seal("330106", &approval(), at("2026-09-01T02:03:04.005Z")).unwrap();
    let stranger = SealKey::generate().unwrap();
    let mut others = unit(&stranger);
    others.unit = "330108".into();
    let ring = vec![others, unit(&stranger), unit(&key)];
    (key, seal, ring)
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("unit.pem");
    (folder, path)
}

#[test]
fn a_seal_is_verified_from_a_file_alone() {
    // REQ: CHG-01
    let (key, seal, ring) = sealed();
    let (_folder, path) = folder();
    fs_err::write(&path, serde_json::to_string_pretty(&(&seal, &ring)).unwrap()).unwrap();
    let (read, ring): (Seal, Vec<PublicSeal>) = serde_json::from_slice(&fs_err::read(&path).unwrap()).unwrap();
    assert_eq!(read, seal);
    let signer = read.verify(&ring).unwrap();
    assert_eq!((signer.name.as_str(), signer.key_id().unwrap()), ("西湖区教育局", key.id().to_owned()));
    assert_eq!(key.seal("330106", &approval(), at("2026-09-01T02:03:04.005Z")).unwrap(), seal, "nonces are derived");
}

#[test]
fn a_byte_changed_anywhere_is_refused() {
    // REQ: CHG-01
    let (_, seal, ring) = sealed();
    let text = serde_json::to_string(&seal).unwrap();
    for at in 0..text.len() {
        for flip in [0x01, 0x20] {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= flip;
            if let Ok(forged) = serde_json::from_slice::<Seal>(&bytes) {
                assert!(forged.verify(&ring).is_err(), "byte {at} of {text}");
            }
        }
    }
}

#[test]
fn the_reason_is_told() {
    // REQ: CHG-01
    let (_, seal, ring) = sealed();
    type Case = (fn(&mut Seal), fn(&SealError) -> bool);
    let cases: &[Case] = &[
        (|seal| seal.document = seal.document.replace("同意", "驳回"), |why| matches!(why, SealError::Altered)),
        (|seal| seal.document.push(' '), |why| matches!(why, SealError::Altered)),
        (|seal| seal.signed_at = "2026-09-01T02:03:04.006Z".into(), |why| matches!(why, SealError::Altered)),
        (
            |seal| seal.signed_at = "2026-09-01T10:03:04.005+08:00".into(),
            |why| matches!(why, SealError::BadTime { .. }),
        ),
        (|seal| seal.signed_at = "yesterday".into(), |why| matches!(why, SealError::BadTime { .. })),
        (|seal| seal.signature = seal.signature.to_uppercase(), |why| matches!(why, SealError::BadSignature)),
        (|seal| seal.signature.push_str("00"), |why| matches!(why, SealError::BadSignature)),
        (|seal| seal.signature.clear(), |why| matches!(why, SealError::BadSignature)),
        (|seal| seal.signature = "3006020100020100".into(), |why| matches!(why, SealError::BadSignature)),
        (|seal| seal.signature = "3006020101020101".into(), |why| matches!(why, SealError::Altered)),
        (|seal| seal.key = "0123456789abcdef".into(), |why| matches!(why, SealError::UnknownKey { .. })),
        (|seal| seal.key.make_ascii_uppercase(), |why| matches!(why, SealError::UnknownKey { .. })),
        (|seal| seal.signer = "330105".into(), |why| matches!(why, SealError::WrongUnit { .. })),
        (|seal| seal.signer = "330108".into(), |why| matches!(why, SealError::WrongUnit { .. })),
    ];
    for (number, (edit, expected)) in cases.iter().enumerate() {
        let mut forged = seal.clone();
        edit(&mut forged);
        if forged != seal {
            let refusal = forged.verify(&ring).unwrap_err();
            assert!(expected(&refusal), "case {number}: {refusal}");
            assert!(!refusal.zh().is_empty() && !refusal.en().is_empty());
        }
    }
    assert!(matches!(seal.verify(&ring[..2]), Err(SealError::UnknownKey { .. })));
    assert!(matches!(seal.verify(&[]), Err(SealError::UnknownKey { .. })));
}

#[test]
fn anothers_signature_is_refused() {
    // REQ: CHG-01
    let (_, seal, mut ring) = sealed();
    let other = SealKey::generate().unwrap();
    let mut forged = other.seal("330106", &approval(), at(&seal.signed_at)).unwrap();
    forged.key = seal.key.clone();
    assert!(matches!(forged.verify(&ring), Err(SealError::Altered)));
    ring[2].public_key.replace_range(..2, "05");
    assert!(matches!(seal.verify(&ring), Err(SealError::UnknownKey { .. })));
    ring[2].public_key.clear();
    assert!(matches!(ring[2].key_id(), Err(SealError::BadPublicKey { .. })));
}

#[test]
fn a_key_seals_from_its_first_day_to_its_last_in_beijing() {
    // REQ: CHG-01
    let (key, _, ring) = sealed();
    let cases = [
        ("2026-08-31T15:59:59.999Z", Some(false)),
        ("2026-08-31T16:00:00.000Z", None),
        ("2027-08-31T15:59:59.999Z", None),
        ("2027-08-31T16:00:00.000Z", Some(true)),
    ];
    for (time, over) in cases {
        let seal = key.seal("330106", &approval(), at(time)).unwrap();
        match (seal.verify(&ring), over) {
            (Ok(_), None)
            | (Err(SealError::NotYetValid { .. }), Some(false))
            | (Err(SealError::Expired { .. }), Some(true)) => {}
            (found, _) => panic!("{time}: {found:?}"),
        }
    }
    let seal = key.seal("330106", &approval(), at("2027-09-01T00:00:00Z")).unwrap();
    let mut renewed = ring.clone();
    renewed.push(key.public("330106", "西湖区教育局", day("2027-09-01"), day("2028-08-31")));
    assert_eq!(seal.verify(&renewed).unwrap().valid_to, day("2028-08-31"));
}

#[test]
fn a_document_that_was_signed_uncanonically_is_refused() {
    // REQ: CHG-01
    let (key, seal, ring) = sealed();
    for document in [r#"{"b":1,"a":2}"#, r#"{"a":1,"a":1}"#, r#"{"a": 1}"#, "\"\\u4e2d\"", "", "{"] {
        let mut odd = Seal { document: document.to_owned(), ..seal.clone() };
        odd.signature = key.signature(&odd.signed_text()).unwrap();
        assert!(matches!(odd.verify(&ring), Err(SealError::NotCanonical)), "{document}");
    }
    assert!(matches!(key.seal("", &approval(), Utc.timestamp_nanos(0)), Err(SealError::BadUnit { .. })));
    assert!(matches!(key.seal("3301\n06", &approval(), Utc.timestamp_nanos(0)), Err(SealError::BadUnit { .. })));
    assert!(matches!(key.seal("330106", &json!({"fee": 1.5}), Utc.timestamp_nanos(0)), Err(SealError::Number { .. })));
}

#[test]
fn one_document_has_one_text() {
    // REQ: CHG-01
    let same = [
        r#"{"b":[1,{"y":"中","x":null}],"a":"\u0041\/é\ud83d\udcdc"}"#,
        r#" { "a" : "A/\u00e9📜" , "b" : [ 1 , { "x" : null , "y" : "\u4e2d" } ] } "#,
    ];
    for text in same {
        let value = serde_json::from_str(text).unwrap();
        assert_eq!(canonical(&value).unwrap(), r#"{"a":"A/é📜","b":[1,{"x":null,"y":"中"}]}"#);
    }
    assert_ne!(canonical(&json!("é")).unwrap(), canonical(&json!("e\u{301}")).unwrap());
    assert_eq!(canonical(&json!({"\u{fb33}": 1, "\u{1f600}": 2})).unwrap(), "{\"\u{1f600}\":2,\"\u{fb33}\":1}");
    let controls = canonical(&json!("\0\u{8}\t\n\u{b}\u{c}\r\u{1f}\u{7f}\"\\")).unwrap();
    assert_eq!(controls, "\"\\u0000\\b\\t\\n\\u000b\\f\\r\\u001f\u{7f}\\\"\\\\\"");
    for number in ["0", "-1", "9007199254740991", "-9007199254740991"] {
        assert_eq!(canonical(&serde_json::from_str(number).unwrap()).unwrap(), number);
    }
    for number in ["1.0", "1e2", "-0", "9007199254740992", "-9007199254740992", "18446744073709551615", "0.1"] {
        let refused = canonical(&serde_json::from_str(number).unwrap());
        assert!(matches!(refused, Err(SealError::Number { .. })), "{number}");
    }
}

#[test]
fn a_key_is_saved_once_for_its_owner_only() {
    // REQ: CHG-01
    let (key, _, _) = sealed();
    let (_folder, path) = folder();
    key.save(&path).unwrap();
    assert_eq!(fs_err::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(
        SealKey::load(&path).unwrap().public("", "", day("2026-01-01"), day("2026-01-01")).key_id().unwrap(),
        key.id()
    );
    assert!(matches!(SealKey::generate().unwrap().save(&path), Err(SealError::Exists { .. })));
    assert_eq!(SealKey::load(&path).unwrap().id(), key.id());
    for mode in [0o640, 0o604, 0o660, 0o610, 0o602] {
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        assert!(matches!(SealKey::load(&path), Err(SealError::Exposed { .. })), "{mode:o}");
    }
    fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
    assert!(SealKey::load(&path).is_ok());
    let refused = SealKey::load(&path.with_extension("none")).unwrap_err();
    assert!(refused.to_string().contains("unit.none"), "{refused}");
    assert!(!format!("{key:?}").contains("secret"));
}

#[test]
fn what_is_no_key_is_not_loaded() {
    // REQ: CHG-01
    let (folder, path) = folder();
    let torn = &FOREIGN_KEY[..80];
    let other_curve = FOREIGN_KEY.replace("CCqBHM9VAYIt", "CCqGSM49AwEH");
    for text in ["", "key", torn, FOREIGN_PUBLIC, &other_curve, &"x".repeat(100_000)] {
        fs_err::write(&path, text).unwrap();
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(SealKey::load(&path), Err(SealError::NotAKey { .. })), "{text}");
    }
    assert!(matches!(SealKey::load(folder.path()), Err(SealError::NotAKey { .. })));
}

#[test]
fn keys_and_signatures_of_another_program_are_understood() {
    // REQ: CHG-01
    let (_folder, path) = folder();
    fs_err::write(&path, FOREIGN_KEY).unwrap();
    fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let key = SealKey::load(&path).unwrap();
    assert_eq!(unit(&key).pem().unwrap(), FOREIGN_PUBLIC);
    let seal: Seal = serde_json::from_str(FOREIGN_SEAL).unwrap();
    seal.verify(&[unit(&key)]).unwrap();
}

#[test]
fn the_example_of_the_standard_verifies() {
    // REQ: CHG-01 — GB/T 32918.5, appendix A.2
    let public = "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020\
                  ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13";
    let signature = "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3\
                     b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa";
    let key = VerifyingKey::from_sec1_bytes(DISTINGUISHING_ID, &hex::decode(public).unwrap()).unwrap();
    let signature = Signature::from_slice(&hex::decode(signature).unwrap()).unwrap();
    assert!(key.verify(b"message digest", &signature).is_ok());
    assert!(key.verify(b"message digesu", &signature).is_err());
}
