//! Reading and writing cXML beside what the two XML parsers alone need for the same bytes, all in one run:
//! `cargo bench --bench cxml`. The contenders take turns, and what is measured is the thread's own time on the
//! processor, so that a busy machine changes little.

#![expect(
    clippy::print_stdout,
    clippy::float_arithmetic,
    clippy::unwrap_used,
    reason = "a bench prints its table, divides durations, and stops where its own documents are wrong"
)]

#[path = "cxml/documents.rs"]
mod documents;
mod measure;

use std::{hint::black_box, time::Duration};

use documents::{Sample, samples};
use punchgate_protocols::cxml::{
    Body, Document, Limits, decode,
    decode::setup::{ItemId, SetupRequest},
    decode_hashed,
    dialect::{BaseVersion, DtdVersions, FulfillVersion},
    encode::{
        Charset, Frame, Header, ItemKey, OrderRequest, PartyCredential, PunchOutSetupRequest, SenderProof,
    },
    redact::redact,
};

/// Turns of each contender, and how long one takes.
const TURNS: usize = 41;
const TURN: Duration = Duration::from_millis(12);

/// Something to measure.
struct Contender<'a> {
    name: &'static str,
    run: Box<dyn FnMut() + 'a>,
}

fn main() {
    if !measure::is_bench_run() {
        return;
    }
    let mut rows = Vec::new();
    for sample in samples() {
        rows.extend(measure_document(&sample));
    }
    let head = ["document", "bytes", "what", "µs", "MB/s", "× roxmltree"];
    print!("{}", measure::table(&head, &rows));
}

fn measure_document(sample: &Sample) -> Vec<Vec<String>> {
    let xml = sample.xml.as_bytes();
    let limits = Limits::default();
    let document = decode(xml, None, &limits).unwrap();
    assert!(document.findings.is_empty(), "{:?}", document.findings);
    let written = encode(&document);
    let mut contenders = vec![
        contender("quick-xml, bare pass", || {
            black_box(bare_pass(&sample.xml));
        }),
        contender("roxmltree, bare parse", || {
            black_box(bare_tree(&sample.xml));
        }),
        contender("decode", || {
            black_box(decode(black_box(xml), None, &limits)).unwrap();
        }),
        contender("decode and hash", || {
            black_box(decode_hashed(black_box(xml), None, &limits)).unwrap();
        }),
        contender("redact", || {
            black_box(redact(black_box(xml)));
        }),
        contender("encode", || {
            black_box(encode(&document));
        }),
    ];
    let seconds = take_turns(&mut contenders);
    let tree = seconds.get(1).cloned().unwrap_or_default();
    let rows = contenders.iter().zip(&seconds).map(|(contender, seconds)| {
        let ratios: Vec<f64> = seconds
            .iter()
            .zip(&tree)
            .map(|(mine, tree)| mine / tree)
            .collect();
        let middle = measure::median(seconds);
        let bytes = if contender.name == "encode" {
            written.len()
        } else {
            xml.len()
        };
        let megabytes = f64::from(u32::try_from(bytes).unwrap()) / 1e6 / middle;
        vec![
            sample.name.to_owned(),
            bytes.to_string(),
            contender.name.to_owned(),
            format!("{:.1}", middle * 1e6),
            format!("{megabytes:.0}"),
            format!("{:.2}", measure::median(&ratios)),
        ]
    });
    rows.collect()
}

fn contender<'a>(name: &'static str, run: impl FnMut() + 'a) -> Contender<'a> {
    Contender {
        name,
        run: Box::new(run),
    }
}

/// Seconds a run of each contender, turn by turn.
fn take_turns(contenders: &mut [Contender<'_>]) -> Vec<Vec<f64>> {
    let repeats: Vec<u32> = contenders.iter_mut().map(calibrate).collect();
    let mut seconds = vec![Vec::with_capacity(TURNS); contenders.len()];
    for _ in 0..TURNS {
        for ((contender, repeats), seconds) in contenders.iter_mut().zip(&repeats).zip(&mut seconds) {
            seconds.push(run(contender, *repeats).as_secs_f64() / f64::from(*repeats));
        }
    }
    seconds
}

/// Processor time of some runs.
fn run(contender: &mut Contender<'_>, repeats: u32) -> Duration {
    let begun = processor_time();
    for _ in 0..repeats {
        (contender.run)();
    }
    processor_time() - begun
}

fn processor_time() -> Duration {
    nix::time::clock_gettime(nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID)
        .unwrap()
        .into()
}

/// How often it runs in a turn.
fn calibrate(contender: &mut Contender<'_>) -> u32 {
    let mut repeats = 1_u32;
    loop {
        let elapsed = run(contender, repeats);
        if elapsed >= TURN / 4 {
            let wanted = f64::from(repeats) * TURN.as_secs_f64() / elapsed.as_secs_f64();
            // At most as often as fits; a turn of one is fine for long documents.
            return (1..)
                .take_while(|count| f64::from(*count) <= wanted)
                .last()
                .unwrap_or(1);
        }
        repeats = repeats.saturating_mul(2);
    }
}

fn bare_pass(xml: &str) -> usize {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut events = 0;
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Eof => return events,
            _ => events += 1,
        }
    }
}

fn bare_tree(xml: &str) -> roxmltree::Document<'_> {
    let options = roxmltree::ParsingOptions {
        allow_dtd: true,
        ..roxmltree::ParsingOptions::default()
    };
    roxmltree::Document::parse_with_options(xml, options).unwrap()
}

const BUYER: &[PartyCredential<'_>] = &[PartyCredential {
    domain: "NetworkID",
    identity: "AN01000000001",
}];
const SUPPLIER: &[PartyCredential<'_>] = &[PartyCredential {
    domain: "NetworkID",
    identity: "AN01000000099",
}];

/// Writes what was read.
fn encode(document: &Document) -> Vec<u8> {
    let versions = DtdVersions::uniform(BaseVersion::V071, FulfillVersion::V071);
    let frame = Frame {
        payload_id: &document.envelope.payload_id,
        timestamp: document.envelope.timestamp.instant.unwrap(),
        lang: "en-US",
        versions: &versions,
        charset: Charset::Utf8,
    };
    let header = Header {
        from: BUYER,
        to: SUPPLIER,
        sender: BUYER,
        proof: SenderProof::None,
        user_agent: "bench",
        mode: document.envelope.deployment_mode,
    };
    match &document.body {
        Body::OrderRequest(order) => OrderRequest {
            order,
            card_number: None,
        }
        .write(&frame, &header)
        .unwrap(),
        Body::PunchOutSetupRequest(setup) => encode_setup(setup, &frame, &header),
        other => panic!("{} is not measured", other.name()),
    }
}

fn encode_setup(setup: &SetupRequest, frame: &Frame<'_>, header: &Header<'_>) -> Vec<u8> {
    fn key(item: &ItemId) -> ItemKey<'_> {
        ItemKey {
            part_id: &item.part_id,
            auxiliary_id: item.auxiliary_id.as_deref(),
        }
    }
    PunchOutSetupRequest {
        operation: setup.operation,
        buyer_cookie: &setup.buyer_cookie,
        extrinsics: &setup.extrinsics,
        browser_form_post: setup.browser_form_post.as_deref(),
        contacts: &setup.contacts,
        supplier_setup: setup.supplier_setup.as_deref(),
        ship_to: setup.ship_to.as_ref(),
        selected_item: setup.selected_item.as_ref().map(key),
        items: &[],
    }
    .write(frame, header)
    .unwrap()
}
