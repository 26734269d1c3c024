//! What a person decides about an order: confirm it, decline it, reopen it, carry a change of it over to its sink.

mod funds;
mod mapping;
mod sink;

use std::sync::Arc;

use punchgate_domain::{
    catalogue::Problem,
    ids::SupplierId,
    order::{Actor, Cause, OrderState},
    policy::ConfirmationPolicy,
};
use punchgate_protocols::cxml::card_number::holds_card_number;
use punchgate_storage::{
    Lane, StorageError,
    order::{self, OrderRow},
    outbox,
};

use super::{
    carry,
    confirm::{self, Commitment},
    load,
    redecide::{Occasion, Redecide, RedecideError},
    working::Working,
    write,
};
use crate::{
    Surroundings,
    clock::micros,
    connectors::ConnectorSource,
    directory::{Directory, DirectoryError, Mode, Relationship},
};
pub use funds::Funds;

/// The longest number of the supplier's system, in bytes.
const LONGEST_NUMBER: usize = 100;

/// What is said of a copy in a shadow run, whatever a person wants of it.
const COPY: &str = "the order is a copy in a shadow run, and goes nowhere: decide it in the system that carries it out. What a \
                    buyer calls things is mapped on the relationship; orders that come once its mode is production are carried out here";

/// Why a person's decision was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// For the person.
    #[error("{details}")]
    Refused {
        /// Which problem.
        problem: Problem,
        /// In words.
        details: String,
    },
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Deciding again failed.
    #[error(transparent)]
    Redecide(#[from] RedecideError),
    /// The relationship.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
}

/// A person's word on an order.
#[derive(Debug, Clone)]
pub struct Word<'a> {
    /// Whose order.
    pub supplier: &'a SupplierId,
    /// Order.
    pub order: &'a str,
    /// The row version that the person saw.
    pub expected: i64,
    /// Who.
    pub by: &'a str,
    /// Why.
    pub reason: &'a str,
}

/// Carries out what a person decides.
#[derive(Debug, Clone)]
pub struct OrderDesk {
    surroundings: Surroundings,
    directory: Arc<Directory>,
    redecide: Redecide,
    connectors: Arc<ConnectorSource>,
}

impl OrderDesk {
    /// Over this directory and these connectors.
    pub fn new(
        surroundings: Surroundings,
        directory: Arc<Directory>,
        connectors: Arc<ConnectorSource>,
    ) -> Self {
        let redecide = Redecide::new(surroundings.clone(), Arc::clone(&directory));
        Self {
            surroundings,
            directory,
            redecide,
            connectors,
        }
    }

    /// Prices, total and what needs a person are in order: the order is decided again without them. Credit and
    /// holds still count.
    pub async fn confirm(&self, word: &Word<'_>) -> Result<(), OperatorError> {
        let now = self.surroundings.now();
        self.change(word, |working| {
            let state = working.state()?;
            if !waits_for_person(state) || state == OrderState::Rejected {
                let why = match state.may_be_decided_again() {
                    true => "nothing stands against it that a person could confirm",
                    false => "it is decided no more",
                };
                return Ok(Err(format!("the order is {state}: {why}")));
            }
            working.row.confirmed_at = Some(micros(now));
            let from = Some(working.row.state.clone());
            let detail = Some(format!("confirmed: {}", word.reason));
            working.note(from, state, Cause::PersonDecided, &actor(word), detail, now);
            working.changed = true;
            Ok(Ok(None))
        })
        .await?;
        self.decide_again(word).await
    }

    async fn decide_again(&self, word: &Word<'_>) -> Result<(), OperatorError> {
        let occasion = Occasion {
            cause: Cause::PersonDecided,
            actor: actor(word),
            leaving: false,
        };
        self.redecide
            .one(word.supplier.as_str(), word.order, &occasion)
            .await?;
        Ok(())
    }

    /// The order will not be delivered; the buyer is told by a rejecting confirmation.
    pub async fn decline(&self, word: &Word<'_>) -> Result<(), OperatorError> {
        let now = self.surroundings.now();
        let relationship = self.relationship_of(word).await?;
        self.change(word, |working| {
            let next = match working.state()?.decline() {
                Ok(next) => next,
                Err(error) => return Ok(Err(error.to_string())),
            };
            working.step(
                next,
                Cause::PersonDecided,
                &actor(word),
                Some(word.reason.to_owned()),
                now,
            );
            working.release_credit();
            let document = self.surroundings.new_id();
            Ok(Ok(confirm::rejection(
                working,
                &relationship,
                word.reason,
                document,
                now,
            )))
        })
        .await
    }

    async fn relationship_of(&self, word: &Word<'_>) -> Result<Arc<Relationship>, OperatorError> {
        let mut tx = self.surroundings.db.read().await?;
        let row = order::get(&mut tx, word.supplier.as_str(), word.order).await?;
        tx.rollback().await?;
        let row = row.ok_or_else(|| not_found(word))?;
        let id = row.relationship_id.as_str().into();
        Ok(self.directory.relationship(word.supplier, &id).await?)
    }

    /// The cause of a rejection is mended: the order is decided from the start.
    pub async fn reopen(&self, word: &Word<'_>) -> Result<(), OperatorError> {
        let now = self.surroundings.now();
        self.change(word, |working| {
            let next = match working.state()?.reopen() {
                Ok(next) => next,
                Err(error) => return Ok(Err(error.to_string())),
            };
            working.step(
                next,
                Cause::Reopened,
                &actor(word),
                Some(word.reason.to_owned()),
                now,
            );
            Ok(Ok(Some(carry::redecide_order(&working.row, now))))
        })
        .await
    }

    /// A person has entered the order in the supplier's system, under this number: it is accepted, and the buyer is
    /// told where the policy says so. Only where no worker takes it there.
    pub async fn take_over(&self, word: &Word<'_>, number: &str) -> Result<(), OperatorError> {
        let number = number.trim();
        if number.is_empty() || number.len() > LONGEST_NUMBER {
            return Err(OperatorError::Refused {
                problem: Problem::Validation,
                details: format!(
                    "number: the order's number in the supplier's system, up to {LONGEST_NUMBER} characters"
                ),
            });
        }
        let now = self.surroundings.now();
        let relationship = self.relationship_of(word).await?;
        self.is_free(word, &relationship, number).await?;
        let taken = self
            .change(word, |working| {
                if working.row.sink_connector_id.is_some() {
                    return Ok(Err("the order goes to its sink by itself".to_owned()));
                }
                let next = match working.state()?.take_over() {
                    Ok(next) => next,
                    Err(error) => return Ok(Err(error.to_string())),
                };
                let detail = format!("entered as {number}: {}", word.reason);
                working.step(next, Cause::PersonDecided, &actor(word), Some(detail), now);
                working.row.sink_order_id = Some(number.to_owned());
                working.row.sink_created_at = Some(micros(now));
                // What the person has entered, the ERP's exposure shows from its next reading on.
                working.row.erp_created_at = Some(micros(now));
                let tells = !matches!(
                    relationship.policies.confirmation,
                    ConfirmationPolicy::Manual | ConfirmationPolicy::Never
                );
                Ok(Ok(tells
                    .then(|| {
                        confirm::enqueue_entry(
                            &self.surroundings,
                            working,
                            &relationship,
                            Commitment::accept(),
                        )
                    })
                    .flatten()))
            })
            .await;
        match taken {
            // Somebody has entered another order under it since it was looked for.
            Err(OperatorError::Storage(StorageError::Unique(_))) => {
                self.is_free(word, &relationship, number).await?;
                Err(OperatorError::Storage(StorageError::Retry(format!(
                    "number {number} was taken meanwhile"
                ))))
            }
            taken => taken,
        }
    }

    /// Refuses a number of the supplier's system that another order has already: one of them is a slip.
    async fn is_free(
        &self,
        word: &Word<'_>,
        relationship: &Relationship,
        number: &str,
    ) -> Result<(), OperatorError> {
        let mut tx = self.surroundings.db.read().await?;
        let (supplier, erp) = (word.supplier.as_str(), relationship.erp.as_ref());
        let mut taken = order::entered_as(&mut tx, supplier, number).await?;
        if let (None, Some(erp)) = (&taken, erp) {
            taken = order::of_sink_order(&mut tx, supplier, erp.as_str(), number).await?;
        }
        tx.rollback().await?;
        match taken.filter(|row| row.order_id != word.order) {
            Some(row) => Err(OperatorError::Refused {
                problem: Problem::InvalidTransition,
                details: format!(
                    "{number} is order {} of {} already: check the number; where one order of yours carries out \
                     both, name this one {number}/2",
                    row.order_number, row.relationship_id
                ),
            }),
            None => Ok(()),
        }
    }

    /// Sends the buyer what the sink last committed to: the policy `manual`, or once more.
    pub async fn send_confirmation(&self, word: &Word<'_>) -> Result<(), OperatorError> {
        let now = self.surroundings.now();
        let relationship = self.relationship_of(word).await?;
        self.change(word, |working| {
            let state = working.state()?;
            if state != OrderState::Accepted {
                return Ok(Err(format!(
                    "the order is {state}: only an accepted order is confirmed"
                )));
            }
            let commitment = confirm::committed(working)?;
            let entry = confirm::enqueue_entry(&self.surroundings, working, &relationship, commitment);
            if entry.is_none() {
                let why =
                    "the relationship takes no confirmations: it has no outbound_url, or its policy is never";
                return Ok(Err(why.to_owned()));
            }
            let from = Some(working.row.state.clone());
            let detail = Some(format!("confirmation sent: {}", word.reason));
            working.note(from, state, Cause::PersonDecided, &actor(word), detail, now);
            Ok(Ok(entry))
        })
        .await
    }

    async fn change(
        &self,
        word: &Word<'_>,
        change: impl FnOnce(&mut Working) -> Result<Result<Option<outbox::NewEntry>, String>, StorageError> + Send,
    ) -> Result<(), OperatorError> {
        let mut tx = self.surroundings.db.begin(Lane::Intake).await?;
        let row = order::lock(&mut tx, word.supplier.as_str(), word.order).await?;
        let mut working =
            load::with_numbers(&mut tx, word.supplier.as_str(), row.into_iter().collect()).await?;
        let Some(order) = working.first_mut() else {
            tx.rollback().await?;
            return Err(not_found(word));
        };
        if let Err(error) = is_expected(word, order) {
            tx.rollback().await?;
            return Err(error);
        }
        let freed = order
            .row
            .credit_account_id
            .clone()
            .filter(|_| order.row.reserved_minor != 0);
        match change(order)? {
            Ok(entry) => {
                let now = self.surroundings.now();
                let supplier = word.supplier.as_str();
                let mut entries: Vec<_> = entry.into_iter().collect();
                entries.extend(freed.map(|account| carry::redecide_account(supplier, &account, now)));
                write::orders(&mut tx, &working).await?;
                outbox::enqueue_many(&mut tx, &entries, micros(now)).await?;
                tx.commit().await?;
                Ok(())
            }
            Err(details) => {
                tx.rollback().await?;
                Err(OperatorError::Refused {
                    problem: Problem::InvalidTransition,
                    details,
                })
            }
        }
    }
}

fn actor(word: &Word<'_>) -> Actor {
    Actor::Operator(word.by.to_owned())
}

/// Refuses where the order is not what the person saw, and a reason that has the number of a card in it: it is shown to
/// everybody.
fn is_expected(word: &Word<'_>, order: &Working) -> Result<(), OperatorError> {
    if holds_card_number(word.reason) {
        return Err(OperatorError::Refused {
            problem: Problem::Validation,
            details: "reason: this looks like a card number, which is kept nowhere; leave it out".to_owned(),
        });
    }
    is_no_copy(&order.row)?;
    if order.row.row_version == word.expected {
        return Ok(());
    }
    Err(OperatorError::Refused {
        problem: Problem::VersionConflict,
        details: format!(
            "the order has changed since (version {}, you saw {}); read it again",
            order.row.row_version, word.expected
        ),
    })
}

/// Refuses where the order is a copy in a shadow run.
fn is_no_copy(row: &OrderRow) -> Result<(), OperatorError> {
    match row.mode == Mode::Shadow.as_str() {
        false => Ok(()),
        true => Err(OperatorError::Refused {
            problem: Problem::InvalidTransition,
            details: COPY.to_owned(),
        }),
    }
}

fn not_found(word: &Word<'_>) -> OperatorError {
    OperatorError::Refused {
        problem: Problem::NotFound,
        details: format!("there is no order '{}'", word.order),
    }
}

/// Whether an order in this state waits for a person.
pub fn waits_for_person(state: OrderState) -> bool {
    matches!(
        state,
        OrderState::Held | OrderState::Referred | OrderState::Rejected
    )
}
