//! What the name of a kind says of it. Which kinds there are is known elsewhere.

/// Whether connectors of this kind are ERPs, which are read over and over.
pub fn is_erp(kind: &str) -> bool {
    kind.starts_with("erp-")
}

/// Whether connectors of this kind are shops, which are asked after the orders that they have taken.
pub fn is_shop(kind: &str) -> bool {
    kind.starts_with("storefront-")
}
