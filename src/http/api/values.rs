//! Values as the API writes them: amounts as decimal texts, instants in RFC 3339.

use punchgate_app::clock::from_micros;
use punchgate_domain::money::Money;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An amount.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(super) struct Amount {
    /// Decimal text.
    #[schema(example = "1234.50")]
    pub amount: String,
    /// ISO 4217.
    #[schema(example = "USD")]
    pub currency: String,
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Self {
            amount: money.to_decimal().to_string(),
            currency: money.currency().to_string(),
        }
    }
}

/// A stored instant as RFC 3339.
pub(super) fn instant(micros: i64) -> String {
    from_micros(micros).to_string()
}
