//! Where a secret that a document carries is quoted in the rest of it.
//!
//! One search of the whole for each spelling: a document has one secret or two, and hardly any quotes one. Only where
//! something is found is the markup looked at again, because names and facts are left alone whatever a secret says.

use memchr::memmem;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use super::{
    Carries, Reader,
    token::{Kind, Token, Tokens, attributes, local, name_length},
};
use crate::cxml::sensitive;

/// From a place to before another.
type Range = (usize, usize);

/// Shorter ones stand in any text by chance.
const SHORTEST: usize = 6;
/// Longest reference to a character, `&` and `;` included.
const REFERENCE: usize = 12;
/// Spellings that are searched for; no honest document has so many secrets.
const MOST_SPELLINGS: usize = 12;
/// What is escaped in an address.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
/// Which characters writers of XML escape, and how.
const HABITS: [&[(u8, &[u8])]; 4] = [
    &[
        (b'&', b"&amp;"),
        (b'<', b"&lt;"),
        (b'>', b"&gt;"),
        (b'"', b"&quot;"),
        (b'\'', b"&apos;"),
    ],
    &[(b'&', b"&amp;"), (b'<', b"&lt;")],
    &[(b'&', b"&amp;"), (b'<', b"&lt;"), (b'>', b"&gt;")],
    &[
        (b'&', b"&#38;"),
        (b'<', b"&#60;"),
        (b'>', b"&#62;"),
        (b'"', b"&#34;"),
        (b'\'', b"&#39;"),
    ],
];

/// Places where one of the secrets stands in a text or an attribute that people write, beyond those known.
pub(super) fn ranges(text: &[u8], secrets: &[Vec<u8>], known: &[Range]) -> Vec<Range> {
    let mut found = Vec::new();
    for spelling in spellings(secrets) {
        let hits = memmem::find_iter(text, &spelling)
            .map(|from| whole_references(text, from, from + spelling.len()))
            .filter(|hit| at_or_before(known, hit.0).is_none_or(|around| around.1 < hit.1));
        found.extend(hits);
        // United after each: a hostile text holds them all in the same places.
        unite(&mut found);
    }
    if found.is_empty() {
        return found;
    }
    let mut open = open_to_people(text).into_iter().peekable();
    let mut quoted = Vec::new();
    for (from, to) in found {
        while open.next_if(|(_, end)| *end <= from).is_some() {}
        while let Some((begin, end)) = open.peek().filter(|(begin, _)| *begin < to) {
            quoted.push((from.max(*begin), to.min(*end)));
            if *end > to {
                break;
            }
            open.next();
        }
    }
    quoted
}

/// Every place where one of the secrets stands, whatever is around it.
pub(super) fn anywhere(text: &[u8], secrets: &[Vec<u8>]) -> Vec<Range> {
    let mut found = Vec::new();
    for spelling in spellings(secrets) {
        found.extend(memmem::find_iter(text, &spelling).map(|from| (from, from + spelling.len())));
        unite(&mut found);
    }
    found
}

/// The last of these ranges that begins here or before.
fn at_or_before(ranges: &[Range], at: usize) -> Option<&Range> {
    let behind = ranges.partition_point(|(begin, _)| *begin <= at);
    ranges.get(behind.checked_sub(1)?)
}

/// Makes ranges ascending and disjoint.
fn unite(ranges: &mut Vec<Range>) {
    ranges.sort_unstable();
    ranges.dedup_by(|next, last| {
        let touches = next.0 <= last.1;
        if touches {
            last.1 = last.1.max(next.1);
        }
        touches
    });
}

/// No reference is cut: what is left of one would be no XML.
fn whole_references(text: &[u8], from: usize, to: usize) -> Range {
    let before = text.get(from.saturating_sub(REFERENCE)..from).unwrap_or_default();
    let cut = memchr::memrchr2(b'&', b';', before).filter(|at| before.get(*at) == Some(&b'&'));
    let from = cut.map_or(from, |at| from - before.len() + at);
    let tail = text
        .get(to.saturating_sub(REFERENCE).max(from)..to)
        .unwrap_or_default();
    let is_open = memchr::memrchr2(b'&', b';', tail).is_some_and(|at| tail.get(at) == Some(&b'&'));
    let behind = text.get(to..).unwrap_or_default().iter().take(REFERENCE);
    let end = behind.clone().position(|byte| *byte == b';').filter(|_| is_open);
    (from, end.map_or(to, |end| to + end + 1))
}

/// What an element or attribute says, as its reader has it: without the escapes of XML.
pub(super) fn plain(written: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(written.len());
    let mut rest = written;
    while let Some(at) = memchr::memchr(b'&', rest) {
        let (before, reference) = rest.split_at(at);
        plain.extend_from_slice(before);
        let end = reference.iter().take(REFERENCE).position(|byte| *byte == b';');
        let meant = end.and_then(|end| Some((meaning(reference.get(1..end)?)?, end + 1)));
        let (character, length) = meant.unwrap_or(('&', 1));
        plain.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        rest = reference.get(length..).unwrap_or_default();
    }
    plain.extend_from_slice(rest);
    plain
}

/// The character that a reference stands for.
fn meaning(name: &[u8]) -> Option<char> {
    match name {
        b"amp" => Some('&'),
        b"lt" => Some('<'),
        b"gt" => Some('>'),
        b"quot" => Some('"'),
        b"apos" => Some('\''),
        [b'#', b'x' | b'X', digits @ ..] => number(digits, 16),
        [b'#', digits @ ..] => number(digits, 10),
        _ => None,
    }
}

fn number(digits: &[u8], radix: u32) -> Option<char> {
    char::from_u32(u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()?)
}

/// How the secrets may be written: as they are, escaped for XML by this habit or that, and in an address. The likely
/// ones of all secrets come first.
fn spellings(secrets: &[Vec<u8>]) -> Vec<Vec<u8>> {
    // In the view of a text in UTF-16, 0xff is any character beyond ASCII.
    let known = secrets.iter().map(|secret| secret.trim_ascii());
    let known: Vec<&[u8]> = known
        .filter(|secret| secret.len() >= SHORTEST && !secret.contains(&0xff))
        .take(MOST_SPELLINGS)
        .collect();
    let mut all: Vec<Vec<u8>> = Vec::new();
    let mut add = |spelling: Vec<u8>| {
        if all.len() < MOST_SPELLINGS && !all.contains(&spelling) {
            all.push(spelling);
        }
    };
    known.iter().for_each(|secret| add(secret.to_vec()));
    for habit in HABITS {
        let special = known
            .iter()
            .filter(|secret| habit.iter().any(|(plain, _)| secret.contains(plain)));
        special.for_each(|secret| add(escape(secret, habit)));
    }
    for secret in known {
        add(percent_encode(secret, RESERVED).to_string().into_bytes());
    }
    all
}

fn escape(secret: &[u8], habit: &[(u8, &[u8])]) -> Vec<u8> {
    let mut out = Vec::with_capacity(secret.len());
    for byte in secret {
        match habit.iter().find(|(plain, _)| plain == byte) {
            Some((_, escaped)) => out.extend_from_slice(escaped),
            None => out.push(*byte),
        }
    }
    out
}

/// Stretches in which people write what they like: ascending, disjoint. Neither names nor what an order is read by.
fn open_to_people(text: &[u8]) -> Vec<Range> {
    let mut open = Vec::new();
    let mut elements: Vec<&[u8]> = Vec::new();
    for token in Tokens::new(text) {
        let whole = text.get(token.from..token.to).unwrap_or_default();
        match token.kind {
            Kind::Text | Kind::Section => {
                let is_fact = elements
                    .last()
                    .is_some_and(|name| sensitive::is_fact_element(name));
                if !is_fact && !is_declaration(text, &token) {
                    open.push((token.from, token.to));
                }
            }
            Kind::Declaration => {}
            Kind::Close => drop(elements.pop()),
            Kind::Open | Kind::Empty => {
                let length = name_length(whole);
                let all = attributes(text, token.from + length, token.to).0;
                let of = |(from, to): (usize, usize)| text.get(from..to).unwrap_or_default();
                let said = all
                    .iter()
                    .filter(|one| !sensitive::is_fact_attribute(of(one.name)));
                open.extend(said.map(|one| one.value));
                if token.kind == Kind::Open {
                    elements.push(local(whole.get(..length).unwrap_or_default()));
                }
            }
        }
    }
    open
}

/// Whether this is what stands behind `<?xml`.
fn is_declaration(text: &[u8], token: &Token) -> bool {
    let before = text.get(..token.from).unwrap_or_default().trim_ascii_end();
    token.kind == Kind::Section && before.ends_with(b"<?xml")
}

impl Reader<'_> {
    /// The element that carries it ends.
    pub(super) fn end_secret(&mut self, carries: Carries) {
        let is_one = match carries {
            Carries::Nothing => return,
            Carries::Secret => true,
            Carries::SecretIfNoWord => self.secret.iter().any(u8::is_ascii_digit),
        };
        let secret = std::mem::take(&mut self.secret);
        if is_one {
            self.marks.secrets.push(secret);
        }
    }

    /// What stands in a secret element, piece by piece: its secret is all of it.
    pub(super) fn gather(&mut self, token: &Token) {
        let before = self.text.get(..token.from).unwrap_or_default();
        let content = self.of((token.from, token.to));
        match token.kind {
            Kind::Text => self.secret.extend(plain(content)),
            Kind::Section if before.ends_with(b"<![CDATA[") => self.secret.extend_from_slice(content),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant() {
        for (written, meant) in [
            ("a&amp;b&lt;&gt;&quot;&apos;", "a&b<>\"'"),
            ("&#65;&#x42;&#X43;", "ABC"),
            ("&&amp;&x;&;&#;&#xffffffff;&amp", "&&&x;&;&#;&#xffffffff;&amp"),
            ("", ""),
        ] {
            assert_eq!(String::from_utf8(plain(written.as_bytes())).unwrap(), meant);
        }
    }

    #[test]
    fn spellings_are_few() {
        let plain = [b"hunter2".to_vec(), b"short".to_vec(), b" hunter2 ".to_vec()];
        assert_eq!(spellings(&plain), [b"hunter2".to_vec()]);
        assert_eq!(spellings(&[b"of-two_words.~".to_vec()]).len(), 1);
        assert_eq!(spellings(&[b"a&b<c>'\"".to_vec()]).len(), 6);
        let many: Vec<Vec<u8>> = (0..1000).map(|n| format!("secret{n}").into_bytes()).collect();
        assert_eq!(spellings(&many).len(), MOST_SPELLINGS);
    }
}
