//! What people call the jobs.

/// The jobs, with their words.
pub const JOBS: [(&str, &str); 16] = [
    ("tell-event", "Webhook"),
    ("deliver-confirmation", "Send the confirmation to the buyer"),
    ("submit-order", "Submit the order"),
    ("find-in-erp", "Find the order in the ERP"),
    ("ask-sink", "Ask what became of the order"),
    ("cancel-at-sink", "Cancel the order where it was submitted"),
    ("withdrawal-due", "Carry out a withdrawal by hand"),
    ("cancel-surplus", "Cancel a second order in the ERP"),
    ("change-at-sink", "Carry a change over to the ERP"),
    ("cancel-accepted", "Cancel a withdrawn order in the ERP"),
    ("compare-prices", "Compare prices with the contract"),
    ("redecide-order", "Decide the order again"),
    ("redecide-account", "Decide waiting orders of an account again"),
    ("predecessor-due", "Wait for the order before a change"),
    ("send-alert", "Send alerts by e-mail"),
    ("push-account", "Write terms, limit or holds into the ERP"),
];

/// In words; the name itself of one that is not known here.
pub fn job(kind: &str) -> &str {
    JOBS.iter()
        .find(|(name, _)| *name == kind)
        .map_or(kind, |(_, words)| words)
}

/// The same of a job that may be a newer program's.
pub fn known_job(kind: &str) -> &'static str {
    JOBS.iter()
        .find(|(name, _)| *name == kind)
        .map_or("Work of a newer program", |(_, words)| words)
}
