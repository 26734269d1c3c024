//! multipart/related: the cXML document and its attachments, out of one body.
//!
//! Decided by the Content-Type header, never by sniffing. Ids are compared without angle brackets, cid URLs
//! percent-decoded.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;

use crate::cxml::Refusal;

/// Characters of a boundary (RFC 2046).
const LONGEST_BOUNDARY: usize = 70;

/// Caps on a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Parts, the root included.
    pub max_parts: usize,
    /// Bytes of one part's headers.
    pub max_header_bytes: usize,
    /// Bytes of all parts together, decoded.
    pub max_bytes: usize,
}

impl Default for Limits {
    /// 50 parts, 8 KiB of headers each, 50 MiB together.
    fn default() -> Self {
        Self {
            max_parts: 50,
            max_header_bytes: 8 * 1024,
            max_bytes: 50 * 1024 * 1024,
        }
    }
}

/// One part of the body other than the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Content-ID without angle brackets.
    pub content_id: Option<String>,
    /// Content-Type as stated.
    pub content_type: Option<String>,
    /// The file name of Content-Disposition, if any.
    pub file_name: Option<String>,
    /// Decoded content.
    pub bytes: Vec<u8>,
}

/// A multipart body taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// The cXML document.
    pub root: Vec<u8>,
    /// The root part's Content-Type (its charset counts).
    pub root_content_type: Option<String>,
    /// The other parts, in their order.
    pub parts: Vec<Part>,
}

impl Related {
    /// The `cid:` URLs that no part answers to.
    pub fn dangling<'u>(&self, urls: &'u [String]) -> Vec<&'u str> {
        let known = |id: &str| {
            self.parts
                .iter()
                .any(|part| part.content_id.as_deref() == Some(id))
        };
        urls.iter()
            .map(String::as_str)
            .filter(|url| content_id_of(url).is_some_and(|id| !known(&id)))
            .collect()
    }
}

/// The Content-ID that a `cid:` URL means; none for another URL.
pub fn content_id_of(url: &str) -> Option<String> {
    let (scheme, id) = url.trim().split_once(':')?;
    let id = percent_decode_str(id).decode_utf8().ok()?;
    scheme.eq_ignore_ascii_case("cid").then(|| bare(&id).to_owned())
}

/// Takes a body apart.
pub fn read(body: &[u8], content_type: &str, limits: &Limits) -> Result<Related, Refusal> {
    let boundary = parameter(content_type, "boundary")
        .filter(|boundary| !boundary.is_empty())
        .ok_or_else(|| {
            refusal(
                "multipart-boundary-missing",
                "The Content-Type names no boundary; name the one of the body.",
            )
        })?;
    if boundary.len() > LONGEST_BOUNDARY {
        let text = format!("The boundary is longer than {LONGEST_BOUNDARY} characters; name a shorter one.");
        return Err(refusal("multipart-boundary-too-long", text));
    }
    let start = parameter(content_type, "start").map(|id| bare(&id).to_owned());
    let mut parts = Vec::new();
    let mut total = 0_usize;
    for piece in pieces(body, &boundary, limits)? {
        let part = part(piece, limits)?;
        total = total.saturating_add(part.bytes.len());
        if total > limits.max_bytes {
            let text = format!(
                "The parts are larger than {} bytes together; send fewer.",
                limits.max_bytes
            );
            return Err(Refusal {
                status: 499,
                ..refusal("multipart-too-large", text)
            });
        }
        parts.push(part);
    }
    let root = match &start {
        Some(id) => parts
            .iter()
            .position(|part| part.content_id.as_deref() == Some(id))
            .ok_or_else(|| {
                refusal(
                    "multipart-root-missing",
                    format!("No part has the Content-ID '{id}' that start= names."),
                )
            })?,
        None => 0,
    };
    if parts.is_empty() {
        return Err(refusal(
            "multipart-empty",
            "The body has no part; the first one must be the cXML document.",
        ));
    }
    let root = parts.remove(root);
    Ok(Related {
        root: root.bytes,
        root_content_type: root.content_type,
        parts,
    })
}

/// What stands between the delimiters.
fn pieces<'b>(body: &'b [u8], boundary: &str, limits: &Limits) -> Result<Vec<&'b [u8]>, Refusal> {
    let delimiter = format!("--{boundary}");
    let delimiter = delimiter.as_bytes();
    let mut pieces = Vec::new();
    let mut begun: Option<usize> = None;
    let mut at = 0;
    while let Some(found) = find_delimiter(body, delimiter, at) {
        if let Some(begin) = begun {
            // The line end before a delimiter belongs to it.
            let piece = body.get(begin..found).unwrap_or_default();
            let piece = piece.strip_suffix(b"\n").unwrap_or(piece);
            pieces.push(piece.strip_suffix(b"\r").unwrap_or(piece));
            if pieces.len() > limits.max_parts {
                let text = format!("The body has more than {} parts; send fewer.", limits.max_parts);
                return Err(refusal("multipart-too-many-parts", text));
            }
        }
        let after = found + delimiter.len();
        if body.get(after..).is_some_and(|rest| rest.starts_with(b"--")) {
            return Ok(pieces);
        }
        let line = body.get(after..).unwrap_or_default();
        let Some(end) = line.iter().position(|byte| *byte == b'\n') else {
            break;
        };
        begun = Some(after + end + 1);
        at = after + end;
    }
    let text = "The body ends before its last boundary; it was cut off: send it whole.";
    Err(refusal("multipart-cut-off", text))
}

/// A delimiter counts only at the beginning of a line.
fn find_delimiter(body: &[u8], delimiter: &[u8], from: usize) -> Option<usize> {
    let is_line_start = from == 0 || body.get(from - 1) == Some(&b'\n');
    let rest = body.get(from..)?;
    let starts = memchr::memchr_iter(b'\n', rest).map(|end| from + end + 1);
    is_line_start
        .then_some(from)
        .into_iter()
        .chain(starts)
        .find(|start| {
            let line = body.get(*start..).unwrap_or_default();
            let after = line.strip_prefix(delimiter).map(<[u8]>::first);
            after.is_some_and(|byte| {
                byte.is_none_or(|byte| matches!(byte, b'\r' | b'\n' | b'-' | b' ' | b'\t'))
            })
        })
}

fn part(piece: &[u8], limits: &Limits) -> Result<Part, Refusal> {
    let (headers, content) = split_headers(piece);
    if headers.len() > limits.max_header_bytes {
        let text = format!(
            "The headers of a part are longer than {} bytes.",
            limits.max_header_bytes
        );
        return Err(refusal("multipart-headers-too-large", text));
    }
    let headers = String::from_utf8_lossy(headers)
        .replace("\r\n", "\n")
        .replace("\n ", " ")
        .replace("\n\t", " ");
    let header = |name: &str| {
        headers.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.trim()
                .eq_ignore_ascii_case(name)
                .then(|| value.trim().replace(char::is_control, ""))
        })
    };
    let disposition = header("Content-Disposition");
    Ok(Part {
        content_id: header("Content-ID").map(|id| bare(&id).to_owned()),
        content_type: header("Content-Type"),
        file_name: disposition.and_then(|disposition| parameter(&disposition, "filename")),
        bytes: transfer_decoded(content, header("Content-Transfer-Encoding").as_deref())?,
    })
}

/// Headers end at the first empty line, whichever line ends the part has. A part without headers begins with it,
/// or, against the rules, with the document itself.
fn split_headers(piece: &[u8]) -> (&[u8], &[u8]) {
    if piece.first() == Some(&b'<') {
        return (b"", piece);
    }
    let mut begin = 0;
    for end in memchr::memchr_iter(b'\n', piece) {
        let line = piece.get(begin..end).unwrap_or_default();
        if matches!(line, b"" | b"\r") {
            return (
                piece.get(..begin).unwrap_or_default(),
                piece.get(end + 1..).unwrap_or_default(),
            );
        }
        begin = end + 1;
    }
    (b"", piece)
}

fn transfer_decoded(content: &[u8], encoding: Option<&str>) -> Result<Vec<u8>, Refusal> {
    match encoding.map(str::to_lowercase).as_deref() {
        Some("base64") => {
            let tight: Vec<u8> = content
                .iter()
                .copied()
                .filter(|byte| !byte.is_ascii_whitespace())
                .collect();
            STANDARD.decode(tight).map_err(|error| {
                refusal(
                    "multipart-base64",
                    format!("A part is not the base64 that it says it is: {error}."),
                )
            })
        }
        Some("quoted-printable") => Ok(quoted_printable(content)),
        _ => Ok(content.to_vec()),
    }
}

/// Soft line ends are joined; what is no escape stays as it is.
fn quoted_printable(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len());
    let mut at = 0;
    while let Some(byte) = content.get(at) {
        let rest = content.get(at + 1..).unwrap_or_default();
        if *byte != b'=' {
            out.push(*byte);
            at += 1;
        } else if rest.starts_with(b"\r\n") {
            at += 3;
        } else if rest.starts_with(b"\n") {
            at += 2;
        } else if let Some(value) = rest.get(..2).and_then(hex) {
            out.push(value);
            at += 3;
        } else {
            out.push(*byte);
            at += 1;
        }
    }
    out
}

fn hex(digits: &[u8]) -> Option<u8> {
    // from_str_radix would take a sign for a digit.
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// A parameter of a header, with or without quotes.
fn parameter(header: &str, name: &str) -> Option<String> {
    let mut rest = header.split_once(';')?.1;
    loop {
        let (key, value) = rest.split_once('=')?;
        let value = value.trim_start();
        let (value, next) = match value.strip_prefix('"') {
            Some(quoted) => quoted
                .split_once('"')
                .map(|(value, next)| (value, next.trim_start()))?,
            None => value
                .split_once(';')
                .map_or((value, ""), |(value, next)| (value, next)),
        };
        if key
            .trim()
            .trim_start_matches(';')
            .trim()
            .eq_ignore_ascii_case(name)
        {
            return Some(value.trim().to_owned());
        }
        rest = next.trim_start_matches(';');
    }
}

fn bare(id: &str) -> &str {
    id.trim().trim_start_matches('<').trim_end_matches('>')
}

fn refusal(code: &'static str, text: impl Into<String>) -> Refusal {
    Refusal {
        code,
        text: text.into(),
        line: 1,
        column: 1,
        status: 406,
        kind: None,
        envelope: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "preamble\r\n--b\r\nContent-Type: text/xml; charset=UTF-8\r\nContent-ID: <root@x>\r\n\r\n\
        <cXML/>\r\n--b\r\nContent-ID: <a%b@x>\r\nContent-Transfer-Encoding: base64\r\n\
        Content-Disposition: attachment; filename=\"d.pdf\"\r\n\r\nAQI\r\nD\r\n--b--\r\nepilogue";

    #[test]
    fn root_and_parts() {
        let read = read(
            BODY.as_bytes(),
            "multipart/related; boundary=\"b\"; type=\"text/xml\"",
            &Limits::default(),
        );
        let read = read.unwrap();
        assert_eq!(read.root, b"<cXML/>");
        assert_eq!(read.root_content_type.as_deref(), Some("text/xml; charset=UTF-8"));
        assert_eq!(read.parts[0].bytes, [1, 2, 3]);
        assert_eq!(read.parts[0].file_name.as_deref(), Some("d.pdf"));
        let urls = [
            "cid:a%25b@x".to_owned(),
            "CID:gone".to_owned(),
            "https://x/y".to_owned(),
        ];
        assert_eq!(read.dangling(&urls), ["CID:gone"]);
    }

    #[test]
    fn headers_end_at_the_first_empty_line_whatever_ends_the_lines() {
        let rows = [
            ("\r\n<a>\r\n\r\n</a>", None, "<a>\r\n\r\n</a>"),
            ("\n<a>\r\n\r\n</a>", None, "<a>\r\n\r\n</a>"),
            ("<a>\r\n\r\n</a>", None, "<a>\r\n\r\n</a>"),
            ("Content-Type: x\n\n<a>\r\n\r\n</a>", Some("x"), "<a>\r\n\r\n</a>"),
            ("Content-Type: x\r\n\r\n<a>\n\n</a>", Some("x"), "<a>\n\n</a>"),
            ("Content-Type: x\r\n\n<a/>", Some("x"), "<a/>"),
            ("Content-Type: x\0y\u{1}\n\n<a/>", Some("xy"), "<a/>"),
        ];
        for (piece, content_type, root) in rows {
            let body = format!("--b\r\n{piece}\r\n--b--\r\n");
            let read = read(
                body.as_bytes(),
                "multipart/related; boundary=b",
                &Limits::default(),
            )
            .unwrap();
            assert_eq!(read.root_content_type.as_deref(), content_type, "{piece:?}");
            assert_eq!(String::from_utf8(read.root).unwrap(), root, "{piece:?}");
        }
    }

    #[test]
    fn refused() {
        let rows = [
            ("multipart/related", BODY, "multipart-boundary-missing"),
            ("multipart/related; boundary=c", BODY, "multipart-cut-off"),
            (
                "multipart/related; boundary=b; start=\"<no>\"",
                BODY,
                "multipart-root-missing",
            ),
            (
                "multipart/related; boundary=b",
                "--b\r\n\r\nx",
                "multipart-cut-off",
            ),
            ("multipart/related; boundary=b", "--b--", "multipart-empty"),
        ];
        for (content_type, body, code) in rows {
            assert_eq!(
                read(body.as_bytes(), content_type, &Limits::default())
                    .unwrap_err()
                    .code,
                code,
                "{content_type}"
            );
        }
    }

    #[test]
    fn quoted_printable_joins_soft_line_ends() {
        assert_eq!(quoted_printable(b"a=3Db=\r\nc=\nd=zz=+1"), b"a=bcd=zz=+1");
    }
}
