//! ProfileRequest: also a ping. States exactly what is taken here.

use punchgate_domain::catalogue::Problem;
use punchgate_protocols::cxml::encode::{ProfileResponse, Transaction};

use super::{Believed, Inbound, Reply};
use crate::directory::Mode;

/// The requests that are taken.
const TAKEN: &[&str] = &["PunchOutSetupRequest", "OrderRequest", "ProfileRequest"];

impl Inbound {
    pub(super) async fn profile(&self, believed: Believed) -> Reply {
        let relationship = &believed.relationship;
        let url = format!("{}/{}", self.settings.cxml_url, relationship.path_text());
        let serves_shoppers = relationship.storefront.is_some() && relationship.mode != Mode::Shadow;
        let transactions: Vec<Transaction<'_>> = TAKEN
            .iter()
            .filter(|name| **name != "PunchOutSetupRequest" || serves_shoppers)
            .map(|name| Transaction {
                request_name: name,
                url: &url,
                options: &[],
            })
            .collect();
        let payload_id = self.new_payload_id();
        let response = ProfileResponse {
            effective_date: self.surroundings.now(),
            options: &[],
            transactions: &transactions,
        };
        match response.write(&self.frame(&relationship.dialect, &payload_id)) {
            Ok(body) => match self.archive_exchange(&believed, &payload_id, &body, None).await {
                Ok(()) => Reply { http: 200, body },
                Err(error) => self.our_trouble(relationship, &error),
            },
            Err(error) => {
                tracing::error!(%error, "a profile could not be written");
                self.refuse(Some(relationship), Problem::Internal, "")
            }
        }
    }
}
