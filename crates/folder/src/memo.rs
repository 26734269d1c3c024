//! What was worked out of files and may be needed again at once: a page of a large file must not cost reading all of it.
//!
//! **Invariant:** it may be forgotten at any time, and then only time is lost. What nobody asked for in a minute is
//! forgotten, so nothing large stays in memory between two files.

use std::{
    any::Any,
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use tokio::time::Instant;

/// How long something is kept that nobody asks for.
const IDLE: Duration = Duration::from_secs(60);
/// Most things that are kept.
const MOST: usize = 8;

type Kept = BTreeMap<String, (Arc<dyn Any + Send + Sync>, Instant)>;

/// Things by keys that name their whole content.
#[derive(Clone, Default)]
pub struct Memo {
    kept: Arc<Mutex<Kept>>,
}

impl Memo {
    /// What is kept under a key.
    pub fn get<T: Any + Send + Sync>(&self, key: &str) -> Option<Arc<T>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (value, used) = kept.get_mut(key)?;
        *used = Instant::now();
        Arc::clone(value).downcast().ok()
    }

    /// Forgets at once what has turned out to be of something else.
    pub fn remove(&self, key: &str) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(key);
    }

    /// Keeps something for a while; what was unused longest gives way.
    pub fn put<T: Any + Send + Sync>(&self, key: &str, value: Arc<T>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.is_empty() {
            tokio::spawn(forget(Arc::downgrade(&self.kept)));
        }
        kept.insert(key.to_owned(), (value, Instant::now()));
        if kept.len() > MOST {
            let oldest = kept.iter().min_by_key(|(_, (_, used))| *used);
            if let Some(key) = oldest.map(|(key, _)| key.clone()) {
                kept.remove(&key);
            }
        }
    }
}

/// Forgets what is idle, and ends with the last of it.
async fn forget(kept: Weak<Mutex<Kept>>) {
    loop {
        tokio::time::sleep(IDLE / 4).await;
        let Some(kept) = kept.upgrade() else { return };
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, (_, used)| used.elapsed() < IDLE);
        if kept.is_empty() {
            return;
        }
    }
}

impl fmt::Debug for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memo")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_nobody_asks_for_is_forgotten() {
        let memo = Memo::default();
        memo.put("a", Arc::new(1_u32));
        memo.put("b", Arc::new(2_u32));
        tokio::time::advance(IDLE / 2).await;
        assert_eq!(memo.get::<u32>("a").as_deref(), Some(&1));
        tokio::time::sleep(IDLE * 3 / 4).await;
        assert_eq!(
            memo.kept.lock().unwrap().keys().cloned().collect::<Vec<_>>(),
            ["a"]
        );
        tokio::time::sleep(IDLE * 2).await;
        assert!(memo.kept.lock().unwrap().is_empty());
        memo.put("c", Arc::new(3_u32));
        tokio::time::sleep(IDLE * 2).await;
        assert!(memo.get::<u32>("c").is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_a_few_are_kept() {
        let memo = Memo::default();
        for n in 0..20_u32 {
            memo.put(&n.to_string(), Arc::new(n));
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert_eq!(memo.kept.lock().unwrap().len(), MOST);
        assert!(memo.get::<u32>("19").is_some());
    }
}
