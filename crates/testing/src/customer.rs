//! Rows of one customer, as a pull of accounts would have left them.

use punchgate_storage::{credit_account::CreditAccountRow, customer::CustomerRow};

/// Its credit account, without a limit.
pub fn account_row(supplier: &str, scope: &str) -> CreditAccountRow {
    CreditAccountRow {
        supplier_id: supplier.to_owned(),
        credit_account_id: "c1".to_owned(),
        connector_id: "erp".to_owned(),
        scope: scope.to_owned(),
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

/// The customer itself, without terms.
pub fn customer_row(supplier: &str, scope: &str) -> CustomerRow {
    CustomerRow {
        supplier_id: supplier.to_owned(),
        customer_id: "c1".to_owned(),
        connector_id: "erp".to_owned(),
        scope: scope.to_owned(),
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
