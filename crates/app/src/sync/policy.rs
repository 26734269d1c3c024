//! What a supplier has settled for the synchronisation with one ERP: texts as they are declared and stored, and
//! how they are read.

use std::collections::BTreeMap;

use punchgate_domain::{
    hold::{Permission, PermissionSet},
    merge::FieldOwner,
};
use serde::{Deserialize, Serialize};

use super::FieldOwners;
use crate::directory::settings::SettingProblem;

/// What a full read may lack if nobody has settled it.
const SHRINK_PERCENT: u8 = 20;

/// What the supplier has settled for a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncPolicy {
    /// Who wins when both sides changed a field.
    pub owners: FieldOwners,
    /// What the ERP's hold codes remove, where the ERP does not say it itself. A code that is not here removes
    /// everything, and an operator hears of it.
    pub hold_codes: BTreeMap<String, PermissionSet>,
    /// Which share of the accounts a full read may lack before it is not believed.
    pub shrink_percent: u8,
}

impl Default for SyncPolicy {
    fn default() -> Self {
        Self {
            owners: FieldOwners::default(),
            hold_codes: BTreeMap::new(),
            shrink_percent: SHRINK_PERCENT,
        }
    }
}

/// The same as it is declared and stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SyncSettings {
    /// Whose terms win: `erp`, `gateway` or `latest`.
    pub terms: String,
    /// Whose limit wins.
    pub limit: String,
    /// Whose holds win.
    pub holds: String,
    /// Hold code of the ERP → the permissions that it removes; none: it only warns.
    pub hold_codes: BTreeMap<String, Vec<String>>,
    /// How many percent of the accounts a full read may lack, 0 to 100. Where it lacks more, nothing is ended.
    pub shrink_percent: u8,
}

impl Default for SyncSettings {
    fn default() -> Self {
        let owners = FieldOwners::default();
        Self {
            terms: owners.terms.to_string(),
            limit: owners.limit.to_string(),
            holds: owners.holds.to_string(),
            hold_codes: BTreeMap::new(),
            shrink_percent: SHRINK_PERCENT,
        }
    }
}

impl SyncSettings {
    /// The policy; every problem that it has otherwise.
    pub fn read(&self) -> Result<SyncPolicy, Vec<SettingProblem>> {
        let mut problems = Vec::new();
        let mut owner = |key: &str, text: &str| match FieldOwner::parse(text) {
            Ok(owner) => owner,
            Err(error) => {
                problems.push(SettingProblem {
                    key: key.to_owned(),
                    text: error.to_string(),
                });
                FieldOwner::Erp
            }
        };
        let owners = FieldOwners {
            terms: owner("terms", &self.terms),
            limit: owner("limit", &self.limit),
            holds: owner("holds", &self.holds),
        };
        let mut hold_codes = BTreeMap::new();
        for (code, names) in &self.hold_codes {
            let mut permissions = Vec::with_capacity(names.len());
            for name in names {
                match Permission::parse(name) {
                    Ok(permission) => permissions.push(permission),
                    Err(error) => problems.push(SettingProblem {
                        key: format!("hold_codes.{code}"),
                        text: error.to_string(),
                    }),
                }
            }
            hold_codes.insert(code.clone(), PermissionSet::of(&permissions));
        }
        if self.shrink_percent > 100 {
            problems.push(SettingProblem {
                key: "shrink_percent".to_owned(),
                text: format!("{} is more than 100", self.shrink_percent),
            });
        }
        if problems.is_empty() {
            Ok(SyncPolicy {
                owners,
                hold_codes,
                shrink_percent: self.shrink_percent,
            })
        } else {
            Err(problems)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_settled_is_the_erp_s() {
        let policy = SyncSettings::default().read();
        assert_eq!(policy, Ok(SyncPolicy::default()));
    }

    #[test]
    fn every_problem_is_named() {
        let settings = SyncSettings {
            limit: "newest".to_owned(),
            shrink_percent: 101,
            hold_codes: BTreeMap::from([
                ("STOP".to_owned(), vec!["order".to_owned(), "shipping".to_owned()]),
                ("NOTE".to_owned(), Vec::new()),
            ]),
            ..SyncSettings::default()
        };
        let problems: Vec<String> = settings
            .read()
            .err()
            .unwrap_or_default()
            .iter()
            .map(|problem| problem.key.clone())
            .collect();
        assert_eq!(problems, ["limit", "hold_codes.STOP", "shrink_percent"]);
    }
}
