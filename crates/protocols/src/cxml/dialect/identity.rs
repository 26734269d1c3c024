//! Where a suite puts the shopper's identity in a setup request. Reads, never decides who may come in.

use serde::Deserialize;

use crate::cxml::decode::setup::SetupRequest;

/// Names of Extrinsics to look at, best first; compared without case. `A+B` joins two with a blank.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// For the e-mail address; values without `@` are passed over. Contacts are looked at next.
    pub email: Vec<String>,
    /// For the suite's unique key of the shopper.
    pub unique_name: Vec<String>,
    /// For the name. Contacts are looked at next.
    pub name: Vec<String>,
}

/// The shopper, as far as the request tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shopper {
    /// E-mail address.
    pub email: Option<String>,
    /// The suite's key.
    pub unique_name: Option<String>,
    /// Name.
    pub name: Option<String>,
}

impl Identity {
    /// Reads the shopper out of a setup request.
    pub fn shopper(&self, request: &SetupRequest) -> Shopper {
        let contacts = || {
            let is_end_user = |role: &Option<String>| {
                role.as_deref()
                    .is_some_and(|role| role.eq_ignore_ascii_case("endUser"))
            };
            let (end_users, others): (Vec<_>, Vec<_>) = request
                .contacts
                .iter()
                .partition(|contact| is_end_user(&contact.role));
            end_users.into_iter().chain(others)
        };
        let is_email = |value: &String| value.contains('@');
        let email = find(request, &self.email, is_email)
            .or_else(|| contacts().find_map(|contact| contact.email.clone().filter(is_email)))
            .or_else(|| {
                request
                    .ship_to
                    .as_ref()
                    .and_then(|place| place.email.clone())
                    .filter(is_email)
            });
        let name = find(request, &self.name, |_| true).or_else(|| {
            contacts()
                .map(|contact| contact.name.trim().to_owned())
                .find(|name| !name.is_empty())
        });
        Shopper {
            email,
            unique_name: find(request, &self.unique_name, |_| true),
            name,
        }
    }
}

fn find(request: &SetupRequest, names: &[String], accept: impl Fn(&String) -> bool) -> Option<String> {
    names
        .iter()
        .filter_map(|names| {
            let parts: Vec<&str> = names
                .split('+')
                .map(|name| extrinsic(request, name.trim()))
                .collect::<Option<_>>()?;
            Some(parts.join(" "))
        })
        .find(accept)
}

fn extrinsic<'a>(request: &'a SetupRequest, name: &str) -> Option<&'a str> {
    request
        .extrinsics
        .iter()
        .find(|(known, value)| known.eq_ignore_ascii_case(name) && !value.trim().is_empty())
        .map(|(_, value)| value.trim())
}
