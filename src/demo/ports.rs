//! The four ports of the demo, bound before anything else: a port that is taken is told at once.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;

use super::Addresses;

const NAMES: [&str; 4] = ["suite", "gateway", "shop", "ERP"];

/// The listeners.
#[derive(Debug)]
pub(super) struct Ports {
    pub(super) suite: TcpListener,
    pub(super) gateway: TcpListener,
    pub(super) shop: TcpListener,
    pub(super) erp: TcpListener,
    numbers: [u16; 4],
}

impl Ports {
    /// Binds four ports in a row, or four free ones for 0.
    pub(super) async fn bind(first: u16) -> Result<Self, String> {
        let (suite, a) = bind(first, 0).await?;
        let (gateway, b) = bind(first, 1).await?;
        let (shop, c) = bind(first, 2).await?;
        let (erp, d) = bind(first, 3).await?;
        Ok(Self {
            suite,
            gateway,
            shop,
            erp,
            numbers: [a, b, c, d],
        })
    }

    /// The suite is at `localhost`, the others at 127.0.0.1: two different sites to a browser.
    pub(super) fn addresses(&self) -> Addresses {
        let [suite, gateway, shop, erp] = self.numbers;
        Addresses {
            suite: format!("http://localhost:{suite}"),
            gateway: format!("http://127.0.0.1:{gateway}"),
            shop: format!("http://127.0.0.1:{shop}"),
            erp: format!("http://127.0.0.1:{erp}"),
        }
    }
}

async fn bind(first: u16, offset: u16) -> Result<(TcpListener, u16), String> {
    let port = match first {
        0 => 0,
        first => first + offset,
    };
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await.map_err(|error| {
        let name = NAMES[usize::from(offset)];
        format!(
            "port {port} for the {name} cannot be used: {error}; choose others with --port N (it takes N to N+3), or --port 0"
        )
    })?;
    let bound = listener.local_addr().map_err(|error| error.to_string())?.port();
    Ok((listener, bound))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn free_ports_and_a_taken_one() {
        let ports = Ports::bind(0).await.unwrap();
        let addresses = ports.addresses();
        assert!(addresses.suite.starts_with("http://localhost:"));
        assert!(addresses.erp.starts_with("http://127.0.0.1:"));
        let taken = bind(ports.numbers[2], 0).await.unwrap_err();
        assert!(
            taken.contains("--port 0") && taken.contains(&ports.numbers[2].to_string()),
            "{taken}"
        );
    }
}
