//! The DTD versions a document may be written in. **Invariant:** a value of these types names a
//! (module, version) pair whose grammar our writers are tested against; no other pair can be spelled.

use std::fmt;

use serde::Deserialize;

macro_rules! versions {
    ($(#[$doc:meta])* $name:ident, $module:literal, [$($variant:ident = $text:literal),+ $(,)?]) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(try_from = "String")]
        pub enum $name {
            $(#[doc = concat!("`", $text, "`")] $variant),+
        }

        impl $name {
            /// Every version, oldest first.
            pub const ALL: &[Self] = &[$(Self::$variant),+];
            /// The DTD file's name.
            pub const MODULE: &str = $module;

            /// As written in the DOCTYPE.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),+
                }
            }

            /// The system identifier of the DOCTYPE. Written, never fetched.
            pub fn system_id(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!("http://xml.cxml.org/schemas/cXML/", $text, "/", $module)),+
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = UnknownVersion;

            fn try_from(text: String) -> Result<Self, UnknownVersion> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|version| version.as_str() == text)
                    .ok_or_else(|| UnknownVersion {
                        module: $module,
                        stated: text,
                        known: Self::ALL.iter().map(|version| version.as_str()).collect(),
                    })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

versions! {
    /// A version of `cXML.dtd`: punchout, orders, profile, plain responses.
    BaseVersion, "cXML.dtd",
    [V014 = "1.2.014", V020 = "1.2.020", V050 = "1.2.050", V053 = "1.2.053", V063 = "1.2.063", V071 = "1.2.071"]
}

versions! {
    /// A version of `Fulfill.dtd`: confirmations and ship notices.
    FulfillVersion, "Fulfill.dtd",
    [V050 = "1.2.050", V053 = "1.2.053", V063 = "1.2.063", V071 = "1.2.071"]
}

impl BaseVersion {
    /// Whether the grammar has what came after 1.2.020: `PriceBasisQuantity`, `BuyerPartID`, several
    /// `Comments`, a requested delivery date in the order header, returns.
    pub fn is_extended(self) -> bool {
        self >= Self::V050
    }

    /// Whether an order may be of type `blanket`.
    pub fn has_blanket_orders(self) -> bool {
        self >= Self::V020
    }
}

/// A (module, version) pair that we cannot write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownVersion {
    module: &'static str,
    stated: String,
    known: Vec<&'static str>,
}

impl fmt::Display for UnknownVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} has no version '{}' that can be written; choose one of {}",
            self.module,
            self.stated,
            self.known.join(", ")
        )
    }
}

impl std::error::Error for UnknownVersion {}

/// The DTD version of each document that we write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DtdVersions {
    /// PunchOutSetupRequest (buyer side).
    pub punchout_setup_request: BaseVersion,
    /// PunchOutSetupResponse.
    pub punchout_setup_response: BaseVersion,
    /// PunchOutOrderMessage, the cancelling one included.
    pub punchout_order_message: BaseVersion,
    /// OrderRequest (buyer side).
    pub order_request: BaseVersion,
    /// ProfileRequest and ProfileResponse.
    pub profile: BaseVersion,
    /// A Response that carries a Status only.
    pub status_response: BaseVersion,
    /// ConfirmationRequest.
    pub confirmation_request: FulfillVersion,
}

impl DtdVersions {
    /// Every base document in one version and every fulfilment document in another.
    pub fn uniform(base: BaseVersion, fulfill: FulfillVersion) -> Self {
        Self {
            punchout_setup_request: base,
            punchout_setup_response: base,
            punchout_order_message: base,
            order_request: base,
            profile: base,
            status_response: base,
            confirmation_request: fulfill,
        }
    }
}
