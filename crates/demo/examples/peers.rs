//! Serves the demo shop and ERP alone: `cargo run -p punchgate-demo --example peers -- 8082 8083`.
//!
//! Opens three sessions (create, edit, inspect) so that the storefront can be looked at without a gateway.

use std::error::Error;

use punchgate_demo::{
    Clock, ErpConfig, ShopConfig, SystemClock,
    http_client::http_client,
    serve_erp, serve_shop,
    shop::DEMO_SHOP_SECRET,
    signing::{SigningSecret, sign},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example's output is its purpose")]
async fn main() -> Result<(), Failure> {
    let mut ports = std::env::args().skip(1);
    let shop_listener = listen(ports.next()).await?;
    let erp_listener = listen(ports.next()).await?;
    let shop_url = format!("http://{}", shop_listener.local_addr()?);
    let erp_url = format!("http://{}", erp_listener.local_addr()?);
    let mut shop = ShopConfig::demo(&shop_url)?;
    shop.embed_origins = vec!["http://localhost:*".into()];
    let shop = tokio::spawn(serve_shop(shop, shop_listener));
    let erp = tokio::spawn(serve_erp(ErpConfig::demo()?, erp_listener));
    println!("shop {shop_url}\nerp {erp_url}");
    for (mode, customer, name) in [
        ("create", "C-1001", "Bea Buyer"),
        ("edit", "C-1002", "Noor Haddad"),
        ("inspect", "C-1003", "Theo Lindqvist"),
    ] {
        let opened = open_session(&shop_url, mode, customer, name).await?;
        println!("{mode} {}", opened["login_url"].as_str().unwrap_or("?"));
    }
    shop.await??;
    erp.await??;
    Ok(())
}

async fn listen(port: Option<String>) -> Result<TcpListener, Failure> {
    let port: u16 = port.map_or(Ok(0), |port| port.parse())?;
    Ok(TcpListener::bind(("127.0.0.1", port)).await?)
}

async fn open_session(shop: &str, mode: &str, customer: &str, name: &str) -> Result<Value, Failure> {
    let now = SystemClock.now();
    let id = format!("example-{mode}");
    let notice =
        json!({ "severity": "warning", "text": "Account past due. Please call accounts receivable." });
    let body = json!({
        "version": 1, "operation": "open_session", "request_id": id, "session": id, "mode": mode,
        "customer": { "external_id": customer }, "contact": { "name": name },
        "items": if mode == "create" { json!([]) } else { json!([
            { "line": 1, "part_id": "LB-4040", "quantity": "2", "auxiliary_id": "q-17/1" },
            { "line": 2, "part_id": "SF-3110", "quantity": "12" },
            { "line": 3, "part_id": "LB-4020", "quantity": "4" },
            { "line": 4, "part_id": "FS-2090", "quantity": "12.5", "unit": "MTR" },
        ]) },
        "notices": if customer == "C-1003" { json!([notice]) } else { json!([]) },
        "return_url": "http://127.0.0.1:9/return", "cancel_url": "http://127.0.0.1:9/cancel",
        "expires_at": (now + jiff::SignedDuration::from_hours(2)).to_string()
    })
    .to_string();
    let signed = sign(
        &[SigningSecret::read(DEMO_SHOP_SECRET)?],
        &id,
        now,
        body.as_bytes(),
    );
    let answer = http_client(std::time::Duration::from_secs(5))?
        .post(format!("{shop}/punchgate/open_session"))
        .header("webhook-id", signed.id)
        .header("webhook-timestamp", signed.timestamp)
        .header("webhook-signature", signed.signature)
        .body(body)
        .send()
        .await?;
    Ok(serde_json::from_str(&answer.text().await?)?)
}
