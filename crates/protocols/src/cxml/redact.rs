//! Blanks secrets and card numbers in what is archived or quarantined.
//!
//! One pass over the bytes, whatever they are, in every encoding whose tags are ASCII (UTF-16 by its code
//! units). Markup that cannot be taken apart is never trusted: what of it could hold a secret is not kept.
//!
//! Blanked are
//! - the content of shared secrets, MACs and signatures, and what stands under a label that says password or card code;
//! - numbers and codes of cards, and card numbers in free text;
//! - markup that is escaped or commented out and names one of those;
//! - every further place where the document quotes a secret of its own (shared secret, MAC, number of a card, what is
//!   labelled so and holds a digit) of at least six characters: in texts, comments and attributes, and in the parts that
//!   came with it, as it is, escaped for XML or for an address.
//!
//! Not blanked are
//! - what an order is read by, though it be equal to a secret: ids of parties, parts and orders, quantities, units,
//!   amounts, dates (the lists are in `sensitive`); an order must not become another one by being archived;
//! - a quotation cut in pieces by markup, in other letters or in another encoding such as Base64, nor one within a part
//!   that is packed; in UTF-16 one that is not ASCII;
//! - a secret that the document does not carry as such.

mod quoted;
mod skeleton;
mod token;

use super::{card_number, charset, sensitive};
use token::{Kind, Token, Tokens, attributes, local, name_length};

/// Attributes of a CredentialMac that are not secret.
const MAC_ATTRIBUTES: &[&str] = &["type", "algorithm", "creationDate", "expirationDate"];

/// A document that was read, with secrets and card numbers blanked and its layout otherwise unchanged.
pub fn redact_read(bytes: &[u8]) -> Vec<u8> {
    let view = View::of(bytes);
    view.blanked(bytes, &marks(&view.text).with_quotations(&view.text))
}

/// Text of any kind: XML as [`redact_read`] has it, other text with card numbers blanked. What names an
/// element that holds a secret without being XML, and what is no text, keeps its shape alone ([`shape`]).
pub fn redact(bytes: &[u8]) -> Vec<u8> {
    let view = View::of(bytes);
    if view.is_binary() {
        return skeleton::of(&view.text);
    }
    redact_text(bytes, &view)
}

/// The secrets that a document carries, for what came with it.
pub struct OwnSecrets(Vec<Vec<u8>>);

impl OwnSecrets {
    /// Of the root, in whatever state it is.
    pub fn of(root: &[u8]) -> Self {
        Self(marks(&View::of(root).text).secrets)
    }
}

impl std::fmt::Debug for OwnSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OwnSecrets({})", self.0.len())
    }
}

/// A part that came with a document. Text is blanked as by [`redact`], whatever it is said to be; drawings and the
/// like stay as they are, but for the bytes of a secret of the root's.
pub fn redact_attachment(bytes: &[u8], content_type: Option<&str>, root: &OwnSecrets) -> Vec<u8> {
    let redacted = redact_alone(bytes, content_type);
    let view = View::of(&redacted);
    let quoted = quoted::anywhere(&view.text, &root.0);
    view.blanked(&redacted, &quoted)
}

fn redact_alone(bytes: &[u8], content_type: Option<&str>) -> Vec<u8> {
    let view = View::of(bytes);
    if sensitive::mentions_secret(&view.text) {
        return redact(bytes);
    }
    let is_markup = view.text.trim_ascii_start().starts_with(b"<");
    // Many senders call a table octets.
    let reads_as_text = !bytes.starts_with(b"%PDF") && std::str::from_utf8(bytes).is_ok();
    if view.is_binary() || !(is_markup || reads_as_text || content_type.is_none_or(is_text)) {
        return bytes.to_vec();
    }
    let once = redact_text(bytes, &view);
    if !is_markup {
        return once;
    }
    // Markup that is not ours: a number may stand in any element of it.
    let again = View::of(&once);
    let numbers = card_number::ranges(&again.text);
    again.blanked(&once, &numbers)
}

/// All that may be kept of a body that could not be read: the names of known elements and which order it was.
pub fn shape(bytes: &[u8]) -> Vec<u8> {
    skeleton::of(&View::of(bytes).text)
}

/// What a shape says of which document and which order it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identified {
    /// payloadID.
    pub payload_id: Option<String>,
    /// orderID.
    pub order_number: Option<String>,
}

/// Reads what [`shape`] has kept.
pub fn identified(shape: &[u8]) -> Identified {
    Identified {
        payload_id: skeleton::kept(shape, b"payloadID"),
        order_number: skeleton::kept(shape, b"orderID"),
    }
}

fn redact_text(bytes: &[u8], view: &View) -> Vec<u8> {
    let marks = marks(&view.text);
    if marks.is_sound {
        return view.blanked(bytes, &marks.with_quotations(&view.text));
    }
    if sensitive::mentions_secret(&view.text) {
        return skeleton::of(&view.text);
    }
    view.blanked(bytes, &card_number::ranges(&view.text))
}

fn is_text(content_type: &str) -> bool {
    let kind = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    kind.starts_with("text/")
        || kind.ends_with("xml")
        || kind.ends_with("json")
        || kind == "application/x-www-form-urlencoded"
}

/// The bytes as one a character: what matters is ASCII.
struct View<'b> {
    text: std::borrow::Cow<'b, [u8]>,
    /// Bytes before the first character, bytes of one, and which of them holds ASCII.
    first: usize,
    width: usize,
    low: usize,
}

impl<'b> View<'b> {
    fn of(bytes: &'b [u8]) -> Self {
        let Some(charset::Wide { first, is_big_endian }) = charset::wide(bytes) else {
            return Self {
                text: bytes.into(),
                first: 0,
                width: 1,
                low: 0,
            };
        };
        let low = usize::from(is_big_endian);
        let units = bytes.get(first..).unwrap_or_default().chunks(2);
        let text: Vec<u8> = units
            .map(|unit| match (unit.get(low), unit.get(1 - low)) {
                (Some(byte), Some(0)) => *byte,
                _ => 0xff,
            })
            .collect();
        Self {
            text: text.into(),
            first,
            width: 2,
            low,
        }
    }

    /// Whether it holds what no text does.
    fn is_binary(&self) -> bool {
        self.text
            .iter()
            .any(|byte| byte.is_ascii_control() && !byte.is_ascii_whitespace())
    }

    fn blanked(&self, bytes: &[u8], ranges: &[(usize, usize)]) -> Vec<u8> {
        let mut out = bytes.to_vec();
        for (from, to) in ranges {
            let from = self.first + from * self.width;
            let to = (self.first + to * self.width).min(out.len());
            for (place, byte) in out.get_mut(from..to).unwrap_or_default().iter_mut().enumerate() {
                *byte = if place % self.width == self.low { b'*' } else { 0 };
            }
        }
        out
    }
}

/// What to blank.
struct Marks {
    /// Ascending, disjoint.
    ranges: Vec<(usize, usize)>,
    /// What the document must not quote elsewhere.
    secrets: Vec<Vec<u8>>,
    /// Whether the text is XML as far as this depends on it: every mark is closed, every end tag has its start.
    is_sound: bool,
}

impl Marks {
    fn with_quotations(self, text: &[u8]) -> Vec<(usize, usize)> {
        let mut ranges = self.ranges;
        ranges.extend(quoted::ranges(text, &self.secrets, &ranges));
        ranges
    }
}

fn marks(text: &[u8]) -> Marks {
    let mut reader = Reader {
        text,
        open: Vec::new(),
        has_element: false,
        secret: Vec::new(),
        marks: Marks {
            ranges: Vec::new(),
            secrets: Vec::new(),
            is_sound: true,
        },
    };
    for token in Tokens::new(text) {
        reader.token(&token);
    }
    reader.marks.is_sound &= reader.has_element && reader.open.is_empty();
    reader.marks
}

/// An element whose end has not come.
struct Opened<'t> {
    name: &'t [u8],
    is_secret: bool,
    is_free_text: bool,
    /// Whether its content is a secret of its own.
    carries: Carries,
}

/// What an element holds that must not be quoted elsewhere.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Carries {
    Nothing,
    Secret,
    /// What a label calls so may be a word like any other: "required", say.
    SecretIfNoWord,
}

struct Reader<'t> {
    text: &'t [u8],
    open: Vec<Opened<'t>>,
    has_element: bool,
    /// The secret that is being read, as its reader has it.
    secret: Vec<u8>,
    marks: Marks,
}

impl<'t> Reader<'t> {
    fn of(&self, (from, to): (usize, usize)) -> &'t [u8] {
        self.text.get(from..to).unwrap_or_default()
    }

    fn token(&mut self, token: &Token) {
        self.marks.is_sound &= token.is_closed;
        match token.kind {
            Kind::Text | Kind::Section => self.content(token),
            Kind::Declaration => {}
            Kind::Open | Kind::Empty => self.start_tag(token),
            Kind::Close => {
                let name = self.of((token.from, token.to)).trim_ascii_end();
                let opened = self.open.pop();
                self.marks.is_sound &= opened.as_ref().is_some_and(|opened| opened.name == name);
                self.end_secret(opened.map_or(Carries::Nothing, |opened| opened.carries));
            }
        }
    }

    fn content(&mut self, token: &Token) {
        let content = self.of((token.from, token.to));
        let is_secret = self.open.last().is_some_and(|opened| opened.is_secret);
        let may_hide = token.kind == Kind::Section || may_be_escaped(content);
        if is_secret {
            self.gather(token);
        }
        if is_secret || (may_hide && sensitive::mentions_secret(content)) {
            self.marks.ranges.push((token.from, token.to));
        } else if self.open.last().is_some_and(|opened| opened.is_free_text) {
            let cards = card_number::ranges(content).into_iter();
            self.marks
                .ranges
                .extend(cards.map(|(from, to)| (token.from + from, token.from + to)));
        }
    }

    fn start_tag(&mut self, token: &Token) {
        let length = name_length(self.of((token.from, token.to)));
        let name = self.of((token.from, token.from + length));
        let local = local(name);
        let (attributes, is_whole) = attributes(self.text, token.from + length, token.to);
        self.marks.is_sound &= is_whole
            && name
                .first()
                .is_some_and(|first| !first.is_ascii_punctuation() || *first == b'_');
        self.has_element = true;
        let is_labelled = sensitive::is_labelled_element(local)
            && attributes
                .iter()
                .any(|one| self.of(one.name) == b"name" && sensitive::is_secret_label(self.of(one.value)));
        let is_inside = self.open.last().is_some_and(|opened| opened.is_secret);
        let is_secret_element = is_inside || sensitive::is_secret_element(local);
        let is_card = sensitive::is_card_element(local);
        for one in &attributes {
            let (name, value) = (self.of(one.name), self.of(one.value));
            let is_secret = if is_secret_element {
                !(name.starts_with(b"xmlns") || (!is_inside && keeps(local, name)))
            } else {
                is_card && sensitive::is_card_attribute(name)
            };
            if is_secret && (is_card || (!is_inside && name == b"value" && sensitive::is_quotable(local))) {
                self.marks.secrets.push(quoted::plain(value));
            }
            if is_secret || (may_be_escaped(value) && sensitive::mentions_secret(value)) {
                self.marks.ranges.push(one.value);
            }
        }
        if token.kind == Kind::Open {
            let is_free_text = self.open.last().is_some_and(|opened| opened.is_free_text);
            let carries = match () {
                () if is_inside => Carries::Nothing,
                () if is_secret_element && sensitive::is_quotable(local) => Carries::Secret,
                () if is_labelled => Carries::SecretIfNoWord,
                () => Carries::Nothing,
            };
            if !is_inside {
                self.secret.clear();
            }
            self.open.push(Opened {
                name,
                carries,
                is_secret: is_secret_element || is_labelled,
                is_free_text: is_free_text || sensitive::is_free_text_element(local),
            });
        }
    }
}

/// Whether an element that is secret keeps this attribute.
fn keeps(element: &[u8], attribute: &[u8]) -> bool {
    element.eq_ignore_ascii_case(b"CredentialMac")
        && MAC_ATTRIBUTES.iter().any(|known| known.as_bytes() == attribute)
}

/// Whether markup may hide in a text: escaped for XML or for a form.
fn may_be_escaped(text: &[u8]) -> bool {
    memchr::memchr2(b'&', b'%', text).is_some()
}

#[cfg(test)]
mod tests;
