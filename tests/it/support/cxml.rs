//! cXML documents as buyers' systems send them, written here by hand: nothing of the product's own encoder.

use std::fmt::Write as _;

/// Who sends, to whom, proving it how.
#[derive(Debug, Clone)]
pub(crate) struct Envelope {
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
    pub(crate) sender: &'static str,
    pub(crate) secret: String,
    pub(crate) payload_id: String,
    pub(crate) deployment: &'static str,
}

/// The identity of the tests' buyer.
pub(crate) const BUYER: &str = "AN01000000001";
/// The identity of the tests' supplier.
pub(crate) const SUPPLIER: &str = "AN01000000099";
/// The buyer's shared secret.
pub(crate) const SECRET: &str = "correct-horse-battery-staple";
/// The secret with which the supplier proves itself to the buyer.
pub(crate) const OUTBOUND_SECRET: &str = "what-we-say-to-you-9731";
/// A card number that must be found nowhere.
pub(crate) const CARD: &str = "4111111111111111";

impl Envelope {
    pub(crate) fn new(payload_id: impl Into<String>) -> Self {
        Self {
            from: BUYER,
            to: SUPPLIER,
            sender: BUYER,
            secret: SECRET.to_owned(),
            payload_id: payload_id.into(),
            deployment: "production",
        }
    }

    /// A whole document around a request.
    pub(crate) fn around(&self, request: &str) -> String {
        let party = |name: &str, identity: &str, secret: &str| {
            format!(
                "<{name}><Credential domain=\"NetworkID\"><Identity>{identity}</Identity>{secret}</Credential>\
                 {agent}</{name}>",
                agent = if name == "Sender" {
                    "<UserAgent>tests</UserAgent>"
                } else {
                    ""
                }
            )
        };
        let secret = format!("<SharedSecret>{}</SharedSecret>", self.secret);
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <!DOCTYPE cXML SYSTEM \"http://xml.cxml.org/schemas/cXML/1.2.045/cXML.dtd\">\n\
             <cXML payloadID=\"{}\" timestamp=\"2026-03-02T11:59:58+00:00\" xml:lang=\"en-US\">\n\
             <Header>{}{}{}</Header>\n<Request deploymentMode=\"{}\">{request}</Request>\n</cXML>",
            self.payload_id,
            party("From", self.from, ""),
            party("To", self.to, ""),
            party("Sender", self.sender, &secret),
            self.deployment,
        )
    }
}

/// A line of an order.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) part: String,
    pub(crate) auxiliary: Option<String>,
    pub(crate) quantity: u32,
    pub(crate) price: String,
    pub(crate) unit: String,
    /// The buyer's id of the address to which it goes, if it has one of its own.
    pub(crate) ship_to: Option<String>,
}

/// A purchase order.
#[derive(Debug, Clone)]
pub(crate) struct Po {
    pub(crate) envelope: Envelope,
    pub(crate) number: String,
    pub(crate) operation: &'static str,
    pub(crate) total: String,
    pub(crate) lines: Vec<Line>,
    pub(crate) card: bool,
    pub(crate) comment: String,
    /// Freight and tax that the order states.
    pub(crate) charges: [Option<String>; 2],
    /// Extrinsics by name; `Contact` is the e-mail of a contact.
    pub(crate) said_by: Vec<(&'static str, &'static str)>,
    /// The buyer's id of the address to which the order goes.
    pub(crate) ship_to: Option<String>,
}

fn ship_to(id: Option<&String>) -> String {
    id.map_or_else(String::new, |id| {
        format!("<ShipTo><Address addressID=\"{id}\"><Name xml:lang=\"en\">A dock</Name></Address></ShipTo>")
    })
}

impl Po {
    /// One line of one piece at this price.
    pub(crate) fn new(number: impl Into<String>, amount: &str) -> Self {
        let number = number.into();
        Self {
            envelope: Envelope::new(format!("po.{number}.1@buyer.example")),
            number,
            operation: "new",
            total: amount.to_owned(),
            lines: vec![Line {
                part: "TL-1110".to_owned(),
                auxiliary: None,
                quantity: 1,
                price: amount.to_owned(),
                unit: "ST".to_owned(),
                ship_to: None,
            }],
            card: false,
            comment: String::new(),
            charges: [None, None],
            said_by: Vec::new(),
            ship_to: None,
        }
    }

    /// Under another payloadID.
    pub(crate) fn payload(mut self, id: &str) -> Self {
        id.clone_into(&mut self.envelope.payload_id);
        self
    }

    /// `update` or `delete` of the order, with a payloadID of its own.
    pub(crate) fn operation(mut self, operation: &'static str) -> Self {
        self.operation = operation;
        let payload = format!("po.{}.{operation}.{}@buyer.example", self.number, self.total);
        self.payload(&payload)
    }

    pub(crate) fn xml(&self) -> String {
        let mut items = String::new();
        for (number, line) in (1..).zip(&self.lines) {
            let auxiliary = line.auxiliary.as_ref().map_or_else(String::new, |id| {
                format!("<SupplierPartAuxiliaryID>{id}</SupplierPartAuxiliaryID>")
            });
            write!(
                items,
                "<ItemOut quantity=\"{}\" lineNumber=\"{number}\"><ItemID><SupplierPartID>{}</SupplierPartID>{auxiliary}\
                 </ItemID><ItemDetail><UnitPrice><Money currency=\"USD\">{}</Money></UnitPrice>\
                 <Description xml:lang=\"en\">Something useful</Description><UnitOfMeasure>{}</UnitOfMeasure>\
                 <Classification domain=\"UNSPSC\">27111700</Classification></ItemDetail>{}</ItemOut>",
                line.quantity,
                line.part,
                line.price,
                line.unit,
                ship_to(line.ship_to.as_ref())
            )
            .unwrap();
        }
        let payment = if self.card {
            format!(
                "<Payment><PCard number=\"{CARD}\" expiration=\"2028-12-31\" name=\"Bea Buyer\"/></Payment>"
            )
        } else {
            String::new()
        };
        let (mut contacts, mut extrinsics) = (String::new(), String::new());
        for (name, value) in &self.said_by {
            match *name {
                "Contact" => write!(
                    contacts,
                    "<Contact role=\"endUser\"><Name xml:lang=\"en\">Bea Buyer</Name><Email>{value}</Email></Contact>"
                ),
                name => write!(extrinsics, "<Extrinsic name=\"{name}\">{value}</Extrinsic>"),
            }
            .unwrap();
        }
        let comment = match self.comment.as_str() {
            "" => String::new(),
            text => format!("<Comments>{text}</Comments>"),
        };
        let charges = ["Shipping", "Tax"].into_iter().zip(&self.charges);
        let charges: String = charges
            .filter_map(|(name, amount)| {
                let money = format!("<Money currency=\"USD\">{}</Money>", amount.as_ref()?);
                Some(format!(
                    "<{name}>{money}<Description xml:lang=\"en\">{name}</Description></{name}>"
                ))
            })
            .collect();
        self.envelope.around(&format!(
            "<OrderRequest><OrderRequestHeader orderID=\"{}\" orderDate=\"2026-03-02T11:58:00+00:00\" type=\"{}\">\
             <Total><Money currency=\"USD\">{}</Money></Total>{}{charges}{payment}{contacts}{comment}{extrinsics}</OrderRequestHeader>{items}</OrderRequest>",
            self.number,
            self.operation,
            self.total,
            ship_to(self.ship_to.as_ref())
        ))
    }
}

/// A setup request.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) envelope: Envelope,
    pub(crate) operation: &'static str,
    pub(crate) cookie: String,
    pub(crate) return_url: String,
    pub(crate) items: String,
}

impl Setup {
    pub(crate) fn new(cookie: &str) -> Self {
        Self {
            envelope: Envelope::new(format!("setup.{cookie}@buyer.example")),
            operation: "create",
            cookie: cookie.to_owned(),
            return_url: "https://suite.buyer.example/return?x=1".to_owned(),
            items: String::new(),
        }
    }

    pub(crate) fn xml(&self) -> String {
        self.envelope.around(&format!(
            "<PunchOutSetupRequest operation=\"{}\"><BuyerCookie>{}</BuyerCookie>\
             <Extrinsic name=\"UserEmail\">bea@buyer.example</Extrinsic>\
             <BrowserFormPost><URL>{}</URL></BrowserFormPost>{}</PunchOutSetupRequest>",
            self.operation, self.cookie, self.return_url, self.items
        ))
    }
}

/// The answer to a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) http: u16,
    /// Code of its Status.
    pub(crate) status: u16,
    /// The text inside its Status.
    pub(crate) text: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn read(http: u16, body: String) -> Self {
        let whole = body.trim_end().ends_with("</cXML>") && body.trim_start().starts_with("<?xml");
        assert!(whole, "not a complete cXML document: HTTP {http}: {body}");
        let code = between(&body, "<Status code=\"", "\"").expect("an answer has a Status");
        let tag = format!("<Status{}", between(&body, "<Status", ">").unwrap());
        let text = match tag.ends_with('/') {
            true => String::new(),
            false => between(&body, &format!("{tag}>"), "</Status>")
                .unwrap_or_default()
                .to_owned(),
        };
        Self {
            http,
            status: code.parse().unwrap(),
            text,
            body,
        }
    }

    /// The start page's address.
    pub(crate) fn start_page(&self) -> Option<String> {
        let url = between(&self.body, "<StartPage>", "</StartPage>")?;
        Some(between(url, "<URL>", "</URL>")?.trim().replace("&amp;", "&"))
    }
}

/// What stands between two texts.
pub(crate) fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}
