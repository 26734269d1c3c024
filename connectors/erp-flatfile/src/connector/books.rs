//! Customers and their holds as the files that count have them, and what changed since a cursor.

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;
use punchgate_connector::{
    ConnectorError, ConnectorResult, Cursor, ErrorKind, Files, accounts::Account, context::LeftOut,
    folder::Entry,
};
use serde::{Deserialize, Serialize};

use crate::{
    arrival::Place,
    convert::{BETWEEN, accounts},
    feed::{Feed, FeedKind},
    fields::Fields,
    intake::{Intake, Survey},
    sheet::MOST_TOLD,
    state::State,
};

use super::FlatFiles;

/// Where the feed of customers was left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    /// Everything up to these files was told.
    pub(super) done: Files2,
    /// A walk that has begun: up to which files, and after which key it goes on.
    pub(super) walk: Option<(Files2, String)>,
    /// Whether these files have rows that cannot be read: that is told until others come.
    #[serde(default)]
    pub(super) unread: bool,
}

/// The last file of customers and that of holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Files2 {
    pub(super) customers: Option<Place>,
    pub(super) holds: Option<Place>,
}

impl Mark {
    pub(super) fn read(cursor: Option<&Cursor>, operation: &'static str) -> ConnectorResult<Self> {
        let Some(cursor) = cursor else {
            return Ok(Self::default());
        };
        serde_json::from_str(cursor.as_str()).map_err(|error| {
            let message = format!("the cursor is not one of this connector: {error}");
            ConnectorError::new(ErrorKind::Conflict, operation, message)
        })
    }

    pub(super) fn cursor(&self) -> ConnectorResult<Cursor> {
        let text = serde_json::to_string(self).map_err(|error| {
            ConnectorError::new(
                ErrorKind::Schema,
                "pull",
                format!("the cursor cannot be written: {error}"),
            )
        })?;
        Ok(Cursor::new(text))
    }
}

/// The files of customers and holds in one call.
pub(super) struct Books<'a> {
    pub(super) customers: Intake<'a>,
    holds: Option<Intake<'a>>,
    incoming: Vec<Entry>,
    pub(super) customer_files: Survey,
    pub(super) hold_files: Survey,
    /// What was refused and leaves a gap in what is known of holds.
    hold_gap: Option<String>,
}

/// What the files come to.
#[derive(Debug)]
pub(super) struct Known {
    customers: Arc<State>,
    holds: Arc<State>,
}

impl<'a> Books<'a> {
    pub(super) async fn open(
        connector: &'a FlatFiles,
        feed: &'a Feed,
        files: Files<'a>,
    ) -> ConnectorResult<Self> {
        let incoming = files.list(&connector.directories.incoming).await?.entries;
        let archive = files.list(&connector.directories.archive).await?.entries;
        let customers = connector.intake(files, feed);
        let holds = connector
            .feed(FeedKind::Holds)
            .map(|feed| connector.intake(files, feed));
        let customer_files = customers.survey(&incoming, &archive).await?;
        let (mut hold_files, mut hold_gap) = (Survey::default(), None);
        if let Some(holds) = &holds {
            let refused = files.list(&connector.directories.refused).await?.entries;
            hold_files = holds.survey(&incoming, &archive).await?;
            hold_gap = holds.gap(&hold_files, &refused);
        }
        Ok(Self {
            customers,
            holds,
            incoming,
            customer_files,
            hold_files,
            hold_gap,
        })
    }

    /// The last files that count.
    pub(super) fn head(&self) -> Files2 {
        Files2 {
            customers: self.customer_files.head(),
            holds: self.hold_files.head(),
        }
    }

    /// Moves away what the caller has stored.
    pub(super) async fn tidy(&self, stored: &Files2) -> ConnectorResult<()> {
        let count = |survey: &Survey, place: &Option<Place>| {
            place
                .as_ref()
                .and_then(|place| survey.count_to(place))
                .unwrap_or(0)
        };
        let customers = count(&self.customer_files, &stored.customers);
        self.customers
            .tidy(&self.customer_files, customers, &self.incoming)
            .await?;
        if let Some(holds) = &self.holds {
            let stored = count(&self.hold_files, &stored.holds);
            holds.tidy(&self.hold_files, stored, &self.incoming).await?;
        }
        Ok(())
    }

    /// What is told of files that are not read.
    pub(super) fn trouble(&self) -> Vec<LeftOut> {
        self.customer_files
            .trouble()
            .chain(self.hold_files.trouble())
            .collect()
    }

    /// Fails while nobody knows the customers or their holds: a customer without these would be let go.
    pub(super) fn are_whole(&self) -> ConnectorResult<()> {
        self.customers.some(&self.customer_files)?;
        if let Some(holds) = &self.holds {
            if let Some(gap) = &self.hold_gap {
                return Err(holds.files.error(ErrorKind::Schema, gap.clone()));
            }
            if holds.feed.full.is_some() {
                holds.some(&self.hold_files)?;
            }
        }
        Ok(())
    }

    /// What the files come to now, if they are whole.
    pub(super) async fn now(&self) -> ConnectorResult<Known> {
        self.are_whole()?;
        self.known(&self.head()).await
    }

    /// Whether the files list a customer, whatever its holds.
    pub(super) async fn list(&self, customer: &str) -> ConnectorResult<bool> {
        self.customers.some(&self.customer_files)?;
        let known = self.known(&self.head()).await?;
        Ok(known.customers.records.contains_key(customer))
    }

    /// What the files came to at a cursor. [`ErrorKind::Conflict`]: those files are not there any more.
    pub(super) async fn known(&self, at: &Files2) -> ConnectorResult<Known> {
        let customers = self
            .state(&self.customers, &self.customer_files, at.customers.as_ref())
            .await?;
        let holds = match &self.holds {
            Some(intake) => self.state(intake, &self.hold_files, at.holds.as_ref()).await?,
            None => Arc::default(),
        };
        Ok(Known { customers, holds })
    }

    async fn state(
        &self,
        intake: &Intake<'a>,
        survey: &Survey,
        at: Option<&Place>,
    ) -> ConnectorResult<Arc<State>> {
        let Some(place) = at else {
            return Ok(Arc::default());
        };
        let count = survey.count_to(place).ok_or_else(|| {
            let message =
                "the file that was read last is not in the archive any more: everything is read anew";
            intake.files.error(ErrorKind::Conflict, message)
        })?;
        intake.state(&survey.chain, count).await
    }

    /// Keys of customers that are other or gone since then, in order.
    pub(super) async fn changed(
        &self,
        since: &Files2,
        now: &Known,
    ) -> ConnectorResult<Arc<Vec<(Box<str>, bool)>>> {
        let memo = self.customers.files.memo();
        let key = format!("changed/{since:?}/{:?}", self.head());
        if let Some(known) = memo.get::<Vec<(Box<str>, bool)>>(&key) {
            return Ok(known);
        }
        let before = self.known(since).await?;
        let mut changed = before.customers.changed_in(&now.customers);
        let of_customers: BTreeSet<&str> = changed.iter().map(|(key, _)| &**key).collect();
        let holds = before.holds.changed_in(&now.holds);
        // What was left out for a hold that could not be read is told now, whatever the hold has become.
        let keys = holds.iter().map(|(key, _)| &**key).chain(before.holds.unread());
        let owners = keys.filter_map(|key| key.split_once(BETWEEN).map(|(owner, _)| owner));
        let more: BTreeSet<&str> = owners
            .filter(|owner| !of_customers.contains(owner) && now.customers.records.contains_key(*owner))
            .collect();
        changed.extend(
            more.into_iter()
                .map(|owner| (owner.into(), false))
                .collect::<Vec<_>>(),
        );
        changed.sort_unstable();
        let changed = Arc::new(changed);
        memo.put(&key, Arc::clone(&changed));
        Ok(changed)
    }

    /// What is told of rows in the files that count.
    pub(super) fn unread(&self, now: &Known) -> Vec<LeftOut> {
        now.customers
            .bad
            .iter()
            .chain(&now.holds.bad)
            .take(MOST_TOLD)
            .map(|bad| LeftOut {
                external_id: match bad.key.as_deref() {
                    Some(key) => key.split(BETWEEN).next().unwrap_or(key).to_owned(),
                    None => format!("row {}", bad.row),
                },
                problem: format!("row {}, {}: {}; {}", bad.row, bad.column, bad.problem, bad.remedy),
            })
            .collect()
    }
}

impl Known {
    /// Whether a row in them cannot be read.
    pub(super) fn has_unread(&self) -> bool {
        !self.customers.bad.is_empty() || !self.holds.bad.is_empty()
    }

    /// A customer with its holds; `None` if it is not there. One of which a row cannot be read stays as it was.
    pub(super) fn account(
        &self,
        connector: &FlatFiles,
        feed: &Feed,
        key: &str,
    ) -> Option<Result<Account, LeftOut>> {
        let left_out = |problem: &str| {
            Some(Err(LeftOut {
                external_id: key.to_owned(),
                problem: problem.to_owned(),
            }))
        };
        let Some(record) = self.customers.records.get(key) else {
            let may_be = self.customers.may_have(key);
            return may_be.then(|| left_out("its row cannot be read")).flatten();
        };
        let fields = Fields::of_kept(feed.columns.fields, &record.text, &feed.style);
        let prefix = format!("{key}{BETWEEN}");
        if self.holds.may_have_below(&prefix) {
            return left_out("a hold of it cannot be read");
        }
        let mut holds: Vec<(Fields<'_>, Timestamp)> = Vec::new();
        if let Some(feed) = connector.feed(FeedKind::Holds) {
            let records = self.holds.below(&prefix);
            holds.extend(records.map(|record| {
                (
                    Fields::of_kept(feed.columns.fields, &record.text, &feed.style),
                    record.at,
                )
            }));
        }
        let account = accounts::account(
            &fields,
            &holds,
            record.at,
            feed.export_time,
            feed.empty_is_unlimited,
        );
        Some(account.map_err(|misfit| LeftOut {
            external_id: key.to_owned(),
            problem: format!("{}: {}", misfit.field, misfit.misread.problem),
        }))
    }
}
