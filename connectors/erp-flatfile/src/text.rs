//! Bytes of a file → text.

use encoding_rs::{Encoding, UTF_8};

/// Decodes a file. A byte order mark at its beginning wins over what was agreed. What is no text in that encoding
/// refuses the file: guessed letters would become names, and sent back, wrong ones.
pub(crate) fn decode(bytes: &[u8], agreed: &'static Encoding) -> Result<String, String> {
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or((agreed, 0));
    let body = bytes.get(mark..).unwrap_or_default();
    let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(body) else {
        let place = match (encoding == UTF_8, std::str::from_utf8(body)) {
            (true, Err(error)) => {
                let good = body.get(..error.valid_up_to()).unwrap_or_default();
                let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
                format!(", in line {line}")
            }
            _ => String::new(),
        };
        return Err(format!(
            "the file is not {}{place}: set `encoding` of the feed to what the ERP writes, such as windows-1252",
            encoding.name()
        ));
    };
    if text.contains('\0') {
        return Err(format!(
            "there are NUL characters in it: it is not {}, or no text at all; set `encoding` of the feed",
            encoding.name()
        ));
    }
    Ok(text.into_owned())
}

#[cfg(test)]
mod tests {
    use encoding_rs::{UTF_16LE, WINDOWS_1252};

    use super::*;

    #[test]
    fn encodings() {
        let utf16: Vec<u8> = [0xff, 0xfe]
            .into_iter()
            .chain("Ä€".encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        let cases: [(&[u8], &'static Encoding, Option<&str>); 7] = [
            ("Müller".as_bytes(), UTF_8, Some("Müller")),
            (b"\xef\xbb\xbfM\xc3\xbcller", WINDOWS_1252, Some("Müller")),
            (b"M\xfcller \x80", WINDOWS_1252, Some("Müller €")),
            (&utf16, UTF_8, Some("Ä€")),
            (&utf16[2..], UTF_16LE, Some("Ä€")),
            (b"M\xfcller", UTF_8, None),
            (&utf16[2..4], WINDOWS_1252, Some("Ä\0").filter(|_| false)),
        ];
        for (bytes, encoding, expected) in cases {
            assert_eq!(decode(bytes, encoding).ok().as_deref(), expected, "{bytes:?}");
        }
        let error = decode(b"key\nM\xfcller", UTF_8).unwrap_err();
        assert!(
            error.contains("line 2") && error.contains("windows-1252"),
            "{error}"
        );
    }
}
