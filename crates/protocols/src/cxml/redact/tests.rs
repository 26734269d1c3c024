//! What is blanked, and what keeps its shape alone.

use super::*;

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

const BLANKED: &[(&str, &str)] = &[
    (
        "<SharedSecret>abc</SharedSecret>",
        "<SharedSecret>***</SharedSecret>",
    ),
    ("<a><SharedSecret/>x</a>", "<a><SharedSecret/>x</a>"),
    (
        "<SharedSecret><![CDATA[a]b]]></SharedSecret>",
        "<SharedSecret><![CDATA[***]]></SharedSecret>",
    ),
    (
        "<p:SharedSecret a='>'>ab<i c='d'>c</i></p:SharedSecret>",
        "<p:SharedSecret a='*'>**<i c='*'>*</i></p:SharedSecret>",
    ),
    ("<SharedSecret value=\"abc\"/>", "<SharedSecret value=\"***\"/>"),
    (
        "<sharedsecret2>abc</sharedsecret2>",
        "<sharedsecret2>***</sharedsecret2>",
    ),
    (
        "<CredentialMac type='x' value='y'>QUJD</CredentialMac>",
        "<CredentialMac type='x' value='*'>****</CredentialMac>",
    ),
    (
        "<DigitalSignature encoding='abc'><a b='abc'/></DigitalSignature>",
        "<DigitalSignature encoding='***'><a b='***'/></DigitalSignature>",
    ),
    (
        "<PCard number=\"4111\" name=\"A\"/>",
        "<PCard number=\"****\" name=\"A\"/>",
    ),
    (
        "<PCard name='A' number = '4111' cvv='1'/>",
        "<PCard name='A' number = '****' cvv='*'/>",
    ),
    ("<Identity>abc</Identity>", "<Identity>abc</Identity>"),
    (
        "<SharedSecretX>abc</SharedSecretX>",
        "<SharedSecretX>abc</SharedSecretX>",
    ),
    (
        "<Extrinsic name='Card CVV'>123</Extrinsic>",
        "<Extrinsic name='Card CVV'>***</Extrinsic>",
    ),
    (
        "<Option name='CredentialMac.value'>QUJD</Option>",
        "<Option name='CredentialMac.value'>****</Option>",
    ),
    (
        "<Option name='CredentialMac.type'>From</Option>",
        "<Option name='CredentialMac.type'>From</Option>",
    ),
    (
        "<a><Comments>4111 1111 1111 1111</Comments><ItemID>4111111111111111</ItemID></a>",
        "<a><Comments>*******************</Comments><ItemID>4111111111111111</ItemID></a>",
    ),
    (
        "<a><!-- <SharedSecret>x --></a>",
        "<a><!--*****************--></a>",
    ),
    (
        "<a b='&lt;PCard x'>&lt;sharedSecret>x</a>",
        "<a b='***********'>******************</a>",
    ),
    ("<a>%3CSharedSecret%3Ex</a>", "<a>*******************</a>"),
];

#[test]
fn what_is_blanked_and_what_stays() {
    for (given, expected) in BLANKED {
        assert_eq!(text(redact(given.as_bytes())), *expected);
        assert_eq!(text(redact_read(given.as_bytes())), *expected);
        assert_eq!(redact(&wide(given)), wide(expected), "{given}");
    }
}

#[test]
fn what_is_no_xml_keeps_its_shape_where_it_could_tell_a_secret() {
    let rows = [
        (
            "<html><br>Order 7 unknown</html>",
            "<html><br>Order 7 unknown</html>",
        ),
        ("no such order", "no such order"),
        ("card 4111111111111111 refused", "card **************** refused"),
        ("<SharedSecret>never closed", "<SharedSecret>************"),
        (
            "<SharedSecret '>abc</SharedSecret>",
            "<SharedSecret**>***</SharedSecret>",
        ),
        ("< SharedSecret>abc", "<*************>***"),
        (
            "<SharedSecret>a</SharedSecretary>b</SharedSecret>",
            "<SharedSecret>*<****************>*</SharedSecret>",
        ),
        ("xml=%3Csharedsecret%3Eabc", "*************************"),
        (
            "\n\0<SharedSecret>abc</SharedSecret>",
            "\n*<SharedSecret>***</SharedSecret>",
        ),
        ("\u{1}abc", "****"),
    ];
    for (given, expected) in rows {
        assert_eq!(text(redact(given.as_bytes())), expected);
    }
}

#[test]
fn attachments_are_text_or_stay() {
    let secrets = OwnSecrets::of(b"<a><SharedSecret>hunter2&amp;!</SharedSecret></a>");
    let rows: [(Option<&str>, &[u8], &[u8]); 10] = [
        (
            Some("text/plain"),
            b"it is hunter2&! or hunter2&amp;!",
            b"it is ********* or *************",
        ),
        (
            None,
            b"<note id=\"hunter2&amp;!\"/>",
            b"<note id=\"*************\"/>",
        ),
        (
            Some("image/png"),
            b"\x89PNG\0hunter2&!\0",
            b"\x89PNG\0*********\0",
        ),
        (
            Some("application/pdf"),
            b"%PDF 4111111111111111",
            b"%PDF 4111111111111111",
        ),
        (Some("image/png"), b"\x89PNG\0", b"\x89PNG\0"),
        (
            Some("text/plain; charset=x"),
            b"4111111111111111",
            b"****************",
        ),
        (None, b"4111111111111111", b"****************"),
        (
            Some("application/pdf"),
            b" <a><SharedSecret>abc</SharedSecret></a>",
            b" <a><SharedSecret>***</SharedSecret></a>",
        ),
        (Some("image/png"), b"\0<SharedSecret>abc", b"*<SharedSecret>***"),
        (Some("text/csv"), b"part;4006381333931", b"part;4006381333931"),
    ];
    for (kind, given, expected) in rows {
        assert_eq!(
            String::from_utf8_lossy(&redact_attachment(given, kind, &secrets)),
            String::from_utf8_lossy(expected),
            "{kind:?}"
        );
    }
}

/// What the element in front carries is quoted behind it.
const QUOTED: &[(&str, &str)] = &[
    (
        "<a><SharedSecret>hunter2!</SharedSecret><Comments>use hunter2! please</Comments></a>",
        "<a><SharedSecret>********</SharedSecret><Comments>use ******** please</Comments></a>",
    ),
    (
        "<a><Comments>use hunter2!</Comments><SharedSecret>\n hunter<![CDATA[2!]]>\n</SharedSecret></a>",
        "<a><Comments>use ********</Comments><SharedSecret>********<![CDATA[**]]>*</SharedSecret></a>",
    ),
    (
        "<a><SharedSecret>a&amp;b&lt;c'd</SharedSecret><Comments>a&#38;b&#60;c&#39;d, a&amp;b&lt;c&apos;d</Comments></a>",
        "<a><SharedSecret>**************</SharedSecret><Comments>*******************, *******************</Comments></a>",
    ),
    (
        "<a><SharedSecret>a&amp;b&lt;c-d</SharedSecret><!-- a&b<c-d --><URL>https://x/?s=a%26b%3Cc-d</URL></a>",
        "<a><SharedSecret>**************</SharedSecret><!-- ******* --><URL>https://x/?s=***********</URL></a>",
    ),
    (
        "<a note='is hunter2!'><SharedSecret>hunter2!</SharedSecret><b><![CDATA[hunter2!hunter2!]]></b></a>",
        "<a note='is ********'><SharedSecret>********</SharedSecret><b><![CDATA[****************]]></b></a>",
    ),
    (
        "<a><PCard number='4999-77'/><SharedSecret value='hunter2!'/><b>4999-77 hunter2!</b></a>",
        "<a><PCard number='*******'/><SharedSecret value='********'/><b>******* ********</b></a>",
    ),
    (
        "<a><Extrinsic name='password'>hunter2</Extrinsic><b>hunter2</b></a>",
        "<a><Extrinsic name='password'>*******</Extrinsic><b>*******</b></a>",
    ),
    // A word that a label calls a password, and what is too short to mean anything.
    (
        "<a><Extrinsic name='passwordPolicy'>standard</Extrinsic><SharedSecret>abcde</SharedSecret><b>standard abcde</b></a>",
        "<a><Extrinsic name='passwordPolicy'>********</Extrinsic><SharedSecret>*****</SharedSecret><b>standard abcde</b></a>",
    ),
    // Names and facts stay, whatever the secret is.
    (
        "<cXML payloadID='Comments'><SharedSecret>Comments</SharedSecret><Comments xml:lang='Comments'>Comments</Comments>\
         <ItemOut quantity='Comments'><SupplierPartID>Comments</SupplierPartID></ItemOut></cXML>",
        "<cXML payloadID='Comments'><SharedSecret>********</SharedSecret><Comments xml:lang='Comments'>********</Comments>\
         <ItemOut quantity='Comments'><SupplierPartID>Comments</SupplierPartID></ItemOut></cXML>",
    ),
    (
        "<?xml version='1.0' encoding='us-ascii'?><a><SharedSecret>encoding</SharedSecret></a>",
        "<?xml version='1.0' encoding='us-ascii'?><a><SharedSecret>********</SharedSecret></a>",
    ),
    // No reference is cut.
    (
        "<a><SharedSecret>amp;abc</SharedSecret><b>x&amp;abcd</b></a>",
        "<a><SharedSecret>*******</SharedSecret><b>x********d</b></a>",
    ),
    (
        "<a><SharedSecret><![CDATA[abcd&am]]></SharedSecret><b>abcd&amp;</b></a>",
        "<a><SharedSecret><![CDATA[*******]]></SharedSecret><b>*********</b></a>",
    ),
    // What a signature holds is in nobody's mouth.
    (
        "<a><DigitalSignature encoding='PK7'>https://www.w3.org</DigitalSignature><b>https://www.w3.org</b></a>",
        "<a><DigitalSignature encoding='***'>******************</DigitalSignature><b>https://www.w3.org</b></a>",
    ),
];

#[test]
fn a_secret_is_blanked_wherever_its_document_quotes_it() {
    for (given, expected) in QUOTED {
        assert_eq!(text(redact(given.as_bytes())), *expected);
        assert_eq!(text(redact_read(given.as_bytes())), *expected);
        if given.starts_with("<a") {
            assert_eq!(redact(&wide(given)), wide(expected), "{given}");
        }
    }
}

/// A hostile document: many secrets, all much alike, and a text that nearly quotes them.
#[test]
fn many_secrets_cost_no_more_than_some() {
    let secrets: String = (6..600)
        .map(|n| format!("<SharedSecret>{}</SharedSecret>", "a".repeat(n)))
        .collect();
    let given = format!("<a>{secrets}<b>{}</b></a>", "aaaaaa ".repeat(40_000));
    let found = redact_read(given.as_bytes());
    assert_eq!(found.len(), given.len());
    assert!(!text(found).contains("aaaaa"));
}
