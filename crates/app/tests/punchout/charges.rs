//! Cases: freight and tax of the shop's cart, on their way back and when the cart comes again.

use punchgate_app::punchout::Answer;
use punchgate_domain::catalogue::Problem;
use punchgate_protocols::cxml::decode::setup::SetupOperation;

use super::{
    fake_shop::line,
    returning::xml,
    world::{World, create, with_items},
};

const FROM: &str = "session_minutes = 60";

/// The relationship with this in its `cart`, and a shop with freight and tax.
async fn with_cart(world: &World, cart: &str) {
    world.shop.charge("12.50", "3.10");
    world.apply_with(FROM, &format!("{FROM}\n{cart}")).await;
}

fn charges(freight: &str, tax: &str) -> String {
    format!(
        "cart = {{ freight = \"{freight}\", tax = \"{tax}\", freight_part = \"FRT-1\", tax_part = \"TAX-1\" }}"
    )
}

fn with_freight_line() -> String {
    charges("line", "omit")
}

/// What the message says: its total, charges beside the lines, parts.
fn told(message: &str) -> (String, [bool; 2], Vec<String>) {
    let total = message.split("<Total>").nth(1).unwrap();
    let total = total.split("\">").nth(1).unwrap().split('<').next().unwrap();
    let parts = message.split("<SupplierPartID>").skip(1);
    let parts = parts.map(|rest| rest.split('<').next().unwrap().to_owned());
    let beside = ["<Shipping>", "<Tax>"].map(|name| message.contains(name));
    (total.to_owned(), beside, parts.collect())
}

/// One line of 24.80, freight 12.50, tax 3.10.
#[tokio::test]
async fn each_goes_where_it_was_agreed_and_the_total_follows() {
    let whole = "dialect_overlay = { total_includes = \"lines_shipping_tax\" }";
    let table = [
        (String::new(), "24.80", [false, false], vec!["P-1"]),
        (charges("header", "header"), "24.80", [true, true], vec!["P-1"]),
        (charges("header", "omit"), "24.80", [true, false], vec!["P-1"]),
        (
            charges("line", "line"),
            "40.40",
            [false, false],
            vec!["P-1", "FRT-1", "TAX-1"],
        ),
        (
            charges("line", "header"),
            "37.30",
            [false, true],
            vec!["P-1", "FRT-1"],
        ),
        (
            format!("{}\n{whole}", charges("header", "header")),
            "40.40",
            [true, true],
            vec!["P-1"],
        ),
        (
            format!("{}\n{whole}", charges("line", "header")),
            "40.40",
            [false, true],
            vec!["P-1", "FRT-1"],
        ),
        (whole.to_owned(), "24.80", [false, false], vec!["P-1"]),
    ];
    for world in World::all().await {
        for (cart, total, beside, parts) in &table {
            with_cart(&world, cart).await;
            let (session, link) = world.enter("globex", create()).await;
            world.shop.shop(&session, |lines| {
                lines.push(line("P-1", Some("k1"), "2", "EA", "12.40"))
            });
            let (sum, seen, there) = told(&xml(&world.posted(&link).await));
            assert_eq!((sum.as_str(), seen), (*total, *beside), "{cart}");
            assert_eq!(there, *parts, "{cart}");
        }
    }
}

#[tokio::test]
async fn what_comes_again_is_stated_anew_by_the_shop() {
    for world in World::all().await {
        with_cart(&world, &with_freight_line()).await;
        let (session, link) = world.enter("globex", create()).await;
        world.shop.shop(&session, |lines| {
            lines.push(line("P-1", Some("k1"), "2", "EA", "12.40"))
        });
        let message = xml(&world.posted(&link).await);
        let key = format!("{session}-1");
        assert!(
            message.contains(&format!(">{key}</SupplierPartAuxiliaryID>")),
            "{message}"
        );

        let items = [("P-1", "k1", "3"), ("FRT-1", key.as_str(), "1")];
        let (edited, link) = world
            .enter("globex", with_items(SetupOperation::Edit, &items))
            .await;
        let asked: Vec<_> = world.shop.held(&edited).request.items;
        assert_eq!(asked.len(), 1, "the shop has no article of that name: {asked:?}");
        // Dearer than before: it is the same line of the requisition.
        world.shop.charge("14.00", "3.10");
        let message = xml(&world.posted(&link).await);
        assert_eq!(told(&message).0, "51.20", "3 × 12.40 + 14.00");
        assert!(
            message.contains(&format!(">{key}</SupplierPartAuxiliaryID>")),
            "{message}"
        );

        // A cancelled edit changes nothing, freight included.
        let (_, link) = world
            .enter("globex", with_items(SetupOperation::Edit, &items))
            .await;
        let Answer::Post(post) = world.punchout.cancel(&link).await.unwrap() else {
            panic!()
        };
        assert_eq!(told(&xml(&post)).2, ["P-1", "FRT-1"]);
    }
}

#[tokio::test]
async fn freight_alone_is_no_cart() {
    for world in World::all().await {
        with_cart(&world, &with_freight_line()).await;
        let (session, link) = world.enter("globex", create()).await;
        world
            .shop
            .shop(&session, |lines| lines.push(line("P{1}", None, "1", "EA", "1")));
        let refusal = world.punchout.give_back(&link, "").await.unwrap_err();
        assert_eq!(refusal.problem, Problem::CartBlocked, "no article would be left");
        world.shop.shop(&session, Vec::clear);
        assert_eq!(told(&xml(&world.posted(&link).await)).2, Vec::<String>::new());
    }
}
