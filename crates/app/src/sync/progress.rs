//! Whether a feed comes nearer to its end: a connector whose cursor moves for ever tells the same again, or nothing. Pure.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

/// What a run has seen.
#[derive(Debug)]
pub(crate) struct Progress {
    /// Of the ids: a run may see very many.
    seen: HashSet<u64>,
    idle: usize,
    patience: usize,
}

impl Progress {
    /// Borne with are less than so many pages in a row that tell nothing which was not told in this run.
    pub(crate) fn within(patience: usize) -> Self {
        Self {
            seen: HashSet::new(),
            idle: 0,
            patience,
        }
    }

    /// Whether it is worth going on after a page that tells of these.
    pub(crate) fn is_made<'a>(&mut self, ids: impl Iterator<Item = &'a str>) -> bool {
        let before = self.seen.len();
        for id in ids {
            let mut hash = DefaultHasher::new();
            id.hash(&mut hash);
            self.seen.insert(hash.finish());
        }
        self.idle = if self.seen.len() > before {
            0
        } else {
            self.idle + 1
        };
        self.idle < self.patience
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_new_is_progress() {
        let mut progress = Progress::within(20);
        let mut told = |id: u32| progress.is_made([id.to_string()].iter().map(String::as_str));
        assert!((0..1000).all(&mut told));
        assert_eq!((0..1000).filter(|_| told(7)).count(), 19);
        assert!(told(1000));
    }
}
