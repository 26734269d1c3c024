//! Whether a feed comes nearer to its end: a connector whose cursor moves for ever tells the same accounts again, or
//! none. Pure.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use punchgate_connector::{Page, accounts::Account};

/// Most pages in a row that tell nothing of an account that was not told in this run.
pub(super) const IDLE_PAGES: usize = 100;

/// What a run has seen.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Of the ids: a run may see very many.
    seen: HashSet<u64>,
    idle: usize,
}

impl Progress {
    /// Whether it is worth going on after this page.
    pub(super) fn is_made(&mut self, page: &Page<Account>) -> bool {
        let ids = page.items.iter().map(|account| &account.external_id);
        let before = self.seen.len();
        for id in ids.chain(&page.deleted) {
            let mut hash = DefaultHasher::new();
            id.hash(&mut hash);
            self.seen.insert(hash.finish());
        }
        self.idle = if self.seen.len() > before {
            0
        } else {
            self.idle + 1
        };
        self.idle < IDLE_PAGES
    }
}

#[cfg(test)]
mod tests {
    use punchgate_connector::Cursor;

    use super::*;

    #[test]
    fn only_what_is_new_is_progress() {
        let page = |id: u32| Page {
            items: Vec::new(),
            deleted: vec![id.to_string()],
            next_cursor: Cursor::new("1"),
            more: true,
        };
        let mut progress = Progress::default();
        assert!((0..1000).all(|id| progress.is_made(&page(id))));
        assert_eq!(
            (0..1000).filter(|_| progress.is_made(&page(7))).count(),
            IDLE_PAGES - 1
        );
        assert!(progress.is_made(&page(1000)));
    }
}
