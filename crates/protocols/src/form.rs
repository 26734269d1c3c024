//! Web forms that carry a cXML document through the browser: the hidden field of our return page, and
//! the reading side that the simulated suite uses.

use std::borrow::Cow;

use base64::{
    Engine,
    alphabet::STANDARD as ALPHABET,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use percent_encoding::percent_decode;

/// A hidden field of the return page. The page's template escapes the value for HTML; the browser does
/// the URL encoding, and nobody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormField {
    /// The field's name.
    pub name: &'static str,
    /// Its value.
    pub value: String,
}

/// Why a posted form holds no cart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// None of the fields.
    #[error("the form has no field cXML-urlencoded, cXML-base64 or cXML")]
    NoField,
    /// The field is empty.
    #[error("the form's field {0} is empty")]
    Empty(&'static str),
    /// The base64 field holds something else.
    #[error("the form's field cXML-base64 is not base64")]
    Base64,
}

const URLENCODED: &str = "cXML-urlencoded";
const BASE64: &str = "cXML-base64";
const PLAIN: &str = "cXML";

/// Line ends are removed before; padding may be missing.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The document as the value of `cXML-urlencoded`. It must be us-ascii, as written messages are; other
/// bytes have no defined reading there and are replaced.
pub fn urlencoded_field(xml: &[u8]) -> FormField {
    FormField {
        name: URLENCODED,
        value: String::from_utf8_lossy(xml).into_owned(),
    }
}

/// The document as the value of `cXML-base64`.
pub fn base64_field(xml: &[u8]) -> FormField {
    FormField {
        name: BASE64,
        value: STANDARD.encode(xml),
    }
}

/// The document in a posted form (`application/x-www-form-urlencoded`): field names without case, base64
/// with line breaks or blanks for `+`, doubly encoded values, a plain `cXML` field. base64 wins.
pub fn read_cart_form(body: &[u8]) -> Result<Vec<u8>, FormError> {
    if let Some(value) = field(body, BASE64) {
        return from_base64(&value);
    }
    let (name, value) = [URLENCODED, PLAIN]
        .into_iter()
        .find_map(|name| field(body, name).map(|value| (name, value)))
        .ok_or(FormError::NoField)?;
    let value = undo_double_encoding(value);
    if value.trim_ascii().is_empty() {
        return Err(FormError::Empty(name));
    }
    Ok(value)
}

fn field(body: &[u8], name: &str) -> Option<Vec<u8>> {
    body.split(|byte| *byte == b'&').find_map(|pair| {
        let split = pair.iter().position(|byte| *byte == b'=')?;
        let (key, value) = pair.split_at(split);
        let key = form_decode(key);
        key.trim_ascii()
            .eq_ignore_ascii_case(name.as_bytes())
            .then(|| form_decode(&value[1..]))
    })
}

fn form_decode(encoded: &[u8]) -> Vec<u8> {
    let blanks: Cow<'_, [u8]> = if encoded.contains(&b'+') {
        Cow::Owned(
            encoded
                .iter()
                .map(|byte| if *byte == b'+' { b' ' } else { *byte })
                .collect(),
        )
    } else {
        Cow::Borrowed(encoded)
    };
    percent_decode(&blanks).collect()
}

/// A document begins with `<`; one that begins with its encoding was encoded once too often. In the
/// second round a blank stays a blank: the first has made it of a `+` or `%20`.
fn undo_double_encoding(value: Vec<u8>) -> Vec<u8> {
    let start = value.trim_ascii_start();
    let is_encoded = start.len() >= 3 && start[..3].eq_ignore_ascii_case(b"%3c");
    if is_encoded { form_decode(&value) } else { value }
}

fn from_base64(value: &[u8]) -> Result<Vec<u8>, FormError> {
    let value = if value.contains(&b'%') {
        percent_decode(value).collect()
    } else {
        value.to_vec()
    };
    let value = value.trim_ascii();
    if value.is_empty() {
        return Err(FormError::Empty(BASE64));
    }
    // A blank inside is a `+` that was not encoded; line ends are layout.
    let compact: Vec<u8> = value
        .iter()
        .filter(|byte| !matches!(byte, b'\r' | b'\n' | b'\t'))
        .map(|byte| if *byte == b' ' { b'+' } else { *byte })
        .collect();
    LENIENT.decode(compact).map_err(|_| FormError::Base64)
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
    use proptest::prelude::*;

    use super::*;

    const XML: &str = "<cXML a=\"1+1\">caf&#233; &amp; 100%25</cXML>";

    fn encoded(value: &[u8]) -> String {
        percent_encode(value, NON_ALPHANUMERIC).to_string()
    }

    #[test]
    fn forms_as_they_come() {
        let once = encoded(XML.as_bytes());
        let twice = encoded(once.as_bytes());
        let base64 = STANDARD.encode(XML);
        let lines = base64
            .as_bytes()
            .chunks(20)
            .map(|line| [line, b"\r\n"].concat())
            .collect::<Vec<_>>()
            .concat();
        let unpadded = base64.trim_end_matches('=').to_owned();
        for (name, body) in [
            ("urlencoded", format!("cXML-urlencoded={once}")),
            (
                "blanks as plus",
                format!("cXML-urlencoded={}", once.replace("%20", "+")),
            ),
            (
                "lower case, other fields",
                format!("x=1&cxml-urlencoded={once}&submit=go"),
            ),
            ("encoded name", format!("cXML%2Durlencoded={once}")),
            ("plain field", format!("cXML={once}")),
            ("doubly encoded", format!("CXML-URLENCODED={twice}")),
            ("base64", format!("CXML-base64={}", encoded(base64.as_bytes()))),
            ("base64 with raw signs", format!("cxml-base64={base64}")),
            ("base64 in lines", format!("cxml-base64={}", encoded(&lines))),
            ("base64 without padding", format!("cxml-base64={unpadded}")),
            (
                "base64 doubly encoded",
                format!("cxml-base64={}", encoded(encoded(base64.as_bytes()).as_bytes())),
            ),
            (
                "base64 wins",
                format!("cXML-urlencoded=%3Cother%2F%3E&cXML-base64={base64}"),
            ),
        ] {
            let read = read_cart_form(body.as_bytes()).map(|xml| String::from_utf8(xml).unwrap());
            assert_eq!(read.as_deref(), Ok(XML), "{name}");
        }
    }

    #[test]
    fn forms_without_a_cart() {
        for (body, expected) in [
            ("", FormError::NoField),
            ("cXML-urlencoded", FormError::NoField),
            ("cXML-other=%3C", FormError::NoField),
            ("cXML-urlencoded=", FormError::Empty(URLENCODED)),
            ("cXML=+", FormError::Empty(PLAIN)),
            ("cxml-base64=%20", FormError::Empty(BASE64)),
            ("cxml-base64=%3CcXML%3E", FormError::Base64),
        ] {
            assert_eq!(read_cart_form(body.as_bytes()), Err(expected), "{body}");
        }
    }

    proptest! {
        /// What a browser posts of our own field comes back, byte for byte.
        #[test]
        fn our_fields_come_back(text in "<[ -~\n]{0,60}") {
            for field in [urlencoded_field(text.as_bytes()), base64_field(text.as_bytes())] {
                let body = format!("{}={}", field.name, encoded(field.value.as_bytes()));
                // A document never begins with an encoded bracket, which is what double encoding is told by.
                prop_assert_eq!(read_cart_form(body.as_bytes()), Ok(text.as_bytes().to_vec()));
            }
        }

        #[test]
        fn no_body_makes_it_panic(body in proptest::collection::vec(any::<u8>(), 0..80), prefix in "cxml-(base64|urlencoded)=") {
            let _ = read_cart_form(&[prefix.as_bytes(), &body].concat());
        }
    }
}
