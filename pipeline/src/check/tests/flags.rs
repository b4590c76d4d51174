//! The right column of «reject or flag» in spec/exports.md, one test a line: the row is accepted and listed.

use super::*;

#[test]
fn a_wrong_check_digit_is_flagged() {
    // REQ: IDN-02
    let own = id("34010220060301001");
    let wrong = format!("{}{}", &own[..17], if own.ends_with('1') { '2' } else { '1' });
    let checked = checked_pupil(&[("身份证件号", &wrong), ("学籍号", &format!("G{wrong}"))]);
    assert_flagged(&checked, &[&format!("2 id_checksum 身份证件号 {wrong}")]);
    assert_eq!(text(&checked.rows, "id_no"), [Some(wrong.as_str())]);
}

#[test]
fn a_division_that_never_was_is_flagged() {
    // REQ: IDN-02
    let own = id("99999920060301001");
    let checked = checked_pupil(&[("身份证件号", &own), ("学籍号", &format!("G{own}"))]);
    assert_flagged(&checked, &[&format!("2 id_division 身份证件号 {own}")]);
}

#[test]
fn another_birth_date_in_the_number_is_flagged() {
    // REQ: IDN-02
    let own = id("34010220060302001");
    let checked = checked_pupil(&[("身份证件号", &own), ("学籍号", &format!("G{own}"))]);
    assert_flagged(&checked, &[&format!("2 id_birth_date 身份证件号 {own}")]);
    assert_eq!(checked.findings[0].detail, "日不同");
}

#[test]
fn another_sex_in_the_number_is_flagged() {
    // REQ: IDN-02
    let own = id("34010220060301001");
    assert_flagged(&checked_pupil(&[("性别", "女")]), &[&format!("2 id_sex 身份证件号 {own}")]);
}

#[test]
fn a_number_of_another_length_is_flagged_and_left_out() {
    // REQ: IDN-02
    let checked = checked_pupil(&[("身份证件号", "34010220060301")]);
    assert_flagged(&checked, &["2 optional_unreadable 身份证件号 34010220060301"]);
    assert_eq!(text(&checked.rows, "id_no"), [None]);
    assert_eq!(text(&checked.rows, "id_holder"), [None]);
}

#[test]
fn a_formal_number_unlike_the_id_number_is_flagged_unless_a_key_change_is_on_record() {
    // REQ: IDN-02
    let other = format!("G{}", id("34010220060301033"));
    let rows = pupils(&[pupil(&[("学籍号", &other)])]);
    assert_flagged(&checked(&rows), &[&format!("2 number_differs 学籍号 {other}")]);
    let mut known = known();
    known.add_key_change(&other);
    assert_eq!(said(&check(&rows, &known, &anhui(), day("2013-03-04")).findings), [""; 0]);
    let temporary = format!("L{}", id("34010220060301033"));
    assert_eq!(said(&checked_pupil(&[("学籍号", &temporary)]).findings), [""; 0]);
}

#[test]
fn an_age_outside_the_span_of_the_grade_is_flagged() {
    let own = id("34010219960301001");
    let changed = [("出生日期", "1996-03-01"), ("身份证件号", own.as_str()), ("学籍号", &format!("G{own}"))];
    let checked = checked_pupil(&changed);
    assert_flagged(&checked, &["2 age_for_grade 出生日期 1996-03-01"]);
    assert_eq!(checked.findings[0].detail, "1年级，至2012-08-31为16周岁，应为5至8周岁");
    let left: Vec<_> = changed.into_iter().chain([("学籍状态", "辍学保留")]).collect();
    assert_eq!(said(&checked_pupil(&left).findings), [""; 0]);
}

#[test]
fn an_entry_after_the_day_of_the_batch_is_flagged() {
    assert_flagged(&checked_pupil(&[("入学年月", "2013-04")]), &["2 entry_after_day 入学年月 2013-04"]);
    assert_eq!(said(&checked_pupil(&[("入学年月", "2013-03")]).findings), [""; 0]);
}

#[test]
fn an_optional_value_outside_its_list_is_kept_as_text() {
    let checked = checked_pupil(&[("户口性质", "蓝印户口")]);
    assert_flagged(&checked, &["2 optional_code 户口性质 蓝印户口"]);
    assert_eq!(text(&checked.rows, "hukou_kind"), [Some("蓝印户口")]);
}

#[test]
fn an_optional_value_that_cannot_be_read_is_left_out() {
    let checked = checked_pupil(&[("户口所在地行政区划", "合肥"), ("是否留守儿童", "也许"), ("联系电话", "1.38E+10")]);
    assert_flagged(
        &checked,
        &[
            "2 optional_unreadable 户口所在地行政区划 合肥",
            "2 optional_unreadable 是否留守儿童 也许",
            "2 optional_unreadable 联系电话 1.38E+10",
        ],
    );
    for field in ["hukou_division", "left_behind", "phone"] {
        assert_eq!(text(&checked.rows, field), [None]);
    }
}

#[test]
fn a_resident_id_without_its_number_is_flagged_and_another_document_is_not() {
    // REQ: WH-08
    assert_flagged(&checked_pupil(&[("身份证件号", "")]), &["2 id_missing 身份证件号 -"]);
    let without = [("身份证件号", ""), ("身份证件类型", "其他"), ("学籍号", "J340102200603010017")];
    assert_eq!(said(&checked_pupil(&without).findings), [""; 0]);
    let passport = [("身份证件号", "E12345678"), ("身份证件类型", "护照"), ("学籍号", "J340102200603010017")];
    let checked = checked_pupil(&passport);
    assert_eq!(said(&checked.findings), [""; 0]);
    assert_eq!(text(&checked.rows, "id_no"), [Some("E12345678")]);
}

#[test]
fn a_guardians_number_makes_the_record_temporary_and_siblings_stay_apart() {
    // REQ: IDN-03
    let mother = id("34010219850203002");
    let child = |number: &str| {
        pupil(&[("学籍号", number), ("身份证件号", &mother), ("成员1身份证件号", &mother)])
            .into_iter()
            .collect::<Vec<_>>()
    };
    let checked = checked(&pupils(&[child("L340102200603010011"), child("L340102200603010012")]));
    assert_eq!(said(&checked.findings), [""; 0]);
    assert_eq!(text(&checked.rows, "id_holder"), [Some("guardian"), Some("guardian")]);
    assert_eq!(text(&checked.rows, "number_kind"), [Some("L"), Some("L")]);
}

#[test]
fn a_childs_own_number_copied_to_the_guardian_stays_the_childs() {
    // REQ: IDN-03
    let own = id("34010220060301001");
    let checked = checked_pupil(&[("成员1身份证件号", &own)]);
    assert_eq!(text(&checked.rows, "id_holder"), [Some("self")]);
}

#[test]
fn sixteen_years_make_a_guardian() {
    // REQ: IDN-03
    for (first_17, holder) in [("34010219900301002", "guardian"), ("34010219900302002", "self")] {
        let checked = checked_pupil(&[("身份证件号", &id(first_17)), ("学籍号", "L340102200603010011")]);
        assert_eq!(text(&checked.rows, "id_holder"), [Some(holder)], "{first_17}");
    }
}
