//! Texts of holds with placeholders, in several languages, and which of them is meant. Pure.
//!
//! **Invariant:** a text says what its author has put there. A figure of the account stands in it only where the author
//! has named its placeholder.

use std::fmt;

stored_names! {
    /// What may stand between braces in a text.
    pub enum Placeholder("a placeholder") {
        /// The customer's name.
        CustomerName = "customer_name",
        /// The number that people use.
        CustomerCode = "customer_code",
        /// The code of the hold's reason.
        Reason = "reason",
        /// What is overdue.
        OverdueAmount = "overdue_amount",
        /// For how many days.
        OverdueDays = "overdue_days",
        /// The due date of the oldest open item.
        OldestDue = "oldest_due",
        /// The credit limit.
        Limit = "limit",
        /// What is left of it.
        Available = "available",
        /// Until when the hold is in force.
        Until = "until",
        /// Since when.
        Since = "since",
        /// Whom to ask at the supplier.
        Contact = "contact",
        /// The supplier's name.
        Supplier = "supplier",
    }
}

/// What stands for a value that nobody knows.
const UNKNOWN: &str = "—";

/// A text with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Value(Placeholder),
}

/// A text whose braces do not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Not in the list.
    #[error("there is no placeholder {{{name}}}; known are {}", known())]
    Unknown {
        /// As written.
        name: String,
    },
    /// Never closed, or never opened.
    #[error("a brace stands alone; write {{{{ or }}}} for the brace itself")]
    Brace,
}

fn known() -> String {
    let names: Vec<String> = Placeholder::NAMES
        .iter()
        .map(|name| format!("{{{name}}}"))
        .collect();
    names.join(", ")
}

impl Template {
    /// Reads `{name}`; `{{` and `}}` are the braces themselves.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let (mut pieces, mut plain, mut rest) = (Vec::new(), String::new(), text);
        while let Some(place) = rest.find(['{', '}']) {
            plain.push_str(&rest[..place]);
            let (brace, after) = rest[place..].split_at(1);
            rest = after;
            if let Some(after) = rest.strip_prefix(brace) {
                plain.push_str(brace);
                rest = after;
                continue;
            }
            let (name, after) = rest
                .split_once('}')
                .filter(|(name, _)| brace == "{" && !name.contains('{'))
                .ok_or(TemplateError::Brace)?;
            let value = Placeholder::parse(name).map_err(|_| TemplateError::Unknown {
                name: name.to_owned(),
            })?;
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(Piece::Value(value));
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(Self(pieces))
    }

    /// The text with values; what is not known is a dash.
    pub fn fill(&self, value: impl Fn(Placeholder) -> Option<String>) -> String {
        self.0.iter().fold(String::new(), |mut text, piece| {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Value(name) => text.push_str(value(*name).as_deref().unwrap_or(UNKNOWN)),
            }
            text
        })
    }
}

/// A language by its tag (BCP 47): `de`, `de-AT`. Compared without case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LanguageTag(String);

/// A text that is no language tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no language; write a tag such as en, de or de-AT")]
pub struct LanguageTagError(pub String);

impl LanguageTag {
    /// Reads a tag: a language of two or three letters and what narrows it, up to 35 characters.
    pub fn parse(text: &str) -> Result<Self, LanguageTagError> {
        let tag = text.trim().replace('_', "-").to_ascii_lowercase();
        let mut parts = tag.split('-');
        let language = parts.next().unwrap_or_default();
        let reads = matches!(language.len(), 2..=3)
            && language.bytes().all(|byte| byte.is_ascii_lowercase())
            && tag.len() <= 35
            && parts.all(|part| {
                matches!(part.len(), 1..=8) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
            });
        match reads {
            true => Ok(Self(tag)),
            false => Err(LanguageTagError(text.chars().take(50).collect())),
        }
    }

    /// The tag, and what it is narrowed from: `de-at`, `de`.
    fn widening(&self) -> impl Iterator<Item = &str> {
        let mut next = Some(self.0.as_str());
        std::iter::from_fn(move || {
            let tag = next?;
            // A single letter stands for what comes behind it: it is cut off with that.
            next = tag
                .rsplit_once('-')
                .map(|(wider, _)| match wider.rsplit_once('-') {
                    Some((wider, single)) if single.len() == 1 => wider,
                    _ => wider,
                });
            Some(tag)
        })
    }
}

impl fmt::Display for LanguageTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

stored_names! {
    /// For whom a text of a hold is.
    pub enum Audience("whom a text is for") {
        /// The supplier's people.
        Internal = "internal",
        /// The buyer's accounts payable.
        AccountsPayable = "accounts_payable",
        /// The shopper.
        Shopper = "shopper",
    }
}

/// One declared text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldText {
    /// For holds with this reason; none: for all.
    pub reason: Option<String>,
    /// For this customer, by its code; none: for all.
    pub customer: Option<String>,
    /// In this language.
    pub language: LanguageTag,
    /// For whom.
    pub audience: Audience,
    /// What is said.
    pub template: Template,
}

/// Which text a hold gets: the narrowest for customer and reason, then for the reason, then the supplier's own; in each
/// step the asked language, what that is narrowed from, and the supplier's.
pub fn find_text<'a>(
    texts: &'a [HoldText],
    (reason, customer): (&str, &str),
    audience: Audience,
    languages: &[LanguageTag],
) -> Option<&'a Template> {
    let steps = [
        (Some(customer), Some(reason)),
        (None, Some(reason)),
        (Some(customer), None),
        (None, None),
    ];
    steps.into_iter().find_map(|(customer, reason)| {
        let mut tags = languages.iter().flat_map(LanguageTag::widening);
        tags.find_map(|tag| {
            let mut fitting = texts.iter().filter(|text| {
                text.audience == audience
                    && text.customer.as_deref() == customer
                    && text.reason.as_deref() == reason
                    && text.language.0 == tag
            });
            fitting.next().map(|text| &text.template)
        })
    })
}
