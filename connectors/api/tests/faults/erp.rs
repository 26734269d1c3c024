//! Faults of an ERP's connector, and the cases that find them.

use std::{fmt::Debug, time::Duration};

use jiff::{Timestamp, civil::date};
use punchgate_connector::{
    Context,
    conformance::{ErpFixture, OrderFixture, PeopleFixture, Report, Verdict, run_erp},
};
use punchgate_domain::{money::StatedAmount, quantity::Unit};
use tokio_util::sync::CancellationToken;

use super::{
    faulty_erp::{Fault, FaultyErp},
    ledger::{CUSTOMER, DELETED, HELD, INACTIVE, SECOND, contacts, ship_tos, usd},
    line,
};

pub(super) fn order() -> OrderFixture {
    OrderFixture {
        part_id: "GLV-100".to_owned(),
        unit: Unit::new("BX"),
        unit_price: StatedAmount::parse("12.40", usd()).unwrap(),
        date: date(2026, 3, 1),
        live: true,
    }
}

pub(super) fn context(id: String) -> Context {
    let now = Timestamp::from_second(1_772_000_000).unwrap();
    Context::new(
        id,
        now,
        Duration::from_secs(20),
        CancellationToken::new(),
        line::http(),
    )
}

/// What the report says, where other cases failed than those that should.
pub(super) fn differing(fault: &dyn Debug, cases: &[&str], report: &Report) -> Option<String> {
    let failed = report.cases.iter().filter(|case| case.verdict == Verdict::Failed);
    let failed: Vec<&str> = failed.map(|case| case.case).collect();
    (failed != *cases || cases.is_empty()).then(|| format!("{fault:?}: {failed:?}\n{report}"))
}

async fn conformance(fault: Option<Fault>) -> Report {
    let system = FaultyErp::new(fault, "");
    let elsewhere = FaultyErp::new(fault, "NOWHERE");
    let fixture = ErpFixture {
        held_customer: Some(HELD.to_owned()),
        deleted_customer: Some(DELETED.to_owned()),
        inactive_customer: Some(INACTIVE.to_owned()),
        second_customer: Some(SECOND.to_owned()),
        people: Some(PeopleFixture {
            customer: CUSTOMER.to_owned(),
            contacts: contacts(),
            ship_tos: ship_tos(),
        }),
        clerk: Some(&system),
        wrong_scope: Some(&elsewhere),
        ..ErpFixture::new("faults".to_owned(), &context, CUSTOMER.to_owned(), order())
    };
    run_erp(&system, &fixture).await
}

#[tokio::test]
async fn a_correct_erp_passes_every_case() {
    let report = conformance(None).await;
    assert_eq!(report.count(Verdict::Passed), report.cases.len(), "{report}");
}

/// Each with all the cases that it fails.
const FAULTS: &[(Fault, &[&str])] = &[
    (Fault::BooksTwice, &["exposure-credit-note"]),
    (Fault::CallsACutTemporary, &["patch-cut", "order-cut"]),
    (Fault::ChokesOnUnknownParts, &["order-unknown-part"]),
    (Fault::CutsHoldCodes, &["patch-hold-code"]),
    (Fault::FeedsAnotherVersion, &["patch-echo"]),
    (Fault::ForgetsTheLimit, &["order-over-limit"]),
    (Fault::IgnoresPayments, &["exposure-payment"]),
    (Fault::KeepsInvoicedOrdersOpen, &["exposure-invoice"]),
    (Fault::KeepsTwoDigits, &["patch-limit-digits"]),
    (Fault::LosesHalfOfAMoment, &["accounts-changed-at-once"]),
    (Fault::OrdersInAnyScope, &["order-wrong-scope"]),
    (Fault::PassesOverLateCommits, &["accounts-committed-late"]),
    (Fault::ReadsKeysAsPatterns, &["accounts-strange-keys"]),
    (Fault::ReadsNoScopeAsUnlimited, &["accounts-wrong-scope-by-key"]),
    (Fault::TakesAnyCurrency, &["patch-refused-limit"]),
    (Fault::TellsExposureOfAnyScope, &["exposure-wrong-scope"]),
    (Fault::TellsInactiveAsActive, &["accounts-inactive"]),
    (Fault::TellsLocalTime, &["patch-changed-at"]),
    (Fault::WritesHalfOfARefusal, &["patch-refused-whole"]),
    (Fault::WritesWithoutAScope, &["patch-wrong-scope"]),
    (
        Fault::AnswersAnotherAccount,
        &[
            "accounts-by-key",
            "accounts-deleted",
            "accounts-inactive",
            "accounts-strange-keys",
            "contacts-keep-their-ids",
            "contacts-as-they-are",
            "ship-tos-keep-their-ids",
            "ship-tos-as-they-are",
            "contact-taken-away",
            "patch-stale-version",
            "patch-unknown-account",
            "patch-in-parallel",
            "patch-hold",
            "patch-limit-values",
            "patch-same-value",
            "patch-limit-digits",
            "patch-refused",
            "patch-refused-whole",
            "patch-refused-limit",
            "patch-hold-code",
            "patch-echo",
            "patch-changed-at",
            "accounts-changed-at-once",
            "accounts-committed-late",
            "patch-cut",
            "patch-limit-put-back",
            "patch-wrong-scope",
            "exposure-by-key",
            "order-over-limit",
        ],
    ),
    (
        Fault::AnswersAnotherExposure,
        &[
            "exposure-by-key",
            "exposure-counts-an-order",
            "exposure-invoice",
            "exposure-payment",
            "exposure-credit-note",
        ],
    ),
    (Fault::AnswersPricesOutOfOrder, &["prices-one-a-query"]),
    (Fault::AnswersUnknownPartsAsNone, &["stock-one-a-query"]),
    (Fault::AppliesAChangeTwice, &["order-change-twice"]),
    (
        Fault::CancelsByWordOnly,
        &["order-cancel", "order-change-cancelled"],
    ),
    (
        Fault::ChangesByASecondOrder,
        &["order-change", "order-change-twice", "order-change-older"],
    ),
    (
        Fault::ChangesByWordOnly,
        &["order-change", "order-change-twice", "order-change-older"],
    ),
    (Fault::ChangesWhatIsCancelled, &["order-change-cancelled"]),
    (Fault::LetsAnOlderChangeWin, &["order-change-older"]),
    (Fault::CutsTexts, &["patch-hold"]),
    (
        Fault::DoublesOrders,
        &[
            "exposure-invoice",
            "order-submit-and-find",
            "order-submit-twice",
            "order-submit-in-parallel",
            "order-find-by-number",
            "order-cancel",
            "order-cut",
            "order-unknown-part",
            "order-change",
            "order-change-twice",
            "order-change-older",
            "order-change-cancelled",
        ],
    ),
    (
        Fault::DropsContacts,
        &["contacts-as-they-are", "contact-taken-away"],
    ),
    (
        Fault::DropsContactsFromPages,
        &["contacts-keep-their-ids", "contact-taken-away"],
    ),
    (
        Fault::DropsTheScope,
        &[
            "accounts-wrong-scope",
            "accounts-wrong-scope-by-key",
            "patch-wrong-scope",
            "exposure-wrong-scope",
            "order-wrong-scope",
        ],
    ),
    (
        Fault::FindsByPrefix,
        &[
            "order-find-nothing",
            "order-submit-and-find",
            "order-submit-twice",
            "order-submit-in-parallel",
            "order-unknown-customer",
            "order-cancel",
            "order-cut",
            "order-over-limit",
            "order-unknown-part",
            "order-change",
            "order-change-twice",
            "order-change-older",
            "order-change-cancelled",
            "order-change-unknown",
        ],
    ),
    (Fault::FindsNumbersOfAnybody, &["order-find-by-number"]),
    (
        Fault::ForgetsSearchBeforeCreate,
        &["order-submit-twice", "order-submit-in-parallel"],
    ),
    (Fault::HidesCancelledOrders, &["order-find-by-number"]),
    (Fault::HidesDeletions, &["accounts-deleted"]),
    (Fault::HidesTakenContacts, &["contact-taken-away"]),
    (
        Fault::IgnoresTheExpectedVersion,
        &["patch-stale-version", "patch-in-parallel"],
    ),
    (Fault::IgnoresTheKinds, &["documents-by-kind"]),
    (Fault::KeepsDeleted, &["accounts-deleted"]),
    (Fault::KeepsHolds, &["patch-hold"]),
    (Fault::KeepsTakenContacts, &["contact-taken-away"]),
    (
        Fault::LosesTheCursor,
        &[
            "accounts-all-pages",
            "accounts-fall-silent",
            "accounts-changed-at-once",
        ],
    ),
    (Fault::LosesTheDocumentCursor, &["documents-all-pages"]),
    (
        Fault::ManglesNames,
        &["contacts-as-they-are", "contact-taken-away"],
    ),
    (Fault::MergesNamesakes, &["contacts-as-they-are"]),
    (Fault::MixesShipTosUp, &["ship-tos-as-they-are"]),
    (Fault::NeverMovesTheVersion, &["patch-in-parallel", "patch-hold"]),
    (
        Fault::NumbersContactsAnew,
        &[
            "contacts-keep-their-ids",
            "contacts-as-they-are",
            "contact-taken-away",
        ],
    ),
    (Fault::ReadsZeroAsUnlimited, &["patch-limit-values"]),
    (
        Fault::SendsStaleExposure,
        &[
            "exposure-counts-an-order",
            "exposure-invoice",
            "exposure-payment",
            "exposure-credit-note",
        ],
    ),
    (
        Fault::SwallowsARefusal,
        &["patch-refused", "patch-refused-whole", "patch-refused-limit"],
    ),
    (Fault::SwallowsAnOrderRefusal, &["order-unknown-customer"]),
    (
        Fault::TakesAPageForAnEmptyOne,
        &["accounts-page-for-people", "accounts-truncated"],
    ),
    (Fault::TakesAServerErrorForANo, &["order-answer-lost"]),
    (Fault::TakesAnExpiredTokenForTheEnd, &["accounts-token-expired"]),
    (
        Fault::TakesThrottlingForTrouble,
        &["accounts-throttled", "accounts-throttled-without-a-word"],
    ),
    (Fault::TriesAgainBlindly, &["order-cut"]),
    (
        Fault::TruncatesPages,
        &["accounts-all-pages", "accounts-changed-at-once"],
    ),
    (Fault::TrustsFloats, &["patch-limit-values"]),
    (Fault::WritesDespiteAConflict, &["patch-stale-version"]),
];

#[tokio::test]
async fn every_fault_fails_its_cases_and_no_other() {
    let mut wrong = Vec::new();
    for (fault, cases) in FAULTS {
        let report = conformance(Some(*fault)).await;
        wrong.extend(differing(fault, cases, &report));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
