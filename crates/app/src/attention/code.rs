//! What things that need a person are called: stable names, words, and what to do. Page, mail and webhook say the same.

macro_rules! codes {
    ($($variant:ident = $name:literal, $title:literal, $advice:literal;)+) => {
        /// What needs a person, worst first: what may be lost or be there twice, what nobody gets, what waits for a word.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $title] $variant,)+
        }

        impl Code {
            /// All of them, worst first.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// Its stable name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The heading over all of them.
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }

            /// What to do.
            pub fn advice(self) -> &'static str {
                match self { $(Self::$variant => $advice,)+ }
            }
        }
    };
}

codes! {
    OrderUnknown = "order-unknown",
        "Orders: outcome unknown",
        "The ERP's answer was not seen. It is asked again by itself; if this stays, look there whether the order exists.";
    OrderRejected = "order-rejected",
        "Orders: rejected by the ERP",
        "The ERP refused them. Mend the cause, then have them decided again.";
    DeadWork = "dead-letter",
        "Given up",
        "Nobody tries this any more. Mend the cause, then replay it or pass it over; what stands behind it waits.";
    MailUntaken = "mail-untaken",
        "Alerts that cannot be sent by e-mail",
        "They are tried again by themselves. See what punchgate doctor says of the mail server, mend that, and try it with \
         punchgate alerts test.";
    Quarantine = "quarantine",
        "Refused requests that may be orders",
        "They came with a wrong secret, from somebody unknown, or could not be read.";
    Disk = "disk",
        "The disk is nearly full",
        "Make room: old backups, logs, or a larger disk. A database that cannot grow takes no orders.";
    Certificate = "certificate",
        "A certificate is about to expire",
        "Renew it where TLS ends, and have the proxy read it again. Buyers send no orders to an address whose certificate has expired.";
    ConnectorSilent = "connector-silent",
        "Systems that do not answer",
        "See that the system runs and what its page in the console says. Credit is decided by what was read last; orders wait.";
    PartnerSilent = "partner-silent",
        "Buyers that take no documents",
        "Their address does not answer. It is tried again by itself; test the connection on the relationship's page, and ask the buyer.";
    Settle = "settle",
        "Something that a connector tells",
        "It has to be settled here: the connector's page in the console says where.";
    OrderReferred = "order-referred",
        "Orders: needs a decision",
        "Somebody must decide.";
    ChangeRefused = "change-refused",
        "Asked of the ERP and refused",
        "The customer's page says what was asked for and why it did not come about: ask for something else, or take what the ERP has.";
    Conflict = "conflict",
        "Values that were changed here and in the ERP",
        "Somebody must say which of the two counts.";
    OrderHeld = "order-held",
        "Orders: held",
        "They wait for a release, a payment or more credit, and go on by themselves when it comes.";
}

impl Code {
    /// The one with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
    }
}
