//! Texts of holds: placeholders, languages, and which text is meant.

use punchgate_domain::hold::text::{
    Audience, HoldText, LanguageTag, Placeholder, Template, TemplateError, find_text,
};

#[test]
fn placeholders_are_filled_and_no_others_are_read() {
    let value = |name: Placeholder| match name {
        Placeholder::CustomerName => Some("Globex {reason} & Co".to_owned()),
        Placeholder::Contact => None,
        other => Some(other.to_string()),
    };
    for (text, expected) in [
        ("", ""),
        ("Please pay.", "Please pay."),
        (
            "{customer_name}: {overdue_amount}!",
            "Globex {reason} & Co: overdue_amount!",
        ),
        ("Ask {contact}.", "Ask —."),
        ("{{reason}} is {reason}", "{reason} is reason"),
        ("}}{{", "}{"),
        ("ä{limit}ö", "älimitö"),
    ] {
        assert_eq!(Template::parse(text).unwrap().fill(value), expected, "{text}");
    }
    for text in ["{reason", "reason}", "{re{ason}", "{", "}", "{{{reason}"] {
        let read = Template::parse(text).map(|template| template.fill(value));
        match text {
            "{{{reason}" => assert_eq!(read.unwrap(), "{reason"),
            _ => assert_eq!(read, Err(TemplateError::Brace), "{text}"),
        }
    }
    let error = Template::parse("Dear {customer},").unwrap_err().to_string();
    assert!(
        error.contains("{customer}") && error.contains("{customer_name}"),
        "{error}"
    );
    assert!(Template::parse("{ reason }").is_err(), "no blanks");
}

fn tag(text: &str) -> LanguageTag {
    LanguageTag::parse(text).unwrap()
}

#[test]
fn languages_read() {
    assert_eq!(tag(" de-AT "), tag("de_at"));
    for text in [
        "",
        "d",
        "deut",
        "de-",
        "de--at",
        "d1",
        "de-überlang",
        "de-waytoolongpart",
        "en-us\"",
    ] {
        assert!(LanguageTag::parse(text).is_err(), "{text}");
    }
}

#[test]
#[rustfmt::skip] // one row a line
fn the_narrowest_text_in_the_nearest_language() {
    let text = |reason: &str, customer: &str, language: &str, words: &str| HoldText {
        reason: (!reason.is_empty()).then(|| reason.to_owned()),
        customer: (!customer.is_empty()).then(|| customer.to_owned()),
        language: tag(language),
        audience: Audience::Shopper,
        template: Template::parse(words).unwrap(),
    };
    let mut texts = vec![
        text("", "", "en", "default"),
        text("", "", "de", "Vorgabe"),
        text("past-due", "", "en", "past due"),
        text("past-due", "", "de", "überfällig"),
        text("past-due", "", "de-AT", "überfällig in Wien"),
        text("past-due", "C-1", "en", "dear C-1"),
        text("", "C-2", "en", "dear C-2"),
    ];
    texts.push(HoldText { audience: Audience::Internal, ..text("inner", "", "en", "for us") });
    // reason, customer, asked for, what is said
    let rows = [
        ("past-due", "C-9", Some("en"), "past due"),
        ("past-due", "C-9", Some("de"), "überfällig"),
        ("past-due", "C-9", Some("de-AT"), "überfällig in Wien"),
        ("past-due", "C-9", Some("de-at-1996"), "überfällig in Wien"),
        ("past-due", "C-9", Some("de-CH"), "überfällig"),
        ("past-due", "C-9", Some("fr"), "past due"),
        ("past-due", "C-9", None, "past due"),
        ("past-due", "C-1", Some("de"), "dear C-1"),
        ("other", "C-1", Some("de"), "Vorgabe"),
        ("other", "C-2", Some("de"), "dear C-2"),
        ("other", "C-9", Some("de-x-private"), "Vorgabe"),
        ("inner", "C-9", Some("en"), "default"),
    ];
    for (reason, customer, asked, expected) in rows {
        let languages: Vec<LanguageTag> = asked.map(tag).into_iter().chain([tag("en")]).collect();
        let found = find_text(&texts, (reason, customer), Audience::Shopper, &languages);
        assert_eq!(found.map(|it| it.fill(|_| None)).as_deref(), Some(expected), "{reason} {customer} {asked:?}");
    }
    assert_eq!(find_text(&texts, ("inner", "C-9"), Audience::AccountsPayable, &[tag("en")]), None);
}
