//! A correct ERP in memory, without a connector's clothes.

mod orders;

use std::{collections::BTreeMap, sync::Mutex};

use jiff::Timestamp;
use punchgate_connector::{
    Capabilities, ConnectorError, ConnectorResult, Cursor, ErrorKind, Page,
    accounts::{Account, AccountPatch, ErpContact, ErpHold, ErpShipTo, FieldRefusal, PatchOutcome},
    capabilities::{Cas, Deletes, Tells, Writable},
    documents::{DocumentContent, DocumentKind, ErpDocument},
    exposure::AccountExposure,
    orders::{PlacedOrder, PlacedState},
    page::Found,
    prices::{PriceAnswer, PriceQuery},
    stock::{StockAnswer, StockQuery},
};
use punchgate_domain::{
    customer::{CreditLimit, Terms},
    hold::{HoldTexts, Permission, PermissionSet},
    money::{Currency, Money, StatedAmount},
    purchase_order::Address,
    quantity::Quantity,
};

pub(super) const CUSTOMER: &str = "C-1";
pub(super) const HELD: &str = "C-2";
pub(super) const DELETED: &str = "C-9";
/// In a currency of three digits.
pub(super) const SECOND: &str = "C-4";
pub(super) const INACTIVE: &str = "C-5";
const PART: &str = "GLV-100";

#[derive(Debug, Default)]
struct State {
    accounts: BTreeMap<String, Account>,
    orders: Vec<PlacedOrder>,
    /// Place in the feed of every account and of the deleted one.
    places: BTreeMap<String, u64>,
    documents: Vec<ErpDocument>,
    moments: i64,
    /// What was invoiced and not paid, by account.
    owed: BTreeMap<String, i64>,
    /// The account and the place of a change that is not committed yet.
    late: Option<(String, u64)>,
}

#[derive(Debug)]
pub(super) struct Ledger(Mutex<State>);

pub(super) fn usd() -> Currency {
    Currency::parse("USD").unwrap()
}

fn currency(id: &str) -> Currency {
    match id == SECOND {
        true => Currency::parse("KWD").unwrap(),
        false => usd(),
    }
}

pub(super) fn capabilities() -> Capabilities {
    Capabilities {
        cas: Cas::Native,
        deletes: Deletes::Tombstone,
        order_ref_unique: true,
        order_change: true,
        exposure_includes_orders: true,
        writable: Writable {
            terms: true,
            credit_limit: true,
            holds: true,
        },
        tells: Tells {
            contacts: true,
            ship_tos: true,
        },
        enforces_holds: true,
        enforces_limit: true,
        document_kinds: vec![DocumentKind::Acknowledgement, DocumentKind::Status],
        page_size: 50,
        ..Capabilities::default()
    }
}

fn terms(code: &str) -> Option<Terms> {
    let days = match code {
        "NET30" => 30,
        "NET45" => 45,
        _ => return None,
    };
    Some(Terms {
        code: code.to_owned(),
        label: format!("Net {days} days"),
        net_days: days,
        prepaid: false,
    })
}

/// Two of one name, and letters that are easily lost.
pub(super) fn contacts() -> Vec<ErpContact> {
    let contact = |id: &str, name: &str, email: &str| ErpContact {
        id: id.to_owned(),
        name: name.to_owned(),
        email: Some(email.to_owned()),
        phone: None,
        roles: vec!["purchasing".to_owned()],
        active: true,
    };
    vec![
        contact("P-1", "Bea Ortiz", "bea@acme.example"),
        contact("P-2", "Zoë Łęcka-Müller", "zoe@acme.example"),
        contact("P-3", "Bea Ortiz", "b.ortiz@acme.example"),
        contact("P-4", "佐藤 花子", "sato@acme.example"),
    ]
}

/// At two of them others receive.
pub(super) fn ship_tos() -> Vec<ErpShipTo> {
    let place = |id: &str, city: &str, customer: Option<&str>| ErpShipTo {
        id: id.to_owned(),
        code: None,
        address: Address {
            name: "Receiving".to_owned(),
            street: vec!["12 Mill Road".to_owned()],
            city: city.to_owned(),
            ..Address::default()
        },
        active: true,
        customer: customer.map(str::to_owned),
    };
    vec![
        place("S-1", "Dayton", Some("C-3")),
        place("S-2", "Toledo", None),
        place("S-3", "Łódź", Some("C-4")),
    ]
}

impl State {
    fn moment(&mut self) -> Timestamp {
        self.moments += 1;
        Timestamp::from_second(1_772_000_000 + self.moments).unwrap()
    }

    fn put(&mut self, mut account: Account) {
        account.changed_at = self.moment();
        account.version = self.moments.to_string();
        let place = self.moments.unsigned_abs();
        self.places.insert(account.external_id.clone(), place);
        self.accounts.insert(account.external_id.clone(), account);
    }
}

impl Ledger {
    pub(super) fn new() -> Self {
        let mut state = State::default();
        for number in 1..=5 {
            let id = format!("C-{number}");
            let held = ErpHold {
                id: "H-1".to_owned(),
                code: "PASTDUE".to_owned(),
                removes: Some(PermissionSet::of(&[Permission::Order])),
                texts: HoldTexts::default(),
                since: Timestamp::UNIX_EPOCH,
                until: None,
                placed_by: None,
            };
            state.put(Account {
                version: String::new(),
                code: format!("N{number}"),
                name: format!("Customer {number}"),
                active: id != INACTIVE,
                currency: currency(&id),
                payer: None,
                head_office: None,
                terms: terms("NET30"),
                credit_limit: CreditLimit::Amount(Money::from_minor(1_000_000, currency(&id))),
                holds: if id == HELD { vec![held] } else { Vec::new() },
                contacts: if id == CUSTOMER { contacts() } else { Vec::new() },
                ship_tos: if id == CUSTOMER { ship_tos() } else { Vec::new() },
                exposure: None,
                changed_at: Timestamp::UNIX_EPOCH,
                changed_by: None,
                external_id: id,
            });
        }
        state.moment();
        let place = state.moments.unsigned_abs();
        state.places.insert(DELETED.to_owned(), place);
        Self(Mutex::new(state))
    }

    pub(super) fn pull(&self, cursor: Option<&Cursor>, limit: u32) -> Page<Account> {
        let state = self.0.lock().unwrap();
        let after: u64 = cursor.map_or(0, |cursor| cursor.as_str().parse().unwrap());
        let mut rest: Vec<(u64, &String)> = state
            .places
            .iter()
            .map(|(id, place)| (*place, id))
            .filter(|(place, _)| *place > after)
            .collect();
        rest.sort_unstable();
        let more = rest.len() > limit as usize;
        rest.truncate(limit as usize);
        let next = rest.last().map_or(after, |(place, _)| *place);
        Page {
            items: rest
                .iter()
                .filter_map(|(_, id)| state.accounts.get(*id))
                .cloned()
                .collect(),
            deleted: rest
                .iter()
                .filter(|(_, id)| *id == DELETED)
                .map(|(_, id)| (*id).clone())
                .collect(),
            next_cursor: Cursor::new(next.to_string()),
            more,
        }
    }

    pub(super) fn get(&self, ids: &[String]) -> Found<Account> {
        let state = self.0.lock().unwrap();
        Found {
            items: ids
                .iter()
                .filter_map(|id| state.accounts.get(id))
                .cloned()
                .collect(),
            missing: ids
                .iter()
                .filter(|id| !state.accounts.contains_key(*id))
                .cloned()
                .collect(),
        }
    }

    /// Two accounts that were put one after the other stand at one place from now on.
    pub(super) fn share_the_last_place(&self) {
        let mut state = self.0.lock().unwrap();
        let accounts = state.places.iter().filter(|(id, _)| *id != DELETED);
        let mut places: Vec<u64> = accounts.map(|(_, place)| *place).collect();
        places.sort_unstable();
        places.dedup();
        if let [.., before, last] = places[..] {
            let there = state.places.values_mut().filter(|place| **place == before);
            there.for_each(|place| *place = last);
        }
    }

    /// Begins a change of an account: it has its stamp, and nobody sees it yet.
    pub(super) fn begin(&self, id: &str) {
        let mut state = self.0.lock().unwrap();
        state.moment();
        let place = state.moments.unsigned_abs();
        state.late = Some((id.to_owned(), place));
    }

    /// Commits what was begun; `as_begun`: where the feed has been already.
    pub(super) fn commit(&self, as_begun: bool) {
        let mut state = self.0.lock().unwrap();
        let (id, place) = state.late.take().unwrap();
        let account = state.accounts[&id].clone();
        state.put(account);
        if as_begun {
            state.places.insert(id, place);
        }
    }

    /// What is owed grows by so much, or falls.
    pub(super) fn book(&self, id: &str, minor: i64) {
        let mut state = self.0.lock().unwrap();
        *state.owed.entry(id.to_owned()).or_default() += minor;
    }

    /// The order is delivered and invoiced.
    pub(super) fn complete(&self, order_id: &str) {
        let mut state = self.0.lock().unwrap();
        let orders = state.orders.iter_mut();
        for order in orders.filter(|order| order.order_id == order_id) {
            order.state = PlacedState::Completed;
        }
    }

    /// Takes the last contact of the customer away; whether the feed tells it.
    pub(super) fn take_a_contact(&self, is_told: bool) {
        let mut state = self.0.lock().unwrap();
        let mut account = state.accounts[CUSTOMER].clone();
        account.contacts.pop();
        if is_told {
            state.put(account);
        } else {
            state.accounts.insert(CUSTOMER.to_owned(), account);
        }
    }

    pub(super) fn patch(&self, patch: &AccountPatch) -> ConnectorResult<PatchOutcome> {
        let mut state = self.0.lock().unwrap();
        let Some(mut account) = state.accounts.get(&patch.external_id).cloned() else {
            return Err(ConnectorError::new(
                ErrorKind::NotFound,
                "patch",
                "no such account",
            ));
        };
        if account.version != patch.expect {
            return Ok(PatchOutcome::Conflict(Box::new(account)));
        }
        if let Some(wanted) = &patch.terms {
            let known = wanted.as_deref().map(terms);
            if known == Some(None) {
                return Ok(PatchOutcome::Rejected(vec![FieldRefusal {
                    field: "terms".to_owned(),
                    code: "unknown_terms".to_owned(),
                    message: "there are no such terms".to_owned(),
                }]));
            }
            account.terms = known.flatten();
        }
        if let Some(limit) = patch.credit_limit {
            let fits = match limit {
                CreditLimit::Amount(money) => money.currency() == account.currency,
                CreditLimit::Unlimited => true,
                CreditLimit::Unknown => false,
            };
            if !fits {
                return Ok(PatchOutcome::Rejected(vec![FieldRefusal {
                    field: "credit_limit".to_owned(),
                    code: "currency".to_owned(),
                    message: "no limit of this account".to_owned(),
                }]));
            }
            account.credit_limit = limit;
        }
        let gone = |id: &String| {
            patch.release_holds.contains(id) || patch.place_holds.iter().any(|placed| placed.id == *id)
        };
        account.holds.retain(|hold| !gone(&hold.id));
        account.holds.extend(patch.place_holds.iter().cloned());
        state.put(account);
        Ok(PatchOutcome::Applied(Box::new(
            state.accounts[&patch.external_id].clone(),
        )))
    }

    pub(super) fn exposure(&self, ids: &[String]) -> Found<AccountExposure> {
        let mut state = self.0.lock().unwrap();
        let as_of = state.moment();
        let owed = |id: &String| {
            let (items, orders) = state.owed_by(id);
            AccountExposure {
                external_id: id.clone(),
                open_items: Money::from_minor(items, usd()),
                open_orders: Some(Money::from_minor(orders, usd())),
                overdue: None,
                oldest_due: None,
                as_of,
            }
        };
        Found {
            items: ids
                .iter()
                .filter(|id| state.accounts.contains_key(*id))
                .map(owed)
                .collect(),
            missing: ids
                .iter()
                .filter(|id| !state.accounts.contains_key(*id))
                .cloned()
                .collect(),
        }
    }

    pub(super) fn price(&self, query: &PriceQuery) -> PriceAnswer {
        let known = self.0.lock().unwrap().accounts.contains_key(&query.customer);
        match known && query.part_id == PART {
            true => PriceAnswer::Price {
                unit_price: StatedAmount::parse("12.40", usd()).unwrap(),
                price_basis: None,
            },
            false => PriceAnswer::None {
                message: "not sold".to_owned(),
            },
        }
    }

    pub(super) fn stock(query: &StockQuery) -> StockAnswer {
        match query.part_id == PART && query.warehouse.is_none() {
            true => StockAnswer::Available {
                quantity: Quantity::from_decimal(7.into()),
                unit: query.unit.clone(),
                expected: None,
            },
            false => StockAnswer::Unknown {
                message: "not kept".to_owned(),
            },
        }
    }

    pub(super) fn documents(
        &self,
        cursor: Option<&Cursor>,
        kinds: &[DocumentKind],
        limit: u32,
    ) -> Page<ErpDocument> {
        let state = self.0.lock().unwrap();
        let from: usize = cursor.map_or(0, |cursor| cursor.as_str().parse().unwrap());
        let end = state.documents.len().min(from + limit as usize);
        let wanted = |document: &&ErpDocument| kinds.is_empty() || kinds.contains(&document.content.kind());
        Page {
            items: state.documents[from..end]
                .iter()
                .filter(wanted)
                .cloned()
                .collect(),
            deleted: Vec::new(),
            next_cursor: Cursor::new(end.to_string()),
            more: end < state.documents.len(),
        }
    }
}

impl State {
    /// What is invoiced, and what is ordered.
    fn owed_by(&self, id: &str) -> (i64, i64) {
        let live =
            |order: &&PlacedOrder| matches!(order.state, PlacedState::Open | PlacedState::OnHold { .. });
        let orders = self.orders.iter().filter(live);
        let minor = orders
            .filter(|order| order.customer == *id)
            .map(|order| order.total.as_ref().unwrap().to_money().unwrap().minor())
            .sum();
        (810_000 + self.owed.get(id).copied().unwrap_or_default(), minor)
    }

    fn note(&mut self, order: &PlacedOrder) {
        let state = DocumentContent::Status {
            state: order.state.clone(),
            message: None,
        };
        let issued_at = self.moment();
        self.documents.push(ErpDocument {
            document_id: format!("D-{}", self.documents.len()),
            number: None,
            order_id: Some(order.order_id.clone()),
            reference: Some(order.reference.clone()),
            purchase_order_number: order.purchase_order_number.clone(),
            customer: order.customer.clone(),
            issued_at,
            content: state,
        });
    }
}
