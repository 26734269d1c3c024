//! Changes of customers, compared and written in one step.

use punchgate_connector::{
    ConnectorError, ConnectorResult, Context, ErrorKind,
    accounts::{AccountPatch, PatchOutcome},
};
use punchgate_domain::customer::CreditLimit;

use super::{Sql, table};
use crate::{
    convert::accounts,
    database::{Purpose, Session},
    fault::Fault,
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
        if let Some(CreditLimit::Amount(limit)) = patch.credit_limit
            && limit.currency() != before.currency
        {
            let message = format!("the customer is kept in {}", before.currency);
            return Ok(PatchOutcome::Rejected(accounts::refused(
                patch, "currency", &message,
            )));
        }
        let values = match accounts::direct_values(&self.settings, patch) {
            Ok(values) => values,
            Err(refusals) => return Ok(PatchOutcome::Rejected(refusals)),
        };
        let releases = self
            .own_ids(&mut session, operation, &patch.external_id)
            .await?
            .owned(&patch.release_holds);
        let written = self.write_patch(&mut session, customers, (patch, &releases), &values);
        match written.await {
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
        (patch, releases): (&AccountPatch, &[String]),
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
            for id in patch.place_holds.iter().map(|hold| &hold.id).chain(releases) {
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
}
