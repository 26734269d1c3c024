//! PunchOutSetupRequest.

use punchgate_domain::{
    money::StatedAmount,
    purchase_order::{Address, Contact},
    quantity::{Quantity, Unit},
};

use super::{Stopped, value};
use crate::cxml::{Severity, element::Element, finding::Findings};

/// What the suite wants the shopper to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SetupOperation {
    /// A new cart.
    Create,
    /// An earlier cart is changed.
    Edit,
    /// An earlier cart is looked at.
    Inspect,
    /// A request for quotation.
    Source,
}

impl SetupOperation {
    /// The attribute's value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Edit => "edit",
            Self::Inspect => "inspect",
            Self::Source => "source",
        }
    }
}

/// The buyer's opaque token, to be returned as it came: blanks, line ends and nested XML included.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum BuyerCookie {
    /// Character data, entities resolved: write it escaped (a carriage return as `&#13;`).
    Text(String),
    /// The raw inner XML of a cookie that nests elements: write it as it is.
    Markup(String),
}

impl BuyerCookie {
    /// The text or the raw inner XML: what a cookie is found by.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Text(text) | Self::Markup(text) => text,
        }
    }
}

/// Ids of an item.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ItemId {
    /// Our part number; empty where the buyer left it out.
    pub part_id: String,
    /// Our line key.
    pub auxiliary_id: Option<String>,
    /// The buyer's part number.
    pub buyer_part_id: Option<String>,
}

/// A line of the cart that an edit or inspect brings back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupItem {
    /// Which item.
    pub item: ItemId,
    /// How many.
    pub quantity: Quantity,
    /// The buyer's line number.
    pub line_number: Option<u32>,
    /// Unit, where ItemDetail is given.
    pub unit: Option<Unit>,
    /// Price, where ItemDetail is given.
    pub unit_price: Option<StatedAmount>,
    /// Description, where ItemDetail is given.
    pub description: Option<String>,
}

/// A setup request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupRequest {
    /// create, edit, inspect or source.
    pub operation: SetupOperation,
    /// Returned as it came; never a key of ours.
    pub buyer_cookie: BuyerCookie,
    /// Where the cart is posted to, trimmed, and empty if the element is; without it no cart can be returned.
    pub browser_form_post: Option<String>,
    /// Where the sender believes this request went; not used for routing.
    pub supplier_setup: Option<String>,
    /// Name and value; nested XML is kept as raw inner XML.
    pub extrinsics: Vec<(String, String)>,
    /// Contacts.
    pub contacts: Vec<Contact>,
    /// Where to ship, for tax and price.
    pub ship_to: Option<Address>,
    /// The item the shopper chose already (level 2).
    pub selected_item: Option<ItemId>,
    /// The lines of the cart to edit or inspect.
    pub items: Vec<SetupItem>,
}

pub(super) fn read(request: Element<'_>, findings: &mut Findings) -> Result<SetupRequest, Stopped> {
    let operation = match request.filled_attribute("operation") {
        Some("create") | None => SetupOperation::Create,
        Some("edit") => SetupOperation::Edit,
        Some("inspect") => SetupOperation::Inspect,
        Some("source") => SetupOperation::Source,
        Some(other) => {
            let text = format!("operation '{other}' is not one of create, edit, inspect and source.");
            return Err(Stopped::unusable(request, "operation-unknown", text));
        }
    };
    if request.filled_attribute("operation").is_none() {
        let text = "operation is missing; it is read as create.";
        findings.note(
            Severity::Warning,
            "operation-missing",
            request.offset(),
            || request.path(),
            text,
        );
    }
    let browser_form_post = request.child("BrowserFormPost").map(|post| {
        let address = post.child("URL").map(Element::trimmed);
        address.unwrap_or_default().into_owned()
    });
    if browser_form_post.is_none() {
        let text = "BrowserFormPost is missing: no cart can be returned through the browser.";
        findings.note(
            Severity::Warning,
            "browser-form-post-missing",
            request.offset(),
            || request.path(),
            text,
        );
    }
    let items = request.children().filter(|child| child.name() == "ItemOut");
    Ok(SetupRequest {
        operation,
        buyer_cookie: buyer_cookie(request, findings),
        browser_form_post,
        supplier_setup: request
            .child("SupplierSetup")
            .and_then(|setup| setup.child_text("URL")),
        extrinsics: value::extrinsics(request),
        contacts: value::contacts(request),
        ship_to: request.child("ShipTo").map(value::address),
        selected_item: request.child("SelectedItem").map(value::item_id),
        items: items.map(|item| setup_item(item, findings)).collect(),
    })
}

/// The cookie as it came: blanks, line ends and nested XML included.
pub(super) fn buyer_cookie(parent: Element<'_>, findings: &mut Findings) -> BuyerCookie {
    match parent.child("BuyerCookie") {
        Some(cookie) if cookie.has_children() => BuyerCookie::Markup(cookie.inner_xml().to_owned()),
        Some(cookie) => BuyerCookie::Text(cookie.text().into_owned()),
        None => {
            let text = "BuyerCookie is missing; an empty one is returned.";
            findings.note(
                Severity::Warning,
                "buyer-cookie-missing",
                parent.offset(),
                || parent.path(),
                text,
            );
            BuyerCookie::Text(String::new())
        }
    }
}

fn setup_item(item: Element<'_>, findings: &mut Findings) -> SetupItem {
    let detail = item.child("ItemDetail");
    SetupItem {
        item: value::item_id(item),
        quantity: value::required_quantity(item, findings),
        line_number: item
            .filled_attribute("lineNumber")
            .and_then(|number| number.parse().ok()),
        unit: detail.map(value::unit),
        unit_price: detail
            .and_then(|detail| detail.child("UnitPrice"))
            .and_then(|price| value::money(price, findings)),
        description: detail.map(|detail| value::description(detail).0),
    }
}
