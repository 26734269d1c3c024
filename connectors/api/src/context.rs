//! The context of a call: how long it may take, under which id, and when to give up.

use std::time::Duration;

use punchgate_egress::Egress;
use tokio_util::sync::CancellationToken;

/// What every call is handed.
#[derive(Clone, Debug)]
pub struct Context {
    /// How long the call may take.
    pub timeout: Duration,
    /// Stable over repeats of the same operation.
    pub operation_id: String,
    /// When the instance was asked for, by the core's clock: for signatures.
    pub now: jiff::Timestamp,
    /// Given up when cancelled.
    pub cancel: CancellationToken,
    /// The guarded HTTP client of this instance.
    pub http: Egress,
}
