//! The text of a mail. Pure.
//!
//! **Invariant:** what strangers wrote is one line without marks that turn text round, and cut; no header holds anything else.

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use punchgate_domain::Instant;
use punchgate_storage::alert::AlertRow;
use url::Url;

use super::gather::Digest;
use crate::{
    attention::{Code, words::list_path},
    clock::from_micros,
};

/// So much of a name is shown.
const NAME: usize = 60;
/// So much of what is told of one thing.
const DETAIL: usize = 300;

/// Whose mail it is, and where it leads.
#[derive(Debug)]
pub(super) struct Sheet<'a> {
    /// The supplier's name; of the installation its host.
    pub(super) name: &'a str,
    /// The supplier's pages in the console; the console's first page for the installation.
    pub(super) pages: &'a str,
    pub(super) time_zone: &'a TimeZone,
    /// So many of a kind are named.
    pub(super) entries: usize,
}

/// The supplier's pages in the console.
pub(super) fn pages(console: &Url, supplier: &str) -> String {
    let console = console.as_str().trim_end_matches('/');
    match supplier {
        "" => format!("{console}/console"),
        supplier => format!("{console}/console/s/{supplier}"),
    }
}

/// A stranger's text as one line: nothing that ends it, is not seen, or turns it round; no longer than `most` characters.
pub fn plain(text: &str, most: usize) -> String {
    let seen = text.chars().map(|c| match c {
        c if c.is_whitespace() || c.is_control() => ' ',
        c => c,
    });
    let kept: String = seen
        .filter(|c| !is_mark(*c))
        .take(most.saturating_mul(4))
        .collect();
    let line = kept.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.chars().count() > most {
        true => line.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
        false => line,
    }
}

/// Marks that are not seen: those of direction, joiners, and what only names a language.
fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn title(code: &str) -> &str {
    match Code::parse(code) {
        Some(known) => known.title(),
        None => code,
    }
}

/// The subject: the supplier, the worst, and how many.
pub(super) fn subject(sheet: &Sheet<'_>, digest: &Digest<'_>) -> String {
    let name = plain(sheet.name, NAME);
    let count = |count: usize| match count {
        1 => "1 alert".to_owned(),
        count => format!("{count} alerts"),
    };
    match (digest.stands.first(), digest.over.first()) {
        (Some(worst), _) => format!("{name}: {} ({})", title(&worst.code), count(digest.stands.len())),
        (None, Some(first)) => format!(
            "{name}: over: {} ({})",
            title(&first.code),
            count(digest.over.len())
        ),
        (None, None) => name,
    }
}

/// The text.
pub(super) fn text(sheet: &Sheet<'_>, digest: &Digest<'_>) -> String {
    let mut text = format!("{}\n", plain(sheet.name, NAME));
    for of_one in digest.stands.chunk_by(|a, b| a.code == b.code) {
        kind(&mut text, sheet, of_one);
    }
    if !digest.over.is_empty() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\nOver ({}):", digest.over.len());
        for row in digest.over.iter().take(sheet.entries) {
            let _ = writeln!(text, "  - {}: {}", title(&row.code), plain(&row.detail, DETAIL));
        }
        more(&mut text, digest.over.len(), sheet, "");
    }
    let _ = writeln!(
        text,
        "\nAll that needs a person: {}\n\nEach thing is told once, again after a day while it lasts, and when it is over.",
        sheet.pages
    );
    text
}

/// All of one kind.
fn kind(text: &mut String, sheet: &Sheet<'_>, rows: &[&AlertRow]) {
    let Some(first) = rows.first() else { return };
    let _ = writeln!(text, "\n{} ({})", title(&first.code), rows.len());
    let code = Code::parse(&first.code);
    if let Some(code) = code {
        let _ = writeln!(text, "{}", code.advice());
    }
    for row in rows.iter().take(sheet.entries) {
        let _ = writeln!(
            text,
            "  - {}, since {}",
            plain(&row.detail, DETAIL),
            when(row, sheet.time_zone)
        );
        if !row.path.is_empty() {
            let _ = writeln!(text, "    {}{}", sheet.pages, row.path);
        }
    }
    more(text, rows.len(), sheet, code.map_or("", list_path));
}

fn more(text: &mut String, count: usize, sheet: &Sheet<'_>, path: &str) {
    if count > sheet.entries {
        let _ = writeln!(
            text,
            "  … and {} more: {}{path}",
            count - sheet.entries,
            sheet.pages
        );
    }
}

fn when(row: &AlertRow, time_zone: &TimeZone) -> String {
    let at: Instant = from_micros(row.began_at);
    at.to_zoned(time_zone.clone())
        .strftime("%-d %b %Y, %H:%M %Z")
        .to_string()
}
