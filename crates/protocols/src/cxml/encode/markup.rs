//! XML bytes: tags that close themselves and escaping that cannot be forgotten. Knows nothing of cXML
//! documents.
//!
//! Written by hand because no writer at hand does all of: numeric references for us-ascii output, CR and
//! attribute white space that survive a parser's normalisation, and replacement of characters that XML
//! 1.0 does not have.

use super::{Charset, Frame, timestamp::offset_timestamp};

/// What stands for a character that XML 1.0 cannot hold.
const REPLACEMENT: char = '\u{FFFD}';

/// A growing document.
#[derive(Debug)]
pub(super) struct Markup {
    out: Vec<u8>,
    ascii: bool,
}

/// A start tag whose attributes are being written; ended by `content`, `text` or `empty`.
#[must_use = "a tag is closed by content, text or empty"]
pub(super) struct Tag<'m> {
    markup: &'m mut Markup,
    name: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Text,
    Attribute,
}

impl Markup {
    pub(super) fn new(charset: Charset, capacity: usize) -> Self {
        Self {
            out: Vec::with_capacity(capacity),
            ascii: charset == Charset::Ascii,
        }
    }

    pub(super) fn prolog(&mut self, system_id: &str) {
        self.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE cXML SYSTEM \"");
        self.raw(system_id);
        self.raw("\">\n");
    }

    /// Opens the root element; [`Markup::finish`] closes it.
    pub(super) fn root(&mut self, frame: &Frame<'_>, version: &str) {
        let timestamp = offset_timestamp(frame.timestamp);
        self.raw("<cXML");
        for (name, value) in [
            ("version", version),
            ("payloadID", frame.payload_id),
            ("timestamp", &timestamp),
            ("xml:lang", frame.lang),
        ] {
            self.attribute(name, value);
        }
        self.raw(">");
    }

    /// Closes the root.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.raw("</cXML>\n");
        self.out
    }

    pub(super) fn open(&mut self, name: &'static str) -> Tag<'_> {
        self.raw("<");
        self.raw(name);
        Tag { markup: self, name }
    }

    pub(super) fn text(&mut self, text: &str) {
        self.escaped(text, Place::Text);
    }

    /// Whether the text can stand in the document without any reference.
    pub(super) fn holds(&self, text: &str) -> bool {
        !self.ascii || text.is_ascii()
    }

    /// Character data or a tag's inside, known to be well-formed and escaped already. In us-ascii output
    /// its other characters become references.
    pub(super) fn well_formed(&mut self, xml: &str) {
        if self.holds(xml) {
            self.raw(xml);
            return;
        }
        for c in xml.chars() {
            self.character(c);
        }
    }

    /// A well-formed piece of markup between its delimiters.
    pub(super) fn tag_source(&mut self, start: &str, source: &str, end: &str) {
        self.raw(start);
        self.well_formed(source);
        self.raw(end);
    }

    fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.raw(" ");
        self.raw(name);
        self.raw("=\"");
        self.escaped(value, Place::Attribute);
        self.raw("\"");
    }

    /// Copies runs of plain bytes at once; only the rest is looked at character by character.
    fn escaped(&mut self, text: &str, place: Place) {
        let mut rest = text;
        loop {
            let Some(stop) = rest.bytes().position(|byte| !self.is_plain(byte)) else {
                self.raw(rest);
                return;
            };
            // A stop byte is ASCII or leads a character, so both cuts are at character boundaries.
            let (plain, tail) = rest.split_at(stop);
            self.raw(plain);
            let mut chars = tail.chars();
            if let Some(c) = chars.next() {
                self.special(c, place);
            }
            rest = chars.as_str();
        }
    }

    /// Bytes that need no look: printable ASCII outside markup. Lead bytes of longer characters are not
    /// plain, and `escaped` always consumes the whole character.
    fn is_plain(&self, byte: u8) -> bool {
        match byte {
            b'&' | b'<' | b'>' | b'"' | 0x7F => false,
            0x20..0x7F => true,
            _ => false,
        }
    }

    fn special(&mut self, c: char, place: Place) {
        match c {
            '&' => self.raw("&amp;"),
            '<' => self.raw("&lt;"),
            '>' => self.raw("&gt;"),
            '"' if place == Place::Attribute => self.raw("&quot;"),
            // A parser turns a bare CR into LF, and white space in an attribute into blanks.
            '\r' => self.reference(c),
            '\n' | '\t' if place == Place::Attribute => self.reference(c),
            c if !is_xml_char(c) => self.character(REPLACEMENT),
            c => self.character(c),
        }
    }

    fn character(&mut self, c: char) {
        if self.ascii && !c.is_ascii() {
            self.reference(c);
        } else {
            self.raw(c.encode_utf8(&mut [0; 4]));
        }
    }

    fn reference(&mut self, c: char) {
        self.raw("&#");
        self.raw(&u32::from(c).to_string());
        self.raw(";");
    }
}

impl Tag<'_> {
    pub(super) fn attr(self, name: &'static str, value: &str) -> Self {
        self.markup.attribute(name, value);
        self
    }

    pub(super) fn attr_if(self, name: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.attr(name, value),
            None => self,
        }
    }

    pub(super) fn content(self, content: impl FnOnce(&mut Markup)) {
        self.markup.raw(">");
        content(self.markup);
        self.close();
    }

    pub(super) fn text(self, text: &str) {
        self.content(|out| out.text(text));
    }

    pub(super) fn empty(self) {
        self.markup.raw("/>");
    }

    fn close(self) {
        self.markup.raw("</");
        self.markup.raw(self.name);
        self.markup.raw(">");
    }
}

/// Whether XML 1.0 has the character (production 2).
pub(in crate::cxml) fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read_back(text: &str, charset: Charset) -> (String, String, Vec<u8>) {
        let mut markup = Markup::new(charset, 0);
        markup.open("a").attr("b", text).text(text);
        let xml = String::from_utf8(markup.out.clone()).unwrap();
        let tree = roxmltree::Document::parse(&xml).unwrap();
        let root = tree.root_element();
        let read = root.text().unwrap_or_default().to_owned();
        (read, root.attribute("b").unwrap().to_owned(), markup.out)
    }

    #[test]
    fn escapes() {
        for (text, charset, expected) in [
            ("plain", Charset::Utf8, "<a b=\"plain\">plain</a>"),
            ("", Charset::Utf8, "<a b=\"\"></a>"),
            (
                "]]> & <'\">",
                Charset::Utf8,
                "<a b=\"]]&gt; &amp; &lt;'&quot;&gt;\">]]&gt; &amp; &lt;'\"&gt;</a>",
            ),
            ("é😀", Charset::Utf8, "<a b=\"é😀\">é😀</a>"),
            (
                "é😀",
                Charset::Ascii,
                "<a b=\"&#233;&#128512;\">&#233;&#128512;</a>",
            ),
            (
                "\u{0}\u{FFFF}",
                Charset::Ascii,
                "<a b=\"&#65533;&#65533;\">&#65533;&#65533;</a>",
            ),
            (
                "\t\r\n ",
                Charset::Utf8,
                "<a b=\"&#9;&#13;&#10; \">\t&#13;\n </a>",
            ),
        ] {
            let mut markup = Markup::new(charset, 0);
            markup.open("a").attr("b", text).text(text);
            assert_eq!(String::from_utf8(markup.out).unwrap(), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_parser_reads_what_was_written(text in "(?s).{0,40}", ascii: bool) {
            let charset = if ascii { Charset::Ascii } else { Charset::Utf8 };
            let replace = |c| if is_xml_char(c) { c } else { REPLACEMENT };
            let expected: String = text.chars().map(replace).collect();
            let (content, attribute, bytes) = read_back(&text, charset);
            prop_assert_eq!(&content, &expected);
            prop_assert_eq!(&attribute, &expected);
            prop_assert!(!ascii || bytes.is_ascii());
        }
    }
}
