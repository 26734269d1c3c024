//! The entries.

use super::Entry;

macro_rules! problems {
    ($($(#[$doc:meta])* $variant:ident {
        code: $code:literal,
        partner: $partner:literal,
        log: $log:literal,
        http: $http:literal,
        cxml: $cxml:literal $cxml_text:literal,
        retryable: $retryable:literal,
    })+) => {
        /// Every problem that a partner can meet.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Problem {
            $($(#[$doc])* $variant,)+
        }

        impl Problem {
            /// Every problem, in the order of the catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// What the catalogue says.
            pub fn entry(self) -> &'static Entry {
                match self {
                    $(Self::$variant => &Entry {
                        code: $code,
                        partner_text: $partner,
                        log_text: $log,
                        http: $http,
                        cxml_code: $cxml,
                        cxml_text: $cxml_text,
                        retryable: $retryable,
                    },)+
                }
            }

            /// The problem with this code.
            pub fn find(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|problem| problem.entry().code == code)
            }
        }
    };
}

problems! {
    /// Unknown sender or wrong secret: one text for both.
    AuthenticationFailed {
        code: "authentication-failed",
        partner: "The Sender's identity and shared secret are not known here. Check domain, identity and secret of the Sender, and that they belong to this address (test or production).",
        log: "unknown sender or wrong secret",
        http: 401,
        cxml: 401 "Unauthorized",
        retryable: false,
    }
    /// The Sender may not act for the From.
    SenderNotAllowed {
        code: "sender-not-allowed",
        partner: "The Sender is known but may not act for the company named in From. Ask the supplier to allow this Sender for that identity.",
        log: "sender authenticated, but not allowed to act for From",
        http: 403,
        cxml: 403 "Forbidden",
        retryable: false,
    }
    /// The relationship is switched off.
    RelationshipDisabled {
        code: "relationship-disabled",
        partner: "This trading relationship is switched off. Ask the supplier to switch it on.",
        log: "relationship is switched off",
        http: 403,
        cxml: 403 "Forbidden",
        retryable: false,
    }
    /// The URL names a relationship that there is not.
    UnknownRelationship {
        code: "unknown-relationship",
        partner: "There is no trading relationship at this address. Check the URL that the supplier gave you.",
        log: "no relationship of that name",
        http: 404,
        cxml: 400 "Bad Request",
        retryable: false,
    }
    /// A test document on a production relationship, or the reverse.
    DeploymentModeMismatch {
        code: "deployment-mode-mismatch",
        partner: "The document's deploymentMode does not fit this address. Send test documents to the test address.",
        log: "deploymentMode and relationship's mode differ",
        http: 400,
        cxml: 400 "Bad Request",
        retryable: false,
    }
    /// Not well-formed, or not the document that it says it is.
    MalformedDocument {
        code: "malformed-document",
        partner: "The document cannot be read as cXML; line and column are given. Correct it and send it again.",
        log: "document is not well-formed or lacks what it must have",
        http: 400,
        cxml: 406 "Not Acceptable",
        retryable: false,
    }
    /// Entities or nesting beyond what any real document needs.
    DocumentBeyondLimits {
        code: "document-beyond-limits",
        partner: "The document declares entities of its own, or nests or repeats beyond the limits. Send it without an internal DTD subset.",
        log: "document guard refused: internal subset, depth, attributes or events",
        http: 400,
        cxml: 406 "Not Acceptable",
        retryable: false,
    }
    /// Larger than we read.
    DocumentTooLarge {
        code: "document-too-large",
        partner: "The document is larger than the limit. Send it without attachments or in parts, or ask the supplier to raise the limit.",
        log: "body exceeds the size limit",
        http: 413,
        cxml: 499 "Document Size Error",
        retryable: false,
    }
    /// The body ended before its announced length.
    BodyTruncated {
        code: "body-truncated",
        partner: "The request ended before it was complete. Send it again.",
        log: "connection closed or timed out inside the body",
        http: 503,
        cxml: 560 "Temporary Server Error",
        retryable: true,
    }
    /// Our own trouble.
    Internal {
        code: "internal",
        partner: "The request could not be completed here. Send it again later; nothing was lost.",
        log: "internal error",
        http: 503,
        cxml: 560 "Temporary Server Error",
        retryable: true,
    }
    /// The shop, the ERP or another system behind us does not answer.
    UpstreamUnavailable {
        code: "upstream-unavailable",
        partner: "A system behind the gateway does not answer. Send it again later.",
        log: "connector failed or timed out",
        http: 503,
        cxml: 560 "Temporary Server Error",
        retryable: true,
    }
    /// Too many requests at once.
    Overloaded {
        code: "overloaded",
        partner: "Too many requests at once. Send it again later.",
        log: "rate limit or queue limit reached",
        http: 429,
        cxml: 560 "Temporary Server Error",
        retryable: true,
    }
    /// A kind of document or an operation that we do not take.
    Unsupported {
        code: "unsupported",
        partner: "This kind of document or operation is not supported here. A ProfileRequest lists what is.",
        log: "request kind or operation not supported",
        http: 501,
        cxml: 450 "Not Implemented",
        retryable: false,
    }
    /// Edit or inspect without a cart that may be edited or inspected.
    EditWithoutSession {
        code: "edit-without-session",
        partner: "There is no returned cart that this edit or inspect may refer to: it is unknown, no longer kept, or was returned without that permission. Start with operation create.",
        log: "edit or inspect without a fitting cart snapshot",
        http: 412,
        cxml: 412 "Precondition Failed",
        retryable: false,
    }
    /// The payloadID is known with other content.
    DuplicateConflict {
        code: "duplicate-conflict",
        partner: "A document with this payloadID but other content was received before. Send changed documents with a payloadID of their own.",
        log: "known payloadID, other content; stored for an operator",
        http: 409,
        cxml: 409 "Conflict",
        retryable: false,
    }
    /// The order number is known with other content, and the relationship refuses that.
    KnownOrderConflict {
        code: "known-order-conflict",
        partner: "An order with this number but other content is known. Send changes as type=update.",
        log: "known order number, other content, policy 409",
        http: 409,
        cxml: 409 "Conflict",
        retryable: false,
    }
    /// The return address is not allowed.
    ReturnHostNotAllowed {
        code: "return-host-not-allowed",
        partner: "The host of BrowserFormPost is not among the return hosts of this relationship. Ask the supplier to allow it.",
        log: "return address's host is not allowed for the relationship",
        http: 400,
        cxml: 400 "Bad Request",
        retryable: false,
    }
    /// The return address is missing or no URL.
    ReturnAddressInvalid {
        code: "return-address-invalid",
        partner: "BrowserFormPost must carry an absolute https URL (http only where the supplier allows it).",
        log: "return address missing or not a URL",
        http: 400,
        cxml: 400 "Bad Request",
        retryable: false,
    }
    /// The relationship has no customer, or the customer is not known to the ERP.
    UnknownCustomer {
        code: "unknown-customer",
        partner: "No customer is set up for this request. Ask the supplier to connect it with a customer account.",
        log: "no customer for the relationship or id",
        http: 404,
        cxml: 400 "Bad Request",
        retryable: false,
    }
    /// No bearer key.
    BearerMissing {
        code: "bearer-missing",
        partner: "Send the API key as 'Authorization: Bearer …'.",
        log: "no bearer key in the request",
        http: 401,
        cxml: 401 "Unauthorized",
        retryable: false,
    }
    /// The bearer key is unknown, expired or revoked.
    BearerInvalid {
        code: "bearer-invalid",
        partner: "The API key is unknown, expired or revoked. Ask for a new one.",
        log: "bearer key unknown, expired or revoked",
        http: 401,
        cxml: 401 "Unauthorized",
        retryable: false,
    }
    /// The bearer key lacks a scope.
    ScopeInsufficient {
        code: "scope-insufficient",
        partner: "The API key lacks the scope that this call needs; the detail names it.",
        log: "bearer key lacks a scope",
        http: 403,
        cxml: 403 "Forbidden",
        retryable: false,
    }
    /// A signature does not fit.
    SignatureInvalid {
        code: "signature-invalid",
        partner: "The request's signature does not fit its content, or its time is too far off. Check secret, clock and that the body is signed as sent.",
        log: "signature missing, wrong or too old",
        http: 401,
        cxml: 401 "Unauthorized",
        retryable: false,
    }
    /// There is no such thing.
    NotFound {
        code: "not-found",
        partner: "There is nothing at this address. Check the id; it may belong to another supplier.",
        log: "resource not found",
        http: 404,
        cxml: 400 "Bad Request",
        retryable: false,
    }
    /// The method does not fit the address.
    MethodNotAllowed {
        code: "method-not-allowed",
        partner: "This address does not take this HTTP method; the Allow header lists those that it takes.",
        log: "method not allowed",
        http: 405,
        cxml: 450 "Not Implemented",
        retryable: false,
    }
    /// The body is of a type that we do not read.
    MediaTypeUnsupported {
        code: "media-type-unsupported",
        partner: "The body's Content-Type is not read here. Send JSON to the API, and text/xml, application/xml or multipart/related to the cXML address.",
        log: "unsupported content type",
        http: 415,
        cxml: 406 "Not Acceptable",
        retryable: false,
    }
    /// Somebody else changed it first.
    VersionConflict {
        code: "version-conflict",
        partner: "It was changed since you read it. Read it again and repeat the change on the new version.",
        log: "expected version is not the current one",
        http: 409,
        cxml: 409 "Conflict",
        retryable: false,
    }
    /// A state does not lead where the request wants.
    InvalidTransition {
        code: "invalid-transition",
        partner: "What is asked does not fit the state that it is in; the detail names both.",
        log: "transition is not allowed",
        http: 409,
        cxml: 409 "Conflict",
        retryable: false,
    }
    /// Fields that do not hold what they must.
    Validation {
        code: "validation",
        partner: "Some fields are missing or not valid; each is listed with what is expected.",
        log: "request body or query failed validation",
        http: 422,
        cxml: 400 "Bad Request",
        retryable: false,
    }
    /// A paging cursor of another list or version.
    CursorInvalid {
        code: "cursor-invalid",
        partner: "The cursor does not belong to this list. Start again without it.",
        log: "paging cursor cannot be read",
        http: 400,
        cxml: 400 "Bad Request",
        retryable: false,
    }
    /// The start link was redeemed by another browser.
    StartLinkUsed {
        code: "start-link-used",
        partner: "This link has been used already. Go back to your procurement system and open the catalogue again.",
        log: "start link redeemed before by another browser",
        http: 410,
        cxml: 412 "Precondition Failed",
        retryable: false,
    }
    /// The start link is too old.
    StartLinkExpired {
        code: "start-link-expired",
        partner: "This link is too old. Go back to your procurement system and open the catalogue again.",
        log: "start link past its time",
        http: 410,
        cxml: 412 "Precondition Failed",
        retryable: false,
    }
    /// The start link is not ours, or was changed: one text for both.
    StartLinkUnknown {
        code: "start-link-unknown",
        partner: "This link is not valid. Go back to your procurement system and open the catalogue again.",
        log: "start link unknown or tampered with",
        http: 404,
        cxml: 400 "Bad Request",
        retryable: false,
    }
    /// The session's time is over.
    SessionExpired {
        code: "session-expired",
        partner: "Your shopping session has ended and nothing was sent. Go back to your procurement system and open the catalogue again.",
        log: "session past its time",
        http: 410,
        cxml: 412 "Precondition Failed",
        retryable: false,
    }
    /// The session was returned or cancelled before.
    SessionClosed {
        code: "session-closed",
        partner: "This shopping session is closed: its cart went back or was given up. Go back to your procurement system.",
        log: "session is returned or cancelled",
        http: 409,
        cxml: 409 "Conflict",
        retryable: false,
    }
    /// The cart's order would not pass, and the relationship stops such carts.
    CartBlocked {
        code: "cart-blocked",
        partner: "This cart cannot be returned at present; the reason is given. Please contact us.",
        log: "credit decision at cart return and policy 'block'",
        http: 409,
        cxml: 409 "Conflict",
        retryable: false,
    }
}
