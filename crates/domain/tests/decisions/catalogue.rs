//! The catalogue keeps its promises to partners.

use std::collections::BTreeSet;

use punchgate_domain::catalogue::{Problem, markdown};

#[test]
fn codes_are_stable_unique_and_found_again() {
    let codes: BTreeSet<&str> = Problem::ALL.iter().map(|p| p.entry().code).collect();
    assert_eq!(codes.len(), Problem::ALL.len());
    for problem in Problem::ALL {
        let entry = problem.entry();
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(entry.code.chars().all(kebab), "{}", entry.code);
        assert_eq!(Problem::find(entry.code), Some(*problem));
        assert!((400..600).contains(&entry.http), "{}", entry.code);
        assert!((400..600).contains(&entry.cxml_code), "{}", entry.code);
        assert!(
            entry.partner_text.ends_with('.') && !entry.log_text.ends_with('.'),
            "{}",
            entry.code
        );
        // What the sender repeats is transient in cXML too, and the other way round.
        assert_eq!(entry.retryable, entry.cxml_code == 560, "{}", entry.code);
    }
    assert_eq!(Problem::find("nothing-of-the-kind"), None);
}

#[test]
fn the_statuses_of_the_wire_rules() {
    use Problem as P;
    // problem, cXML Status
    let rows = [
        (P::AuthenticationFailed, 401),
        (P::SenderNotAllowed, 403),
        (P::MalformedDocument, 406),
        (P::DocumentBeyondLimits, 406),
        (P::DocumentTooLarge, 499),
        (P::BodyTruncated, 560),
        (P::Internal, 560),
        (P::Overloaded, 560),
        (P::Unsupported, 450),
        (P::EditWithoutSession, 412),
        (P::DuplicateConflict, 409),
        (P::KnownOrderConflict, 409),
        (P::ReturnHostNotAllowed, 400),
    ];
    for (problem, cxml) in rows {
        let entry = problem.entry();
        assert_eq!(entry.cxml_code, cxml, "{}", entry.code);
    }
}

#[test]
fn the_page_tells_every_problem() {
    let page = markdown();
    for problem in Problem::ALL {
        let entry = problem.entry();
        assert!(page.contains(&format!("\n## {}\n", entry.code)), "{}", entry.code);
        assert!(page.contains(entry.partner_text), "{}", entry.code);
    }
    assert_eq!(page.matches("\n## ").count(), Problem::ALL.len());
}
