//! Nothing leaves without the authority's written approval (USR-04).

use registry::office::{OfficeError, lookup::Query};
use serde_json::{Value, json};

use crate::town::{
    Town, by, on_both,
    place::{HEFEI, JUNIOR, YAOHAI},
};

fn act(act: Value) -> Value {
    json!({"do": "duty", "act": act})
}

async fn export(town: &Town, account: &str, duty: &str) -> Result<Value, String> {
    let query: Query = serde_json::from_value(json!({"ask": "export", "duty": duty.parse::<i64>().unwrap()})).unwrap();
    match town.office.look(by(account), &query, "按批准提供", town.now()).await {
        Ok(value) => Ok(value),
        Err(OfficeError::Refused(refusal)) => Err(refusal.code),
        Err(error) => panic!("{error:?}"),
    }
}

#[test]
fn an_export_needs_an_approval_on_record_carries_a_watermark_and_is_logged() {
    // REQ: USR-04
    // EDGE: X26
    on_both(async |town| {
        town.pupils(JUNIOR, 8, 3).await;
        let ask = |unit: &str, to: &str, purpose: &str| {
            act(json!({"act": "request_export", "unit": unit, "recipient": to, "purpose": purpose}))
        };
        town.no("r340102", ask(JUNIOR, "", "核查"), "export.purpose").await;
        town.no("r341126", ask(JUNIOR, "区卫健委", "体检"), "not_found").await;
        let duty = town.ok("r340102", ask(JUNIOR, "区卫健委", "体检")).await.id.unwrap();
        let approve =
            |until: &str| act(json!({"act": "approve_export", "duty": duty.parse::<i64>().unwrap(), "until": until}));
        assert_eq!(export(town, "r340102", &duty).await.unwrap_err(), "forbidden");
        for account in ["r340102", "h3134000001", "a340102", "h341126", "v340102"] {
            assert!(town.tell(account, approve("2025-09-10")).await.is_err(), "{account}");
        }
        town.no("h340102", approve("2025-10-03"), "export.until").await;
        town.no("h340102", approve("2025-09-01"), "export.until").await;
        town.ok("h340102", approve("2025-09-10")).await;
        let given = export(town, "r340102", &duty).await.unwrap();
        assert_eq!(given["records"].as_array().unwrap().len(), 3);
        let watermark = given["watermark"].as_str().unwrap();
        for part in ["区卫健委", "体检", "h340102", "r340102", "2025-09-10"] {
            assert!(watermark.contains(part), "{watermark}");
        }
        let logged = format!(
            "select count(*) from audit where action = 'export' and actor = 'r340102' and data like '%duty:{duty}%'"
        );
        assert_eq!(town.count(&logged).await, 1);
        // Not for another unit than the one that asked, and not after the last day.
        assert_eq!(export(town, "r340100", &duty).await.unwrap_err(), "forbidden");
        assert_eq!(export(town, "r341126", &duty).await.unwrap_err(), "not_found");
        town.on("2025-09-10T23:59:59.999");
        export(town, "r340102", &duty).await.unwrap();
        town.on("2025-09-11T00:00:00.000");
        assert_eq!(export(town, "r340102", &duty).await.unwrap_err(), "forbidden");
        assert_eq!((HEFEI, YAOHAI), ("340100", "340102"));
    });
}
