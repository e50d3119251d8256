//! Values as JSON (`JsonConverter.convertToJson`).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::logical::{self, Logical};
use super::text::{append_float, append_integer, append_string};
use crate::data::{Kind, Schema, Struct, Value};
use crate::java::{class_text, value_text};
use crate::record::DataError;

/// How deep Jackson writes (`StreamWriteConstraints`).
const MAX_DEPTH: usize = 1_000;

/// What the settings say of values.
#[derive(Debug)]
pub(super) struct Writer {
    /// Whether decimals are numbers rather than base64.
    pub(super) numeric_decimals: bool,
    /// Whether a schema's default stands for null.
    pub(super) replace_null: bool,
}

type Written = Result<(), DataError>;

/// For an object or array at `depth`, counted from 1.
pub(super) fn check_depth(depth: usize) -> Written {
    if depth <= MAX_DEPTH {
        return Ok(());
    }
    Err(DataError::data(
        "Converting Kafka Connect data to byte[] failed due to serialization error: ",
    ))
}

pub(super) fn append_base64(bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len() + 1;
    let length = bytes.len().div_ceil(3) * 4;
    out.push(b'"');
    out.resize(start + length, b'"');
    // There is exactly the room that is needed.
    let _ = STANDARD.encode_slice(bytes, &mut out[start..]);
    out.push(b'"');
}

impl Writer {
    /// Appends a value that is, if it is an object or array, at `depth`.
    ///
    /// It recurses through [`Self::array`] and its like only, whose frames are
    /// small, so that a thread's stack is enough for [`MAX_DEPTH`].
    pub(super) fn value(
        &self,
        schema: Option<&Schema>,
        value: &Value,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Written {
        let value = match schema {
            _ if !value.is_null() => value,
            Some(schema) => match self.instead_of_null(schema)? {
                Some(default) => default,
                None => return append_null(out),
            },
            None => return append_null(out),
        };
        if self.logical(schema, value, out)? {
            return Ok(());
        }
        match (kind_of(schema, value)?, value) {
            (Kind::Array, Value::Array(values)) => self.array(schema, values, depth, out),
            (Kind::Map, Value::Map(entries)) => self.map(schema, entries, depth, out),
            (Kind::Struct, Value::Struct(content)) => self.structure(schema, content, depth, out),
            (kind, value) => append_scalar(kind, value, out),
        }
    }

    /// What stands for a null; `None` for null itself.
    fn instead_of_null<'a>(&self, schema: &'a Schema) -> Result<Option<&'a Value>, DataError> {
        match &schema.default {
            Some(default) if self.replace_null => Ok(Some(default)),
            _ if schema.optional => Ok(None),
            _ => Err(DataError::data(
                "Conversion error: null value for field that is required and has no default value",
            )),
        }
    }

    /// Whether it was a value of a logical type.
    fn logical(
        &self,
        schema: Option<&Schema>,
        value: &Value,
        out: &mut Vec<u8>,
    ) -> Result<bool, DataError> {
        let Some(schema) = schema else {
            return Ok(false);
        };
        match logical::convert(schema, value, self.numeric_decimals)? {
            None => return Ok(false),
            Some(Logical::Bytes(bytes)) => append_base64(&bytes, out),
            Some(Logical::Decimal(digits)) => out.extend_from_slice(digits.as_bytes()),
            Some(Logical::Integer(number)) => append_integer(number, out),
        }
        Ok(true)
    }

    fn array(
        &self,
        schema: Option<&Schema>,
        values: &[Value],
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Written {
        check_depth(depth)?;
        let of = schema.and_then(|schema| schema.value.as_deref());
        out.push(b'[');
        for (at, value) in values.iter().enumerate() {
            append_comma(at, out);
            self.value(of, value, depth + 1, out)?;
        }
        out.push(b']');
        Ok(())
    }

    /// An object if the keys are strings, else an array of pairs.
    fn map(
        &self,
        schema: Option<&Schema>,
        entries: &[(Value, Value)],
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Written {
        check_depth(depth)?;
        let keys = schema.and_then(|schema| schema.key.as_deref());
        let of = schema.and_then(|schema| schema.value.as_deref());
        let strings = entries
            .iter()
            .all(|(key, _)| matches!(key, Value::String(_)));
        let object = match schema {
            None => strings,
            Some(_) => keys.is_some_and(|keys| keys.kind == Kind::String),
        };
        if !object {
            return self.pairs([keys, of], entries, depth, out);
        }
        if !strings || keys.is_some_and(|keys| keys.name.is_some()) {
            return self.object([keys, of], entries, depth, out);
        }
        out.push(b'{');
        for (at, (key, value)) in entries.iter().enumerate() {
            append_comma(at, out);
            if let Value::String(key) = key {
                append_string(key, out);
            }
            out.push(b':');
            self.value(of, value, depth + 1, out)?;
        }
        out.push(b'}');
        Ok(())
    }

    fn pairs(
        &self,
        [keys, of]: [Option<&Schema>; 2],
        entries: &[(Value, Value)],
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Written {
        out.push(b'[');
        for (at, (key, value)) in entries.iter().enumerate() {
            append_comma(at, out);
            check_depth(depth + 1)?;
            out.push(b'[');
            self.value(keys, key, depth + 2, out)?;
            out.push(b',');
            self.value(of, value, depth + 2, out)?;
            out.push(b']');
        }
        out.push(b']');
        Ok(())
    }

    /// A map whose keys become strings only here, so that two of them may
    /// become the same: then the later value takes the place of the earlier.
    fn object(
        &self,
        [keys, of]: [Option<&Schema>; 2],
        entries: &[(Value, Value)],
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Written {
        let mut members: Vec<(String, Vec<u8>)> = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let key = self.key_text(keys, key)?;
            let mut member = Vec::new();
            self.value(of, value, depth + 1, &mut member)?;
            match members.iter_mut().find(|(known, _)| *known == key) {
                Some((_, known)) => *known = member,
                None => members.push((key, member)),
            }
        }
        out.push(b'{');
        for (at, (key, member)) in members.iter().enumerate() {
            append_comma(at, out);
            append_string(key, out);
            out.push(b':');
            out.extend_from_slice(member);
        }
        out.push(b'}');
        Ok(())
    }

    /// `JsonNode.asText` of a key that is a string by its schema.
    fn key_text(&self, schema: Option<&Schema>, key: &Value) -> Result<String, DataError> {
        // Without a schema there are only strings here.
        let Some(schema) = schema else {
            return Ok(value_text(key));
        };
        let key = if key.is_null() {
            match self.instead_of_null(schema)? {
                Some(default) => default,
                None => return Ok("null".to_owned()),
            }
        } else {
            key
        };
        match (logical::convert(schema, key, self.numeric_decimals)?, key) {
            (Some(Logical::Bytes(bytes)), _) => Ok(STANDARD.encode(bytes)),
            (Some(Logical::Decimal(digits)), _) => Ok(digits),
            (Some(Logical::Integer(number)), _) => Ok(number.to_string()),
            (None, Value::String(text)) => Ok(text.clone()),
            (None, key) => Err(invalid(Kind::String, key)),
        }
    }

    fn structure(
        &self,
        schema: Option<&Schema>,
        content: &Struct,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Written {
        check_depth(depth)?;
        let own = &*content.schema;
        if schema != Some(own) {
            return Err(DataError::data("Mismatching schema."));
        }
        let fields = own.fields.iter().zip(&content.values);
        out.push(b'{');
        for (at, (field, value)) in fields.enumerate() {
            append_comma(at, out);
            append_string(&field.name, out);
            out.push(b':');
            self.value(Some(&field.schema), value, depth + 1, out)?;
        }
        out.push(b'}');
        Ok(())
    }
}

pub(super) fn append_comma(at: usize, out: &mut Vec<u8>) {
    if at > 0 {
        out.push(b',');
    }
}

#[expect(clippy::unnecessary_wraps, reason = "for tail calls")]
fn append_null(out: &mut Vec<u8>) -> Written {
    out.extend_from_slice(b"null");
    Ok(())
}

fn kind_of(schema: Option<&Schema>, value: &Value) -> Result<Kind, DataError> {
    let kind = schema.map(|schema| schema.kind).or(value.kind());
    kind.ok_or_else(|| {
        let class = class_text(value);
        DataError::data(format!(
            "Java class {class} does not have corresponding schema type."
        ))
    })
}

fn append_scalar(kind: Kind, value: &Value, out: &mut Vec<u8>) -> Written {
    match (kind, value) {
        (Kind::Int8, Value::Int8(value)) => append_integer(i64::from(*value), out),
        (Kind::Int16, Value::Int16(value)) => append_integer(i64::from(*value), out),
        (Kind::Int32, Value::Int32(value)) => append_integer(i64::from(*value), out),
        (Kind::Int64, Value::Int64(value)) => append_integer(*value, out),
        (Kind::Float32, Value::Float32(value)) => append_float(*value, out),
        (Kind::Float64, Value::Float64(value)) => append_float(*value, out),
        (Kind::Boolean, Value::Boolean(true)) => out.extend_from_slice(b"true"),
        (Kind::Boolean, Value::Boolean(false)) => out.extend_from_slice(b"false"),
        (Kind::String, Value::String(text)) => append_string(text, out),
        (Kind::Bytes, Value::Bytes(bytes)) => append_base64(bytes, out),
        (kind, value) => return Err(invalid(kind, value)),
    }
    Ok(())
}

fn invalid(kind: Kind, value: &Value) -> DataError {
    let kind = match kind {
        Kind::Bytes => "bytes type",
        kind => kind.constant(),
    };
    DataError::data(format!("Invalid type for {kind}: {}", class_text(value)))
}
