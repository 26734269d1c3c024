//! Documents as people may see them: secrets masked, XML and JSON laid out. Pure and total: text that is no
//! XML or JSON comes back as it is.

/// What stands where a secret stood; the element itself stays, so that the document remains valid.
const MASK: &str = "********";

/// The document with the text of every SharedSecret masked.
pub fn masked(document: &str) -> String {
    let mut out = String::with_capacity(document.len());
    let mut rest = document;
    while let Some(begin) = rest.find("<SharedSecret") {
        let Some(open) = rest[begin..].find('>').map(|at| begin + at + 1) else {
            break;
        };
        let empty = rest[..open].ends_with("/>");
        let end = rest[open..]
            .find("</SharedSecret")
            .map(|at| open + at)
            .filter(|_| !empty);
        out.push_str(&rest[..open]);
        match end {
            Some(end) => {
                if end > open {
                    out.push_str(MASK);
                }
                rest = &rest[end..];
            }
            // The end is missing: the document was cut. Nothing after it is shown.
            None if !empty => {
                out.push_str(MASK);
                return out;
            }
            None => rest = &rest[open..],
        }
    }
    out.push_str(rest);
    out
}

/// The document masked and laid out for reading.
pub fn pretty(document: &str) -> String {
    let masked = masked(document);
    let trimmed = masked.trim_start();
    if trimmed.starts_with('<') {
        pretty_xml(trimmed)
    } else if trimmed.starts_with(['{', '[']) {
        serde_json::from_str::<serde_json::Value>(trimmed)
            .and_then(|value| serde_json::to_string_pretty(&value))
            .unwrap_or(masked)
    } else {
        masked
    }
}

/// One tag a line, indented; an element that holds text only stays on its line, its text untouched.
fn pretty_xml(xml: &str) -> String {
    let mut out = String::with_capacity(xml.len() * 2);
    let mut depth = 0_usize;
    let mut pieces = pieces(xml).into_iter().peekable();
    while let Some(piece) = pieces.next() {
        match piece {
            Piece::Text(text) if text.trim().is_empty() => {}
            Piece::Text(text) => line(&mut out, depth, text.trim()),
            Piece::Close(tag) => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth, tag);
            }
            Piece::Lone(tag) => line(&mut out, depth, tag),
            Piece::Open(tag) => {
                line(&mut out, depth, tag);
                let mut text = None;
                if let Some(Piece::Text(inner)) = pieces.peek() {
                    text = Some(*inner);
                    pieces.next();
                }
                if let Some(Piece::Close(close)) = pieces.peek() {
                    out.push_str(text.unwrap_or_default());
                    out.push_str(close);
                    pieces.next();
                    continue;
                }
                depth += 1;
                if let Some(inner) = text.filter(|inner| !inner.trim().is_empty()) {
                    line(&mut out, depth, inner.trim());
                }
            }
        }
    }
    out
}

fn line(out: &mut String, depth: usize, text: &str) {
    if !out.is_empty() {
        out.push('\n');
    }
    out.extend(std::iter::repeat_n("  ", depth));
    out.push_str(text);
}

enum Piece<'t> {
    Open(&'t str),
    Close(&'t str),
    /// Empty element, declaration, DOCTYPE, comment.
    Lone(&'t str),
    Text(&'t str),
}

fn pieces(xml: &str) -> Vec<Piece<'_>> {
    let mut all = Vec::new();
    let mut rest = xml;
    while !rest.is_empty() {
        if !rest.starts_with('<') {
            let end = rest.find('<').unwrap_or(rest.len());
            all.push(Piece::Text(&rest[..end]));
            rest = &rest[end..];
            continue;
        }
        let end = rest.find('>').map_or(rest.len(), |at| at + 1);
        let tag = &rest[..end];
        all.push(if tag.starts_with("</") {
            Piece::Close(tag)
        } else if tag.starts_with("<?") || tag.starts_with("<!") || tag.ends_with("/>") {
            Piece::Lone(tag)
        } else {
            Piece::Open(tag)
        });
        rest = &rest[end..];
    }
    all
}

/// The kind of a document for people and file names: the cXML payload's name, or the JSON operation.
pub fn kind(document: &str) -> String {
    const KINDS: &[&str] = &[
        "PunchOutSetupRequest",
        "PunchOutSetupResponse",
        "PunchOutOrderMessage",
        "OrderRequest",
        "ConfirmationRequest",
        "ProfileRequest",
        "ProfileResponse",
    ];
    let trimmed = document.trim_start();
    if trimmed.starts_with('<') {
        let opens = |name: &str| {
            document.match_indices(name).any(|(at, _)| {
                document[..at].ends_with('<')
                    && document[at + name.len()..].starts_with([' ', '>', '/', '\n', '\r', '\t'])
            })
        };
        return match KINDS.iter().find(|name| opens(name)) {
            Some(name) => (*name).to_owned(),
            None if opens("cXML") => "Response".to_owned(),
            None => "document".to_owned(),
        };
    }
    serde_json::from_str::<serde_json::Value>(trimmed)
        .ok()
        .and_then(|value| Some(value.get("operation")?.as_str()?.to_owned()))
        .unwrap_or_else(|| "document".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_and_elements_stay() {
        for (document, expected) in [
            (
                "<a><SharedSecret>x y</SharedSecret></a>",
                "<a><SharedSecret>********</SharedSecret></a>",
            ),
            ("<SharedSecret/><b>k</b>", "<SharedSecret/><b>k</b>"),
            ("<SharedSecret></SharedSecret>", "<SharedSecret></SharedSecret>"),
            ("<SharedSecret>cut off he", "<SharedSecret>********"),
            (
                "<SharedSecret>1</SharedSecret><SharedSecret>2</SharedSecret>",
                "<SharedSecret>********</SharedSecret><SharedSecret>********</SharedSecret>",
            ),
            ("plain", "plain"),
        ] {
            assert_eq!(masked(document), expected);
        }
    }

    #[test]
    fn documents_are_laid_out_and_texts_untouched() {
        let xml = "<?xml version=\"1.0\"?><a b=\"1\"><c>  x </c><d/><e><f></f></e></a>";
        assert_eq!(
            pretty(xml),
            "<?xml version=\"1.0\"?>\n<a b=\"1\">\n  <c>  x </c>\n  <d/>\n  <e>\n    <f></f>\n  </e>\n</a>"
        );
        assert_eq!(pretty("{\"a\":1}"), "{\n  \"a\": 1\n}");
        assert_eq!(pretty("no document"), "no document");
    }

    #[test]
    fn kinds_by_content() {
        for (document, expected) in [
            (
                "<cXML><Request><OrderRequest><OrderRequestHeader/>",
                "OrderRequest",
            ),
            ("<cXML><Response><Status code=\"200\"/>", "Response"),
            ("<cXML><Response><PunchOutSetupResponse>", "PunchOutSetupResponse"),
            ("{\"operation\":\"submit_order\"}", "submit_order"),
            ("<html>", "document"),
            ("", "document"),
        ] {
            assert_eq!(kind(document), expected, "{document}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_taken(text in "[<>/a-cS!?é \\n]{0,60}") {
            let _ = (pretty(&text), masked(&text), kind(&text));
        }
    }
}
