//! The steps of the path, in order. Each does one thing a person would do and says what it expects.

use serde_json::Value;

use super::{
    Deviation, Mismatch, Outcome, Seen, Step, Systems,
    browser::Browser,
    clerk::{People, until},
    expect, expect_equal,
    journey::{Shopper, enter},
};

const BUYER: &str = "acme";
const CUSTOMER: &str = "C-1001";
const HOLD_TEXT: &str = "Account past due: invoice 2871. Please call accounts receivable at extension 14.";

/// What one step hands to the next.
#[derive(Debug, Default)]
struct Notes {
    requisition: u64,
    order: u64,
    held_order: u64,
    held_requisition: u64,
    answer: Value,
}

/// Numbers steps and tells of them.
struct Walk<'a> {
    number: usize,
    report: &'a mut (dyn FnMut(&Step) + Send),
}

impl Walk<'_> {
    async fn step(
        &mut self,
        title: &str,
        work: impl Future<Output = Outcome<Seen>>,
    ) -> Result<(), Deviation> {
        let began = tokio::time::Instant::now();
        let seen = work.await.map_err(|mismatch| Deviation {
            step: title.to_owned(),
            expected: mismatch.expected,
            seen: mismatch.seen,
        })?;
        self.number += 1;
        let milliseconds = began.elapsed().as_millis();
        (self.report)(&Step {
            number: self.number,
            title: title.to_owned(),
            seen,
            milliseconds,
        });
        Ok(())
    }
}

pub(super) async fn walk(systems: Systems, report: &mut (dyn FnMut(&Step) + Send)) -> Result<(), Deviation> {
    let browser = Browser::new().map_err(|mismatch| Deviation {
        step: "Start".to_owned(),
        expected: mismatch.expected,
        seen: mismatch.seen,
    })?;
    let people = People {
        browser: &browser,
        systems: &systems,
    };
    let mut walk = Walk { number: 0, report };
    let mut notes = Notes::default();
    connect(&mut walk, &people).await?;
    shop(&mut walk, &people, &mut notes).await?;
    edit(&mut walk, &people, notes.requisition).await?;
    inspect(&mut walk, &people, notes.requisition).await?;
    order(&mut walk, &people, &mut notes).await?;
    change(&mut walk, &people, notes.order).await?;
    hold(&mut walk, &people, &mut notes).await?;
    release(&mut walk, &people, &mut notes).await?;
    others(&mut walk, &people).await
}

async fn connect(walk: &mut Walk<'_>, people: &People<'_>) -> Result<(), Deviation> {
    for (buyer, title) in [
        (BUYER, "ACME asks the gateway what it can do (ProfileRequest)"),
        ("borealis", "Borealis asks, with other credentials"),
        ("cobalt", "Cobalt asks, at an address of its own"),
    ] {
        walk.step(title, async {
            let said = people.press(buyer, "profile").await?.unwrap_or_default();
            expect(
                said.contains("OrderRequest"),
                "a profile that takes OrderRequest",
                &said,
            )?;
            Ok(Seen::from([("suite says", said)]))
        })
        .await?;
    }
    walk.step("A setup request with a wrong secret is refused", async {
        let said = people.press(BUYER, "wrong-secret").await?.unwrap_or_default();
        expect(said.contains("Status 401"), "Status 401", &said)?;
        Ok(Seen::from([("suite says", said)]))
    })
    .await
}

async fn shop(walk: &mut Walk<'_>, people: &People<'_>, notes: &mut Notes) -> Result<(), Deviation> {
    walk.step("Bea punches out and fills a cart; the cart comes back", async {
        let shopper = enter(people.browser, people.systems, BUYER, "punchout", &[]).await?;
        expect_equal(
            "the shop greets",
            "ACME Manufacturing",
            text(&shopper.session["customer"]),
        )?;
        shopper.add("TL-1010", "2").await?;
        let cart = shopper.add("SF-3080", "10").await?;
        let total = text(&cart["total"]).to_owned();
        shopper.transfer().await?;
        let it = filled(people, &shopper, 2).await?;
        notes.requisition = shopper.requisition;
        Ok(Seen::from([
            ("requisition", text(&it["id"]).to_owned()),
            ("start page", shopper.start_page.clone()),
            ("shop session", text(&shopper.session["id"]).to_owned()),
            ("cart total", total),
            ("lines", parts(&it)),
        ]))
    })
    .await
}

async fn edit(walk: &mut Walk<'_>, people: &People<'_>, requisition: u64) -> Result<(), Deviation> {
    let button = format!("requisitions/{requisition}/punchout");
    walk.step(
        "She edits the cart: the lines come along, their keys stay",
        async {
            let before = people.requisition(BUYER, requisition).await?;
            let shopper = enter(
                people.browser,
                people.systems,
                BUYER,
                &button,
                &[("operation", "edit")],
            )
            .await?;
            let cart = shopper.cart().await?;
            let lines = cart["lines"].as_array().map_or(0, Vec::len);
            expect(lines == 2, "2 lines in the shop's cart", lines)?;
            shopper.set(text(&cart["lines"][0]["id"]), "3").await?;
            shopper.transfer().await?;
            let after = filled(people, &shopper, 2).await?;
            expect_equal("auxiliary ids", &keys(&before), &keys(&after))?;
            expect_equal(
                "the first line's quantity",
                "3",
                text(&after["lines"][0]["quantity"]),
            )?;
            Ok(Seen::from([
                ("auxiliary ids", keys(&after)),
                ("total", text(&after["total"]).to_owned()),
            ]))
        },
    )
    .await
}

async fn inspect(walk: &mut Walk<'_>, people: &People<'_>, requisition: u64) -> Result<(), Deviation> {
    let button = format!("requisitions/{requisition}/punchout");
    walk.step(
        "She inspects it: nothing can be changed, nothing changes",
        async {
            let before = people.requisition(BUYER, requisition).await?;
            let shopper = enter(
                people.browser,
                people.systems,
                BUYER,
                &button,
                &[("operation", "inspect")],
            )
            .await?;
            let cart = shopper.cart().await?;
            expect(
                cart["read_only"] == true,
                "a cart that cannot be changed",
                &cart["read_only"],
            )?;
            shopper.transfer().await?;
            let after = people.requisition(BUYER, requisition).await?;
            expect(
                before["lines"] == after["lines"],
                "the same lines as before",
                parts(&after),
            )?;
            clean(&after["sessions"][0]["deviations"])?;
            Ok(Seen::from([("lines", parts(&after))]))
        },
    )
    .await
}

async fn order(walk: &mut Walk<'_>, people: &People<'_>, notes: &mut Notes) -> Result<(), Deviation> {
    walk.step("She submits the order; the gateway answers 200", async {
        notes.order = people.submit(BUYER, notes.requisition).await?;
        let order = people.order(BUYER, notes.order).await?;
        notes.answer = answered(&order, 0)?;
        Ok(Seen::from([
            ("order", text(&order["id"]).to_owned()),
            ("payloadID", text(&order["versions"][0]["payload_id"]).to_owned()),
            ("Status", in_words(&notes.answer)),
        ]))
    })
    .await?;
    let (number, id) = (notes.order, format!("PO{}", notes.order));
    walk.step("The order stands in the ERP, once", async {
        let found = people.the_erp_order(&id).await?;
        Ok(Seen::from([
            ("sales order", text(&found["order_id"]).to_owned()),
            ("state", found["state"].to_string()),
        ]))
    })
    .await?;
    walk.step("The ERP's confirmation comes back into the suite", async {
        let order = people.order_in_state(BUYER, number, "Confirmed").await?;
        confirmed(&order)
    })
    .await?;
    walk.step(
        "The same order once more: the same answer, no second order",
        async {
            people.press(BUYER, &format!("orders/{number}/resend")).await?;
            let order = people.order(BUYER, number).await?;
            let again = answered(&order, 1)?;
            expect_equal("the answer", &in_words(&notes.answer), &in_words(&again))?;
            people.the_erp_order(&id).await?;
            Ok(Seen::from([("Status", in_words(&again))]))
        },
    )
    .await
}

async fn change(walk: &mut Walk<'_>, people: &People<'_>, number: u64) -> Result<(), Deviation> {
    let id = format!("PO{number}");
    walk.step(
        "She orders more: a person at the supplier carries the change over, once",
        async {
            let before = people.the_erp_order(&id).await?;
            people.change_order(BUYER, number, "4").await?;
            people.carry_over(&id, 2).await?;
            let after = until(|| async {
                let found = people.the_erp_order(&id).await?;
                expect(
                    found["revision"] == 2,
                    format!("version 2 of {id} in the ERP"),
                    &found["revision"],
                )?;
                Ok(found)
            })
            .await?;
            expect_equal(
                "the sales order",
                text(&before["order_id"]),
                text(&after["order_id"]),
            )?;
            let order = people.order_in_state(BUYER, number, "Confirmed").await?;
            let mut seen = confirmed(&order)?;
            seen.insert("sales order", text(&after["order_id"]).to_owned());
            seen.insert("net before", text(&before["total"]["amount"]).to_owned());
            seen.insert("net now", text(&after["total"]["amount"]).to_owned());
            Ok(seen)
        },
    )
    .await
}

async fn hold(walk: &mut Walk<'_>, people: &People<'_>, notes: &mut Notes) -> Result<(), Deviation> {
    walk.step("The ERP's clerk puts ACME on hold, with a message", async {
        people.place_hold(CUSTOMER, HOLD_TEXT).await?;
        Ok(Seen::from([
            ("customer", CUSTOMER.to_owned()),
            ("message", HOLD_TEXT.to_owned()),
        ]))
    })
    .await?;
    walk.step(
        "The next shopper reads the message in the shop, and can shop all the same",
        async {
            let shopper = enter(people.browser, people.systems, BUYER, "punchout", &[]).await?;
            shopper.add("TL-1010", "1").await?;
            until(|| async {
                let standing = shopper.standing().await?;
                expect_equal("the shop's message", HOLD_TEXT, text(&standing["message"]))
            })
            .await?;
            shopper.transfer().await?;
            filled(people, &shopper, 1).await?;
            notes.held_requisition = shopper.requisition;
            Ok(Seen::from([("requisition", format!("R{}", shopper.requisition))]))
        },
    )
    .await?;
    walk.step("An order sent anyway is answered 200 and held", async {
        notes.held_order = people.submit(BUYER, notes.held_requisition).await?;
        let id = format!("PO{}", notes.held_order);
        let order = people.order(BUYER, notes.held_order).await?;
        let answer = answered(&order, 0)?;
        let held = people.gateway_order(&id, "held").await?;
        let in_erp = people.erp_orders(&id).await?.len();
        expect(in_erp == 0, format!("no {id} in the ERP"), in_erp)?;
        notes.answer = answer;
        Ok(Seen::from([
            ("order", id),
            ("Status", in_words(&notes.answer)),
            ("gateway's reason", text(&held["reason"]).to_owned()),
        ]))
    })
    .await
}

async fn release(walk: &mut Walk<'_>, people: &People<'_>, notes: &mut Notes) -> Result<(), Deviation> {
    let (number, id) = (notes.held_order, format!("PO{}", notes.held_order));
    walk.step("The clerk releases the hold", async {
        let released = people.release_holds(CUSTOMER).await?;
        expect(released == 1, "one hold to release", released)?;
        Ok(Seen::from([("customer", CUSTOMER.to_owned())]))
    })
    .await?;
    walk.step("The held order goes on by itself, once", async {
        let found = people.the_erp_order(&id).await?;
        let order = people.order_in_state(BUYER, number, "Confirmed").await?;
        people.gateway_order(&id, "accepted").await?;
        let mut seen = confirmed(&order)?;
        seen.insert("sales order", text(&found["order_id"]).to_owned());
        Ok(seen)
    })
    .await?;
    walk.step(
        "That order once more: still the same answer, still one order",
        async {
            people.press(BUYER, &format!("orders/{number}/resend")).await?;
            let order = people.order(BUYER, number).await?;
            let again = answered(&order, 1)?;
            expect_equal("the answer", &in_words(&notes.answer), &in_words(&again))?;
            people.the_erp_order(&id).await?;
            Ok(Seen::from([("Status", in_words(&again))]))
        },
    )
    .await
}

async fn others(walk: &mut Walk<'_>, people: &People<'_>) -> Result<(), Deviation> {
    walk.step(
        "Borealis, Coupa-like: cart as cXML-urlencoded, order, confirmation",
        async {
            let shopper = enter(people.browser, people.systems, "borealis", "punchout", &[]).await?;
            shopper.add("LB-4050", "4").await?;
            shopper.transfer().await?;
            let it = people.requisition("borealis", shopper.requisition).await?;
            clean(&it["sessions"][0]["deviations"])?;
            let number = people.submit("borealis", shopper.requisition).await?;
            people.the_erp_order(&format!("PO{number}")).await?;
            let order = people.order_in_state("borealis", number, "Confirmed").await?;
            let mut seen = confirmed(&order)?;
            seen.insert("order", format!("PO{number}"));
            Ok(seen)
        },
    )
    .await?;
    walk.step("Cobalt is on hold from the start: its shopper reads why", async {
        let shopper = enter(people.browser, people.systems, "cobalt", "punchout", &[]).await?;
        shopper.add("LB-4050", "1").await?;
        let standing = until(|| async {
            let standing = shopper.standing().await?;
            expect(standing["refused"] == true, "terms refused", &standing["refused"])?;
            Ok(standing)
        })
        .await?;
        Ok(Seen::from([("message", text(&standing["message"]).to_owned())]))
    })
    .await
}

/// The requisition after a transfer: this many lines and nothing odd.
async fn filled(people: &People<'_>, shopper: &Shopper<'_>, lines: usize) -> Outcome<Value> {
    let it = people.requisition(BUYER, shopper.requisition).await?;
    clean(&it["sessions"][0]["deviations"])?;
    let seen = it["lines"].as_array().map_or(0, Vec::len);
    expect(seen == lines, format!("{lines} lines in the requisition"), seen)?;
    Ok(it)
}

/// Nothing that the suite found odd.
fn clean(deviations: &Value) -> Outcome<()> {
    let none = deviations.as_array().is_some_and(Vec::is_empty);
    expect(none, "no deviation in what the suite received", deviations)
}

/// The answer to a sending of an order's latest version; it must be a success and without deviations.
fn answered(order: &Value, sending: usize) -> Outcome<Value> {
    let sending = &order["versions"][0]["sendings"][sending];
    clean(&sending["deviations"])?;
    let answer = sending["answer"].clone();
    let success = answer["code"]
        .as_u64()
        .is_some_and(|code| (200..300).contains(&code));
    match success {
        true => Ok(answer),
        false => Err(Mismatch::new("Status 200", in_words(&answer))),
    }
}

fn confirmed(order: &Value) -> Outcome<Seen> {
    let confirmation = &order["confirmations"][0];
    clean(&confirmation["deviations"])?;
    Ok(Seen::from([
        ("confirmation", text(&confirmation["confirm_id"]).to_owned()),
        ("state", text(&order["state"]["text"]).to_owned()),
    ]))
}

fn in_words(answer: &Value) -> String {
    format!(
        "{} {} {}",
        answer["code"],
        text(&answer["text"]),
        text(&answer["detail"])
    )
    .trim_end()
    .to_owned()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn parts(requisition: &Value) -> String {
    each(requisition, |line| {
        format!(
            "{} × {} {}",
            text(&line["part_id"]),
            text(&line["quantity"]),
            text(&line["unit"])
        )
    })
}

fn keys(requisition: &Value) -> String {
    each(requisition, |line| text(&line["auxiliary_id"]).to_owned())
}

fn each(requisition: &Value, word: impl Fn(&Value) -> String) -> String {
    let lines = requisition["lines"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    lines.iter().map(word).collect::<Vec<_>>().join(", ")
}
