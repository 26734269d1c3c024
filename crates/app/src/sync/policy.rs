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

/// What the supplier has settled for a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncPolicy {
    /// Who wins when both sides changed a field.
    pub owners: FieldOwners,
    /// What the ERP's hold codes remove, where the ERP does not say it itself. A code that is not here removes
    /// everything, and an operator hears of it.
    pub hold_codes: BTreeMap<String, PermissionSet>,
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
}

impl Default for SyncSettings {
    fn default() -> Self {
        let owners = FieldOwners::default();
        Self {
            terms: owners.terms.to_string(),
            limit: owners.limit.to_string(),
            holds: owners.holds.to_string(),
            hold_codes: BTreeMap::new(),
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
        if problems.is_empty() {
            Ok(SyncPolicy { owners, hold_codes })
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
        assert_eq!(problems, ["limit", "hold_codes.STOP"]);
    }
}
