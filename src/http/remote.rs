//! From which address a request came: the connection's, or what a trusted proxy says.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::request::Parts,
};

use super::State;

/// The address of whoever sent the request.
#[derive(Debug, Clone, Copy)]
pub struct Remote(pub IpAddr);

impl FromRequestParts<State> for Remote {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Self::Rejection> {
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|info| info.0.ip().to_canonical());
        let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let trusted = &state.config.server.trusted_proxies;
        let chain = parts.headers.get_all("x-forwarded-for");
        let chain = chain.iter().map(|value| value.to_str().unwrap_or_default());
        Ok(Self(sender(peer, chain, |address| {
            trusted.iter().any(|network| network.contains(&address))
        })))
    }
}

/// The last address that no trusted proxy added is the client's; earlier ones anybody can invent. What cannot be read ends
/// the chain: behind it nobody's word is known.
fn sender<'a>(
    peer: IpAddr,
    chain: impl Iterator<Item = &'a str>,
    is_trusted: impl Fn(IpAddr) -> bool,
) -> IpAddr {
    if !is_trusted(peer) {
        return peer;
    }
    let entries: Vec<&str> = chain.flat_map(|value| value.split(',')).collect();
    let mut known = peer;
    for entry in entries.into_iter().rev() {
        let entry = entry.trim();
        let address = entry.parse::<IpAddr>().ok();
        let address = address.or_else(|| Some(entry.parse::<SocketAddr>().ok()?.ip()));
        let Some(address) = address else { break };
        known = address.to_canonical();
        if !is_trusted(known) {
            break;
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_sent_it() {
        let rows: [(&str, &[&str], &str); 8] = [
            ("203.0.113.9", &["198.51.100.1"], "203.0.113.9"),
            ("10.0.0.5", &["198.51.100.1"], "198.51.100.1"),
            (
                "10.0.0.5",
                &["192.0.2.66, 198.51.100.1", "10.0.0.6"],
                "198.51.100.1",
            ),
            ("10.0.0.5", &["192.0.2.66, 198.51.100.1:41234"], "198.51.100.1"),
            ("10.0.0.5", &["192.0.2.66, unknown"], "10.0.0.5"),
            ("10.0.0.5", &[], "10.0.0.5"),
            ("10.0.0.5", &["::ffff:198.51.100.1"], "198.51.100.1"),
            ("10.0.0.5", &["[2001:db8::7]:443"], "2001:db8::7"),
        ];
        for (peer, chain, expected) in rows {
            let is_trusted = |address: IpAddr| matches!(address, IpAddr::V4(v4) if v4.octets()[0] == 10);
            let found = sender(peer.parse().unwrap(), chain.iter().copied(), is_trusted);
            assert_eq!(found.to_string(), expected, "{peer} {chain:?}");
        }
    }
}
