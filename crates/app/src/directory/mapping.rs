//! What the buyer's side calls something, and what the supplier's side does.

use std::{collections::HashMap, fmt};

/// What is mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MappingKind {
    /// An address id, cost centre or shopper of the buyer → the customer as the ERP knows it.
    Customer,
    /// The buyer's address id → the ship-to as the ERP knows it.
    ShipTo,
    /// The buyer's unit of measure → the supplier's.
    Unit,
    /// The part number on the order → the supplier's.
    Part,
}

impl MappingKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[Self::Customer, Self::ShipTo, Self::Unit, Self::Part];

    /// The stable text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::ShipTo => "ship_to",
            Self::Unit => "unit",
            Self::Part => "part",
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
pub struct Mappings(HashMap<MappingKind, HashMap<String, String>>);

impl Mappings {
    /// Adds one; a later one replaces an earlier one of the same source.
    pub fn insert(&mut self, kind: MappingKind, source: impl Into<String>, target: impl Into<String>) {
        self.0
            .entry(kind)
            .or_default()
            .insert(source.into(), target.into());
    }

    /// What a text of the buyer's stands for.
    pub fn target(&self, kind: MappingKind, source: &str) -> Option<&str> {
        self.0.get(&kind)?.get(source).map(String::as_str)
    }

    /// Whether a text is what something of the buyer's stands for.
    pub fn is_target(&self, kind: MappingKind, text: &str) -> bool {
        let known = self.0.get(&kind);
        known.is_some_and(|known| known.values().any(|target| target == text))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.values().map(HashMap::len).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
