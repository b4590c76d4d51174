//! Every kind of tampering is found, and the encoding is the one that is pinned.

use super::*;

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.roll() % end
    }

    fn text(&mut self) -> String {
        const SIGNS: [char; 8] = ['a', '0', '学', '籍', '\u{1f4dc}', '\0', '\n', '"'];
        (0..self.below(12)).map(|_| SIGNS[self.below(8) as usize]).collect()
    }

    fn facts(&mut self) -> Facts {
        Facts {
            at: format!("2026-09-01T02:03:04.{:03}Z", self.below(1000)),
            actor: self.text(),
            unit: self.text(),
            role: self.text(),
            action: self.text(),
            subject: self.text(),
            why: self.text(),
            result: self.text(),
            command: (self.below(2) == 0).then(|| self.text()),
            before: (self.below(2) == 0).then(|| self.text()),
            after: (self.below(2) == 0).then(|| self.text()),
            origin: self.text(),
        }
    }

    fn chain(&mut self, after: Option<Link>, len: usize) -> Vec<Entry> {
        let mut last = after;
        let mut chain = Vec::with_capacity(len);
        for _ in 0..len {
            let entry = Entry::following(last.as_ref(), self.facts());
            last = Some(entry.link());
            chain.push(entry);
        }
        chain
    }
}

fn head(chain: &[Entry]) -> Head {
    Head::new(&chain.last().unwrap().link(), "2026-09-01T16:00:00.000Z".into())
}

fn verify(anchor: Option<Link>, chain: &[Entry], head: Option<&Head>) -> Result<Option<Link>, Tampering> {
    let mut verifier = Verifier::new(anchor);
    for entry in chain {
        verifier.next(entry)?;
    }
    verifier.finish(head)
}

const LEN: u64 = 1000;

fn thousand() -> (Dice, Vec<Entry>, Head) {
    let mut dice = Dice(20_260_901);
    let chain = dice.chain(None, LEN as usize);
    let head = head(&chain);
    (dice, chain, head)
}

/// Chains the entries anew, as one does who may write the table.
fn rechain(chain: &mut [Entry], after: Option<Link>) {
    let mut last = after;
    for entry in chain {
        *entry = Entry::following(last.as_ref(), entry.facts.clone());
        last = Some(entry.link());
    }
}

#[test]
fn a_chain_verifies_from_any_anchor() {
    // INV: AU-2
    let (_, chain, head) = thousand();
    assert_eq!(verify(None, &chain, Some(&head)), Ok(Some(head.link())));
    for at in 0..chain.len() {
        let found = verify(Some(chain[at].link()), &chain[at + 1..], Some(&head));
        assert_eq!(found, Ok(Some(head.link())), "{at}");
    }
    assert_eq!(verify(None, &[], None), Ok(None));
}

#[test]
fn an_edit_of_any_field_is_found_at_its_entry() {
    // INV: AU-2
    let edits: &[fn(&mut Entry)] = &[
        |entry| entry.seq += 5000,
        |entry| entry.facts.at.push('0'),
        |entry| entry.facts.actor.push('x'),
        |entry| entry.facts.unit.push('x'),
        |entry| entry.facts.role.push('x'),
        |entry| entry.facts.action.push('x'),
        |entry| entry.facts.subject.push('x'),
        |entry| entry.facts.why.push('x'),
        |entry| entry.facts.result.push('x'),
        |entry| entry.facts.command = entry.facts.command.take().xor(Some(String::new())),
        |entry| entry.facts.before = entry.facts.before.take().xor(Some(String::new())),
        |entry| entry.facts.after = entry.facts.after.take().xor(Some(String::new())),
        |entry| std::mem::swap(&mut entry.facts.before, &mut entry.facts.after),
        |entry| entry.facts.origin.push('x'),
        |entry| entry.previous[31] ^= 1,
        |entry| entry.digest[0] ^= 0x80,
    ];
    let (mut dice, chain, head) = thousand();
    for edit in edits {
        for _ in 0..20 {
            let at = dice.below(LEN) as usize;
            let mut forged = chain.clone();
            edit(&mut forged[at]);
            if forged[at] != chain[at] {
                let seq = forged[at].seq;
                assert_eq!(verify(None, &forged, Some(&head)), Err(Tampering::Changed { seq }));
            }
        }
    }
}

#[test]
fn an_edit_with_a_new_digest_breaks_the_link() {
    // INV: AU-2
    let (mut dice, chain, head) = thousand();
    for _ in 0..100 {
        let at = dice.below(LEN) as usize;
        let mut forged = chain.clone();
        forged[at].facts.result = "did not happen".into();
        rechain(&mut forged[at..=at], at.checked_sub(1).map(|at| chain[at].link()));
        let before = chain[at].seq;
        let found = if before == LEN {
            Tampering::Rewritten { seq: LEN }
        } else {
            Tampering::Unlinked { before, seq: before + 1 }
        };
        assert_eq!(verify(None, &forged, Some(&head)), Err(found));
    }
}

#[test]
fn deleted_entries_are_named() {
    // INV: AU-2
    let (mut dice, chain, head) = thousand();
    for _ in 0..100 {
        let at = dice.below(LEN - 1);
        let end = at + 1 + dice.below((LEN - 1 - at).min(5));
        let mut cut = chain.clone();
        cut.drain(at as usize..end as usize);
        assert_eq!(verify(None, &cut, Some(&head)), Err(Tampering::Removed { from: at + 1, to: end }));
        assert_eq!(verify(None, &cut, None), Err(Tampering::Removed { from: at + 1, to: end }));
    }
}

#[test]
fn another_order_is_told_from_a_gap() {
    // INV: AU-2
    let (mut dice, chain, head) = thousand();
    for _ in 0..100 {
        let first = dice.below(LEN - 1) as usize;
        let second = first + 1 + dice.below(LEN - 1 - first as u64) as usize;
        let mut mixed = chain.clone();
        mixed.swap(first, second);
        let found = Tampering::Reordered { expected: chain[first].seq, found: chain[second].seq };
        assert_eq!(verify(None, &mixed, Some(&head)), Err(found));
    }
    let early = verify(Some(chain[9].link()), &chain[6..], Some(&head));
    assert_eq!(early, Err(Tampering::Reordered { expected: 11, found: 7 }));
}

#[test]
fn an_inserted_entry_doubles_a_number() {
    // INV: AU-2
    let (mut dice, chain, head) = thousand();
    for _ in 0..100 {
        let at = dice.below(LEN) as usize;
        let forged = Entry::following(at.checked_sub(1).map(|at| chain[at].link()).as_ref(), dice.facts());
        let mut stuffed = chain.clone();
        stuffed.insert(at + 1, forged);
        assert_eq!(verify(None, &stuffed, Some(&head)), Err(Tampering::Inserted { seq: chain[at].seq }));
    }
}

#[test]
fn an_inserted_entry_with_all_after_it_chained_anew_is_found_by_the_head() {
    // INV: AU-2
    let (mut dice, chain, head) = thousand();
    for _ in 0..20 {
        let at = dice.below(LEN) as usize;
        let mut stuffed = chain.clone();
        stuffed.insert(at, Entry::following(None, dice.facts()));
        rechain(&mut stuffed, None);
        assert_eq!(verify(None, &stuffed, Some(&head)), Err(Tampering::Extended { head: LEN, last: LEN + 1 }));
        let mut verifier = Verifier::new(None).witness(&head);
        let found = stuffed.iter().try_for_each(|entry| verifier.next(entry));
        assert_eq!(found, Err(Tampering::Rewritten { seq: LEN }));
    }
}

#[test]
fn a_tail_cut_off_is_known_to_the_head() {
    // INV: AU-2
    let (mut dice, chain, head) = thousand();
    for _ in 0..100 {
        let last = dice.below(LEN);
        let cut = &chain[..last as usize];
        assert!(verify(None, cut, None).is_ok());
        assert_eq!(verify(None, cut, Some(&head)), Err(Tampering::Truncated { last, head: LEN }));
        let mut verifier = Verifier::new(None).witness(&head);
        assert_eq!(cut.iter().try_for_each(|entry| verifier.next(entry)), Ok(()));
        assert_eq!(verifier.finish(None), Err(Tampering::Truncated { last, head: LEN }));
    }
}

#[test]
fn a_chain_rewritten_whole_is_found_by_any_head_or_anchor() {
    // INV: AU-2
    let (mut dice, chain, last) = thousand();
    for _ in 0..20 {
        let at = dice.below(LEN) as usize;
        let mut forged = chain.clone();
        forged[at].facts.subject.push('x');
        rechain(&mut forged, None);
        assert!(verify(None, &forged, None).is_ok(), "whole in itself");
        assert_eq!(verify(None, &forged, Some(&last)), Err(Tampering::Rewritten { seq: LEN }));

        let cut = dice.below(LEN) as usize;
        let known = head(&chain[..=cut]);
        let mut verifier = Verifier::new(None).witness(&known);
        let found = forged.iter().try_for_each(|entry| verifier.next(entry)).err();
        assert_eq!(found, (at <= cut).then_some(Tampering::Rewritten { seq: known.seq }));

        let resumed = verify(Some(chain[cut].link()), &forged[cut + 1..], None);
        let found = at <= cut && known.seq < LEN;
        assert_eq!(resumed.err(), found.then_some(Tampering::Rewritten { seq: known.seq + 1 }));
    }
}

#[test]
fn two_chains_are_not_exchanged_for_one_another() {
    // INV: AU-2
    let (mut dice, chain, last) = thousand();
    let other = dice.chain(None, LEN as usize);
    assert_eq!(verify(None, &other, Some(&last)), Err(Tampering::Rewritten { seq: LEN }));
    for _ in 0..50 {
        let at = 1 + dice.below(LEN - 1) as usize;
        let spliced = [&chain[..at], &other[at..]].concat();
        let found = Tampering::Unlinked { before: at as u64, seq: at as u64 + 1 };
        assert_eq!(verify(None, &spliced, Some(&head(&other))), Err(found));
    }
}

#[test]
fn findings_are_repeated_and_heads_are_held_against_the_anchor() {
    // INV: AU-2
    let (mut dice, chain, last) = thousand();
    let mut verifier = Verifier::new(None);
    let found = Err(Tampering::Inserted { seq: 1 });
    assert_eq!(verifier.next(&chain[0]), Ok(()));
    assert_eq!(verifier.next(&chain[0]), found);
    assert_eq!(verifier.next(&chain[1]), found);
    assert_eq!(verifier.finish(None).map(|_| ()), found);

    let other = head(&dice.chain(None, 10));
    let anchored = Verifier::new(Some(chain[9].link())).witness(&other);
    assert_eq!(anchored.finish(None), Err(Tampering::Rewritten { seq: 10 }));
    let earlier = Verifier::new(Some(chain[9].link())).witness(&head(&chain[..5])).witness(&head(&chain[..10]));
    assert_eq!(earlier.finish(None), Ok(Some(chain[9].link())));
    assert_eq!(verify(Some(last.link()), &[], Some(&last)), Ok(Some(last.link())));
}

#[test]
fn no_shift_between_fields_keeps_the_encoding() {
    // INV: AU-2
    let (_, chain, _) = thousand();
    let mut left = chain[0].clone();
    let mut right = chain[0].clone();
    (left.facts.actor, left.facts.unit) = ("ab".into(), "c".into());
    (right.facts.actor, right.facts.unit) = ("a".into(), "bc".into());
    assert_ne!(left.encoding(), right.encoding());
    (right.facts, right.facts.before) = (left.facts.clone(), None);
    left.facts.before = Some(String::new());
    assert_ne!(left.encoding(), right.encoding());
}

#[test]
fn the_encoding_stays_as_it_is() {
    // INV: AU-2 — the digests are those another implementation of SM3 makes of the encoding described
    let text = |text: &str| text.to_owned();
    let facts = Facts {
        at: text("2026-09-01T02:03:04.005Z"),
        actor: text("u-17"),
        unit: text("3301000001"),
        role: text("学籍管理员"),
        action: text("transfer.approve"),
        subject: text("p:5f3a"),
        why: text("随迁"),
        result: text("done"),
        command: Some(text("beef")),
        before: None,
        after: Some(text("00ff")),
        origin: text("10.0.0.7"),
    };
    let first = Entry::following(None, facts.clone());
    let second = Entry::following(Some(&first.link()), facts);
    assert_eq!(hex::encode(&first.digest), "a1b940046ab77a5191e40fa56b04d8e630239bf342ab49a323900d0c232f2662");
    assert_eq!(hex::encode(&second.digest), "659c3534c59be2ce137564c9da0865de4892b9bf3be0b09222d96dd0d8ab871d");
}

#[test]
fn entries_and_heads_go_through_json() {
    // INV: AU-2
    let (_, chain, last) = thousand();
    for entry in &chain {
        let text = serde_json::to_string(entry).unwrap();
        assert_eq!(&serde_json::from_str::<Entry>(&text).unwrap(), entry);
    }
    let text = serde_json::to_string(&last).unwrap();
    assert_eq!(serde_json::from_str::<Head>(&text).unwrap(), last);
    let capital = text.replace(&hex::encode(&last.digest), &hex::encode(&last.digest).to_uppercase());
    assert!(serde_json::from_str::<Head>(&capital).is_err());
    assert!(serde_json::from_str::<Head>(&text.replacen(&hex::encode(&last.digest)[..2], "", 1)).is_err());
}
