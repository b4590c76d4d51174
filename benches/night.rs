//! How long a night takes and how much memory it needs: `cargo bench --bench night -- 100000 1000000`.
//!
//! One clean source of plain CSV, a first night and a second one with one pupil in 200 changed, through the real program.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use sample::Plan;

fn main() {
    let sizes: Vec<u64> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![100_000] } else { sizes };
    println!("{:>10}  {:>12}  {:>9}  {:>9}  {:>9}", "pupils", "night", "seconds", "peak MiB", "written MiB");
    for students in sizes {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let plan = Plan::single_source(students);
        let inbox = folder.path().join("inbox");
        sample::write(&plan, &inbox, &mut |_| {}).expect("a sample");
        let mut before = 0;
        for day in sample::nights(&plan) {
            let started = Instant::now();
            let child = Command::new(env!("CARGO_BIN_EXE_xueji"))
                .args(["nightly", "--quiet", "--day", &day.to_string(), "--inbox"])
                .arg(&inbox)
                .arg("--warehouse")
                .arg(folder.path().join("warehouse"))
                .stdin(Stdio::null())
                .spawn();
            let mut child = child.expect("the program runs");
            let mut peak = 0;
            let status = loop {
                peak = peak.max(high_water(child.id()));
                match child.try_wait().expect("a status") {
                    Some(status) => break status,
                    None => std::thread::sleep(Duration::from_millis(20)),
                }
            };
            assert!(status.success(), "the night of {day} ended with {status}");
            let seconds = started.elapsed().as_secs_f64();
            let size = size_of(&folder.path().join("warehouse"));
            println!("{students:>10}  {day:>12}  {seconds:>9.1}  {:>9}  {:>9}", peak >> 10, (size - before) >> 20);
            before = size;
        }
    }
}

/// The most memory a process has held so far, in KiB.
fn high_water(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}

fn size_of(folder: &Path) -> u64 {
    std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(
            |entry| {
                if entry.path().is_dir() {
                    size_of(&entry.path())
                } else {
                    entry.metadata().map_or(0, |meta| meta.len())
                }
            },
        )
        .sum()
}
