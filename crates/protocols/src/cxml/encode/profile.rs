//! ProfileRequest and its answer: which requests we accept, and where.

use jiff::Timestamp;

use super::{Frame, Header, StatusCode, WriteError, status::status, timestamp::offset_timestamp};

/// `ProfileRequest`: what can you do? Also the ping.
#[derive(Clone, Copy, Debug)]
pub struct ProfileRequest;

impl ProfileRequest {
    /// The document.
    pub fn write(&self, frame: &Frame<'_>, header: &Header<'_>) -> Result<Vec<u8>, WriteError> {
        frame.request(frame.versions.profile, header, 1024, |out| {
            out.open("ProfileRequest").empty();
        })
    }
}

/// `ProfileResponse`.
#[derive(Clone, Copy, Debug)]
pub struct ProfileResponse<'a> {
    /// In effect since; not in the future.
    pub effective_date: Timestamp,
    /// Name and value.
    pub options: &'a [(String, String)],
    /// Every request that is accepted; at least one.
    pub transactions: &'a [Transaction<'a>],
}

/// A request that is accepted.
#[derive(Clone, Copy, Debug)]
pub struct Transaction<'a> {
    /// `OrderRequest` and the like.
    pub request_name: &'a str,
    /// Where to send it.
    pub url: &'a str,
    /// Name and value.
    pub options: &'a [(String, String)],
}

impl ProfileResponse<'_> {
    /// The document.
    pub fn write(&self, frame: &Frame<'_>) -> Result<Vec<u8>, WriteError> {
        if self.transactions.is_empty() {
            return Err(WriteError::Incomplete {
                document: "ProfileResponse",
                problem: "it must name at least one accepted request".to_owned(),
            });
        }
        Ok(frame.response(frame.versions.profile, 2048, |out| {
            status(out, frame, StatusCode::OK, "");
            out.open("ProfileResponse")
                .attr("effectiveDate", &offset_timestamp(self.effective_date))
                .content(|out| {
                    options(out, self.options);
                    for transaction in self.transactions {
                        out.open("Transaction")
                            .attr("requestName", transaction.request_name)
                            .content(|out| {
                                out.open("URL").text(transaction.url);
                                options(out, transaction.options);
                            });
                    }
                });
        }))
    }
}

fn options(out: &mut super::Markup, all: &[(String, String)]) {
    for (name, value) in all {
        out.open("Option").attr("name", name).text(value);
    }
}
