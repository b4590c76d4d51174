//! Work of the same kind on every core.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

/// Does `work` for 0, 1, … `jobs` − 1, one job on each core at a time, and returns what came of them in their order, or the first failure.
pub fn side_by_side<T: Send, E: Send>(jobs: usize, work: impl Fn(usize) -> Result<T, E> + Sync) -> Result<Vec<T>, E> {
    let workers = thread::available_parallelism().map_or(1, usize::from).min(jobs);
    if workers <= 1 {
        return (0..jobs).map(work).collect();
    }
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let done: Mutex<Vec<(usize, Result<T, E>)>> = Mutex::new(Vec::with_capacity(jobs));
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while !failed.load(Ordering::Relaxed) {
                    let job = next.fetch_add(1, Ordering::Relaxed);
                    if jobs <= job {
                        break;
                    }
                    let outcome = work(job);
                    failed.fetch_or(outcome.is_err(), Ordering::Relaxed);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((job, outcome));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(job, _)| *job);
    done.into_iter().map(|(_, outcome)| outcome).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_come_in_the_order_of_the_jobs() {
        let squares = side_by_side(100, |job| Ok::<_, ()>(job * job)).unwrap();
        assert_eq!(squares, (0..100).map(|job| job * job).collect::<Vec<_>>());
    }

    #[test]
    fn a_failure_ends_the_work() {
        assert_eq!(side_by_side(1000, |job| if job == 7 { Err("seven") } else { Ok(job) }), Err("seven"));
    }
}
