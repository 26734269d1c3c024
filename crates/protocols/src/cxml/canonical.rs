//! The hash by which two deliveries of one request are recognised as the same content.

use std::iter::Peekable;

use sha2::{Digest, Sha256};

use super::{
    Limits, Refusal, card_number,
    element::{Content, Element},
    sensitive,
};

/// Hash of the canonical payload: without Header, timestamp, secrets and card numbers; insensitive to
/// white space between elements, order of attributes, namespace prefixes and character encoding.
pub fn content_hash(bytes: &[u8], content_type: Option<&str>, limits: &Limits) -> Result<[u8; 32], Refusal> {
    super::decode_hashed(bytes, content_type, limits).map(|(_, hash)| hash)
}

/// The hash of a document's Request, Message or Response.
pub(super) fn hash(root: Element<'_>) -> [u8; 32] {
    let mut out = Hashed(Sha256::new());
    for child in root.children().filter(|child| child.name() != "Header") {
        out.element(child, false);
    }
    out.0.finalize().into()
}

/// Feeds tokens, each led by its kind and length, so that no two sequences run together.
struct Hashed(Sha256);

impl Hashed {
    fn token(&mut self, kind: u8, text: &str) {
        self.0.update([kind]);
        self.0
            .update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        self.0.update(text.as_bytes());
    }

    /// Takes the same for secret as [`super::redact`] does: the archived document has the hash of the one that came.
    fn element(&mut self, element: Element<'_>, in_free_text: bool) {
        let name = element.name().as_bytes();
        if sensitive::is_secret_element(name) || element.is_labelled_secret() {
            return;
        }
        let in_free_text = in_free_text || sensitive::is_free_text_element(name);
        self.token(b'<', element.name());
        self.attributes(element);
        let mut content = element.content().peekable();
        let has_elements = element.has_children();
        while let Some(piece) = content.next() {
            match piece {
                Content::Element(child) => self.element(child, in_free_text),
                Content::Text(text) => {
                    let whole = joined(text, &mut content);
                    // Blanks around a text tell nothing; a text of blanks between elements is none.
                    let text = whole.trim();
                    if text.is_empty() && has_elements {
                        continue;
                    }
                    if in_free_text {
                        self.token(b't', &card_number::blank(text));
                    } else {
                        self.token(b't', text);
                    }
                }
            }
        }
        self.token(b'>', "");
    }

    fn attributes(&mut self, element: Element<'_>) {
        let is_card = sensitive::is_card_element(element.name().as_bytes());
        let mut all: Vec<(&str, &str)> = element
            .attributes()
            .filter(|(_, name, _)| !(is_card && sensitive::is_card_attribute(name.as_bytes())))
            .map(|(_, name, value)| (name, value))
            .collect();
        all.sort_unstable();
        for (name, value) in all {
            self.token(b'@', name);
            self.token(b'=', value);
        }
    }
}

/// Neighbouring pieces of text are one text: a comment or CDATA between them changes nothing.
fn joined<'t>(first: &'t str, content: &mut Peekable<impl Iterator<Item = Content<'t>>>) -> String {
    let mut whole = first.to_owned();
    while let Some(Content::Text(more)) = content.peek() {
        whole.push_str(more);
        content.next();
    }
    whole
}
