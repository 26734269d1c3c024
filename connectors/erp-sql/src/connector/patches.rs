//! Changes of customers: compared and written in one step, or asked of the ERP's own process.

use punchgate_connector::{
    ConnectorError, ConnectorResult, Context, ErrorKind,
    accounts::{AccountPatch, PatchOutcome},
};

use super::{Sql, table};
use crate::{
    convert::accounts,
    database::{Purpose, Session},
    dialect::Kind,
    fault::{Fault, unreadable},
    row::Row,
    schema::Table,
    statement::{Statement, Values},
};

impl Sql {
    /// Writes if the version is still the expected one: the database compares in the same statement, and raises it.
    pub(super) async fn patch_directly(
        &self,
        ctx: &Context,
        operation: &'static str,
        patch: &AccountPatch,
    ) -> ConnectorResult<PatchOutcome> {
        let customers = table(self.settings.tables.customers_write.as_ref(), operation)?;
        let mut session = self.database.open(ctx, operation, Purpose::Write).await?;
        let before = self
            .customer(ctx, &mut session, operation, &patch.external_id)
            .await?;
        if before.version != patch.expect {
            return Ok(PatchOutcome::Conflict(Box::new(before)));
        }
        let values = match accounts::direct_values(&self.settings, patch) {
            Ok(values) => values,
            Err(refusals) => return Ok(PatchOutcome::Rejected(refusals)),
        };
        match self.write_patch(&mut session, customers, patch, &values).await {
            Ok(true) => {}
            Ok(false) => {
                drop(session);
                return self.stale(ctx, operation, patch).await;
            }
            Err(Fault::Refused { code, message, .. }) => {
                return Ok(PatchOutcome::Rejected(accounts::refused(patch, &code, &message)));
            }
            Err(Fault::Error(error)) => return Err(error),
        }
        let after = self
            .customer(ctx, &mut session, operation, &patch.external_id)
            .await?;
        match session.commit().await {
            Ok(()) => Ok(PatchOutcome::Applied(Box::new(after))),
            Err(Fault::Refused { code, message, .. }) => {
                Ok(PatchOutcome::Rejected(accounts::refused(patch, &code, &message)))
            }
            Err(Fault::Error(error)) => Err(error),
        }
    }

    /// Whether the version was the expected one; then all of the patch is written.
    async fn write_patch(
        &self,
        session: &mut Session<'_>,
        customers: &Table,
        patch: &AccountPatch,
        values: &Values,
    ) -> Result<bool, Fault> {
        let dialect = self.dialect();
        let version = customers.needed("version");
        let head = format!(
            "update {} set {} = {} + 1",
            customers.quoted, version.quoted, version.quoted
        );
        let mut update = Statement::new(dialect, &head);
        for (name, value) in values.iter() {
            if let Some(column) = customers.column(name) {
                update = update
                    .push(&format!(", {} = ", column.quoted))
                    .bind(column.kind, value);
            }
        }
        let update = update
            .push(" where ")
            .compare(&customers.needed("id"), "=", &patch.external_id)
            .push(" and ")
            .compare(&version, "=", &patch.expect);
        if session.write(&update).await? != 1 {
            return Ok(false);
        }
        if let Some(holds) = &self.settings.tables.holds_write {
            for id in patch
                .place_holds
                .iter()
                .map(|hold| &hold.id)
                .chain(&patch.release_holds)
            {
                let delete = Statement::new(dialect, &format!("delete from {} where ", holds.quoted))
                    .compare(&holds.needed("customer"), "=", &patch.external_id)
                    .push(" and ")
                    .compare(&holds.needed("id"), "=", id);
                session.write(&delete).await?;
            }
            for hold in &patch.place_holds {
                let row = accounts::hold_values(dialect, &self.settings, patch, hold);
                session.write(&Statement::insert(dialect, holds, &row)).await?;
            }
        }
        Ok(true)
    }

    /// Somebody else was first: the customer as it is now.
    async fn stale(
        &self,
        ctx: &Context,
        operation: &'static str,
        patch: &AccountPatch,
    ) -> ConnectorResult<PatchOutcome> {
        let mut session = self.database.open(ctx, operation, Purpose::Read).await?;
        let now = self
            .customer(ctx, &mut session, operation, &patch.external_id)
            .await?;
        if now.version == patch.expect {
            let message = "customers_write met no row of this key and version, and customers has one: the two are not of \
                           one table, or customers_write shows less";
            return Err(ConnectorError::new(ErrorKind::Schema, operation, message));
        }
        Ok(PatchOutcome::Conflict(Box::new(now)))
    }

    /// Asks, once for each version and change, and says what was answered. Until there is an answer the request waits,
    /// and the next call looks again.
    pub(super) async fn request_patch(
        &self,
        ctx: &Context,
        operation: &'static str,
        patch: &AccountPatch,
    ) -> ConnectorResult<PatchOutcome> {
        let requests = table(self.settings.tables.account_requests.as_ref(), operation)?;
        let request = accounts::request_values(self.dialect(), &self.settings, patch, ctx.now());
        let (id, values) = match request {
            Ok(request) => request,
            Err(refusals) => return Ok(PatchOutcome::Rejected(refusals)),
        };
        let mut session = self.database.open(ctx, operation, Purpose::Write).await?;
        let mut request = self.request(&mut session, requests, &id).await?;
        if request.is_none() {
            let before = self
                .customer(ctx, &mut session, operation, &patch.external_id)
                .await?;
            if before.version != patch.expect {
                return Ok(PatchOutcome::Conflict(Box::new(before)));
            }
            match self.ask(&mut session, requests, patch, (&id, &values)).await {
                Ok(()) => {}
                // Asked at the same time: the other call's row is this request.
                Err(Fault::Refused { duplicate: true, .. }) => return Ok(unanswered(&id, requests)),
                Err(Fault::Refused { code, message, .. }) => {
                    return Ok(PatchOutcome::Rejected(accounts::refused(patch, &code, &message)));
                }
                Err(Fault::Error(error)) => return Err(error),
            }
            // A trigger may have answered at once.
            request = self.request(&mut session, requests, &id).await?;
        } else if has_status(operation, request.as_ref(), SUPERSEDED)? {
            // What had taken its place is off: it is asked for again.
            self.ask_again(&mut session, requests, patch, &id)
                .await
                .map_err(|fault| fault.into_error(operation))?;
            request = self.request(&mut session, requests, &id).await?;
        }
        let answered = self
            .answer(ctx, &mut session, operation, patch, request.as_ref())
            .await?;
        session
            .commit()
            .await
            .map_err(|fault| fault.into_error(operation))?;
        Ok(answered.unwrap_or_else(|| unanswered(&id, requests)))
    }

    /// Writes the request. Those of the customer that nobody has taken up yet give way to it: they rest on what was
    /// wanted before.
    async fn ask(
        &self,
        session: &mut Session<'_>,
        requests: &Table,
        patch: &AccountPatch,
        (id, values): (&str, &Values),
    ) -> Result<(), Fault> {
        self.supersede(session, requests, patch, id).await?;
        session
            .write(&Statement::insert(self.dialect(), requests, values))
            .await
            .map(drop)
    }

    async fn ask_again(
        &self,
        session: &mut Session<'_>,
        requests: &Table,
        patch: &AccountPatch,
        id: &str,
    ) -> Result<(), Fault> {
        self.supersede(session, requests, patch, id).await?;
        let status = requests.needed("status");
        let update = Statement::new(
            self.dialect(),
            &format!("update {} set {} = ", requests.quoted, status.quoted),
        )
        .bind(Kind::Text, None)
        .push(" where ")
        .compare(&requests.needed("id"), "=", id)
        .push(" and ")
        .compare(&status, "=", SUPERSEDED);
        session.write(&update).await.map(drop)
    }

    /// The ERP's process takes a row up by a statement that compares, too: whoever is first has it.
    async fn supersede(
        &self,
        session: &mut Session<'_>,
        requests: &Table,
        patch: &AccountPatch,
        id: &str,
    ) -> Result<(), Fault> {
        let status = requests.needed("status");
        let update = Statement::new(
            self.dialect(),
            &format!("update {} set {} = ", requests.quoted, status.quoted),
        )
        .bind(Kind::Text, Some(SUPERSEDED))
        .push(" where ")
        .compare(&requests.needed("customer"), "=", &patch.external_id)
        .push(" and ")
        .compare(&requests.needed("id"), "<>", id)
        .push(&format!(
            " and ({0} is null or {0} in ('', 'new'))",
            status.quoted
        ));
        session.write(&update).await.map(drop)
    }

    pub(super) async fn request(
        &self,
        session: &mut Session<'_>,
        requests: &Table,
        id: &str,
    ) -> ConnectorResult<Option<Row>> {
        let statement = Statement::select(self.dialect(), requests)
            .push(&format!(" where {} = ", requests.needed("id").quoted))
            .bind(Kind::Text, Some(id))
            .push(" limit 1");
        Ok(session.read(&statement).await?.into_iter().next())
    }

    async fn answer(
        &self,
        ctx: &Context,
        session: &mut Session<'_>,
        operation: &'static str,
        patch: &AccountPatch,
        request: Option<&Row>,
    ) -> ConnectorResult<Option<PatchOutcome>> {
        let Some(request) = request else { return Ok(None) };
        let text = |name| {
            request
                .owned(name)
                .map_err(|mismatch| unreadable(operation, mismatch))
        };
        let now = match text("status")?.as_deref() {
            None | Some("" | "new") => return Ok(None),
            Some("applied") => PatchOutcome::Applied,
            Some("conflict") => PatchOutcome::Conflict,
            Some("rejected") => {
                let code = text("status_code")?.unwrap_or_else(|| "rejected".to_owned());
                let message = text("message")?.unwrap_or_default();
                return Ok(Some(PatchOutcome::Rejected(match text("status_field")? {
                    Some(field) => vec![accounts::refusal(&field, &code, &message)],
                    None => accounts::refused(patch, &code, &message),
                })));
            }
            Some(other) => {
                // Also one that a newer request has taken the place of this moment: the next call asks again.
                if other == SUPERSEDED {
                    return Ok(None);
                }
                let problem = format!("status: '{other}' is not new, applied, conflict or rejected");
                return Err(unreadable(operation, problem));
            }
        };
        let account = self.customer(ctx, session, operation, &patch.external_id).await?;
        Ok(Some(now(Box::new(account))))
    }
}

/// The status of a request that a newer one has taken the place of.
const SUPERSEDED: &str = "superseded";

fn has_status(operation: &'static str, request: Option<&Row>, status: &str) -> ConnectorResult<bool> {
    let Some(request) = request else { return Ok(false) };
    let found = request
        .owned("status")
        .map_err(|mismatch| unreadable(operation, mismatch))?;
    Ok(found.as_deref() == Some(status))
}

fn unanswered(id: &str, requests: &Table) -> PatchOutcome {
    PatchOutcome::Waiting(format!("request {id} in {} has no answer yet", requests.name))
}

/// The ERP's process has not answered: asking again brings no second request.
pub(super) fn waiting(operation: &'static str, what: &str) -> ConnectorError {
    let message = format!("the ERP has not answered yet: {what}");
    ConnectorError::new(ErrorKind::Temporary, operation, message).with_code("waiting")
}
