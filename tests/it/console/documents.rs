//! The archive in the console: narrowed in the address, read, and raw without secrets.

use std::time::Duration;

use punchgate_domain::operator::Role;

use super::{here, signed_in};
use crate::support::{
    cxml::{CARD, Po, SECRET},
    supplier::Supplier,
};

#[tokio::test]
async fn documents_are_narrowed_and_paged_in_the_address() {
    let world = Supplier::with_buyer().credit("90000.00").start().await;
    for number in 1..=55 {
        world.send(&Po::new(format!("45{number:05}"), "1.00").xml()).await;
        world.clock.advance(Duration::from_secs(1));
    }
    let browser = signed_in(&world, "sam", Role::ReadOnly).await;
    for (query, count) in [
        ("", 50),
        ("kind=OrderRequest", 50),
        ("kind=OrderRequest&direction=out", 0),
        ("kind=OrderRequest&status=accepted&relationship=acme", 50),
        ("relationship=other", 0),
        ("search=4500007", 2),
        ("search=450000", 0),
        ("from=2026-03-02&to=2026-03-02", 50),
        ("from=2026-03-03", 0),
        ("to=2026-03-01", 0),
    ] {
        let page = browser.get(&here(&format!("/documents?{query}"))).await;
        assert_eq!(page.status, 200, "{query}");
        assert_eq!(page.html.matches("<tr><td>").count(), count, "{query}");
    }
    let first = browser.get(&here("/documents?kind=OrderRequest")).await;
    let (_, next) = first.html.split_once("rel=\"next\" href=\"").unwrap();
    let next = next.split('"').next().unwrap().replace("&#38;", "&");
    let second = browser.get(&here(&format!("/documents{next}"))).await;
    assert_eq!(second.html.matches("<tr><td>").count(), 5, "{next}");
    for query in ["status=lost", "direction=up", "from=yesterday", "after=x"] {
        let page = browser.get(&here(&format!("/documents?{query}"))).await;
        assert_eq!(page.status, 422, "{query}");
    }
    world.settle().await;
    world.finish().await;
}

#[tokio::test]
async fn a_document_is_shown_read_and_raw_without_what_is_secret() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    let mut po = Po::new("4500001", "400.00");
    po.card = true;
    po.comment = "&lt;script&gt;alert(1)&lt;/script&gt;".to_owned();
    world.send(&po.xml()).await;
    let browser = signed_in(&world, "sam", Role::ReadOnly).await;
    let order = world.order("4500001").await;
    let path = here(&format!("/documents/{}", order.document_id));
    let case = browser.get(&here(&format!("/orders/{}", order.order_id))).await;
    case.says(&format!("<a href=\"{path}\">Purchase order</a>"));
    let page = browser.get(&path).await;
    let raw = browser.get(&format!("{path}/raw")).await;
    assert_eq!((page.status, raw.status), (200, 200));
    page.says("&#34;order_number&#34;: &#34;4500001&#34;");
    page.says("&#60;OrderRequest&#62;");
    assert!(!page.html.contains("<script>alert"), "{}", page.html);
    assert!(raw.html.contains("<OrderRequest>"), "{}", raw.html);
    for secret in [SECRET, CARD] {
        assert!(
            !page.html.contains(secret) && !raw.html.contains(secret),
            "{secret}"
        );
    }
    let header = |name: &str| raw.headers.get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!(header("content-disposition"), "attachment");
    assert_eq!(header("x-content-type-options"), "nosniff");
    world.settle().await;
    world.finish().await;
}
