//! How long the gateway and Tryton were ready to run and had no processor: what a busy machine takes from those who are
//! measured. Linux counts it by thread; where it does not, nobody has waited.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// Of Tryton the process has this name, of the gateway it is this one.
const TRYTON: &str = "trytond";

/// The waits since a beginning.
#[derive(Debug)]
pub(super) struct Waits {
    /// By thread, in nanoseconds: what it had waited at the beginning, and by now.
    threads: BTreeMap<PathBuf, (u64, u64)>,
}

impl Waits {
    pub(super) fn begin() -> Self {
        let threads = waited().into_iter();
        Self {
            threads: threads
                .map(|(thread, waited)| (thread, (waited, waited)))
                .collect(),
        }
    }

    /// Notes what they have waited by now. Tryton has a thread for each question, and one that has ended tells nothing.
    pub(super) fn look(&mut self) {
        for (thread, waited) in waited() {
            self.threads.entry(thread).or_default().1 = waited;
        }
    }

    /// All together.
    pub(super) fn total(&self) -> Duration {
        let waited = self
            .threads
            .values()
            .map(|(before, now)| now.saturating_sub(*before));
        Duration::from_nanos(waited.sum())
    }
}

fn waited() -> Vec<(PathBuf, u64)> {
    let is_tryton = |process: &PathBuf| read(process, "comm").trim_end() == TRYTON;
    let processes = within(Path::new("/proc")).into_iter().filter(is_tryton);
    let processes = processes.chain([PathBuf::from("/proc/self")]);
    let threads = processes.flat_map(|process| within(&process.join("task")));
    // Time on a processor, time without one, how often.
    let waited = |thread: PathBuf| {
        let waited = read(&thread, "schedstat").split(' ').nth(1)?.parse().ok()?;
        Some((thread, waited))
    };
    threads.filter_map(waited).collect()
}

/// Nothing where it has gone meanwhile.
fn within(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

fn read(folder: &Path, file: &str) -> String {
    fs::read_to_string(folder.join(file)).unwrap_or_default()
}
