//! Attendance, scores, conduct, aid and posts beside the core five.

use crate::province::{Place, days};

/// Side facts are kept by pupil with their lineage, money in whole fen; a second batch that says the same again doubles nothing.
///
/// REQ: WH-01 WH-02
#[test]
fn side_facts_are_checked_kept_and_never_doubled() {
    let place = Place::new();
    let first = days()[0];
    place.put("340102", first);
    assert_eq!(place.night(first).0.code, 0);
    let pupil = place
        .ask_with("select student_no, pupil_id from identities order by student_no limit 1", &["--vault", "test"])
        .remove(0);
    let number = pupil["student_no"].as_str().unwrap();
    for day in [first.plus_days(1), first.plus_days(2)] {
        let batch = place.inbox().join("340102").join(day.to_string());
        crate::province::copy(&place.inbox().join("340102").join(first.to_string()), &batch);
        let write = |name: &str, text: String| std::fs::write(batch.join(name), text).unwrap();
        write(
            "考勤.csv",
            format!(
                "学籍号,日期,情况,节次数\n{number},2012-09-03,旷课,3\n{number},2012-09-03,旷课,3\n{number},2012-09-03,请客,1\n"
            ),
        );
        write(
            "scores.csv",
            format!("学籍号,学年,学期,考试名称,科目,成绩\n{number},2012-2013,第一学期,期中,语文,91.5\n"),
        );
        write("资助.csv", format!("学籍号,学年,项目,金额\n{number},2012-2013,一补,500.05\n"));
        write("conduct.csv", format!("学籍号,日期,类别,名称\n{number},2012-09-03,奖励,三好学生\n"));
        write("cadres.csv", format!("学籍号,职务,任职日期\n{number},班长,2012-09-03\n"));
        let (ran, _) = place.night(day);
        assert_eq!(ran.code, 0, "{}", ran.err);
        for table in ["attendance", "scores", "aid", "conduct", "cadres"] {
            let rows = place.ask(&format!("select pupil_id, source_row from {table}"));
            assert_eq!(rows.len(), 1, "{table} after {day}");
            assert_eq!(rows[0]["pupil_id"], pupil["pupil_id"], "{table}");
            assert_eq!(rows[0]["source_row"], 2, "{table}");
        }
        assert_eq!(place.number("select amount_fen from aid"), 50_005);
        let came = place.ask(&format!(
            "select \"rows\", accepted, rejected, duplicates_dropped from batches where \"table\" = 'attendance' and day = '{day}'"
        ));
        assert_eq!(came[0], serde_json::json!({ "rows": 3, "accepted": 1, "rejected": 1, "duplicates_dropped": 1 }));
    }
}
