//! What sources say, what papers say, and the movements that follow. One line, one statement.

mod posted;

use std::sync::Arc;

use domain::{calendar::Day, movement::MovementKind};
use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{Terms, timeline};
use crate::account::{Account, Claim, Movement, Paper, Person, Statement, Word, Words};

/// `claims`: `source day: school class grade status`, or `source day: -`; a source opens on day 1 unless it says `source day!`.
/// `papers`: `day kind from>to class grade`, `-` for what is not said; `day/later` was decided later than it holds from.
fn check(claims: &str, papers: &str, expected: Expect) {
    let mut words = Words::default();
    let terms = Terms::new(&mut words);
    let claims = read_claims(claims, &mut words);
    let papers = read_papers(papers, &mut words);
    let told = timeline(&claims, &papers, &terms, &words);
    let mut text: String = told.movements.iter().map(|movement| shown(movement, &words) + "\n").collect();
    for (source, account, since) in &told.others {
        text += &format!("beside: {} {} since {}\n", words.text(*source), place(account, &words), since.epoch_days());
    }
    expected.assert_eq(&text);
}

fn read_claims(text: &str, words: &mut Words) -> Vec<Claim> {
    let mut claims: Vec<Claim> = Vec::new();
    for line in lines(text) {
        let (head, said) = line.split_once(':').unwrap();
        let (source, day) = head.split_once(' ').unwrap();
        let opens = day.ends_with('!');
        let day = Day::from_epoch_days(day.trim_end_matches('!').parse().unwrap());
        let account = (said.trim() != "-").then(|| account(said.trim(), words));
        let source = words.number(source);
        let statement = Statement { stated_on: day, account };
        match claims.iter_mut().find(|claim| claim.source == source) {
            Some(claim) => claim.statements.push(statement),
            None => {
                let opened_on = if opens { day } else { Day::from_epoch_days(1) };
                claims.push(Claim { source, opened_on, statements: vec![statement] });
            }
        }
    }
    claims
}

fn account(text: &str, words: &mut Words) -> Account {
    let parts: Vec<&str> = text.split(' ').collect();
    let grade: i32 = parts[2].parse().unwrap();
    let stage = if grade <= 6 {
        "小学"
    } else if grade <= 9 {
        "初中"
    } else {
        "高中"
    };
    Account {
        school: words.number(parts[0]),
        class: words.number(parts[1]),
        grade,
        stage: words.number(stage),
        status: words.number(parts[3]),
        person: Person {
            sex: words.number("男"),
            ethnicity: words.number("汉族"),
            hukou_kind: None,
            study_mode: parts.get(4).map(|mode| words.number(mode)),
            migrant: None,
            left_behind: None,
            disability: None,
        },
    }
}

fn read_papers(text: &str, words: &mut Words) -> Vec<Paper> {
    lines(text)
        .enumerate()
        .map(|(number, line)| {
            let parts: Vec<&str> = line.split(' ').collect();
            let (from, to) = parts.get(2).and_then(|way| way.split_once('>')).unwrap_or(("-", "-"));
            let mut may = |text: &str| -> Option<Word> { (text != "-").then(|| words.number(text)) };
            let (effective, shown) = parts[0].split_once('/').unwrap_or((parts[0], parts[0]));
            Paper {
                effective_on: Day::from_epoch_days(effective.parse().unwrap()),
                shown_on: Day::from_epoch_days(shown.parse().unwrap()),
                kind: MovementKind::from_label(parts[1]).unwrap(),
                from_school: may(from),
                to_school: may(to),
                to_class: parts.get(3).and_then(|class| may(class)),
                to_grade: parts.get(4).and_then(|grade| grade.parse().ok()),
                id: (words.number("A"), Arc::from(format!("{number:03}"))),
            }
        })
        .collect()
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

fn shown(movement: &Movement, words: &Words) -> String {
    let side = |account: Option<Account>| account.map_or("outside".to_owned(), |account| place(&account, words));
    let day = movement.effective_on.epoch_days();
    format!("{day} {}: {} → {}", movement.kind, side(movement.from), side(movement.to))
}

fn place(account: &Account, words: &Words) -> String {
    let mode = account.person.study_mode.map_or(String::new(), |mode| format!(" {}", words.text(mode)));
    format!(
        "{} {} {} {}{mode}",
        words.text(account.school),
        words.text(account.class),
        account.grade,
        words.text(account.status)
    )
}

#[test]
fn the_first_batch_of_a_source_opens_its_balances() {
    check("A 1: s1 c1 3 在读", "", expect![["1 期初: outside → s1 c1 3 在读\n"]]);
}

// REQ: WH-02
#[test]
fn whoever_appears_moves_or_vanishes_without_papers_is_unexplained() {
    check(
        "A 5: s1 c1 3 在读
         A 6: s2 c1 3 在读
         A 7: -",
        "",
        expect![[r#"
            5 无据出现: outside → s1 c1 3 在读
            6 无据变动: s1 c1 3 在读 → s2 c1 3 在读
            7 无据消失: s2 c1 3 在读 → outside
        "#]],
    );
}

#[test]
fn a_paper_explains_a_movement_on_its_own_day() {
    check(
        "A 1: s1 c1 3 在读
         A 9: s1 c2 3 在读",
        "7 调班 s1>s1 c2 3",
        expect![[r#"
            1 期初: outside → s1 c1 3 在读
            7 调班: s1 c1 3 在读 → s1 c2 3 在读
        "#]],
    );
}

// REQ: WH-15
#[test]
fn what_holds_from_before_the_opening_and_was_decided_after_it_explains_what_the_roll_shows_since() {
    check(
        "A 5!: s1 c1 3 在读
         A 9: s2 c5 3 在读
         A 12: s2 c5 3 休学",
        "3/8 省内转学 s1>s2 c5 3
         12 休学 s2>-",
        expect![[r#"
            5 期初: outside → s1 c1 3 在读
            5 省内转学: s1 c1 3 在读 → s2 c5 3 在读
            12 休学: s2 c5 3 在读 → s2 c5 3 休学
        "#]],
    );
    // What was decided by then is in the opening, and explains nothing after it.
    check(
        "A 5!: s1 c1 3 在读
         A 9: s2 c5 3 在读",
        "3/5 省内转学 s1>s2 c5 3",
        expect![[r#"
            5 期初: outside → s1 c1 3 在读
            9 无据变动: s1 c1 3 在读 → s2 c5 3 在读
        "#]],
    );
}

#[test]
fn several_papers_between_two_batches_are_several_movements() {
    check(
        "A 1: s1 c1 3 在读
         A 9: s1 c2 3 休学",
        "5 调班 s1>s1 c2 3
         7 休学 s1>-",
        expect![[r#"
            1 期初: outside → s1 c1 3 在读
            5 调班: s1 c1 3 在读 → s1 c2 3 在读
            7 休学: s1 c2 3 在读 → s1 c2 3 休学
        "#]],
    );
}

#[test]
fn out_of_one_county_and_into_another_the_same_night_is_one_movement() {
    check(
        "A 1: s1 c1 3 在读
         A 9: -
         B 9: s2 c5 3 在读",
        "8 省内转学 s1>s2 c5 3",
        expect![[r#"
            1 期初: outside → s1 c1 3 在读
            8 省内转学: s1 c1 3 在读 → s2 c5 3 在读
        "#]],
    );
}

#[test]
fn if_the_receiver_is_late_the_pupil_is_in_transit() {
    check(
        "A 1: s1 c1 3 在读
         A 9: -
         B 10: s2 c5 3 在读",
        "8 省内转学 s1>s2 c5 3",
        expect![[r#"
            1 期初: outside → s1 c1 3 在读
            8 省内转学: s1 c1 3 在读 → s1 c1 3 转出
            8 省内转学: s1 c1 3 转出 → s2 c5 3 在读
        "#]],
    );
}

#[test]
fn if_the_sender_is_late_the_pupil_has_moved_and_is_no_duplicate() {
    check(
        "A 1: s1 c1 3 在读
         B 9: s2 c5 3 在读
         A 10: s1 c1 3 转出",
        "8 省内转学 s1>s2 c5 3",
        expect![[r#"
            1 期初: outside → s1 c1 3 在读
            8 省内转学: s1 c1 3 在读 → s2 c5 3 在读
        "#]],
    );
}

// EDGE: X16
#[test]
fn one_transfer_that_two_sources_date_differently_is_one_movement() {
    check(
        "A 1: s1 c1 3 在读
         A 10: -
         B 10: s2 c5 3 在读",
        "7 省内转学 s1>s2 c5 3
         9 省内转学 s1>s2 c5 3",
        expect![[r#"
            1 期初: outside → s1 c1 3 在读
            7 省内转学: s1 c1 3 在读 → s2 c5 3 在读
        "#]],
    );
}

// EDGE: X17
#[test]
fn a_sender_who_goes_on_listing_the_pupil_is_named_but_counts_nobody() {
    check(
        "A 1: s1 c1 3 在读
         B 9: s2 c5 3 在读",
        "8 省内转学 s1>s2 c5 3",
        expect![[r#"
            1 期初: outside → s1 c1 3 在读
            8 省内转学: s1 c1 3 在读 → s2 c5 3 在读
            beside: A s1 c1 3 在读 since 9
        "#]],
    );
}

#[test]
fn an_opening_takes_no_pupil_from_who_holds_the_record() {
    check(
        "A 1: s1 c1 3 在读
         B 4!: s2 c5 3 在读",
        "",
        expect![[r#"
            1 期初: outside → s1 c1 3 在读
            beside: B s2 c5 3 在读 since 4
        "#]],
    );
}

#[test]
fn graduation_in_one_county_and_enrolment_in_another() {
    check(
        "A 1: s1 c1 6 在读
         A 30: s1 c1 6 毕业
         B 60: s9 c7 7 在读",
        "30 毕业 s1>-
         60 招生入学 ->s9 c7 7",
        expect![[r#"
            1 期初: outside → s1 c1 6 在读
            30 毕业: s1 c1 6 在读 → s1 c1 6 毕业
            60 招生入学: s1 c1 6 毕业 → s9 c7 7 在读
        "#]],
    );
}

#[test]
fn a_graduate_whom_the_source_no_longer_lists_stays_a_graduate() {
    check(
        "A 1: s1 c1 9 在读
         A 30: -",
        "29 毕业 s1>-",
        expect![[r#"
            1 期初: outside → s1 c1 9 在读
            29 毕业: s1 c1 9 在读 → s1 c1 9 毕业
        "#]],
    );
}

#[test]
fn a_refused_or_unfitting_paper_moves_nobody() {
    check(
        "A 1: s1 c1 3 在读
         A 9: s1 c2 3 在读",
        "5 休学 s1>-
         6 复学 s7>-",
        expect![[r#"
            1 期初: outside → s1 c1 3 在读
            9 无据变动: s1 c1 3 在读 → s1 c2 3 在读
        "#]],
    );
}

#[test]
fn promotion_is_explained_and_a_class_changed_beside_it_goes_with_it() {
    check(
        "A 1: s1 c1 3 在读
         A 40: s1 c1 4 在读",
        "40 升级 s1>s1 - 4",
        expect![[r#"
            1 期初: outside → s1 c1 3 在读
            40 升级: s1 c1 3 在读 → s1 c1 4 在读
        "#]],
    );
}

// REQ: ORG-02
#[test]
fn promotion_out_of_a_teaching_point_leads_into_its_central_school() {
    check(
        "A 1: s1 c1 3 在读
         A 40: s0 c1 4 在读",
        "40 升级 s1>s0 c1 4",
        expect![[r#"
            1 期初: outside → s1 c1 3 在读
            40 升级: s1 c1 3 在读 → s0 c1 4 在读
        "#]],
    );
}

#[test]
fn a_change_of_description_is_a_movement_too() {
    check(
        "A 1: s1 c1 3 在读 走读
         A 9: s1 c1 3 在读 住校
         A 12: s1 c1 3 在读 走读",
        "9 基本信息变更 s1>s1",
        expect![[r#"
            1 期初: outside → s1 c1 3 在读 走读
            9 基本信息变更: s1 c1 3 在读 走读 → s1 c1 3 在读 住校
            12 无据变动: s1 c1 3 在读 住校 → s1 c1 3 在读 走读
        "#]],
    );
}

#[test]
fn late_enrolment_bears_its_papers_day() {
    check("A 9: s1 c1 7 在读", "3 招生入学 ->s1 c1 7", expect![["3 招生入学: outside → s1 c1 7 在读\n"]]);
}

#[test]
fn papers_from_before_the_opening_move_nobody() {
    check(
        "A 10!: s1 c1 3 在读
         A 12: s1 c2 3 在读",
        "4 省内转学 s0>s1 c1 3",
        expect![[r#"
            10 期初: outside → s1 c1 3 在读
            12 无据变动: s1 c1 3 在读 → s1 c2 3 在读
        "#]],
    );
}

/// Statements that chance made: source, day, and where and as what the pupil is listed, if at all.
type Said = Vec<(u8, i32, Option<(u8, u8, usize)>)>;

/// Papers that chance made: day, kind, from and to.
type Written = Vec<(i32, usize, Option<u8>, Option<u8>)>;

fn said() -> impl Strategy<Value = Said> {
    prop::collection::vec((0u8..3, 1i32..20, prop::option::of((0u8..3, 0u8..2, 0usize..4))), 1..10)
}

fn written() -> impl Strategy<Value = Written> {
    prop::collection::vec((1i32..20, 0usize..21, prop::option::of(0u8..3), prop::option::of(0u8..3)), 0..6)
}

fn world(mut said: Said, written: Written, words: &mut Words) -> (Vec<Claim>, Vec<Paper>) {
    let mut claims: Vec<Claim> = Vec::new();
    said.sort_by_key(|(source, day, _)| (*source, *day));
    said.dedup_by_key(|(source, day, _)| (*source, *day));
    for (source, day, listed) in said {
        let statuses = ["在读", "休学", "转出", "毕业"];
        let account =
            listed.map(|(school, class, status)| account(&format!("s{school} c{class} 3 {}", statuses[status]), words));
        let source = words.number(&format!("{source}"));
        let stated_on = Day::from_epoch_days(day);
        let statement = Statement { stated_on, account };
        match claims.iter_mut().find(|claim| claim.source == source) {
            Some(claim) => {
                if claim.statements.last().map(|last| last.account) != Some(account) {
                    claim.statements.push(statement);
                }
            }
            None => {
                claims.push(Claim { source, opened_on: Day::from_epoch_days(1), statements: vec![statement] });
            }
        }
    }
    let papers = written.into_iter().enumerate().map(|(number, (day, kind, from, to))| Paper {
        effective_on: Day::from_epoch_days(day),
        shown_on: Day::from_epoch_days(day),
        kind: MovementKind::ALL[kind],
        id: (words.number("A"), Arc::from(format!("{number}"))),
        from_school: from.map(|school| words.number(&format!("s{school}"))),
        to_school: to.map(|school| words.number(&format!("s{school}"))),
        to_class: None,
        to_grade: None,
    });
    let papers = papers.collect();
    (claims, papers)
}

proptest! {
    /// Movements join up: each begins where the last ended, and days never run backwards.
    #[test]
    fn movements_join_up_and_end_where_a_source_says(said in said(), written in written()) {
        let mut words = Words::default();
        let terms = Terms::new(&mut words);
        let (claims, papers) = world(said, written, &mut words);
        let told = timeline(&claims, &papers, &terms, &words);
        let mut at = None;
        let mut day = i32::MIN;
        for movement in &told.movements {
            prop_assert_eq!(movement.from, at);
            prop_assert!(movement.from != movement.to);
            prop_assert!(day <= movement.effective_on.epoch_days());
            (at, day) = (movement.to, movement.effective_on.epoch_days());
        }
        let last = claims.iter().flat_map(|claim| &claim.statements).map(|statement| statement.stated_on).max().unwrap();
        let listed: Vec<Account> = claims.iter().filter_map(|claim| claim.on(last)).filter(|account| terms.is_registered(account)).collect();
        match at {
            Some(account) if terms.is_registered(&account) => prop_assert!(listed.contains(&account)),
            _ => prop_assert!(listed.is_empty()),
        }
        let mut reversed: Vec<Claim> = claims.clone();
        reversed.reverse();
        let mut shuffled = papers.clone();
        shuffled.reverse();
        prop_assert_eq!(timeline(&reversed, &shuffled, &terms, &words).movements, told.movements);
    }
}
