//! Names become addresses here, and only admitted addresses are connected to. The client connects to what this
//! returned, without a second look-up in between.

use std::{fmt, io, net::SocketAddr, pin::Pin, sync::Arc};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::{EgressError, EgressRules, IpNet, rules::private_text};

/// A name led only to addresses that may not be reached.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct AddressRefused(pub(crate) String);

type LookingUp = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// Where names are looked up; asked anew for every connection.
pub(crate) type LookUp = fn(String) -> LookingUp;

/// As the machine does it.
pub(crate) fn of_the_machine(name: String) -> LookingUp {
    Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) })
}

pub(crate) struct GuardedResolver {
    rules: Arc<EgressRules>,
    look_up: LookUp,
}

impl GuardedResolver {
    pub(crate) fn new(rules: Arc<EgressRules>, look_up: LookUp) -> Self {
        Self { rules, look_up }
    }
}

impl fmt::Debug for GuardedResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardedResolver")
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let rules = Arc::clone(&self.rules);
        let found = (self.look_up)(name.as_str().to_owned());
        Box::pin(async move {
            let found = found.await?;
            let admitted = admitted(&rules, &found)?;
            Ok(Box::new(admitted.into_iter()) as Addrs)
        })
    }
}

/// The addresses that may be connected to. A name that leads to a forbidden one is refused whole: a mixture is
/// how rebinding looks.
fn admitted(rules: &EgressRules, found: &[SocketAddr]) -> Result<Vec<SocketAddr>, AddressRefused> {
    match found.iter().find(|address| !rules.admits(address.ip())) {
        Some(refused) => Err(AddressRefused(private_text(refused.ip()))),
        None => Ok(found.to_vec()),
    }
}

/// The addresses of a host that may be connected to, for a connector whose system does not speak HTTP: the same
/// rules as for every request. `networks` are allowed beside the public internet.
pub async fn resolve(host: &str, port: u16, networks: &[IpNet]) -> Result<Vec<SocketAddr>, EgressError> {
    let rules = EgressRules {
        networks: networks.to_vec(),
        ..EgressRules::default()
    };
    let named = format!("{host}:{port}");
    let not_found = |detail: String| EgressError::NotSent {
        host: named.clone(),
        detail,
    };
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse();
    let found = match literal {
        Ok(address) => vec![SocketAddr::new(address, port)],
        Err(_) => of_the_machine(host.to_owned())
            .await
            .map_err(|error| not_found(error.to_string()))?,
    };
    if found.is_empty() {
        return Err(not_found("the name has no address".to_owned()));
    }
    let admitted = admitted(&rules, &found).map_err(|refused| EgressError::Refused {
        host: named.clone(),
        reason: refused.0,
    })?;
    Ok(admitted
        .into_iter()
        .map(|address| SocketAddr::new(address.ip(), port))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_forbidden_address_refuses_the_name() {
        let rules = EgressRules::default();
        let public: SocketAddr = "93.184.216.34:0".parse().unwrap();
        let private: SocketAddr = "169.254.169.254:0".parse().unwrap();
        assert_eq!(admitted(&rules, &[public]).unwrap(), vec![public]);
        assert!(admitted(&rules, &[public, private]).is_err());
    }

    #[tokio::test]
    async fn hosts_of_other_protocols_are_held_to_the_same_rules() {
        let loopback = ["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        let cases = [
            ("127.0.0.1", &loopback[..], true),
            ("[::1]", &loopback[..], true),
            ("localhost", &loopback[..], true),
            ("127.0.0.1", &[], false),
            ("localhost", &[], false),
            ("169.254.169.254", &loopback[..], false),
            ("::ffff:10.0.0.1", &loopback[..], false),
        ];
        for (host, networks, expected) in cases {
            let found = resolve(host, 5432, networks).await;
            assert_eq!(found.is_ok(), expected, "{host}: {found:?}");
            assert!(found.iter().flatten().all(|address| address.port() == 5432));
        }
    }
}
