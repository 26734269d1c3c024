//! Rules and texts of holds as a document declares them.

use super::desired::slug;
use crate::{
    declaration::Declared,
    directory::holding::{HoldingSettings, RuleSettings, TextSettings},
};

/// What a supplier's table says of holds; what it does not name stays as it is.
#[derive(Debug, Default)]
pub(super) struct HoldingDesired {
    language: Option<String>,
    promise_grace_days: Option<u32>,
    rules: Option<Vec<(String, RuleSettings)>>,
    texts: Option<Vec<TextSettings>>,
}

impl HoldingDesired {
    pub(super) fn read(declared: &mut Declared<'_>) -> Self {
        let desired = Self {
            language: declared.text("language"),
            promise_grace_days: declared.number("promise_grace_days"),
            rules: declared.any("hold_rule").is_some().then(|| {
                let tables = declared.tables("hold_rule");
                tables.into_iter().filter_map(rule).collect()
            }),
            texts: declared.any("hold_text").is_some().then(|| {
                let tables = declared.tables("hold_text");
                tables.into_iter().map(text).collect()
            }),
        };
        desired.check(declared);
        desired
    }

    /// What the document alone shows to be wrong.
    fn check(&self, declared: &Declared<'_>) {
        let mut seen = std::collections::BTreeSet::new();
        let rules = self.rules.iter().flatten();
        let names = rules.map(|(id, _)| format!("hold_rule {id}"));
        let texts = self.texts.iter().flatten();
        for name in names.chain(texts.map(|text| format!("hold_text {}", text.name()))) {
            if !seen.insert(name.clone()) {
                declared.note(&name, "is declared twice; keep one of them");
            }
        }
        let settings = self.over(HoldingSettings::default());
        for problem in settings.read().err().unwrap_or_default() {
            declared.note(&problem.key, problem.text);
        }
    }

    /// What is stored, with what is declared in its place.
    pub(super) fn over(&self, stored: HoldingSettings) -> HoldingSettings {
        HoldingSettings {
            language: self.language.clone().unwrap_or(stored.language),
            promise_grace_days: self.promise_grace_days.unwrap_or(stored.promise_grace_days),
            hold_rules: match &self.rules {
                Some(rules) => rules.iter().cloned().collect(),
                None => stored.hold_rules,
            },
            hold_texts: match &self.texts {
                Some(texts) => texts.iter().map(|text| (text.name(), text.clone())).collect(),
                None => stored.hold_texts,
            },
        }
    }
}

fn rule(mut declared: Declared<'_>) -> Option<(String, RuleSettings)> {
    let usual = RuleSettings::default();
    let id = slug(&mut declared);
    let settings = RuleSettings {
        enabled: declared.flag("enabled").unwrap_or(usual.enabled),
        when: declared.required("when"),
        days: declared.number("days"),
        amount: declared.text("amount").unwrap_or_default(),
        percent: declared.number("percent"),
        reservations: declared.flag("reservations"),
        respects_promises: declared.flag("respects_promises"),
        removes: declared.texts("removes"),
        code: declared.required("code"),
        texts: declared.text("texts").unwrap_or_default(),
        customers: declared.texts("customers"),
        terms: declared.texts("terms"),
        except: declared.texts("except"),
        max_age_hours: declared.number("max_age_hours").unwrap_or(usual.max_age_hours),
        push: declared.flag("push").unwrap_or(usual.push),
    };
    if declared.any("removes").is_none() {
        declared.note(
            "removes",
            "is missing; write for example [\"order_on_terms\"], or [] for a hold that only warns",
        );
    }
    declared.finish();
    Some((id?, settings))
}

fn text(mut declared: Declared<'_>) -> TextSettings {
    let mut read = |key: &'static str| declared.text(key).unwrap_or_default();
    let settings = TextSettings {
        reason: read("reason"),
        customer: read("customer"),
        language: read("language"),
        internal: read("internal"),
        accounts_payable: read("accounts_payable"),
        shopper: read("shopper"),
    };
    declared.finish();
    settings
}
