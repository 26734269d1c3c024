//! The ERP of a case: its accounts, and a book of every write with what was before, whoever wrote.

use std::collections::BTreeMap;

use punchgate_connector::accounts::{Account, AccountPatch, ErpHold, FieldRefusal, PatchOutcome};
use punchgate_domain::{
    Instant,
    customer::{CreditLimit, Terms},
};

use super::{
    super::fake_erp::{account, hold, usd},
    steps::Edit,
};

/// A field of an account changed in the ERP.
#[derive(Debug, Clone)]
pub(super) struct Written {
    /// Place among everything that happened.
    pub(super) at: u32,
    pub(super) account: String,
    /// As our history names it.
    pub(super) field: String,
    pub(super) from: String,
    pub(super) to: String,
    /// By the gateway.
    pub(super) ours: bool,
}

/// A value that went out in a write of the gateway, of which it does not know what became.
#[derive(Debug, Clone)]
pub(super) struct Unseen {
    pub(super) account: String,
    pub(super) field: String,
    pub(super) to: String,
    /// The version on which the write rests.
    pub(super) on: u32,
}

#[derive(Debug, Default)]
pub(super) struct Books {
    pub(super) accounts: BTreeMap<String, Account>,
    /// Every change, in order.
    pub(super) feed: Vec<String>,
    pub(super) written: Vec<Written>,
    /// Writes under way whose answers are lost already.
    pub(super) late: Vec<AccountPatch>,
    /// What was in writes whose answers nobody saw.
    pub(super) unseen: Vec<Unseen>,
    /// By account, the versions that the gateway went by, in the order in which it learnt of them.
    pub(super) known: BTreeMap<String, Vec<u32>>,
    /// The gateway dies soon: what it is answered now it may not live to see.
    pub(super) dying: bool,
    pub(super) patches: u32,
    /// Counts everything that happens, here and there.
    pub(super) moments: u32,
    /// It gives holds that are placed an id of its own.
    pub(super) names_holds: bool,
    /// Those, as our history names them.
    pub(super) names: BTreeMap<String, String>,
    pub(super) holds: u32,
}

pub(super) const NONE: &str = "none";

/// Holds that are to end by themselves do so long after the case is over.
const END: i64 = 4_000_000_000;

/// The ERP's own rule.
const REFUSED_LIMIT: i64 = 0;

pub(super) fn limit_text(limit: &CreditLimit) -> String {
    match limit {
        CreditLimit::Amount(money) => money.minor().to_string(),
        other => format!("{other:?}"),
    }
}

pub(super) fn terms(code: u8) -> Terms {
    Terms {
        code: format!("N{code}0"),
        label: format!("Net {code}0"),
        net_days: u32::from(code) * 10,
        prepaid: false,
    }
}

/// A hold as text.
pub(super) fn hold_text(code: &str, shopper: Option<&str>, until: Option<i64>) -> String {
    let until = until.map_or(String::new(), |until| format!(" until {until}"));
    format!("{code}: {}{until}", shopper.unwrap_or_default())
}

/// The fields of an account as texts, as far as either side may change them.
pub(super) fn fields(account: &Account) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::from([
        ("limit".to_owned(), limit_text(&account.credit_limit)),
        (
            "terms".to_owned(),
            account
                .terms
                .as_ref()
                .map_or(NONE.to_owned(), |terms| terms.code.clone()),
        ),
        ("name".to_owned(), account.name.clone()),
        ("active".to_owned(), account.active.to_string()),
    ]);
    for hold in &account.holds {
        let until = hold.until.map(Instant::as_microsecond);
        let text = hold_text(&hold.code, hold.texts.shopper.as_deref(), until);
        fields.insert(format!("hold:{}", hold.id), text);
    }
    fields
}

impl Books {
    pub(super) fn moment(&mut self) -> u32 {
        self.moments += 1;
        self.moments
    }

    pub(super) fn open(&mut self, id: &str) {
        self.put(account(id), false);
    }

    pub(super) fn edit(&mut self, id: &str, edit: &Edit) {
        let mut row = self.accounts[id].clone();
        let count = row.holds.len();
        let place = |which: u8| usize::from(which) % count.max(1);
        match edit {
            Edit::Limit(limit) => row.credit_limit = CreditLimit::Amount(usd(i64::from(*limit) * 100)),
            Edit::Terms(code) => row.terms = Some(terms(*code)),
            Edit::Active => row.active = !row.active,
            Edit::Name(name) => row.name = format!("Customer {id}-{name}"),
            Edit::Hold(code) => {
                self.holds += 1;
                row.holds.push(hold(
                    &format!("E{}", self.holds),
                    &format!("c{code}"),
                    "Please pay.",
                ));
            }
            Edit::Text(which, text) if count > 0 => {
                row.holds[place(*which)].texts.shopper = Some(format!("Text {text}"));
            }
            Edit::Until(which, days) if count > 0 => {
                let until = END + i64::from(*days) * 86_400;
                row.holds[place(*which)].until = Some(Instant::from_second(until).unwrap());
            }
            Edit::LetGo(which) if count > 0 => {
                row.holds.remove(place(*which));
            }
            Edit::Text(..) | Edit::Until(..) | Edit::LetGo(_) => return,
        }
        row.changed_by = Some("kim".to_owned());
        self.put(row, false);
    }

    fn put(&mut self, mut row: Account, ours: bool) {
        let at = self.moment();
        let before = self
            .accounts
            .get(&row.external_id)
            .map(fields)
            .unwrap_or_default();
        let after = fields(&row);
        for field in before
            .keys()
            .chain(after.keys().filter(|key| !before.contains_key(*key)))
        {
            let text = |fields: &BTreeMap<String, String>| {
                fields.get(field).cloned().unwrap_or_else(|| NONE.to_owned())
            };
            let (from, to) = (text(&before), text(&after));
            if from != to {
                let account = row.external_id.clone();
                let field = field.clone();
                self.written.push(Written {
                    at,
                    account,
                    field,
                    from,
                    to,
                    ours,
                });
            }
        }
        row.version = at.to_string();
        row.changed_at = Instant::from_second(i64::from(at)).unwrap();
        self.feed.push(row.external_id.clone());
        self.accounts.insert(row.external_id.clone(), row);
    }

    /// Nobody sees what becomes of this write.
    pub(super) fn note_unseen(&mut self, patch: &AccountPatch) {
        let on = patch.expect.parse().unwrap();
        let mut note = |field: &str, to: String| {
            self.unseen.push(Unseen {
                account: patch.external_id.clone(),
                field: field.to_owned(),
                to,
                on,
            });
        };
        if let Some(limit) = &patch.credit_limit {
            note("limit", limit_text(limit));
        }
        if let Some(terms) = &patch.terms {
            note("terms", terms.clone().unwrap_or_else(|| NONE.to_owned()));
        }
    }

    /// The gateway goes by this version of an account.
    pub(super) fn note_known(&mut self, account: &str, version: u32) {
        let known = self.known.entry(account.to_owned()).or_default();
        if known.last() != Some(&version) {
            known.push(version);
        }
    }

    /// As an ERP does it: on the expected version alone, all or nothing.
    pub(super) fn write(&mut self, patch: &AccountPatch) -> PatchOutcome {
        let mut row = self.accounts[&patch.external_id].clone();
        if row.version != patch.expect {
            return PatchOutcome::Conflict(Box::new(row));
        }
        if patch.credit_limit == Some(CreditLimit::Amount(usd(REFUSED_LIMIT))) {
            return PatchOutcome::Rejected(vec![FieldRefusal {
                field: "credit_limit".to_owned(),
                code: "417".to_owned(),
                message: "limit below the outstanding amount".to_owned(),
            }]);
        }
        if let Some(code) = &patch.terms {
            row.terms = code.as_ref().map(|code| {
                let known = (0..3).map(terms).find(|terms| terms.code == *code);
                known.unwrap()
            });
        }
        if let Some(limit) = patch.credit_limit {
            row.credit_limit = limit;
        }
        row.holds.retain(|hold| !patch.release_holds.contains(&hold.id));
        for placed in &patch.place_holds {
            let mut placed = placed.clone();
            if self.names_holds {
                self.holds += 1;
                let name = format!("R{}", self.holds);
                let before = self
                    .names
                    .insert(format!("hold:{}", placed.id), format!("hold:{name}"));
                // Let go of there before anybody here saw it, it looks as if it had never arrived.
                let stands = |hold: &ErpHold| before == Some(format!("hold:{}", hold.id));
                assert!(!row.holds.iter().any(stands), "a hold was placed twice");
                placed.id = name;
            }
            row.holds.retain(|hold| hold.id != placed.id);
            row.holds.push(placed);
        }
        row.changed_by = Some("punchgate".to_owned());
        let id = row.external_id.clone();
        self.put(row, true);
        PatchOutcome::Applied(Box::new(self.accounts[&id].clone()))
    }
}
