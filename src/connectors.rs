//! The kinds of connectors that this program has: kind → constructor, one line each.

use punchgate_app::connectors::ConnectorRegistry;

/// All kinds.
pub fn registry() -> ConnectorRegistry {
    ConnectorRegistry::new()
}
