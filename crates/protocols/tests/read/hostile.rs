//! What a parser may stumble over, by the hundred thousand: sixteen times as much takes some sixteen times the
//! work, not two hundred and fifty times, as where a pass begins anew at every mark that nobody closes.

use nix::time::{ClockId, clock_gettime};
use punchgate_protocols::{
    cxml::{
        Limits, decode_hashed,
        redact::{OwnSecrets, redact, redact_attachment, redact_read, shape},
    },
    multipart,
};

const SMALL: usize = 16 * 1024;
const TIMES: usize = 16;
/// Between what is linear and what is quadratic.
const ALLOWED: u64 = 3;
/// What the clock and the allocator add.
const SLACK_MICROS: u64 = 20_000;

/// Work of this thread in microseconds: whatever else the machine does, it does not count.
fn work() -> u64 {
    let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap();
    u64::try_from(time.tv_sec() * 1_000_000 + time.tv_nsec() / 1000).unwrap()
}

fn cost(reading: &dyn Fn(&[u8]), bytes: &[u8]) -> u64 {
    let before = work();
    reading(bytes);
    work() - before
}

/// Reads `piece` over and over, between head and tail; answers what is wrong with the effort.
fn effort(reading: &dyn Fn(&[u8]), head: &str, piece: &str, tail: &str) -> Option<String> {
    let filled = |size: usize| {
        [head, &piece.repeat(size / piece.len()), tail]
            .concat()
            .into_bytes()
    };
    let (few, many) = (filled(SMALL), filled(SMALL * TIMES));
    let small = (0..3).map(|_| cost(reading, &few)).min().unwrap();
    let large = cost(reading, &many);
    let allowed = small * u64::try_from(TIMES).unwrap() * ALLOWED + SLACK_MICROS;
    (large > allowed).then(|| format!("{head}{piece}…{tail}: {small} µs, then {large} µs"))
}

fn assert_linear(problems: impl IntoIterator<Item = Option<String>>) {
    let problems: Vec<String> = problems.into_iter().flatten().collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

fn read_and_redact(bytes: &[u8]) {
    let _ = decode_hashed(bytes, Some("text/xml"), &Limits::default());
    assert_eq!(redact_read(bytes).len(), bytes.len());
    let _ = redact(bytes);
    let _ = redact_attachment(bytes, None, &OwnSecrets::of(bytes));
    let _ = shape(bytes);
}

#[test]
fn marks_that_nobody_closes() {
    let pieces = [
        "<!--",
        "<![CDATA[",
        "<?a",
        "<?",
        "<!",
        "<a",
        "<a ",
        "<",
        "</",
        "</a",
        "<a b=\"",
        "<a b='\"",
        "&",
        "&#",
        "&a",
        "]]>",
        "-->",
        "--",
        "<!DOCTYPE a ",
        "<SharedSecret>",
        "<SharedSecret ",
        "<PCard number='",
        "<cXML payloadID='",
        "</SharedSecret",
        "<p:",
        "=",
        "4111 ",
        "4",
        "4111-1111-1111-111",
        "%3CPCard",
        "\0<",
        "<\0",
    ];
    assert_linear(pieces.map(|piece| effort(&read_and_redact, "<cXML>", piece, "")));
}

#[test]
fn a_document_of_one_thing() {
    let head = "<cXML payloadID='1' timestamp='2026-03-02T12:00:00Z'><Header/><Request><OrderRequest>";
    let order = "<OrderRequestHeader orderID='1' orderDate='2026-03-02'><Total><Money currency='USD'>1</Money></Total>";
    let end = "</OrderRequest></Request></cXML>";
    let pieces = [
        "<ItemOut quantity='1'/>",
        "<ItemOut quantity='1' lineNumber='1'><ItemDetail/></ItemOut>",
        "<ItemOut><ItemDetail><Extrinsic name='a'><b>c</b></Extrinsic></ItemDetail></ItemOut>",
        "<a/>",
        "x<![CDATA[y]]>",
        "x<!---->",
        "&amp;",
        "<Extrinsic name='CVV'>1</Extrinsic>",
        "<Comments>4111 1111 1111 1111<Attachment><URL>cid:1</URL></Attachment></Comments>",
        "<SharedSecret>x</SharedSecret>",
    ];
    let behind = format!("{order}</OrderRequestHeader>{end}");
    let inside = format!("{head}{order}");
    let after = format!("</OrderRequestHeader><ItemOut quantity='1'/>{end}");
    let open = format!("{inside}<Comments>");
    let places = [
        (head, behind.as_str()),
        (inside.as_str(), after.as_str()),
        (open.as_str(), ""),
    ];
    assert_linear(
        pieces
            .iter()
            .flat_map(|piece| places.map(|(head, tail)| effort(&read_and_redact, head, piece, tail))),
    );
}

#[test]
fn a_body_of_boundaries() {
    let long = "-".repeat(60);
    let cases = [
        ("b", "--b\r\n"),
        ("b", "--b"),
        ("b", "\n--"),
        ("b", "\n"),
        ("b", "\r\n\r\n"),
        ("b", "a: b\n"),
        (long.as_str(), "-"),
        (
            long.as_str(),
            "\n-------------------------------------------------------------",
        ),
    ];
    assert_linear(cases.iter().flat_map(|(boundary, piece)| {
        let content_type = format!("multipart/related; boundary=\"{boundary}\"");
        let reading = move |body: &[u8]| {
            let _ = multipart::read(body, &content_type, &multipart::Limits::default());
        };
        let begun = format!("--{boundary}\r\n");
        [
            effort(&reading, "", piece, ""),
            effort(&reading, &begun, piece, ""),
        ]
    }));
    let endless = "-".repeat(71);
    let refusal = multipart::read(
        b"--",
        &format!("multipart/related; boundary={endless}"),
        &multipart::Limits::default(),
    );
    assert_eq!(refusal.unwrap_err().code, "multipart-boundary-too-long");
}
