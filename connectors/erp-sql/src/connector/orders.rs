//! Orders: staging rows that the ERP's own process takes up.

use async_trait::async_trait;
use punchgate_connector::{
    ConnectorError, ConnectorResult, Context, ErrorKind, Orders,
    orders::{CancelOutcome, OrderKey, OrderSubmission, PlacedOrder, PlacedState, Refusal, SubmitOutcome},
};

use super::{Sql, requests::waiting, table};
use crate::{
    convert::{
        orders::{self, Staged},
        timestamp,
    },
    database::{Purpose, Session},
    dialect::Kind,
    fault::{Fault, unreadable},
    schema::Table,
    statement::{Statement, Values},
};

impl Sql {
    /// The staging row of a reference.
    async fn staged(
        &self,
        session: &mut Session<'_>,
        operation: &'static str,
        reference: &str,
    ) -> ConnectorResult<Option<Staged>> {
        let heads = table(self.settings.tables.orders.as_ref(), operation)?;
        let statement = Statement::select(self.dialect(), heads)
            .push(" where ")
            .compare(&heads.needed("reference"), "=", reference)
            .push(" limit 2");
        let rows = session.read(&statement).await?;
        if rows.len() > 1 {
            let problem = format!(
                "{}: several rows have the reference '{reference}': it needs a unique index",
                heads.name
            );
            return Err(unreadable(operation, problem));
        }
        let staged = rows.first().map(|row| orders::staged(&self.settings, row));
        let staged = staged
            .transpose()
            .map_err(|mismatch| unreadable(operation, mismatch))?;
        // A comparison that does not tell upper case from lower finds somebody else's.
        Ok(staged.filter(|staged| staged.order.reference == reference))
    }

    async fn insert_order(
        &self,
        ctx: &Context,
        session: &mut Session<'_>,
        submission: &OrderSubmission,
    ) -> Result<(), Fault> {
        let dialect = self.dialect();
        let operation = "submit_order";
        let heads = table(self.settings.tables.orders.as_ref(), operation).map_err(Fault::Error)?;
        let lines = table(self.settings.tables.order_lines.as_ref(), operation).map_err(Fault::Error)?;
        let head = orders::head(dialect, &self.settings, submission, ctx.now());
        session.write(&Statement::insert(dialect, heads, &head)).await?;
        for (position, line) in submission.order.lines.iter().enumerate() {
            let row = orders::line(&submission.reference, position, line);
            session.write(&Statement::insert(dialect, lines, &row)).await?;
        }
        Ok(())
    }

    /// Whether the customer is there, as far as we can tell.
    async fn knows(
        &self,
        session: &mut Session<'_>,
        operation: &'static str,
        customer: &str,
    ) -> ConnectorResult<bool> {
        if self.settings.tables.customers.is_none() {
            return Ok(true);
        }
        let (rows, _) = self.customers(session, operation, &[customer.to_owned()]).await?;
        Ok(!rows.is_empty())
    }

    /// Somebody was first: theirs is the order.
    async fn existing(
        &self,
        ctx: &Context,
        operation: &'static str,
        submission: &OrderSubmission,
        message: String,
    ) -> ConnectorResult<SubmitOutcome> {
        let mut session = self.database.open(ctx, operation, Purpose::Read).await?;
        Ok(
            match self
                .staged(&mut session, operation, &submission.reference)
                .await?
            {
                Some(staged) => existing(staged),
                // Another of the table's own rules.
                None => refused("duplicate", message),
            },
        )
    }
}

fn existing(staged: Staged) -> SubmitOutcome {
    match staged.rejected {
        Some(refusal) => SubmitOutcome::Rejected(refusal),
        None => SubmitOutcome::Existing(staged.order),
    }
}

fn refused(code: &str, message: String) -> SubmitOutcome {
    SubmitOutcome::Rejected(Refusal {
        code: code.to_owned(),
        message,
        fields: Vec::new(),
    })
}

fn cancelled_or_refused(order: PlacedOrder, code: &str, message: &str) -> CancelOutcome {
    if order.state == PlacedState::Cancelled {
        return CancelOutcome::Cancelled(order);
    }
    CancelOutcome::Refused {
        code: code.to_owned(),
        message: message.to_owned(),
        order,
    }
}

#[async_trait]
impl Orders for Sql {
    async fn submit(&self, ctx: &Context, submission: &OrderSubmission) -> ConnectorResult<SubmitOutcome> {
        const OPERATION: &str = "submit_order";
        let mut session = self.database.open(ctx, OPERATION, Purpose::Write).await?;
        if let Some(staged) = self
            .staged(&mut session, OPERATION, &submission.reference)
            .await?
        {
            return Ok(existing(staged));
        }
        if !self.knows(&mut session, OPERATION, &submission.customer).await? {
            let message = format!("the database has no customer '{}'", submission.customer);
            return Ok(refused("customer", message));
        }
        match self.insert_order(ctx, &mut session, submission).await {
            Ok(()) => {}
            Err(Fault::Refused {
                duplicate: true,
                message,
                ..
            }) => {
                drop(session);
                return self.existing(ctx, OPERATION, submission, message).await;
            }
            Err(Fault::Refused { code, message, .. }) => return Ok(refused(&code, message)),
            Err(Fault::Error(error)) => return Err(error),
        }
        // A trigger may have answered at once.
        let staged = self
            .staged(&mut session, OPERATION, &submission.reference)
            .await?;
        let staged =
            staged.ok_or_else(|| unreadable(OPERATION, "the order was written and cannot be read back"))?;
        match session.commit().await {
            Ok(()) => Ok(match staged.rejected {
                Some(refusal) => SubmitOutcome::Rejected(refusal),
                None => SubmitOutcome::Created(staged.order),
            }),
            Err(Fault::Refused {
                duplicate: true,
                message,
                ..
            }) => self.existing(ctx, OPERATION, submission, message).await,
            Err(Fault::Refused { code, message, .. }) => Ok(refused(&code, message)),
            Err(Fault::Error(error)) => Err(error),
        }
    }

    async fn find(&self, ctx: &Context, key: &OrderKey) -> ConnectorResult<Vec<PlacedOrder>> {
        const OPERATION: &str = "find_order";
        let mut session = self.database.open(ctx, OPERATION, Purpose::Read).await?;
        let staged = self.staged(&mut session, OPERATION, &key.reference).await?;
        Ok(staged.map(|staged| staged.order).into_iter().collect())
    }

    async fn cancel(
        &self,
        ctx: &Context,
        order_id: &str,
        reference: &str,
        reason: &str,
    ) -> ConnectorResult<CancelOutcome> {
        const OPERATION: &str = "cancel_order";
        let heads = table(self.settings.tables.orders.as_ref(), OPERATION)?;
        let mut session = self.database.open(ctx, OPERATION, Purpose::Write).await?;
        let staged = self.staged(&mut session, OPERATION, reference).await?;
        let Some(staged) = staged.filter(|staged| staged.order.order_id == order_id) else {
            let message = format!("the database has no order '{order_id}'");
            return Err(ConnectorError::new(ErrorKind::NotFound, OPERATION, message));
        };
        if staged.order.state == PlacedState::Cancelled {
            return Ok(CancelOutcome::Cancelled(staged.order));
        }
        let outcome = match (&self.settings.tables.order_requests, staged.taken) {
            // Nobody has taken it up: it is withdrawn, unless somebody takes it up this moment.
            (_, false) => self.withdraw(&mut session, OPERATION, heads, reference).await?,
            (None, true) => Ok(cancelled_or_refused(
                staged.order,
                "taken",
                "the ERP has taken the order up, and settings.tables has no order_requests",
            )),
            (Some(requests), true) => {
                let request = Cancellation { reference, reason };
                self.request_cancel(ctx, &mut session, OPERATION, requests, request)
                    .await?
            }
        };
        session
            .commit()
            .await
            .map_err(|fault| fault.into_error(OPERATION))?;
        outcome.map_err(|awaited| waiting(OPERATION, &format!("order {reference}: {awaited}")))
    }
}

/// What became of a cancellation, or what is awaited of it.
type Cancelled = Result<CancelOutcome, String>;

#[derive(Clone, Copy)]
struct Cancellation<'c> {
    reference: &'c str,
    reason: &'c str,
}

impl Sql {
    async fn withdraw(
        &self,
        session: &mut Session<'_>,
        operation: &'static str,
        heads: &Table,
        reference: &str,
    ) -> ConnectorResult<Cancelled> {
        let status = heads.needed("status");
        let code = self.settings.withdrawn_code();
        let update = Statement::new(
            self.dialect(),
            &format!("update {} set {} = ", heads.quoted, status.quoted),
        )
        .bind(Kind::Text, code)
        .push(" where ")
        .compare(&heads.needed("reference"), "=", reference)
        .push(&match status.kind {
            Kind::Text => format!(" and ({0} is null or {0} = '')", status.quoted),
            _ => format!(" and {} is null", status.quoted),
        });
        session
            .write(&update)
            .await
            .map_err(|fault| fault.into_error(operation))?;
        let staged = self.staged(session, operation, reference).await?;
        // Taken up this moment: the next call asks.
        Ok(staged
            .filter(|staged| staged.order.state == PlacedState::Cancelled)
            .map(|staged| CancelOutcome::Cancelled(staged.order))
            .ok_or_else(|| "it was taken up this moment, and its cancellation is asked for next".to_owned()))
    }

    /// Asks, once an order, and says what was answered.
    async fn request_cancel(
        &self,
        ctx: &Context,
        session: &mut Session<'_>,
        operation: &'static str,
        requests: &Table,
        what: Cancellation<'_>,
    ) -> ConnectorResult<Cancelled> {
        let id = format!("cancel-{}", what.reference);
        let mut request = self.request(session, requests, &id).await?;
        if request.is_none() {
            let mut values = Values::default();
            values.set("id", id.clone());
            values.set("reference", what.reference);
            values.set("kind", "cancel");
            values.set("reason", what.reason);
            values.set(
                "requested_at",
                timestamp(self.dialect(), &self.settings.zone, ctx.now()),
            );
            let insert = Statement::insert(self.dialect(), requests, &values);
            match session.write(&insert).await {
                Ok(_) => {}
                Err(Fault::Refused { duplicate: true, .. }) => {
                    return Err(waiting(operation, "asked at the same time"));
                }
                Err(fault) => return Err(fault.into_error(operation)),
            }
            request = self.request(session, requests, &id).await?;
        }
        let staged = self.staged(session, operation, what.reference).await?;
        let Some((request, staged)) = request.zip(staged) else {
            return Err(unreadable(
                operation,
                "the request was written and cannot be read back",
            ));
        };
        let text = |name| {
            request
                .owned(name)
                .map_err(|mismatch| unreadable(operation, mismatch))
        };
        // For people only: one that cannot be read keeps nothing up.
        let asked_at = request.instant("requested_at", &self.settings.zone);
        let since = match asked_at.ok().flatten() {
            Some(asked_at) => format!(" since {asked_at}"),
            None => String::new(),
        };
        Ok(match text("status")?.as_deref() {
            _ if staged.order.state == PlacedState::Cancelled => Ok(CancelOutcome::Cancelled(staged.order)),
            Some("refused") => {
                let code = text("status_code")?.unwrap_or_else(|| "refused".to_owned());
                let message = text("message")?.unwrap_or_default();
                Ok(cancelled_or_refused(staged.order, &code, &message))
            }
            None | Some("new") => Err(format!(
                "its cancellation waits{since} for an answer to request {id} in {}",
                requests.name
            )),
            Some("done") => Err(format!(
                "request {id} in {} was made{} and is answered by 'done', but the order is not shown as cancelled yet",
                requests.name, since
            )),
            Some(other) => {
                let problem = format!("status: '{other}' is not new, done or refused");
                return Err(unreadable(operation, problem));
            }
        })
    }
}
