//! Which customer shops: the same rule for setup requests as for orders, with what a setup request knows.

use punchgate_domain::{hold::text::LanguageTag, ids::ConnectorId, purchase_order::Address};
use punchgate_protocols::cxml::{decode::setup::SetupRequest, dialect::Shopper};

use super::setup::SetupFacts;
use crate::{
    credit::{CustomerRef, Wording},
    directory::{MappingKind, Relationship},
};

const COST_CENTRE: &str = "CostCenter";

/// The customer as ERP and shop call it: mapped by address, cost centre or shopper, else the relationship's own.
pub(super) fn external_id<'a>(
    relationship: &'a Relationship,
    request: &SetupRequest,
    shopper: &Shopper,
) -> Option<&'a str> {
    let mappings = &relationship.mappings;
    let place = request.ship_to.as_ref();
    let by_address = place.and_then(|place| mappings.of_address(MappingKind::Customer, place));
    let cost_centre = request
        .extrinsics
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(COST_CENTRE))
        .map(|(_, value)| value.trim());
    let others = [
        cost_centre,
        shopper.unique_name.as_deref(),
        shopper.email.as_deref(),
    ];
    by_address
        .or_else(|| {
            let mut others = others.into_iter().flatten();
            others.find_map(|source| mappings.target(MappingKind::Customer, source))
        })
        .or(relationship.customer_external_id.as_deref())
}

/// What is said of holds to this shopper: in the language that the suite has named, where there are texts in it.
pub(super) fn wording(relationship: &Relationship, facts: &SetupFacts) -> Wording {
    let language = facts.language.as_deref();
    let language = language.and_then(|language| LanguageTag::parse(language).ok());
    Wording::of(&relationship.supplier).in_language(language)
}

/// Where it goes, if the buyer's address is mapped to a place of the ERP; who receives there is told by the same rule as
/// for orders.
pub(super) fn ship_to(
    relationship: &Relationship,
    place: Option<&Address>,
    erp: &ConnectorId,
) -> Option<CustomerRef> {
    Some(CustomerRef::External {
        connector: erp.clone(),
        external_id: place_id(relationship, place?)?.to_owned(),
    })
}

/// The address as the shop knows it: by the supplier's id, as on orders.
pub(super) fn in_our_words(relationship: &Relationship, mut place: Address) -> Address {
    if let Some(id) = place_id(relationship, &place) {
        place.address_id = Some(id.to_owned());
    }
    place
}

fn place_id<'a>(relationship: &'a Relationship, place: &Address) -> Option<&'a str> {
    relationship.mappings.of_address(MappingKind::ShipTo, place)
}
