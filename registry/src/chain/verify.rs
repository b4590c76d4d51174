//! Reading a chain and saying where it was tampered with.

use std::collections::BTreeSet;

use super::{Digest, Entry, Head, Link, ORIGIN};

/// What was done to a chain, and at which entry it first shows (AU-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.en())]
pub enum Tampering {
    /// The contents of an entry are not those its digest was made of.
    Changed {
        /// The entry's number.
        seq: u64,
    },
    /// Entries are missing.
    Removed {
        /// The first that is missing.
        from: u64,
        /// The last that is missing.
        to: u64,
    },
    /// Entries are there, but not in their order.
    Reordered {
        /// The number that was due.
        expected: u64,
        /// The number that stood in its place.
        found: u64,
    },
    /// A number occurs twice.
    Inserted {
        /// The number.
        seq: u64,
    },
    /// Two neighbours are each whole but were not written one after the other: one of them was replaced.
    Unlinked {
        /// The entry before.
        before: u64,
        /// The entry that names another as the one before it.
        seq: u64,
    },
    /// The end was cut off: a signed head knows entries that are not there.
    Truncated {
        /// The last entry there is; 0 if there is none.
        last: u64,
        /// The last entry the head knows.
        head: u64,
    },
    /// The chain is whole in itself, but is not the one of which the anchor or a signed head was taken.
    Rewritten {
        /// The entry at which they disagree.
        seq: u64,
    },
    /// Entries stand after what was to be the end.
    Extended {
        /// The last entry the head knows.
        head: u64,
        /// The last entry there is.
        last: u64,
    },
}

impl Tampering {
    /// The sentence in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Tampering::Changed { seq } => format!("审计记录第 {seq} 条的内容被改动"),
            Tampering::Removed { from, to } if from == to => format!("审计记录第 {from} 条被删除"),
            Tampering::Removed { from, to } => format!("审计记录第 {from} 至 {to} 条被删除"),
            Tampering::Reordered { expected, found } => {
                format!("审计记录的次序被打乱:应为第 {expected} 条,却是第 {found} 条")
            }
            Tampering::Inserted { seq } => format!("审计记录第 {seq} 条出现两次,有一条是插入的"),
            Tampering::Unlinked { before, seq } => {
                format!("审计记录第 {before} 条与第 {seq} 条不相衔接,其中一条被替换")
            }
            Tampering::Truncated { last, head } => {
                format!("审计记录的末尾被截去:签章的链头记到第 {head} 条,现只到第 {last} 条")
            }
            Tampering::Rewritten { seq } => format!("审计记录被整体改写:第 {seq} 条与签章的链头或起点不符"),
            Tampering::Extended { head, last } => {
                format!("审计记录在链头(第 {head} 条)之后还有记录,直到第 {last} 条")
            }
        }
    }

    /// The sentence in English.
    pub fn en(&self) -> String {
        match self {
            Tampering::Changed { seq } => format!("the contents of audit entry {seq} were changed"),
            Tampering::Removed { from, to } if from == to => format!("audit entry {from} was removed"),
            Tampering::Removed { from, to } => format!("audit entries {from} to {to} were removed"),
            Tampering::Reordered { expected, found } => {
                format!("audit entries are out of order: entry {found} stands where entry {expected} was due")
            }
            Tampering::Inserted { seq } => format!("audit entry {seq} occurs twice: one of the two was inserted"),
            Tampering::Unlinked { before, seq } => {
                format!("audit entry {seq} was not written after this entry {before}: one of the two was replaced")
            }
            Tampering::Truncated { last, head } => {
                format!(
                    "the end of the audit chain was cut off: the signed head knows entry {head}, the last is {last}"
                )
            }
            Tampering::Rewritten { seq } => {
                format!("the audit chain was rewritten: entry {seq} disagrees with the anchor or the signed head")
            }
            Tampering::Extended { head, last } => {
                format!("the audit chain goes on after its head, entry {head}, to entry {last}")
            }
        }
    }
}

/// Entries that have not come though later ones have. Whether they were moved or removed shows only later.
#[derive(Debug, Clone, Copy)]
struct Gap {
    from: u64,
    to: u64,
}

/// Reads a chain entry by entry, from its beginning or from any entry on, in constant memory.
///
/// Nothing is proven before [`Verifier::finish`]: a gap is told from a wrong order only by what follows. After the first finding
/// every call repeats it.
#[derive(Debug)]
#[must_use = "a chain is verified by finish()"]
pub struct Verifier {
    start: u64,
    last: Option<Link>,
    heads: BTreeSet<(u64, Digest)>,
    gap: Option<Gap>,
    found: Option<Tampering>,
}

impl Verifier {
    /// Begins after an entry that is trusted, or at the first entry of the chain.
    pub fn new(anchor: Option<Link>) -> Verifier {
        let start = anchor.map_or(0, |link| link.seq);
        Verifier { start, last: anchor, heads: BTreeSet::new(), gap: None, found: None }
    }

    /// Has an earlier signed head compared on the way, so that one pass holds the chain against all of them. A head from before the
    /// anchor says nothing of what is read and is passed over.
    pub fn witness(mut self, head: &Head) -> Verifier {
        if self.start < head.seq {
            self.heads.insert((head.seq, head.digest));
        } else if self.last.is_some_and(|link| link.seq == head.seq && link.digest != head.digest) {
            self.found.get_or_insert(Tampering::Rewritten { seq: head.seq });
        }
        self
    }

    /// Takes the next entry as it is stored.
    ///
    /// # Errors
    /// What was done to the chain, if it shows by now.
    pub fn next(&mut self, entry: &Entry) -> Result<(), Tampering> {
        if self.found.is_none() {
            self.found = self.look(entry);
        }
        self.found.map_or(Ok(()), Err)
    }

    /// Ends, and holds the chain against the head that is to be its end. Without one nothing is known of a tail cut off. Gives the
    /// last entry, from which the next verification may begin.
    ///
    /// # Errors
    /// What was done to the chain.
    pub fn finish(self, expected_head: Option<&Head>) -> Result<Option<Link>, Tampering> {
        if let Some(found) = self.found {
            return Err(found);
        }
        if let Some(Gap { from, to }) = self.gap {
            return Err(Tampering::Removed { from, to });
        }
        let (last, digest) = self.last.map_or((0, ORIGIN), |link| (link.seq, link.digest));
        let known = self.heads.last().map_or(0, |(seq, _)| *seq).max(expected_head.map_or(0, |head| head.seq));
        if last < known {
            return Err(Tampering::Truncated { last, head: known });
        }
        match expected_head {
            Some(head) if head.seq < last => Err(Tampering::Extended { head: head.seq, last }),
            Some(head) if head.digest != digest => Err(Tampering::Rewritten { seq: last }),
            _ => Ok(self.last),
        }
    }

    fn look(&mut self, entry: &Entry) -> Option<Tampering> {
        let seq = entry.seq;
        if let Some(Gap { from, to }) = self.gap {
            return (from..=to)
                .contains(&seq)
                .then(|| Tampering::Reordered { expected: from, found: to.saturating_add(1) });
        }
        if !entry.is_whole() {
            return Some(Tampering::Changed { seq });
        }
        let (last, digest) = self.last.map_or((0, ORIGIN), |link| (link.seq, link.digest));
        let expected = last.saturating_add(1);
        if seq <= self.start {
            return Some(Tampering::Reordered { expected, found: seq });
        }
        if seq <= last {
            return Some(Tampering::Inserted { seq });
        }
        if expected < seq {
            self.gap = Some(Gap { from: expected, to: seq - 1 });
            return None;
        }
        if entry.previous != digest {
            let read = self.start < last;
            return Some(if read { Tampering::Unlinked { before: last, seq } } else { Tampering::Rewritten { seq } });
        }
        self.last = Some(entry.link());
        self.disagreement(entry)
    }

    fn disagreement(&mut self, entry: &Entry) -> Option<Tampering> {
        while let Some((seq, digest)) = self.heads.first().copied().filter(|(seq, _)| *seq <= entry.seq) {
            self.heads.pop_first();
            if digest != entry.digest {
                return Some(Tampering::Rewritten { seq });
            }
        }
        None
    }
}
