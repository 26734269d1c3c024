//! What is told of a backup beside it, and whether it fits where it is to be restored.

use punchgate_domain::Instant;
use serde::{Deserialize, Serialize};

/// The layout of [`Manifest`].
const FORMAT: u32 = 1;

/// Stands beside a backup as `FILE.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The layout of this file.
    pub format: u32,
    /// When the copy was begun: nothing that happened since is sure to be in it.
    #[serde(with = "instant")]
    pub taken_at: Instant,
    /// The program that made it.
    pub program: String,
    /// The last migration that it has.
    pub schema_version: i64,
    /// The ids of the sealing keys of that moment, the first one seals. An id tells nothing of its key.
    pub key_ids: Vec<String>,
    /// Bytes of the file.
    pub bytes: u64,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

/// Why a backup is not restored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Not a manifest, or a newer one.
    #[error(
        "the manifest is of layout {0}, this program reads {FORMAT}: restore with the program that made the backup"
    )]
    Format(u32),
    /// Cut short, or another file.
    #[error(
        "the file has {found} bytes, its manifest says {stated}: it was cut short, or belongs to another manifest"
    )]
    Length {
        /// Bytes that are there.
        found: u64,
        /// Bytes that there should be.
        stated: u64,
    },
    /// Changed since.
    #[error("the file is not the one that was made (its SHA-256 is another): take another backup")]
    Changed,
    /// Made by a newer program.
    #[error(
        "the backup has schema {found}, this program knows {known}: install the program that made it ({program}) or a \
         newer one"
    )]
    Newer {
        /// Of the backup.
        found: i64,
        /// Of this program.
        known: i64,
        /// Which made it.
        program: String,
    },
}

impl Manifest {
    /// Of a copy of the present layout.
    pub fn new(
        taken_at: Instant,
        schema_version: i64,
        key_ids: Vec<String>,
        bytes: u64,
        sha256: String,
    ) -> Self {
        Self {
            format: FORMAT,
            taken_at,
            program: concat!("punchgate ", env!("CARGO_PKG_VERSION")).to_owned(),
            schema_version,
            key_ids,
            bytes,
            sha256,
        }
    }

    /// Whether this program can restore it, by what it says of itself.
    pub fn fits(&self, known_schema: i64) -> Result<(), Unfit> {
        if self.format != FORMAT {
            return Err(Unfit::Format(self.format));
        }
        if self.schema_version > known_schema {
            return Err(Unfit::Newer {
                found: self.schema_version,
                known: known_schema,
                program: self.program.clone(),
            });
        }
        Ok(())
    }

    /// Whether a file is the one that it tells of.
    pub fn describes(&self, bytes: u64, sha256: &str) -> Result<(), Unfit> {
        if bytes != self.bytes {
            return Err(Unfit::Length {
                found: bytes,
                stated: self.bytes,
            });
        }
        match sha256 == self.sha256 {
            true => Ok(()),
            false => Err(Unfit::Changed),
        }
    }

    /// Keys of the backup that are not among these. What they sealed does not open until they are.
    pub fn missing_keys<'k>(&self, present: impl Iterator<Item = &'k str>) -> Vec<String> {
        let present: Vec<&str> = present.collect();
        let mut missing = self.key_ids.clone();
        missing.retain(|id| !present.contains(&id.as_str()));
        missing
    }
}

/// An instant as text.
mod instant {
    use punchgate_domain::Instant;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(instant: &Instant, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(instant)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Instant, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let keys = vec!["aa".to_owned(), "bb".to_owned()];
        Manifest::new(Instant::UNIX_EPOCH, 3, keys, 10, "c0ffee".to_owned())
    }

    #[test]
    fn what_fits_and_what_does_not() {
        for (known, fits) in [(3, true), (4, true), (2, false)] {
            assert_eq!(manifest().fits(known).is_ok(), fits, "{known}");
        }
        let newer = Manifest {
            format: 2,
            ..manifest()
        };
        assert_eq!(newer.fits(3), Err(Unfit::Format(2)));
        for (bytes, sha256, expected) in [
            (10, "c0ffee", Ok(())),
            (9, "c0ffee", Err(Unfit::Length { found: 9, stated: 10 })),
            (10, "decaf", Err(Unfit::Changed)),
        ] {
            assert_eq!(manifest().describes(bytes, sha256), expected);
        }
    }

    #[test]
    fn a_manifest_reads_back() {
        let text = serde_json::to_string(&manifest()).unwrap();
        assert!(text.contains("1970-01-01T00:00:00Z"), "{text}");
        assert_eq!(serde_json::from_str::<Manifest>(&text).unwrap(), manifest());
    }

    #[test]
    fn keys_that_are_missing() {
        let nothing: [String; 0] = [];
        assert_eq!(manifest().missing_keys(["bb", "aa", "cc"].into_iter()), nothing);
        assert_eq!(manifest().missing_keys(["bb"].into_iter()), ["aa"]);
    }
}
