//! What a supplier has settled about holds: rules, texts, days of grace; as it is stored and declared, and read.

use std::collections::BTreeMap;

use jiff::{SignedDuration, ToSpan as _, civil::Date, tz::TimeZone};
use punchgate_domain::{
    Instant,
    hold::{
        Permission, PermissionSet,
        rule::{HoldRule, RuleCondition, RuleScope},
        text::{Audience, HoldText, LanguageTag, Template},
    },
    money::{Currency, Money, StatedAmount},
    policy::ExposureAgePolicy,
};
use serde::{Deserialize, Serialize};

use super::settings::SettingProblem;

/// The language of a supplier that names none.
const LANGUAGE: &str = "en";
/// Longest code of a hold, as for those that people place.
const CODE_CHARS: usize = 40;
/// Oldest reading that a rule may rest on: a year.
const MAX_AGE_HOURS_MOST: u32 = 24 * 366;
/// Most days of grace.
const GRACE_DAYS_MOST: u32 = 365;

/// As it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct HoldingSettings {
    /// The supplier's own language.
    pub(crate) language: String,
    /// Days after the promised one before a promise is broken.
    pub(crate) promise_grace_days: u32,
    /// Rules, by id.
    pub(crate) hold_rules: BTreeMap<String, RuleSettings>,
    /// Texts, by reason, customer and language.
    pub(crate) hold_texts: BTreeMap<String, TextSettings>,
}

/// A rule as it is stored and declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RuleSettings {
    pub(crate) enabled: bool,
    /// `overdue`, `over_limit`, `broken_promise`.
    pub(crate) when: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) days: Option<u32>,
    /// `500.00 USD`; empty: none.
    pub(crate) amount: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) percent: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reservations: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) respects_promises: Option<bool>,
    pub(crate) removes: Vec<String>,
    pub(crate) code: String,
    /// Empty: the code.
    pub(crate) texts: String,
    pub(crate) customers: Vec<String>,
    pub(crate) terms: Vec<String>,
    pub(crate) except: Vec<String>,
    pub(crate) max_age_hours: u32,
    pub(crate) push: bool,
}

/// A text as it is stored and declared. An empty one is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TextSettings {
    pub(crate) reason: String,
    pub(crate) customer: String,
    /// Empty: the supplier's.
    pub(crate) language: String,
    pub(crate) internal: String,
    pub(crate) accounts_payable: String,
    pub(crate) shopper: String,
}

impl Default for HoldingSettings {
    fn default() -> Self {
        Self {
            language: LANGUAGE.to_owned(),
            promise_grace_days: 0,
            hold_rules: BTreeMap::new(),
            hold_texts: BTreeMap::new(),
        }
    }
}

impl Default for RuleSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            when: String::new(),
            days: None,
            amount: String::new(),
            percent: None,
            reservations: None,
            respects_promises: None,
            removes: Vec::new(),
            code: String::new(),
            texts: String::new(),
            customers: Vec::new(),
            terms: Vec::new(),
            except: Vec::new(),
            max_age_hours: u32::try_from(ExposureAgePolicy::default().max_age.as_hours()).unwrap_or(24),
            push: false,
        }
    }
}

/// Rules and texts of a supplier, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    rules: BTreeMap<String, (bool, HoldRule)>,
    texts: Vec<HoldText>,
    language: LanguageTag,
    grace_days: u32,
}

impl Holding {
    /// Whether any rule is on.
    pub(crate) fn has_rules(&self) -> bool {
        self.rules.values().any(|(enabled, _)| *enabled)
    }

    /// The rules that are on.
    pub(crate) fn rules(&self) -> impl Iterator<Item = &HoldRule> {
        self.rules
            .values()
            .filter_map(|(enabled, rule)| enabled.then_some(rule))
    }

    /// A rule that is on, or why it does not count.
    pub(crate) fn rule(&self, id: &str) -> Result<&HoldRule, &'static str> {
        match self.rules.get(id) {
            Some((true, rule)) => Ok(rule),
            Some((false, _)) => Err("the rule is switched off"),
            None => Err("the rule is not declared any more"),
        }
    }

    /// Under which reason the texts of a hold are declared.
    pub(crate) fn reason_of<'a>(&'a self, rule: Option<&str>, code: &'a str) -> &'a str {
        rule.and_then(|id| self.rules.get(id))
            .and_then(|(_, rule)| rule.texts.as_deref())
            .unwrap_or(code)
    }

    /// The declared texts.
    pub(crate) fn texts(&self) -> &[HoldText] {
        &self.texts
    }

    /// The languages to look for: what is asked for, then the supplier's own.
    pub(crate) fn languages(&self, asked: Option<&LanguageTag>) -> Vec<LanguageTag> {
        asked.into_iter().chain([&self.language]).cloned().collect()
    }

    /// When a promise is broken that names this day; none if that is beyond all time.
    pub(crate) fn deadline(&self, until: Date, zone: &TimeZone) -> Option<Instant> {
        let days = i64::from(self.grace_days) + 1;
        let day = until.checked_add(days.days()).ok()?;
        Some(day.to_zoned(zone.clone()).ok()?.timestamp())
    }
}

impl HoldingSettings {
    /// The rules and texts; every problem that there is otherwise, below the supplier.
    pub(crate) fn read(&self) -> Result<Holding, Vec<SettingProblem>> {
        let mut problems = Vec::new();
        let mut note = |key: String, text: String| problems.push(SettingProblem { key, text });
        let language = LanguageTag::parse(&self.language);
        if let Err(error) = &language {
            note("language".to_owned(), error.to_string());
        }
        if self.promise_grace_days > GRACE_DAYS_MOST {
            note(
                "promise_grace_days".to_owned(),
                format!(
                    "{} is out of range: expected 0 to {GRACE_DAYS_MOST}",
                    self.promise_grace_days
                ),
            );
        }
        let mut rules = BTreeMap::new();
        for (id, settings) in &self.hold_rules {
            match settings.read(id) {
                Ok(rule) => {
                    rules.insert(id.clone(), (settings.enabled, rule));
                }
                Err(found) => {
                    for (key, text) in found {
                        note(format!("hold_rule {id} / {key}"), text);
                    }
                }
            }
        }
        let usual = language.clone().ok();
        let mut texts = Vec::new();
        for (name, settings) in &self.hold_texts {
            match settings.read(usual.as_ref()) {
                Ok(found) => texts.extend(found),
                Err(found) => {
                    for (key, text) in found {
                        note(format!("hold_text {name} / {key}"), text);
                    }
                }
            }
        }
        match language {
            Ok(language) if problems.is_empty() => Ok(Holding {
                rules,
                texts,
                language,
                grace_days: self.promise_grace_days,
            }),
            _ => Err(problems),
        }
    }
}

type Problems = Vec<(&'static str, String)>;

fn is_named(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

impl RuleSettings {
    fn read(&self, id: &str) -> Result<HoldRule, Problems> {
        let mut problems = Vec::new();
        let when = self.condition(&mut problems);
        let mut removes = Vec::with_capacity(self.removes.len());
        for name in &self.removes {
            match Permission::parse(name) {
                Ok(permission) => removes.push(permission),
                Err(error) => problems.push(("removes", error.to_string())),
            }
        }
        let code = self.code.trim();
        if code.is_empty() || code.chars().count() > CODE_CHARS || code.chars().any(char::is_control) {
            problems.push((
                "code",
                format!("expected 1 to {CODE_CHARS} printable characters, such as past-due"),
            ));
        }
        if self.max_age_hours == 0 || self.max_age_hours > MAX_AGE_HOURS_MOST {
            let text = format!(
                "{} is out of range: expected 1 to {MAX_AGE_HOURS_MOST}",
                self.max_age_hours
            );
            problems.push(("max_age_hours", text));
        }
        match when {
            Some(when) if problems.is_empty() => Ok(HoldRule {
                id: id.to_owned(),
                when,
                concerns: RuleScope {
                    customers: self.customers.clone(),
                    terms: self.terms.clone(),
                    except: self.except.clone(),
                },
                removes: PermissionSet::of(&removes),
                code: code.to_owned(),
                texts: is_named(&self.texts),
                max_age: SignedDuration::from_hours(self.max_age_hours.into()),
                respects_promises: self.respects_promises.unwrap_or(true),
                push: self.push,
            }),
            _ => Err(problems),
        }
    }

    fn condition(&self, problems: &mut Problems) -> Option<RuleCondition> {
        let amount = match is_named(&self.amount).map(|text| read_amount(&text)) {
            None => None,
            Some(Ok(amount)) => Some(amount),
            Some(Err(error)) => {
                problems.push(("amount", error));
                return None;
            }
        };
        let idle = |key: &'static str, stands: bool| {
            stands.then(|| (key, format!("does nothing where when = \"{}\"", self.when)))
        };
        let (overdue, over_limit) = (self.when == "overdue", self.when == "over_limit");
        problems.extend(
            [
                idle("days", self.days.is_some() && !overdue),
                idle("amount", amount.is_some() && !overdue),
                idle("respects_promises", self.respects_promises.is_some() && !overdue),
                idle("percent", self.percent.is_some() && !over_limit),
                idle("reservations", self.reservations.is_some() && !over_limit),
            ]
            .into_iter()
            .flatten(),
        );
        let days = self.days.filter(|days| *days > 0);
        match self.when.as_str() {
            "overdue" if days.is_none() && amount.is_none() => {
                problems.push(("days", "names neither days (at least 1) nor an amount".to_owned()));
                None
            }
            "overdue" => Some(RuleCondition::Overdue { days, amount }),
            "over_limit" => Some(RuleCondition::OverLimit {
                percent: self.percent.unwrap_or(0),
                with_reservations: self.reservations.unwrap_or(false),
            }),
            "broken_promise" => Some(RuleCondition::BrokenPromise),
            // Said already.
            "" => None,
            other => {
                let text = format!("'{other}' is none of overdue, over_limit, broken_promise");
                problems.push(("when", text));
                None
            }
        }
    }
}

fn read_amount(text: &str) -> Result<Money, String> {
    let expected = || format!("'{text}' is no amount above zero; write for example \"500.00 USD\"");
    let (amount, currency) = text.trim().split_once(' ').ok_or_else(expected)?;
    Currency::parse(currency.trim())
        .and_then(|currency| StatedAmount::parse(amount, currency)?.to_money())
        .ok()
        .filter(|amount| amount.minor() > 0)
        .ok_or_else(expected)
}

impl TextSettings {
    /// What it is known by.
    pub(crate) fn name(&self) -> String {
        let part = |text: &str, otherwise: &str| match text {
            "" => otherwise.to_owned(),
            text => text.to_owned(),
        };
        format!(
            "{}, {}, {}",
            part(&self.reason, "every reason"),
            part(&self.customer, "every customer"),
            part(&self.language, "own language")
        )
    }

    fn read(&self, usual: Option<&LanguageTag>) -> Result<Vec<HoldText>, Problems> {
        let mut problems = Vec::new();
        let language = match self.language.as_str() {
            "" => usual.cloned(),
            text => match LanguageTag::parse(text) {
                Ok(language) => Some(language),
                Err(error) => {
                    problems.push(("language", error.to_string()));
                    None
                }
            },
        };
        let mut texts = Vec::new();
        for (audience, text) in [
            (Audience::Internal, &self.internal),
            (Audience::AccountsPayable, &self.accounts_payable),
            (Audience::Shopper, &self.shopper),
        ] {
            if text.is_empty() {
                continue;
            }
            match (Template::parse(text), &language) {
                (Ok(template), Some(language)) => texts.push(HoldText {
                    reason: is_named(&self.reason),
                    customer: is_named(&self.customer),
                    language: language.clone(),
                    audience,
                    template,
                }),
                (Ok(_), None) => {}
                (Err(error), _) => problems.push((audience.as_str(), error.to_string())),
            }
        }
        if self.internal.is_empty() && self.accounts_payable.is_empty() && self.shopper.is_empty() {
            problems.push((
                "shopper",
                "says nothing; write internal, accounts_payable or shopper".to_owned(),
            ));
        }
        match problems.is_empty() {
            true => Ok(texts),
            false => Err(problems),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(change: impl FnOnce(&mut RuleSettings)) -> RuleSettings {
        let mut settings = RuleSettings {
            when: "overdue".to_owned(),
            days: Some(10),
            code: "late".to_owned(),
            ..RuleSettings::default()
        };
        change(&mut settings);
        settings
    }

    #[test]
    #[rustfmt::skip] // one row a line
    fn every_problem_of_a_rule_is_named() {
        let over_limit = |settings: &mut RuleSettings| (settings.when, settings.days) = ("over_limit".to_owned(), None);
        // what is changed, which keys are wrong
        type Row = (fn(&mut RuleSettings), &'static [&'static str]);
        let rows: &[Row] = &[
            (|_| {}, &[]),
            (|it| it.days = None, &["days"]),
            (|it| it.days = Some(0), &["days"]),
            (|it| { it.days = None; it.amount = "500.00 USD".to_owned(); }, &[]),
            (|it| it.amount = "500".to_owned(), &["amount"]),
            (|it| it.amount = "0.00 USD".to_owned(), &["amount"]),
            (|it| it.amount = "5.00 EURO".to_owned(), &["amount"]),
            (|it| it.percent = Some(5), &["percent"]),
            (|it| it.when = "late".to_owned(), &["days", "when"]),
            (|it| it.when = "broken_promise".to_owned(), &["days"]),
            (|it| { it.code = String::new(); it.max_age_hours = 0; }, &["code", "max_age_hours"]),
            (|it| it.removes = vec!["order".to_owned(), "everything".to_owned()], &["removes"]),
        ];
        for (number, (change, expected)) in rows.iter().enumerate() {
            let found = rule(change).read("r").err().unwrap_or_default();
            let keys: Vec<&str> = found.iter().map(|(key, _)| *key).collect();
            assert_eq!(keys, *expected, "row {number}: {found:?}");
        }
        assert!(rule(over_limit).read("r").is_ok());
    }

    #[test]
    fn problems_of_texts_name_the_text_and_what_may_stand_there() {
        let text = |language: &str, shopper: &str| TextSettings {
            reason: "late".to_owned(),
            language: language.to_owned(),
            shopper: shopper.to_owned(),
            ..TextSettings::default()
        };
        for (settings, key, part) in [
            (text("", "Pay {amount}!"), "shopper", "{overdue_amount}"),
            (text("", "Pay {"), "shopper", "brace"),
            (text("english", "Pay!"), "language", "de-AT"),
            (text("", ""), "shopper", "says nothing"),
        ] {
            let holding = HoldingSettings {
                hold_texts: BTreeMap::from([(settings.name(), settings)]),
                ..HoldingSettings::default()
            };
            let problems = holding.read().unwrap_err();
            let place = format!(
                "hold_text late, every customer, {} / {key}",
                match problems[0].key.contains("english") {
                    true => "english",
                    false => "own language",
                }
            );
            assert_eq!(problems[0].key, place);
            assert!(problems[0].text.contains(part), "{}", problems[0]);
        }
    }

    #[test]
    fn the_deadline_is_the_end_of_the_last_day_of_grace() {
        let holding = HoldingSettings {
            promise_grace_days: 2,
            ..HoldingSettings::default()
        };
        let zone = TimeZone::get("America/New_York").unwrap();
        let deadline = holding
            .read()
            .unwrap()
            .deadline(jiff::civil::date(2026, 3, 4), &zone);
        assert_eq!(deadline.unwrap().to_string(), "2026-03-07T05:00:00Z");
    }
}
