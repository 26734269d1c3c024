//! What the list is narrowed by, as it stands in the address.

use jiff::{ToSpan as _, civil::Date, tz::TimeZone};
use punchgate_app::jobs::JobFilter;
use serde::Deserialize;

use super::{super::page, NoPage, unreadable};

/// Everything is optional, and empty where it is not given.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(in super::super) struct Narrowing {
    pub(super) state: String,
    pub(super) kind: String,
    pub(super) connector: String,
    pub(super) relationship: String,
    pub(super) order: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) sort: String,
    after: String,
}

/// One of the values that a field may have.
pub(in super::super) struct Choice {
    pub(in super::super) value: String,
    pub(in super::super) words: String,
    pub(in super::super) chosen: bool,
}

impl Choice {
    pub(in super::super) fn all<'a>(
        all: impl Iterator<Item = (&'a str, &'a str)>,
        chosen: &str,
    ) -> Vec<Self> {
        all.map(|(value, words)| Self {
            value: value.to_owned(),
            words: words.to_owned(),
            chosen: value == chosen,
        })
        .collect()
    }
}

/// The beginning of a day at the supplier, or so many days later; none where no day is given.
pub(in super::super) fn begin_of(text: &str, days: i64, zone: &TimeZone) -> Result<Option<i64>, NoPage> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let refuse = || unreadable(format!("'{text}' is no day: write it as 2026-03-02"));
    let day: Date = text.parse().map_err(|_| refuse())?;
    let day = day.checked_add(days.days()).map_err(|_| refuse())?;
    let begin = day.to_zoned(zone.clone()).map_err(|_| refuse())?;
    Ok(Some(begin.timestamp().as_microsecond()))
}

impl Narrowing {
    /// Days are the supplier's, the last one included.
    pub(super) fn filter(&self, zone: &TimeZone) -> Result<JobFilter, NoPage> {
        let some = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
        Ok(JobFilter {
            state: some(&self.state),
            any_state: true,
            kind: some(&self.kind),
            order: some(&self.order),
            connector: some(&self.connector),
            relationship: some(&self.relationship),
            since: begin_of(&self.from, 0, zone)?,
            until: begin_of(&self.to, 1, zone)?,
            oldest_first: self.sort == "oldest",
        })
    }

    /// Where the list goes on.
    pub(super) fn place(&self) -> Result<Option<(i64, String)>, NoPage> {
        page::place(&self.after)
    }

    /// Whether anything is narrowed.
    pub(super) fn is_any(&self) -> bool {
        self.pairs()
            .iter()
            .any(|(name, value)| *name != "sort" && !value.is_empty())
    }

    /// The query of this list with one more field.
    pub(super) fn with(&self, name: &str, value: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.pairs().iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        query.append_pair(name, value);
        query.finish()
    }

    fn pairs(&self) -> [(&'static str, &str); 8] {
        [
            ("state", &self.state),
            ("kind", &self.kind),
            ("connector", &self.connector),
            ("relationship", &self.relationship),
            ("order", &self.order),
            ("from", &self.from),
            ("to", &self.to),
            ("sort", &self.sort),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_the_supplier_s_and_the_last_is_included() {
        let zone = TimeZone::get("America/New_York").unwrap();
        let narrowing = Narrowing {
            from: "2026-03-07".to_owned(),
            to: "2026-03-08".to_owned(),
            ..Narrowing::default()
        };
        let Ok(filter) = narrowing.filter(&zone) else {
            panic!("it reads")
        };
        let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_microsecond();
        // The clocks go forward on the 8th.
        assert_eq!(filter.since, Some(at("2026-03-07T05:00:00Z")));
        assert_eq!(filter.until, Some(at("2026-03-09T04:00:00Z")));
        for day in ["yesterday", "2026-13-01", "2026-02-30"] {
            let narrowing = Narrowing {
                from: day.to_owned(),
                ..Narrowing::default()
            };
            assert!(narrowing.filter(&zone).is_err(), "{day}");
        }
    }

    #[test]
    fn the_next_page_is_narrowed_alike() {
        let narrowing = Narrowing {
            state: "dead".to_owned(),
            order: "a&b".to_owned(),
            after: "old".to_owned(),
            ..Narrowing::default()
        };
        assert_eq!(narrowing.with("after", "new"), "state=dead&order=a%26b&after=new");
        assert!(narrowing.is_any() && !Narrowing::default().is_any());
    }
}
