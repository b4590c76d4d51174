//! A compound file (`.xls`) is looked at before it is opened: its streams are chains of sectors, and a chain that runs in a circle would be
//! followed until memory or time end.

use super::fault::Fault;

/// Refuses a file one of whose chains has no end. Whatever else is wrong with it is for its reader to say.
pub(crate) fn check(bytes: &[u8]) -> Result<(), Fault> {
    let Some(file) = Compound::of(bytes) else { return Ok(()) };
    if file.has_circle() {
        return Err(Fault::Torn("扇区链成环 / a chain of sectors runs in a circle".into()));
    }
    Ok(())
}

/// Sectors from here on are no sectors but marks: a chain's end, a free place, a place of the tables themselves.
const MARKS: u32 = 0xFFFF_FFFA;
/// Streams below this size, in bytes, lie in the small sectors.
const SMALL: u32 = 4096;
/// Bytes of an entry of the directory.
const ENTRY: usize = 128;

struct Compound<'b> {
    bytes: &'b [u8],
    sector: usize,
    /// For each sector the next of its chain.
    next: Vec<u32>,
}

impl<'b> Compound<'b> {
    /// The table of sectors; none if the header is not to be followed.
    fn of(bytes: &'b [u8]) -> Option<Compound<'b>> {
        let sector = if word(bytes, 26)? & 0xFFFF == 4 { 4096 } else { 512 };
        let mut file = Compound { bytes, sector, next: Vec::new() };
        let mut tables: Vec<u32> = (0..109).filter_map(|at| word(bytes, 76 + 4 * at)).collect();
        let mut further = word(bytes, 68)?;
        for _ in 0..bytes.len() / sector {
            let Some(part) = file.sector(further) else { break };
            tables.extend(words(part));
            further = tables.pop()?;
        }
        let tables = tables.into_iter().filter(|&table| table < MARKS);
        let next = tables.filter_map(|table| file.sector(table)).flat_map(words).collect();
        file.next = next;
        Some(file)
    }

    fn has_circle(&self) -> bool {
        let start = |at| word(self.bytes, at).unwrap_or(MARKS);
        let mut chains = Chains::over(&self.next);
        let (directory, small) = (start(48), start(60));
        if !chains.ends(directory) || !chains.ends(small) {
            return true;
        }
        let small_next: Vec<u32> = words(&self.stream(small)).collect();
        let mut small_chains = Chains::over(&small_next);
        let directory = self.stream(directory);
        directory.chunks_exact(ENTRY).enumerate().any(|(number, entry)| {
            let (start, size) = (word(entry, 116).unwrap_or(MARKS), word(entry, 120).unwrap_or(0));
            let is_small = 0 < number && size < SMALL;
            !(if is_small { small_chains.ends(start) } else { chains.ends(start) })
        })
    }

    fn sector(&self, number: u32) -> Option<&'b [u8]> {
        let from = usize::try_from(number).ok()?.checked_add(1)?.checked_mul(self.sector)?;
        let rest = self.bytes.get(from..)?;
        Some(&rest[..rest.len().min(self.sector)])
    }

    /// The bytes of a chain that is known to end.
    fn stream(&self, start: u32) -> Vec<u8> {
        let chain = std::iter::successors(Some(start), |&at| self.next.get(at as usize).copied());
        chain.map_while(|at| self.sector(at)).flatten().copied().collect()
    }
}

/// Chains that were followed: a sector that was met by an earlier walk leads to an end, one met twice by the same walk doesn't.
struct Chains<'n> {
    next: &'n [u32],
    walked: Vec<u32>,
    walk: u32,
}

impl<'n> Chains<'n> {
    fn over(next: &'n [u32]) -> Chains<'n> {
        Chains { next, walked: vec![0; next.len()], walk: 0 }
    }

    fn ends(&mut self, start: u32) -> bool {
        self.walk += 1;
        let mut at = start as usize;
        while let (Some(walked), Some(&next)) = (self.walked.get_mut(at), self.next.get(at)) {
            match *walked {
                0 => *walked = self.walk,
                walked => return walked != self.walk,
            }
            at = next as usize;
        }
        true
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|word| u32::from_le_bytes(*word))
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.chunks_exact(4).filter_map(|chunk| word(chunk, 0))
}
