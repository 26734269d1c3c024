//! The one linear pass before the tree is built: refuses what would make the tree expensive or unsafe.
//!
//! Well-formedness as such is the tree parser's to judge; this pass only has to see at least what that
//! one will see. Where the two could disagree, the number of events seen here caps the tree's nodes.

use quick_xml::{Reader, events::Event};

/// Caps on a document. The defaults are those of the design; only the size is meant to be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the document as it arrived.
    pub max_bytes: usize,
    /// Elements inside each other.
    pub max_depth: u32,
    /// Attributes on one tag.
    pub max_attributes: u32,
    /// Bytes of one tag.
    pub max_tag_bytes: usize,
    /// Namespace declarations in the whole document.
    pub max_namespaces: u32,
    /// Tags, texts, comments and so on.
    pub max_events: u32,
}

impl Limits {
    /// The design's caps with a document size of one's own.
    pub fn with_max_bytes(max_bytes: usize) -> Self {
        Self {
            max_bytes,
            max_depth: 64,
            max_attributes: 64,
            max_tag_bytes: 64 * 1024,
            max_namespaces: 64,
            max_events: 2_000_000,
        }
    }
}

impl Default for Limits {
    /// 10 MiB.
    fn default() -> Self {
        Self::with_max_bytes(10 * 1024 * 1024)
    }
}

/// What the pass saw.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// Caps the tree's nodes: no more can stand in a document without entities.
    pub(super) events: u32,
    /// A DOCTYPE without internal subset was seen.
    pub(super) has_doctype: bool,
    /// The DOCTYPE's system id.
    pub(super) system_id: Option<String>,
    /// An `Attachment` was seen, or a namespace under whose prefix one may stand.
    pub(super) may_attach: bool,
}

/// Why the pass stopped, and where.
#[derive(Debug)]
pub(super) struct Breach {
    pub(super) code: &'static str,
    pub(super) text: String,
    pub(super) offset: usize,
}

fn breach(code: &'static str, offset: usize, text: String) -> Breach {
    Breach { code, text, offset }
}

/// Goes over the document once.
pub(super) fn survey(document: &str, limits: &Limits) -> Result<Survey, Breach> {
    pass(document, limits).map_err(|breach| {
        // The pass stands before the white space that it skips; the culprit is behind it.
        let rest = document.get(breach.offset..).unwrap_or_default();
        let skipped = rest.len() - rest.trim_ascii_start().len();
        Breach {
            offset: breach.offset + skipped,
            ..breach
        }
    })
}

fn pass(document: &str, limits: &Limits) -> Result<Survey, Breach> {
    let mut reader = Reader::from_str(document);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.check_comments = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    // Indentation is half of all events and tells this pass nothing; the tree's cap leaves room for it.
    config.trim_text_start = true;
    config.trim_markup_names_in_closing_tags = false;
    // Hardly a document declares a namespace: looked for once, not in every tag.
    let declares = memchr::memmem::find(document.as_bytes(), b"xmlns").is_some();
    let mut seen = Survey::default();
    let mut depth = 0_u32;
    let mut namespaces = 0_u32;
    loop {
        let offset = offset_of(reader.buffer_position());
        let event = reader
            .read_event()
            .map_err(|error| unreadable(&error, offset_of(reader.error_position())))?;
        match &event {
            Event::Start(tag) => {
                namespaces = namespaces.saturating_add(tag_within(tag, declares, offset, limits)?);
                seen.may_attach |= namespaces > 0 || tag.starts_with("Attachment");
                depth += 1;
                if depth > limits.max_depth {
                    return Err(too_deep(offset, limits));
                }
            }
            Event::Empty(tag) => {
                namespaces = namespaces.saturating_add(tag_within(tag, declares, offset, limits)?);
                if depth >= limits.max_depth {
                    return Err(too_deep(offset, limits));
                }
            }
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::DocType(declaration) => doctype_within(declaration, offset, &mut seen)?,
            Event::Eof => return Ok(seen),
            _ => {}
        }
        if namespaces > limits.max_namespaces {
            return Err(breach(
                "too-many-namespaces",
                offset,
                format!(
                    "More than {} namespace declarations; cXML needs none: leave them out.",
                    limits.max_namespaces
                ),
            ));
        }
        seen.events += 1;
        if seen.events > limits.max_events {
            return Err(breach(
                "too-many-elements",
                offset,
                format!(
                    "More than {} tags and texts; split the document.",
                    limits.max_events
                ),
            ));
        }
    }
}

fn offset_of(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

fn too_deep(offset: usize, limits: &Limits) -> Breach {
    breach(
        "too-deep",
        offset,
        format!(
            "More than {} elements inside each other; cXML never nests that deep.",
            limits.max_depth
        ),
    )
}

fn unreadable(error: &quick_xml::Error, offset: usize) -> Breach {
    breach(
        "not-well-formed",
        offset,
        format!("The XML is not well-formed: {error}. The document may have been cut off; send it whole."),
    )
}

/// Bytes of the shortest attribute: `a=''`.
const SHORTEST_ATTRIBUTE: usize = 4;
/// Bytes of the shortest tag that declares a namespace: `a xmlns=''`.
const SHORTEST_DECLARATION: usize = 10;

/// Checks size and attributes of a tag; answers how many namespaces it declares, if the document has any.
fn tag_within(tag: &str, declares: bool, offset: usize, limits: &Limits) -> Result<u32, Breach> {
    if tag.len() > limits.max_tag_bytes {
        return Err(breach(
            "tag-too-large",
            offset,
            format!(
                "A tag is longer than {} bytes; move the text out of its attributes.",
                limits.max_tag_bytes
            ),
        ));
    }
    // What is too short for more than the cap, and declares nothing, need not be taken apart.
    let fits = tag.len() / SHORTEST_ATTRIBUTE < usize::try_from(limits.max_attributes).unwrap_or(usize::MAX);
    if fits && (!declares || tag.len() < SHORTEST_DECLARATION || !tag.contains("xmlns")) {
        return Ok(0);
    }
    let (attributes, namespaces) = attributes_of(tag.as_bytes());
    if attributes > limits.max_attributes {
        return Err(breach(
            "too-many-attributes",
            offset,
            format!(
                "A tag has more than {} attributes; no element of cXML has that many.",
                limits.max_attributes
            ),
        ));
    }
    Ok(namespaces)
}

/// Attributes of a tag, and how many of them declare a namespace.
fn attributes_of(tag: &[u8]) -> (u32, u32) {
    let mut attributes = 0_u32;
    let mut namespaces = 0_u32;
    let mut rest = tag;
    while let Some(equals) = rest.iter().position(|byte| *byte == b'=') {
        let (before, after) = rest.split_at(equals);
        attributes = attributes.saturating_add(1);
        let name_start = before
            .trim_ascii_end()
            .iter()
            .rposition(u8::is_ascii_whitespace)
            .map_or(0, |blank| blank + 1);
        if before
            .get(name_start..)
            .is_some_and(|name| name.starts_with(b"xmlns"))
        {
            namespaces = namespaces.saturating_add(1);
        }
        let value = after.get(1..).unwrap_or_default().trim_ascii_start();
        rest = match value.split_first() {
            Some((quote, content)) if matches!(quote, b'"' | b'\'') => content
                .iter()
                .position(|byte| byte == quote)
                .and_then(|end| content.get(end + 1..))
                .unwrap_or_default(),
            _ => value,
        };
    }
    (attributes, namespaces)
}

/// A DOCTYPE may name a system id, which is never fetched; it may not declare anything.
fn doctype_within(declaration: &str, offset: usize, seen: &mut Survey) -> Result<(), Breach> {
    if declaration.contains('[') {
        return Err(breach(
            "internal-dtd-subset",
            offset,
            "The DOCTYPE declares entities or elements of its own, which is refused for safety; \
             leave out everything between '[' and ']'."
                .to_owned(),
        ));
    }
    if declaration.contains('<') {
        return Err(breach(
            "doctype-unreadable",
            offset,
            "The DOCTYPE holds a '<'; name the DTD's address in it and nothing else.".to_owned(),
        ));
    }
    if seen.has_doctype {
        return Err(breach(
            "second-doctype",
            offset,
            "The document has two DOCTYPE declarations; leave one out.".to_owned(),
        ));
    }
    seen.has_doctype = true;
    seen.system_id = system_id(declaration);
    Ok(())
}

/// `cXML SYSTEM "…"` or `cXML PUBLIC "…" "…"`: the last quoted text.
fn system_id(declaration: &str) -> Option<String> {
    let declaration = declaration.trim_end();
    let quote = declaration
        .chars()
        .next_back()
        .filter(|c| matches!(c, '"' | '\''))?;
    let (_, id) = declaration.get(..declaration.len() - 1)?.rsplit_once(quote)?;
    Some(id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_counted_whatever_stands_in_their_values() {
        let cases: [(&str, (u32, u32)); 7] = [
            ("a", (0, 0)),
            ("a b='1'", (1, 0)),
            ("a b = \"x=y\" c='xmlns=z'", (2, 0)),
            ("a xmlns='u' xmlns:p=\"v\" b='1'", (3, 2)),
            ("a xmlns = 'u'", (1, 1)),
            ("a b=\"it's\" c='=\"='", (2, 0)),
            ("a b='unclosed = = =", (1, 0)),
        ];
        for (tag, expected) in cases {
            assert_eq!(attributes_of(tag.as_bytes()), expected, "{tag}");
        }
    }

    #[test]
    fn system_id_is_the_last_quoted_text() {
        assert_eq!(
            system_id("cXML SYSTEM \"http://x/cXML.dtd\"").as_deref(),
            Some("http://x/cXML.dtd")
        );
        assert_eq!(
            system_id("cXML PUBLIC '-//x' 'cXML.dtd' ").as_deref(),
            Some("cXML.dtd")
        );
        assert_eq!(system_id("cXML"), None);
    }
}
