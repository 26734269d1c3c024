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
            .map(|info| info.0.ip());
        let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let trusted = &state.config.server.trusted_proxies;
        let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
        if !is_trusted(&peer) {
            return Ok(Self(peer));
        }
        // The last address that no trusted proxy added is the client's; earlier ones anybody can invent.
        let chain: Vec<IpAddr> = parts
            .headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(|one| one.trim().parse().ok())
            .collect();
        Ok(Self(
            chain
                .into_iter()
                .rev()
                .find(|address| !is_trusted(address))
                .unwrap_or(peer),
        ))
    }
}
