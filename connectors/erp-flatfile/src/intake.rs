//! Which files of a feed count, looked up anew at every call: in and archive say it, nothing else does.
//!
//! **Invariant:** looking changes nothing. [`Intake::tidy`] moves files, and only where whoever called has stored what
//! was read of them, or nothing is read of them.

use std::sync::Arc;

use bytes::Bytes;
use punchgate_connector::{
    ConnectorResult, ErrorKind, Files,
    context::LeftOut,
    folder::{Entry, FilePath, Moved},
};

use crate::{
    arrival::{Arrival, Place, Turn, in_microseconds, short, turn},
    documents::{self, DocumentSheet},
    feed::{Extent, Feed},
    hash::sha256,
    manifest::{self, Manifest},
    sheet::{self, BadRow},
    state::{self, Brought, State},
};

/// What the name of a note about a refused file ends with.
const PROBLEM: &str = ".problem.txt";

/// Names of the directories below the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Directories {
    pub(crate) incoming: String,
    pub(crate) archive: String,
    pub(crate) errors: String,
    pub(crate) refused: String,
}

/// The files of a feed in one call.
#[derive(Clone, Copy)]
pub(crate) struct Intake<'a> {
    pub(crate) files: Files<'a>,
    pub(crate) feed: &'a Feed,
    pub(crate) directories: &'a Directories,
}

/// What there is of a feed.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// The files that count, in order: those of the archive, then those that wait to be moved there.
    pub(crate) chain: Vec<Arrival>,
    /// How many of them lie in the archive.
    pub(crate) archived: usize,
    /// Files that were read before.
    known: Vec<Arrival>,
    /// Files that are never read, with the reason.
    refused: Vec<(Arrival, String)>,
    /// Files that are not read yet, with the reason.
    waiting: Vec<(String, String)>,
}

impl Survey {
    /// The place of the last file that counts.
    pub(crate) fn head(&self) -> Option<Place> {
        self.chain.last().map(Arrival::place)
    }

    /// How many files of the chain a cursor has behind it; `None` if its file is not there any more.
    pub(crate) fn count_to(&self, place: &Place) -> Option<usize> {
        let found = self.chain.iter().rposition(|arrival| arrival.place() == *place)?;
        Some(found + 1)
    }

    /// What is told of files that are not read.
    pub(crate) fn trouble(&self) -> impl Iterator<Item = LeftOut> + '_ {
        let refused = self
            .refused
            .iter()
            .map(|(arrival, why)| (&arrival.original, "was refused", why));
        let waiting = self.waiting.iter().map(|(name, why)| (name, "waits", why));
        refused.chain(waiting).map(|(name, what, why)| LeftOut {
            external_id: name.clone(),
            problem: format!("the file {what}: {why}"),
        })
    }
}

impl<'a> Intake<'a> {
    /// Looks which files there are, and whether those that came fit behind those that were read.
    pub(crate) async fn survey(&self, incoming: &[Entry], archive: &[Entry]) -> ConnectorResult<Survey> {
        let mut chain: Vec<Arrival> = archive
            .iter()
            .filter_map(|entry| Arrival::archived(self.feed, entry))
            .collect();
        chain.sort_by(Arrival::order);
        let mut survey = Survey {
            archived: chain.len(),
            chain,
            ..Survey::default()
        };
        let mut came: Vec<Arrival> = incoming
            .iter()
            .filter_map(|entry| Arrival::incoming(self.feed, entry))
            .collect();
        came.sort_by(Arrival::order);
        for mut arrival in came {
            let Some(manifest) = self.manifest(&arrival, incoming).await? else {
                let problem = "its manifest is not there: it may be half written".to_owned();
                survey.waiting.push((arrival.name, problem));
                continue;
            };
            let entry = incoming.iter().find(|entry| entry.name == arrival.name);
            if entry.is_some_and(|entry| entry.size > self.feed.max_bytes) {
                let problem = format!(
                    "it has more than {} bytes: max_file_mib is the limit",
                    self.feed.max_bytes
                );
                survey.refused.push((arrival, problem));
                continue;
            }
            let Some(digest) = self.digest(&arrival).await? else {
                continue;
            };
            arrival.hash = Some(short(&digest));
            let manifest = match manifest {
                Ok(manifest) => manifest,
                Err(problem) => {
                    survey.refused.push((arrival, problem));
                    continue;
                }
            };
            arrival.at = manifest.created_at.map_or(arrival.at, in_microseconds);
            match turn(self.feed, &survey.chain, &arrival) {
                Turn::Known => survey.known.push(arrival),
                Turn::Refused(why) => survey.refused.push((arrival, why)),
                Turn::Waits(why) => survey.waiting.push((arrival.name, why)),
                Turn::Next => match self.verdict(&survey.chain, &arrival, &manifest, &digest).await? {
                    Some(Ok(())) => survey.chain.push(arrival),
                    Some(Err(why)) => survey.refused.push((arrival, why)),
                    None => {
                        // The store may tell both by one stamp: seconds and sizes are coarse.
                        self.files.memo().remove(&digest_key(&arrival));
                        let problem =
                            "it was replaced or taken away while it was read: it is looked at again";
                        survey.waiting.push((arrival.name, problem.to_owned()));
                    }
                },
            }
        }
        // What comes whole ends the wait for what was missing before it.
        if let Some(last) = survey.chain.last().and_then(|arrival| arrival.sequence) {
            let feed = self.feed;
            survey.waiting.retain(|(name, _)| {
                feed.matches(name)
                    .and_then(|(_, number)| number)
                    .is_none_or(|number| number > last)
            });
        }
        Ok(survey)
    }

    /// Fails where no file counts: nothing is known then, which is not the same as that there is nothing.
    pub(crate) fn some(&self, survey: &Survey) -> ConnectorResult<()> {
        if !survey.chain.is_empty() {
            return Ok(());
        }
        let waits = survey
            .trouble()
            .map(|left| format!("; {}: {}", left.external_id, left.problem));
        let message = format!(
            "no file of {} has come yet{}",
            self.feed.name(),
            waits.collect::<String>()
        );
        Err(self.files.error(ErrorKind::Temporary, message))
    }

    /// Files that were refused for which neither a better one came under their number, nor one with everything since; each
    /// with the reason.
    pub(crate) fn gaps(&self, survey: &Survey, put_away: &[Entry]) -> Vec<(Arrival, String)> {
        let before = put_away.iter().filter(|entry| !entry.name.ends_with(PROBLEM));
        let before = before.filter_map(|entry| Arrival::put_away(self.feed, entry));
        let before = before.map(|arrival| (arrival, format!("see {}/", self.directories.refused)));
        let refused = survey.refused.iter().cloned().chain(before);
        let gaps = refused.filter(|(refused, _)| {
            !survey.chain.iter().any(|read| {
                let fills = read.extent == Extent::Full || refused.sequence.is_some();
                fills && read.place().at >= refused.place().at
            })
        });
        gaps.collect()
    }

    /// Says which refused file leaves a gap in what is known of holds.
    pub(crate) fn gap(&self, survey: &Survey, put_away: &[Entry]) -> Option<String> {
        let gap = self.gaps(survey, put_away).into_iter().next();
        gap.map(|(arrival, why)| {
            format!(
                "the file '{}' of {} was refused: {why}; nothing is told of customers until a better one comes, or it is \
                 removed there",
                arrival.original,
                self.feed.name()
            )
        })
    }

    /// The manifest of a file: `None` if it has not come, an error if it says what is not understood.
    async fn manifest(
        &self,
        arrival: &Arrival,
        incoming: &[Entry],
    ) -> ConnectorResult<Option<Result<Manifest, String>>> {
        let Some(suffix) = &self.feed.manifest else {
            return Ok(Some(Ok(Manifest::default())));
        };
        let name = format!("{}{suffix}", arrival.name);
        if !incoming.iter().any(|entry| entry.name == name) {
            return Ok(None);
        }
        let path = self.path(&self.directories.incoming, &name)?;
        let bytes = self.files.read(&path, manifest::MOST_BYTES).await?;
        Ok(bytes.map(|bytes| Manifest::read(&bytes)))
    }

    /// The hash of a file that came; `None` if it is gone.
    async fn digest(&self, arrival: &Arrival) -> ConnectorResult<Option<String>> {
        let key = digest_key(arrival);
        if let Some(known) = self.files.memo().get::<String>(&key) {
            return Ok(Some((*known).clone()));
        }
        let path = self.path(&self.directories.incoming, &arrival.name)?;
        let Some(bytes) = self.files.read(&path, self.feed.max_bytes).await? else {
            return Ok(None);
        };
        let digest = sha256(&bytes);
        self.files.memo().put(&key, Arc::new(digest.clone()));
        Ok(Some(digest))
    }

    /// Whether a file whose turn it is can be read, behind those of the chain; none if it is not that file any more.
    async fn verdict(
        &self,
        chain: &[Arrival],
        arrival: &Arrival,
        manifest: &Manifest,
        digest: &str,
    ) -> ConnectorResult<Option<Result<(), String>>> {
        type Verdict = Result<(), String>;
        let key = format!("verdict/{}/{digest}/{manifest:?}", chain_id(self.feed, chain));
        if let Some(known) = self.files.memo().get::<Verdict>(&key) {
            return Ok(Some((*known).clone()));
        }
        let Some(bytes) = self.content(arrival, false).await? else {
            return Ok(None);
        };
        let verdict = if self.feed.is_keyed() {
            match state::read(self.feed, &bytes, arrival.extent, arrival.at) {
                Err(problem) => Err(problem),
                Ok(brought) => match manifest.contradicts(digest, brought.count) {
                    Some(problem) => Err(problem),
                    None => {
                        let before = self.state(chain, chain.len()).await?;
                        let next = State::clone(&before).with(arrival.extent, brought);
                        let shrunk = before
                            .shrunk_to(&next, self.feed.max_shrink_percent)
                            .filter(|_| arrival.extent == Extent::Full && !manifest.accept_shrink);
                        let mut longer = chain.to_vec();
                        longer.push(arrival.clone());
                        let key = format!("state/{}", chain_id(self.feed, &longer));
                        self.files.memo().put(&key, Arc::new(next));
                        shrunk.map_or(Ok(()), Err)
                    }
                },
            }
        } else {
            match documents::read(self.feed, &bytes, arrival.at) {
                Err(problem) => Err(problem),
                Ok(sheet) => manifest.contradicts(digest, sheet.count).map_or(Ok(()), Err),
            }
        };
        self.files.memo().put(&key, Arc::new(verdict.clone()));
        Ok(Some(verdict))
    }

    /// What the first so many files of the chain come to.
    pub(crate) async fn state(&self, chain: &[Arrival], count: usize) -> ConnectorResult<Arc<State>> {
        let chain = chain.get(..count).unwrap_or(chain);
        let key = format!("state/{}", chain_id(self.feed, chain));
        if let Some(known) = self.files.memo().get::<State>(&key) {
            return Ok(known);
        }
        // Nothing before the last full file counts; but of a row there that could not be read, what was known before.
        let full_before = |end: usize| {
            chain
                .get(..end)
                .and_then(|part| part.iter().rposition(|arrival| arrival.extent == Extent::Full))
        };
        let mut state = State::default();
        if let Some(first) = chain.first() {
            let mut start = match full_before(chain.len()) {
                Some(full) => full,
                None if self.feed.full.is_some() => {
                    let message = format!(
                        "the archive has '{}' and no file with everything before it: put the last one back, or send a \
                         new one",
                        first.original
                    );
                    return Err(self.files.error(ErrorKind::Schema, message));
                }
                None => 0,
            };
            let mut brought = self.brought(chain, start).await?;
            while brought.bad.iter().any(|bad| !bad.counts)
                && let Some(earlier) = full_before(start)
            {
                start = earlier;
                brought = self.brought(chain, start).await?;
            }
            state = state.with(
                chain.get(start).map_or(Extent::Full, |arrival| arrival.extent),
                brought,
            );
            for place in start + 1..chain.len() {
                let extent = chain.get(place).map_or(Extent::Delta, |arrival| arrival.extent);
                state = state.with(extent, self.brought(chain, place).await?);
            }
        }
        let state = Arc::new(state);
        self.files.memo().put(&key, Arc::clone(&state));
        Ok(state)
    }

    /// What a file of the chain brings.
    async fn brought(&self, chain: &[Arrival], place: usize) -> ConnectorResult<Brought> {
        let gone = |name: &str| {
            let message = format!("'{name}' was moved or changed while it was looked for");
            self.files.error(ErrorKind::Temporary, message)
        };
        let arrival = chain.get(place).ok_or_else(|| gone(""))?;
        let bytes = self
            .content(arrival, true)
            .await?
            .ok_or_else(|| gone(&arrival.original))?;
        state::read(self.feed, &bytes, arrival.extent, arrival.at).map_err(|problem| {
            let message = format!(
                "'{}' was read once and cannot be read with the settings of today: {problem}",
                arrival.original
            );
            self.files.error(ErrorKind::Schema, message)
        })
    }

    /// The documents of a file of the chain.
    pub(crate) async fn documents(&self, arrival: &Arrival) -> ConnectorResult<Option<Arc<DocumentSheet>>> {
        let place = arrival.place();
        let key = format!("documents/{}/{}/{}", self.feed.name(), place.at, place.hash);
        if let Some(known) = self.files.memo().get::<DocumentSheet>(&key) {
            return Ok(Some(known));
        }
        let Some(bytes) = self.content(arrival, true).await? else {
            return Ok(None);
        };
        let sheet = documents::read(self.feed, &bytes, arrival.at).map_err(|problem| {
            self.files
                .error(ErrorKind::Schema, format!("'{}': {problem}", arrival.original))
        })?;
        let sheet = Arc::new(sheet);
        self.files.memo().put(&key, Arc::clone(&sheet));
        Ok(Some(sheet))
    }

    /// The bytes of a file, wherever it lies by now; `None` if it is nowhere.
    async fn content(&self, arrival: &Arrival, elsewhere: bool) -> ConnectorResult<Option<Bytes>> {
        let archived = self.path(&self.directories.archive, &arrival.archived_name())?;
        let incoming = self.path(&self.directories.incoming, &arrival.original)?;
        let in_archive = arrival.name != arrival.original;
        let (first, second) = if in_archive {
            (archived, incoming)
        } else {
            (incoming, archived)
        };
        let mut bytes = self.files.read(&first, self.feed.max_bytes).await?;
        if bytes.is_none() && elsewhere {
            bytes = self.files.read(&second, self.feed.max_bytes).await?;
        }
        // What somebody changed meanwhile is another file.
        Ok(bytes.filter(|bytes| arrival.hash.as_deref() == Some(short(&sha256(bytes)).as_str())))
    }

    /// Moves what need not lie among what comes any more: the files of the chain whose rows are stored, files that were
    /// read before, files that are refused. Whatever is cut short here is done by the next call.
    pub(crate) async fn tidy(
        &self,
        survey: &Survey,
        stored: usize,
        incoming: &[Entry],
    ) -> ConnectorResult<()> {
        for (place, arrival) in survey.chain.iter().enumerate().take(stored).skip(survey.archived) {
            let bad = self.bad_rows(&survey.chain, place).await?;
            let name = arrival.archived_name();
            if !bad.is_empty() {
                let report = self.path(&self.directories.errors, &format!("{name}.errors.csv"))?;
                self.files.write_new(&report, sheet::report(&bad)).await?;
            }
            self.put_away(arrival, &self.directories.archive, &name, incoming)
                .await?;
        }
        for arrival in &survey.known {
            let name = format!("again_{}", arrival.archived_name());
            self.put_away(arrival, &self.directories.archive, &name, incoming)
                .await?;
        }
        // A number that is tried again comes under its old name: what was refused before stays beside it.
        for (arrival, why) in &survey.refused {
            let name = arrival.archived_name();
            let note = self.path(&self.directories.refused, &format!("{name}{PROBLEM}"))?;
            let text = format!(
                "{}\n\nThe file was refused as a whole: {why}.\nNothing of it was read.\n",
                arrival.original
            );
            self.files.write_new(&note, text.into_bytes()).await?;
            self.put_away(arrival, &self.directories.refused, &name, incoming)
                .await?;
        }
        Ok(())
    }

    async fn bad_rows(&self, chain: &[Arrival], place: usize) -> ConnectorResult<Vec<BadRow>> {
        let Some(arrival) = chain.get(place) else {
            return Ok(Vec::new());
        };
        if !self.feed.is_keyed() {
            return Ok(self
                .documents(arrival)
                .await?
                .map(|sheet| sheet.bad.clone())
                .unwrap_or_default());
        }
        let state = self.state(chain, place + 1).await?;
        if arrival.extent == Extent::Full || state.bad.is_empty() {
            return Ok(state.bad.clone());
        }
        // Of several files in a row: only those of this one.
        let bytes = self.content(arrival, true).await?;
        let brought = bytes.and_then(|bytes| state::read(self.feed, &bytes, arrival.extent, arrival.at).ok());
        Ok(brought.map(|brought| brought.bad).unwrap_or_default())
    }

    async fn put_away(
        &self,
        arrival: &Arrival,
        directory: &str,
        name: &str,
        incoming: &[Entry],
    ) -> ConnectorResult<()> {
        let from = self.path(&self.directories.incoming, &arrival.original)?;
        let to = self.path(directory, name)?;
        if self.files.move_new(&from, &to).await? == Moved::Exists {
            self.files.remove(&from).await?;
        }
        let Some(suffix) = &self.feed.manifest else {
            return Ok(());
        };
        let manifest = format!("{}{suffix}", arrival.original);
        if incoming.iter().any(|entry| entry.name == manifest) {
            let from = self.path(&self.directories.incoming, &manifest)?;
            let to = self.path(directory, &format!("{name}{suffix}"))?;
            if self.files.move_new(&from, &to).await? == Moved::Exists {
                self.files.remove(&from).await?;
            }
        }
        Ok(())
    }

    fn path(&self, directory: &str, name: &str) -> ConnectorResult<FilePath> {
        FilePath::new(directory, name)
            .map_err(|error| self.files.error(ErrorKind::Invalid, error.to_string()))
    }
}

fn digest_key(arrival: &Arrival) -> String {
    format!("digest/{}", arrival.stamp)
}

/// Names what a chain comes to.
fn chain_id(feed: &Feed, chain: &[Arrival]) -> String {
    let full = chain
        .iter()
        .rposition(|arrival| arrival.extent == Extent::Full)
        .unwrap_or(0);
    let mut text = String::new();
    for arrival in chain.get(full..).unwrap_or_default() {
        let place = arrival.place();
        text.push_str(&format!("{}/{}/{};", place.at, place.hash, arrival.at));
    }
    format!("{}/{}", feed.name(), sha256(text.as_bytes()))
}
