//! The forms of a web page, as a browser without scripts sees them: how simulated buyers go through start and return
//! pages. Pure and total.

/// A form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// `get` or `post`.
    pub method: String,
    /// As written; empty means the page's own address.
    pub action: String,
    /// Names and values of its input fields, in order.
    pub fields: Vec<(String, String)>,
}

/// Every form of a page.
pub fn forms(html: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    let mut inside = false;
    for tag in tags(html) {
        match tag.name.as_str() {
            "form" => {
                inside = true;
                forms.push(Form {
                    method: tag
                        .attribute("method")
                        .unwrap_or_else(|| "get".to_owned())
                        .to_lowercase(),
                    action: tag.attribute("action").unwrap_or_default(),
                    fields: Vec::new(),
                });
            }
            "/form" => inside = false,
            "input" if inside => {
                if let (Some(form), Some(name)) = (forms.last_mut(), tag.attribute("name")) {
                    form.fields
                        .push((name, tag.attribute("value").unwrap_or_default()));
                }
            }
            _ => {}
        }
    }
    forms
}

/// The text of the first element of this name.
pub fn text_of(html: &str, element: &str) -> Option<String> {
    let begin = html.find(&format!("<{element}"))?;
    let open = begin + html[begin..].find('>')? + 1;
    let end = open + html[open..].find(&format!("</{element}"))?;
    let mut text = String::new();
    let mut rest = &html[open..end];
    while let Some(tag) = rest.find('<') {
        text.push_str(&rest[..tag]);
        rest = rest[tag..].find('>').map_or("", |at| &rest[tag + at + 1..]);
    }
    text.push_str(rest);
    Some(unescape(
        text.split_whitespace().collect::<Vec<_>>().join(" ").as_str(),
    ))
}

struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    fn attribute(&self, name: &str) -> Option<String> {
        self.attributes
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
    }
}

fn tags(html: &str) -> Vec<Tag> {
    let mut all = Vec::new();
    let mut rest = html;
    while let Some(begin) = rest.find('<') {
        rest = &rest[begin + 1..];
        let end = tag_end(rest);
        if let Some(tag) = tag(&rest[..end]) {
            all.push(tag);
        }
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    all
}

/// The closing bracket that stands in no quotes.
fn tag_end(text: &str) -> usize {
    let mut quote = None;
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (None, '"' | '\'') => quote = Some(character),
            (None, '>') => return at,
            _ => {}
        }
    }
    text.len()
}

fn tag(text: &str) -> Option<Tag> {
    let text = text.trim_end_matches('/');
    let name: String = text
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '/')
        .collect();
    if name.is_empty() {
        return None;
    }
    let mut attributes = Vec::new();
    let mut rest = text[name.len()..].trim_start();
    while !rest.is_empty() {
        let end = rest
            .find(|c: char| c == '=' || c.is_whitespace())
            .unwrap_or(rest.len());
        let key = rest[..end].to_lowercase();
        rest = rest[end..].trim_start();
        let Some(after) = rest.strip_prefix('=') else {
            attributes.push((key, String::new()));
            continue;
        };
        let after = after.trim_start();
        let (value, left) = match after.chars().next() {
            Some(quote @ ('"' | '\'')) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
            _ => after.split_once(char::is_whitespace).unwrap_or((after, "")),
        };
        attributes.push((key, unescape(value)));
        rest = left.trim_start();
    }
    Some(Tag {
        name: name.to_lowercase(),
        attributes,
    })
}

/// Character references as templates write them.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find('&') {
        out.push_str(&rest[..begin]);
        rest = &rest[begin..];
        let reference = rest.find(';').filter(|end| *end <= 10).and_then(|end| {
            let character = match &rest[1..end] {
                "amp" => Some('&'),
                "lt" => Some('<'),
                "gt" => Some('>'),
                "quot" => Some('"'),
                "apos" => Some('\''),
                name => number(name).and_then(char::from_u32),
            };
            character.map(|character| (character, end))
        });
        match reference {
            Some((character, end)) => {
                out.push(character);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn number(name: &str) -> Option<u32> {
    let digits = name.strip_prefix('#')?;
    match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => digits.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_as_templates_write_them() {
        let html = r##"<p>a < b</p><form method="post" data-auto data-nonce>
            <input type="hidden" name="nonce" value=""><button>x</button></form>
            <form action='../return/l?a=1&amp;b=2' METHOD=POST><input name="cXML" value="&#60;a b=&quot;1&quot;/&gt; &amp;amp; >"/></form>
            <input name="outside" value="1">"##;
        let found = forms(html);
        assert_eq!(found.len(), 2);
        assert_eq!(
            found[0],
            Form {
                method: "post".into(),
                action: String::new(),
                fields: vec![("nonce".into(), String::new())],
            }
        );
        assert_eq!(found[1].action, "../return/l?a=1&b=2");
        assert_eq!(found[1].method, "post");
        assert_eq!(
            found[1].fields,
            [("cXML".to_owned(), "<a b=\"1\"/> &amp; >".to_owned())]
        );
    }

    #[test]
    fn texts_and_references() {
        assert_eq!(
            text_of("<h1 id=a>Your <b>cart</b>\n is &#x27;here&#39;</h1>", "h1").unwrap(),
            "Your cart is 'here'"
        );
        assert_eq!(text_of("<h2>x</h2>", "h1"), None);
        assert_eq!(unescape("a & b &nosuch; &#xD800; &"), "a & b &nosuch; &#xD800; &");
    }

    proptest::proptest! {
        #[test]
        fn any_page_is_taken(html in "[<>/a-cé\"'=&#; finput]{0,60}") {
            let _ = (forms(&html), text_of(&html, "a"));
        }
    }
}
