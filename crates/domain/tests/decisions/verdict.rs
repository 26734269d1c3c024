//! Credit, prices and what we cannot carry out, put together.

use punchgate_domain::{
    cart::Charge,
    credit::{CreditOutcome, CreditRequest, CreditStanding, Tender, TenderUse, decide},
    customer::CreditLimit,
    money::StatedAmount,
    order::{
        Besides, Confirmation, NeedsPerson, OrderReason, OrderState, RedecisionGate, Review, needs_person,
        state_after, verdict,
    },
    policy::{PcardPolicy, PriceAction, PricePolicy, TotalFinding, Unmapped, UnmappedPolicy},
    purchase_order::{OrderType, PurchaseOrder, StatedDate},
    quantity::Quantity,
};

use crate::fixture::{cart_line, charge, now, order, order_line, price_check, request, standing};

#[test]
#[rustfmt::skip] // one row a line
fn what_needs_a_person() {
    type Change = fn(&mut PurchaseOrder);
    let rows: &[(Change, &[NeedsPerson])] = &[
        (|_| {}, &[]),
        (|o| o.order_type = OrderType::Release, &[]),
        (|o| o.order_type = OrderType::Blanket, &[NeedsPerson::Blanket]),
        (|o| o.lines.clear(), &[NeedsPerson::NoLines]),
        (|o| o.lines[0].is_return = true, &[NeedsPerson::Return { line_number: 1 }]),
        (|o| o.lines[0].quantity = Quantity::parse("0").unwrap(), &[NeedsPerson::Quantity { line_number: 1, quantity: Quantity::parse("0").unwrap() }]),
        (|o| o.lines[0].quantity = Quantity::parse("-5").unwrap(), &[NeedsPerson::Quantity { line_number: 1, quantity: Quantity::parse("-5").unwrap() }]),
        (|o| { o.lines[0].quantity = Quantity::parse("-5").unwrap(); o.lines[0].is_return = true }, &[NeedsPerson::Return { line_number: 1 }]),
        (|o| o.lines[0].unit_price = StatedAmount::parse("-1", o.total.currency()).unwrap(), &[NeedsPerson::NegativePrice { line_number: 1 }]),
        (|o| o.tax = charge("-158900"), &[NeedsPerson::NegativeCharge { what: "tax" }]),
        (|o| o.shipping = charge("-0.01"), &[NeedsPerson::NegativeCharge { what: "freight" }]),
        (|o| o.shipping = charge("0"), &[]),
        (|o| o.lines[0].schedule_lines = 1, &[]),
        (|o| o.lines[0].schedule_lines = 2, &[NeedsPerson::Schedule { line_number: 1, deliveries: 2 }]),
    ];
    for (number, (change, expected)) in rows.iter().enumerate() {
        let mut order = order("10", vec![order_line(1, "A", "", "10")]);
        change(&mut order);
        assert_eq!(needs_person(&order), *expected, "row {number}");
    }
    let mut odd = order("10", vec![order_line(7, "A", "", "10")]);
    odd.total = StatedAmount::unreadable("50.000,00", odd.total.currency());
    odd.tax = Some(Charge { amount: odd.total.clone(), description: String::new() });
    odd.order_date = StatedDate::unreadable("");
    odd.lines[0].quantity = Quantity::unreadable("ten");
    odd.lines[0].unit_price = StatedAmount::unreadable("", odd.total.currency());
    odd.lines[0].price_basis = Some(Quantity::unreadable("C"));
    let needs: Vec<String> = needs_person(&odd).iter().map(ToString::to_string).collect();
    assert_eq!(
        needs,
        [
            "the total cannot be read: '50.000,00'",
            "the tax cannot be read: '50.000,00'",
            "the order date is missing",
            "the quantity of line 7 cannot be read: 'ten'",
            "the price of line 7 is missing",
            "the price basis of line 7 cannot be read: 'C'",
        ]
    );
    let mut odd = order("10", vec![order_line(1, "A", "", "10")]);
    odd.order_type = OrderType::Other("stockTransport".to_owned());
    let needs = needs_person(&odd);
    assert_eq!(needs, [NeedsPerson::UnknownType("stockTransport".to_owned())]);
    assert_eq!(
        OrderReason::NeedsPerson(needs[0].clone()).to_string(),
        "needs a person: order type 'stockTransport'"
    );
}

#[test]
#[rustfmt::skip] // one row a line
fn the_strictest_counts() {
    use OrderState::{Approved, Declined, Held, Referred};
    type Change = fn(&mut CreditRequest, &mut CreditStanding);
    let fine: Change = |_, _| {};
    let unknown: Change = |_, a| a.limit = CreditLimit::Unknown;
    let refused: Change = |r, _| {
        r.tender = TenderUse::Funds {
            tender: Tender::Card,
            secured: None,
        };
        r.policy.pcard = PcardPolicy::Refuse;
    };
    let prices = price_check(
        &[order_line(1, "A", "k", "12")],
        &[cart_line("A", "k", "10")],
        &PricePolicy::default().tolerance,
    )
    .findings;
    let needs = [NeedsPerson::Blanket];
    let open = RedecisionGate::Open;
    let old = RedecisionGate::Confirm(vec![Confirmation::TooOld { days: 6 }]);
    let base = |price_action, gate, confirmed, test_document| (price_action, gate, confirmed, test_document);
    use PriceAction::{Accept, Hold, Warn};
    // credit, price differs, blanket, (action, gate, confirmed, test), state, reasons, warnings
    let rows = [
        (fine, false, false, base(Hold, &open, false, false), Approved, vec![], vec![]),
        (fine, true, false, base(Hold, &open, false, false), Held, vec!["price-differs"], vec![]),
        (fine, true, false, base(Hold, &open, true, false), Approved, vec![], vec!["price-differs"]),
        (fine, true, false, base(Warn, &open, false, false), Approved, vec![], vec!["price-differs"]),
        (fine, true, false, base(Accept, &open, false, false), Approved, vec![], vec![]),
        // Never submitted, whoever confirms.
        (fine, false, true, base(Hold, &open, true, false), Held, vec!["needs-person"], vec![]),
        (fine, false, false, base(Hold, &open, true, true), Held, vec!["test-document"], vec![]),
        (unknown, false, false, base(Hold, &open, false, false), Referred, vec!["limit-unknown"], vec![]),
        (unknown, true, false, base(Hold, &open, false, false), Held, vec!["limit-unknown", "price-differs"], vec![]),
        (refused, true, false, base(Hold, &open, false, false), Declined, vec!["card-refused", "price-differs"], vec![]),
        // The gate stands only before what would go on.
        (fine, false, false, base(Hold, &old, false, false), Referred, vec!["needs-confirmation"], vec![]),
        (fine, true, false, base(Hold, &old, false, false), Held, vec!["price-differs"], vec![]),
    ];
    for (number, row) in rows.into_iter().enumerate() {
        let (
            change,
            differs,
            blanket,
            (price_action, gate, confirmed, test_document),
            state,
            reasons,
            warnings,
        ) = row;
        let (mut asked, mut account) = (request("10"), standing());
        change(&mut asked, &mut account);
        let credit = decide(&asked, &account, now());
        let found = verdict(&Review {
            credit: &credit,
            prices: if differs { &prices } else { &[] },
            total: None,
            agreement: &[],
            price_action,
            unmapped: &[],
            unmapped_policy: UnmappedPolicy::Hold,
            needs: if blanket { &needs } else { &[] },
            gate,
            confirmed,
            test_document,
        });
        let codes = |reasons: &[OrderReason]| reasons.iter().map(OrderReason::code).collect::<Vec<_>>();
        assert_eq!(found.state, state, "row {number}");
        assert_eq!(codes(&found.reasons), reasons, "row {number}");
        assert_eq!(codes(&found.warnings), warnings, "row {number}");
        assert_eq!(found.reasons.is_empty(), found.state == Approved, "row {number}");
    }
}

#[test]
fn a_total_that_differs_holds_like_a_price() {
    let credit = decide(&request("10"), &standing(), now());
    let found = verdict(&Review {
        credit: &credit,
        prices: &[],
        total: Some(&TotalFinding::Unreckonable),
        agreement: &[],
        price_action: PriceAction::Hold,
        unmapped: &[],
        unmapped_policy: UnmappedPolicy::Hold,
        needs: &[],
        gate: &RedecisionGate::Open,
        confirmed: false,
        test_document: false,
    });
    assert_eq!(
        (found.state, found.reasons[0].code()),
        (OrderState::Held, "total-differs")
    );
}

#[test]
fn what_no_mapping_knows_holds_by_policy() {
    let credit = decide(&request("10"), &standing(), now());
    let unmapped = [
        Unmapped::Unit {
            unit: "BX".to_owned(),
            lines: vec![1, 3],
        },
        Unmapped::ShipTo {
            address: "DOCK-7".to_owned(),
            lines: Vec::new(),
        },
    ];
    let required = Unmapped::User {
        user: "bea@acme.example".to_owned(),
    };
    let texts = [
        "no mapping knows the unit 'BX' of lines 1, 3: map it, or confirm that it is ours",
        "no mapping knows the ship-to 'DOCK-7': map it, or confirm that it is ours",
    ];
    for (policy, state, reasons, warnings) in [
        (UnmappedPolicy::Hold, OrderState::Held, &texts[..], &texts[..0]),
        (
            UnmappedPolicy::Warn,
            OrderState::Approved,
            &texts[..0],
            &texts[..],
        ),
        (
            UnmappedPolicy::Pass,
            OrderState::Approved,
            &texts[..0],
            &texts[..0],
        ),
    ] {
        let found = verdict(&Review {
            credit: &credit,
            prices: &[],
            total: None,
            agreement: &[],
            price_action: PriceAction::Hold,
            unmapped: &unmapped,
            unmapped_policy: policy,
            needs: &[],
            gate: &RedecisionGate::Open,
            confirmed: false,
            test_document: false,
        });
        let shown = |all: &[OrderReason]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(found.state, state, "{policy}");
        assert_eq!(shown(&found.reasons), reasons, "{policy}");
        assert_eq!(shown(&found.warnings), warnings, "{policy}");

        // What was asked for on every order holds, whatever is let pass.
        let found = verdict(&Review {
            credit: &credit,
            prices: &[],
            total: None,
            agreement: &[],
            price_action: PriceAction::Hold,
            unmapped: std::slice::from_ref(&required),
            unmapped_policy: policy,
            needs: &[],
            gate: &RedecisionGate::Open,
            confirmed: false,
            test_document: false,
        });
        assert_eq!(found.state, OrderState::Held, "{policy}");
        assert_eq!(shown(&found.reasons), [required.to_string()], "{policy}");
    }
}

#[test]
fn the_strictest_of_credit_and_what_stands_beside_it_counts() {
    use OrderState::{Approved, Declined, Held, Referred};
    // Credit; alone, held by something else, confirmed first by a person, both.
    let rows = [
        (CreditOutcome::Approve, [Approved, Held, Referred, Held]),
        (CreditOutcome::Refer(Vec::new()), [Referred, Held, Referred, Held]),
        (CreditOutcome::Hold(Vec::new()), [Held; 4]),
        (CreditOutcome::Decline(Vec::new()), [Declined; 4]),
    ];
    for (credit, expected) in rows {
        let beside = [(false, false), (true, false), (false, true), (true, true)];
        let states = beside.map(|(holds, confirms)| state_after(&credit, Besides { holds, confirms }));
        assert_eq!(states, expected, "{credit:?}");
    }
}
