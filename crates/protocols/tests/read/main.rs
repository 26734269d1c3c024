//! Everything that we read: our own documents with the reports expected of them, a corpus of other people's
//! documents where there is one, and what holds for any bytes at all.

#[cfg(test)]
mod amounts;
#[cfg(test)]
mod corpus;
#[cfg(test)]
mod folder;
#[cfg(test)]
mod hash;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod markup;
#[cfg(test)]
mod redaction;
#[cfg(test)]
mod robustness;
#[cfg(test)]
mod samples;
