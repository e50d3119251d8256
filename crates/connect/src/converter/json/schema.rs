//! Schemas as JSON (`JsonConverter.asJsonSchema`).

use super::text::{append_integer, append_string};
use super::write::{Writer, append_comma, check_depth};
use crate::data::{Kind, Schema};
use crate::record::DataError;

/// The name of a type, which for floats is not Connect's.
const fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Float32 => "float",
        Kind::Float64 => "double",
        kind => kind.name(),
    }
}

/// A member after the first.
fn name(name: &str, out: &mut Vec<u8>) {
    out.push(b',');
    append_string(name, out);
    out.push(b':');
}

impl Writer {
    /// Appends a schema that is an object at `depth`, of a struct's `field` if
    /// it is one's.
    pub(super) fn schema(
        &self,
        schema: &Schema,
        field: Option<&str>,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), DataError> {
        check_depth(depth)?;
        out.extend_from_slice(b"{\"type\":\"");
        out.extend_from_slice(type_name(schema.kind).as_bytes());
        out.push(b'"');
        match schema.kind {
            Kind::Array => self.part("items", schema.value.as_deref(), depth, out)?,
            Kind::Map => {
                self.part("keys", schema.key.as_deref(), depth, out)?;
                self.part("values", schema.value.as_deref(), depth, out)?;
            }
            Kind::Struct => {
                name("fields", out);
                out.push(b'[');
                for (at, field) in schema.fields.iter().enumerate() {
                    append_comma(at, out);
                    self.schema(&field.schema, Some(&field.name), depth + 2, out)?;
                }
                out.push(b']');
            }
            _ => {}
        }
        name("optional", out);
        out.extend_from_slice(if schema.optional { b"true" } else { b"false" });
        self.metadata(schema, depth, out)?;
        if let Some(field) = field {
            name("field", out);
            append_string(field, out);
        }
        out.push(b'}');
        Ok(())
    }

    fn part(
        &self,
        member: &str,
        schema: Option<&Schema>,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), DataError> {
        name(member, out);
        if let Some(schema) = schema {
            return self.schema(schema, None, depth + 1, out);
        }
        out.extend_from_slice(b"null");
        Ok(())
    }

    fn metadata(&self, schema: &Schema, depth: usize, out: &mut Vec<u8>) -> Result<(), DataError> {
        if let Some(text) = &schema.name {
            name("name", out);
            append_string(text, out);
        }
        if let Some(version) = schema.version {
            name("version", out);
            append_integer(i64::from(version), out);
        }
        if let Some(text) = &schema.doc {
            name("doc", out);
            append_string(text, out);
        }
        if !schema.parameters.is_empty() {
            name("parameters", out);
            out.push(b'{');
            for (at, (key, value)) in schema.parameters.iter().enumerate() {
                append_comma(at, out);
                append_string(key, out);
                out.push(b':');
                append_string(value, out);
            }
            out.push(b'}');
        }
        if let Some(default) = &schema.default {
            name("default", out);
            self.value(Some(schema), default, depth + 1, out)?;
        }
        Ok(())
    }
}
