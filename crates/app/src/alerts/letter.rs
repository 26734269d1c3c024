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

#[cfg(test)]
mod tests {
    use super::*;

    static UTC: TimeZone = TimeZone::UTC;

    fn row(code: Code, subject: &str, detail: &str) -> AlertRow {
        AlertRow {
            supplier_id: "acme".to_owned(),
            code: code.as_str().to_owned(),
            subject: subject.to_owned(),
            alert_id: "a".to_owned(),
            detail: detail.to_owned(),
            path: format!("/orders/{subject}"),
            began_at: 1_772_452_800_000_000,
            raised_at: Some(1),
            ended_at: None,
        }
    }

    fn sheet(name: &str) -> Sheet<'_> {
        Sheet {
            name,
            pages: "https://gw.example/console/s/acme",
            time_zone: &UTC,
            entries: 2,
        }
    }

    #[test]
    fn a_mail_names_the_worst_and_counts_the_rest() {
        let held: Vec<AlertRow> = ["1", "2", "3"]
            .map(|id| row(Code::OrderHeld, id, "order 45"))
            .into();
        let dead = row(Code::DeadWork, "9", "Submit the order: order 44");
        let over = row(Code::Conflict, "5", "limit of customer C-1");
        let digest = Digest {
            stands: std::iter::once(&dead).chain(&held).collect(),
            over: vec![&over],
        };
        assert_eq!(subject(&sheet("Acme"), &digest), "Acme: Given up (4 alerts)");
        let text = text(&sheet("Acme"), &digest);
        for says in [
            "Acme\n\nGiven up (1)\n",
            "  - Submit the order: order 44, since 2 Mar 2026, 12:00 UTC\n    https://gw.example/console/s/acme/orders/9\n",
            "\nOrders: held (3)\n",
            "  … and 1 more: https://gw.example/console/s/acme/orders?state=held\n",
            "\nOver (1):\n  - Values that were changed here and in the ERP: limit of customer C-1\n",
            "All that needs a person: https://gw.example/console/s/acme\n",
        ] {
            assert!(text.contains(says), "{says}\n---\n{text}");
        }
        assert_eq!(text.matches("/orders/").count(), 3);
    }

    #[test]
    fn a_stranger_s_text_is_one_short_line() {
        let long = "x".repeat(10_000);
        for (text, expected) in [
            ("45\r\nBcc: eve@evil.example", "45 Bcc: eve@evil.example"),
            ("45\u{85}\u{2028}\u{2029}6", "45 6"),
            ("a\u{202e}b\u{2066}c\u{200f}d\u{feff}", "abcd"),
            ("\0\u{7}\tx", "x"),
            ("  łódź  ünï ", "łódź ünï"),
            ("\u{202e}", ""),
        ] {
            assert_eq!(plain(text, 60), expected, "{text:?}");
        }
        assert_eq!(plain(&long, 60).chars().count(), 60);
        assert_eq!(plain(&"\u{202e}".repeat(10_000), 60), "");
    }

    #[test]
    fn nothing_that_a_stranger_writes_makes_a_line_of_its_own() {
        let hostile = format!("45\r\n.\r\nQUIT\u{202e}{}", "y".repeat(10_000));
        let one = row(Code::Quarantine, "q", &hostile);
        let digest = Digest {
            stands: vec![&one],
            over: vec![&one],
        };
        let name = format!("Acme\r\nBcc: eve@evil.example {}", "n".repeat(10_000));
        let subject = subject(&sheet(&name), &digest);
        assert!(
            subject.chars().count() < 150 && !subject.contains(['\r', '\n']),
            "{subject}"
        );
        let text = text(&sheet(&name), &digest);
        assert!(!text.contains(['\r', '\u{202e}']) && text.len() < 3_000, "{text}");
        assert!(
            text.lines().all(|line| line != "." && !line.starts_with("QUIT")),
            "{text}"
        );
    }
}
