//! Changes of customers that are asked of the ERP's own process: once, whatever version the customer has by then.

use punchgate_connector::{
    ConnectorError, ConnectorResult, Context, ErrorKind,
    accounts::{AccountPatch, PatchOutcome},
    published::Mismatch,
};

use super::{BELONGING, Sql, table};
use crate::{
    convert::{
        accounts,
        requests::{self, SUPERSEDED, Status},
    },
    database::{Purpose, Session},
    dialect::Kind,
    fault::{Fault, unreadable},
    row::Row,
    schema::Table,
    statement::{Statement, Values},
};

/// What became of holds that were asked for before, be it with something else beside them.
struct PlacedBefore {
    /// A request that may have been carried out, and is not answered.
    unseen: Option<String>,
    /// Ids of holds that the ERP says it has placed.
    placed: Vec<String>,
}

impl Sql {
    /// Asks, once for each change, and says what was answered. Until there is an answer the request waits, and the next call
    /// looks again: also on a later version, for a reading may show what the ERP made of the request before its answer is
    /// there.
    pub(super) async fn request_patch(
        &self,
        ctx: &Context,
        operation: &'static str,
        patch: &AccountPatch,
    ) -> ConnectorResult<PatchOutcome> {
        let table = table(self.settings.tables.account_requests.as_ref(), operation)?;
        let key = requests::key(patch);
        let id = requests::id(&key, &patch.expect);
        let mut session = self.database.open(ctx, operation, Purpose::Write).await?;
        let (mut on_this, mut on_others) = (None, None);
        for row in self.requests_of(&mut session, table, &key).await? {
            let status = Status::read(&row).map_err(|mismatch| unreadable(operation, mismatch))?;
            let found = row.key("id");
            if found == id {
                on_this = Some((found, status));
            } else if status.outlasts_version() {
                on_others = Some((found, status));
            }
        }
        match on_this.or(on_others) {
            None => self.ask(ctx, session, operation, table, (patch, &id)).await,
            Some((id, status)) => {
                if status == Status::Superseded {
                    // What had taken its place is off: it is asked for again.
                    self.ask_again(&mut session, table, patch, &id)
                        .await
                        .map_err(|fault| fault.into_error(operation))?;
                }
                self.conclude(ctx, session, operation, table, (patch, &id)).await
            }
        }
    }

    /// What was answered to a request, once what was written of it is kept.
    async fn conclude(
        &self,
        ctx: &Context,
        mut session: Session<'_>,
        operation: &'static str,
        table: &Table,
        (patch, id): (&AccountPatch, &str),
    ) -> ConnectorResult<PatchOutcome> {
        let request = self.request(&mut session, table, id).await?;
        let answered = self
            .answer(ctx, &mut session, operation, patch, request.as_ref())
            .await?;
        session
            .commit()
            .await
            .map_err(|fault| fault.into_error(operation))?;
        Ok(answered.unwrap_or_else(|| unanswered(id, table)))
    }

    /// Writes the request. Holds that the ERP has placed already are not asked for again.
    async fn ask(
        &self,
        ctx: &Context,
        mut session: Session<'_>,
        operation: &'static str,
        table: &Table,
        (patch, id): (&AccountPatch, &str),
    ) -> ConnectorResult<PatchOutcome> {
        let before = self
            .customer(ctx, &mut session, operation, &patch.external_id)
            .await?;
        if before.version != patch.expect {
            return Ok(PatchOutcome::Conflict(Box::new(before)));
        }
        let earlier = self.placed_before(&mut session, operation, table, patch).await?;
        if let Some(unseen) = earlier.unseen {
            return Ok(unanswered(&unseen, table));
        }
        let mut rest = patch.clone();
        rest.place_holds.retain(|hold| !earlier.placed.contains(&hold.id));
        if rest.is_empty() {
            return Ok(PatchOutcome::Applied(Box::new(before)));
        }
        let own = self.own_ids(&mut session, operation, &patch.external_id).await?;
        rest.release_holds = own.owned(&rest.release_holds);
        for hold in &mut rest.place_holds {
            hold.id = own.own(&hold.id).to_owned();
        }
        let values = match requests::values(self.dialect(), &self.settings, &rest, id, ctx.now()) {
            Ok(values) => values,
            Err(refusals) => return Ok(PatchOutcome::Rejected(refusals)),
        };
        match self
            .insert_request(&mut session, table, patch, (id, &values))
            .await
        {
            // A trigger may have answered at once.
            Ok(()) => self.conclude(ctx, session, operation, table, (patch, id)).await,
            // Asked at the same time: the other call's row is this request.
            Err(Fault::Refused { duplicate: true, .. }) => Ok(unanswered(id, table)),
            Err(Fault::Refused { code, message, .. }) => {
                Ok(PatchOutcome::Rejected(accounts::refused(patch, &code, &message)))
            }
            Err(Fault::Error(error)) => Err(error),
        }
    }

    /// Looks for the patch's holds among the requests of its customer: a reading that came before the answer has settled the
    /// other half of such a request, and only its hold, which the ERP has under another name, is still asked for.
    async fn placed_before(
        &self,
        session: &mut Session<'_>,
        operation: &'static str,
        table: &Table,
        patch: &AccountPatch,
    ) -> ConnectorResult<PlacedBefore> {
        let mut found = PlacedBefore {
            unseen: None,
            placed: Vec::new(),
        };
        let Some(placing) = table
            .column("place_holds")
            .filter(|_| !patch.place_holds.is_empty())
        else {
            return Ok(found);
        };
        let status = table.needed("status");
        let statement = Statement::select(self.dialect(), table)
            .push(" where ")
            .compare(&table.needed("customer"), "=", &patch.external_id)
            .push(&format!(
                " and {} is not null and ({1} is null or {1} in ('', 'new', 'applied')) limit {BELONGING}",
                placing.quoted, status.quoted
            ));
        for row in session.read(&statement).await? {
            let read = || -> Result<_, Mismatch> {
                let mut holds = Vec::new();
                for hold in &patch.place_holds {
                    if requests::places(&row, hold)? {
                        holds.push(hold.id.clone());
                    }
                }
                Ok((holds, Status::read(&row)?, row.owned("expected_version")?))
            };
            let (holds, status, expected) = read().map_err(|mismatch| unreadable(operation, mismatch))?;
            if holds.is_empty() {
                continue;
            }
            match status {
                Status::Applied => found.placed.extend(holds),
                // On the version that the customer still has, nothing was carried out: it may give way.
                Status::Unanswered if expected.as_deref() != Some(patch.expect.as_str()) => {
                    found.unseen = Some(row.key("id"));
                }
                _ => {}
            }
        }
        Ok(found)
    }

    /// Those of the customer that nobody has taken up yet give way to the new one: they rest on what was wanted before.
    async fn insert_request(
        &self,
        session: &mut Session<'_>,
        table: &Table,
        patch: &AccountPatch,
        (id, values): (&str, &Values),
    ) -> Result<(), Fault> {
        self.supersede(session, table, patch, id).await?;
        session
            .write(&Statement::insert(self.dialect(), table, values))
            .await
            .map(drop)
    }

    async fn ask_again(
        &self,
        session: &mut Session<'_>,
        table: &Table,
        patch: &AccountPatch,
        id: &str,
    ) -> Result<(), Fault> {
        self.supersede(session, table, patch, id).await?;
        let status = table.needed("status");
        let update = Statement::new(
            self.dialect(),
            &format!("update {} set {} = ", table.quoted, status.quoted),
        )
        .bind(Kind::Text, None)
        .push(" where ")
        .compare(&table.needed("id"), "=", id)
        .push(" and ")
        .compare(&status, "=", SUPERSEDED);
        session.write(&update).await.map(drop)
    }

    /// The ERP's process takes a row up by a statement that compares, too: whoever is first has it.
    async fn supersede(
        &self,
        session: &mut Session<'_>,
        table: &Table,
        patch: &AccountPatch,
        id: &str,
    ) -> Result<(), Fault> {
        let status = table.needed("status");
        let update = Statement::new(
            self.dialect(),
            &format!("update {} set {} = ", table.quoted, status.quoted),
        )
        .bind(Kind::Text, Some(SUPERSEDED))
        .push(" where ")
        .compare(&table.needed("customer"), "=", &patch.external_id)
        .push(" and ")
        .compare(&table.needed("id"), "<>", id)
        .push(&format!(
            " and ({0} is null or {0} in ('', 'new'))",
            status.quoted
        ));
        session.write(&update).await.map(drop)
    }

    pub(super) async fn request(
        &self,
        session: &mut Session<'_>,
        table: &Table,
        id: &str,
    ) -> ConnectorResult<Option<Row>> {
        let statement = Statement::select(self.dialect(), table)
            .push(&format!(" where {} = ", table.needed("id").quoted))
            .bind(Kind::Text, Some(id))
            .push(" limit 1");
        Ok(session.read(&statement).await?.into_iter().next())
    }

    /// The requests with this key, on whatever version.
    async fn requests_of(
        &self,
        session: &mut Session<'_>,
        table: &Table,
        key: &str,
    ) -> ConnectorResult<Vec<Row>> {
        let id = table.needed("id");
        let (first, last) = requests::ids_of(key);
        let statement = Statement::select(self.dialect(), table)
            .push(" where ")
            .compare(&id, ">=", &first)
            .push(" and ")
            .compare(&id, "<=", &last)
            .push(&format!(" order by {} limit {BELONGING}", id.quoted));
        let mut rows = session.read(&statement).await?;
        rows.retain(|row| row.key("id").starts_with(key));
        Ok(rows)
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
        let status = Status::read(request).map_err(|mismatch| unreadable(operation, mismatch))?;
        let now = match status {
            // Also one that a newer request has taken the place of this moment: the next call asks again.
            Status::Unanswered | Status::Superseded => return Ok(None),
            Status::Applied => PatchOutcome::Applied,
            Status::Conflict => PatchOutcome::Conflict,
            Status::Rejected => {
                let code = text("status_code")?.unwrap_or_else(|| "rejected".to_owned());
                let message = text("message")?.unwrap_or_default();
                return Ok(Some(PatchOutcome::Rejected(match text("status_field")? {
                    Some(field) => vec![accounts::refusal(&field, &code, &message)],
                    None => accounts::refused(patch, &code, &message),
                })));
            }
        };
        let account = self.customer(ctx, session, operation, &patch.external_id).await?;
        Ok(Some(now(Box::new(account))))
    }
}

fn unanswered(id: &str, table: &Table) -> PatchOutcome {
    PatchOutcome::Waiting(format!("request {id} in {} has no answer yet", table.name))
}

/// The ERP's process has not answered: asking again brings no second request.
pub(super) fn waiting(operation: &'static str, what: &str) -> ConnectorError {
    let message = format!("the ERP has not answered yet: {what}");
    ConnectorError::new(ErrorKind::Temporary, operation, message).with_code("waiting")
}
