//! The text that a sender signs, as a pattern such as `{id}.{timestamp}.{body}`.

use http::HeaderName;

use super::{Incoming, Refusal, header};

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Body,
    Timestamp,
    Id,
    Url,
    Method,
    Header(HeaderName),
}

/// What a pattern may name.
pub(super) const NAMES: &str = "{body}, {timestamp}, {id}, {url}, {method} and {header:NAME}";

impl Template {
    /// Reads a pattern; else what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('{') {
            let Some((name, after)) = behind.split_once('}') else {
                return Err("has a { without its }".to_owned());
            };
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(part(name)?);
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        if !parts.contains(&Part::Body) {
            return Err("does not name {body}: whoever saw one message could send any other".to_owned());
        }
        Ok(Self(parts))
    }

    pub(super) fn names_timestamp(&self, header: Option<&HeaderName>) -> bool {
        self.0.contains(&Part::Timestamp) || self.names_header(header)
    }

    pub(super) fn names_id(&self, header: Option<&HeaderName>) -> bool {
        self.0.contains(&Part::Id) || self.names_header(header)
    }

    fn names_header(&self, header: Option<&HeaderName>) -> bool {
        header.is_some_and(|header| self.0.contains(&Part::Header(header.clone())))
    }

    /// The pieces of the signed text.
    pub(super) fn fill<'a>(
        &'a self,
        incoming: &Incoming<'a>,
        id: &'a str,
        timestamp: &'a str,
    ) -> Result<Vec<&'a [u8]>, Refusal> {
        self.0
            .iter()
            .map(|part| {
                Ok(match part {
                    Part::Text(text) => text.as_bytes(),
                    Part::Body => incoming.body,
                    Part::Timestamp => timestamp.as_bytes(),
                    Part::Id => id.as_bytes(),
                    Part::Url => incoming.url.as_bytes(),
                    Part::Method => incoming.method.as_bytes(),
                    Part::Header(name) => header(incoming.headers, name)?.as_bytes(),
                })
            })
            .collect()
    }
}

fn part(name: &str) -> Result<Part, String> {
    Ok(match name {
        "body" => Part::Body,
        "timestamp" => Part::Timestamp,
        "id" => Part::Id,
        "url" => Part::Url,
        "method" => Part::Method,
        _ => match name.strip_prefix("header:").map(str::parse) {
            Some(Ok(name)) => Part::Header(name),
            _ => return Err(format!("names {{{name}}}; there are {NAMES}")),
        },
    })
}
