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
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Sent {
    on: String,
    value: FieldValue,
    /// Since when the ERP has said that it has it and has not carried it out, in microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    waits_since: Option<i64>,
}

impl Sent {
    fn is(&self, value: &FieldValue, on: &str) -> bool {
        self.on == on && self.value == *value
    }
}

/// What has gone out of a request of which the ERP has said that it waits there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Waits {
    /// As it is stored.
    pub(super) sent: String,
    /// Since when, in microseconds.
    pub(super) since: i64,
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
            waits_since: None,
        };
        // Once for each time: one that the ERP refuses takes none of the others with it.
        if sent.iter().filter(|sent| sent.is(&self.value, version)).count() < MOST_TIMES {
            sent.push(now);
        }
        stored(&sent)
    }

    /// What has gone out without what `refused` sent on this version: the ERP has said that it did not write that.
    /// None if it is the same.
    pub(super) fn without_sent(&self, refused: &Self, version: &str) -> StorageResult<Option<String>> {
        let mut sent = self.sent.clone();
        let Some(place) = sent.iter().position(|sent| sent.is(&refused.value, version)) else {
            return Ok(None);
        };
        sent.remove(place);
        stored(&sent).map(Some)
    }

    /// What has gone out with what `waiting` sent on this version in it once: tried again it is one request there,
    /// which waits since the ERP first said so. None if nothing of it went out.
    pub(super) fn waiting_once(
        &self,
        waiting: &Self,
        version: &str,
        now: i64,
    ) -> StorageResult<Option<Waits>> {
        let same = |sent: &Sent| sent.is(&waiting.value, version);
        let Some(first) = self.sent.iter().position(same) else {
            return Ok(None);
        };
        let since = self.sent.iter().filter(|sent| same(sent));
        let since = since.filter_map(|sent| sent.waits_since).min().unwrap_or(now);
        let mut sent = self.sent.clone();
        if let Some(first) = sent.get_mut(first) {
            first.waits_since = Some(since);
        }
        let mut at = 0..;
        sent.retain(|sent| at.next() == Some(first) || !same(sent));
        let sent = stored(&sent)?;
        Ok(Some(Waits { sent, since }))
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
        assert_eq!(third.waiting_once(&third, "2", 5).unwrap(), None);
        let waits = again.waiting_once(&third, "1", 5).unwrap().unwrap();
        assert_eq!(waits.since, 5);
        let one = request(true, Some(waits.sent));
        assert_eq!(
            one.sent_on("1"),
            [FieldValue::Flag(true), FieldValue::Flag(false)]
        );
        let once_more = request(true, Some(one.sending_on("1").unwrap()));
        let waits = once_more.waiting_once(&one, "1", 9).unwrap().unwrap();
        assert_eq!(waits.since, 5, "since the ERP first said so");
        let later = request(true, Some(third.sending_on("2").unwrap()));
        assert!(later.sent_on("1").is_empty());
        assert_eq!(later.sent_on("2"), [FieldValue::Flag(true)]);
    }
}
