//! Purchase orders: new, the same again, changed, withdrawn, and those that must be refused.

use punchgate_domain::{cart::Cart, purchase_order::OrderOperation};

use super::{
    Ordering, Plan, Run,
    shopping::{doubled, in_words},
};
use crate::{
    answer,
    clause::Clause,
    manner::OrderChange,
    report::{Outcome, Stop},
    write::{OrderText, Stamp},
};

/// How many characters of a unique text go into an order's number: some suites and ERPs cut at 22.
const NUMBER: usize = 12;

/// An order that was sent.
struct Sent {
    number: String,
    version: u32,
    cart: Cart,
    document: Vec<u8>,
    payload_id: String,
    said: String,
}

/// A document with its payloadID.
type Written = (Vec<u8>, String);

impl<'a> Run<'a> {
    /// Everything that is done with an order.
    pub(super) async fn order_all(&mut self) {
        let (outcome, mut sent) = match self.order_new().await {
            Ok(sent) => {
                let told = format!("{}: {}", sent.number, sent.said);
                (Ok(told), Some(sent))
            }
            Err(stop) => (Err(stop), None),
        };
        self.note("order", "orders what is in the cart (OrderRequest new)", outcome);
        let outcome = self.repeated(sent.as_ref()).await;
        self.note("order-repeat", "sends the very same document again", outcome);
        let outcome = self.sent_anew(sent.as_ref()).await;
        self.note(
            "order-again",
            "sends the same order under another payloadID",
            outcome,
        );
        for (change, case, what) in [
            (
                OrderChange::Update,
                "order-update",
                "orders more (OrderRequest update)",
            ),
            (
                OrderChange::Delete,
                "order-delete",
                "withdraws the order (OrderRequest delete)",
            ),
        ] {
            let outcome = self.changed(sent.as_mut(), change).await;
            self.note(case, what, outcome);
        }
        let outcome = self.with_wrong_secret(sent.as_ref()).await;
        self.note(
            "order-wrong-secret",
            "sends an order with a wrong secret",
            outcome,
        );
        let outcome = self.unknown(sent.as_ref()).await;
        self.note("order-unknown", "withdraws an order that nobody knows", outcome);
    }

    async fn order_new(&mut self) -> Outcome<Sent> {
        if self.plan.ordering == Ordering::None {
            return Err(Stop::skipped(
                "nothing is ordered on a production relationship unless it is asked for: --order, --live",
            ));
        }
        let cart = self.cart.clone();
        let cart = cart.ok_or_else(|| Stop::skipped("there is no cart to order"))?;
        let number = self.new_number();
        let (document, payload_id) = self.written(&text(self.plan, &number, &cart))?;
        let said = self.accepted(&document).await?;
        self.count(&number, 1).await?;
        Ok(Sent {
            number,
            version: 1,
            cart,
            document,
            payload_id,
            said,
        })
    }

    fn new_number(&self) -> String {
        let unique = self.means.stamps.unique();
        let letters: Vec<char> = unique.chars().filter(char::is_ascii_alphanumeric).collect();
        // Its end is what is random.
        let tail = letters.iter().skip(letters.len().saturating_sub(NUMBER));
        format!("SIM-{}", tail.collect::<String>().to_ascii_uppercase())
    }

    fn written(&mut self, text: &OrderText<'_>) -> Outcome<Written> {
        let payload_id = self.new_payload_id();
        let document = self.pen().order(self.stamp(&payload_id), text);
        let document = document.map_err(|error| Stop::failed(Clause::OwnDocument, error))?;
        Ok((document, payload_id))
    }

    async fn accepted(&mut self, document: &[u8]) -> Outcome {
        let answer = self.ask(Ok(document.to_vec()), 200).await?;
        Ok(answer::in_words(&answer.status))
    }

    /// At the supplier there are exactly so many.
    async fn count(&self, number: &str, expected: usize) -> Outcome<()> {
        let Some(supplier) = self.means.supplier else {
            return Ok(());
        };
        let seen = supplier.orders(number).await;
        let seen = seen.map_err(|text| Stop::failed(Clause::Order, text))?;
        match seen == expected {
            true => Ok(()),
            false => Err(Stop::failed(
                Clause::Duplicates,
                format!("the supplier has {seen} orders {number}; {expected} was expected"),
            )),
        }
    }

    /// How many orders there are, for people.
    fn still_one(&self) -> &'static str {
        match self.means.supplier {
            Some(_) => "; there is one order",
            None => "; how many orders there are cannot be seen from here",
        }
    }

    async fn repeated(&mut self, sent: Option<&Sent>) -> Outcome {
        let sent = sent.ok_or_else(no_order)?;
        let said = self.accepted(&sent.document).await?;
        if said != sent.said {
            let text = format!("first “{}”, then “{said}”", sent.said);
            return Err(Stop::failed(Clause::Duplicates, text));
        }
        self.count(&sent.number, 1).await?;
        Ok(said + self.still_one())
    }

    async fn sent_anew(&mut self, sent: Option<&Sent>) -> Outcome {
        let sent = sent.ok_or_else(no_order)?;
        let (document, _) = self.written(&text(self.plan, &sent.number, &sent.cart))?;
        let said = self.accepted(&document).await?;
        self.count(&sent.number, 1).await?;
        Ok(said + self.still_one())
    }

    async fn changed(&mut self, sent: Option<&mut Sent>, change: OrderChange) -> Outcome {
        let sent = sent.ok_or_else(no_order)?;
        if !self.plan.manner.order_changes.contains(&change) {
            return Err(Stop::skipped("this suite does not send it"));
        }
        if change == OrderChange::Update
            && let Some(first) = sent.cart.lines.first_mut()
        {
            first.quantity = doubled(&first.quantity);
        }
        sent.version += 1;
        let (document, payload_id) = self.written(&OrderText {
            operation: change.operation(),
            version: sent.version,
            replaces: Some(&sent.payload_id),
            ..text(self.plan, &sent.number, &sent.cart)
        })?;
        let said = self.accepted(&document).await?;
        self.count(&sent.number, 1).await?;
        sent.payload_id = payload_id;
        Ok(match change {
            OrderChange::Update => format!("{said}; {}", in_words(&sent.cart)),
            OrderChange::Delete => said,
        })
    }

    async fn with_wrong_secret(&mut self, sent: Option<&Sent>) -> Outcome {
        let sent = sent.ok_or_else(no_order)?;
        let wrong = self.means.stamps.unique();
        self.record.conceal(&wrong);
        let (number, payload_id) = (self.new_number(), self.new_payload_id());
        let stamp = Stamp {
            secret: &wrong,
            ..self.stamp(&payload_id)
        };
        let document = self.pen().order(stamp, &text(self.plan, &number, &sent.cart));
        let answer = self.ask(document, 401).await?;
        self.count(&number, 0).await?;
        Ok(answer::in_words(&answer.status))
    }

    async fn unknown(&mut self, sent: Option<&Sent>) -> Outcome {
        let sent = sent.ok_or_else(no_order)?;
        if !self.plan.manner.order_changes.contains(&OrderChange::Delete) {
            return Err(Stop::skipped("this suite does not send it"));
        }
        let number = self.new_number();
        let (document, _) = self.written(&OrderText {
            operation: OrderOperation::Delete,
            version: 2,
            ..text(self.plan, &number, &sent.cart)
        })?;
        self.accepted(&document).await
    }
}

/// A new order of what is in a cart.
fn text<'t>(plan: &'t Plan, number: &'t str, cart: &'t Cart) -> OrderText<'t> {
    OrderText {
        number,
        operation: OrderOperation::New,
        version: 1,
        replaces: None,
        ship_to: plan.ship_to.as_ref(),
        cart,
    }
}

fn no_order() -> Stop {
    Stop::skipped("there is no order")
}
