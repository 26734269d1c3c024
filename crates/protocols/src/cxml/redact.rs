//! Blanks secrets and card numbers in a raw document before it is archived or quarantined.
//!
//! Lexical, so that it works on what is no XML, too, and in every encoding whose tags are ASCII (UTF-16 by
//! its code units). It errs on the side of blanking.

/// Elements whose whole content is secret.
/// Some suites number theirs.
const SECRET_ELEMENTS: &[&str] = &[
    "SharedSecret",
    "SharedSecret1",
    "SharedSecret2",
    "CredentialMac",
    "DigitalSignature",
];
/// Attributes of a card that are secret, wherever they stand.
const CARD_ATTRIBUTES: &[&str] = &[
    "number",
    "cvv",
    "cvv2",
    "cvc",
    "cvc2",
    "securityCode",
    "cardNumber",
];
/// Elements whose attributes are a card's.
const CARD_ELEMENTS: &[&str] = &["PCard", "PaymentCard", "CreditCard"];

/// The document with the content of secrets and card numbers blanked, its layout otherwise unchanged.
pub fn redact(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let Units { step, first } = units(bytes);
    // The characters that matter are ASCII: one byte a unit is enough to find them.
    let narrow: Vec<u8> = bytes
        .get(first..)
        .unwrap_or_default()
        .chunks(step.bytes)
        .map(|unit| step.ascii(unit))
        .collect();
    for (from, to) in secret_ranges(&narrow) {
        for unit in from..to {
            let at = first + unit * step.bytes;
            step.blank(&mut out, at);
        }
    }
    out
}

/// How characters lie in the bytes.
#[derive(Clone, Copy)]
struct Step {
    bytes: usize,
    /// Of two bytes, the one that holds an ASCII character.
    low: usize,
}

struct Units {
    step: Step,
    first: usize,
}

impl Step {
    fn ascii(self, unit: &[u8]) -> u8 {
        let is_ascii = unit
            .iter()
            .enumerate()
            .all(|(place, byte)| place == self.low || *byte == 0);
        if is_ascii {
            unit.get(self.low).copied().unwrap_or(0xff)
        } else {
            0xff
        }
    }

    fn blank(self, out: &mut [u8], at: usize) {
        for place in 0..self.bytes {
            if let Some(byte) = out.get_mut(at + place) {
                *byte = if place == self.low { b'*' } else { 0 };
            }
        }
    }
}

fn units(bytes: &[u8]) -> Units {
    let one = Step { bytes: 1, low: 0 };
    let (big, little) = (Step { bytes: 2, low: 1 }, Step { bytes: 2, low: 0 });
    match bytes {
        [0xfe, 0xff, ..] => Units { step: big, first: 2 },
        [0xff, 0xfe, ..] => Units {
            step: little,
            first: 2,
        },
        [0, first, ..] if is_opening(*first) => Units { step: big, first: 0 },
        [first, 0, ..] if is_opening(*first) => Units {
            step: little,
            first: 0,
        },
        _ => Units { step: one, first: 0 },
    }
}

fn is_opening(byte: u8) -> bool {
    byte == b'<' || byte.is_ascii_whitespace()
}

/// Ranges of units to blank.
fn secret_ranges(text: &[u8]) -> Vec<(usize, usize)> {
    let mut ranges = Vec::new();
    let mut at = 0;
    while let Some(open) = find(text, b"<", at) {
        at = match section(text, open).filter(|section| section.end > section.stop) {
            // What begins in a comment, CDATA section or instruction ends with it, as it does for every parser.
            Some(section) => {
                let within = text.get(..section.stop).unwrap_or_default();
                let mut inner = section.begin;
                while let Some(open) = find(within, b"<", inner) {
                    inner = element_ranges(within, open, &mut ranges);
                }
                section.end
            }
            None => element_ranges(text, open, &mut ranges),
        };
    }
    ranges
}

/// What to blank of the element that begins at `open`; where to go on.
fn element_ranges(text: &[u8], open: usize, ranges: &mut Vec<(usize, usize)>) -> usize {
    let at = open + 1;
    let name = tag_name(text, at);
    if let Some(element) = SECRET_ELEMENTS.iter().find(|element| is_named(name, element)) {
        let end = element_end(text, at, element);
        blank_content(text, at, end, ranges);
        end
    } else if CARD_ELEMENTS.iter().any(|element| is_named(name, element)) {
        let end = tag_end(text, at);
        card_attributes(text, at, end, ranges);
        end
    } else {
        at
    }
}

/// The name of the tag that begins here, prefix and all.
fn tag_name(text: &[u8], at: usize) -> &[u8] {
    let rest = text.get(at..).unwrap_or_default();
    let end = rest
        .iter()
        .position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/' | b'<'))
        .unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default()
}

fn is_named(name: &[u8], element: &str) -> bool {
    let local = name
        .iter()
        .rposition(|byte| *byte == b':')
        .map_or(name, |colon| name.get(colon + 1..).unwrap_or(name));
    local.eq_ignore_ascii_case(element.as_bytes())
}

/// Where the element ends: before its end tag, or where the document does if it has none.
fn element_end(text: &[u8], at: usize, element: &str) -> usize {
    let tag = tag_end(text, at);
    if is_empty_tag(text, tag) {
        return tag;
    }
    let mut from = tag;
    let mut inside = 1_usize;
    while let Some(open) = find(text, b"<", from) {
        from = match section(text, open) {
            Some(section) => section.end,
            None if text.get(open + 1) == Some(&b'/') && is_named(tag_name(text, open + 2), element) => {
                inside -= 1;
                if inside == 0 {
                    return open;
                }
                open + 2
            }
            None if is_named(tag_name(text, open + 1), element) => {
                let end = tag_end(text, open + 1);
                inside += usize::from(!is_empty_tag(text, end));
                end
            }
            None => open + 1,
        };
    }
    text.len()
}

fn is_empty_tag(text: &[u8], end: usize) -> bool {
    end.checked_sub(1).and_then(|before| text.get(before)) == Some(&b'/')
}

/// A stretch of text in which `<` and `>` mean nothing.
struct Section {
    /// Where what it holds begins and stops.
    begin: usize,
    stop: usize,
    /// Behind its end mark.
    end: usize,
}

/// The comment, CDATA section or instruction that begins here, if one does. Where its end mark is missing, it
/// holds the rest.
fn section(text: &[u8], at: usize) -> Option<Section> {
    let rest = text.get(at..)?;
    let marks: [(&[u8], &[u8]); 3] = [(b"<!--", b"-->"), (b"<![CDATA[", b"]]>"), (b"<?", b"?>")];
    let (open, close) = marks.into_iter().find(|(open, _)| rest.starts_with(open))?;
    // An instruction keeps its name, without which it would be none.
    let named = if open == b"<?" {
        rest.get(open.len()..)?
    } else {
        b""
    };
    let name = named
        .iter()
        .take_while(|byte| !byte.is_ascii_whitespace() && **byte != b'?')
        .count();
    let begin = at + open.len() + name;
    Some(match find(text, close, begin) {
        Some(stop) => Section {
            begin,
            stop,
            end: stop + close.len(),
        },
        None => Section {
            begin,
            stop: text.len(),
            end: text.len(),
        },
    })
}

/// The `>` of the tag that begins here; quotes may hold one. Where it has none, the end.
fn tag_end(text: &[u8], at: usize) -> usize {
    let mut quote = None;
    for (place, byte) in text.iter().enumerate().skip(at) {
        match quote {
            Some(open) if *byte == open => quote = None,
            Some(_) => {}
            None if matches!(byte, b'"' | b'\'') => quote = Some(*byte),
            None if *byte == b'>' => return place,
            None => {}
        }
    }
    text.len()
}

/// Blanks the text of an element that begins with the tag at `at`: what stands between tags, in CDATA, comments
/// and instructions.
fn blank_content(text: &[u8], at: usize, end: usize, ranges: &mut Vec<(usize, usize)>) {
    let mut from = (tag_end(text, at) + 1).min(end);
    while from < end {
        if let Some(section) = section(text, from) {
            let stop = section.stop.min(end);
            ranges.push((section.begin.min(stop), stop));
            from = section.end.min(end);
        } else if text.get(from) == Some(&b'<') {
            from = (tag_end(text, from + 1) + 1).min(end);
        } else {
            let stop = find(text, b"<", from).unwrap_or(end).min(end);
            ranges.push((from, stop));
            from = stop;
        }
    }
}

/// Blanks the values of a card's secret attributes in the tag that begins at `at`.
fn card_attributes(text: &[u8], at: usize, end: usize, ranges: &mut Vec<(usize, usize)>) {
    let mut from = at;
    while let Some(equals) = find(text, b"=", from).filter(|equals| *equals < end) {
        let name = attribute_name(text, at, equals);
        let blanks = text.get(equals + 1..end).unwrap_or_default();
        let begin = equals
            + 1
            + blanks
                .iter()
                .take_while(|byte| byte.is_ascii_whitespace())
                .count();
        let (first, stop) = match text.get(begin) {
            Some(quote @ (b'"' | b'\'')) => (
                begin + 1,
                find(text, &[*quote], begin + 1).unwrap_or(end).min(end),
            ),
            _ => (begin, end),
        };
        if CARD_ATTRIBUTES
            .iter()
            .any(|attribute| name.eq_ignore_ascii_case(attribute.as_bytes()))
        {
            ranges.push((first.min(stop), stop));
        }
        from = stop.max(equals) + 1;
    }
}

fn attribute_name(text: &[u8], at: usize, equals: usize) -> &[u8] {
    let before = text.get(at..equals).unwrap_or_default().trim_ascii_end();
    let start = before
        .iter()
        .rposition(|byte| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\''))
        .map_or(0, |blank| blank + 1);
    before.get(start..).unwrap_or_default()
}

fn find(text: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    let first = needle.first()?;
    let mut at = 0;
    while let Some(found) = rest.get(at..)?.iter().position(|byte| byte == first) {
        let place = at + found;
        if rest.get(place..)?.starts_with(needle) {
            return Some(from + place);
        }
        at = place + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_blanked_and_what_stays() {
        let rows = [
            (
                "<SharedSecret>abc</SharedSecret>",
                "<SharedSecret>***</SharedSecret>",
            ),
            ("<SharedSecret/>x", "<SharedSecret/>x"),
            (
                "<SharedSecret><![CDATA[a]b]]></SharedSecret>",
                "<SharedSecret><![CDATA[***]]></SharedSecret>",
            ),
            (
                "<p:SharedSecret a='>'>ab<i>c</i></p:SharedSecret>",
                "<p:SharedSecret a='>'>**<i>*</i></p:SharedSecret>",
            ),
            ("<SharedSecret>never closed", "<SharedSecret>************"),
            (
                "<CredentialMac type='x'>QUJD</CredentialMac>",
                "<CredentialMac type='x'>****</CredentialMac>",
            ),
            (
                "<PCard number=\"4111\" name=\"A\"/>",
                "<PCard number=\"****\" name=\"A\"/>",
            ),
            (
                "<PCard name='A' number = '4111' cvv='1'>",
                "<PCard name='A' number = '****' cvv='*'>",
            ),
            ("<Identity>abc</Identity>", "<Identity>abc</Identity>"),
            (
                "<SharedSecretX>abc</SharedSecretX>",
                "<SharedSecretX>abc</SharedSecretX>",
            ),
            (
                "<SharedSecret>a</SharedSecretary>b</SharedSecret>",
                "<SharedSecret>*</SharedSecretary>*</SharedSecret>",
            ),
        ];
        for (given, expected) in rows {
            assert_eq!(String::from_utf8(redact(given.as_bytes())).unwrap(), expected);
            let wide: Vec<u8> = given.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let expected: Vec<u8> = expected.encode_utf16().flat_map(u16::to_le_bytes).collect();
            assert_eq!(redact(&wide), expected, "{given}");
        }
    }
}
