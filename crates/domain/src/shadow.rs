//! A copy of an order beside what was made of the same order elsewhere: what differs. Pure.
//!
//! **Invariant:** what nobody has told is no difference.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use crate::{
    money::{Currency, StatedAmount},
    order::OrderState,
    quantity::{Unit, exact_quotient},
};

stored_names! {
    /// What of an order differs.
    pub enum Field("a field of an order") {
        /// Whether and how it goes on.
        Decision = "decision",
        /// Whose it is.
        Customer = "customer",
        /// Where it goes.
        ShipTo = "ship_to",
        /// Which part.
        Part = "part",
        /// In which unit.
        Unit = "unit",
        /// How many.
        Quantity = "quantity",
        /// At which price.
        Price = "price",
        /// What it comes to.
        Total = "total",
    }
}

stored_names! {
    /// Where an order stands in the system that carries it out.
    pub enum There("where an order stands elsewhere") {
        /// It has none.
        Absent = "absent",
        /// Entered, not confirmed.
        Draft = "draft",
        /// Under way.
        Open = "open",
        /// Held there.
        OnHold = "on_hold",
        /// Delivered and invoiced.
        Completed = "completed",
        /// Withdrawn.
        Cancelled = "cancelled",
    }
}

/// An order as one side has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The ERP's key of the customer.
    pub customer: Option<String>,
    /// The id of the place, as the ERP calls it.
    pub ship_to: Option<String>,
    /// The net total.
    pub total: Option<StatedAmount>,
    /// Lines, as far as they are told.
    pub lines: Vec<MadeLine>,
}

/// A line as one side has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeLine {
    /// Its number.
    pub line_number: u32,
    /// The supplier's part number.
    pub part_id: String,
    /// In which unit.
    pub unit: Unit,
    /// How many.
    pub quantity: Option<Decimal>,
    /// At which price.
    pub price: Option<MadePrice>,
}

/// A net price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadePrice {
    /// For `per` units.
    pub amount: Decimal,
    /// In which currency.
    pub currency: Currency,
    /// For how many units.
    pub per: Decimal,
}

/// Something that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What.
    pub field: Field,
    /// On which of our lines; of the order where there is none.
    pub line_number: Option<u32>,
    /// What differences of one kind have in common: the part, or both texts.
    pub subject: String,
    /// Here.
    pub ours: String,
    /// There.
    pub theirs: String,
    /// What it may come from.
    pub note: Option<String>,
}

/// Whether an order that would be in this state here stands there as it should; a copy that was withdrawn is cancelled. None
/// where the other system may only be later.
pub fn decisions_agree(ours: OrderState, theirs: There) -> Option<bool> {
    let is_under_way = matches!(theirs, There::Draft | There::Open | There::Completed);
    let is_nowhere = matches!(theirs, There::Absent | There::Cancelled);
    match ours {
        OrderState::Approved if theirs == There::Absent => None,
        OrderState::Approved => Some(is_under_way),
        OrderState::Declined | OrderState::Cancelled | OrderState::Tombstone => Some(is_nowhere),
        // Somebody there may be holding it before it is entered.
        _ if theirs == There::Absent => None,
        _ => Some(theirs == There::OnHold),
    }
}

/// What differs in what was made of an order.
pub fn differences(ours: &Made, theirs: &Made) -> Vec<Difference> {
    let mut found = Vec::new();
    let unknown = || "unknown".to_owned();
    if let Some(customer) = &theirs.customer
        && ours.customer.as_ref() != Some(customer)
    {
        let here = ours.customer.clone().unwrap_or_else(unknown);
        found.push(both(Field::Customer, None, here, customer.clone()));
    }
    if let (Some(here), Some(there)) = (&ours.ship_to, &theirs.ship_to)
        && here != there
    {
        found.push(both(Field::ShipTo, None, here.clone(), there.clone()));
    }
    for (here, there) in pairs(&ours.lines, &theirs.lines) {
        of_line(here, there, &mut found);
    }
    if let (Some(here), Some(there)) = (&ours.total, &theirs.total)
        && here != there
    {
        found.push(Difference {
            field: Field::Total,
            line_number: None,
            subject: String::new(),
            ours: here.to_string(),
            theirs: there.to_string(),
            note: None,
        });
    }
    found
}

/// Lines by their number; place by place where the other side has numbers of its own. A line of ours of which nothing is told
/// has none.
fn pairs<'a>(
    ours: &'a [MadeLine],
    theirs: &'a [MadeLine],
) -> Vec<(Option<&'a MadeLine>, Option<&'a MadeLine>)> {
    let numbers =
        |lines: &[MadeLine]| -> BTreeSet<u32> { lines.iter().map(|line| line.line_number).collect() };
    let is_renumbered = ours.len() == theirs.len() && numbers(ours).is_disjoint(&numbers(theirs));
    if is_renumbered {
        return ours.iter().map(Some).zip(theirs.iter().map(Some)).collect();
    }
    let of_ours = |there: &MadeLine| ours.iter().find(|here| here.line_number == there.line_number);
    theirs.iter().map(|there| (of_ours(there), Some(there))).collect()
}

fn of_line(ours: Option<&MadeLine>, theirs: Option<&MadeLine>, found: &mut Vec<Difference>) {
    let (Some(ours), Some(theirs)) = (ours, theirs) else {
        let none = || "no such line".to_owned();
        let text = |line: Option<&MadeLine>| line.map_or_else(none, |line| line.part_id.clone());
        let number = theirs.or(ours).map(|line| line.line_number);
        found.push(both(Field::Part, number, text(ours), text(theirs)));
        return;
    };
    let number = Some(ours.line_number);
    if ours.part_id != theirs.part_id {
        found.push(both(
            Field::Part,
            number,
            ours.part_id.clone(),
            theirs.part_id.clone(),
        ));
    }
    let same_unit = ours.unit == theirs.unit;
    if !same_unit {
        let mut unit = both(
            Field::Unit,
            number,
            ours.unit.to_string(),
            theirs.unit.to_string(),
        );
        unit.note = factor(ours, theirs);
        found.push(unit);
    }
    let about_part = |field, here: String, there: String| Difference {
        field,
        line_number: number,
        subject: ours.part_id.clone(),
        ours: here,
        theirs: there,
        note: None,
    };
    if let (Some(here), Some(there), true) = (ours.quantity, theirs.quantity, same_unit)
        && here != there
    {
        let text = |quantity: Decimal| format!("{} {}", quantity.normalize(), ours.unit);
        found.push(about_part(Field::Quantity, text(here), text(there)));
    }
    if let (Some(here), Some(there)) = (&ours.price, &theirs.price)
        && !same_price((ours, here), (theirs, there), same_unit)
    {
        found.push(about_part(
            Field::Price,
            here.of(&ours.unit),
            there.of(&theirs.unit),
        ));
    }
}

fn both(field: Field, line_number: Option<u32>, ours: String, theirs: String) -> Difference {
    Difference {
        field,
        line_number,
        subject: format!("{ours} → {theirs}"),
        ours,
        theirs,
        note: None,
    }
}

/// How many of their unit one of ours seems to be.
fn factor(ours: &MadeLine, theirs: &MadeLine) -> Option<String> {
    let (here, there) = (ours.quantity?, theirs.quantity?);
    if here <= Decimal::ZERO || there <= Decimal::ZERO {
        return None;
    }
    let text = |one: &Unit, count: Decimal, other: &Unit| format!("1 {one} seems to be {count} {other}");
    match exact_quotient(there, here, 3) {
        Some(count) if count >= Decimal::ONE => Some(text(&ours.unit, count, &theirs.unit)),
        _ => exact_quotient(here, there, 3).map(|count| text(&theirs.unit, count, &ours.unit)),
    }
}

/// Price by price in one unit, amount by amount in two; two of which the amounts are not told are not compared.
fn same_price(
    (ours, here): (&MadeLine, &MadePrice),
    (theirs, there): (&MadeLine, &MadePrice),
    same_unit: bool,
) -> bool {
    let counts = match (ours.quantity, theirs.quantity) {
        _ if same_unit => (Decimal::ONE, Decimal::ONE),
        (Some(here), Some(there)) => (here, there),
        _ => return true,
    };
    let product = |count: Decimal, price: Decimal, per: Decimal| count.checked_mul(price)?.checked_mul(per);
    let (left, right) = (
        product(counts.0, here.amount, there.per),
        product(counts.1, there.amount, here.per),
    );
    here.currency == there.currency && left.is_some() && left == right
}

impl MadePrice {
    fn of(&self, unit: &Unit) -> String {
        let (amount, currency) = (self.amount, self.currency);
        if self.per == Decimal::ONE {
            format!("{currency} {amount} / {unit}")
        } else {
            format!("{currency} {amount} / {} {unit}", self.per.normalize())
        }
    }
}
