//! See the module list in ARCHITECTURE.md.
