//! The parts of JSON that hold no others: words, strings and numbers.

use super::{Parser, Why};
use crate::data::Value;

const MAX_NUMBER_DIGITS: usize = 1_000;

impl Parser<'_> {
    pub(super) fn literal(&mut self, literal: &str, value: Value) -> Result<Value, Why> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let Some(after) = rest.strip_prefix(literal) else {
            return Err("unknown word");
        };
        if after.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$')) {
            return Err("unknown word");
        }
        self.at += literal.len();
        Ok(value)
    }

    /// A string, its first quote included.
    pub(super) fn string(&mut self, max: usize) -> Result<String, Why> {
        self.at += 1;
        let mut content = String::new();
        let mut copied = self.at;
        loop {
            match self.peek().ok_or("unexpected end of a string")? {
                b'"' => break,
                b'\\' => {
                    content.push_str(&self.text[copied..self.at]);
                    self.at += 1;
                    content.push(self.escape()?);
                    copied = self.at;
                }
                0..0x20 => return Err("a control character in a string"),
                _ => self.at += 1,
            }
        }
        content.push_str(&self.text[copied..self.at]);
        self.at += 1;
        if content.len() > max {
            return Err("a name or string is too long");
        }
        Ok(content)
    }

    /// What comes after a backslash.
    fn escape(&mut self) -> Result<char, Why> {
        let letter = self.peek().ok_or("unexpected end of a string")?;
        let c = match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                self.at += 1;
                return self.unicode_escape();
            }
            _ => return Err("unknown escape"),
        };
        self.at += 1;
        Ok(c)
    }

    /// One or, for a surrogate and its pair, two escapes. A surrogate without
    /// its pair has no UTF-8; as where Java writes it, a question mark stands
    /// for it.
    fn unicode_escape(&mut self) -> Result<char, Why> {
        let first = self.unit()?;
        if let Some(c) = char::from_u32(u32::from(first)) {
            return Ok(c);
        }
        if first < 0xDC00 && self.bytes[self.at..].starts_with(b"\\u") {
            let before = self.at;
            self.at += 2;
            let second = self.unit()?;
            if let Some(Ok(c)) = char::decode_utf16([first, second]).next() {
                return Ok(c);
            }
            self.at = before;
        }
        Ok('?')
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Result<u16, Why> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            let digit = digit.and_then(|digit| u16::try_from(digit).ok());
            unit = unit << 4 | digit.ok_or("expected a hexadecimal digit")?;
            self.at += 1;
        }
        Ok(unit)
    }

    /// Skips digits; gives how many there were.
    fn digits(&mut self) -> usize {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        self.at - start
    }

    pub(super) fn number(&mut self) -> Result<Value, Why> {
        let start = self.at;
        let negative = self.peek() == Some(b'-');
        self.at += usize::from(negative);
        let first = self.at;
        // Leading zeros are allowed and do not count.
        while self.bytes[self.at..].starts_with(b"0")
            && matches!(self.bytes.get(self.at + 1), Some(b'0'..=b'9'))
        {
            self.at += 1;
        }
        let mut digits = self.digits();
        if digits == 0 {
            return Err("expected a digit");
        }
        let whole = &self.bytes[first..self.at];
        let mut integer = true;
        if self.peek() == Some(b'.') {
            self.at += 1;
            integer = false;
            digits += some(self.digits())?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            integer = false;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            digits += some(self.digits())?;
        }
        if digits > MAX_NUMBER_DIGITS {
            return Err("a number is too long");
        }
        if integer {
            return Ok(Value::Int64(lowest_bits(whole, negative)));
        }
        Ok(Value::Float64(float(&self.text[start..self.at])))
    }
}

fn some(digits: usize) -> Result<usize, Why> {
    if digits == 0 {
        Err("expected a digit")
    } else {
        Ok(digits)
    }
}

/// `BigInteger.longValue`.
fn lowest_bits(digits: &[u8], negative: bool) -> i64 {
    let bits = digits.iter().fold(0_u64, |bits, digit| {
        bits.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'))
    });
    let bits = if negative { bits.wrapping_neg() } else { bits };
    bits.cast_signed()
}

/// `BigDecimal.doubleValue`, in which a zero has no sign; a number whose scale
/// is too large for one is a float at once, in which it has.
fn float(text: &str) -> f64 {
    let float = text.parse().unwrap_or(f64::NAN);
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let zero = mantissa.bytes().all(|byte| !matches!(byte, b'1'..=b'9'));
    if zero && fits(mantissa, exponent) {
        0.0
    } else {
        float
    }
}

fn fits(mantissa: &str, exponent: &str) -> bool {
    let fraction = mantissa
        .split_once('.')
        .map_or(0, |(_, digits)| digits.len());
    let scale = exponent
        .parse::<i64>()
        .ok()
        .zip(i64::try_from(fraction).ok());
    let scale = scale.and_then(|(exponent, fraction)| fraction.checked_sub(exponent));
    scale.is_some_and(|scale| i32::try_from(scale).is_ok())
}
