//! Writing to the ERP what was asked for here: conditional on the version last read, merged again when the ERP
//! has another by now, parked for a person when that does not end.

use punchgate_connector::{
    Accounts, ConnectorError, Context,
    accounts::{Account, AccountPatch, FieldRefusal, PatchOutcome},
    capabilities::Writable,
};
use punchgate_domain::{Instant, merge::Side};
use punchgate_storage::{
    Lane, StorageResult, Tx, customer, hold,
    sync::{self, ConflictRow},
};

use super::{
    Field, FieldValue, SyncError, SyncPolicy, SyncScope,
    apply::{self, Answered},
    patch::{Pending, names, not_writable, patch_of, words_of},
    pull::{Calls, Sync},
    remote::Remote,
    request::Request,
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
    /// The ERP has the request and has not said what becomes of it.
    Waiting {
        /// What it waits for.
        what: String,
        /// Whether that takes so long that a person has been told.
        is_long: bool,
    },
}

pub(super) struct Push<'a> {
    pub(super) scope: &'a SyncScope,
    policy: &'a SyncPolicy,
    pub(super) external_id: &'a str,
    accounts: &'a dyn Accounts,
    writable: Writable,
    calls: Calls<'a>,
}

/// What came of a write.
enum Answer {
    /// The ERP says so.
    Seen(PatchOutcome),
    /// Nobody saw it: the account as it is.
    Unseen(Box<Account>, ConnectorError),
    /// Surely nothing was written.
    Unwritten(ConnectorError),
}

/// What one try came to.
enum Round {
    Written,
    /// Fields with the ERP's words.
    Refused(Vec<(String, String)>),
    /// The ERP refuses several, and does not say that some of them would do.
    RefusedTogether,
    /// The account has another version by now.
    Overtaken,
    /// Nothing is known before the ERP takes it up.
    Waiting {
        what: String,
        is_long: bool,
    },
}

impl Sync {
    /// Takes the pending requests of one account to the ERP. What the connection does not write is refused
    /// without asking.
    pub async fn push_account(
        &self,
        scope: &SyncScope,
        policy: &SyncPolicy,
        (accounts, writable): (&dyn Accounts, Writable),
        calls: Calls<'_>,
        external_id: &str,
    ) -> Result<PushOutcome, SyncError> {
        let push = Push {
            scope,
            policy,
            external_id,
            accounts,
            writable,
            calls,
        };
        let mut written = false;
        let mut refused: Vec<(String, String)> = Vec::new();
        let mut rounds = 0;
        let mut one_by_one = false;
        while let Some(mut pending) = self.pending(&push).await? {
            if one_by_one {
                pending.requests.truncate(1);
            }
            if rounds > ROUNDS {
                run_again_if_crossed!(self.park(&push, &pending))?;
                return Ok(PushOutcome::Parked);
            }
            match self.round(&push, &pending).await? {
                Round::Written => written = true,
                Round::Refused(fields) => refused.extend(fields),
                Round::RefusedTogether => one_by_one = true,
                Round::Overtaken => rounds += 1,
                Round::Waiting { what, is_long } => return Ok(PushOutcome::Waiting { what, is_long }),
            }
        }
        run_again_if_crossed!(self.end_waiting(&push))?;
        Ok(if written || !refused.is_empty() {
            PushOutcome::Written { refused }
        } else {
            PushOutcome::Nothing
        })
    }

    /// One try to write what is pending.
    async fn round(&self, push: &Push<'_>, pending: &Pending) -> Result<Round, SyncError> {
        let impossible = not_writable(pending, push.writable);
        if !impossible.is_empty() {
            let said = run_again_if_crossed!(self.refuse(push, pending, &impossible))?;
            return Ok(Round::Refused(said));
        }
        if !run_again_if_crossed!(self.note_sent(push, pending))? {
            // Something else is asked for by now.
            return Ok(Round::Overtaken);
        }
        let context = (push.calls)(&self.operation("push"));
        let fetched_at = self.surroundings.now();
        let patch = patch_of(push.external_id, pending);
        match write(push.accounts, &context, &patch).await? {
            Answer::Unseen(account, error) => {
                run_again_if_crossed!(self.read_again(push, None, &account, fetched_at))?;
                // Still on the version on which the write rests: nobody has overtaken it, it is asked for again later.
                match account.version == patch.expect {
                    true => Err(error.into()),
                    false => Ok(Round::Overtaken),
                }
            }
            Answer::Unwritten(error) => {
                run_again_if_crossed!(self.unwritten(push, pending))?;
                Err(error.into())
            }
            Answer::Seen(PatchOutcome::Applied(account)) => {
                let settled = run_again_if_crossed!(self.settle(push, pending, &account, fetched_at))?;
                // Not settled: the account was read again in between; the next round looks once more.
                Ok(if settled { Round::Written } else { Round::Overtaken })
            }
            Answer::Seen(PatchOutcome::Conflict(account)) => {
                run_again_if_crossed!(self.read_again(push, Some(pending), &account, fetched_at))?;
                Ok(Round::Overtaken)
            }
            Answer::Seen(PatchOutcome::Waiting(what)) => {
                let is_long = run_again_if_crossed!(self.note_waiting(push, pending))?;
                Ok(Round::Waiting { what, is_long })
            }
            Answer::Seen(PatchOutcome::Rejected(fields))
                if are_refused_together(&fields, &pending.requests) =>
            {
                run_again_if_crossed!(self.unwritten(push, pending))?;
                Ok(Round::RefusedTogether)
            }
            Answer::Seen(PatchOutcome::Rejected(fields)) => {
                let said = run_again_if_crossed!(self.refuse(push, pending, &fields))?;
                Ok(Round::Refused(said))
            }
        }
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
        let rows = rows.into_iter().filter(|row| row.state == "pending");
        let requests = rows.map(Request::read).collect::<StorageResult<Vec<_>>>()?;
        let Some((shadow, base)) = shadows.remove(push.external_id) else {
            return Ok(None);
        };
        Ok((!requests.is_empty()).then_some(Pending {
            requests,
            shadow,
            base,
        }))
    }

    /// The ERP has written: what was read back is entered, the requests are closed. `false` if the account was
    /// read again meanwhile: then the newer reading stands, and what is still asked for goes another round.
    async fn settle(
        &self,
        push: &Push<'_>,
        pending: &Pending,
        account: &Account,
        sent_at: Instant,
    ) -> Result<bool, SyncError> {
        let ruling = self.ruling(push.scope).await?;
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        let remote = Remote::of(account.clone());
        let requests = pending.requests.iter();
        let answered = Answered {
            requests: requests
                .map(|request| (request.row.field.clone(), request.row.revision))
                .collect(),
            rests_on: pending.shadow.clone(),
            sent_at,
        };
        let settled = apply::apply_answer(
            &mut tx,
            &self.surroundings,
            push.scope,
            push.policy,
            &remote,
            answered,
        )
        .await?;
        let is_settled = settled.is_some();
        let changed = settled.map_or_else(Vec::new, |applied| applied.touched_accounts.into_iter().collect());
        self.look_at_rules(&mut tx, ruling.as_deref(), changed).await?;
        tx.commit().await?;
        Ok(is_settled)
    }

    /// The ERP has another version: it is read in and merged; what is still asked for goes another round.
    /// `unwritten` is what it refused for that.
    async fn read_again(
        &self,
        push: &Push<'_>,
        unwritten: Option<&Pending>,
        account: &Account,
        fetched_at: Instant,
    ) -> Result<(), SyncError> {
        let ruling = self.ruling(push.scope).await?;
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        if let Some(pending) = unwritten {
            self.note_unwritten(&mut tx, push, pending).await?;
        }
        let remote = Remote::of(account.clone());
        let remotes = std::slice::from_ref(&remote);
        let applied = apply::apply(
            &mut tx,
            &self.surroundings,
            push.scope,
            push.policy,
            remotes,
            fetched_at,
        )
        .await?;
        let changed = applied.touched_accounts.into_iter().collect();
        self.look_at_rules(&mut tx, ruling.as_deref(), changed).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Refused as a whole. What the ERP did not name is refused with it: nothing of the patch was written, and
    /// the same again would be refused again.
    async fn refuse(
        &self,
        push: &Push<'_>,
        pending: &Pending,
        fields: &[FieldRefusal],
    ) -> Result<Vec<(String, String)>, SyncError> {
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        let named = |refused: &FieldRefusal| {
            let mut requests = pending.requests.iter();
            requests.any(|request| names(refused, request))
        };
        let named = fields.iter().any(named);
        self.note_unwritten(&mut tx, push, pending).await?;
        let said = self.note_refused(&mut tx, push, pending, fields, !named).await?;
        tx.commit().await?;
        Ok(said)
    }

    async fn note_refused(
        &self,
        tx: &mut Tx,
        push: &Push<'_>,
        pending: &Pending,
        refused: &[FieldRefusal],
        all: bool,
    ) -> Result<Vec<(String, String)>, SyncError> {
        let now = self.surroundings.now();
        let mut said = Vec::new();
        for request in &pending.requests {
            let found = refused.iter().find(|refused| names(refused, request));
            let words = match (found, all) {
                (Some(refused), _) => words_of(refused),
                (None, true) => refused.first().map_or_else(|| "refused".to_owned(), words_of),
                (None, false) => continue,
            };
            if !self
                .end_request(tx, push, request, "rejected", &words, now)
                .await?
            {
                continue;
            }
            if let (Field::Hold(id), FieldValue::Hold(None)) = (&request.field, &request.value) {
                // The ERP keeps a hold that was released here: it is taken again.
                let again = (id.as_str(), None);
                let Push {
                    scope,
                    policy,
                    external_id,
                    ..
                } = push;
                apply::take_hold_again(tx, &self.surroundings, scope, policy, external_id, again).await?;
            }
            said.push((request.row.field.clone(), words));
        }
        Ok(said)
    }

    /// A request goes no further: in which state it stays, and why. `false` if a newer one has taken its place, and
    /// nothing is said of that.
    async fn end_request(
        &self,
        tx: &mut Tx,
        push: &Push<'_>,
        request: &Request,
        state: &str,
        words: &str,
        now: Instant,
    ) -> Result<bool, SyncError> {
        if !sync::set_change_state(tx, &request.row, state, Some(words), micros(now)).await? {
            return Ok(false);
        }
        self.mark_hold(tx, push, &request.field, state).await?;
        self.note_line(tx, push, request, words, now).await?;
        Ok(true)
    }

    /// Too many rounds: the requests wait for a person, and a conflict says so.
    async fn park(&self, push: &Push<'_>, pending: &Pending) -> Result<(), SyncError> {
        let now = self.surroundings.now();
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        let words = format!("the ERP's version changed with each of {ROUNDS} tries to write");
        let mut conflicts = Vec::new();
        for request in &pending.requests {
            if !self
                .end_request(&mut tx, push, request, "parked", &words, now)
                .await?
            {
                continue;
            }
            let there = serde_json::to_string(&pending.base.get(&request.field)).ok();
            conflicts.push(ConflictRow {
                supplier_id: push.scope.supplier.clone(),
                conflict_id: self.surroundings.new_id(),
                connector_id: push.scope.connector.clone(),
                scope: push.scope.scope.clone(),
                external_id: push.external_id.to_owned(),
                field: request.row.field.clone(),
                base_value: there.clone(),
                local_value: Some(request.row.value_json.clone()),
                remote_value: there,
                // What the ERP has stands until a person decides.
                winner: Side::Erp.as_str().to_owned(),
                state: "open".to_owned(),
                noted_at: micros(now),
                resolved_at: None,
                resolved_by: None,
            });
        }
        crate::events::record_conflicts(&mut tx, &conflicts).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn mark_hold(
        &self,
        tx: &mut Tx,
        push: &Push<'_>,
        field: &Field,
        state: &str,
    ) -> Result<(), SyncError> {
        let Field::Hold(id) = field else {
            return Ok(());
        };
        if let Some(row) = self.customer(tx, push).await? {
            hold::set_push_state(tx, &push.scope.supplier, &row.customer_id, id, state).await?;
        }
        Ok(())
    }

    async fn note_line(
        &self,
        tx: &mut Tx,
        push: &Push<'_>,
        request: &Request,
        words: &str,
        now: Instant,
    ) -> Result<(), SyncError> {
        if let Some(row) = self.customer(tx, push).await? {
            let author = Author::gateway(format!("not in the ERP: {words}"));
            let key = format!("{} asked for", request.row.field);
            let values = (Some(request.value.to_string()), None);
            let line = history_line(&self.surroundings, &row, &key, values, &author, now);
            crate::events::record(tx, &[line]).await?;
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

/// Whether a refusal leaves open which of several requests would do: it names none of them, or all. Each is tried on its
/// own then, so that none falls with another.
fn are_refused_together(fields: &[FieldRefusal], requests: &[Request]) -> bool {
    let is_named = |request: &&Request| fields.iter().any(|refused| names(refused, request));
    let named = requests.iter().filter(is_named).count();
    requests.len() > 1 && (named == 0 || named == requests.len())
}

/// Patches the account. Where nobody saw the outcome it is read before anything else: merged like any
/// other state of the ERP, it shows whether the write arrived. A patch that changes nothing there is not
/// sent.
async fn write(
    accounts: &dyn Accounts,
    context: &Context,
    patch: &AccountPatch,
) -> Result<Answer, SyncError> {
    let unseen = if patch.is_empty() {
        None
    } else {
        match accounts.patch(context, patch).await {
            Ok(outcome) => return Ok(Answer::Seen(outcome)),
            Err(error) if error.surely_unchanged() => return Ok(Answer::Unwritten(error)),
            Err(error) => Some(error),
        }
    };
    let found = accounts
        .get(context, std::slice::from_ref(&patch.external_id))
        .await?;
    match (found.items.into_iter().next(), unseen) {
        (Some(account), Some(error)) => Ok(Answer::Unseen(Box::new(account), error)),
        (Some(account), None) => Ok(Answer::Seen(PatchOutcome::Applied(Box::new(account)))),
        (None, _) => Ok(Answer::Seen(PatchOutcome::Rejected(vec![FieldRefusal {
            field: String::new(),
            code: "not-found".to_owned(),
            message: format!("the ERP has no account {}", patch.external_id),
        }]))),
    }
}
