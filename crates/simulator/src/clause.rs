//! The rules that answers are held to, each with the place where it stands, in words for both sides.

use serde::Serialize;

macro_rules! clauses {
    ($($(#[$doc:meta])* $name:ident = $source:literal;)+) => {
        /// A rule.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Clause {
            $($(#[$doc])* $name),+
        }

        impl Clause {
            /// Where the rule stands.
            pub fn source(self) -> &'static str {
                match self {
                    $(Self::$name => $source),+
                }
            }
        }
    };
}

clauses! {
    /// An answer comes, on the same connection and in time.
    Answered = "cXML User's Guide, HTTP transport: the answer comes on the same connection";
    /// HTTP status and type of an answer.
    Http = "cXML User's Guide, HTTP transport: what is wrong is said in the Status of a cXML document, not by HTTP alone";
    /// A complete, well-formed document.
    Document = "cXML DTD: one complete, well-formed cXML document";
    /// The document type.
    Doctype = "cXML User's Guide: a document names its DTD in the DOCTYPE";
    /// payloadID.
    PayloadId = "cXML DTD, cXML payloadID: unique in space and time";
    /// timestamp.
    Timestamp = "cXML User's Guide, cXML timestamp: ISO 8601 with a numeric offset";
    /// What stands in a Response.
    Response = "cXML DTD, Response: a Status, and no further element unless its code is 2xx";
    /// The Status' code.
    StatusCode = "cXML User's Guide, Status: codes and what they mean";
    /// What a profile says.
    Profile = "cXML DTD, ProfileResponse: effectiveDate, and each accepted request with its URL";
    /// The start page's address.
    StartPage = "cXML DTD, PunchOutSetupResponse: one StartPage URL, absolute";
    /// A link that is looked at is not used.
    StartLink = "start page: looking at it redeems nothing, and only one browser gets in";
    /// Pages in frames of other sites.
    Cookies = "punchout pages stand in frames of other sites: no cookie";
    /// Pages in frames, and forms that browsers let through.
    Browser = "punchout pages stand in frames of other sites, and their forms lead to the suite: headers must let both happen";
    /// The shopper reaches the shop.
    Shop = "the shop: a session with the lines that were put into it";
    /// The buyer cookie.
    BuyerCookie = "cXML DTD, BuyerCookie: comes back byte for byte";
    /// The form that carries the cart.
    CartForm = "cXML User's Guide, BrowserFormPost: a form with cXML-urlencoded or cXML-base64, posted to that URL";
    /// What stands in a returned cart.
    OrderMessage = "cXML DTD, PunchOutOrderMessage";
    /// Who sends the cart to whom.
    Parties = "cXML DTD, Header: From is the supplier, To the buyer";
    /// Secrets.
    Secrets = "cXML DTD, Credential: no authentication in what goes through a browser, and none quoted in an answer";
    /// Totals and currency.
    Amounts = "the cart's Total is the sum of its lines, in one currency";
    /// Line keys.
    LineKeys = "cXML User's Guide, SupplierPartAuxiliaryID: with the part it is the line, and stays so over edits";
    /// What the suite takes.
    Dialect = "what this suite takes: lengths in bytes, characters, decimals, units";
    /// The operations of punchout.
    Operation = "cXML User's Guide, PunchOut operations: edit brings the lines back, inspect changes nothing";
    /// Orders.
    Order = "cXML User's Guide, OrderRequest: new, update and delete, each answered by a Status";
    /// Repeats.
    Duplicates = "cXML User's Guide: what comes again is not done again";
    /// What the buyer could not write.
    OwnDocument = "the simulated buyer's own document";
}
