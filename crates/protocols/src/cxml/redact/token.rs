//! Markup taken apart in one pass: every byte belongs to one token, and none is looked at again, whatever is
//! left unclosed.

use memchr::{memchr, memmem};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Between tags.
    Text,
    /// Comment, CDATA section or instruction: `<` and `>` mean nothing in it.
    Section,
    /// DOCTYPE and what resembles it.
    Declaration,
    /// A start tag.
    Open,
    /// A tag that is start and end at once.
    Empty,
    /// An end tag.
    Close,
}

/// A token; its content lies between its marks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) from: usize,
    pub(super) to: usize,
    /// Whether its end mark is there; without one it holds the rest.
    pub(super) is_closed: bool,
}

/// The tokens of a text.
pub(super) struct Tokens<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Tokens<'t> {
    pub(super) fn new(text: &'t [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// A token whose content begins here and ends before `stop`, a distance from there.
    fn token(&mut self, kind: Kind, from: usize, stop: Option<usize>, mark: usize) -> Token {
        let to = stop.map_or(self.text.len(), |stop| from + stop);
        self.at = (to + mark).min(self.text.len());
        Token {
            kind,
            from,
            to,
            is_closed: stop.is_some(),
        }
    }

    fn rest(&self, from: usize) -> &'t [u8] {
        self.text.get(from..).unwrap_or_default()
    }

    fn section(&mut self, from: usize, close: &[u8]) -> Token {
        let stop = memmem::find(self.rest(from), close);
        self.token(Kind::Section, from, stop, close.len())
    }

    /// An instruction keeps its name, without which it would be none.
    fn instruction(&mut self, from: usize) -> Token {
        let rest = self.rest(from);
        let name = rest
            .iter()
            .position(|byte| byte.is_ascii_whitespace() || *byte == b'?')
            .unwrap_or(rest.len());
        let blanks = self.rest(from + name);
        let blanks = blanks.iter().take_while(|byte| byte.is_ascii_whitespace());
        self.section(from + name + blanks.count(), b"?>")
    }

    fn start_tag(&mut self, from: usize) -> Token {
        let stop = tag_length(self.rest(from));
        let mut token = self.token(Kind::Open, from, stop, 1);
        if token.is_closed
            && self
                .text
                .get(from..token.to)
                .is_some_and(|tag| tag.ends_with(b"/"))
        {
            token.kind = Kind::Empty;
            token.to -= 1;
        }
        token
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let at = self.at;
        let rest = self.text.get(at..).filter(|rest| !rest.is_empty())?;
        Some(match rest {
            [b'<', b'!', b'-', b'-', ..] => self.section(at + 4, b"-->"),
            [b'<', b'!', b'[', ..] if rest.starts_with(b"<![CDATA[") => self.section(at + 9, b"]]>"),
            [b'<', b'?', ..] => self.instruction(at + 2),
            [b'<', b'!', ..] => {
                let stop = tag_length(self.rest(at + 2));
                self.token(Kind::Declaration, at + 2, stop, 1)
            }
            [b'<', b'/', ..] => {
                let stop = memchr(b'>', self.rest(at + 2));
                self.token(Kind::Close, at + 2, stop, 1)
            }
            [b'<', ..] => self.start_tag(at + 1),
            _ => {
                let stop = memchr(b'<', rest).unwrap_or(rest.len());
                self.token(Kind::Text, at, Some(stop), 0)
            }
        })
    }
}

/// How far the `>` of a tag is; quotes may hold one.
fn tag_length(rest: &[u8]) -> Option<usize> {
    let mut quote = None;
    rest.iter().position(|byte| match quote {
        Some(open) => {
            if *byte == open {
                quote = None;
            }
            false
        }
        None if matches!(byte, b'"' | b'\'') => {
            quote = Some(*byte);
            false
        }
        None => *byte == b'>',
    })
}

/// The name at the beginning of a tag, prefix and all, as a length.
pub(super) fn name_length(tag: &[u8]) -> usize {
    tag.iter()
        .position(|byte| {
            byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/' | b'<' | b'=' | b'"' | b'\'')
        })
        .unwrap_or(tag.len())
}

/// The name without its prefix.
pub(super) fn local(name: &[u8]) -> &[u8] {
    memchr::memrchr(b':', name).map_or(name, |colon| name.get(colon + 1..).unwrap_or_default())
}

/// An attribute of a tag: where its name and its value stand in the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attribute {
    pub(super) name: (usize, usize),
    pub(super) value: (usize, usize),
}

/// The attributes between two places of a text, and whether nothing else stands there.
pub(super) fn attributes(text: &[u8], from: usize, to: usize) -> (Vec<Attribute>, bool) {
    let mut all = Vec::new();
    let mut at = from;
    loop {
        at = behind_blanks(text, at, to);
        if at >= to {
            return (all, true);
        }
        let name = name_length(text.get(at..to).unwrap_or_default());
        let equals = behind_blanks(text, at + name, to);
        let quote_at = behind_blanks(text, equals + 1, to);
        let quote = text.get(quote_at).filter(|quote| matches!(quote, b'"' | b'\''));
        let (Some(quote), true) = (quote, name > 0 && text.get(equals) == Some(&b'=')) else {
            return (all, false);
        };
        let value = quote_at + 1;
        let Some(length) = memchr(*quote, text.get(value..to).unwrap_or_default()) else {
            return (all, false);
        };
        all.push(Attribute {
            name: (at, at + name),
            value: (value, value + length),
        });
        at = value + length + 1;
    }
}

fn behind_blanks(text: &[u8], at: usize, to: usize) -> usize {
    let rest = text.get(at..to).unwrap_or_default();
    at + rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}
