//! The kinds of connectors that this program has: kind → constructor, one line each.

use punchgate_app::connectors::ConnectorRegistry;

/// All kinds.
pub fn registry() -> ConnectorRegistry {
    ConnectorRegistry::new()
        .with(
            punchgate_events_webhook::KIND,
            punchgate_events_webhook::from_config,
        )
        .with(punchgate_erp_flatfile::KIND, punchgate_erp_flatfile::from_config)
        .with(punchgate_erp_http::KIND, punchgate_erp_http::from_config)
        .with(punchgate_erp_sql::KIND, punchgate_erp_sql::from_config)
        .with(punchgate_erp_stdio::KIND, punchgate_erp_stdio::from_config)
        .with(punchgate_erp_tryton::KIND, punchgate_erp_tryton::from_config)
        .with(
            punchgate_storefront_http::KIND,
            punchgate_storefront_http::from_config,
        )
        .with(
            punchgate_storefront_vendure::KIND,
            punchgate_storefront_vendure::from_config,
        )
}
