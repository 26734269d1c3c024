//! What page, mail and webhook call the matters, what to do about them, and where: below the supplier's pages.

use punchgate_domain::order::OrderState;

use super::{Code, FUTURE_EXPOSURE, GONE_FROM_SHOP, HOLD_CODE, Matter, PAID_EARLY, WRITE_WAITS};
use crate::{jobs::words::job, sync::attention_text};

impl Matter {
    /// Which of the things that need a person it is.
    pub fn code(&self) -> Code {
        match self {
            Self::Orders(OrderState::Unknown) => Code::OrderUnknown,
            Self::Orders(OrderState::Rejected) => Code::OrderRejected,
            Self::Orders(OrderState::Referred) => Code::OrderReferred,
            Self::Orders(_) => Code::OrderHeld,
            Self::DeadWork(_) => Code::DeadWork,
            Self::Mails { .. } => Code::MailUntaken,
            Self::Quarantine => Code::Quarantine,
            Self::Feed(_) => Code::ConnectorSilent,
            Self::Settle(_) => Code::Settle,
            Self::Refused { .. } => Code::ChangeRefused,
            Self::Conflicts => Code::Conflict,
        }
    }

    /// The heading.
    pub fn title(&self) -> String {
        match self {
            Self::DeadWork(kind) => format!("{}: {}", self.code().title(), job(kind)),
            Self::Feed(row) => format!("{} does not answer: {}", row.connector_id, feed(&row.feed)),
            Self::Settle(first) => settle(&first.matter).to_owned(),
            Self::Refused { state, .. } => refused(state).to_owned(),
            _ => self.code().title().to_owned(),
        }
    }

    /// What to do.
    pub fn advice(&self) -> String {
        match self {
            Self::Feed(row) => row.last_error.clone().unwrap_or_default(),
            Self::Settle(first) => attention_text(first),
            Self::Mails { why } => format!("{} {why}", self.code().advice()),
            _ => self.code().advice().to_owned(),
        }
    }

    /// Where it is seen to.
    pub fn path(&self) -> String {
        match self {
            Self::Orders(state) => format!("/orders?state={state}"),
            Self::DeadWork(kind) => format!("/deliveries?state=dead&kind={kind}"),
            Self::Settle(first) => settled_at(&first.matter, &first.name),
            Self::Refused { customer, .. } => customer
                .as_ref()
                .map_or_else(|| "/customers".to_owned(), |id| format!("/customers/{id}")),
            _ => list_path(self.code()).to_owned(),
        }
    }
}

/// Where a matter of a connector is settled.
pub(super) fn settled_at(matter: &str, name: &str) -> String {
    match matter {
        PAID_EARLY | GONE_FROM_SHOP => format!("/orders/{name}"),
        _ => "/connectors".to_owned(),
    }
}

/// Where all of a kind are listed.
pub fn list_path(code: Code) -> &'static str {
    match code {
        Code::OrderUnknown => "/orders?state=unknown",
        Code::OrderRejected => "/orders?state=rejected",
        Code::OrderReferred => "/orders?state=referred",
        Code::OrderHeld => "/orders?state=held",
        Code::DeadWork => "/deliveries?state=dead",
        Code::MailUntaken => "/deliveries?kind=send-alert",
        Code::Quarantine => "/quarantine?state=waiting",
        Code::ConnectorSilent | Code::Settle => "/connectors",
        Code::PartnerSilent => "/relationships",
        Code::ChangeRefused => "/customers",
        Code::Conflict => "/conflicts?state=open",
        Code::Disk | Code::Certificate => "",
    }
}

/// Feeds of connectors.
pub fn feed(name: &str) -> &str {
    match name {
        "accounts" => "Customers, terms and holds: changes",
        "accounts-sweep" => "Customers, terms and holds: all",
        "exposure" => "Open amounts",
        "documents" => "Orders, shipments and invoices",
        "shop-orders" => "Orders in the shop",
        other => other,
    }
}

/// What an ERP or a shop tells that has to be settled here.
pub fn settle(matter: &str) -> &'static str {
    match matter {
        HOLD_CODE => "Hold codes that nobody has explained",
        WRITE_WAITS => "Writes that the ERP does not carry out",
        FUTURE_EXPOSURE => "The ERP's clock is ahead",
        PAID_EARLY => "Orders on terms that the shop says are paid before they are shipped",
        GONE_FROM_SHOP => "Orders that the shop does not have any more",
        _ => "Something that a connector tells",
    }
}

/// What became of what was asked of an ERP.
pub fn refused(state: &str) -> &'static str {
    match state {
        "parked" => "Asked of the ERP and given up: it kept changing there",
        _ => "Asked of the ERP and refused",
    }
}
