//! The buyer cookie, returned as it came: text escaped, nested XML as it is.
//!
//! Nested XML is the only markup of another's making that we write. It is parsed first, so that it can
//! neither leave its element nor make the document ill-formed.

use quick_xml::{Reader, events::Event};

use super::{WriteError, markup::Markup};
use crate::cxml::decode::setup::BuyerCookie;

/// A cookie that may be written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cookie<'a>(&'a BuyerCookie);

impl<'a> Cookie<'a> {
    /// Refuses markup that is not well-formed by itself.
    pub(super) fn check(document: &'static str, cookie: &'a BuyerCookie) -> Result<Self, WriteError> {
        if let BuyerCookie::Markup(xml) = cookie {
            let problem = |problem: String| WriteError::Incomplete {
                document,
                problem: format!("the buyer cookie's markup {problem}"),
            };
            let wrapped = format!("<BuyerCookie>{xml}</BuyerCookie>");
            let tree = roxmltree::Document::parse(&wrapped)
                .map_err(|error| problem(format!("is not well-formed by itself: {error}")))?;
            if !xml.is_ascii() && !has_ascii_names(&tree) {
                return Err(problem("has names outside us-ascii".to_owned()));
            }
        }
        Ok(Self(cookie))
    }

    pub(super) fn write(self, out: &mut Markup) {
        out.open("BuyerCookie").content(|out| match self.0 {
            BuyerCookie::Text(text) => out.text(text),
            BuyerCookie::Markup(xml) if out.holds(xml) => out.well_formed(xml),
            BuyerCookie::Markup(xml) => referenced(out, xml),
        });
    }
}

fn has_ascii_names(tree: &roxmltree::Document<'_>) -> bool {
    tree.descendants()
        .filter(roxmltree::Node::is_element)
        .all(|element| {
            element.tag_name().name().is_ascii()
                && element.attributes().all(|attribute| attribute.name().is_ascii())
                && element
                    .namespaces()
                    .all(|space| space.name().is_none_or(str::is_ascii))
        })
}

/// Well-formed markup in us-ascii: references can stand in text and attribute values only, so CDATA
/// sections become text, and comments and instructions (which are no data) are left out. Names outside
/// us-ascii have no such form, and `check` has refused them.
fn referenced(out: &mut Markup, xml: &str) {
    let mut reader = Reader::from_str(xml);
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => out.tag_source("<", &tag, ">"),
            Ok(Event::Empty(tag)) => out.tag_source("<", &tag, "/>"),
            Ok(Event::End(tag)) => out.tag_source("</", &tag, ">"),
            Ok(Event::Text(text)) => out.well_formed(&text),
            Ok(Event::GeneralRef(name)) => out.tag_source("&", &name, ";"),
            Ok(Event::CData(text)) => out.text(&text),
            // `check` has parsed it: nothing is left to go wrong, and the end is the end.
            Ok(Event::Eof) | Err(_) => return,
            Ok(Event::Comment(_) | Event::PI(_) | Event::Decl(_) | Event::DocType(_)) => {}
        }
    }
}
