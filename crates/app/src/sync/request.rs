//! A request to the ERP as it lies in the database, with what has gone out of it. Pure.

use punchgate_storage::{StorageError, StorageResult, sync::AccountChangeRow};
use serde::{Deserialize, Serialize};

use super::{Field, FieldValue};

/// How often the same on the same version is remembered: an ERP that is silent for days is asked again and again.
const MOST_TIMES: usize = 16;

/// Somebody here asks for a value of a field.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) row: AccountChangeRow,
    pub(super) field: Field,
    pub(super) value: FieldValue,
    sent: Vec<Sent>,
}

/// Has gone out to the ERP, on a version of the account: it arrives before the account has another, or never.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Sent {
    on: String,
    value: FieldValue,
}

impl Request {
    pub(super) fn read(row: AccountChangeRow) -> StorageResult<Self> {
        let field = Field::parse(&row.field)
            .ok_or_else(|| StorageError::corrupt("account_change.field", &row.field))?;
        let value = serde_json::from_str(&row.value_json)
            .map_err(|error| StorageError::corrupt("account_change.value_json", error))?;
        let sent = row.sent.as_deref().map(serde_json::from_str).transpose();
        let sent = sent.map_err(|error| StorageError::corrupt("account_change.sent", error))?;
        Ok(Self {
            row,
            field,
            value,
            sent: sent.unwrap_or_default(),
        })
    }

    /// What has gone out on this version.
    pub(super) fn sent_on(&self, version: &str) -> Vec<FieldValue> {
        let on = self.sent.iter().filter(|sent| sent.on == version);
        on.map(|sent| sent.value.clone()).collect()
    }

    /// What has gone out once this request has too, as it is stored. What went out on other versions is of no
    /// account any more.
    pub(super) fn sending_on(&self, version: &str) -> StorageResult<String> {
        let mut sent = self.sent.clone();
        sent.retain(|sent| sent.on == version);
        let now = Sent {
            on: version.to_owned(),
            value: self.value.clone(),
        };
        // Once for each time: one that the ERP refuses takes none of the others with it.
        if sent.iter().filter(|sent| **sent == now).count() < MOST_TIMES {
            sent.push(now);
        }
        stored(&sent)
    }

    /// What has gone out without what `refused` sent on this version: the ERP has said that it did not write that.
    /// None if it is the same.
    pub(super) fn without_sent(&self, refused: &Self, version: &str) -> StorageResult<Option<String>> {
        let mut sent = self.sent.clone();
        let same = |sent: &Sent| sent.on == version && sent.value == refused.value;
        let Some(place) = sent.iter().position(same) else {
            return Ok(None);
        };
        sent.remove(place);
        stored(&sent).map(Some)
    }

    /// What has gone out with what `waiting` sent on this version in it once: tried again it is one request there.
    /// None if it is the same.
    pub(super) fn with_one_sent(&self, waiting: &Self, version: &str) -> StorageResult<Option<String>> {
        let same = |sent: &Sent| sent.on == version && sent.value == waiting.value;
        let Some(first) = self.sent.iter().position(same) else {
            return Ok(None);
        };
        let mut sent = self.sent.clone();
        let mut at = 0..;
        sent.retain(|sent| at.next() == Some(first) || !same(sent));
        (sent.len() < self.sent.len()).then(|| stored(&sent)).transpose()
    }
}

fn stored(sent: &[Sent]) -> StorageResult<String> {
    serde_json::to_string(sent).map_err(|error| StorageError::corrupt("account_change.sent", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(value: bool, sent: Option<String>) -> Request {
        let row = AccountChangeRow {
            supplier_id: String::new(),
            connector_id: String::new(),
            scope: String::new(),
            external_id: String::new(),
            field: "active".to_owned(),
            revision: 1,
            value_json: serde_json::to_string(&FieldValue::Flag(value)).unwrap(),
            state: "pending".to_owned(),
            detail: None,
            sent,
            requested_by: String::new(),
            why: String::new(),
            requested_at: 0,
            updated_at: 0,
        };
        Request::read(row).unwrap()
    }

    #[test]
    fn what_went_out_counts_on_its_version_alone() {
        let first = request(true, None);
        assert!(first.sent_on("1").is_empty());
        let second = request(false, Some(first.sending_on("1").unwrap()));
        let third = request(true, Some(second.sending_on("1").unwrap()));
        assert_eq!(
            third.sent_on("1"),
            [FieldValue::Flag(true), FieldValue::Flag(false)]
        );
        let again = request(true, Some(third.sending_on("1").unwrap()));
        assert_eq!(again.sent_on("1").len(), 3);
        let once = again.without_sent(&third, "1").unwrap();
        assert_eq!(
            request(true, once).sent_on("1"),
            [FieldValue::Flag(false), FieldValue::Flag(true)]
        );
        assert_eq!(first.without_sent(&first, "1").unwrap(), None);
        let left = third.without_sent(&second, "1").unwrap();
        assert_eq!(request(true, left).sent_on("1"), [FieldValue::Flag(true)]);
        assert_eq!(third.with_one_sent(&third, "1").unwrap(), None);
        let one = request(true, again.with_one_sent(&third, "1").unwrap());
        assert_eq!(
            one.sent_on("1"),
            [FieldValue::Flag(true), FieldValue::Flag(false)]
        );
        let later = request(true, Some(third.sending_on("2").unwrap()));
        assert!(later.sent_on("1").is_empty());
        assert_eq!(later.sent_on("2"), [FieldValue::Flag(true)]);
    }
}
