//! Every paper from made-up facts: as a page, as a file, masked or whole, and what is said when a fact is missing.

use papers::{Kind, Paper, PaperError, from_json, html, page_count, pdf};
use serde_json::Value;

fn facts(kind: Kind) -> Value {
    let text = match kind {
        Kind::DropoutLetter => include_str!("../examples/facts/dropout_letter.json"),
        Kind::TransferForm => include_str!("../examples/facts/transfer_form.json"),
        Kind::SuspensionNotice => include_str!("../examples/facts/suspension_notice.json"),
        Kind::ResumptionNotice => include_str!("../examples/facts/resumption_notice.json"),
        Kind::EnrolmentCertificate => include_str!("../examples/facts/enrolment_certificate.json"),
        Kind::SchoolingCertificate => include_str!("../examples/facts/schooling_certificate.json"),
        Kind::ClassList => include_str!("../examples/facts/class_list.json"),
        Kind::SignOffSheet => include_str!("../examples/facts/sign_off_sheet.json"),
        Kind::CollectionForm => include_str!("../examples/facts/collection_form.json"),
        Kind::MigrantHandover => include_str!("../examples/facts/migrant_handover.json"),
    };
    serde_json::from_str(text).unwrap()
}

fn paper(kind: Kind) -> Paper {
    paper_of(kind, &facts(kind))
}

fn paper_of(kind: Kind, facts: &Value) -> Paper {
    from_json(kind, &facts.to_string()).unwrap()
}

/// Every text in the facts with the name of its field, those of the office's own contact left out.
fn texts(name: &str, value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => found.push((name.to_owned(), text.clone())),
        Value::Array(rows) => rows.iter().for_each(|row| texts(name, row, found)),
        Value::Object(fields) => {
            fields.iter().filter(|(name, _)| *name != "contact").for_each(|(name, value)| texts(name, value, found))
        }
        _ => {}
    }
}

fn numbers(kind: Kind) -> Vec<String> {
    let mut found = Vec::new();
    texts("", &facts(kind), &mut found);
    let personal = |(name, _): &(String, String)| ["student_no", "id_no", "phone"].contains(&name.as_str());
    found.into_iter().filter(personal).map(|(_, text)| text).collect()
}

#[test]
fn every_paper_is_a_page_and_a_file_and_always_the_same() {
    // REQ: DRP-02 DRP-04 TRF-01 SUS-01 SUS-02 GRD-03 CLS-03 SGN-01 ENR-01
    for kind in Kind::ALL {
        let paper = paper(kind);
        let page = html(&paper);
        assert!(page.starts_with("<!DOCTYPE html>") && page.contains("lang=\"zh-CN\""), "{kind:?}");
        assert!(page.contains("size: A4") && page.contains("table-header-group"));
        assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("<script"));
        let file = pdf(&paper).unwrap();
        assert!(file.starts_with(b"%PDF-1."), "{kind:?}");
        assert!((1..=3).contains(&page_count(&paper).unwrap()), "{kind:?}");
        assert_eq!(page, html(&paper));
        assert!(file == pdf(&paper).unwrap(), "{kind:?} is not the same twice");
    }
}

#[test]
fn the_model_can_be_kept_and_read_back() {
    for kind in Kind::ALL {
        let paper = paper(kind);
        let kept = serde_json::to_string(&paper).unwrap();
        assert!(serde_json::from_str::<Paper>(&kept).unwrap() == paper, "{kind:?}");
    }
}

#[test]
fn numbers_stand_whole_only_where_another_office_needs_them() {
    // REQ: CLS-03 DRP-02 DRP-04 TRF-01 GRD-03
    for kind in Kind::ALL {
        let paper = paper(kind);
        let page = html(&paper);
        assert_eq!(paper.masked, !kind.shows_numbers_whole());
        for number in numbers(kind) {
            assert_eq!(page.contains(&number), kind.shows_numbers_whole(), "{kind:?} {number}");
        }
    }
    assert!(html(&paper(Kind::ClassList)).contains("G3419************11"));
    assert!(html(&paper(Kind::ClassList)).contains("已作遮蔽处理"));
}

#[test]
fn names_are_escaped_and_marks_of_direction_written_out() {
    // REQ: DRP-02
    let mut facts = facts(Kind::DropoutLetter);
    let page = html(&paper_of(Kind::DropoutLetter, &facts));
    assert!(page.contains("=&#60;b&#62;&#39;𠮷") && !page.contains("<b>"), "the name is markup");
    assert!(page.contains("阿依古丽·买买提") && page.contains("字库缺字（统一码）：“𠮷”为U+20BB7。"));
    facts["pupils"][0]["pupil"]["name"] = "王\u{202e}明\u{0}&\"<script>".into();
    let page = html(&paper_of(Kind::DropoutLetter, &facts));
    assert!(page.contains("王〔U+202E〕明〔U+0000〕&#38;&#34;&#60;script&#62;"));
    assert!(!page.contains('\u{202e}') && !page.contains('\0'));
}

#[test]
fn a_missing_fact_is_named_and_no_value_told() {
    // REQ: DRP-02
    for kind in Kind::ALL {
        let whole = facts(kind);
        let mut values = Vec::new();
        texts("", &whole, &mut values);
        let mut refused = 0;
        for name in whole.as_object().unwrap().keys() {
            let mut facts = whole.clone();
            facts.as_object_mut().unwrap().remove(name);
            let Err(fault) = from_json(kind, &facts.to_string()) else { continue };
            refused += 1;
            let PaperError::Missing { path, chinese, .. } = &fault else { panic!("{kind:?} {name}: {fault}") };
            assert_eq!(path, name);
            let message = fault.to_string();
            assert!(message.contains(name.as_str()) && message.contains(chinese), "{message}");
            let telling = |value: &str| value.chars().count() > 4 && !value.is_ascii();
            for (_, value) in values.iter().filter(|(_, value)| telling(value)) {
                assert!(!message.contains(value.as_str()), "{message}");
            }
        }
        assert!(refused >= 4, "{kind:?}");
    }
}

#[test]
fn a_list_of_nobody_is_no_paper() {
    // REQ: DRP-02 DRP-04 CLS-03 SGN-01
    for (kind, list) in [
        (Kind::DropoutLetter, "pupils"),
        (Kind::MigrantHandover, "pupils"),
        (Kind::ClassList, "pupils"),
        (Kind::SignOffSheet, "figures"),
    ] {
        let mut facts = facts(kind);
        facts[list] = Value::Array(Vec::new());
        let fault = from_json(kind, &facts.to_string()).err().unwrap();
        assert!(matches!(fault, PaperError::Missing { path, .. } if path == list), "{kind:?}");
    }
}

#[test]
fn a_suspension_lasts_a_year_and_the_school_may_order_it() {
    // REQ: SUS-01
    let mut facts = facts(Kind::SuspensionNotice);
    let page = html(&paper_of(Kind::SuspensionNotice, &facts));
    assert!(page.contains("2026年3月9日至2027年3月9日") && page.contains("申请及所附证明已收悉"));
    facts["from"] = "2024-02-29".into();
    facts["ordered_by_school"] = true.into();
    facts["extension"] = true.into();
    let page = html(&paper_of(Kind::SuspensionNotice, &facts));
    assert!(page.contains("2024年2月29日至2025年2月28日") && page.contains("学校决定令其延长休学"));
    facts["until"] = "2024-09-01".into();
    assert!(html(&paper_of(Kind::SuspensionNotice, &facts)).contains("2024年2月29日至2024年9月1日"));
}

#[test]
fn a_resumption_tells_the_grade_that_continues_the_studies() {
    // REQ: SUS-02
    let page = html(&paper(Kind::ResumptionNotice));
    assert!(
        page.contains("按照接续学业的原则，安排在六年级（2）班就读") && page.contains("学籍管理专用电子章　QS-0007")
    );
}

#[test]
fn a_transfer_shows_every_step_who_when_and_how() {
    // REQ: TRF-01
    let mut facts = facts(Kind::TransferForm);
    let page = html(&paper_of(Kind::TransferForm, &facts));
    for words in
        ["赵芳、钱学文", "同意：有空余学位，同意接收", "超时默认", "电子章 BH-0042", "转出学校学籍主管部门", "尚在办理"]
    {
        assert!(page.contains(words), "{words}");
    }
    facts["completed_on"] = "2026-04-02".into();
    assert!(
        html(&paper_of(Kind::TransferForm, &facts))
            .contains("2026年4月2日办结，学籍已转到转入学校，转出学校不再保留学籍")
    );
    facts["steps"][1]["verdict"] = "不同意".into();
    let page = html(&paper_of(Kind::TransferForm, &facts));
    assert!(page.contains("转入学校学籍主管部门不同意转学，学籍仍在转出学校"));
    facts["steps"][1]["mode"] = "自动".into();
    let message = from_json(Kind::TransferForm, &facts.to_string()).err().unwrap().to_string();
    assert!(
        message.contains("steps[1].mode") && message.contains("审批方式") && message.contains("超时默认"),
        "{message}"
    );
}

#[test]
fn a_lost_certificate_is_answered_once_and_with_the_seal_of_the_authority() {
    // REQ: GRD-03
    let page = html(&paper(Kind::SchoolingCertificate));
    for words in [
        "毕业证书遗失不予补发",
        "《某省中小学生学籍管理办法》第十七条",
        "原则上只补发一次",
        "验印机关：江南市教育局",
        "（盖章）",
    ] {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn a_report_is_not_reported_until_it_is_signed() {
    // REQ: SGN-01
    let mut facts = facts(Kind::SignOffSheet);
    let page = html(&paper_of(Kind::SignOffSheet, &facts));
    assert!(page.contains("校长（学区负责人）于2025年9月28日审签") && page.contains("我校郑重承诺"));
    facts.as_object_mut().unwrap().remove("head");
    facts["level"] = "county".into();
    let page = html(&paper_of(Kind::SignOffSheet, &facts));
    assert!(
        page.contains("不视为已上报") && page.contains("教育行政部门负责人审签") && page.contains("我单位郑重承诺")
    );
}

#[test]
fn a_dropout_letter_goes_to_the_township_with_copies_to_both_authorities() {
    // REQ: DRP-02
    let mut facts = facts(Kind::DropoutLetter);
    let page = html(&paper_of(Kind::DropoutLetter, &facts));
    assert!(page.contains("云岭县青石镇人民政府：") && page.contains("第二十七条"));
    assert!(page.contains("抄送：云岭县教育体育局，云岭县教育体育局学籍管理中心。"));
    facts["measure"] = "province-b".into();
    facts["registration_authority"] = facts["county_authority"].clone();
    let page = html(&paper_of(Kind::DropoutLetter, &facts));
    assert!(page.contains("《某省中小学生学籍管理办法》第二十六条") && page.contains("抄送：云岭县教育体育局。"));
}

#[test]
fn a_handover_is_one_list_for_one_home_county() {
    // REQ: DRP-04
    let paper = paper(Kind::MigrantHandover);
    assert!(paper.landscape && paper.addressee.as_deref() == Some("云岭县教育体育局"));
    let page = html(&paper);
    assert!(page.contains("共2人") && page.contains("A4 landscape") && page.contains("接收人"));
}

#[test]
fn the_collection_form_is_empty_and_tells_what_becomes_of_it() {
    // REQ: ENR-01
    let page = html(&paper(Kind::CollectionForm));
    for words in ["姓名*", "□男　□女", "成员1身份证件号", "户口性质", "个人信息处理告知", "2026年9月10日前交回"]
    {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("学籍状态") && !page.contains("照片摘要"));
}
