//! Writes a parsed document anew in other words: what may differ between two deliveries of one content.

use roxmltree::Node;

/// What is written differently.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Manner {
    /// White space between elements.
    pub(crate) indented: bool,
    /// Attributes in the opposite order, in single quotes.
    pub(crate) reversed: bool,
    /// Every character of a text as a reference.
    pub(crate) references: bool,
    /// Comments between elements.
    pub(crate) comments: bool,
    /// Another Header and another timestamp.
    pub(crate) other_envelope: bool,
    /// Other secrets and card numbers in the payload.
    pub(crate) other_secrets: bool,
}

/// The document in this manner; the n-th text or attribute value of the payload changed, if asked for.
pub(crate) fn write(text: &str, manner: Manner, change: Option<usize>) -> Written {
    let options = roxmltree::ParsingOptions {
        allow_dtd: true,
        ..roxmltree::ParsingOptions::default()
    };
    let tree = roxmltree::Document::parse_with_options(text, options).expect("a readable document");
    let mut writer = Writer {
        manner,
        change,
        places: 0,
        out: String::new(),
        is_payload: false,
    };
    writer.element(tree.root_element(), 0);
    Written {
        text: writer.out,
        places: writer.places,
    }
}

/// A document and how many places of its payload can be changed.
pub(crate) struct Written {
    pub(crate) text: String,
    pub(crate) places: usize,
}

struct Writer {
    manner: Manner,
    change: Option<usize>,
    places: usize,
    out: String,
    is_payload: bool,
}

impl Writer {
    fn element(&mut self, node: Node<'_, '_>, depth: usize) {
        let name = node.tag_name().name();
        if name == "Header" && self.manner.other_envelope {
            self.out
                .push_str("<Header><From/><Sender><UserAgent>another</UserAgent></Sender></Header>");
            return;
        }
        let was_payload = self.is_payload;
        self.is_payload |= matches!(name, "Request" | "Message" | "Response");
        // The content of the samples that is secret by its label.
        self.is_payload &= node.attribute("name") != Some("credit_card.CVV");
        self.out.push('<');
        self.out.push_str(name);
        self.attributes(node);
        self.out.push('>');
        let has_elements = node.children().any(|child| child.is_element());
        let is_mixed = node
            .children()
            .any(|child| child.is_text() && !child.text().unwrap_or_default().trim().is_empty());
        for child in node.children() {
            if child.is_element() {
                self.between(is_mixed, depth);
                self.element(child, depth + 1);
            } else if child.is_text() && was_payload && !self.is_payload && self.manner.other_secrets {
                self.out.push_str("999");
            } else if child.is_text() {
                self.text(child.text().unwrap_or_default(), has_elements);
            }
        }
        if has_elements {
            self.between(is_mixed, depth);
        }
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
        self.is_payload = was_payload;
    }

    fn attributes(&mut self, node: Node<'_, '_>) {
        let mut all: Vec<(String, String)> = Vec::new();
        for attribute in node.attributes() {
            let prefix = if attribute.namespace().is_some() {
                "xml:"
            } else {
                ""
            };
            let is_card = node.tag_name().name() == "PCard" && matches!(attribute.name(), "number" | "cvv");
            let value = if is_card && self.manner.other_secrets {
                "5500005555555559".to_owned()
            } else if !self.is_payload && self.manner.other_envelope && attribute.name() == "timestamp" {
                "2026-03-09T00:00:00+00:00".to_owned()
            } else if is_card {
                attribute.value().to_owned()
            } else {
                self.changed(attribute.value())
            };
            all.push((format!("{prefix}{}", attribute.name()), value));
        }
        if self.manner.reversed {
            all.reverse();
        }
        let quote = if self.manner.reversed { '\'' } else { '"' };
        for (name, value) in all {
            self.out
                .push_str(&format!(" {name}={quote}{}{quote}", escaped(&value)));
        }
    }

    fn text(&mut self, text: &str, has_elements: bool) {
        if text.trim().is_empty() && has_elements {
            return;
        }
        let text = self.changed(text);
        if self.manner.references {
            self.out.extend(
                text.chars()
                    .map(|character| format!("&#{};", u32::from(character))),
            );
        } else {
            self.out.push_str(&escaped(&text));
        }
    }

    fn changed(&mut self, value: &str) -> String {
        if !self.is_payload || value.trim().is_empty() {
            return value.to_owned();
        }
        self.places += 1;
        if self.change == Some(self.places - 1) {
            format!("{}~", value.trim())
        } else {
            value.to_owned()
        }
    }

    fn between(&mut self, is_mixed: bool, depth: usize) {
        if self.manner.indented && !is_mixed {
            self.out.push('\n');
            self.out.push_str(&"\t".repeat(depth + 1));
        }
        if self.manner.comments && !is_mixed {
            self.out.push_str("<!-- between -->");
        }
    }
}

fn escaped(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            '\'' => "&apos;".to_owned(),
            '\t' | '\n' | '\r' => format!("&#{};", u32::from(character)),
            other => other.to_string(),
        })
        .collect()
}
