//! Words for what a relationship is made of. Nothing here decides.

use punchgate_app::{directory::MappingKind, doctor::Weight};

use crate::http::console::words::Pill;

/// Modes, with their words.
pub(super) const MODES: [(&str, &str); 3] = [
    ("production", "Production"),
    ("test", "Test"),
    ("shadow", "Shadow"),
];

/// Where orders go, with their words.
pub(super) const SINKS: [(&str, &str); 3] = [
    ("erp", "To the ERP"),
    ("storefront", "To the shop"),
    ("none", "Nowhere by themselves"),
];

pub(super) fn sink(name: &str) -> &'static str {
    SINKS
        .iter()
        .find(|(known, _)| *known == name)
        .map_or("Unknown here", |(_, words)| words)
}

pub(super) fn dialect(name: &str) -> &str {
    match name {
        "ariba" => "SAP Ariba",
        "coupa" => "Coupa",
        "generic" => "Any cXML suite",
        other => other,
    }
}

pub(super) fn protocol(name: &str) -> &str {
    match name {
        "cxml" => "cXML",
        other => other,
    }
}

/// What is mapped, of many.
pub(super) fn mappings(kind: MappingKind) -> &'static str {
    match kind {
        MappingKind::Customer => "Customers",
        MappingKind::ShipTo => "Ship-tos",
        MappingKind::Unit => "Units",
        MappingKind::Part => "Parts",
        MappingKind::Contact => "Users",
    }
}

/// The same of one.
pub(super) fn mapping(kind: MappingKind) -> &'static str {
    match kind {
        MappingKind::Customer => "customer",
        MappingKind::ShipTo => "ship-to",
        MappingKind::Unit => "unit",
        MappingKind::Part => "part",
        MappingKind::Contact => "user",
    }
}

/// How it stands with something that was looked at.
pub(super) fn weight(weight: Weight) -> Pill {
    match weight {
        Weight::Ok => ("All is well", "good"),
        Weight::Warning => ("Look at it", "warn"),
        Weight::Problem => ("Does not work", "bad"),
    }
}

#[cfg(test)]
mod tests {
    use punchgate_domain::policy::OrderSink;
    use punchgate_protocols::cxml::dialect::Dialect;

    use super::*;

    /// No code without words.
    #[test]
    fn everything_that_there_is_has_words() {
        for name in Dialect::names() {
            assert_ne!(dialect(name), name);
        }
        for one in OrderSink::ALL {
            assert_ne!(sink(one.as_str()), "Unknown here");
        }
    }
}
