//! What the buyer's side calls something, and what the supplier's side does.

use std::{collections::HashMap, fmt};

use punchgate_domain::{
    purchase_order::Address,
    quantity::{Conversion, Unit},
};

/// What is mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MappingKind {
    /// An address (by its id, or written out), cost centre or shopper of the buyer → the customer as the ERP knows it.
    Customer,
    /// The buyer's address (by its id, or written out) → the ship-to as the ERP knows it.
    ShipTo,
    /// The buyer's unit of measure → the supplier's, or how many of which: `EA`, `12 EA`.
    Unit,
    /// The part number on the order → the supplier's.
    Part,
    /// A user of the buyer's → the contact as the ERP knows the person.
    Contact,
}

impl MappingKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Customer,
        Self::ShipTo,
        Self::Unit,
        Self::Part,
        Self::Contact,
    ];

    /// The stable text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::ShipTo => "ship_to",
            Self::Unit => "unit",
            Self::Part => "part",
            Self::Contact => "contact",
        }
    }

    /// Reads the stable text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text)
    }
}

impl fmt::Display for MappingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// All mappings of a relationship.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mappings {
    targets: HashMap<MappingKind, HashMap<String, String>>,
    /// The same of addresses that are written out, as they are compared; none where two that compare alike stand for
    /// different things.
    written: HashMap<MappingKind, HashMap<String, Option<String>>>,
    units: HashMap<String, Conversion>,
    /// Contacts by user, without case: mostly by e-mail.
    users: HashMap<String, String>,
}

impl Mappings {
    /// Adds one; a later one replaces an earlier one of the same source.
    pub fn insert(&mut self, kind: MappingKind, source: impl Into<String>, target: impl Into<String>) {
        let (source, target) = (source.into(), target.into());
        if matches!(kind, MappingKind::Customer | MappingKind::ShipTo) {
            let written = self.written.entry(kind).or_default();
            let known = written
                .entry(compared(&source))
                .or_insert_with(|| Some(target.clone()));
            if known.as_ref() != Some(&target) {
                *known = None;
            }
        }
        if kind == MappingKind::Unit {
            match Conversion::parse(&target) {
                Ok(conversion) => self.units.insert(source.clone(), conversion),
                // Nobody enters such a one: the lines that have it wait for a person.
                Err(_) => self.units.remove(&source),
            };
        }
        if kind == MappingKind::Contact {
            self.users.insert(source.to_lowercase(), target.clone());
        }
        self.targets.entry(kind).or_default().insert(source, target);
    }

    /// The ERP's contact that a user is; case does not count.
    pub fn contact(&self, user: &str) -> Option<&str> {
        self.users.get(&user.to_lowercase()).map(String::as_str)
    }

    /// What an address of the buyer's stands for: by its id, else as it is written, with its name or without. Without street
    /// and city it is no address: its name, or its country, may be what another buyer's id is called.
    pub fn of_address(&self, kind: MappingKind, address: &Address) -> Option<&str> {
        let by_id = address.address_id.as_deref();
        if let Some(target) = by_id.and_then(|id| self.target(kind, id)) {
            return Some(target);
        }
        let has_street = address.street.iter().any(|line| !compared(line).is_empty());
        if !has_street || compared(&address.city).is_empty() {
            return None;
        }
        self.of_text(kind, &format!("{}, {}", address.name, address.line()))
            .or_else(|| self.of_text(kind, &address.line()))
    }

    fn of_text(&self, kind: MappingKind, text: &str) -> Option<&str> {
        self.written.get(&kind)?.get(&compared(text))?.as_deref()
    }

    /// What a text of the buyer's stands for.
    pub fn target(&self, kind: MappingKind, source: &str) -> Option<&str> {
        self.targets.get(&kind)?.get(source).map(String::as_str)
    }

    /// What a unit of the buyer's is of the supplier's.
    pub fn unit(&self, unit: &Unit) -> Option<&Conversion> {
        self.units.get(unit.as_str())
    }

    /// Whether anything of this kind is mapped.
    pub fn has(&self, kind: MappingKind) -> bool {
        self.targets.get(&kind).is_some_and(|known| !known.is_empty())
    }

    /// Whether a text is what something of the buyer's stands for.
    pub fn is_target(&self, kind: MappingKind, text: &str) -> bool {
        if kind == MappingKind::Unit {
            return self.units.values().any(|known| known.unit().as_str() == text);
        }
        let known = self.targets.get(&kind);
        known.is_some_and(|known| known.values().any(|target| target == text))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.targets.values().map(HashMap::len).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// An address as it is compared: letters and digits, whatever the case, the punctuation and the spaces.
fn compared(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric());
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(id: Option<&str>, name: &str, street: &str) -> Address {
        Address {
            address_id: id.map(str::to_owned),
            name: name.to_owned(),
            street: vec![street.to_owned()],
            city: "Dayton".to_owned(),
            state: Some("OH".to_owned()),
            postal_code: Some("45402".to_owned()),
            country_code: Some("US".to_owned()),
            ..Address::default()
        }
    }

    #[test]
    fn an_address_is_known_by_its_id_or_as_it_is_written() {
        let mut mappings = Mappings::default();
        for (source, target) in [
            ("DOCK-7", "by-id"),
            ("12 Mill Road; 45402 DAYTON, OH (US)", "by-place"),
            ("Plant 2, 12 Mill Road, 45402 Dayton OH, US", "by-name"),
        ] {
            mappings.insert(MappingKind::ShipTo, source, target);
        }
        mappings.insert(MappingKind::Unit, "12 Mill Road, 45402 Dayton OH, US", "EA");
        let table = [
            (address(Some("DOCK-7"), "Plant 2", "12 Mill Road"), Some("by-id")),
            (
                address(Some("DOCK-8"), "Plant 2", "12 Mill Road"),
                Some("by-name"),
            ),
            (address(None, "Plant 3", "12  mill road."), Some("by-place")),
            (address(None, "Plant 2", "14 Mill Road"), None),
            (Address::default(), None),
            // What is called as an id is, is no address.
            (
                Address {
                    name: "Dock 7".to_owned(),
                    ..Address::default()
                },
                None,
            ),
            // Two that compare alike, and stand for different places.
            (address(None, "", "1 Quay"), None),
        ];
        mappings.insert(MappingKind::ShipTo, "1 Quay, 45402 Dayton OH, US", "one");
        mappings.insert(MappingKind::ShipTo, "1 QUAY, 45402 Dayton OH US", "another");
        for (address, expected) in table {
            let found = mappings.of_address(MappingKind::ShipTo, &address);
            assert_eq!(found, expected, "{address:?}");
            assert_eq!(mappings.of_address(MappingKind::Customer, &address), None);
        }
    }
}
