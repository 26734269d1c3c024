//! Values as Tryton's JSON-RPC writes them, and rows of its models read field by field.

use jiff::{Timestamp, civil};
use punchgate_connector::{page::fingerprint, published::Mismatch};
use punchgate_domain::{
    Instant,
    money::{Currency, Money, StatedAmount},
    quantity::Quantity,
};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

/// A decimal for a Numeric field.
pub(crate) fn decimal(value: Decimal) -> Value {
    json!({"__class__": "Decimal", "decimal": value.to_string()})
}

/// A number for a Float field: its digits as they are, never by way of a float.
pub(crate) fn number(value: Decimal) -> Value {
    serde_json::from_str(&value.normalize().to_string()).unwrap_or(Value::Null)
}

/// A date.
pub(crate) fn date(value: civil::Date) -> Value {
    json!({"__class__": "date", "year": value.year(), "month": value.month(), "day": value.day()})
}

/// An instant: Tryton's have no zone and are UTC.
pub(crate) fn datetime(value: Instant) -> Value {
    let utc = value.to_zoned(jiff::tz::TimeZone::UTC);
    json!({
        "__class__": "datetime", "year": utc.year(), "month": utc.month(), "day": utc.day(),
        "hour": utc.hour(), "minute": utc.minute(), "second": utc.second(),
        "microsecond": i32::from(utc.millisecond()) * 1000 + i32::from(utc.microsecond()),
    })
}

/// One record of an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a>(&'a Map<String, Value>);

type Read<T> = Result<T, Mismatch>;

/// The records of an answer.
pub(crate) fn rows(answer: &Value) -> Read<Vec<Row<'_>>> {
    answer
        .as_array()
        .and_then(|list| list.iter().map(|one| one.as_object().map(Row)).collect())
        .ok_or_else(|| Mismatch::new("result", "is not a list of records"))
}

/// The ids of an answer.
pub(crate) fn ids(answer: &Value) -> Read<Vec<i64>> {
    answer
        .as_array()
        .and_then(|list| list.iter().map(Value::as_i64).collect())
        .ok_or_else(|| Mismatch::new("result", "is not a list of ids"))
}

impl<'a> Row<'a> {
    #[cfg(test)]
    pub(crate) fn of(value: &'a Value) -> Option<Self> {
        value.as_object().map(Self)
    }

    /// What tells all that was read of it, related records included, from what was read another time. Of the same record
    /// only: the order in which its fields were written does not count.
    pub(crate) fn fingerprint(self) -> u64 {
        fingerprint(json!(self.0).to_string().as_bytes())
    }

    fn value(self, field: &str) -> Option<&'a Value> {
        self.0.get(field).filter(|value| !value.is_null())
    }

    fn present<T>(self, field: &str, read: Option<T>) -> Read<T> {
        read.ok_or_else(|| Mismatch::new(field, "is missing"))
    }

    /// A text, if it is there; Tryton writes none as null or as an empty text.
    pub(crate) fn text(self, field: &str) -> Read<Option<String>> {
        match self.value(field) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
            Some(other) => Err(Mismatch::new(field, format!("{other} is not a text"))),
        }
    }

    /// A text that must be there.
    pub(crate) fn required_text(self, field: &str) -> Read<String> {
        self.present(field, self.text(field)?)
    }

    /// An integer or the id of a related record, if it is there.
    pub(crate) fn integer(self, field: &str) -> Read<Option<i64>> {
        match self.value(field) {
            None => Ok(None),
            Some(value) => value
                .as_i64()
                .map(Some)
                .ok_or_else(|| Mismatch::new(field, format!("{value} is not a whole number"))),
        }
    }

    /// An id that must be there.
    pub(crate) fn id(self, field: &str) -> Read<i64> {
        self.present(field, self.integer(field)?)
    }

    /// The ids of related records.
    pub(crate) fn related_ids(self, field: &str) -> Read<Vec<i64>> {
        self.value(field).map_or(Ok(Vec::new()), |value| {
            ids(value).map_err(|_| Mismatch::new(field, format!("{value} is not a list of ids")))
        })
    }

    /// A yes or no; SQLite answers 1 and 0, and nothing is no.
    pub(crate) fn flag(self, field: &str) -> Read<bool> {
        match self.value(field) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(Value::Number(number)) if number.as_i64() == Some(1) => Ok(true),
            Some(Value::Number(number)) if number.as_i64() == Some(0) => Ok(false),
            Some(other) => Err(Mismatch::new(field, format!("{other} is neither true nor false"))),
        }
    }

    /// A Numeric or Float, if it is there: from the digits, never from a float.
    pub(crate) fn decimal(self, field: &str) -> Read<Option<Decimal>> {
        let text = match self.value(field) {
            None => return Ok(None),
            Some(Value::Number(number)) => number.to_string(),
            Some(value) => class(value, "Decimal")
                .and_then(|object| object.get("decimal")?.as_str())
                .ok_or_else(|| Mismatch::new(field, format!("{value} is not a decimal")))?
                .to_owned(),
        };
        // Python writes 1E+2 and 1e-05.
        let plain = text.parse().or_else(|_| Decimal::from_scientific(&text));
        plain
            .map(Some)
            .map_err(|_| Mismatch::new(field, format!("'{text}' is not a decimal such as 12.50")))
    }

    /// A Numeric that must be there.
    pub(crate) fn required_decimal(self, field: &str) -> Read<Decimal> {
        self.present(field, self.decimal(field)?)
    }

    /// A quantity that must be there.
    pub(crate) fn quantity(self, field: &str) -> Read<Quantity> {
        Ok(Quantity::from_decimal(self.required_decimal(field)?.normalize()))
    }

    /// An amount, exact.
    pub(crate) fn amount(self, field: &str, currency: Currency) -> Read<StatedAmount> {
        Ok(StatedAmount::from_decimal(
            self.required_decimal(field)?,
            currency,
        ))
    }

    /// An amount in minor units, if it is there. What Tryton does not round to the currency is not rounded away
    /// silently: limits and balances have no further digits.
    pub(crate) fn money(self, field: &str, currency: Currency) -> Read<Option<Money>> {
        let Some(value) = self.decimal(field)? else {
            return Ok(None);
        };
        let money = Money::from_decimal(value, currency).map_err(|error| Mismatch::new(field, error))?;
        if money.to_decimal() == value {
            Ok(Some(money))
        } else {
            Err(Mismatch::new(
                field,
                format!("{value} has more digits than {currency} has"),
            ))
        }
    }

    /// A date, if it is there.
    pub(crate) fn date(self, field: &str) -> Read<Option<civil::Date>> {
        let Some(value) = self.value(field) else {
            return Ok(None);
        };
        class(value, "date")
            .and_then(civil_date)
            .map(Some)
            .ok_or_else(|| Mismatch::new(field, format!("{value} is not a date")))
    }

    /// An instant, if it is there.
    pub(crate) fn instant(self, field: &str) -> Read<Option<Instant>> {
        let Some(value) = self.value(field) else {
            return Ok(None);
        };
        class(value, "datetime")
            .and_then(utc)
            .map(Some)
            .ok_or_else(|| Mismatch::new(field, format!("{value} is not a date with time")))
    }

    /// When the record was last changed; a record that never was has only its creation.
    pub(crate) fn changed_at(self) -> Read<Instant> {
        let changed = self.instant("write_date")?;
        let changed = changed.map_or_else(|| self.instant("create_date"), |at| Ok(Some(at)))?;
        self.present("create_date", changed)
    }

    /// The fields of a related record, if there is one: asked for as `field.name`, answered below `field.`.
    pub(crate) fn related(self, field: &str) -> Option<Row<'a>> {
        self.value(&format!("{field}."))?.as_object().map(Row)
    }

    /// The fields of several related records.
    pub(crate) fn related_rows(self, field: &str) -> Read<Vec<Row<'a>>> {
        self.value(&format!("{field}.")).map_or(Ok(Vec::new()), |value| {
            rows(value).map_err(|_| Mismatch::new(field, "is not a list of records"))
        })
    }

    /// The id of a reference to a model: `sale.line,5`.
    pub(crate) fn reference(self, field: &str, model: &str) -> Read<Option<i64>> {
        Ok(self
            .text(field)?
            .and_then(|text| text.strip_prefix(model)?.strip_prefix(',')?.parse().ok()))
    }

    /// The currency by its code in a related record.
    pub(crate) fn currency(self, field: &str) -> Read<Currency> {
        let code = self
            .related(field)
            .ok_or_else(|| Mismatch::new(field, "is missing"))?
            .required_text("code")?;
        Currency::parse(&code).map_err(|error| Mismatch::new(field, error))
    }
}

fn class<'a>(value: &'a Value, name: &str) -> Option<&'a Map<String, Value>> {
    let object = value.as_object()?;
    (object.get("__class__")?.as_str()? == name).then_some(object)
}

fn part<T: TryFrom<i64>>(object: &Map<String, Value>, name: &str) -> Option<T> {
    object.get(name)?.as_i64()?.try_into().ok()
}

fn civil_date(object: &Map<String, Value>) -> Option<civil::Date> {
    civil::Date::new(
        part(object, "year")?,
        part(object, "month")?,
        part(object, "day")?,
    )
    .ok()
}

fn utc(object: &Map<String, Value>) -> Option<Timestamp> {
    let micros: i32 = part(object, "microsecond")?;
    let time = civil::Time::new(
        part(object, "hour")?,
        part(object, "minute")?,
        part(object, "second")?,
        micros.checked_mul(1000)?,
    )
    .ok()?;
    let at = civil_date(object)?.to_datetime(time);
    Some(at.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests;
