//! Which feeds a message is about.

use std::collections::{BTreeMap, BTreeSet};

use http::HeaderName;

use super::{HintedFeed, Incoming, at_pointer};

/// Which feeds are read because of which type of message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topics {
    pub(super) place: Option<TypePlace>,
    /// By type; one that ends in `*` stands for all that begin so.
    pub(super) feeds: BTreeMap<String, BTreeSet<HintedFeed>>,
    /// Of every other type, and of messages that name none.
    pub(super) other: BTreeSet<HintedFeed>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TypePlace {
    Header(HeaderName),
    Pointer(String),
}

impl Topics {
    pub(super) fn feeds(&self, incoming: &Incoming<'_>) -> BTreeSet<HintedFeed> {
        let stated = match &self.place {
            None => None,
            Some(TypePlace::Header(name)) => incoming
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned),
            Some(TypePlace::Pointer(pointer)) => at_pointer(incoming.body, pointer),
        };
        stated
            .and_then(|stated| self.of(&stated))
            .unwrap_or(&self.other)
            .clone()
    }

    /// By the whole type, else by its longest known beginning.
    fn of(&self, stated: &str) -> Option<&BTreeSet<HintedFeed>> {
        let begins = |name: &str| {
            name.strip_suffix('*')
                .is_some_and(|start| stated.starts_with(start))
        };
        self.feeds.get(stated).or_else(|| {
            let candidates = self.feeds.iter().filter(|(name, _)| begins(name));
            candidates
                .max_by_key(|(name, _)| name.len())
                .map(|(_, feeds)| feeds)
        })
    }
}

/// `accounts exposure`, `all`, `none`.
pub(super) fn parse_feeds(text: &str) -> Option<BTreeSet<HintedFeed>> {
    match text.trim() {
        "all" => Some(HintedFeed::ALL.into_iter().collect()),
        "none" => Some(BTreeSet::new()),
        "" => None,
        names => names.split_whitespace().map(HintedFeed::parse).collect(),
    }
}
