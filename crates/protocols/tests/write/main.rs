//! Everything that we write: expected bytes, DTD validity, bounds of repair, round trips through our own
//! reader.

#[cfg(test)]
mod dialects;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod dtd;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod messages;
#[cfg(test)]
mod preflight;
#[cfg(test)]
mod refused;
#[cfg(test)]
mod roundtrip;
#[cfg(test)]
mod samples;
