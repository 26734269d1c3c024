//! The hold of the one customer that the tests know.

use punchgate_storage::hold::HoldRow;

pub(super) fn hold_row(supplier: &str, text: &str) -> HoldRow {
    HoldRow {
        supplier_id: supplier.to_owned(),
        hold_id: "h1".to_owned(),
        customer_id: "c1".to_owned(),
        external_id: String::new(),
        source: "manual".to_owned(),
        code: "MANUAL".to_owned(),
        removes: 3,
        removes_told: 0,
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
