//! The reading process: this same program, with bounds on memory and time, reading one foreign file and saying what it finds.
//!
//! A hostile file kills a reading process and never a night. The parent hears rows over a bounded pipe; whatever becomes of
//! the child, the parent ends with rows and a report, or with an error that says what happened.

mod frame;

use std::{
    io::{BufReader, Read, Write},
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, ExitStatus, Stdio},
    sync::mpsc::{RecvTimeoutError, sync_channel},
    thread,
    time::Duration,
};

use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};

use self::frame::{Frame, hear, say};
use crate::{
    inbox::Part,
    read::{Fault, GridReport, GridSink, Limits, PartReport, ReadError, SheetInfo, grid_here, read_here, sheets_here},
    rows::RawRows,
};

/// The hidden subcommand by which the program becomes a reading process.
pub const SUBCOMMAND: &str = "read-foreign";

/// What a reading process is asked.
#[derive(Debug, Serialize, Deserialize)]
enum Job {
    Read { part: Part, limits: Limits },
    Sheets { path: PathBuf, file: String, limits: Limits },
    Grid { path: PathBuf, file: String, sheet: Option<String>, limits: Limits },
}

impl Job {
    fn limits(&self) -> &Limits {
        match self {
            Job::Read { limits, .. } | Job::Sheets { limits, .. } | Job::Grid { limits, .. } => limits,
        }
    }

    fn file(&self) -> &str {
        match self {
            Job::Read { part, .. } => &part.file,
            Job::Sheets { file, .. } | Job::Grid { file, .. } => file,
        }
    }
}

/// Reads one part in a reading process; like [`crate::read::read_part`], which is what to call.
pub fn read_part(
    part: &Part,
    limits: &Limits,
    sink: &mut dyn FnMut(RawRows) -> Result<(), ReadError>,
) -> Result<PartReport, ReadError> {
    let job = Job::Read { part: part.clone(), limits: limits.clone() };
    let last = ask(&job, &mut |frame| match frame {
        Frame::Rows(rows) if rows.table == part.table => sink(rows).map(|()| None),
        other => Ok(Some(other)),
    })?;
    match last {
        Frame::Report(report) => Ok(report),
        _ => Err(nonsense(&part.file)),
    }
}

/// The sheets of a workbook, asked of a reading process.
pub(crate) fn sheets(path: &Path, file: &str, limits: &Limits) -> Result<Vec<SheetInfo>, ReadError> {
    let job = Job::Sheets { path: path.to_owned(), file: file.into(), limits: limits.clone() };
    match ask(&job, &mut |frame| Ok(Some(frame)))? {
        Frame::Sheets(sheets) => Ok(sheets),
        _ => Err(nonsense(file)),
    }
}

/// Reads any sheet in a reading process; like [`crate::read::grid`], which is what to call.
pub(crate) fn grid(
    path: &Path,
    sheet: Option<&str>,
    limits: &Limits,
    sink: &mut GridSink<'_>,
) -> Result<GridReport, ReadError> {
    let file = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    let (path, sheet) = (path.to_owned(), sheet.map(str::to_owned));
    let job = Job::Grid { path, file: file.clone(), sheet, limits: limits.clone() };
    let last = ask(&job, &mut |frame| match frame {
        Frame::Grid(rows) => sink(rows).map(|()| None),
        other => Ok(Some(other)),
    })?;
    match last {
        Frame::GridReport(report) => Ok(report),
        _ => Err(nonsense(&file)),
    }
}

fn nonsense(file: &str) -> ReadError {
    ReadError::of_file(file, Fault::Died("答非所问 / it made no sense".into()))
}

/// A child that doesn't outlive its question.
struct Asked(Child);

impl Asked {
    /// How a child ended that has stopped talking. One that doesn't end by itself within two seconds is ended.
    fn end(&mut self) -> String {
        for _ in 0..100 {
            match self.0.try_wait() {
                Ok(Some(status)) => return end_of(status),
                Ok(None) => thread::sleep(Duration::from_millis(20)),
                Err(_) => break,
            }
        }
        "不再应答 / it stopped answering".into()
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        // Both fail only for a child that has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a child, hands its frames to `each` until one is the last, and sees it off.
fn ask(job: &Job, each: &mut dyn FnMut(Frame) -> Result<Option<Frame>, ReadError>) -> Result<Frame, ReadError> {
    let limits = job.limits();
    let fail = |fault: Fault| ReadError::of_file(job.file(), fault);
    let system =
        |error: std::io::Error| fail(Fault::System(format!("读取进程 {0} / reading process: {0}", error.kind())));
    let question = serde_json::to_vec(job).map_err(|error| system(error.into()))?;
    let mut child = Command::new(&limits.program)
        .arg(SUBCOMMAND)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map(Asked)
        .map_err(system)?;
    let (Some(mut stdin), Some(stdout)) = (child.0.stdin.take(), child.0.stdout.take()) else {
        return Err(fail(Fault::System("pipe".into())));
    };
    // A child that died before it listened says so by its end, below.
    let _ = stdin.write_all(&question);
    drop(stdin);

    let (hand_over, frames) = sync_channel(1);
    let ear = thread::spawn(move || {
        let mut stdout = BufReader::with_capacity(256 * 1024, stdout);
        loop {
            let heard = hear(&mut stdout);
            let last = !matches!(heard, Ok(Some(_)));
            if hand_over.send(heard).is_err() || last {
                return;
            }
        }
    });
    let answer = loop {
        match frames.recv_timeout(limits.silence) {
            Ok(Ok(Some(Frame::Error(error)))) => break Err(error),
            Ok(Ok(Some(frame))) => match each(frame) {
                Ok(None) => {}
                Ok(Some(last)) => break Ok(last),
                Err(error) => break Err(error),
            },
            Ok(Ok(None) | Err(_)) | Err(RecvTimeoutError::Disconnected) => {
                break Err(fail(Fault::Died(child.end())));
            }
            Err(RecvTimeoutError::Timeout) => break Err(fail(Fault::Silent)),
        }
    };
    drop(child);
    drop(frames);
    // The pipe is closed with the child's end, so the thread ends too; it can't fail but by a panic that is told already.
    let _ = ear.join();
    answer
}

fn end_of(status: ExitStatus) -> String {
    let signals = [
        (Signal::ABORT, "内存超限 / out of memory"),
        (Signal::SEGV, "内存越界 / bad memory access"),
        (Signal::XCPU, "耗时超限 / out of time"),
        (Signal::KILL, "被终止 / killed"),
    ];
    let known =
        |signal: i32| signals.iter().find(|(known, _)| known.as_raw() == signal).map(|(_, how)| (*how).to_owned());
    match (status.signal(), status.code()) {
        (Some(signal), _) => known(signal).unwrap_or_else(|| format!("信号 {signal} / signal {signal}")),
        (None, Some(code)) => format!("退出码 {code} / exit code {code}"),
        (None, None) => "原因不明 / unknown".into(),
    }
}

/// The whole of a reading process: bounds itself, reads one question from `stdin`, answers on `stdout`.
///
/// The command calls this for [`SUBCOMMAND`] before it sets up anything else.
pub fn main(mut stdin: impl Read, stdout: impl Write) -> ExitCode {
    let mut question = Vec::new();
    if stdin.by_ref().take(1 << 20).read_to_end(&mut question).is_err() {
        return ExitCode::FAILURE;
    }
    let Ok(job) = serde_json::from_slice::<Job>(&question) else { return ExitCode::FAILURE };
    if bound(job.limits()).is_err() {
        return ExitCode::FAILURE;
    }
    let mut out = std::io::BufWriter::with_capacity(256 * 1024, stdout);
    let gone = |file: &str| ReadError::stopped(file, "parent gone");
    let last = match &job {
        Job::Read { part, limits } => {
            read_here(part, limits, &mut |rows| say(&mut out, &Frame::Rows(rows)).map_err(|_| gone(&part.file)))
                .map_or_else(Frame::Error, Frame::Report)
        }
        Job::Sheets { path, file, limits } => sheets_here(path, file, limits).map_or_else(Frame::Error, Frame::Sheets),
        Job::Grid { path, file, sheet, limits } => {
            let mut tell = |rows| say(&mut out, &Frame::Grid(rows)).map_err(|_| gone(file));
            grid_here(path, file, sheet.as_deref(), limits, &mut tell).map_or_else(Frame::Error, Frame::GridReport)
        }
    };
    if say(&mut out, &last).is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn bound(limits: &Limits) -> rustix::io::Result<()> {
    // Dies with its parent, so that a killed night leaves no reader behind.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    at_most(Resource::Core, 0, 0)?;
    at_most(Resource::Fsize, 0, 0)?;
    at_most(Resource::Nofile, 16, 0)?;
    // The softer bound ends it by a signal of its own, which the parent understands.
    at_most(Resource::Cpu, limits.cpu.as_secs().max(1), 5)?;
    at_most(Resource::As, limits.memory_bytes, 0)
}

/// Sets a bound, and the hard one `beyond` it; whoever started us may have set a lower one, which stays.
fn at_most(resource: Resource, most: u64, beyond: u64) -> rustix::io::Result<()> {
    let allowed = getrlimit(resource).maximum.unwrap_or(u64::MAX);
    let maximum = most.saturating_add(beyond).min(allowed);
    setrlimit(resource, Rlimit { current: Some(most.min(maximum)), maximum: Some(maximum) })
}
