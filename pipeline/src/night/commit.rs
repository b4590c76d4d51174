//! One day's batches, committed to the draft: units, papers, pupils, and the movements that follow.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Mutex, PoisonError},
    time::Instant,
};

use arrow::array::RecordBatch;
use domain::{calendar::Day, movement::MovementKind};
use tracing::debug;
use warehouse::{
    TableSpec,
    draft::{Draft, LetGo},
    table::{BATCHES, CLAIMS, FINDINGS, IDENTITIES, LEDGER, QUARANTINE, RIVALS, STUDENTS},
};

use crate::{
    account::Words,
    diff::Difference,
    ledger::Entries,
    night::{
        Facts, NightError,
        batch::Taken,
        elapsed,
        opening::open_balances,
        papers,
        post::{self, Claims, Posting, published_claims},
        rolls::Replacement,
        state::{self, State},
        tree::{Stated, Tree},
    },
    quarantine::{Flag, SeenBefore, batch_name},
    timeline::Terms,
};

/// A taken batch whose files are kept, and which of the night's reports is its.
#[derive(Debug)]
pub struct Kept {
    /// The place of its report.
    pub report: usize,
    /// The batch.
    pub batch: Taken,
}

/// Commits the batches of one day: units, papers, pupils, and the movements that follow.
pub async fn commit_day(
    draft: &mut Draft,
    state: &mut State,
    words: &Mutex<Words>,
    terms: &Terms,
    mut taken: Vec<Kept>,
    facts: &mut Facts,
) -> Result<(), NightError> {
    let warehouse = draft.warehouse().clone();
    let run_id = i64::try_from(draft.run().run_id).unwrap_or(i64::MAX);
    let base = draft.run().clone();

    for Kept { batch, .. } in &taken {
        let stated = |rows| Stated { source: &batch.source, day: batch.day, rows };
        state.tree.take(stated(&batch.authorities), stated(&batch.schools), stated(&batch.classes))?;
    }
    for (table, rows) in state.tree.changed_tables()? {
        draft.replace(&TableSpec::from(table), vec![rows]).await?;
    }
    state.tree = Tree::settled(&state.tree)?;

    let openings_before = state.openings(words);
    for Kept { batch, .. } in &taken {
        state.note_batch(&batch.source, batch.day, batch.full);
    }
    let openings_now = state.openings(words);

    let changes: Vec<RecordBatch> = taken.iter().map(|Kept { batch, .. }| batch.changes.clone()).collect();
    let fresh = papers::merge(&warehouse, &base, &changes).await?;

    let mut differences: Vec<Difference> = Vec::new();
    for Kept { batch, .. } in &mut taken {
        differences.append(&mut batch.rolls.differences);
    }
    let mut concerned: HashSet<i64> = differences.iter().map(|difference| difference.pupil_id).collect();
    let twice = in_two_openings(&taken);
    concerned.extend(&twice);
    // Nobody was listed before the first night.
    let listed: HashSet<i64> = match base.tables.contains_key(STUDENTS.name) {
        true => taken.iter().flat_map(|Kept { batch, .. }| batch.rolls.opened.iter().copied()).collect(),
        false => HashSet::new(),
    };
    for Kept { batch, .. } in &taken {
        if openings_before.get(&batch.word).is_some_and(|&opened| batch.day < opened) {
            concerned.extend(post::pupils_of(&warehouse, &base, &batch.source).await?);
        }
    }
    let mut asked: HashSet<i64> = &concerned | &fresh.pupils;
    asked.extend(&listed);
    let before: Claims = published_claims(&warehouse, &base, &asked, words).await?;
    concerned.extend(fresh.pupils.iter().filter(|pupil_id| before.contains_key(pupil_id)));
    concerned.extend(before.keys().filter(|pupil_id| listed.contains(pupil_id)));

    let mut entries = Entries::default();
    let ledger = TableSpec::from(&LEDGER);
    let began = Instant::now();
    let opened = open_balances(draft, &taken, &concerned, words, run_id).await?;
    if 0 < opened.posted {
        *facts.movements.entry(MovementKind::Opening.label().to_owned()).or_default() += opened.posted;
    }

    debug!(elapsed_ms = elapsed(began), "opened {} balances", opened.posted);
    differences.extend(opened.held_back);
    let (papers_before, papers_now) = papers::of_pupils(&warehouse, &base, &fresh, &concerned, words).await?;
    let rivals = {
        let words = words.lock().unwrap_or_else(PoisonError::into_inner);
        let posting = Posting {
            run_id,
            before: &before,
            differences: &differences,
            papers_before: &papers_before,
            papers_now: &papers_now,
            openings_before: &openings_before,
            openings_now: &openings_now,
        };
        let rivals = posting.post(&concerned, terms, &words, &mut entries, &mut facts.movements);
        post::rivals_table(&state.rivals, &concerned, &rivals, &words)?
    };
    let mut posted = opened.files;
    let mut writer = draft.writer(&ledger).await?;
    writer.write(entries.take()?).await?;
    posted.extend(writer.finish().await?);
    if !posted.is_empty() || !base.tables.contains_key(LEDGER.name) {
        draft.commit(&ledger, posted, &LetGo::Nothing).await?;
    }
    if !base.tables.contains_key(RIVALS.name) || rivals.num_rows() != 0 || state.has_rivals() {
        draft.replace(&TableSpec::from(&RIVALS), vec![rivals.clone()]).await?;
    }
    state.rivals = vec![rivals];
    state.note_papers(&changes)?;
    fresh.commit(draft).await?;
    commit_pupils(draft, &mut taken).await?;
    commit_findings(draft, state, &taken).await?;
    commit_side_facts(draft, &taken).await?;
    state::commit_renumbered(draft, state, &taken).await?;

    for Kept { report, .. } in &taken {
        for file in &facts.batches[*report].files {
            draft.keep(&file.landing).await?;
        }
    }
    let records: Vec<RecordBatch> = taken
        .iter()
        .map(|Kept { report, batch }| state::batch_rows(run_id, batch, &facts.batches[*report].files))
        .collect::<Result<_, _>>()?;
    let spec = TableSpec::from(&BATCHES);
    let mut writer = draft.writer(&spec).await?;
    for rows in records {
        writer.write(rows).await?;
    }
    let files = writer.finish().await?;
    draft.commit(&spec, files, &LetGo::Nothing).await?;
    for Kept { report, batch } in taken {
        if let Some(told) = facts.batches.get_mut(report) {
            told.issues = batch.issues.into_list();
        }
    }
    Ok(())
}

/// Pupils whom two sources list that open on the same day.
fn in_two_openings(taken: &[Kept]) -> HashSet<i64> {
    let opened = || taken.iter().map(|Kept { batch, .. }| &batch.rolls.opened).filter(|opened| !opened.is_empty());
    if opened().nth(1).is_none() {
        return HashSet::new();
    }
    let mut all: Vec<i64> = opened().flatten().copied().collect();
    all.sort_unstable();
    all.windows(2).filter_map(|pair| (pair.first() == pair.last()).then(|| pair.first().copied()).flatten()).collect()
}

async fn commit_pupils(draft: &mut Draft, taken: &mut [Kept]) -> Result<(), NightError> {
    let mut commits: Vec<(&'static warehouse::table::Table, Replacement)> = vec![
        (&STUDENTS, Replacement::default()),
        (&IDENTITIES, Replacement::default()),
        (&CLAIMS, Replacement::default()),
    ];
    for Kept { batch, .. } in taken.iter_mut() {
        let rolls = &mut batch.rolls;
        for ((_, all), one) in commits.iter_mut().zip([&mut rolls.students, &mut rolls.identities, &mut rolls.claims]) {
            all.files.append(&mut one.files);
            all.partitions.append(&mut one.partitions);
        }
    }
    for (table, replacement) in commits {
        if !replacement.partitions.is_empty() || !draft.run().tables.contains_key(table.name) {
            let spec = TableSpec::from(table);
            draft.commit(&spec, replacement.files, &LetGo::Partitions(replacement.partitions)).await?;
        }
    }
    Ok(())
}

async fn commit_findings(draft: &mut Draft, state: &State, taken: &[Kept]) -> Result<(), NightError> {
    let spec = TableSpec::from(&FINDINGS);
    let mut writer = draft.writer(&spec).await?;
    let mut replaced = BTreeSet::new();
    for Kept { batch, .. } in taken {
        // Of a late batch only what it shows of the days around it is news; the list is of the present.
        let flags: Vec<&Flag> = batch.flags.iter().filter(|flag| !batch.late || !flag.is_seen_on_the_row()).collect();
        let before = SeenBefore::of(state::findings_of(draft, &batch.source).await?)?;
        for rows in before.told(&batch.source, batch.day, &flags) {
            writer.write(rows?).await?;
        }
        let listed = &batch.rolls.listed;
        let kept = before.kept(&flags, |pupil_id, rule| {
            // A key field that changed without papers stays a remark until papers come; all others are made anew each night.
            match rule {
                "key_changed" => pupil_id.is_some_and(|pupil_id| !state.key_changes.contains(&pupil_id)),
                _ => batch.late || (!batch.full && pupil_id.is_some_and(|pupil_id| !listed.contains(&pupil_id))),
            }
        })?;
        for rows in kept {
            writer.write(rows).await?;
        }
        replaced.insert(vec![Some(batch.source.clone())]);
    }
    let files = writer.finish().await?;
    draft.commit(&spec, files, &LetGo::Partitions(replaced)).await?;
    let spec = TableSpec::from(&QUARANTINE);
    let replaced = taken.iter().map(|Kept { batch, .. }| vec![Some(batch_name(&batch.source, batch.day))]).collect();
    let files = taken.iter().flat_map(|Kept { batch, .. }| batch.quarantined.iter().cloned()).collect();
    draft.commit(&spec, files, &LetGo::Partitions(replaced)).await?;
    Ok(())
}

async fn commit_side_facts(draft: &mut Draft, taken: &[Kept]) -> Result<(), NightError> {
    type Stated<'a> = (&'static warehouse::table::Table, Vec<(&'a str, Day, &'a RecordBatch)>);
    let mut by_table: HashMap<&'static str, Stated<'_>> = HashMap::new();
    for Kept { batch, .. } in taken {
        for (table, rows) in &batch.facts {
            by_table.entry(table.name).or_insert((table, Vec::new())).1.push((&batch.source, batch.day, rows));
        }
    }
    let mut names: Vec<&str> = by_table.keys().copied().collect();
    names.sort_unstable();
    for name in names {
        if let Some((table, stated)) = by_table.remove(name) {
            state::merge_side_facts(draft, table, &stated).await?;
        }
    }
    Ok(())
}
