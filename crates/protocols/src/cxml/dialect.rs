//! What one suite wants written differently from another, as data: TOML, compiled in, overridable per
//! relationship by a partial document.
//!
//! **Invariant:** a [`Dialect`] names only DTD versions that our writers know. No code asks which suite
//! it talks to; it asks the dialect.

mod dtd;
mod http_status;
mod identity;
mod overlay;
mod preflight;
mod units;

use std::collections::BTreeMap;

use serde::Deserialize;

pub use dtd::{BaseVersion, DtdVersions, FulfillVersion, UnknownVersion};
pub use http_status::HttpStatus;
pub use identity::{Identity, Shopper};
pub use preflight::{LineWarning, Preflight, Severity, WarningCode, preflight};
pub use units::{UnitDefault, UnitTarget, Units};

/// The dialect that is written out in full; every other one says only where it differs.
const GENERIC: &str = include_str!("../../dialects/generic.toml");

/// The dialects that are compiled in: name and what is laid over the generic one.
const BUILT_IN: &[(&str, &str)] = &[
    ("ariba", include_str!("../../dialects/ariba.toml")),
    ("coupa", include_str!("../../dialects/coupa.toml")),
    ("generic", ""),
];

/// How one suite wants things.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dialect {
    /// DTD version per document.
    pub dtd: DtdVersions,
    /// In which form field the cart goes back.
    pub return_encoding: ReturnEncoding,
    /// HTTP status of answers.
    pub http_status: HttpStatus,
    /// What the Total of a cart counts.
    pub total_includes: TotalIncludes,
    /// What a cancelled edit sends.
    pub edit_cancel: EditCancel,
    /// Largest lengths in bytes.
    pub lengths: Lengths,
    /// How prices are written.
    pub price: Price,
    /// Which characters are accepted.
    pub characters: Characters,
    /// Unit codes: ours to theirs.
    pub units: Units,
    /// Commodity codes.
    pub classification: ClassificationRule,
    /// Where the shopper's identity stands in a setup request.
    pub identity: Identity,
    /// Extrinsics of cart lines.
    pub cart_extrinsics: CartExtrinsics,
}

/// In which form field the cart goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
pub enum ReturnEncoding {
    /// `cXML-urlencoded`: the XML as the field's value.
    #[serde(rename = "cxml-urlencoded")]
    UrlEncoded,
    /// `cXML-base64`: the XML's bytes in base64.
    #[serde(rename = "cxml-base64")]
    Base64,
}

/// What the Total of a cart counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TotalIncludes {
    /// The lines.
    Lines,
    /// The lines, freight and tax.
    LinesShippingTax,
}

/// What a cancelled edit sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
pub enum EditCancel {
    /// The lines as they came.
    #[serde(rename = "original-lines")]
    OriginalLines,
    /// A message with Status 204.
    #[serde(rename = "204")]
    NoContent,
    /// Nothing is posted; the browser is sent back.
    #[serde(rename = "no-post")]
    NoPost,
}

/// Largest lengths in bytes of UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lengths {
    /// SupplierPartID; never cut.
    pub part_id: usize,
    /// SupplierPartAuxiliaryID; never cut.
    pub auxiliary_id: usize,
    /// UnitOfMeasure; never cut.
    pub unit: usize,
    /// Description; cut at a character.
    pub description: usize,
    /// ShortName; cut at a character.
    pub short_name: usize,
    /// ManufacturerPartID; left out rather than cut.
    pub manufacturer_part_id: usize,
    /// ManufacturerName; cut at a character.
    pub manufacturer_name: usize,
}

/// How prices are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Digits after the point, at most.
    pub max_decimals: u32,
}

/// Which characters are accepted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Characters {
    /// In descriptive texts.
    pub text: TextCharacters,
    /// Not in part and auxiliary ids.
    pub forbidden_in_ids: String,
}

/// Which characters descriptive texts may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextCharacters {
    /// All of XML 1.0.
    Any,
    /// The basic plane: no emoji.
    BasicPlane,
    /// Latin-1.
    Latin1,
    /// us-ascii.
    Ascii,
}

/// Commodity codes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassificationRule {
    /// The domain that the suite reads, in its spelling; such codes come first.
    pub domain: String,
    /// What becomes of a line without any code.
    pub missing: MissingClassification,
    /// What stands for 'none'.
    pub placeholder: Placeholder,
}

/// A classification that says that there is none.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Placeholder {
    /// The domain.
    pub domain: String,
    /// The code.
    pub code: String,
}

/// What becomes of a line without any commodity code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingClassification {
    /// The placeholder is written, with a warning.
    Placeholder,
    /// The line is stopped.
    Stop,
}

/// Extrinsics of cart lines.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CartExtrinsics {
    /// Those without an entry in `names`.
    pub unmapped: UnmappedExtrinsic,
    /// The name under which the picture's URL goes out; absent: it does not.
    pub image_url: Option<String>,
    /// The shop's name to the suite's name.
    pub names: BTreeMap<String, String>,
}

/// What becomes of an extrinsic that the dialect does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnmappedExtrinsic {
    /// It goes out as it is.
    Pass,
    /// It stays here.
    Drop,
}

/// Why there is no such dialect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DialectError {
    /// No dialect of that name is compiled in.
    #[error("there is no dialect '{name}'; choose one of {known}")]
    Unknown {
        /// As asked for.
        name: String,
        /// Those that exist.
        known: String,
    },
    /// The overlay cannot be read.
    #[error("the overlay of dialect '{name}' is not {format}: {problem}")]
    Syntax {
        /// The dialect.
        name: String,
        /// What it should be.
        format: &'static str,
        /// The parser's words.
        problem: String,
    },
    /// A value does not fit.
    #[error("dialect '{name}': {problem}")]
    Value {
        /// The dialect.
        name: String,
        /// Which key, what is wrong, what is possible.
        problem: String,
    },
}

impl Dialect {
    /// The names of the dialects that are compiled in.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// A dialect as it is compiled in.
    pub fn built_in(name: &str) -> Result<Self, DialectError> {
        Self::overlaid(name, toml::Table::new())
    }

    /// A dialect with a partial TOML document laid over it: tables are merged, values replaced.
    pub fn with_toml(name: &str, overlay: &str) -> Result<Self, DialectError> {
        let overlay = overlay
            .parse()
            .map_err(|error: toml::de::Error| syntax(name, "TOML", error.to_string()))?;
        Self::overlaid(name, overlay)
    }

    /// The same with a JSON object; `null` leaves a value as it is.
    pub fn with_json(name: &str, overlay: &str) -> Result<Self, DialectError> {
        let object = serde_json::from_str(overlay)
            .map_err(|error| syntax(name, "a JSON object", error.to_string()))?;
        let overlay = overlay::from_json(object).map_err(|problem| syntax(name, "TOML in JSON", problem))?;
        Self::overlaid(name, overlay)
    }

    /// The same with a table that was read already.
    pub fn overlaid(name: &str, overlay: toml::Table) -> Result<Self, DialectError> {
        let value_error = |problem: String| DialectError::Value {
            name: name.to_owned(),
            problem,
        };
        let (_, source) =
            BUILT_IN
                .iter()
                .find(|(known, _)| *known == name)
                .ok_or_else(|| DialectError::Unknown {
                    name: name.to_owned(),
                    known: Self::names().collect::<Vec<_>>().join(", "),
                })?;
        let mut table = toml::Table::new();
        for source in [GENERIC, source] {
            let layer = source
                .parse()
                .map_err(|error: toml::de::Error| value_error(error.to_string()))?;
            overlay::merge(&mut table, layer);
        }
        overlay::merge(&mut table, overlay);
        let dialect: Self = table
            .try_into()
            .map_err(|error: toml::de::Error| value_error(error.to_string().trim().to_owned()))?;
        dialect.check().map_err(value_error)?;
        Ok(dialect)
    }

    /// What no single value can show.
    fn check(&self) -> Result<(), String> {
        let lengths = [
            ("part_id", self.lengths.part_id),
            ("auxiliary_id", self.lengths.auxiliary_id),
            ("unit", self.lengths.unit),
            ("description", self.lengths.description),
        ];
        if let Some((key, _)) = lengths.into_iter().find(|(_, length)| *length == 0) {
            return Err(format!("lengths.{key} is 0; no line could be written"));
        }
        if self.price.max_decimals > rust_decimal::Decimal::MAX_SCALE {
            return Err(format!(
                "price.max_decimals is {}; {} is the most",
                self.price.max_decimals,
                rust_decimal::Decimal::MAX_SCALE
            ));
        }
        Ok(())
    }
}

fn syntax(name: &str, format: &'static str, problem: String) -> DialectError {
    DialectError::Syntax {
        name: name.to_owned(),
        format,
        problem,
    }
}
