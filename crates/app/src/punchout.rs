//! Punchout sessions: opened by a setup request, redeemed by a browser, returned with a cart.

pub mod snapshot;
