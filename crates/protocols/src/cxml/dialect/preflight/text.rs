//! Descriptive texts: the only thing that may be cut or have characters replaced.

use std::borrow::Cow;

use crate::cxml::{dialect::TextCharacters, encode::is_xml_char};

impl TextCharacters {
    fn holds(self, c: char) -> bool {
        let limit = match self {
            Self::Any => char::MAX,
            Self::BasicPlane => '\u{FFFF}',
            Self::Latin1 => '\u{FF}',
            Self::Ascii => '\u{7F}',
        };
        c <= limit && is_xml_char(c) && (c == '\n' || c == '\t' || !c.is_control())
    }
}

/// The text with every character that cannot go replaced: control characters by a blank, typographic
/// signs by their plain form, others by `?`. Borrowed where nothing had to be done.
pub(super) fn fit_characters(text: &str, characters: TextCharacters) -> Cow<'_, str> {
    if text.chars().all(|c| characters.holds(c)) {
        return Cow::Borrowed(text);
    }
    let mut fitted = String::with_capacity(text.len());
    for c in text.chars() {
        if characters.holds(c) {
            fitted.push(c);
        } else {
            fitted.push_str(plain_form(c));
        }
    }
    Cow::Owned(fitted)
}

fn plain_form(c: char) -> &'static str {
    match c {
        '\u{2018}' | '\u{2019}' | '\u{201A}' => "'",
        '\u{201C}' | '\u{201D}' | '\u{201E}' => "\"",
        '\u{2010}'..='\u{2015}' => "-",
        '\u{2026}' => "...",
        '\u{20AC}' => "EUR",
        '\u{2122}' => "(TM)",
        c if c.is_control() || c.is_whitespace() || !is_xml_char(c) => " ",
        _ => "?",
    }
}

/// The longest prefix of at most `limit` bytes that ends at a character; blanks at the cut are dropped.
pub(super) fn cut(text: &str, limit: usize) -> Option<&str> {
    (text.len() > limit).then(|| text[..text.floor_char_boundary(limit)].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_at_characters() {
        for (text, limit, expected) in [
            ("short", 5, None),
            ("shorter", 5, Some("short")),
            ("añb", 2, Some("a")),
            ("añb", 3, Some("añ")),
            ("ab cd", 3, Some("ab")),
            ("😀😀", 7, Some("😀")),
            ("é", 1, Some("")),
        ] {
            assert_eq!(cut(text, limit), expected, "{text} at {limit}");
        }
    }

    #[test]
    fn characters_that_cannot_go_are_replaced() {
        for (text, characters, expected) in [
            ("plain\ttext\n", TextCharacters::Ascii, "plain\ttext\n"),
            ("bell\u{7}end", TextCharacters::Any, "bell end"),
            ("\u{FFFE}", TextCharacters::Any, " "),
            ("café – 5 €", TextCharacters::Latin1, "café - 5 EUR"),
            ("café", TextCharacters::Ascii, "caf?"),
            ("😀 ok", TextCharacters::BasicPlane, "? ok"),
            ("😀 ok", TextCharacters::Any, "😀 ok"),
        ] {
            assert_eq!(fit_characters(text, characters), expected, "{text:?}");
        }
    }
}
