//! What must hold at every instant, looked through after every story.

use std::collections::HashMap;

use registry::store::{
    rows,
    table::{cases, changes, classes, pupils},
};
use sea_orm::{EntityTrait, QueryOrder};

use super::Town;

/// Looks the registry through.
pub async fn check(town: &Town) {
    let reader = town.office.store().reader();
    let records = pupils::Entity::find().all(reader).await.expect("records");
    let movements = changes::Entity::find().order_by_asc(changes::Column::Id).all(reader).await.expect("movements");
    let rooms = classes::Entity::find().all(reader).await.expect("classes");
    let pending = cases::Entity::find().all(reader).await.expect("cases");

    // Every movement leads from where the one before has led to, and the last to where the record is (nothing is half, nothing lost).
    let mut stands: HashMap<i64, [Option<String>; 4]> = HashMap::new();
    for row in movements {
        let from = [row.from_school, row.from_class, row.from_grade.map(|grade| grade.to_string()), row.from_status];
        let to = [row.to_school, row.to_class, row.to_grade.map(|grade| grade.to_string()), row.to_status];
        if from[0].is_some() {
            assert_eq!(stands.get(&row.pupil_id), Some(&from), "movement {} of record {}", row.id, row.pupil_id);
        } else {
            assert!(!stands.contains_key(&row.pupil_id), "movement {} enters record {} again", row.id, row.pupil_id);
        }
        stands.insert(row.pupil_id, to);
    }
    let rooms: HashMap<(String, String), (i16, bool)> =
        rooms.into_iter().map(|room| ((room.school_id, room.class_id), (room.grade, room.closed))).collect();
    for row in &records {
        let is = [&row.school_id, &row.class_id, &row.grade.to_string(), &row.status].map(|text| Some(text.clone()));
        assert_eq!(stands.get(&row.id), Some(&is), "record {}", row.id);
        // INV: EN-5
        let room = rooms.get(&(row.school_id.clone(), row.class_id.clone()));
        match row.status.as_str() {
            "在读" => assert_eq!(room, Some(&(row.grade, false)), "record {} sits in class {}", row.id, row.class_id),
            "辍学保留" => assert_eq!(row.class_id, registry::dropout::KEPT_CLASS, "record {}", row.id),
            _ => {}
        }
    }
    assert_eq!(records.len(), stands.len(), "every record was entered");

    // INV: TR-2
    let mut held: HashMap<i64, i64> = HashMap::new();
    for row in &pending {
        let case = rows::case(row).expect("a case");
        let holds = case.state.is_pending() && case.purpose.kind().is_exclusive();
        assert_eq!(row.holds_pupil, case.pupil.filter(|_| holds), "case {}", row.id);
        if let Some(pupil) = row.holds_pupil {
            assert_eq!(held.insert(pupil, row.id), None, "two cases hold record {pupil}");
        }
    }

    // INV: AU-1, AU-2
    let report = town.office.verify_audit(&[]).await.expect("the chain reads");
    assert_eq!(report.fault, None);
    assert_eq!(
        town.count(&format!("select count(*) from audit where data like '%{}%'", super::people::SURNAME)).await,
        0
    );
}
