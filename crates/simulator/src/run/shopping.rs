//! The shopper: fills a cart, brings it back, edits it, gives an edit up, looks at it.

use punchgate_domain::{
    cart::{Cart, CartLine},
    quantity::Quantity,
};
use punchgate_protocols::cxml::{decode::setup::SetupOperation, dialect::EditCancel};
use rust_decimal::Decimal;

use super::{Run, pages::Returned, requests::Opened};
use crate::{
    cart::{self, CameBack},
    clause::Clause,
    report::{Faults, Outcome, Stop},
    supplier_side::{Pick, ShopCart, Visit},
};

/// So many different things go into the cart.
const LINES: usize = 2;

impl Run<'_> {
    /// Everything that is done in the shop.
    pub(super) async fn shop(&mut self) {
        self.create().await;
        let outcome = self.edit().await;
        self.note("edit", "edits the cart: takes more of its first line", outcome);
        let outcome = self.give_up().await;
        self.note("edit-cancel", "edits the cart, and gives up", outcome);
        let outcome = self.inspect().await;
        self.note("inspect", "looks at the cart", outcome);
    }

    async fn create(&mut self) {
        let opened = self.open(SetupOperation::Create, &[]).await;
        let (told, opened) = split(opened, |opened| {
            let host = opened.start.host_str().unwrap_or_default();
            format!("a start page at {host}")
        });
        self.note("setup", "asks to shop (PunchOutSetupRequest create)", told);
        let nonce = self.means.stamps.unique() + &self.means.stamps.unique();
        let outcome = match &opened {
            Some(opened) => self.look(opened).await,
            None => Err(no("start page")),
        };
        self.note("start-page", "looks at the start page without going in", outcome);
        let entered = match &opened {
            Some(opened) => self.enter(opened, &nonce).await,
            None => Err(no("start page")),
        };
        let is_in = entered.is_ok();
        self.note("start", "goes through the start page into the shop", entered);
        let opened = opened.filter(|_| is_in);
        let outcome = match &opened {
            Some(opened) => self.only_once(opened, &nonce).await,
            None => Err(no("way into the shop")),
        };
        self.note("start-once", "tries the same link in another browser", outcome);
        let filled = match &opened {
            Some(opened) => self.filled(opened, &nonce).await,
            None => Err(no("way into the shop")),
        };
        let (told, filled) = split(filled, |(_, held)| in_words(&held.cart));
        self.note("shop", "fills a cart in the shop", told);
        let outcome = match (&opened, filled) {
            (Some(opened), Some((visit, held))) => self.bring_back(opened, &visit, &held).await,
            _ => Err(no("filled cart")),
        };
        self.note("return", "transfers the cart (PunchOutOrderMessage)", outcome);
    }

    async fn filled(&mut self, opened: &Opened, nonce: &str) -> Outcome<(Visit, ShopCart)> {
        let supplier = self.supplier()?;
        let goods = supplier.goods().await.map_err(shop_fault)?;
        if goods.is_empty() {
            return Err(Stop::failed(
                Clause::Shop,
                "the shop has nothing that this customer can order",
            ));
        }
        let picks: Vec<Pick> = goods
            .into_iter()
            .take(LINES)
            .map(|goods| Pick {
                part_id: goods.part_id,
                auxiliary_id: None,
                quantity: goods.quantity,
                unit: goods.unit,
            })
            .collect();
        let visit = supplier.visit(&opened.start, nonce).await.map_err(shop_fault)?;
        let held = supplier.fill(&visit, &picks).await.map_err(shop_fault)?;
        Ok((visit, held))
    }

    async fn bring_back(&mut self, opened: &Opened, visit: &Visit, held: &ShopCart) -> Outcome {
        let (cart, told) = self.returned_cart(opened, visit, held).await?;
        let mut detail = in_words(&cart);
        for told in told {
            detail.push_str("; asked first: ");
            detail.push_str(&told);
        }
        self.cart = Some(cart);
        Ok(detail)
    }

    /// A cart that comes back as the shop holds it.
    async fn returned_cart(
        &mut self,
        opened: &Opened,
        visit: &Visit,
        held: &ShopCart,
    ) -> Outcome<(Cart, Vec<String>)> {
        let Returned { came, told } = self.leave(&visit.return_page, opened).await?;
        let Some(CameBack::Cart(message)) = came else {
            let text = "nothing came back but 'no change'";
            return Err(Stop::failed(Clause::OrderMessage, text));
        };
        let mut faults = Faults::default();
        cart::judge(&message, &self.plan.dialect, &mut faults);
        cart::against_shop(&message, &held.cart, &mut faults);
        faults.settle()?;
        Ok((message.cart, told))
    }

    /// Opens the cart again; the shopper is in the shop.
    async fn reopened(&mut self, operation: SetupOperation) -> Outcome<(Opened, Visit, ShopCart, Cart)> {
        let before = self.cart.clone().ok_or_else(|| no("returned cart"))?;
        let supplier = self.supplier()?;
        let opened = self.open(operation, &before.lines).await?;
        let nonce = self.means.stamps.unique() + &self.means.stamps.unique();
        self.enter(&opened, &nonce).await?;
        let visit = supplier.visit(&opened.start, &nonce).await.map_err(shop_fault)?;
        let held = supplier.cart(&visit).await.map_err(shop_fault)?;
        let (there, here) = (held.cart.lines.len(), before.lines.len());
        if there != here {
            let text = format!("{here} lines were brought along, the shop's cart has {there}");
            return Err(Stop::failed(Clause::Operation, text));
        }
        Ok((opened, visit, held, before))
    }

    async fn edit(&mut self) -> Outcome {
        let (opened, visit, held, before) = self.reopened(SetupOperation::Edit).await?;
        let supplier = self.supplier()?;
        let mut picks: Vec<Pick> = held.cart.lines.iter().map(pick).collect();
        if let Some(first) = picks.first_mut() {
            first.quantity = doubled(&first.quantity);
        }
        let held = supplier.fill(&visit, &picks).await.map_err(shop_fault)?;
        let (after, _) = self.returned_cart(&opened, &visit, &held).await?;
        let mut faults = Faults::default();
        faults.require(
            cart::keys(&before) == cart::keys(&after),
            Clause::LineKeys,
            || {
                format!(
                    "{:?} before, {:?} after the edit",
                    cart::keys(&before),
                    cart::keys(&after)
                )
            },
        );
        let quantities = |cart: &Cart| -> Vec<Decimal> {
            cart.lines
                .iter()
                .map(|line| line.quantity.value().normalize())
                .collect()
        };
        let mut expected = quantities(&before);
        if let Some(first) = expected.first_mut() {
            *first = (*first * Decimal::TWO).normalize();
        }
        faults.require(quantities(&after) == expected, Clause::Operation, || {
            format!(
                "quantities {expected:?} were expected, {:?} came back",
                quantities(&after)
            )
        });
        faults.settle()?;
        let detail = format!("{}; the lines' keys are the same", in_words(&after));
        self.cart = Some(after);
        Ok(detail)
    }

    async fn give_up(&mut self) -> Outcome {
        let (opened, visit, _, before) = self.reopened(SetupOperation::Edit).await?;
        let Returned { came, .. } = self.leave(&visit.cancel_page, &opened).await?;
        let wanted = self.plan.dialect.edit_cancel;
        match (wanted, came) {
            (EditCancel::NoPost, None) => Ok("nothing is posted".to_owned()),
            (EditCancel::NoContent, Some(CameBack::NoChange)) => Ok("Status 204: no change".to_owned()),
            (EditCancel::OriginalLines, Some(CameBack::Cart(message))) => {
                let mut faults = Faults::default();
                cart::judge(&message, &self.plan.dialect, &mut faults);
                cart::against_shop(&message, &before, &mut faults);
                faults.require(
                    cart::keys(&message.cart) == cart::keys(&before),
                    Clause::LineKeys,
                    || "the lines are not those that were brought along".to_owned(),
                );
                faults.settle()?;
                Ok("the lines come back as they were".to_owned())
            }
            (wanted, came) => {
                let came = match came {
                    None => "nothing was posted",
                    Some(CameBack::NoChange) => "Status 204 came",
                    Some(CameBack::Cart(_)) => "a cart came",
                };
                Err(Stop::failed(
                    Clause::Dialect,
                    format!("{came}; the dialect says {wanted:?}"),
                ))
            }
        }
    }

    async fn inspect(&mut self) -> Outcome {
        let (opened, visit, held, _) = self.reopened(SetupOperation::Inspect).await?;
        let mut faults = Faults::default();
        faults.require(!held.may_change, Clause::Operation, || {
            "the shop would let the shopper change the cart".to_owned()
        });
        let Returned { came, .. } = self.leave(&visit.return_page, &opened).await?;
        if let Some(CameBack::Cart(message)) = came {
            faults.require(message.cart.lines.is_empty(), Clause::Operation, || {
                format!("{} lines came back from a look", message.cart.lines.len())
            });
        }
        faults.settle()?;
        Ok("the cart cannot be changed, and no line comes back".to_owned())
    }
}

/// A line of the shop's cart, to be put in again.
fn pick(line: &CartLine) -> Pick {
    Pick {
        part_id: line.part_id.clone(),
        auxiliary_id: line.auxiliary_id.clone(),
        quantity: line.quantity.clone(),
        unit: Some(line.unit.clone()),
    }
}

/// Twice as many: what may be ordered in steps still is.
pub(super) fn doubled(quantity: &Quantity) -> Quantity {
    Quantity::from_decimal((quantity.value() * Decimal::TWO).normalize())
}

pub(super) fn in_words(cart: &Cart) -> String {
    let lines: Vec<String> = cart
        .lines
        .iter()
        .map(|line| format!("{} × {} {}", line.part_id, line.quantity, line.unit))
        .collect();
    let total = cart.lines_total().map(|total| format!(" for {total}"));
    format!("{}{}", lines.join(", "), total.unwrap_or_default())
}

/// What a case shows, and what the next ones go on with.
fn split<T>(outcome: Outcome<T>, told: impl FnOnce(&T) -> String) -> (Outcome, Option<T>) {
    match outcome {
        Ok(value) => (Ok(told(&value)), Some(value)),
        Err(stop) => (Err(stop), None),
    }
}

fn no(what: &str) -> Stop {
    Stop::skipped(format!("there is no {what}"))
}

fn shop_fault(text: String) -> Stop {
    Stop::failed(Clause::Shop, text)
}
