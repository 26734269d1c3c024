//! Purchase orders in a real Vendure: once a reference, on account, shipped in parts, refused in words.

use futures_util::future::join_all;
use punchgate_connector::{
    Connector,
    egress::Egress,
    orders::{CancelOutcome, OrderSubmission, PlacedState, Refusal, SubmitOutcome},
    shop_orders::{PaymentState, ShopOrder},
};
use punchgate_domain::{
    cart::Charge,
    quantity::{Quantity, Unit},
};
use serde_json::{Value, json};

use crate::support::{ACME, Administrator, Shop, connector, context, fixture_order, now, shop, usd};

struct Desk<'a> {
    system: Box<dyn Connector>,
    http: Egress,
    shop: &'a Shop,
}

impl<'a> Desk<'a> {
    fn of(shop: &'a Shop) -> Self {
        let system = connector(shop, &shop.key);
        let http = Egress::new(system.egress_rules()).unwrap();
        Self { system, http, shop }
    }

    async fn place(&self, submission: &OrderSubmission) -> SubmitOutcome<ShopOrder> {
        let orders = self.system.spec().shop_orders.unwrap();
        orders
            .place(&context("place".to_owned(), &self.http), submission)
            .await
            .unwrap()
    }

    async fn created(&self, submission: &OrderSubmission) -> ShopOrder {
        match self.place(submission).await {
            SubmitOutcome::Created(order) => order,
            other => panic!("{other:?}"),
        }
    }

    async fn refused(&self, submission: &OrderSubmission) -> Refusal {
        let refusal = match self.place(submission).await {
            SubmitOutcome::Rejected(refusal) => refusal,
            other => panic!("{other:?}"),
        };
        let found = self.find(submission).await;
        assert!(found.is_empty(), "of a refused order something stayed: {found:?}");
        refusal
    }

    async fn cancel(&self, placed: &ShopOrder) -> CancelOutcome {
        let orders = self.system.spec().shop_orders.unwrap();
        let (id, reference) = (&placed.order.order_id, &placed.order.reference);
        let ctx = context("cancel".to_owned(), &self.http);
        orders.cancel(&ctx, id, reference, "withdrawn").await.unwrap()
    }

    async fn find(&self, submission: &OrderSubmission) -> Vec<ShopOrder> {
        let orders = self.system.spec().shop_orders.unwrap();
        orders
            .find(&context("find".to_owned(), &self.http), &submission.key())
            .await
            .unwrap()
    }

    async fn status(&self, order: &ShopOrder) -> ShopOrder {
        let orders = self.system.spec().shop_orders.unwrap();
        let status = orders
            .status(&context("status".to_owned(), &self.http), &order.order.order_id)
            .await;
        status.unwrap().unwrap()
    }
}

fn submission(what: &str) -> OrderSubmission {
    let reference = format!("{what}-{}", now().as_nanosecond());
    fixture_order().submission(ACME, reference)
}

#[tokio::test]
async fn ten_at_once_make_one_order() {
    let Some(shop) = shop() else { return };
    let desk = Desk::of(&shop);
    let what = submission("ten");
    let outcomes = join_all((0..10).map(|_| desk.place(&what))).await;
    let mut created = 0;
    let mut ids: Vec<String> = outcomes
        .into_iter()
        .map(|outcome| match outcome {
            SubmitOutcome::Created(order) => {
                created += 1;
                order.order.order_id
            }
            SubmitOutcome::Existing(order) => order.order.order_id,
            SubmitOutcome::Rejected(refusal) => panic!("{refusal:?}"),
        })
        .collect();
    ids.dedup();
    assert_eq!((created, ids.len()), (1, 1));
    assert_eq!(desk.find(&what).await.len(), 1);
}

#[tokio::test]
async fn an_order_has_the_prices_of_the_purchase_order_and_is_not_paid() {
    let Some(shop) = shop() else { return };
    let desk = Desk::of(&shop);
    let mut what = submission("price");
    what.order.lines[0].unit_price = usd("1500");
    what.order.lines[0].price_basis = Some(Quantity::parse("100").unwrap());
    let order = desk.created(&what).await;
    assert_eq!(order.payment, PaymentState::Authorised);
    assert_eq!(order.order.state, PlacedState::Open);
    assert_eq!(order.order.total, Some(usd("30.00")));
    assert_eq!(order.order.customer, ACME);
    assert_eq!(
        order.order.purchase_order_number.as_ref(),
        Some(&what.order.order_number)
    );
}

#[tokio::test]
async fn a_test_order_stays_a_draft() {
    let Some(shop) = shop() else { return };
    let desk = Desk::of(&shop);
    let mut what = submission("test");
    what.test = true;
    let order = desk.created(&what).await;
    assert_eq!(
        (order.order.state, order.payment),
        (PlacedState::Draft, PaymentState::None)
    );
}

fn freight(amount: &str) -> Charge {
    Charge {
        amount: usd(amount),
        description: "Freight".to_owned(),
    }
}

/// Freight in cents, as the shop's people see it; what is authorised is goods, freight and tax, and nothing else.
async fn booked_freight(clerk: &Administrator<'_>, placed: &ShopOrder) -> Value {
    let query = "query($id: ID!) { order(id: $id) { subTotal shipping total totalWithTax payments { amount state } } }";
    let answer = clerk.ask(query, json!({"id": placed.order.order_id})).await;
    let order = &answer["order"];
    let cents = |field: &str| order[field].as_i64().unwrap();
    assert_eq!(cents("total"), cents("subTotal") + cents("shipping"), "{order}");
    assert_eq!(
        order["payments"],
        json!([{"amount": order["totalWithTax"], "state": "Authorized"}])
    );
    order["shipping"].clone()
}

#[tokio::test]
async fn an_order_bears_the_freight_of_the_purchase_order_and_no_other() {
    let Some(shop) = shop() else { return };
    let desk = Desk::of(&shop);
    let clerk = Administrator::log_in(&shop, &desk.http).await;
    // The shop's one method asks 9.90.
    for (stated, cents) in [
        (None, 0),
        (Some("0"), 0),
        (Some("9.90"), 990),
        (Some("250"), 25_000),
    ] {
        let mut what = submission("freight");
        what.order.shipping = stated.map(freight);
        let placed = desk.created(&what).await;
        assert_eq!(booked_freight(&clerk, &placed).await, cents, "{stated:?}");
    }
}

#[tokio::test]
async fn freight_that_a_promotion_changes_is_refused_with_both_amounts() {
    let Some(shop) = shop() else { return };
    let desk = Desk::of(&shop);
    let clerk = Administrator::log_in(&shop, &desk.http).await;
    // A customer and a promotion of this test alone.
    let mut what = submission("promotion");
    what.customer = format!("C-{}", what.reference);
    let created = clerk
        .ask(
            "mutation($account: String!, $mail: String!) { createCustomer(input: { firstName: \"F\", lastName: \"F\", \
             emailAddress: $mail, customFields: { punchoutAccount: $account } }) { ... on Customer { id } } }",
            json!({"account": what.customer, "mail": format!("{}@buyers.example", what.reference)}),
        )
        .await;
    let group = clerk
        .ask(
            "mutation($name: String!, $id: ID!) { createCustomerGroup(input: { name: $name, customerIds: [$id] }) { id } }",
            json!({"name": what.reference, "id": created["createCustomer"]["id"]}),
        )
        .await;
    let promotion = clerk
        .ask(
            "mutation($group: String!) { createPromotion(input: { enabled: true, translations: [{ languageCode: en, \
             name: \"Free shipping\" }], conditions: [{ code: \"customer_group\", arguments: [{ name: \"customerGroupId\", \
             value: $group }] }], actions: [{ code: \"free_shipping\", arguments: [] }] }) { __typename } }",
            json!({"group": group["createCustomerGroup"]["id"]}),
        )
        .await;
    assert_eq!(promotion["createPromotion"]["__typename"], "Promotion");
    what.order.shipping = Some(freight("12.34"));
    let refusal = desk.refused(&what).await;
    assert_eq!(
        (refusal.code.as_str(), refusal.fields[0].field.as_str()),
        ("price", "freight")
    );
    assert!(
        refusal.message.contains("0.00 USD, not to 12.34 USD"),
        "{refusal:?}"
    );
}

/// Name, code, field, and what is wrong.
type Case = (&'static str, &'static str, &'static str, fn(&mut OrderSubmission));

#[tokio::test]
async fn what_cannot_be_taken_as_it_is_is_refused_and_leaves_nothing() {
    let Some(shop) = shop() else { return };
    let desk = Desk::of(&shop);
    let cases: [Case; 10] = [
        ("hold", "hold", "", |what| what.customer = "C-INITECH".to_owned()),
        ("nobody", "customer", "account", |what| {
            what.customer = "C-NOBODY".to_owned()
        }),
        ("part", "item", "lines[0].sku", |what| {
            what.order.lines[0].part_id = "NONE".to_owned()
        }),
        ("unit", "item", "lines[0].unit", |what| {
            what.order.lines[0].unit = Unit::new("BX")
        }),
        ("half", "item", "lines[0].quantity", |what| {
            what.order.lines[0].quantity = Quantity::parse("0.5").unwrap();
        }),
        ("stock", "item", "lines[0]", |what| {
            what.order.lines[0].part_id = "SG-055".to_owned();
            what.order.lines[0].quantity = Quantity::parse("500").unwrap();
        }),
        ("digits", "price", "lines[0].unitPrice", |what| {
            what.order.lines[0].unit_price = usd("0.0125")
        }),
        ("freight", "price", "freight", |what| {
            what.order.shipping = Some(freight("9.905"));
        }),
        ("second", "item", "lines[1].sku", |what| {
            let mut second = what.order.lines[0].clone();
            second.line_number = 2;
            second.part_id = "NONE".to_owned();
            what.order.lines.push(second);
        }),
        ("country", "address", "shipTo.country", |what| {
            what.order.ship_to.as_mut().unwrap().country_code = Some("JP".to_owned());
        }),
    ];
    for (case, code, field, change) in cases {
        let mut what = submission(case);
        change(&mut what);
        let refusal = desk.refused(&what).await;
        assert_eq!(refusal.code, code, "{case}: {refusal:?}");
        let fields: Vec<&str> = refusal.fields.iter().map(|field| field.field.as_str()).collect();
        assert_eq!(
            fields.first().copied().unwrap_or_default(),
            field,
            "{case}: {refusal:?}"
        );
        assert!(
            case != "hold" || refusal.message.contains("Initech are overdue"),
            "{refusal:?}"
        );
    }
}

#[tokio::test]
async fn quantities_come_from_fulfilment_lines() {
    let Some(shop) = shop() else { return };
    let desk = Desk::of(&shop);
    let mut what = submission("ship");
    what.order.lines[0].quantity = Quantity::parse("10").unwrap();
    let placed = desk.created(&what).await;
    let clerk = Administrator::log_in(desk.shop, &desk.http).await;
    let order = clerk
        .ask(
            "query($id: ID!) { order(id: $id) { lines { id } } }",
            json!({"id": placed.order.order_id}),
        )
        .await;
    let line = order["order"]["lines"][0]["id"].clone();
    let fulfil = "mutation($line: ID!) { addFulfillmentToOrder(input: { lines: [{ orderLineId: $line, quantity: 4 }], \
        handler: { code: \"manual-fulfillment\", arguments: [{ name: \"method\", value: \"Carrier\" }, \
        { name: \"trackingCode\", value: \"T-1\" }] } }) { __typename ... on Fulfillment { id } ... on ErrorResult { message } } }";
    let fulfilment = clerk.ask(fulfil, json!({"line": line})).await;
    let id = fulfilment["addFulfillmentToOrder"]["id"].clone();
    assert!(id.is_string(), "{fulfilment}");
    assert_eq!(shipped(&desk.status(&placed).await), ["0"], "packed, not shipped");
    let kept = desk.cancel(&placed).await;
    assert!(
        matches!(&kept, CancelOutcome::Refused { code, order, .. } if code == "fulfilled" && order.state == PlacedState::Open),
        "{kept:?}"
    );
    let ship =
        "mutation($id: ID!) { transitionFulfillmentToState(id: $id, state: \"Shipped\") { __typename } }";
    clerk.ask(ship, json!({"id": id})).await;
    let status = desk.status(&placed).await;
    assert_eq!(shipped(&status), ["4"]);
    assert_eq!(
        (status.order.state, status.payment),
        (PlacedState::Open, PaymentState::Authorised)
    );
    let state = clerk
        .ask(
            "query($id: ID!) { order(id: $id) { state } }",
            json!({"id": placed.order.order_id}),
        )
        .await;
    assert_eq!(state["order"]["state"], "PartiallyShipped");
}

fn shipped(order: &ShopOrder) -> Vec<String> {
    order
        .lines
        .iter()
        .map(|line| line.shipped.text().to_owned())
        .collect()
}
