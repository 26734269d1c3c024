//! ProfileResponse: what a server can do, and where.

use crate::cxml::{StatedTimestamp, element::Element};

/// A profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileResponse {
    /// In effect since.
    pub effective_date: StatedTimestamp,
    /// Last changed.
    pub last_refresh: Option<StatedTimestamp>,
    /// Name and value, secrets left out.
    pub options: Vec<(String, String)>,
    /// The requests that are accepted.
    pub transactions: Vec<ProfileTransaction>,
}

/// One request that is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileTransaction {
    /// `OrderRequest` and the like.
    pub request_name: String,
    /// Where to send it, trimmed.
    pub url: String,
    /// Name and value.
    pub options: Vec<(String, String)>,
}

pub(super) fn read(response: Element<'_>) -> ProfileResponse {
    let date = |name: &str| response.attribute(name).map(StatedTimestamp::read);
    let transactions = response.children().filter(|child| child.name() == "Transaction");
    ProfileResponse {
        effective_date: date("effectiveDate").unwrap_or_else(|| StatedTimestamp::read("")),
        last_refresh: date("lastRefresh"),
        options: options(response),
        transactions: transactions
            .map(|transaction| ProfileTransaction {
                request_name: transaction
                    .filled_attribute("requestName")
                    .unwrap_or_default()
                    .to_owned(),
                url: transaction.child_text("URL").unwrap_or_default(),
                options: options(transaction),
            })
            .collect(),
    }
}

fn options(parent: Element<'_>) -> Vec<(String, String)> {
    let all = parent.children().filter(|child| child.name() == "Option");
    all.filter(|one| !one.is_labelled_secret())
        .map(|one| {
            (
                one.filled_attribute("name").unwrap_or_default().to_owned(),
                one.trimmed().into_owned(),
            )
        })
        .collect()
}
