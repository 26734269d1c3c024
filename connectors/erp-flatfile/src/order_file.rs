//! An order → a file for the ERP. Pure.

use punchgate_connector::orders::OrderSubmission;
use punchgate_domain::purchase_order::{Address, OrderLine};
use serde_json::{Map, Value};

/// What orders are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OrderFormat {
    Csv,
    Xml,
    Json,
}

impl OrderFormat {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "csv" => Some(Self::Csv),
            "xml" => Some(Self::Xml),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    pub(crate) fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xml => "xml",
            Self::Json => "json",
        }
    }
}

type Pairs = Vec<(&'static str, String)>;

/// The file: in CSV a line a line, with the order's own fields on each; a decimal point, dates as in ISO 8601, UTF-8.
pub(crate) fn render(submission: &OrderSubmission, format: OrderFormat) -> Vec<u8> {
    let header = header(submission);
    let lines: Vec<Pairs> = submission.order.lines.iter().map(line).collect();
    match format {
        OrderFormat::Csv => csv(&header, &lines),
        OrderFormat::Xml => xml(&header, &lines),
        OrderFormat::Json => json(&header, &lines),
    }
}

fn header(submission: &OrderSubmission) -> Pairs {
    let order = &submission.order;
    let contact = order.contacts.first();
    let mut pairs = vec![
        ("reference", submission.reference.clone()),
        ("customer", submission.customer.clone()),
        ("terms", submission.terms.clone().unwrap_or_default()),
        ("test", if submission.test { "yes" } else { "no" }.to_owned()),
        ("purchase_order_number", order.order_number.clone()),
        ("order_date", order.order_date.text.clone()),
        (
            "requested_delivery",
            order
                .requested_delivery
                .as_ref()
                .map(|date| date.text.clone())
                .unwrap_or_default(),
        ),
        ("currency", order.total.currency().to_string()),
        ("total", order.total.text().to_owned()),
        (
            "contact",
            contact.map(|contact| contact.name.clone()).unwrap_or_default(),
        ),
        (
            "contact_email",
            contact
                .and_then(|contact| contact.email.clone())
                .unwrap_or_default(),
        ),
        ("contact_id", submission.contact.clone().unwrap_or_default()),
        ("comments", order.comments.join("\n")),
    ];
    pairs.extend(address(order.ship_to.as_ref()));
    pairs
}

fn address(address: Option<&Address>) -> Pairs {
    let nobody = Address::default();
    let address = address.unwrap_or(&nobody);
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    vec![
        ("ship_to_id", text(&address.address_id)),
        ("ship_to_name", address.name.clone()),
        ("ship_to_deliver_to", address.deliver_to.join("\n")),
        ("ship_to_street", address.street.join("\n")),
        ("ship_to_postal_code", text(&address.postal_code)),
        ("ship_to_city", address.city.clone()),
        ("ship_to_state", text(&address.state)),
        ("ship_to_country", text(&address.country_code)),
    ]
}

fn line(line: &OrderLine) -> Pairs {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let mut pairs = vec![
        ("line_number", line.line_number.to_string()),
        ("part_id", line.part_id.clone()),
        ("auxiliary_id", text(&line.auxiliary_id)),
        ("buyer_part_id", text(&line.buyer_part_id)),
        ("description", line.description.clone()),
        ("quantity", line.quantity.text().to_owned()),
        ("unit", line.unit.as_str().to_owned()),
        ("unit_price", line.unit_price.text().to_owned()),
        (
            "price_basis",
            line.price_basis
                .as_ref()
                .map(|basis| basis.text().to_owned())
                .unwrap_or_default(),
        ),
        ("line_currency", line.unit_price.currency().to_string()),
        (
            "line_requested_delivery",
            line.requested_delivery
                .as_ref()
                .map(|date| date.text.clone())
                .unwrap_or_default(),
        ),
        ("line_comments", line.comments.join("\n")),
    ];
    let elsewhere = address(line.ship_to.as_ref())
        .into_iter()
        .map(|(name, value)| match name {
            "ship_to_id" => ("line_ship_to_id", value),
            "ship_to_name" => ("line_ship_to_name", value),
            "ship_to_deliver_to" => ("line_ship_to_deliver_to", value),
            "ship_to_street" => ("line_ship_to_street", value),
            "ship_to_postal_code" => ("line_ship_to_postal_code", value),
            "ship_to_city" => ("line_ship_to_city", value),
            "ship_to_state" => ("line_ship_to_state", value),
            _ => ("line_ship_to_country", value),
        });
    pairs.extend(elsewhere);
    pairs
}

fn csv(header: &Pairs, lines: &[Pairs]) -> Vec<u8> {
    let quoted = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
    let row = |pairs: Vec<&str>| pairs.into_iter().map(quoted).collect::<Vec<_>>().join(",");
    let mut rows = Vec::new();
    if let Some(first) = lines.first() {
        rows.push(row(header.iter().chain(first).map(|(name, _)| *name).collect()));
    }
    for line in lines {
        rows.push(row(header
            .iter()
            .chain(line)
            .map(|(_, value)| value.as_str())
            .collect()));
    }
    let mut text = rows.join("\r\n");
    text.push_str("\r\n");
    text.into_bytes()
}

fn xml(header: &Pairs, lines: &[Pairs]) -> Vec<u8> {
    let element = |(name, value): &(&str, String)| {
        let value: String = value
            .chars()
            .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
            .collect();
        format!("<{name}>{}</{name}>", quick_xml::escape::escape(&value))
    };
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<order>\n");
    for pair in header {
        text.push_str(&format!("  {}\n", element(pair)));
    }
    text.push_str("  <lines>\n");
    for line in lines {
        text.push_str("    <line>");
        text.extend(line.iter().map(element));
        text.push_str("</line>\n");
    }
    text.push_str("  </lines>\n</order>\n");
    text.into_bytes()
}

fn json(header: &Pairs, lines: &[Pairs]) -> Vec<u8> {
    let object = |pairs: &Pairs| -> Map<String, Value> {
        let pairs = pairs.iter().filter(|(_, value)| !value.is_empty());
        pairs
            .map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str())))
            .collect()
    };
    let mut order = object(header);
    let lines = lines.iter().map(|line| Value::Object(object(line)));
    order.insert("lines".to_owned(), lines.collect());
    let mut text = Value::Object(order).to_string();
    text.push('\n');
    text.into_bytes()
}
