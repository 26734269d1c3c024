//! The decision, case by case: what is asked, what comes out.

use jiff::SignedDuration;
use proptest::prelude::*;
use punchgate_domain::{
    credit::{
        CheckPoint, CreditRequest, CreditStanding, DatedRate, OverLimitAction, OwnShare, Reason, Tender,
        TenderUse, decide,
    },
    customer::{AgreedTerms, CreditLimit, Exposure, PartyRole},
    hold::{
        Permission::{Invoice, Order, OrderOnTerms, Ship},
        PermissionSet,
    },
    money::{Currency, Money},
    policy::{ExposureAgePolicy, PcardPolicy, StaleExposure},
};
use rust_decimal::Decimal;

use crate::fixture::{at, money, now, party_hold, request, standing, usd};

type Change = fn(&mut CreditRequest, &mut CreditStanding);

/// total, what is different, outcome, codes of the reasons, codes of the warnings, reserve
type Row = (
    &'static str,
    Change,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    &'static str,
);

fn check(rows: &[Row]) {
    for (number, (total, change, outcome, reasons, warnings, reserve)) in rows.iter().enumerate() {
        let (mut asked, mut account) = (request(total), standing());
        change(&mut asked, &mut account);
        let decision = decide(&asked, &account, now());
        let codes = |reasons: &[Reason]| reasons.iter().map(Reason::code).collect::<Vec<_>>();
        assert_eq!(decision.outcome.as_str(), *outcome, "row {number}: {decision:?}");
        assert_eq!(codes(decision.reasons()), *reasons, "row {number}: reasons");
        assert_eq!(codes(&decision.warnings), *warnings, "row {number}: warnings");
        assert_eq!(decision.reserve, money(reserve), "row {number}: reserve");
    }
}

fn nothing(_: &mut CreditRequest, _: &mut CreditStanding) {}

fn funds(tender: Tender, secured: Option<&str>) -> TenderUse {
    TenderUse::Funds {
        tender,
        secured: secured.map(money),
    }
}

#[test]
#[rustfmt::skip] // one row a line
fn the_limit_is_reckoned() {
    check(&[
        // 50,000 − 31,400 − 12,000 leaves 6,600.
        ("6600.00", nothing, "approve", &[], &[], "6600.00"),
        ("6600.01", nothing, "hold", &["over-limit"], &[], "6600.01"),
        ("0.01", nothing, "approve", &[], &[], "0.01"),
        ("1", |_, a| a.limit = CreditLimit::Unknown, "refer", &["limit-unknown"], &[], "1"),
        ("900000", |_, a| a.limit = CreditLimit::Unlimited, "approve", &[], &[], "900000"),
        // No limit, no question what is owed.
        ("900000", |_, a| { a.limit = CreditLimit::Unlimited; a.exposure = None; }, "approve", &[], &[], "900000"),
        ("1", |_, a| a.limit = CreditLimit::Amount(money("0")), "hold", &["prepay-only"], &[], "1"),
        ("1", |_, a| a.limit = CreditLimit::Amount(money("-5")), "hold", &["prepay-only"], &[], "1"),
        ("1", |_, a| a.exposure = None, "refer", &["exposure-unknown"], &[], "1"),
        // The account has paid in advance: exposure below zero gives room.
        ("62000", |_, a| a.exposure.as_mut().unwrap().amount = money("-24000"), "approve", &[], &[], "62000"),
        ("62000.01", |_, a| a.exposure.as_mut().unwrap().amount = money("-24000"), "hold", &["over-limit"], &[], "62000.01"),
        // Already above its limit.
        ("0.01", |_, a| a.reserved = money("20000"), "hold", &["over-limit"], &[], "0.01"),
        ("7000", |r, _| r.policy.over_limit = OverLimitAction::Refer, "refer", &["over-limit"], &[], "7000"),
        ("7000", |r, _| r.policy.over_limit = OverLimitAction::Decline, "decline", &["over-limit"], &[], "7000"),
        // An update of an order that has 12,000 of the reservations needs only the difference.
        ("18600", |r, _| { r.own = Some(OwnShare { reserved: money("12000"), drawn: None }) }, "approve", &[], &[], "18600"),
        ("18600.01", |r, _| { r.own = Some(OwnShare { reserved: money("12000"), drawn: None }) }, "hold", &["over-limit"], &[], "18600.01"),
    ]);
}

#[test]
#[rustfmt::skip] // one row a line
fn totals_of_nothing_and_below() {
    check(&[
        // Nothing to pay needs no credit, whatever is known of it.
        ("0", |_, a| a.limit = CreditLimit::Unknown, "approve", &[], &[], "0"),
        ("0", |_, a| a.reserved = money("90000"), "approve", &[], &[], "0"),
        // A hold on terms is a hold on terms.
        ("0", |r, _| r.holds = vec![party_hold(PartyRole::SoldTo, "h", &[OrderOnTerms])], "hold", &["on-hold"], &[], "0"),
        ("-10", nothing, "refer", &["negative-total"], &[], "0"),
        ("-10", |_, a| a.limit = CreditLimit::Unknown, "refer", &["negative-total"], &[], "0"),
        ("-10", |r, _| r.tender = funds(Tender::Card, None), "refer", &["negative-total"], &[], "0"),
    ]);
}

#[test]
#[rustfmt::skip] // one row a line
fn exposure_grows_old() {
    fn aged(asked: &mut CreditRequest, when_older: StaleExposure) {
        asked.policy.exposure_age = ExposureAgePolicy {
            max_age: SignedDuration::from_mins(57),
            when_older,
        };
    }
    check(&[
        // Read 58 minutes ago.
        ("10", |r, _| aged(r, StaleExposure::Block), "hold", &["exposure-stale"], &[], "10"),
        ("10", |r, _| aged(r, StaleExposure::Warn), "approve", &[], &["exposure-stale"], "10"),
        ("10", |r, _| aged(r, StaleExposure::AllowUpTo(money("10"))), "approve", &[], &["exposure-stale"], "10"),
        ("10.01", |r, _| aged(r, StaleExposure::AllowUpTo(money("10"))), "hold", &["exposure-stale"], &[], "10.01"),
        // No rate for the allowance: it does not count.
        ("10", |r, _| aged(r, StaleExposure::AllowUpTo(money("EUR 500"))), "hold", &["exposure-stale"], &[], "10"),
        // Old, and too little by the old reading as well.
        ("7000", |r, _| aged(r, StaleExposure::Warn), "hold", &["over-limit"], &["exposure-stale"], "7000"),
        ("7000", |r, _| aged(r, StaleExposure::Block), "hold", &["exposure-stale", "over-limit"], &[], "7000"),
        // The limit of the age itself, and an ERP whose clock is ahead.
        ("10", |r, _| r.policy.exposure_age.max_age = SignedDuration::from_mins(58), "approve", &[], &[], "10"),
        ("10", |_, a| a.exposure.as_mut().unwrap().as_of = at("2026-03-04T10:05:00Z"), "approve", &[], &[], "10"),
    ]);
}

#[test]
#[rustfmt::skip] // one row a line
fn holds_of_all_parties_count() {
    check(&[
        ("10", |r, _| r.holds = vec![party_hold(PartyRole::SoldTo, "h", &[Order])], "hold", &["on-hold"], &[], "10"),
        ("10", |r, _| r.holds = vec![party_hold(PartyRole::ShipTo, "h", &[Order])], "hold", &["on-hold"], &[], "10"),
        ("10", |r, _| r.holds = vec![party_hold(PartyRole::Payer, "h", &[OrderOnTerms])], "hold", &["on-hold"], &[], "10"),
        ("10", |r, _| r.holds = vec![party_hold(PartyRole::Payer, "h", &[Ship, Invoice])], "approve", &[], &["on-hold"], "10"),
        ("10", |r, _| r.holds = vec![party_hold(PartyRole::SoldTo, "h", &[])], "approve", &[], &["on-hold"], "10"),
        // Both holds are told, and the limit too.
        ("7000", |r, _| { r.holds = vec![party_hold(PartyRole::SoldTo, "h1", &[OrderOnTerms]), party_hold(PartyRole::Payer, "h2", &[Order])] }, "hold", &["on-hold", "on-hold", "over-limit"], &[], "7000"),
        // One hold in two roles is told once.
        ("10", |r, _| { r.holds = vec![party_hold(PartyRole::SoldTo, "h", &[Order]), party_hold(PartyRole::Payer, "h", &[Order])] }, "hold", &["on-hold"], &[], "10"),
        // A hold outweighs a referral; both are told.
        ("10", |r, a| { r.holds = vec![party_hold(PartyRole::SoldTo, "h", &[Order])]; a.limit = CreditLimit::Unknown; }, "hold", &["on-hold", "limit-unknown"], &[], "10"),
        // Over.
        ("10", |r, _| { r.holds = vec![party_hold(PartyRole::SoldTo, "h", &[Order])]; r.holds[0].hold.until = Some(now()); }, "approve", &[], &[], "10"),
        // Not yet.
        ("10", |r, _| { r.holds = vec![party_hold(PartyRole::SoldTo, "h", &[Order])]; r.holds[0].hold.since = at("2026-03-04T10:00:01Z"); }, "approve", &[], &[], "10"),
    ]);
}

#[test]
#[rustfmt::skip] // one row a line
fn funds_pass_a_hold_on_terms_but_not_a_hold_on_orders() {
    fn terms_hold(asked: &mut CreditRequest) {
        asked.holds = vec![party_hold(PartyRole::SoldTo, "h", &[OrderOnTerms])];
    }
    check(&[
        ("10", |r, _| { terms_hold(r); r.tender = funds(Tender::Ach, Some("10")); }, "approve", &[], &["on-hold"], "0"),
        ("10", |r, _| { terms_hold(r); r.tender = funds(Tender::Card, Some("10")); }, "approve", &[], &["on-hold"], "0"),
        ("10", |r, _| { terms_hold(r); r.tender = funds(Tender::Ach, Some("9.99")); }, "hold", &["funds-not-secured"], &["on-hold"], "0"),
        ("10", |r, _| { terms_hold(r); r.tender = funds(Tender::Points, None); }, "hold", &["funds-not-secured"], &["on-hold"], "0"),
        // Money in another currency secures nothing.
        ("10", |r, _| r.tender = funds(Tender::Ach, Some("EUR 10")), "hold", &["funds-not-secured"], &[], "0"),
        ("10", |r, _| { r.holds = vec![party_hold(PartyRole::SoldTo, "h", &[Order])]; r.tender = funds(Tender::Ach, Some("10")); }, "hold", &["on-hold"], &[], "0"),
        // Paid in full: neither limit nor currency matter.
        ("EUR 10", |r, a| { a.limit = CreditLimit::Unknown; r.tender = funds(Tender::CreditProvider, Some("EUR 10")); }, "approve", &[], &[], "0"),
        // Before the order nothing can be secured yet.
        ("10", |r, _| { r.check_point = CheckPoint::CartReturn; r.tender = funds(Tender::Card, None); }, "approve", &[], &[], "0"),
        // "Funds by terms" are terms.
        ("7000", |r, _| r.tender = funds(Tender::Terms, Some("7000")), "hold", &["over-limit"], &[], "7000"),
        ("10", |r, _| r.policy.tenders = vec![Tender::Card], "hold", &["tender-not-accepted"], &[], "10"),
    ]);
}

#[test]
#[rustfmt::skip] // one row a line
fn cards_are_never_on_terms() {
    fn card(asked: &mut CreditRequest, policy: PcardPolicy, secured: Option<&str>) {
        asked.policy.pcard = policy;
        asked.tender = funds(Tender::Card, secured);
    }
    check(&[
        ("10", |r, _| card(r, PcardPolicy::Hold, None), "hold", &["card-awaited"], &[], "0"),
        ("10", |r, _| card(r, PcardPolicy::Hold, Some("10")), "approve", &[], &[], "0"),
        ("10", |r, _| card(r, PcardPolicy::Tokenise, None), "hold", &["funds-not-secured"], &[], "0"),
        ("10", |r, _| card(r, PcardPolicy::Tokenise, Some("9")), "hold", &["funds-not-secured"], &[], "0"),
        ("10", |r, _| card(r, PcardPolicy::Tokenise, Some("10")), "approve", &[], &[], "0"),
        ("10", |r, _| card(r, PcardPolicy::Refuse, None), "decline", &["card-refused"], &[], "0"),
        ("10", |r, _| card(r, PcardPolicy::Refuse, Some("10")), "decline", &["card-refused"], &[], "0"),
        // What is charged is all of it or nothing.
        ("10", |r, _| card(r, PcardPolicy::Hold, Some("9.99")), "hold", &["funds-not-secured"], &[], "0"),
        // Whoever refuses cards refuses them at the checkout too.
        ("10", |r, _| { card(r, PcardPolicy::Refuse, None); r.check_point = CheckPoint::Checkout; }, "decline", &["card-refused"], &[], "0"),
    ]);
}

fn eur_rate(rate: &str, date: &str) -> DatedRate {
    DatedRate {
        from: Currency::parse("EUR").unwrap(),
        to: usd(),
        rate: rate.parse::<Decimal>().unwrap(),
        date: date.parse().unwrap(),
    }
}

#[test]
#[rustfmt::skip] // one row a line
fn another_currency_needs_a_dated_rate() {
    check(&[
        ("EUR 100", nothing, "refer", &["no-rate"], &[], "0"),
        ("EUR 6000", |_, a| a.rates = vec![eur_rate("1.1", "2026-03-04")], "approve", &[], &[], "6600"),
        ("EUR 6000.01", |_, a| a.rates = vec![eur_rate("1.1", "2026-03-04")], "hold", &["over-limit"], &[], "6600.01"),
        // The newest that has begun; seven days old still counts, eight do not.
        ("EUR 100", |_, a| { a.rates = vec![eur_rate("1.1", "2026-03-01"), eur_rate("1.2", "2026-03-03"), eur_rate("9", "2026-03-05")] }, "approve", &[], &[], "120"),
        ("EUR 100", |_, a| a.rates = vec![eur_rate("1.1", "2026-02-25")], "approve", &[], &[], "110"),
        ("EUR 100", |_, a| a.rates = vec![eur_rate("1.1", "2026-02-24")], "refer", &["no-rate"], &[], "0"),
        ("EUR 100", |_, a| a.rates = vec![eur_rate("0", "2026-03-04")], "refer", &["no-rate"], &[], "0"),
        ("EUR 100", |_, a| a.rates = vec![eur_rate("-1", "2026-03-04")], "refer", &["no-rate"], &[], "0"),
        // Limit or exposure in another currency than the account.
        ("100", |_, a| a.limit = CreditLimit::Amount(money("EUR 50000")), "refer", &["no-rate"], &[], "100"),
        ("100", |_, a| a.exposure.as_mut().unwrap().amount = money("EUR 1"), "refer", &["no-rate"], &[], "100"),
        ("100", |_, a| a.reserved = money("EUR 1"), "refer", &["unreckonable"], &[], "100"),
    ]);
}

#[test]
fn nothing_overflows() {
    let largest = Money::from_minor(i64::MAX, usd());
    let least = Money::from_minor(i64::MIN, usd());
    for reserved in [largest, least] {
        for open in [largest, least] {
            for limit in [largest, least, money("1")] {
                for total in [largest, least, money("1")] {
                    let mut account = standing();
                    account.limit = CreditLimit::Amount(limit);
                    account.reserved = reserved;
                    account.exposure = Some(Exposure {
                        amount: open,
                        ..account.exposure.unwrap()
                    });
                    let asked = CreditRequest {
                        total,
                        ..request("1")
                    };
                    let decision = decide(&asked, &account, now());
                    // Exact arithmetic says the same, or the decision does not approve.
                    let minor = |money: Money| i128::from(money.minor());
                    let fits = minor(limit) - minor(open) - minor(reserved) >= minor(total);
                    assert!(fits || !decision.is_approved(), "{asked:?} {account:?}");
                }
            }
        }
    }
}

#[test]
fn a_reason_tells_the_numbers_to_us_and_none_to_the_shopper() {
    let decision = decide(&request("8430"), &standing(), now());
    assert_eq!(
        decision.reasons()[0].to_string(),
        "limit USD 50,000.00 − open USD 31,400.00 (ERP 2026-03-04 09:02 UTC) − reserved USD 12,000.00; \
         order USD 8,430.00, missing USD 1,830.00"
    );
    assert_eq!(decision.figures.unwrap().available, money("6600"));
    let shopper = decision.shopper_text().unwrap();
    assert!(!shopper.contains(|c: char| c.is_ascii_digit()), "{shopper}");

    let mut asked = request("8430");
    asked.holds = vec![
        party_hold(PartyRole::Payer, "strict", &[Order]),
        party_hold(PartyRole::SoldTo, "mild", &[OrderOnTerms]),
    ];
    asked.holds[0].hold.texts.shopper = None;
    let decision = decide(&asked, &standing(), now());
    assert_eq!(decision.shopper_text().unwrap(), "mild: please call us");
    assert_eq!(
        decision.reasons()[0].to_string(),
        "the payer is on hold (overdue): strict: 3 invoices overdue"
    );
    for reason in decision.reasons() {
        assert!(
            !reason.shopper_text().contains("invoices"),
            "internal text left the house"
        );
    }
}

proptest! {
    /// Every hold, every reservation and every unit of exposure can only make a decision stricter.
    #[test]
    fn more_against_an_order_never_lets_it_through(
        total in 0_i64..900_000,
        limit in 0_i64..9_000_000,
        open in -1_000_000_i64..9_000_000,
        reserved in 0_i64..2_000_000,
        removes in 0_u8..16,
        more in 0_i64..1_000_000,
    ) {
        let mut account = standing();
        let in_usd = |minor| Money::from_minor(minor, usd());
        account.limit = CreditLimit::Amount(in_usd(limit));
        account.exposure.as_mut().unwrap().amount = in_usd(open);
        account.reserved = in_usd(reserved);
        let asked = CreditRequest { total: in_usd(total), ..request("1") };
        let approved = |asked: &CreditRequest, account: &CreditStanding| {
            let decision = decide(asked, account, now());
            prop_assert_eq!(decision.is_approved(), decision.reasons().is_empty());
            Ok(decision.is_approved())
        };
        let before = approved(&asked, &account)?;
        let fits = total == 0 || (limit > 0 && total <= limit - open - reserved);
        prop_assert_eq!(before, fits);

        let mut held = asked.clone();
        held.holds = vec![party_hold(PartyRole::Payer, "h", &[])];
        held.holds[0].hold.removes = PermissionSet::from_bits(removes).unwrap();
        prop_assert!(before || !approved(&held, &account)?);
        prop_assert!(removes & 3 == 0 || !approved(&held, &account)?);

        let mut fuller = account.clone();
        fuller.reserved = in_usd(reserved + more);
        prop_assert!(before || !approved(&asked, &fuller)?);
        fuller.exposure.as_mut().unwrap().amount = in_usd(open + more);
        prop_assert!(before || !approved(&asked, &fuller)?);
    }
}

#[test]
fn what_is_agreed_decides_whether_anything_is_ordered_on_terms() {
    let card = TenderUse::Funds {
        tender: Tender::Card,
        secured: Some(money("100")),
    };
    let rows = [
        (AgreedTerms::Account, TenderUse::Terms, None),
        (AgreedTerms::Nothing, TenderUse::Terms, Some("no-terms")),
        (AgreedTerms::Prepayment, TenderUse::Terms, Some("prepaid-terms")),
        // What is paid at once needs no terms.
        (AgreedTerms::Nothing, card, None),
        (AgreedTerms::Prepayment, card, None),
    ];
    for (terms, tender, code) in rows {
        let asked = CreditRequest {
            terms,
            tender,
            ..request("100")
        };
        let decision = decide(&asked, &standing(), now());
        assert_eq!(
            decision.reasons().first().map(Reason::code),
            code,
            "{terms:?} {tender:?}"
        );
        assert_eq!(decision.is_approved(), code.is_none(), "{terms:?} {tender:?}");
    }
}
