//! Limits, terms and versions of customers.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use punchgate_domain::{customer::CreditLimit, money::Money};

use super::account;
use crate::{cell::Style, feed::CUSTOMER, fields::Fields};

fn style() -> Style {
    Style {
        decimal: ',',
        thousands: Some('.'),
        dates: Vec::new(),
        zone: TimeZone::UTC,
    }
}

fn fields<'a>(style: &'a Style, pairs: &[(&str, &'a str)]) -> Fields<'a> {
    let value = |name: &&str| {
        pairs
            .iter()
            .find(|(field, _)| field == name)
            .map_or("", |(_, value)| *value)
    };
    Fields {
        names: CUSTOMER,
        values: CUSTOMER.iter().map(value).collect(),
        style,
    }
}

#[test]
fn limits() {
    let style = style();
    let amount = |minor, fields: &Fields<'_>| {
        CreditLimit::Amount(Money::from_minor(minor, fields.currency().unwrap()))
    };
    let cases = [
        ("EUR", "", false, Some(None)),
        ("EUR", "unknown", true, Some(None)),
        ("EUR", "0", true, Some(Some(0))),
        ("EUR", "1.234.567,8", false, Some(Some(123_456_780))),
        ("JPY", "1.500", false, Some(Some(1_500))),
        ("BHD", "0,125", false, Some(Some(125))),
        ("EUR", "0,125", false, None),
        ("JPY", "0,5", false, None),
        ("EUR", "-1", false, None),
        ("EUR", "99.999.999.999.999.999.999", false, None),
        ("EUR", "NaN", true, None),
        ("E", "1", false, None),
    ];
    for (currency, limit, unlimited, expected) in cases {
        let fields = fields(
            &style,
            &[("key", "K"), ("currency", currency), ("credit_limit", limit)],
        );
        let read = account(
            &fields,
            &[],
            Timestamp::UNIX_EPOCH,
            SignedDuration::ZERO,
            unlimited,
        )
        .ok();
        let expected =
            expected.map(|minor| minor.map_or(CreditLimit::Unknown, |minor| amount(minor, &fields)));
        assert_eq!(
            read.map(|account| account.credit_limit),
            expected,
            "{currency} {limit}"
        );
    }
    for (limit, unlimited) in [("", true), ("unlimited", false)] {
        let fields = fields(
            &style,
            &[("key", "K"), ("currency", "EUR"), ("credit_limit", limit)],
        );
        let read = account(
            &fields,
            &[],
            Timestamp::UNIX_EPOCH,
            SignedDuration::ZERO,
            unlimited,
        )
        .unwrap();
        assert_eq!(read.credit_limit, CreditLimit::Unlimited);
    }
}

#[test]
fn terms_and_versions() {
    let style = style();
    let read = |pairs: &[(&str, &str)]| {
        let all: Vec<(&str, &str)> = [("key", "K"), ("currency", "EUR")]
            .into_iter()
            .chain(pairs.iter().copied())
            .collect();
        account(
            &fields(&style, &all),
            &[],
            Timestamp::UNIX_EPOCH,
            SignedDuration::ZERO,
            false,
        )
        .unwrap()
    };
    for (code, stated, days) in [
        ("NET30", "", 30),
        ("Z014", "", 14),
        ("30 DAYS", "", 30),
        ("PREPAY", "", 0),
        ("NET30", "45", 45),
    ] {
        let account = read(&[("terms", code), ("terms_days", stated)]);
        assert_eq!(account.terms.unwrap().net_days, days, "{code}");
    }
    let version = read(&[("credit_limit", "1000")]).version;
    assert_eq!(
        read(&[("credit_limit", "1.000,00")]).version,
        version,
        "only written otherwise"
    );
    assert_eq!(
        read(&[("credit_limit", "1000"), ("open_items", "5")]).version,
        version,
        "what it owes is its own"
    );
    for other in [[("credit_limit", "1001")], [("name", "N")], [("hold", "X")]] {
        assert_ne!(read(&other).version, version, "{other:?}");
    }
    assert_eq!(read(&[("payer", "K")]).payer, None, "its own payer is none");
}
