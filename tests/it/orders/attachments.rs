//! An order as the root of multipart/related: the order counts, the other parts are archived beside it.

use crate::support::{
    cxml::{CARD, Po},
    supplier::Supplier,
    world::Table,
};

#[tokio::test]
async fn the_parts_beside_the_order_are_archived() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    let po = Po::new("4500001", "400.00");
    let body = format!(
        "--edge\r\nContent-Type: text/xml; charset=UTF-8\r\nContent-ID: <root@buyer.example>\r\n\r\n{}\r\n\
         --edge\r\nContent-Type: text/plain\r\nContent-ID: <drawing@buyer.example>\r\n\
         Content-Transfer-Encoding: base64\r\n\r\nZHJhd2luZyAx\r\n\
         --edge\r\nContent-Type: application/pdf\r\nContent-ID: <terms@buyer.example>\r\n\r\n%PDF-1.7\r\n--edge--\r\n",
        po.xml()
    );
    let content_type = "multipart/related; boundary=edge; type=\"text/xml\"; start=\"<root@buyer.example>\"";
    let answer = world.send_to("", content_type, body.clone().into_bytes()).await;
    assert_eq!((answer.http, answer.status), (200, 200), "{}", answer.body);
    assert_eq!(world.count(Table::DocumentPart).await, 2);
    // The bare document is the same order.
    let again = world.send(&po.xml()).await;
    assert_eq!((again.status, &again.text), (200, &answer.text));
    assert_eq!(world.count(Table::Order).await, 1);
    world.settle().await;
    world.assert_state("4500001", "accepted").await;
    world.finish().await;
}

#[tokio::test]
async fn a_multipart_body_without_its_root_is_refused_and_kept() {
    let world = Supplier::with_buyer().start().await;
    let body = format!("--edge\r\nContent-Type: text/plain\r\n\r\n{CARD}\r\n--edge--\r\n");
    let answer = world
        .send_to("", "multipart/related; boundary=edge", body.into_bytes())
        .await;
    assert_eq!((answer.http, answer.status), (200, 406), "{}", answer.body);
    assert_eq!(world.count(Table::Order).await, 0);
    world.finish().await;
}
