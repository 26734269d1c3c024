//! Archived bytes: compressed before the transaction, codec and raw length stored beside them.

use std::{cell::RefCell, io};

use zstd::bulk::Compressor;

use crate::{StorageError, StorageResult};

const ZSTD: &str = "zstd";
const PLAIN: &str = "plain";
/// Level 3: a five-line order of 5.8 kB becomes 1.3 kB.
const LEVEL: i32 = 3;
/// Nothing this short becomes smaller.
const SHORT: usize = 64;

thread_local! {
    /// Making one costs more than packing an order with it.
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
}

/// Bytes as they are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBody {
    /// `zstd` or `plain`.
    pub codec: &'static str,
    /// Length before compression.
    pub raw_length: i64,
    /// What is stored.
    pub bytes: Vec<u8>,
}

impl StoredBody {
    /// Compresses where that makes it smaller.
    pub fn pack(raw: &[u8]) -> Self {
        let raw_length = i64::try_from(raw.len()).unwrap_or(i64::MAX);
        let packed = if raw.len() < SHORT {
            None
        } else {
            compress(raw).ok()
        };
        match packed {
            Some(bytes) if bytes.len() < raw.len() => Self {
                codec: ZSTD,
                raw_length,
                bytes,
            },
            _ => Self {
                codec: PLAIN,
                raw_length,
                bytes: raw.to_vec(),
            },
        }
    }
}

fn compress(raw: &[u8]) -> io::Result<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|kept| {
        let compressor = match kept {
            Some(compressor) => compressor,
            None => kept.insert(Compressor::new(LEVEL)?),
        };
        compressor.compress(raw)
    })
}

/// The bytes as they were received or sent.
pub fn unpack(codec: &str, raw_length: i64, bytes: Vec<u8>) -> StorageResult<Vec<u8>> {
    match codec {
        PLAIN => Ok(bytes),
        ZSTD => {
            let length =
                usize::try_from(raw_length).map_err(|e| StorageError::corrupt("document.raw_length", e))?;
            zstd::bulk::decompress(&bytes, length).map_err(|e| StorageError::corrupt("document.body", e))
        }
        other => Err(StorageError::corrupt("document.codec", other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked() {
        for raw in [&b""[..], b"x", &b"<cXML/>".repeat(1000)] {
            let body = StoredBody::pack(raw);
            assert_eq!(unpack(body.codec, body.raw_length, body.bytes).unwrap(), raw);
        }
    }
}
