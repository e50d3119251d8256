//! One message as `DefaultMessageFormatter` of Kafka's console tools prints it:
//! timestamp, partition, offset, headers, key, value, as far as asked for.

use std::io::{self, Write};

use rdkafka::Timestamp;
use rdkafka::message::{Headers, Message};

/// What is printed of a message and between its parts. Keys and values are
/// written byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // Kafka's properties of the same names.
pub struct Print {
    /// `print.timestamp`
    pub timestamp: bool,
    /// `print.partition`
    pub partition: bool,
    /// `print.offset`
    pub offset: bool,
    /// `print.headers`
    pub headers: bool,
    /// `print.key`
    pub key: bool,
    /// `print.value`
    pub value: bool,
    /// `key.separator`
    pub key_separator: String,
    /// `line.separator`
    pub line_separator: String,
    /// `headers.separator`
    pub headers_separator: String,
    /// `null.literal`
    pub null_literal: String,
}

impl Default for Print {
    fn default() -> Self {
        Self {
            timestamp: false,
            partition: false,
            offset: false,
            headers: false,
            key: false,
            value: true,
            key_separator: "\t".to_owned(),
            line_separator: "\n".to_owned(),
            headers_separator: ",".to_owned(),
            null_literal: "null".to_owned(),
        }
    }
}

impl Print {
    /// Sets one property of Kafka's formatter.
    ///
    /// # Errors
    /// What is wrong with the name or the value.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let text = match name {
            "key.separator" => &mut self.key_separator,
            "line.separator" => &mut self.line_separator,
            "headers.separator" => &mut self.headers_separator,
            "null.literal" => &mut self.null_literal,
            _ => return self.set_flag(name, value),
        };
        value.clone_into(text);
        Ok(())
    }

    fn set_flag(&mut self, name: &str, value: &str) -> Result<(), String> {
        let flag = match name {
            "print.timestamp" => &mut self.timestamp,
            "print.partition" => &mut self.partition,
            "print.offset" => &mut self.offset,
            "print.headers" => &mut self.headers,
            "print.key" => &mut self.key,
            "print.value" => &mut self.value,
            _ => {
                return Err(format!(
                    "--property {name}: known are print.timestamp, print.partition, print.offset, \
                     print.headers, print.key, print.value, key.separator, line.separator, \
                     headers.separator and null.literal"
                ));
            }
        };
        let wrong = |_| format!("--property {name}={value}: give true or false");
        *flag = value.trim().to_ascii_lowercase().parse().map_err(wrong)?;
        Ok(())
    }

    pub(crate) fn write<M: Message>(&self, out: &mut dyn Write, message: &M) -> io::Result<()> {
        let mut parts = Parts {
            out,
            separator: self.key_separator.as_bytes(),
            begun: false,
        };
        if self.timestamp {
            let out = parts.next()?;
            match message.timestamp() {
                Timestamp::NotAvailable => out.write_all(b"NO_TIMESTAMP")?,
                Timestamp::CreateTime(ms) => write!(out, "CreateTime:{ms}")?,
                Timestamp::LogAppendTime(ms) => write!(out, "LogAppendTime:{ms}")?,
            }
        }
        if self.partition {
            write!(parts.next()?, "Partition:{}", message.partition())?;
        }
        if self.offset {
            write!(parts.next()?, "Offset:{}", message.offset())?;
        }
        if self.headers {
            self.write_headers(parts.next()?, message)?;
        }
        let null = self.null_literal.as_bytes();
        if self.key {
            parts.next()?.write_all(message.key().unwrap_or(null))?;
        }
        if self.value {
            parts.next()?.write_all(message.payload().unwrap_or(null))?;
        }
        out.write_all(self.line_separator.as_bytes())
    }

    fn write_headers<M: Message>(&self, out: &mut dyn Write, message: &M) -> io::Result<()> {
        let headers = message.headers().filter(|headers| headers.count() > 0);
        let Some(headers) = headers else {
            return out.write_all(b"NO_HEADERS");
        };
        for (index, header) in headers.iter().enumerate() {
            if index > 0 {
                out.write_all(self.headers_separator.as_bytes())?;
            }
            write!(out, "{}:", header.key)?;
            out.write_all(header.value.unwrap_or(self.null_literal.as_bytes()))?;
        }
        Ok(())
    }
}

struct Parts<'w> {
    out: &'w mut dyn Write,
    separator: &'w [u8],
    begun: bool,
}

impl Parts<'_> {
    fn next(&mut self) -> io::Result<&mut dyn Write> {
        if self.begun {
            self.out.write_all(self.separator)?;
        }
        self.begun = true;
        Ok(self.out)
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::message::{Header, OwnedHeaders, OwnedMessage};

    use super::*;

    fn printed(print: &Print, message: &OwnedMessage) -> Vec<u8> {
        let mut out = Vec::new();
        print.write(&mut out, message).unwrap();
        out
    }

    fn message(headers: Option<OwnedHeaders>, payload: Option<&[u8]>) -> OwnedMessage {
        OwnedMessage::new(
            payload.map(<[u8]>::to_vec),
            None,
            "t".to_owned(),
            Timestamp::CreateTime(1_700_000_000_123),
            2,
            41,
            headers,
        )
    }

    #[test]
    fn parts_come_in_kafkas_order() {
        let header = |key, value| Header { key, value };
        let headers = OwnedHeaders::new()
            .insert(header("a", Some("1")))
            .insert(header("b", None));
        let mut print = Print::default();
        for part in ["timestamp", "partition", "offset", "headers", "key"] {
            print.set(&format!("print.{part}"), "true").unwrap();
        }
        let full = message(Some(headers), Some(b"v"));
        let expected = "CreateTime:1700000000123\tPartition:2\tOffset:41\ta:1,b:null\tnull\tv\n";
        assert_eq!(String::from_utf8(printed(&print, &full)).unwrap(), expected);
        print.set("key.separator", "|").unwrap();
        print.set("print.timestamp", "FALSE").unwrap();
        let bare = printed(&print, &message(None, None));
        assert_eq!(bare, b"Partition:2|Offset:41|NO_HEADERS|null|null\n");
    }

    #[test]
    fn values_are_written_byte_for_byte() {
        let bytes = b"\xff\x00\n\xc3\xa9";
        let out = printed(&Print::default(), &message(None, Some(bytes)));
        assert_eq!(out, b"\xff\x00\n\xc3\xa9\n");
    }

    #[test]
    fn unknown_properties_and_values_are_named() {
        let mut print = Print::default();
        let error = print.set("print.keys", "true").unwrap_err();
        assert!(
            error.contains("print.keys") && error.contains("print.key,"),
            "{error}"
        );
        assert!(
            print
                .set("print.key", "yes")
                .unwrap_err()
                .contains("true or false")
        );
    }
}
