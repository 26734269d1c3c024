//! Faults of a shop's connector, and the cases that find them.

use punchgate_connector::conformance::{Report, StorefrontFixture, Verdict, run_storefront};

use super::{
    erp::{context, differing, order},
    faulty_shop::{Fault, FaultyShop},
    ledger::CUSTOMER,
};

async fn conformance(fault: Option<Fault>) -> Report {
    let shop = FaultyShop::new(fault);
    let fixture = StorefrontFixture {
        browser: Some(&shop),
        ..StorefrontFixture::new("faults".to_owned(), &context, CUSTOMER.to_owned(), order())
    };
    run_storefront(&shop, &fixture).await
}

#[tokio::test]
async fn a_correct_shop_passes_every_case() {
    let report = conformance(None).await;
    assert_eq!(report.count(Verdict::Passed), report.cases.len(), "{report}");
}

/// Each with all the cases that it fails.
const FAULTS: &[(Fault, &[&str])] = &[
    (Fault::AddsInsteadOfReplacing, &["cart-fill-replaces"]),
    (
        Fault::AnswersAnotherSession,
        &[
            "session-open-again",
            "session-edit",
            "session-inspect",
            "cart-fill",
            "cart-return",
            "cart-cancel",
            "cart-unknown-session",
            "cart-wrong-key",
        ],
    ),
    (
        Fault::ChangesWhatIsClosed,
        &["session-inspect", "cart-lock", "cart-return", "cart-cancel"],
    ),
    (Fault::CallsACutTemporary, &["order-place-cut"]),
    (
        Fault::TakesAPageForAnEmptyCart,
        &["cart-page-for-people", "cart-truncated"],
    ),
    (Fault::CancelsOnlyOnce, &["order-cancel"]),
    (Fault::CountsTermsAsPaid, &["order-place-and-find"]),
    (
        Fault::DoublesOrders,
        &[
            "order-place-and-find",
            "order-place-twice",
            "order-place-in-parallel",
            "order-cancel",
            "order-place-cut",
        ],
    ),
    (
        Fault::ForgetsSearchBeforeCreate,
        &["order-place-twice", "order-place-in-parallel"],
    ),
    (
        Fault::HasOneCartForAll,
        &[
            "session-carts-apart",
            "session-edit",
            "session-inspect",
            "cart-return",
            "cart-cancel",
            "cart-throttled",
            "cart-throttled-without-a-word",
            "cart-server-error",
            "cart-page-for-people",
            "cart-truncated",
            "cart-line-cut",
            "cart-token-expired",
        ],
    ),
    (Fault::KeepsOlderLogins, &["session-login-once"]),
    (Fault::LetsALoginInTwice, &["session-login-once"]),
    (Fault::LosesLineKeys, &["session-edit", "cart-fill"]),
    (Fault::LosesTheSearchCursor, &["catalogue-search-all-pages"]),
    (Fault::OpensWithoutLines, &["session-edit", "session-inspect"]),
    (Fault::OpensForAnybody, &["session-unknown-customer"]),
    (Fault::PaysLater, &["order-place-and-find"]),
    (Fault::ReadsByPrefix, &["cart-wrong-key"]),
    (
        Fault::RepeatsTheLogin,
        &["session-open-again", "session-login-once"],
    ),
    (Fault::RoundsTotals, &["order-total-exact"]),
    (Fault::SaysThatItIsCancelled, &["order-cancel"]),
    (Fault::SwallowsARefusedLine, &["cart-refuses-a-line-alone"]),
    (Fault::SwallowsAnOrderRefusal, &["order-unknown-customer"]),
    (Fault::TellsGrossPrices, &["cart-fill", "catalogue-item"]),
    (Fault::TruncatesPages, &["catalogue-search-all-pages"]),
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
