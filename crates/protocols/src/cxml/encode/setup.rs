//! PunchOutSetupRequest (buyer side) and its answer.

use punchgate_domain::{
    cart::CartLine,
    purchase_order::{Address, Contact},
    quantity::Quantity,
};

use super::{
    Frame, Header, StatusCode, WriteError,
    cookie::Cookie,
    item::{Item, extrinsics, item_id},
    markup::Markup,
    party::{check_contacts, contact, location},
    status::status,
};
use crate::cxml::decode::setup::{BuyerCookie, SetupOperation};

const REQUEST: &str = "PunchOutSetupRequest";

/// The answer to a setup request: where the shopper's browser goes.
#[derive(Clone, Copy, Debug)]
pub struct PunchOutSetupResponse<'a> {
    /// Absolute URL; blanks around it are not written.
    pub start_page: &'a str,
}

impl PunchOutSetupResponse<'_> {
    /// The document: on one line, because some suites trip over a line end around the URL.
    pub fn write(&self, frame: &Frame<'_>) -> Vec<u8> {
        frame.response(frame.versions.punchout_setup_response, 768, |out| {
            status(out, frame, StatusCode::OK, "");
            out.open("PunchOutSetupResponse").content(|out| {
                out.open("StartPage")
                    .content(|out| out.open("URL").text(self.start_page.trim()));
            });
        })
    }
}

/// A shopper wants to come in.
#[derive(Clone, Copy, Debug)]
pub struct PunchOutSetupRequest<'a> {
    /// create, edit, inspect or source.
    pub operation: SetupOperation,
    /// The session, as the suite calls it.
    pub buyer_cookie: &'a BuyerCookie,
    /// Name and value.
    pub extrinsics: &'a [(String, String)],
    /// Where the cart is to be posted.
    pub browser_form_post: Option<&'a str>,
    /// Who shops.
    pub contacts: &'a [Contact],
    /// Where this request is sent to.
    pub supplier_setup: Option<&'a str>,
    /// Where to ship.
    pub ship_to: Option<&'a Address>,
    /// The item chosen in the suite already.
    pub selected_item: Option<ItemKey<'a>>,
    /// The lines of the cart to edit or inspect.
    pub items: &'a [ItemOut<'a>],
}

/// The ids of an item.
#[derive(Clone, Copy, Debug)]
pub struct ItemKey<'a> {
    /// The supplier's part number.
    pub part_id: &'a str,
    /// The line's key from an earlier cart.
    pub auxiliary_id: Option<&'a str>,
}

/// A line that goes back to the supplier for edit or inspect.
#[derive(Clone, Copy, Debug)]
pub struct ItemOut<'a> {
    /// Which item.
    pub item: ItemKey<'a>,
    /// How many.
    pub quantity: &'a Quantity,
    /// The suite's line number.
    pub line_number: Option<u32>,
    /// The line as the cart brought it, if its details are sent along; its ids are those of `item`.
    pub detail: Option<&'a CartLine>,
}

impl PunchOutSetupRequest<'_> {
    /// The document.
    pub fn write(&self, frame: &Frame<'_>, header: &Header<'_>) -> Result<Vec<u8>, WriteError> {
        let version = frame.versions.punchout_setup_request;
        let cookie = Cookie::check(REQUEST, self.buyer_cookie)?;
        check_contacts(REQUEST, self.contacts)?;
        for item in self.items {
            if let Some(line) = item.detail {
                Item::of_cart(line).check(REQUEST, &format!("item {}", item.item.part_id), version)?;
            }
        }
        let capacity = 2048 + 768 * self.items.len();
        frame.request(version, header, capacity, |out| {
            out.open(REQUEST)
                .attr("operation", self.operation.as_str())
                .content(|out| self.body(out, frame, cookie));
        })
    }

    fn body(&self, out: &mut Markup, frame: &Frame<'_>, cookie: Cookie<'_>) {
        cookie.write(out);
        extrinsics(out, self.extrinsics);
        if let Some(url) = self.browser_form_post {
            out.open("BrowserFormPost")
                .content(|out| out.open("URL").text(url));
        }
        for person in self.contacts {
            contact(out, frame.lang, person);
        }
        if let Some(url) = self.supplier_setup {
            out.open("SupplierSetup").content(|out| out.open("URL").text(url));
        }
        if let Some(place) = self.ship_to {
            location(out, "ShipTo", frame.lang, place);
        }
        if let Some(item) = self.selected_item {
            out.open("SelectedItem")
                .content(|out| item_id(out, item.part_id, item.auxiliary_id, None));
        }
        for item in self.items {
            let line_number = item.line_number.map(|number| number.to_string());
            out.open("ItemOut")
                .attr("quantity", item.quantity.text())
                .attr_if("lineNumber", line_number.as_deref())
                .content(|out| {
                    item_id(out, item.item.part_id, item.item.auxiliary_id, None);
                    if let Some(line) = item.detail {
                        Item::of_cart(line).write_detail(out);
                    }
                });
        }
    }
}
