//! Buckets: a source's rows cut by the hash of the registration number, so that memory does not grow with the province.
//!
//! Rows wait in memory while they are few and in scratch files once they are many. The number of buckets is chosen when a source
//! opens and is part of each bucket's name, so later nights cut the same way.

use std::{
    fmt,
    fs::File,
    hash::Hasher,
    io::{BufReader, BufWriter},
    ops::Range,
    path::{Path, PathBuf},
};

use arrow::{
    array::{RecordBatch, UInt32Array},
    compute::{concat_batches, take_record_batch},
    datatypes::SchemaRef,
    ipc::{reader::StreamReader, writer::StreamWriter},
};
use siphasher::sip::SipHasher13;

use crate::columns::{Shape, text};

/// Rows that one bucket should hold at the most.
const ROWS_PER_BUCKET: u64 = 65_536;
/// Bytes of waiting rows above which they go to scratch files.
const WAITING_BYTES: usize = 128 << 20;

/// How a source's rows are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    buckets: u32,
}

impl Cut {
    /// A cut for about so many rows.
    pub fn for_rows(rows: u64) -> Cut {
        let buckets = rows.div_ceil(ROWS_PER_BUCKET).next_power_of_two().clamp(1, 256);
        Cut { buckets: u32::try_from(buckets).unwrap_or(256) }
    }

    /// The cut that a bucket's name tells.
    pub fn of_name(name: &str) -> Option<Cut> {
        let (_, buckets) = name.split_once("of")?;
        buckets.parse().ok().filter(|&buckets| 0 < buckets && buckets <= 256).map(|buckets| Cut { buckets })
    }

    /// The number of buckets.
    pub fn buckets(self) -> u32 {
        self.buckets
    }

    /// The name of a bucket, the value of the partition column `bucket`.
    pub fn name(self, bucket: u32) -> String {
        format!("{bucket:03}of{:03}", self.buckets)
    }

    /// The bucket of a registration number.
    pub fn bucket_of(self, student_no: &str) -> u32 {
        let mut hasher = SipHasher13::new();
        hasher.write(student_no.as_bytes());
        (hasher.finish() % u64::from(self.buckets)) as u32
    }

    /// The rows in the order of their buckets, those of one bucket in the order in which they came. Every row has a registration number.
    pub fn sort(self, rows: RecordBatch) -> Shape<Sorted> {
        let buckets = self.buckets as usize;
        if buckets == 1 {
            let all = 0..rows.num_rows();
            return Ok(Sorted { rows, shares: Vec::from([all]) });
        }
        let numbers = text(&rows, "student_no")?;
        let places: Vec<u32> = (0..rows.num_rows()).map(|row| self.bucket_of(numbers.value(row))).collect();
        let mut counts = vec![0; buckets];
        for &place in &places {
            counts[place as usize] += 1;
        }
        let mut end = 0;
        let shares: Vec<Range<usize>> = counts
            .into_iter()
            .map(|count: usize| {
                end += count;
                end - count..end
            })
            .collect();
        let mut next: Vec<usize> = shares.iter().map(|share| share.start).collect();
        let mut order = vec![0; places.len()];
        for (row, place) in (0..).zip(places) {
            let free = &mut next[place as usize];
            order[*free] = row;
            *free += 1;
        }
        Ok(Sorted { rows: take_record_batch(&rows, &UInt32Array::from(order))?, shares })
    }
}

/// Rows in the order of their buckets.
#[derive(Debug)]
pub struct Sorted {
    rows: RecordBatch,
    /// Which of them are each bucket's.
    shares: Vec<Range<usize>>,
}

/// Rows on their way into buckets.
pub struct Buckets {
    cut: Cut,
    schema: SchemaRef,
    scratch: PathBuf,
    waiting: Vec<Vec<RecordBatch>>,
    waiting_bytes: usize,
    spilled: Vec<Option<StreamWriter<BufWriter<File>>>>,
}

impl fmt::Debug for Buckets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buckets").field("cut", &self.cut).finish_non_exhaustive()
    }
}

impl Buckets {
    /// Empty buckets; scratch files, if they are needed, lie in `scratch`.
    pub fn new(cut: Cut, schema: SchemaRef, scratch: &Path) -> Buckets {
        let n = cut.buckets as usize;
        Buckets {
            cut,
            schema,
            scratch: scratch.to_owned(),
            waiting: vec![Vec::new(); n],
            waiting_bytes: 0,
            spilled: (0..n).map(|_| None).collect(),
        }
    }

    /// Puts rows into their buckets, after those that are there.
    pub fn put(&mut self, sorted: Sorted) -> Shape<()> {
        if sorted.rows.num_rows() == 0 {
            return Ok(());
        }
        self.waiting_bytes += sorted.rows.get_array_memory_size();
        for (waiting, share) in self.waiting.iter_mut().zip(&sorted.shares) {
            if !share.is_empty() {
                waiting.push(sorted.rows.slice(share.start, share.len()));
            }
        }
        if WAITING_BYTES < self.waiting_bytes { self.spill() } else { Ok(()) }
    }

    fn spill(&mut self) -> Shape<()> {
        fs_err::create_dir_all(&self.scratch)?;
        for (bucket, waiting) in self.waiting.iter_mut().enumerate() {
            if waiting.is_empty() {
                continue;
            }
            let writer = match &mut self.spilled[bucket] {
                Some(writer) => writer,
                none => {
                    let file = File::create(self.scratch.join(format!("{bucket}.arrow")))?;
                    none.insert(StreamWriter::try_new(BufWriter::with_capacity(1 << 20, file), &self.schema)?)
                }
            };
            writer.write(&concat_batches(&self.schema, &*waiting)?)?;
            waiting.clear();
        }
        self.waiting_bytes = 0;
        Ok(())
    }

    /// Ends the putting.
    pub fn close(mut self) -> Shape<Filled> {
        if self.spilled.iter().any(Option::is_some) {
            self.spill()?;
        }
        let files = self
            .spilled
            .into_iter()
            .enumerate()
            .map(|(bucket, writer)| match writer {
                Some(mut writer) => {
                    writer.finish()?;
                    Ok(Some(self.scratch.join(format!("{bucket}.arrow"))))
                }
                None => Ok(None),
            })
            .collect::<Shape<_>>()?;
        Ok(Filled { cut: self.cut, waiting: self.waiting, files })
    }
}

/// Buckets that are full: each can be taken out.
#[derive(Debug)]
pub struct Filled {
    cut: Cut,
    waiting: Vec<Vec<RecordBatch>>,
    files: Vec<Option<PathBuf>>,
}

impl Filled {
    /// How the rows are cut.
    pub fn cut(&self) -> Cut {
        self.cut
    }

    /// The rows of one bucket, in the order in which they were put in.
    pub fn bucket(&self, bucket: u32) -> Shape<Vec<RecordBatch>> {
        let bucket = bucket as usize;
        match self.files.get(bucket) {
            Some(Some(path)) => {
                StreamReader::try_new(BufReader::with_capacity(1 << 20, File::open(path)?), None)?.collect()
            }
            _ => Ok(self.waiting.get(bucket).cloned().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::{
        array::StringArray,
        datatypes::{DataType, Field, Schema},
    };

    use super::*;

    #[test]
    fn a_bucket_name_tells_the_cut() {
        let cut = Cut::for_rows(1_000_000);
        assert_eq!(cut.buckets(), 16);
        assert_eq!(Cut::of_name(&cut.name(5)), Some(cut));
        assert_eq!(Cut::for_rows(0).buckets(), 1);
        assert_eq!(Cut::of_name("nonsense"), None);
    }

    #[test]
    fn each_bucket_has_its_rows_in_their_order() {
        let cut = Cut { buckets: 4 };
        let numbers: Vec<String> = (0..100).map(|n| format!("G{n:018}")).collect();
        let schema = Schema::new(vec![Field::new("student_no", DataType::Utf8, false)]);
        let column = Arc::new(StringArray::from(numbers.clone()));
        let rows = RecordBatch::try_new(Arc::new(schema), vec![column]).unwrap();
        let scratch = tempfile::tempdir().unwrap();
        let mut buckets = Buckets::new(cut, rows.schema(), scratch.path());
        for part in [rows.slice(0, 60), rows.slice(60, 0), rows.slice(60, 40)] {
            buckets.put(cut.sort(part).unwrap()).unwrap();
        }
        let filled = buckets.close().unwrap();
        for bucket in 0..4 {
            let rows = concat_batches(&rows.schema(), &filled.bucket(bucket).unwrap()).unwrap();
            let found: Vec<&str> = text(&rows, "student_no").unwrap().iter().flatten().collect();
            let due: Vec<&str> = numbers.iter().map(String::as_str).filter(|no| cut.bucket_of(no) == bucket).collect();
            assert_eq!(found, due);
        }
    }
}
