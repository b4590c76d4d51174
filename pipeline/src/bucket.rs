//! Buckets: a source's rows cut by the hash of the registration number, so that memory does not grow with the province.
//!
//! Rows wait in memory while they are few and in scratch files once they are many. The number of buckets is chosen when a source
//! opens and is part of each bucket's name, so later nights cut the same way.

use std::{
    fmt,
    fs::File,
    hash::Hasher,
    io::{BufReader, BufWriter},
    path::{Path, PathBuf},
};

use arrow::{
    array::{Array, RecordBatch, StringArray, UInt32Array},
    compute::take_record_batch,
    datatypes::SchemaRef,
    ipc::{reader::StreamReader, writer::StreamWriter},
};
use siphasher::sip::SipHasher13;

use crate::columns::{Shape, text};

/// Rows that one bucket should hold at the most.
const ROWS_PER_BUCKET: u64 = 65_536;
/// Bytes of waiting rows above which they go to scratch files.
const WAITING_BYTES: usize = 256 << 20;

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

    /// Puts rows into their buckets, in order.
    pub fn put(&mut self, batch: RecordBatch) -> Shape<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        self.waiting_bytes += batch.get_array_memory_size();
        if self.cut.buckets == 1 {
            self.waiting[0].push(batch);
        } else {
            let places = places(self.cut, text(&batch, "student_no")?);
            for (bucket, rows) in places.into_iter().enumerate() {
                if !rows.is_empty() {
                    self.waiting[bucket].push(take_record_batch(&batch, &UInt32Array::from(rows))?);
                }
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
            for batch in waiting.drain(..) {
                writer.write(&batch)?;
            }
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

fn places(cut: Cut, student_nos: &StringArray) -> Vec<Vec<u32>> {
    let mut places = vec![Vec::new(); cut.buckets as usize];
    for row in 0..student_nos.len() {
        let bucket = cut.bucket_of(student_nos.value(row));
        places[bucket as usize].push(u32::try_from(row).unwrap_or(u32::MAX));
    }
    places
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
    use super::*;

    #[test]
    fn a_bucket_name_tells_the_cut() {
        let cut = Cut::for_rows(1_000_000);
        assert_eq!(cut.buckets(), 16);
        assert_eq!(Cut::of_name(&cut.name(5)), Some(cut));
        assert_eq!(Cut::for_rows(0).buckets(), 1);
        assert_eq!(Cut::of_name("nonsense"), None);
    }
}
