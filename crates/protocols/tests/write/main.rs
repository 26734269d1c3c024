//! Everything that we write: expected bytes, DTD validity, round trips through our own reader.

mod dialects;
mod dtd;
mod fixtures;
mod golden;
mod preflight;
mod refused;
mod roundtrip;
