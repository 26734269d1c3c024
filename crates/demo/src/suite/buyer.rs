//! The three buying companies of the simulated suite: who they are on the wire and how they write.

use punchgate_domain::purchase_order::{Address, Contact};

/// A buying company with its connection to the supplier.
#[derive(Debug)]
pub struct Buyer {
    /// Stands in the suite's addresses.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Which product its suite writes like.
    pub suite: &'static str,
    /// The dialect of the documents that it writes.
    pub dialect: &'static str,
    /// Where it sends requests, below the gateway's address.
    pub path: &'static str,
    /// The credentials of From: domain and identity.
    pub from: &'static [(&'static str, &'static str)],
    /// The credentials of To.
    pub to: &'static [(&'static str, &'static str)],
    /// The credentials of Sender.
    pub sender: &'static [(&'static str, &'static str)],
    /// What it proves itself with.
    pub secret: &'static str,
    /// What the supplier's documents must prove themselves with.
    pub supplier_secret: &'static str,
    /// Sender/UserAgent.
    pub user_agent: &'static str,
    /// Who shops.
    pub shopper: Shopper,
    /// How its buyer cookies look.
    pub cookie: CookieStyle,
    /// One line about its standing, for the page's guide.
    pub hint: &'static str,
    place: Place,
}

/// The person at the screen.
#[derive(Debug)]
pub struct Shopper {
    /// First name.
    pub first: &'static str,
    /// Last name.
    pub last: &'static str,
    /// E-mail.
    pub email: &'static str,
    /// The suite's name for the person.
    pub unique_name: &'static str,
    /// Cost centre or department.
    pub department: &'static str,
}

/// How a suite makes its buyer cookies; all of them must come back byte for byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieStyle {
    /// Letters and digits.
    Plain,
    /// With blanks and a line end around it, as some suites publish in their samples.
    Padded,
    /// With characters that must be escaped in XML.
    Escaped,
}

#[derive(Debug)]
struct Place {
    id: &'static str,
    street: &'static str,
    city: &'static str,
    state: &'static str,
    postal_code: &'static str,
}

/// The buyers, in the order of the switch at the top.
pub static BUYERS: [Buyer; 3] = [
    Buyer {
        id: "acme",
        name: "ACME Manufacturing",
        suite: "Ariba-like",
        dialect: "ariba",
        path: "cxml",
        from: &[
            ("NetworkID", "AN01000000101"),
            ("VendorID", "ACME-US-01"),
            ("SystemID", "ACME-ERP-100"),
        ],
        to: &[("NetworkID", "AN01000009001"), ("VendorID", "0000104711")],
        sender: &[("AribaNetworkUserId", "sysadmin@hub.example")],
        secret: "demo-acme-quarry-lantern-41",
        supplier_secret: "demo-ironquay-to-acme-77",
        user_agent: "Northstar Buying 14.2 (network)",
        shopper: Shopper {
            first: "Bea",
            last: "Ortiz",
            email: "bea.ortiz@acme.example",
            unique_name: "bortiz",
            department: "Plant 4 · Maintenance",
        },
        cookie: CookieStyle::Padded,
        hint: "In good standing: 50,000 USD limit, NET30",
        place: Place {
            id: "PLANT-4",
            street: "1200 Foundry Road",
            city: "Dayton",
            state: "OH",
            postal_code: "45402",
        },
    },
    Buyer {
        id: "borealis",
        name: "Borealis Health",
        suite: "Coupa-like",
        dialect: "coupa",
        path: "cxml",
        from: &[("DUNS", "060704781")],
        to: &[("DUNS", "081466849")],
        sender: &[("DUNS", "060704781")],
        secret: "demo-borealis-harbor-thimble-52",
        supplier_secret: "demo-ironquay-to-borealis-78",
        user_agent: "Northstar Procurement 1.0",
        shopper: Shopper {
            first: "Noor",
            last: "Haddad",
            email: "noor.haddad@borealis.example",
            unique_name: "nhaddad",
            department: "Clinical supplies",
        },
        cookie: CookieStyle::Plain,
        hint: "In good standing: 25,000 USD limit, NET45",
        place: Place {
            id: "CENTRAL-STORES",
            street: "88 Aurora Avenue",
            city: "Duluth",
            state: "MN",
            postal_code: "55802",
        },
    },
    Buyer {
        id: "cobalt",
        name: "Cobalt Labs",
        suite: "generic cXML",
        dialect: "generic",
        path: "cxml/ironquay.cobalt",
        from: &[("PrivateID", "cobalt-labs")],
        to: &[("PrivateID", "ironquay")],
        sender: &[("PrivateID", "cobalt-labs")],
        secret: "demo-cobalt-ember-compass-63",
        supplier_secret: "demo-ironquay-to-cobalt-79",
        user_agent: "Northstar Lab Requests 3",
        shopper: Shopper {
            first: "Ida",
            last: "Lindqvist",
            email: "ida@cobalt.example",
            unique_name: "ida",
            department: "Analytics",
        },
        cookie: CookieStyle::Escaped,
        hint: "On credit hold in the supplier's ERP",
        place: Place {
            id: "LAB-2",
            street: "5 Retort Way",
            city: "Boulder",
            state: "CO",
            postal_code: "80301",
        },
    },
];

impl Buyer {
    /// The buyer of an address.
    pub fn find(id: &str) -> Option<&'static Self> {
        BUYERS.iter().find(|buyer| buyer.id == id)
    }

    /// A buyer cookie with this random part.
    pub fn cookie(&self, random: &str) -> String {
        match self.cookie {
            CookieStyle::Plain => random.to_owned(),
            CookieStyle::Padded => format!("  {random}\n "),
            CookieStyle::Escaped => format!("{random}&site=<{}>\"lab\"", self.id),
        }
    }

    /// The extrinsics that name the shopper, as this kind of suite writes them.
    pub fn extrinsics(&self) -> Vec<(String, String)> {
        let shopper = &self.shopper;
        let pairs: &[(&str, &str)] = match self.dialect {
            "ariba" => &[
                ("CostCenter", "4-7710"),
                ("UniqueName", shopper.unique_name),
                ("UserEmail", shopper.email),
                ("FirstName", shopper.first),
                ("LastName", shopper.last),
            ],
            "coupa" => &[
                ("FirstName", shopper.first),
                ("LastName", shopper.last),
                ("UniqueName", shopper.unique_name),
                ("UserEmail", shopper.email),
                ("User", shopper.unique_name),
                ("BusinessUnit", "BH-US"),
            ],
            _ => &[("UserEmail", shopper.email), ("UserFullName", "Ida Lindqvist")],
        };
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    /// The shopper as a contact.
    pub fn contact(&self) -> Contact {
        Contact {
            role: Some("endUser".to_owned()),
            name: format!("{} {}", self.shopper.first, self.shopper.last),
            email: Some(self.shopper.email.to_owned()),
        }
    }

    /// Where goods go.
    pub fn ship_to(&self) -> Address {
        self.address(vec![format!("{} {}", self.shopper.first, self.shopper.last)])
    }

    /// Where invoices go.
    pub fn bill_to(&self) -> Address {
        self.address(vec!["Accounts payable".to_owned()])
    }

    fn address(&self, deliver_to: Vec<String>) -> Address {
        Address {
            address_id: Some(self.place.id.to_owned()),
            name: self.name.to_owned(),
            deliver_to,
            street: vec![self.place.street.to_owned()],
            city: self.place.city.to_owned(),
            state: Some(self.place.state.to_owned()),
            postal_code: Some(self.place.postal_code.to_owned()),
            country_code: Some("US".to_owned()),
            email: None,
            phone: None,
        }
    }

    /// The shopper's initials, for the page's head.
    pub fn initials(&self) -> String {
        [self.shopper.first, self.shopper.last]
            .iter()
            .filter_map(|name| name.chars().next())
            .collect()
    }

    /// The place in words, for the page.
    pub fn place_in_words(&self) -> String {
        format!(
            "{}, {} {} {}",
            self.place.street, self.place.city, self.place.state, self.place.postal_code
        )
    }
}
