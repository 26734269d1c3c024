//! Settings that every connector of the ERP protocol has.

use super::{
    ACCOUNTS, DOCUMENTS, EXPOSURE, ORDERS, PRICES, STOCK, convert,
    wire::{QUALITIES, WireQualities},
};
use crate::{
    Capabilities,
    settings::{ConfigError, SettingsReader},
};

/// Which part of the ERP is used, and what of it.
#[derive(Clone, Debug)]
pub struct ErpSettings {
    /// Company, sales area or credit segment.
    pub(super) scope: String,
    /// Capabilities that may be used.
    pub(super) offered: Vec<&'static str>,
    /// Whether the operator has named them.
    is_stated: bool,
}

impl ErpSettings {
    /// Reads `scope` and `capabilities`.
    pub fn read(reader: &mut SettingsReader<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            scope: reader.text("scope")?.unwrap_or_default().to_owned(),
            is_stated: reader.texts("capabilities")?.is_some(),
            offered: reader.choice(
                "capabilities",
                &[ACCOUNTS, EXPOSURE, ORDERS, DOCUMENTS, PRICES, STOCK],
            )?,
        })
    }

    /// Where nobody can ask the other side what it offers, and the operator has named nothing.
    pub(super) fn leave_out_what_is_optional(&mut self) {
        let is_stated = self.is_stated;
        self.offered
            .retain(|capability| is_stated || ![PRICES, STOCK].contains(capability));
    }

    /// Reads `qualities`: what the operator states of the other side, in the words of `describe`. What is not stated is
    /// read carefully.
    pub fn qualities(reader: &mut SettingsReader<'_>) -> Result<Capabilities, ConfigError> {
        let Some(table) = reader.table("qualities", QUALITIES)? else {
            return Ok(Capabilities::default());
        };
        let remedy = "write them as the server's describe does";
        let stated: WireQualities = serde_json::from_value(table.clone())
            .map_err(|error| reader.error("settings.qualities", error.to_string(), remedy))?;
        convert::capabilities(stated)
            .map_err(|mismatch| reader.error("settings.qualities", mismatch.to_string(), remedy))
    }
}
