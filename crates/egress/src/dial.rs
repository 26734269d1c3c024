//! Connections for protocols that are not HTTP, by the same rules of addresses.

use std::{net::SocketAddr, time::Duration};

use ipnet::IpNet;
use tokio::net::{TcpStream, lookup_host};

use crate::{EgressError, EgressRules, rules::private_text};

/// Connects to a host, at an address that may be reached: the public internet, and these networks. The address that is
/// judged is the one that is connected to. Link-local addresses, where clouds keep their credentials, are never reached.
pub async fn connect(
    host: &str,
    port: u16,
    networks: &[IpNet],
    timeout: Duration,
) -> Result<TcpStream, EgressError> {
    let place = format!("{host}:{port}");
    let not_sent = |detail: String| EgressError::NotSent {
        host: place.clone(),
        detail,
    };
    let connected = tokio::time::timeout(timeout, async {
        let found: Vec<SocketAddr> = lookup_host((host, port))
            .await
            .map_err(|error| not_sent(error.to_string()))?
            .collect();
        let rules = EgressRules {
            networks: networks.to_vec(),
            ..EgressRules::default()
        };
        // A name that leads to a forbidden address is refused whole, as for HTTP.
        if let Some(refused) = found.iter().find(|address| !rules.admits(address.ip())) {
            return Err(EgressError::Refused {
                host: place.clone(),
                reason: private_text(refused.ip()),
            });
        }
        TcpStream::connect(found.as_slice())
            .await
            .map_err(|error| not_sent(error.to_string()))
    });
    connected
        .await
        .unwrap_or_else(|_| Err(not_sent(format!("no connection within {} s", timeout.as_secs()))))
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    async fn reach(host: &str, port: u16, network: Option<&str>) -> Result<TcpStream, EgressError> {
        let networks: Vec<IpNet> = network.into_iter().map(|text| text.parse().unwrap()).collect();
        connect(host, port, &networks, Duration::from_secs(5)).await
    }

    #[tokio::test]
    async fn only_addresses_that_were_allowed() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(reach("127.0.0.1", port, Some("127.0.0.0/8")).await.is_ok());
        for (host, network) in [
            ("127.0.0.1", None),
            ("localhost", None),
            ("169.254.169.254", Some("169.254.0.0/16")),
            ("::ffff:169.254.169.254", Some("0.0.0.0/0")),
            ("fe80::1", Some("fe80::/10")),
        ] {
            let refused = reach(host, port, network).await.unwrap_err();
            assert!(
                matches!(refused, EgressError::Refused { .. }),
                "{host}: {refused}"
            );
        }
        drop(listener);
        let gone = reach("127.0.0.1", port, Some("127.0.0.0/8")).await.unwrap_err();
        assert!(matches!(gone, EgressError::NotSent { .. }), "{gone}");
    }
}
