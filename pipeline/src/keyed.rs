//! Maps and sets whose keys are keyed hashes already: a pupil's surrogate, the hash of a key.
//!
//! Nobody without the warehouse's key can choose such a number, so hashing it once more protects from nothing.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasherDefault, Hasher},
};

/// Takes a 64-bit number for its own hash.
#[derive(Debug, Default, Clone, Copy)]
pub struct Itself(u64);

impl Hasher for Itself {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }

    fn write_i64(&mut self, number: i64) {
        // A surrogate is positive: its top bit says nothing, and the map looks at the top bits first.
        self.0 = number.cast_unsigned() << 1;
    }
}

/// A map by keyed hash.
pub type KeyedMap<K, V> = HashMap<K, V, BuildHasherDefault<Itself>>;
/// A set of keyed hashes.
pub type KeyedSet<K> = HashSet<K, BuildHasherDefault<Itself>>;
