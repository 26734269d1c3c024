//! Values as the API writes them: amounts as decimal texts, instants in RFC 3339.

use punchgate_app::clock::from_micros;
use punchgate_domain::{catalogue::Problem, money::Money};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::problem::ApiProblem;

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

/// What a list is narrowed by, where there are few values: any other is a slip of the pen, not an empty list.
pub(super) fn one_of(
    field: &str,
    value: Option<String>,
    known: &[&str],
) -> Result<Option<String>, ApiProblem> {
    match value {
        Some(value) if !known.contains(&value.as_str()) => {
            let details = format!("{field}: one of {}", known.join(", "));
            Err(ApiProblem::new(Problem::Validation, details))
        }
        value => Ok(value),
    }
}

/// A stored instant as RFC 3339.
pub(super) fn instant(micros: i64) -> String {
    from_micros(micros).to_string()
}
