//! What the shop's checkout may offer.

use punchgate_domain::{
    credit::{CreditRequest, CreditStanding, Tender, tenders},
    customer::{CreditLimit, PartyRole},
    hold::Permission::{Order, OrderOnTerms, Ship},
    policy::PcardPolicy,
};

use crate::fixture::{money, now, party_hold, request, standing};

#[test]
#[rustfmt::skip] // one row a line
fn offers() {
    type Change = fn(&mut CreditRequest, &mut CreditStanding);
    type Row<'a> = (Change, &'a [(Tender, Option<&'a str>)]);
    // what is different; tender, reason against
    let rows: &[Row<'_>] = &[
        (|_, _| {}, &[(Tender::Terms, None), (Tender::Card, None)]),
        (|r, _| r.total = money("7000"), &[(Tender::Terms, Some("over-limit")), (Tender::Card, None)]),
        (|_, a| a.limit = CreditLimit::Amount(money("0")), &[(Tender::Terms, Some("prepay-only")), (Tender::Card, None)]),
        (|_, a| a.limit = CreditLimit::Unknown, &[(Tender::Terms, Some("limit-unknown")), (Tender::Card, None)]),
        (|r, _| r.holds = vec![party_hold(PartyRole::Payer, "h", &[OrderOnTerms])], &[(Tender::Terms, Some("on-hold")), (Tender::Card, None)]),
        (|r, _| r.holds = vec![party_hold(PartyRole::ShipTo, "h", &[Order])], &[(Tender::Terms, Some("on-hold")), (Tender::Card, Some("on-hold"))]),
        (|r, _| r.holds = vec![party_hold(PartyRole::ShipTo, "h", &[Ship])], &[(Tender::Terms, None), (Tender::Card, None)]),
        (|r, _| r.policy.pcard = PcardPolicy::Refuse, &[(Tender::Terms, None), (Tender::Card, Some("card-refused"))]),
        (|r, _| r.policy.tenders = vec![Tender::Ach], &[(Tender::Ach, None)]),
    ];
    for (number, (change, expected)) in rows.iter().enumerate() {
        let (mut asked, mut account) = (request("100"), standing());
        change(&mut asked, &mut account);
        let offers = tenders(&asked, &account, now());
        let found: Vec<_> = offers.iter().map(|o| (o.tender, o.reason)).collect();
        assert_eq!(found, *expected, "row {number}");
        for offer in offers {
            assert_eq!(offer.allowed, offer.reason.is_none(), "row {number}");
            assert_eq!(offer.allowed, offer.why_not.is_none(), "row {number}");
        }
    }
}

#[test]
fn the_holds_own_words_come_first() {
    let mut asked = request("7000");
    asked.holds = vec![party_hold(PartyRole::Payer, "h", &[OrderOnTerms])];
    let offers = tenders(&asked, &standing(), now());
    assert_eq!(offers[0].why_not.as_deref(), Some("h: please call us"));
}
