//! Rows of the one customer that the tests know.

use punchgate_storage::{credit_account::CreditAccountRow, customer::CustomerRow, hold::HoldRow};

pub(super) fn account_row(supplier: &str) -> CreditAccountRow {
    CreditAccountRow {
        supplier_id: supplier.to_owned(),
        credit_account_id: "c1".to_owned(),
        connector_id: "erp".to_owned(),
        scope: "1000".to_owned(),
        external_id: "C-1001".to_owned(),
        currency: "USD".to_owned(),
        limit_kind: "unlimited".to_owned(),
        limit_minor: None,
        exposure_minor: None,
        exposure_as_of: None,
        exposure_includes_orders: 0,
        exposure_overdue_minor: None,
        exposure_oldest_due: None,
        next_arrival: 1,
        version: 1,
        updated_at: 0,
    }
}

pub(super) fn customer_row(supplier: &str) -> CustomerRow {
    CustomerRow {
        supplier_id: supplier.to_owned(),
        customer_id: "c1".to_owned(),
        connector_id: "erp".to_owned(),
        scope: "1000".to_owned(),
        external_id: "C-1001".to_owned(),
        code: "C-1001".to_owned(),
        name: "Globex".to_owned(),
        active: 1,
        credit_account_id: "c1".to_owned(),
        payer_external_id: None,
        head_external_id: None,
        terms_code: None,
        terms_label: None,
        terms_net_days: None,
        terms_prepaid: 0,
        erp_version: "1".to_owned(),
        version: 1,
        updated_at: 0,
    }
}

pub(super) fn hold_row(supplier: &str, text: &str) -> HoldRow {
    HoldRow {
        supplier_id: supplier.to_owned(),
        hold_id: "h1".to_owned(),
        customer_id: "c1".to_owned(),
        external_id: String::new(),
        source: "manual".to_owned(),
        code: "MANUAL".to_owned(),
        removes: 3,
        text_internal: "internal words".to_owned(),
        text_accounts_payable: String::new(),
        text_shopper: text.to_owned(),
        since: 0,
        until: None,
        placed_by: "anna".to_owned(),
        place_reason: "test".to_owned(),
        released_at: None,
        released_by: None,
        release_reason: None,
        push_state: "local".to_owned(),
        rule_id: None,
        version: 1,
    }
}
