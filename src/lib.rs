//! Punchgate.
