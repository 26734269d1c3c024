//! What was agreed with a buyer, and what the buyer's suite gets, in words. Nothing here decides.

use punchgate_app::directory::{BuyerSystemRule, Policies, Relationship, Users};
use punchgate_domain::policy::{
    CartBlocking, CartCharges, ChargePlacement, ChargeRule, ConfirmationPolicy, ContactPolicy,
    DuplicatePolicy, KnownOrderPolicy, PcardPolicy, PriceAction, PricePolicy, StaleExposure, UnmappedPolicy,
};
use punchgate_protocols::cxml::dialect::{
    Dialect, EditCancel, HttpStatus, MissingClassification, ReturnEncoding, TextCharacters, TotalIncludes,
};

/// A name, and what there is to say under it.
pub(super) type Line = (&'static str, String);

/// The policies of a relationship.
pub(super) fn policies(one: &Relationship) -> Vec<Line> {
    let policies = &one.policies;
    let mut lines: Vec<Line> = vec![
        (
            "The same document once more",
            duplicates(policies.duplicates).to_owned(),
        ),
        (
            "An order number that is known, with other content",
            known_order(policies.known_order).to_owned(),
        ),
        ("Prices", prices(&policies.price)),
        (
            "Units and ship-tos that nobody has mapped",
            unmapped(policies.unmapped).to_owned(),
        ),
        ("Who orders", users(&one.users)),
        ("Purchasing cards", cards(policies.pcard).to_owned()),
        (
            "A cart whose order could not be taken",
            carts(policies.cart_blocking).to_owned(),
        ),
        ("Freight and tax in the cart", charges(&one.charges)),
        (
            "Order confirmations",
            confirmations(policies.confirmation).to_owned(),
        ),
        ("Counts against the limit", counted(policies)),
        ("Open amounts that were read long ago", exposure(policies)),
        (
            "A start link counts",
            format!("{} seconds", one.start_link_seconds),
        ),
        ("A shopper may shop", format!("{} minutes", one.session_minutes)),
        ("The buyer's systems", systems(&one.buyer_system)),
    ];
    if policies.shop_exports_to_erp {
        let text = "The shop passes orders on to the ERP; they are looked for there.";
        lines.push(("Orders of the shop", text.to_owned()));
    }
    lines
}

fn duplicates(policy: DuplicatePolicy) -> &'static str {
    match policy {
        DuplicatePolicy::ByPayloadId => {
            "With the same payloadID and content it is answered as before; with other content it is refused."
        }
        DuplicatePolicy::Ignore => "The payloadID is not looked at; the order number counts.",
    }
}

fn known_order(policy: KnownOrderPolicy) -> &'static str {
    match policy {
        KnownOrderPolicy::Review => "It is kept, and a person looks at it.",
        KnownOrderPolicy::Change => "It is taken as a change of the order.",
        KnownOrderPolicy::Conflict409 => "It is refused (409).",
    }
}

fn prices(policy: &PricePolicy) -> String {
    let tolerance = &policy.tolerance;
    let beyond = match policy.action {
        PriceAction::Hold => "holds the order until a person has confirmed it",
        PriceAction::Warn => "is noted, and the order goes on",
        PriceAction::Accept => return "The order's own prices count.".to_owned(),
    };
    format!(
        "More than {} % and more than {} off the cart or the contract {beyond}. A cart's prices count for {} days.",
        tolerance.percent, tolerance.absolute, policy.cart_prices_valid_days
    )
}

fn unmapped(policy: UnmappedPolicy) -> &'static str {
    match policy {
        UnmappedPolicy::Hold => {
            "Where others of their kind are mapped, they hold the order until a person says what they are."
        }
        UnmappedPolicy::Warn => "They are noted, and go on as the buyer writes them.",
        UnmappedPolicy::Pass => "They go on as the buyer writes them.",
    }
}

fn users(users: &Users) -> String {
    let unknown = match users.contact {
        ContactPolicy::Optional => "an order of somebody else goes on without a contact of the ERP",
        ContactPolicy::Required => {
            "an order of somebody else is held until a person says which contact of the ERP it is"
        }
    };
    let names = users.extrinsics.iter().map(String::as_str);
    let names: Vec<&str> = names.chain(["the e-mail of a contact"]).collect();
    format!("Known by {}; {unknown}.", names.join(", then "))
}

fn cards(policy: PcardPolicy) -> &'static str {
    match policy {
        PcardPolicy::Tokenise => "They are charged by the payment provider before the order goes on.",
        PcardPolicy::Hold => "The order is held until a person has charged the card.",
        PcardPolicy::Refuse => "The order is declined.",
    }
}

fn carts(policy: CartBlocking) -> &'static str {
    match policy {
        CartBlocking::Warn => "It goes back, and the shopper is warned.",
        CartBlocking::Block => "It does not go back; the shopper reads why.",
    }
}

fn charges(charges: &CartCharges) -> String {
    let one = |what: &str, rule: &ChargeRule| match rule.placement {
        ChargePlacement::Omit => format!("{what} stays in the shop"),
        ChargePlacement::Header => format!("{what} goes back beside the lines"),
        ChargePlacement::Line => format!("{what} goes back as a line, part {}", rule.part_id),
    };
    format!(
        "{}; {}.",
        one("Freight", &charges.freight),
        one("tax", &charges.tax)
    )
}

fn confirmations(policy: ConfirmationPolicy) -> &'static str {
    match policy {
        ConfirmationPolicy::OnErpAcknowledgement => {
            "They go out when the ERP, or the shop, acknowledges the order."
        }
        ConfirmationPolicy::OnErpOrderCreated => {
            "They go out as soon as the ERP, or the shop, has the order."
        }
        ConfirmationPolicy::Manual => "They go out when a person sends them.",
        ConfirmationPolicy::Never => "None is sent.",
    }
}

fn counted(policies: &Policies) -> String {
    let mut what = vec!["the goods"];
    what.extend(policies.shipping_counts.then_some("freight"));
    what.extend(policies.tax_counts.then_some("tax"));
    let text = what.join(", ");
    text.replacen("the", "The", 1) + "."
}

fn exposure(policies: &Policies) -> String {
    let hours = policies.exposure_age.max_age.as_hours();
    let what = match policies.exposure_age.when_older {
        StaleExposure::Block => "an order waits for a newer reading".to_owned(),
        StaleExposure::Warn => "an order is decided all the same, with a warning".to_owned(),
        StaleExposure::AllowUpTo(most) => {
            format!("an order up to {most} is decided all the same, a larger one waits")
        }
    };
    format!("Older than {hours} hours, {what}.")
}

fn systems(rule: &BuyerSystemRule) -> String {
    match rule {
        BuyerSystemRule::Single => "The buyer has one: an order number is one order.".to_owned(),
        BuyerSystemRule::Sender => "They are told apart by the Sender's identity.".to_owned(),
        BuyerSystemRule::FromDomain(domain) => {
            format!("They are told apart by the identity of From in {domain}.")
        }
    }
}

/// What the suite gets from us, and how.
pub(super) fn suite(one: &Relationship) -> Vec<Line> {
    let dialect = &one.dialect;
    let lengths = &dialect.lengths;
    vec![
        ("The cart goes back", encoding(dialect).to_owned()),
        ("Its total counts", total(dialect).to_owned()),
        ("A cancelled edit", edit(dialect).to_owned()),
        (
            "Longest texts, in bytes",
            format!(
                "part {}, auxiliary id {}, unit {}, description {}, short name {}",
                lengths.part_id, lengths.auxiliary_id, lengths.unit, lengths.description, lengths.short_name
            ),
        ),
        (
            "Prices are written with",
            format!("{} decimals at most", dialect.price.max_decimals),
        ),
        ("Characters", characters(dialect)),
        ("Lines without a commodity code", codes(dialect)),
        ("The shopper is known by", shopper(dialect)),
        ("HTTP status of answers", status(one).to_owned()),
    ]
}

/// Which extrinsics of a setup request name the shopper, best first.
pub(super) fn shopper(dialect: &Dialect) -> String {
    let identity = &dialect.identity;
    format!(
        "e-mail in {}; key in {}; name in {}",
        identity.email.join(" or "),
        identity.unique_name.join(" or "),
        identity.name.join(" or ")
    )
}

pub(super) fn encoding(dialect: &Dialect) -> &'static str {
    match dialect.return_encoding {
        ReturnEncoding::UrlEncoded => "In the form field cXML-urlencoded",
        ReturnEncoding::Base64 => "In the form field cXML-base64",
    }
}

fn total(dialect: &Dialect) -> &'static str {
    match dialect.total_includes {
        TotalIncludes::Lines => "The lines",
        TotalIncludes::LinesShippingTax => "The lines, freight and tax",
    }
}

pub(super) fn edit(dialect: &Dialect) -> &'static str {
    match dialect.edit_cancel {
        EditCancel::OriginalLines => "Sends the lines back as they came",
        EditCancel::NoContent => "Sends a message with status 204: nothing changes",
        EditCancel::NoPost => "Sends nothing; the browser goes back",
    }
}

fn characters(dialect: &Dialect) -> String {
    let texts = match dialect.characters.text {
        TextCharacters::Any => "All in texts",
        TextCharacters::BasicPlane => "All in texts but emoji and the like",
        TextCharacters::Latin1 => "Western European (latin-1) in texts",
        TextCharacters::Ascii => "ASCII in texts",
    };
    match dialect.characters.forbidden_in_ids.as_str() {
        "" => format!("{texts}, all in part numbers"),
        none => format!("{texts}; none of {none} in part numbers"),
    }
}

fn codes(dialect: &Dialect) -> String {
    match dialect.classification.missing {
        MissingClassification::Stop => "They stay in the shop; the shopper reads why".to_owned(),
        MissingClassification::Placeholder => {
            let placeholder = &dialect.classification.placeholder;
            format!(
                "They go out as {} {}, with a warning",
                placeholder.domain, placeholder.code
            )
        }
    }
}

fn status(one: &Relationship) -> &'static str {
    match one.dialect.http_status {
        HttpStatus::Always200 => "Always 200; the document says what happened",
        HttpStatus::Mirror => "As the document's own status",
    }
}
