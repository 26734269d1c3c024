//! Bytes to text: byte order mark, Content-Type, XML declaration, in that order.
//!
//! Owns what a document may be encoded in. The XML declaration is read here by eye and cut off, so that
//! no parser behind ever judges it: real senders pad and quote it in their own ways.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The decoded document.
pub(super) struct Decoded<'b> {
    /// The whole text, byte order mark left out.
    pub(super) text: Cow<'b, str>,
    /// Where the document begins: behind leading white space and the XML declaration.
    pub(super) start: usize,
    /// Where it ends: before trailing white space and NULs.
    pub(super) end: usize,
    /// What was odd: code and text, all at the document's start.
    pub(super) oddities: Vec<(&'static str, String)>,
}

/// Why bytes do not become text.
pub(super) struct CharsetProblem {
    pub(super) code: &'static str,
    pub(super) text: String,
}

/// How far into the document the declaration is looked for.
const DECLARATION_WINDOW: usize = 1024;

/// How UTF-16 lies in the bytes.
pub(super) struct Wide {
    /// Where the text begins: behind the byte order mark.
    pub(super) first: usize,
    pub(super) is_big_endian: bool,
}

/// Whether the bytes are read as UTF-16; everything else that is read writes ASCII in one byte.
pub(super) fn wide(bytes: &[u8]) -> Option<Wide> {
    let (encoding, first) = match Encoding::for_bom(bytes) {
        Some(marked) => marked,
        None => (wide_without_mark(bytes)?, 0),
    };
    (encoding == UTF_16LE || encoding == UTF_16BE).then(|| Wide {
        first,
        is_big_endian: encoding == UTF_16BE,
    })
}

/// Decodes a document.
pub(super) fn decode<'b>(bytes: &'b [u8], content_type: Option<&str>) -> Result<Decoded<'b>, CharsetProblem> {
    let mut oddities = Vec::new();
    let (encoding, bom_length) = match Encoding::for_bom(bytes) {
        Some((encoding, length)) => (encoding, length),
        None => (choose(bytes, content_type, &mut oddities)?, 0),
    };
    let body = bytes.get(bom_length..).unwrap_or_default();
    let (text, had_errors) = encoding.decode_without_bom_handling(body);
    let text = if !had_errors {
        text
    } else if encoding == UTF_8 {
        oddities.push((
            "not-utf-8",
            "The document is not valid UTF-8; it was read as windows-1252. Send UTF-8, or declare the encoding in use."
                .to_owned(),
        ));
        WINDOWS_1252.decode_without_bom_handling(body).0
    } else {
        return Err(CharsetProblem {
            code: "encoding-broken",
            text: format!(
                "The document is said to be {} but has bytes that this encoding does not have; send it in UTF-8.",
                encoding.name()
            ),
        });
    };
    let start = document_start(&text, &mut oddities);
    let end = text
        .trim_end_matches(|c: char| c.is_whitespace() || c == '\0')
        .len();
    Ok(Decoded {
        start: start.min(end),
        end,
        text,
        oddities,
    })
}

fn choose(
    bytes: &[u8],
    content_type: Option<&str>,
    oddities: &mut Vec<(&'static str, String)>,
) -> Result<&'static Encoding, CharsetProblem> {
    if let Some(encoding) = wide_without_mark(bytes) {
        return Ok(encoding);
    }
    let declared = declared_label(bytes)
        .map(|label| narrow(&label, oddities))
        .transpose();
    if let Some(label) = content_type.and_then(charset_parameter) {
        match known(label) {
            // The parameter wins over the declaration, unless the bytes themselves prove it wrong.
            Some(encoding) if encoding == UTF_8 && std::str::from_utf8(bytes).is_ok() => return Ok(UTF_8),
            Some(encoding) if encoding != UTF_8 && encoding.is_ascii_compatible() => return Ok(encoding),
            _ => oddities.push((
                "content-type-charset-wrong",
                format!("The Content-Type says charset={label}, which the bytes are not; the XML declaration was followed."),
            )),
        }
    }
    Ok(declared?.unwrap_or(UTF_8))
}

/// The declared encoding, as far as bytes that read as ASCII can have it.
fn narrow(
    label: &str,
    oddities: &mut Vec<(&'static str, String)>,
) -> Result<&'static Encoding, CharsetProblem> {
    match known(label) {
        Some(encoding) if encoding.is_ascii_compatible() => Ok(encoding),
        Some(_) => {
            oddities.push((
                "encoding-declaration-wrong",
                format!(
                    "The XML declaration says {label}, which the bytes are not; they were read as UTF-8."
                ),
            ));
            Ok(UTF_8)
        }
        None => Err(CharsetProblem {
            code: "encoding-unknown",
            text: format!(
                "The XML declaration names the encoding '{label}', which is not known; send the document in UTF-8."
            ),
        }),
    }
}

/// Spellings of old Java senders that the registry does not have.
const SPELLINGS: &[(&[&str], &str)] = &[
    (&["UTF8"], "utf-8"),
    (&["ISO8859_15", "LATIN-9", "LATIN9"], "iso-8859-15"),
    (&["ISO8859_1", "LATIN-1"], "iso-8859-1"),
    (&["CP1252"], "windows-1252"),
];

fn known(label: &str) -> Option<&'static Encoding> {
    let label = label.trim();
    let is = |spelling: &&str| label.eq_ignore_ascii_case(spelling);
    let standard = SPELLINGS.iter().find(|(spellings, _)| spellings.iter().any(is));
    let label = standard.map_or(label, |(_, standard)| standard);
    Encoding::for_label_no_replacement(label.as_bytes())
}

/// UTF-16 without a byte order mark: every other byte of the first characters is zero.
fn wide_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes {
        [first, 0, _, 0, ..] if is_opening(*first) => Some(UTF_16LE),
        [0, first, 0, _, ..] if is_opening(*first) => Some(UTF_16BE),
        _ => None,
    }
}

fn is_opening(byte: u8) -> bool {
    byte == b'<' || byte.is_ascii_whitespace()
}

/// The value of `encoding` in the XML declaration, blanks trimmed.
fn declared_label(bytes: &[u8]) -> Option<String> {
    let window = bytes.get(..bytes.len().min(DECLARATION_WINDOW))?;
    let from = window.iter().position(|b| !b.is_ascii_whitespace())?;
    let declaration = window.get(from..)?.strip_prefix(b"<?xml")?;
    let length = declaration.windows(2).position(|pair| pair == b"?>")?;
    let declaration = std::str::from_utf8(declaration.get(..length)?).ok()?;
    let value = declaration
        .split_once("encoding")?
        .1
        .trim_start()
        .strip_prefix('=')?
        .trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let label = value.get(1..)?.split(quote).next()?.trim();
    (!label.is_empty()).then(|| label.to_owned())
}

/// The charset parameter of a Content-Type.
fn charset_parameter(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']).trim();
        (name.trim().eq_ignore_ascii_case("charset") && !value.is_empty()).then_some(value)
    })
}

/// Behind leading white space and the XML declaration.
fn document_start(text: &str, oddities: &mut Vec<(&'static str, String)>) -> usize {
    let blank = |c: char| c.is_whitespace() || c == '\u{feff}';
    let trimmed = text.trim_start_matches(blank);
    let from = text.len() - trimmed.len();
    let Some(declaration) = trimmed.strip_prefix("<?xml") else {
        return from;
    };
    // `<?xml-stylesheet …?>` is an instruction like any other.
    if !declaration.starts_with(char::is_whitespace) {
        return from;
    }
    if from > 0 {
        oddities.push((
            "white-space-before-declaration",
            "White space stands before the XML declaration, which most parsers refuse; remove it.".to_owned(),
        ));
    }
    declaration
        .find("?>")
        .map_or(from, |length| from + "<?xml".len() + length + "?>".len())
}
