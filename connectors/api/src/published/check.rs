//! What a `describe` answer means for an operator.

use jiff::SignedDuration;

use super::{Mismatch, values::instant};
use crate::{Capabilities, CheckReport, Context, capabilities::Cas, connector::CheckFinding};

/// Clocks further apart than this are worth a word; at five minutes signatures fail.
const SKEW: SignedDuration = SignedDuration::from_secs(60);

/// A `describe` answer, its qualities converted.
#[derive(Clone, Debug)]
pub struct Described {
    /// Which protocol.
    pub protocol: String,
    /// Which versions of it.
    pub versions: Vec<u32>,
    /// The server's name for itself.
    pub name: String,
    /// Its software.
    pub software: Option<String>,
    /// Its clock.
    pub time: String,
    /// What it offers.
    pub operations: Vec<String>,
    /// How well.
    pub capabilities: Capabilities,
}

/// Compares what the server is with what we need.
pub fn report(
    ctx: &Context,
    protocol: &str,
    version: u32,
    described: Described,
    needed: &[&'static str],
) -> Result<CheckReport, Mismatch> {
    let skew = instant(&described.time, "time")?.duration_since(ctx.now());
    let mut findings = Vec::new();
    let mut note = |fatal, message| findings.push(CheckFinding { fatal, message });
    if described.protocol != protocol {
        note(
            true,
            format!(
                "the server speaks '{}', not {protocol}: correct settings.base_url",
                described.protocol
            ),
        );
    }
    if !described.versions.contains(&version) {
        note(
            true,
            format!(
                "the server does not speak version {version}, only {:?}",
                described.versions
            ),
        );
    }
    for operation in needed {
        if !described.operations.iter().any(|offered| offered == operation) {
            note(
                true,
                format!(
                    "the server does not offer {operation}: take its capability out of settings.capabilities"
                ),
            );
        }
    }
    if skew.abs() > SKEW {
        note(
            false,
            format!(
                "the clocks are {} seconds apart: at 300 every message is refused",
                skew.as_secs()
            ),
        );
    }
    Ok(CheckReport {
        name: described.name,
        software: described.software,
        capabilities: described.capabilities,
        clock_skew: skew,
        findings,
    })
}

/// Where the settings promise more than the server does.
pub fn overstated(settings: &Capabilities, server: &Capabilities) -> Vec<CheckFinding> {
    compared(settings, server)
        .into_iter()
        .filter(|(_, overstated)| *overstated)
        .map(|(quality, _)| CheckFinding {
            fatal: false,
            message: format!("settings.qualities states {quality}, the server does not"),
        })
        .collect()
}

/// Quality by quality, whether the settings promise more.
fn compared(settings: &Capabilities, server: &Capabilities) -> Vec<(&'static str, bool)> {
    let compare_and_set = |cas| match cas {
        Cas::None => 0,
        Cas::ReadBack => 1,
        Cas::Native => 2,
    };
    vec![
        ("cas", compare_and_set(settings.cas) > compare_and_set(server.cas)),
        (
            "order_reference_unique",
            settings.order_ref_unique && !server.order_ref_unique,
        ),
        ("order_change", settings.order_change && !server.order_change),
        ("order_cancel", settings.order_cancel && !server.order_cancel),
        (
            "confirms_quantities",
            settings.confirms_quantities && !server.confirms_quantities,
        ),
        (
            "exposure_includes_open_orders",
            settings.exposure_includes_orders && !server.exposure_includes_orders,
        ),
        (
            "writable: terms",
            settings.writable.terms && !server.writable.terms,
        ),
        (
            "writable: credit_limit",
            settings.writable.credit_limit && !server.writable.credit_limit,
        ),
        (
            "writable: holds",
            settings.writable.holds && !server.writable.holds,
        ),
        (
            "tells: contacts",
            settings.tells.contacts && !server.tells.contacts,
        ),
        (
            "tells: ship_tos",
            settings.tells.ship_tos && !server.tells.ship_tos,
        ),
        (
            "enforces: holds",
            settings.enforces_holds && !server.enforces_holds,
        ),
        (
            "enforces: limit",
            settings.enforces_limit && !server.enforces_limit,
        ),
        ("edit", settings.edit && !server.edit),
        ("inspect", settings.inspect && !server.inspect),
        (
            "parallel_sessions",
            settings.parallel_sessions && !server.parallel_sessions,
        ),
        (
            "keeps_auxiliary_ids",
            settings.keeps_auxiliary_ids && !server.keeps_auxiliary_ids,
        ),
        (
            "line_price_override",
            settings.line_price_override && !server.line_price_override,
        ),
        ("page_size", settings.page_size > server.page_size),
    ]
}
