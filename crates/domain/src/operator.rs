//! The supplier's people at the console: roles and what each may do.

stored_names! {
    /// What a person is at a supplier.
    pub enum Role("a role") {
        /// May do everything.
        Owner = "owner",
        /// Looks after the connections with ERP and shop.
        ErpAdmin = "erp_admin",
        /// Looks after orders and deliveries from day to day.
        Support = "support",
        /// Looks on.
        ReadOnly = "read_only",
    }
}

/// What a page asks for before it shows or does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Right {
    /// See what there is.
    Look,
    /// Have durable work tried again, or passed over.
    MoveWork,
    /// Switch connectors on and off.
    SwitchConnectors,
    /// Enter new connectors.
    EnterSystems,
    /// Say what becomes of an order: confirm, decline, carry over, take over, secure by a card.
    DecideOrders,
    /// Place and release holds, ask the ERP for other terms and limits.
    SetCredit,
    /// Switch trading relationships on and off, and exchange their secrets.
    KeepRelationships,
    /// Say what a buyer's words for customers, places, units and parts stand for.
    EnterMappings,
    /// Give a buyer's people a link to one case.
    ShareEvidence,
    /// Have the systems around a relationship asked whether all is well.
    TryConnections,
}

impl Role {
    /// Whether somebody in this role may do it.
    pub fn may(self, right: Right) -> bool {
        match right {
            Right::Look => true,
            Right::MoveWork
            | Right::DecideOrders
            | Right::EnterMappings
            | Right::ShareEvidence
            | Right::TryConnections => !matches!(self, Self::ReadOnly),
            Right::EnterSystems => matches!(self, Self::Owner),
            Right::SwitchConnectors | Right::SetCredit | Right::KeepRelationships => {
                matches!(self, Self::Owner | Self::ErpAdmin)
            }
        }
    }
}
