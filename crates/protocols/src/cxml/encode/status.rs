//! Status codes of cXML, and the Response that carries nothing else.

use super::{Frame, markup::Markup};

/// A Status code that cXML defines. There is no 202, 404, 405, 407, 408 or 410.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatusCode(u16);

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)+) => {
        impl StatusCode {
            $($(#[$doc])* pub const $name: Self = Self($code);)+

            /// The short text that goes with it.
            pub fn text(self) -> &'static str {
                match self.0 {
                    $($code => $text,)+
                    461..=470 => "Catalog Upload Error",
                    _ => "Catalog Temporarily Unavailable",
                }
            }

            /// The code of that number, if cXML has it.
            pub fn new(number: u16) -> Option<Self> {
                matches!(number, $($code)|+ | 461..=470 | 561..=563).then_some(Self(number))
            }
        }
    };
}

codes! {
    /// Executed, or delivered to its final recipient. Some suites look for the text `OK`.
    OK = 200, "OK";
    /// Accepted for forwarding; a later StatusUpdateRequest is owed.
    ACCEPTED = 201, "Accepted";
    /// Nothing to tell; in a PunchOutOrderMessage: the session ended without a change.
    NO_CONTENT = 204, "No Content";
    /// Broadcast.
    BROADCAST = 211, "OK";
    /// Forwarded by a hub.
    FORWARDED = 280, "Forwarded";
    /// Forwarded over a transport that confirms nothing.
    FORWARDED_UNRELIABLY = 281, "Forwarded Unreliably";
    /// Parsed, but unacceptable.
    BAD_REQUEST = 400, "Bad Request";
    /// The sender's credentials are not recognised.
    UNAUTHORIZED = 401, "Unauthorized";
    /// Payment required.
    PAYMENT_REQUIRED = 402, "Payment Required";
    /// Not allowed to this sender.
    FORBIDDEN = 403, "Forbidden";
    /// Unacceptable, most likely a parse failure.
    NOT_ACCEPTABLE = 406, "Not Acceptable";
    /// The state here prevents it.
    CONFLICT = 409, "Conflict";
    /// A condition for it does not hold, such as an edit without a session.
    PRECONDITION_FAILED = 412, "Precondition Failed";
    /// An expectation failed.
    EXPECTATION_FAILED = 417, "Expectation Failed";
    /// Not implemented here.
    NOT_IMPLEMENTED = 450, "Not Implemented";
    /// The catalogue is too large.
    CATALOG_TOO_LARGE = 468, "Catalog Too Large";
    /// A signature is required.
    SIGNATURE_REQUIRED = 475, "Signature Required";
    /// A signature could not be verified.
    SIGNATURE_FAILED = 476, "Signature Verification Failed";
    /// A signature is unacceptable.
    SIGNATURE_UNACCEPTABLE = 477, "Signature Unacceptable";
    /// The document is too large.
    DOCUMENT_SIZE = 499, "Document Size Error";
    /// Our own trouble.
    INTERNAL_ERROR = 500, "Internal Server Error";
    /// The next server cannot be reached.
    UNREACHABLE = 550, "Unable to Reach cXML Server";
    /// Cannot be forwarded.
    CANNOT_FORWARD = 551, "Unable to Forward Request";
    /// A temporary error: the sender shall send again.
    TEMPORARY_ERROR = 560, "Temporary Server Error";
}

impl StatusCode {
    /// The number.
    pub fn number(self) -> u16 {
        self.0
    }

    /// Whether it is 2xx.
    pub fn is_success(self) -> bool {
        self.0 < 300
    }

    /// Whether the sender is to send the same document again.
    pub fn is_transient(self) -> bool {
        self.0 >= 500
    }
}

/// A Response of nothing but a Status: the answer to an OrderRequest, and every refusal.
#[derive(Clone, Copy, Debug)]
pub struct StatusResponse<'a> {
    /// The code.
    pub status: StatusCode,
    /// What happened and what to do, for a person at the partner's; may be empty.
    pub details: &'a str,
}

impl StatusResponse<'_> {
    /// The document.
    pub fn write(&self, frame: &Frame<'_>) -> Vec<u8> {
        frame.response(frame.versions.status_response, 640, |out| {
            status(out, frame, self.status, self.details);
        })
    }
}

pub(super) fn status(out: &mut Markup, frame: &Frame<'_>, code: StatusCode, details: &str) {
    let tag = out
        .open("Status")
        .attr("code", &code.number().to_string())
        .attr("text", code.text())
        .attr("xml:lang", frame.lang);
    if details.is_empty() {
        tag.empty();
    } else {
        tag.text(details);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_codes_that_cxml_has() {
        for number in [
            200, 201, 204, 280, 401, 406, 409, 461, 468, 470, 499, 500, 550, 560, 563,
        ] {
            assert_eq!(StatusCode::new(number).map(StatusCode::number), Some(number));
        }
        for number in [0, 100, 202, 404, 405, 407, 408, 410, 460, 471, 502, 564, 600] {
            assert_eq!(StatusCode::new(number), None, "{number}");
        }
    }

    #[test]
    fn texts_and_kinds() {
        for (number, text, success, transient) in [
            (200, "OK", true, false),
            (281, "Forwarded Unreliably", true, false),
            (462, "Catalog Upload Error", false, false),
            (468, "Catalog Too Large", false, false),
            (499, "Document Size Error", false, false),
            (560, "Temporary Server Error", false, true),
            (562, "Catalog Temporarily Unavailable", false, true),
        ] {
            let code = StatusCode::new(number).unwrap();
            assert_eq!(
                (code.text(), code.is_success(), code.is_transient()),
                (text, success, transient),
                "{number}"
            );
        }
    }
}
