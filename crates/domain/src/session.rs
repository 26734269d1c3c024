//! The punchout session's states and what the buyer asked it for.

use crate::order::InvalidTransition;

stored_names! {
    /// What the buyer's suite asked for.
    pub enum Operation("an operation of a setup request") {
        /// A new cart.
        Create = "create",
        /// Change a cart that was returned before.
        Edit = "edit",
        /// Look at a cart that was returned before; never returns lines.
        Inspect = "inspect",
        /// A sourcing event.
        Source = "source",
    }
}

stored_names! {
    /// What the suite may do later with the cart that we return (cXML `operationAllowed`).
    pub enum OperationAllowed("an allowed operation") {
        /// Neither edit nor inspect: only start anew.
        Create = "create",
        /// Only look.
        Inspect = "inspect",
        /// Edit and look.
        Edit = "edit",
    }
}

impl OperationAllowed {
    /// Whether a setup request with this operation may refer to the cart.
    pub fn permits(self, operation: Operation) -> bool {
        match operation {
            Operation::Create | Operation::Source => true,
            Operation::Inspect => self != Self::Create,
            Operation::Edit => self == Self::Edit,
        }
    }
}

stored_names! {
    /// Where a session stands.
    pub enum SessionState("a session state") {
        /// The suite has its start link.
        Opened = "opened",
        /// A browser has redeemed it.
        Shopping = "shopping",
        /// The cart went back.
        Returned = "returned",
        /// The shopper left without one.
        Cancelled = "cancelled",
        /// Its time is over; nothing was posted.
        Expired = "expired",
    }
}

impl SessionState {
    /// A browser redeems the start link.
    pub fn start(self) -> Result<Self, InvalidTransition> {
        self.to(Self::Shopping)
    }

    /// The cart goes back to the suite.
    pub fn return_cart(self) -> Result<Self, InvalidTransition> {
        self.to(Self::Returned)
    }

    /// The shopper gives up.
    pub fn cancel(self) -> Result<Self, InvalidTransition> {
        self.to(Self::Cancelled)
    }

    /// Its time is over.
    pub fn expire(self) -> Result<Self, InvalidTransition> {
        self.to(Self::Expired)
    }

    /// Whether nothing leads out of it.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Returned | Self::Cancelled | Self::Expired)
    }

    fn to(self, next: Self) -> Result<Self, InvalidTransition> {
        use SessionState as S;
        let allowed = matches!(
            (self, next),
            (S::Opened, S::Shopping | S::Cancelled | S::Expired)
                | (S::Shopping, S::Returned | S::Cancelled | S::Expired)
        );
        if allowed {
            Ok(next)
        } else {
            Err(InvalidTransition {
                what: "session",
                from: self.as_str(),
                to: next.as_str(),
            })
        }
    }
}
