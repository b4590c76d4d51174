//! The pipeline from outside: whole files through the real reading process.

mod reading_process;
