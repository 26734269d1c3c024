//! Writing to the ERP what was asked for here: conditional on the version last read, merged again when the ERP
//! has another by now, parked for a person when that does not end.

use punchgate_connector::{
    Context,
    accounts::{Account, AccountHold, AccountPatch, Accounts, PatchOutcome, RefusedField},
};
use punchgate_domain::{Instant, merge::Side};
use punchgate_storage::{
    Lane, StorageError, Tx, customer, history, hold,
    sync::{self, AccountChangeRow, ConflictRow, ShadowRow},
};

use super::{
    Field, FieldValue, Snapshot, SyncError, SyncPolicy, SyncScope,
    apply::{self, wanted_of},
    pull::{Calls, Sync},
    remote::{Remote, account_hold, credit_limit},
};
use crate::{
    accounts::{Author, change::history_line, crossing::run_again_if_crossed},
    clock::micros,
};

/// How often a write is tried again after the ERP turned out to have another version.
const ROUNDS: usize = 3;

/// What became of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushOutcome {
    /// Nothing was left to write.
    Nothing,
    /// The ERP has it; fields that it refused are named, with its words.
    Written {
        /// Refused fields.
        refused: Vec<(String, String)>,
    },
    /// The ERP's version moved on with every try: a person looks.
    Parked,
}

struct Pending {
    rows: Vec<(AccountChangeRow, Field, FieldValue)>,
    shadow: ShadowRow,
    base: Snapshot,
}

struct Push<'a> {
    scope: &'a SyncScope,
    policy: &'a SyncPolicy,
    external_id: &'a str,
}

impl Sync {
    /// Takes the pending requests of one account to the ERP.
    pub async fn push_account(
        &self,
        scope: &SyncScope,
        policy: &SyncPolicy,
        accounts: &dyn Accounts,
        calls: Calls<'_>,
        external_id: &str,
    ) -> Result<PushOutcome, SyncError> {
        let push = Push {
            scope,
            policy,
            external_id,
        };
        let mut written = false;
        let mut refused: Vec<(String, String)> = Vec::new();
        let mut rounds = 0;
        while let Some(pending) = self.pending(&push).await? {
            if rounds > ROUNDS {
                run_again_if_crossed!(self.park(&push, &pending))?;
                return Ok(PushOutcome::Parked);
            }
            let patch = patch_of(&push, &pending);
            let context: Context = calls(&operation_id(&push, &pending));
            let fetched_at = self.surroundings.now();
            match accounts.patch(&context, &patch).await? {
                PatchOutcome::Applied {
                    account,
                    refused: fields,
                } => {
                    let said =
                        run_again_if_crossed!(self.settle(&push, &pending, &account, &fields, fetched_at))?;
                    // Not settled: the account was read again in between; the loop looks once more.
                    match said {
                        Some(fields) => {
                            written = true;
                            refused.extend(fields);
                        }
                        None => rounds += 1,
                    }
                }
                PatchOutcome::Conflict(account) => {
                    run_again_if_crossed!(self.read_again(&push, &account, fetched_at))?;
                    rounds += 1;
                }
                PatchOutcome::Rejected(fields) => {
                    refused.extend(run_again_if_crossed!(self.refuse(&push, &pending, &fields))?);
                }
            }
        }
        Ok(if written || !refused.is_empty() {
            PushOutcome::Written { refused }
        } else {
            PushOutcome::Nothing
        })
    }

    /// What waits to be written, with the version on which it rests; none if nothing waits.
    async fn pending(&self, push: &Push<'_>) -> Result<Option<Pending>, SyncError> {
        let SyncScope {
            supplier,
            connector,
            scope,
        } = push.scope;
        let ids = [push.external_id.to_owned()];
        let mut tx = self.surroundings.db.read().await?;
        let rows = sync::changes(&mut tx, supplier, connector, scope, &ids).await?;
        let mut shadows = apply::load_shadows(&mut tx, push.scope, &ids).await?;
        tx.rollback().await?;
        let mut pending = Vec::new();
        for row in rows.into_iter().filter(|row| row.state == "pending") {
            let (field, value) = wanted_of(&row)?;
            pending.push((row, field, value));
        }
        let Some((shadow, base)) = shadows.remove(push.external_id) else {
            return Ok(None);
        };
        Ok((!pending.is_empty()).then_some(Pending {
            rows: pending,
            shadow,
            base,
        }))
    }

    /// The ERP has written: what was read back is entered, the requests are closed, refused fields keep the
    /// ERP's words. None if the account was read again meanwhile: then the newer reading stands.
    async fn settle(
        &self,
        push: &Push<'_>,
        pending: &Pending,
        account: &Account,
        refused: &[RefusedField],
        fetched_at: Instant,
    ) -> Result<Option<Vec<(String, String)>>, SyncError> {
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        if !self.lock_unread(&mut tx, push, pending).await? {
            tx.rollback().await?;
            return Ok(None);
        }
        let said = self.note_refused(&mut tx, push, pending, refused, false).await?;
        let remote = Remote::of(account.clone(), push.policy.default_currency);
        apply::apply(
            &mut tx,
            &self.surroundings,
            push.scope,
            push.policy,
            std::slice::from_ref(&remote),
            fetched_at,
        )
        .await?;
        // A field that the ERP took but holds in its own way (rounded, shortened) is settled as it holds it.
        for (row, field, _) in &pending.rows {
            if !is_refused(field, refused) {
                sync::forget_change(&mut tx, row).await?;
                self.mark_hold(&mut tx, push, field, "synced").await?;
            }
        }
        tx.commit().await?;
        Ok(Some(said))
    }

    /// The ERP has another version: it is read in and merged; what is still asked for goes another round.
    async fn read_again(
        &self,
        push: &Push<'_>,
        account: &Account,
        fetched_at: Instant,
    ) -> Result<(), SyncError> {
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        let remote = Remote::of(account.clone(), push.policy.default_currency);
        let remotes = std::slice::from_ref(&remote);
        apply::apply(
            &mut tx,
            &self.surroundings,
            push.scope,
            push.policy,
            remotes,
            fetched_at,
        )
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Refused as a whole. What the ERP did not name is refused with it: nothing of the patch was written, and
    /// the same again would be refused again.
    async fn refuse(
        &self,
        push: &Push<'_>,
        pending: &Pending,
        fields: &[RefusedField],
    ) -> Result<Vec<(String, String)>, SyncError> {
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        let named = pending.rows.iter().any(|(_, field, _)| is_refused(field, fields));
        let said = self.note_refused(&mut tx, push, pending, fields, !named).await?;
        tx.commit().await?;
        Ok(said)
    }

    async fn note_refused(
        &self,
        tx: &mut Tx,
        push: &Push<'_>,
        pending: &Pending,
        refused: &[RefusedField],
        all: bool,
    ) -> Result<Vec<(String, String)>, SyncError> {
        let now = self.surroundings.now();
        let mut said = Vec::new();
        for (row, field, value) in &pending.rows {
            let found = refused.iter().find(|refused| names(refused, field));
            let words = match (found, all) {
                (Some(refused), _) => words_of(refused),
                (None, true) => refused.first().map_or_else(|| "refused".to_owned(), words_of),
                (None, false) => continue,
            };
            sync::set_change_state(tx, row, "rejected", Some(&words), micros(now)).await?;
            self.mark_hold(tx, push, field, "rejected").await?;
            self.note_line(tx, push, field, value, &words, now).await?;
            if let (Field::Hold(code), FieldValue::Hold(None)) = (field, value) {
                self.bring_back(tx, push, pending, code).await?;
            }
            said.push((field.key(), words));
        }
        Ok(said)
    }

    /// The ERP keeps a hold that was released here: forgetting it in the base makes the merge take it again.
    async fn bring_back(
        &self,
        tx: &mut Tx,
        push: &Push<'_>,
        pending: &Pending,
        code: &str,
    ) -> Result<(), SyncError> {
        let mut without = pending.base.clone();
        without.holds.remove(code);
        let fields = serde_json::to_string(&without)
            .map_err(|error| StorageError::corrupt("account_shadow.fields", error))?;
        let shadow = ShadowRow {
            fields,
            ..pending.shadow.clone()
        };
        sync::put_shadows(tx, std::slice::from_ref(&shadow)).await?;
        let remote = Remote {
            external_id: push.external_id.to_owned(),
            version: pending.shadow.erp_version.clone(),
            snapshot: pending.base.clone(),
            changed_at: None,
            changed_by: None,
        };
        let now = self.surroundings.now();
        let remotes = std::slice::from_ref(&remote);
        apply::apply(tx, &self.surroundings, push.scope, push.policy, remotes, now).await?;
        Ok(())
    }

    /// Too many rounds: the requests wait for a person, and a conflict says so.
    async fn park(&self, push: &Push<'_>, pending: &Pending) -> Result<(), SyncError> {
        let now = self.surroundings.now();
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        let words = format!("the ERP's version changed with each of {ROUNDS} tries to write");
        let mut conflicts = Vec::new();
        for (row, field, value) in &pending.rows {
            sync::set_change_state(&mut tx, row, "parked", Some(&words), micros(now)).await?;
            self.mark_hold(&mut tx, push, field, "parked").await?;
            self.note_line(&mut tx, push, field, value, &words, now).await?;
            let there = serde_json::to_string(&pending.base.get(field)).ok();
            conflicts.push(ConflictRow {
                supplier_id: push.scope.supplier.clone(),
                conflict_id: self.surroundings.new_id(),
                connector_id: push.scope.connector.clone(),
                scope: push.scope.scope.clone(),
                external_id: push.external_id.to_owned(),
                field: field.key(),
                base_value: there.clone(),
                local_value: Some(row.value_json.clone()),
                remote_value: there,
                // What the ERP has stands until a person decides.
                winner: Side::Erp.as_str().to_owned(),
                state: "open".to_owned(),
                noted_at: micros(now),
                resolved_at: None,
                resolved_by: None,
            });
        }
        sync::insert_conflicts(&mut tx, &conflicts).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Whether the account still is as it was when the patch was made; locked if so.
    async fn lock_unread(&self, tx: &mut Tx, push: &Push<'_>, pending: &Pending) -> Result<bool, SyncError> {
        let ids = [push.external_id.to_owned()];
        let shadows = apply::load_shadows(tx, push.scope, &ids).await?;
        let now = shadows
            .get(push.external_id)
            .map(|(row, _)| (&row.erp_version, &row.fields));
        Ok(now == Some((&pending.shadow.erp_version, &pending.shadow.fields)))
    }

    async fn mark_hold(
        &self,
        tx: &mut Tx,
        push: &Push<'_>,
        field: &Field,
        state: &str,
    ) -> Result<(), SyncError> {
        let Field::Hold(code) = field else {
            return Ok(());
        };
        if let Some(row) = self.customer(tx, push).await? {
            hold::set_push_state(tx, &push.scope.supplier, &row.customer_id, code, state).await?;
        }
        Ok(())
    }

    async fn note_line(
        &self,
        tx: &mut Tx,
        push: &Push<'_>,
        field: &Field,
        value: &FieldValue,
        words: &str,
        now: Instant,
    ) -> Result<(), SyncError> {
        if let Some(row) = self.customer(tx, push).await? {
            let author = Author::gateway(format!("not in the ERP: {words}"));
            let key = format!("{} asked for", field.key());
            let values = (Some(value.to_string()), None);
            let line = history_line(&self.surroundings, &row, &key, values, &author, now);
            history::insert_many(tx, &[line]).await?;
        }
        Ok(())
    }

    async fn customer(
        &self,
        tx: &mut Tx,
        push: &Push<'_>,
    ) -> Result<Option<customer::CustomerRow>, SyncError> {
        let SyncScope {
            supplier,
            connector,
            scope,
        } = push.scope;
        let ids = [push.external_id.to_owned()];
        let rows = customer::by_external(tx, supplier, connector, &ids).await?;
        Ok(rows.into_iter().find(|row| row.scope == *scope))
    }
}

fn patch_of(push: &Push<'_>, pending: &Pending) -> AccountPatch {
    let mut patch = AccountPatch {
        scope: push.scope.scope.clone(),
        id: push.external_id.to_owned(),
        expected_version: pending.shadow.erp_version.clone(),
        terms_code: None,
        limit: None,
        holds: None,
        reason: String::new(),
        actor: String::new(),
    };
    let mut holds = pending.base.holds.clone();
    for (row, field, value) in &pending.rows {
        match (field, value) {
            (Field::Terms, FieldValue::Terms(Some(terms))) => patch.terms_code = Some(terms.code.clone()),
            (Field::Limit, FieldValue::Limit(limit)) => patch.limit = Some(credit_limit(limit)),
            (Field::Hold(code), FieldValue::Hold(Some(hold))) => {
                holds.insert(code.clone(), hold.clone());
            }
            (Field::Hold(code), FieldValue::Hold(None)) => {
                holds.remove(code);
            }
            // Nothing else can be asked for.
            _ => continue,
        }
        patch.reason.clone_from(&row.why);
        patch.actor.clone_from(&row.requested_by);
    }
    if holds != pending.base.holds {
        let holds: Vec<AccountHold> = holds
            .iter()
            .map(|(code, hold)| account_hold(code, hold))
            .collect();
        patch.holds = Some(holds);
    }
    patch
}

/// The same for a repeat of the same write, another for another.
fn operation_id(push: &Push<'_>, pending: &Pending) -> String {
    let revisions: Vec<String> = pending
        .rows
        .iter()
        .map(|(row, field, _)| format!("{}={}", field.key(), row.revision))
        .collect();
    format!(
        "push/{}/{}/{}/{}",
        push.scope.scope,
        push.external_id,
        pending.shadow.erp_version,
        revisions.join(",")
    )
}

fn is_refused(field: &Field, refused: &[RefusedField]) -> bool {
    refused.iter().any(|refused| names(refused, field))
}

/// A connector names fields as the patch does: `terms`, `limit`, `holds`, or a single hold by its key.
fn names(refused: &RefusedField, field: &Field) -> bool {
    let named = refused.field.as_str();
    match field {
        Field::Hold(_) => named == "holds" || named == field.key(),
        Field::Terms => named == "terms" || named == "terms_code",
        field => named == field.key(),
    }
}

fn words_of(refused: &RefusedField) -> String {
    match (refused.code.is_empty(), refused.message.is_empty()) {
        (false, false) => format!("{} ({})", refused.message, refused.code),
        (true, false) => refused.message.clone(),
        _ => refused.code.clone(),
    }
}
