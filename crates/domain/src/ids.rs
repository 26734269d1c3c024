//! Identities. Each is a text that its owner chose (a slug in `apply`) or a UUIDv7; ids never order work.

use std::fmt;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text, owned.
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }
    )+};
}

id! {
    /// The selling company, a tenant; its text is short, it stands in start links and API keys.
    SupplierId
    /// A trading relationship: buyer × supplier.
    RelationshipId
    /// A punchout session.
    SessionId
    /// A purchase order as we know it (not the buyer's order number).
    OrderId
    /// An archived document.
    DocumentId
    /// The buyer as the ERP knows it.
    CustomerId
    /// The payer or group head on whom the limit stands.
    CreditAccountId
    /// A hold.
    HoldId
    /// An override of a hold or limit.
    OverrideId
    /// A configured connector.
    ConnectorId
    /// A stored cart.
    CartSnapshotId
}
