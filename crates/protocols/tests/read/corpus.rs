//! Other people's documents, where `PUNCHGATE_CORPUS` names a folder of them: compared with what a bare XML
//! parser finds in them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use punchgate_protocols::cxml::{
    Limits,
    check::{Handling, Report, check},
};
use roxmltree::Node;

/// What a document says, found without our reader.
struct Facts {
    kind: String,
    payload_id: String,
    from: Vec<String>,
    sender: Vec<String>,
    lines: usize,
    total: Option<String>,
    order: Option<String>,
    cookie: Option<String>,
}

#[test]
fn other_peoples_documents() {
    #[allow(clippy::disallowed_methods, reason = "the folder is the developer's")]
    let Some(folder) = std::env::var_os("PUNCHGATE_CORPUS").map(PathBuf::from) else {
        println!("skipped: PUNCHGATE_CORPUS names no folder of documents");
        return;
    };
    let mut wrong = Vec::new();
    let mut counts = [0_usize; 4];
    for path in documents(&folder) {
        let bytes = fs::read(&path).unwrap();
        let report = check(&bytes, &Limits::default());
        counts[match report.handling {
            Handling::Read => 0,
            Handling::KnownNotRead => 1,
            Handling::Unknown => 2,
            Handling::Refused => 3,
        }] += 1;
        if let Err(problem) = compare(&bytes, &report) {
            wrong.push(format!("{}: {problem}\n{report:?}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(counts[0] > 0, "no document of {} was read", folder.display());
    println!(
        "read {}, known but not read {}, unknown {}, refused {}",
        counts[0], counts[1], counts[2], counts[3]
    );
}

fn documents(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder of PUNCHGATE_CORPUS");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "xml"));
    paths.sort();
    paths
}

fn compare(bytes: &[u8], report: &Report) -> Result<(), String> {
    let Some(facts) = facts(bytes) else {
        let refusal = report
            .refusal
            .as_ref()
            .ok_or("is not well-formed, but was read")?;
        let located = refusal.line > 1 || refusal.column > 1;
        return equal("refusal", &(refusal.code, located), &("not-well-formed", true));
    };
    equal("kind", &report.kind, &facts.kind)?;
    equal("payloadID", &report.payload_id, &facts.payload_id)?;
    let identities = |all: &[punchgate_protocols::cxml::check::IdentityReport]| -> Vec<String> {
        all.iter()
            .map(|one| format!("{} {}", one.domain, one.identity))
            .collect()
    };
    equal("From", &identities(&report.from), &facts.from)?;
    equal("Sender", &identities(&report.sender), &facts.sender)?;
    let is_ours = facts.kind.starts_with("PunchOut")
        || facts.kind.starts_with("Profile")
        || matches!(
            facts.kind.as_str(),
            "OrderRequest" | "Response" | "ConfirmationRequest"
        );
    if !is_ours {
        let named = matches!(report.handling, Handling::KnownNotRead | Handling::Unknown);
        let found = report
            .findings
            .iter()
            .any(|finding| matches!(finding.code, "not-yet-handled" | "unknown-kind"));
        return equal("named as not read", &(named, found), &(true, true));
    }
    equal("read", &report.handling, &Handling::Read)?;
    if matches!(facts.kind.as_str(), "ConfirmationRequest") {
        return Ok(());
    }
    equal("lines", &report.lines.len(), &facts.lines)?;
    equal("order", &report.order_number, &facts.order)?;
    equal(
        "cookie",
        &report.buyer_cookie.as_deref().map(str::trim).map(str::to_owned),
        &facts.cookie,
    )?;
    // An order without a stated total has one all the same: the sum of its lines.
    if facts.total.is_some() {
        equal("total", &report.total, &facts.total)?;
    }
    Ok(())
}

fn equal<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Result<(), String> {
    if found == expected {
        Ok(())
    } else {
        Err(format!("{what}: read {found:?}, expected {expected:?}"))
    }
}

/// What a bare parser finds; `None` if the document is not well-formed.
fn facts(bytes: &[u8]) -> Option<Facts> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::ISO_8859_15.decode(bytes).0.into_owned(),
    };
    let options = roxmltree::ParsingOptions {
        allow_dtd: true,
        ..roxmltree::ParsingOptions::default()
    };
    let tree = roxmltree::Document::parse_with_options(text.trim(), options).ok()?;
    let root = tree.root_element();
    let wrapper = ["Request", "Message", "Response"]
        .iter()
        .find_map(|name| child(root, name))?;
    let payload = wrapper
        .children()
        .find(|node| node.is_element() && node.tag_name().name() != "Status");
    let of_header = |party: &str| {
        let party = child(root, "Header").and_then(|header| child(header, party));
        let all = party.into_iter().flat_map(|party| party.children());
        all.filter(|node| node.tag_name().name() == "Credential")
            .map(|node| {
                let identity = child(node, "Identity")
                    .and_then(|identity| identity.text())
                    .unwrap_or_default();
                format!(
                    "{} {}",
                    node.attribute("domain").unwrap_or_default().trim(),
                    identity.trim()
                )
            })
            .collect()
    };
    let lines = payload.into_iter().flat_map(|payload| payload.children());
    let header = payload.and_then(|payload| {
        child(payload, "OrderRequestHeader").or_else(|| child(payload, "PunchOutOrderMessageHeader"))
    });
    Some(Facts {
        kind: payload
            .map_or("Response", |payload| payload.tag_name().name())
            .to_owned(),
        payload_id: root.attribute("payloadID").unwrap_or_default().trim().to_owned(),
        from: of_header("From"),
        sender: of_header("Sender"),
        lines: lines
            .filter(|node| matches!(node.tag_name().name(), "ItemOut" | "ItemIn"))
            .count(),
        total: header
            .and_then(|header| child(child(header, "Total")?, "Money"))
            .and_then(money),
        order: header
            .and_then(|header| header.attribute("orderID"))
            .map(|id| id.trim().to_owned()),
        cookie: payload
            .and_then(|payload| child(payload, "BuyerCookie"))
            .map(|cookie| cookie.text().unwrap_or_default().trim().to_owned()),
    })
}

fn money(node: Node<'_, '_>) -> Option<String> {
    let text = node.text()?.trim().replace(',', "");
    (!text.is_empty()).then(|| format!("{} {text}", node.attribute("currency").unwrap_or_default().trim()))
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children()
        .find(|child| child.is_element() && child.tag_name().name() == name)
}
