//! An order in the supplier's words: what the relationship maps of parts, units, ship-tos and users. Pure; the archive keeps
//! what the buyer wrote, and so does what the buyer is told.

use std::collections::BTreeMap;

use punchgate_domain::{
    policy::{ContactPolicy, Unmapped, Words},
    purchase_order::{Contact, OrderLine, PurchaseOrder},
    quantity::Unit,
};

use crate::directory::{MappingKind, Relationship};

/// The role of the contact that is the user.
const END_USER: &str = "endUser";

/// Whose order it is, as the ERP knows the person.
pub(super) struct Orderer<'a> {
    /// The ERP's key.
    pub(super) contact: &'a str,
    /// As the buyer names the user.
    user: &'a str,
}

impl Orderer<'_> {
    /// The person as the buyer describes them: the contact with that e-mail, else the user alone.
    fn described(&self, order: &PurchaseOrder) -> Contact {
        let has_email = |contact: &&Contact| {
            let email = contact.email.as_deref();
            email.is_some_and(|email| email.trim().eq_ignore_ascii_case(self.user))
        };
        let known = order.contacts.iter().find(has_email);
        known.cloned().unwrap_or_else(|| Contact {
            role: Some(END_USER.to_owned()),
            name: self.user.to_owned(),
            email: self.user.contains('@').then(|| self.user.to_owned()),
        })
    }
}

/// Who orders, by what the relationship goes by: extrinsics in order of preference, then e-mails of contacts, the end user's
/// first.
fn users<'a>(order: &'a PurchaseOrder, relationship: &'a Relationship) -> impl Iterator<Item = &'a str> {
    let extrinsics = relationship.users.extrinsics.iter().flat_map(|wanted| {
        let named = move |(name, _): &&(String, String)| name.eq_ignore_ascii_case(wanted);
        order.extrinsics.iter().filter(named).map(|(_, value)| value)
    });
    let is_end_user = |contact: &&Contact| {
        let role = contact.role.as_deref();
        role.is_some_and(|role| role.eq_ignore_ascii_case(END_USER))
    };
    let end_users = order.contacts.iter().filter(is_end_user);
    let others = order.contacts.iter().filter(move |contact| !is_end_user(contact));
    let emails = end_users
        .chain(others)
        .filter_map(|contact| contact.email.as_ref());
    let users = extrinsics.chain(emails).map(|user| user.trim());
    users.filter(|user| !user.is_empty())
}

/// The ERP's contact of an order: of the first name of the user that a mapping knows.
pub(super) fn orderer<'a>(order: &'a PurchaseOrder, relationship: &'a Relationship) -> Option<Orderer<'a>> {
    users(order, relationship).find_map(|user| {
        let contact = relationship.mappings.contact(user)?;
        Some(Orderer { contact, user })
    })
}

/// The order as ERP and shop know its parts, units, ship-to and contact.
pub(super) fn mapped(order: &PurchaseOrder, relationship: &Relationship) -> PurchaseOrder {
    let target = |kind, source: &str| relationship.mappings.target(kind, source).map(str::to_owned);
    let person = orderer(order, relationship).map(|orderer| orderer.described(order));
    let mut order = order.clone();
    if let Some(person) = person {
        order.contacts.retain(|contact| *contact != person);
        order.contacts.insert(0, person);
    }
    for line in &mut order.lines {
        if let Some(part) = target(MappingKind::Part, &line.part_id) {
            line.part_id = part;
        }
        if let Some(counted) = counted(line, relationship) {
            *line = counted;
        }
    }
    let places = order.lines.iter_mut().map(|line| &mut line.ship_to);
    for address in places.chain([&mut order.ship_to]).flatten() {
        let ship_to = relationship.mappings.of_address(MappingKind::ShipTo, address);
        let ship_to = ship_to.map(str::to_owned);
        if ship_to.is_some() {
            address.address_id = ship_to;
        }
    }
    order
}

/// A line in the supplier's unit; none where it is in that, or where no exact number says it.
pub(super) fn counted(line: &OrderLine, relationship: &Relationship) -> Option<OrderLine> {
    line.counted_in(relationship.mappings.unit(&line.unit)?)
}

/// A part and a unit as ERP and shop know them.
pub(super) fn in_our_words<'a>(words: Words<'a>, relationship: &'a Relationship) -> Words<'a> {
    let mappings = &relationship.mappings;
    let unit = mappings.unit(&Unit::new(words.unit));
    Words {
        part_id: mappings
            .target(MappingKind::Part, words.part_id)
            .unwrap_or(words.part_id),
        unit: unit.map_or(words.unit, |conversion| conversion.unit().as_str()),
    }
}

/// What no mapping knows of an order: units of lines that neither a cart nor the contract tells, and ship-tos. Only where
/// the relationship maps others of the kind: else the buyer writes ours. What is ours already is known. And the user, where
/// a contact is required.
pub(super) fn unmapped(
    order: &PurchaseOrder,
    relationship: &Relationship,
    untold: impl Fn(usize) -> bool,
) -> Vec<Unmapped> {
    let mappings = &relationship.mappings;
    let (mut units, mut places) = (BTreeMap::new(), BTreeMap::new());
    if mappings.has(MappingKind::Unit) {
        for (place, line) in order.lines.iter().enumerate() {
            let unit = line.unit.as_str();
            let known = counted(line, relationship).is_some() || mappings.is_target(MappingKind::Unit, unit);
            if !known && untold(place) {
                let lines: &mut Vec<u32> = units.entry(unit).or_default();
                lines.push(line.line_number);
            }
        }
    }
    if mappings.has(MappingKind::ShipTo) {
        let of_lines = order
            .lines
            .iter()
            .map(|line| (Some(line.line_number), &line.ship_to));
        for (line, address) in std::iter::once((None, &order.ship_to)).chain(of_lines) {
            let Some(address) = address else { continue };
            let id = address.address_id.as_deref();
            let is_ours = id.is_some_and(|id| mappings.is_target(MappingKind::ShipTo, id));
            if is_ours || mappings.of_address(MappingKind::ShipTo, address).is_some() {
                continue;
            }
            let text = id.map_or_else(|| address.line(), str::to_owned);
            let lines: &mut Vec<u32> = places.entry(text).or_default();
            lines.extend(line);
        }
    }
    let units = units.into_iter().map(|(unit, lines)| Unmapped::Unit {
        unit: unit.to_owned(),
        lines,
    });
    let places = places
        .into_iter()
        .map(|(address, lines)| Unmapped::ShipTo { address, lines });
    units
        .chain(places)
        .chain(unknown_user(order, relationship))
        .collect()
}

/// The user, where a contact is required and none is known.
fn unknown_user(order: &PurchaseOrder, relationship: &Relationship) -> Option<Unmapped> {
    let required = relationship.users.contact == ContactPolicy::Required;
    let unknown = required && orderer(order, relationship).is_none();
    unknown.then(|| Unmapped::User {
        user: users(order, relationship).next().unwrap_or_default().to_owned(),
    })
}
