//! What carts, orders and setup requests have in common: item ids, item details, amounts, extrinsics.

use punchgate_domain::{
    cart::{CartLine, Charge, Classification},
    money::StatedAmount,
    purchase_order::OrderLine,
    quantity::{Quantity, Unit},
};

use super::{WriteError, markup::Markup};
use crate::cxml::dialect::BaseVersion;

/// An item as the grammar sees it, whichever aggregate it comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item<'a> {
    part_id: &'a str,
    auxiliary_id: Option<&'a str>,
    buyer_part_id: Option<&'a str>,
    unit_price: &'a StatedAmount,
    description: &'a str,
    short_name: Option<&'a str>,
    language: &'a str,
    unit: &'a Unit,
    price_basis: Option<&'a Quantity>,
    price_basis_factor: Option<&'a Quantity>,
    classifications: &'a [Classification],
    manufacturer_part_id: Option<&'a str>,
    manufacturer_name: Option<&'a str>,
    lead_time_days: Option<u32>,
    extrinsics: &'a [(String, String)],
}

impl<'a> Item<'a> {
    pub(super) fn of_cart(line: &'a CartLine) -> Self {
        Self {
            part_id: &line.part_id,
            auxiliary_id: line.auxiliary_id.as_deref(),
            buyer_part_id: None,
            unit_price: &line.unit_price,
            description: &line.description,
            short_name: line.short_name.as_deref(),
            language: &line.language,
            unit: &line.unit,
            price_basis: line.price_basis.as_ref(),
            price_basis_factor: None,
            classifications: &line.classifications,
            manufacturer_part_id: line.manufacturer_part_id.as_deref(),
            manufacturer_name: line.manufacturer_name.as_deref(),
            lead_time_days: line.lead_time_days,
            extrinsics: &line.extrinsics,
        }
    }

    pub(super) fn of_order(line: &'a OrderLine, language: &'a str) -> Self {
        Self {
            part_id: &line.part_id,
            auxiliary_id: line.auxiliary_id.as_deref(),
            buyer_part_id: line.buyer_part_id.as_deref(),
            unit_price: &line.unit_price,
            description: &line.description,
            short_name: None,
            language,
            unit: &line.unit,
            price_basis: line.price_basis.as_ref(),
            price_basis_factor: line.price_basis_factor.as_ref(),
            classifications: &line.classifications,
            manufacturer_part_id: line.manufacturer_part_id.as_deref(),
            manufacturer_name: line.manufacturer_name.as_deref(),
            lead_time_days: None,
            extrinsics: &line.extrinsics,
        }
    }

    /// Whether the grammar can say all of it.
    pub(super) fn check(
        &self,
        document: &'static str,
        place: &str,
        version: BaseVersion,
    ) -> Result<(), WriteError> {
        if self.classifications.is_empty() {
            return Err(WriteError::Incomplete {
                document,
                problem: format!("{place} has no classification; name the dialect's placeholder"),
            });
        }
        if version.is_extended() {
            return Ok(());
        }
        let fact = if self.price_basis.is_some() || self.price_basis_factor.is_some() {
            "a price for more than one unit"
        } else if self.buyer_part_id.is_some() {
            "the buyer's part number"
        } else {
            return Ok(());
        };
        Err(WriteError::NotExpressible {
            document,
            version: version.as_str(),
            fact: format!("{fact} ({place})"),
        })
    }

    pub(super) fn write_id(&self, out: &mut Markup) {
        item_id(out, self.part_id, self.auxiliary_id, self.buyer_part_id);
    }

    pub(super) fn write_detail(&self, out: &mut Markup) {
        out.open("ItemDetail").content(|out| {
            unit_price(out, self.unit_price);
            out.open("Description")
                .attr("xml:lang", self.language)
                .content(|out| {
                    if let Some(short) = self.short_name {
                        out.open("ShortName").text(short);
                    }
                    out.text(self.description);
                });
            out.open("UnitOfMeasure").text(self.unit.as_str());
            self.write_price_basis(out);
            for classification in self.classifications {
                out.open("Classification")
                    .attr("domain", &classification.domain)
                    .text(&classification.code);
            }
            if let Some(part_id) = self.manufacturer_part_id {
                out.open("ManufacturerPartID").text(part_id);
            }
            if let Some(name) = self.manufacturer_name {
                out.open("ManufacturerName").text(name);
            }
            if let Some(days) = self.lead_time_days {
                out.open("LeadTime").text(&days.to_string());
            }
            extrinsics(out, self.extrinsics);
        });
    }

    fn write_price_basis(&self, out: &mut Markup) {
        if self.price_basis.is_none() && self.price_basis_factor.is_none() {
            return;
        }
        out.open("PriceBasisQuantity")
            .attr("quantity", self.price_basis.map_or("1", Quantity::text))
            .attr(
                "conversionFactor",
                self.price_basis_factor.map_or("1", Quantity::text),
            )
            .content(|out| out.open("UnitOfMeasure").text(self.unit.as_str()));
    }
}

pub(super) fn item_id(out: &mut Markup, part: &str, auxiliary: Option<&str>, buyer_part: Option<&str>) {
    out.open("ItemID").content(|out| {
        out.open("SupplierPartID").text(part);
        if let Some(auxiliary) = auxiliary {
            out.open("SupplierPartAuxiliaryID").text(auxiliary);
        }
        if let Some(buyer_part) = buyer_part {
            out.open("BuyerPartID").text(buyer_part);
        }
    });
}

pub(super) fn money(out: &mut Markup, amount: &StatedAmount) {
    out.open("Money")
        .attr("currency", amount.currency().as_str())
        .text(amount.text());
}

pub(super) fn unit_price(out: &mut Markup, amount: &StatedAmount) {
    out.open("UnitPrice").content(|out| money(out, amount));
}

pub(super) fn total(out: &mut Markup, amount: &StatedAmount) {
    out.open("Total").content(|out| money(out, amount));
}

/// `Shipping` or `Tax`.
pub(super) fn charge(out: &mut Markup, name: &'static str, lang: &str, charge: Option<&Charge>) {
    let Some(charge) = charge else { return };
    out.open(name).content(|out| {
        money(out, &charge.amount);
        out.open("Description")
            .attr("xml:lang", lang)
            .text(&charge.description);
    });
}

pub(super) fn comments(out: &mut Markup, lang: &str, all: &[String]) {
    for comment in all {
        out.open("Comments").attr("xml:lang", lang).text(comment);
    }
}

pub(super) fn extrinsics(out: &mut Markup, all: &[(String, String)]) {
    for (name, value) in all {
        out.open("Extrinsic").attr("name", name).text(value);
    }
}
