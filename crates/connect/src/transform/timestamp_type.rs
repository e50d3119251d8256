//! The forms of timestamps that `TimestampConverter` knows, and the ways
//! between them.

use crate::data::{Kind, Schema, Value, logical};
use crate::java::{DAY_MS, DateFormat, class_text};
use crate::record::DataError;

/// A form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Unix,
    Date,
    Time,
    Timestamp,
}

impl Form {
    /// The form of one of the setting's names.
    pub(super) fn named(name: &str) -> Self {
        match name {
            "string" => Self::Text,
            "unix" => Self::Unix,
            "Date" => Self::Date,
            "Time" => Self::Time,
            _ => Self::Timestamp,
        }
    }

    /// `timestampTypeFromSchema`.
    pub(super) fn of_schema(schema: &Schema) -> Result<Self, DataError> {
        match (schema.name.as_deref(), schema.kind) {
            (Some(logical::TIMESTAMP), _) => Ok(Self::Timestamp),
            (Some(logical::DATE), _) => Ok(Self::Date),
            (Some(logical::TIME), _) => Ok(Self::Time),
            (_, Kind::String) => Ok(Self::Text),
            (_, Kind::Int64) => Ok(Self::Unix),
            _ => Err(DataError::of(
                "org.apache.kafka.connect.errors.ConnectException",
                format!("Schema {schema} does not correspond to a known timestamp type format"),
            )),
        }
    }

    /// `inferTimestampType`, for a value that is not null.
    fn of_value(value: &Value) -> Result<Self, DataError> {
        match value {
            Value::Date(_) => Ok(Self::Timestamp),
            Value::Int64(_) => Ok(Self::Unix),
            Value::String(_) => Ok(Self::Text),
            other => Err(DataError::data(format!(
                "TimestampConverter does not support {} objects as timestamps",
                class_text(other)
            ))),
        }
    }

    /// The schema of its values.
    pub(super) fn schema(self, optional: bool) -> Schema {
        let (kind, name) = match self {
            Self::Text => (Kind::String, None),
            Self::Unix => (Kind::Int64, None),
            Self::Date => (Kind::Int32, Some(logical::DATE)),
            Self::Time => (Kind::Int32, Some(logical::TIME)),
            Self::Timestamp => (Kind::Int64, Some(logical::TIMESTAMP)),
        };
        Schema {
            optional,
            version: name.map(|_| 1),
            name: name.map(str::to_owned),
            ..Schema::new(kind)
        }
    }
}

/// The unit of timestamps that are numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Precision {
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

impl Precision {
    /// The unit of one of the setting's names.
    pub(super) fn named(name: &str) -> Self {
        match name {
            "seconds" => Self::Seconds,
            "microseconds" => Self::Microseconds,
            "nanoseconds" => Self::Nanoseconds,
            _ => Self::Milliseconds,
        }
    }

    /// `TimeUnit.toMillis`: cut towards zero, saturating.
    const fn to_ms(self, number: i64) -> i64 {
        match self {
            Self::Seconds => number.saturating_mul(1_000),
            Self::Milliseconds => number,
            Self::Microseconds => number / 1_000,
            Self::Nanoseconds => number / 1_000_000,
        }
    }

    /// The way back.
    const fn of_ms(self, ms: i64) -> i64 {
        match self {
            Self::Seconds => ms / 1_000,
            Self::Milliseconds => ms,
            Self::Microseconds => ms.saturating_mul(1_000),
            Self::Nanoseconds => ms.saturating_mul(1_000_000),
        }
    }
}

/// The way to one form.
#[derive(Debug)]
pub(super) struct Converter {
    pub(super) target: Form,
    pub(super) format: Option<DateFormat>,
    pub(super) precision: Precision,
}

impl Converter {
    /// `convertTimestamp`: from a form, or that which the value shows.
    pub(super) fn convert(&self, value: &Value, from: Option<Form>) -> Result<Value, DataError> {
        if value.is_null() {
            return Ok(Value::Null);
        }
        let from = from.map_or_else(|| Form::of_value(value), Ok)?;
        let ms = self.read(value, from)?;
        Ok(match self.target {
            Form::Text => {
                let format = self.format.as_ref();
                Value::String(format.map_or_else(String::new, |format| format.format(ms)))
            }
            Form::Unix => Value::Int64(self.precision.of_ms(ms)),
            Form::Date => Value::Date(ms.wrapping_sub(ms.rem_euclid(DAY_MS))),
            Form::Time => Value::Date(ms.rem_euclid(DAY_MS)),
            Form::Timestamp => Value::Date(ms),
        })
    }

    fn read(&self, value: &Value, from: Form) -> Result<i64, DataError> {
        let expected = |what: &str, class: &str| {
            let found = class_text(value);
            DataError::data(format!(
                "Expected {what} to be a {class}, but found {found}"
            ))
        };
        match (from, value) {
            (Form::Text, Value::String(text)) => self.parse(text),
            (Form::Text, _) => Err(expected("string timestamp", "String")),
            (Form::Unix, Value::Int64(number)) => Ok(self.precision.to_ms(*number)),
            (Form::Unix, _) => Err(expected("Unix timestamp", "Long")),
            (_, Value::Date(ms)) => Ok(*ms),
            (Form::Date, _) => Err(expected("Date", "java.util.Date")),
            (Form::Time, _) => Err(expected("Time", "java.util.Date")),
            (Form::Timestamp, _) => Err(expected("Timestamp", "java.util.Date")),
        }
    }

    fn parse(&self, text: &str) -> Result<i64, DataError> {
        let Some(format) = &self.format else {
            return Err(DataError::of(
                "java.lang.NullPointerException",
                "Cannot invoke \"java.text.SimpleDateFormat.parse(String)\" because \"config.format\" is null",
            ));
        };
        format.parse(text).ok_or_else(|| {
            let pattern = format.pattern();
            DataError::data(format!(
                "Could not parse timestamp: value ({text}) does not match pattern ({pattern})"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_comes_from_every_other() {
        let convert = |target, precision, value: Value| {
            let format = DateFormat::new("yyyy-MM-dd HH:mm:ss").ok();
            let converter = Converter {
                target,
                format,
                precision,
            };
            converter.convert(&value, None).unwrap()
        };
        let ms = 1_700_000_000_123;
        let unit = Precision::Microseconds;
        assert_eq!(
            convert(Form::Text, unit, Value::Int64(ms * 1_000)),
            Value::text("2023-11-14 22:13:20")
        );
        assert_eq!(
            convert(
                Form::Unix,
                Precision::Seconds,
                Value::text("2023-11-14 22:13:20")
            ),
            Value::Int64(1_700_000_000)
        );
        assert_eq!(
            convert(Form::Date, unit, Value::Date(-1)),
            Value::Date(-DAY_MS)
        );
        assert_eq!(
            convert(Form::Time, unit, Value::Date(-1)),
            Value::Date(DAY_MS - 1)
        );
        // Midnight is before the first of 64 bits, which Java takes no notice of.
        assert_eq!(
            convert(Form::Date, unit, Value::Date(i64::MIN)),
            Value::Date(9_223_372_036_794_351_616)
        );
        assert_eq!(
            convert(Form::Unix, Precision::Nanoseconds, Value::Date(i64::MAX)),
            Value::Int64(i64::MAX)
        );
    }
}
