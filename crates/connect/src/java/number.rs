//! Numbers as Java parses, prints and converts them.

use std::fmt::{LowerExp, Write};

use num_bigint::BigInt;

use super::text::trim;
use crate::data::{Decimal, Value};

/// `new BigDecimal(text)`; `None` where Java throws `NumberFormatException`.
pub fn parse_decimal(text: &str) -> Option<Decimal> {
    let (digits, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], exponent(&text[at + 1..])?),
        None => (text, 0),
    };
    let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(digits);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let numeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !numeric(whole) || !numeric(fraction) {
        return None;
    }
    let sign = if digits.starts_with('-') { "-" } else { "" };
    let scale = i64::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
    Some(Decimal {
        unscaled: format!("{sign}{whole}{fraction}").parse().ok()?,
        scale: i32::try_from(scale).ok()?,
    })
}

fn exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let numeric = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if numeric { text.parse().ok() } else { None }
}

/// `BigDecimal.toString`.
pub fn decimal_text(value: &Decimal) -> String {
    let text = value.unscaled.to_string();
    if value.scale == 0 {
        return text;
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.as_str()),
    };
    let scale = i64::from(value.scale);
    let adjusted = i64::try_from(digits.len()).unwrap_or(i64::MAX) - 1 - scale;
    if scale >= 0 && adjusted >= -6 {
        // At most six zeros are put in front, so this stays small.
        let width = usize::try_from(scale + 1).unwrap_or(0);
        let zeros = "0".repeat(width.saturating_sub(digits.len()));
        let padded = format!("{zeros}{digits}");
        let (whole, fraction) = padded.split_at(padded.len() + 1 - width);
        return format!("{sign}{whole}.{fraction}");
    }
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    match adjusted {
        0 => format!("{sign}{first}{point}{rest}"),
        _ => format!("{sign}{first}{point}{rest}E{adjusted:+}"),
    }
}

/// The value of `text` after Java's rules for floating-point numbers, which
/// allow surrounding blanks and a type suffix; hexadecimal ones are refused.
fn float_syntax(text: &str) -> Option<&str> {
    let text = trim(text);
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, "NaN" | "Infinity") {
        return Some(text);
    }
    let text = text.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(text);
    let decimal = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    decimal.then_some(text)
}

/// `Double.parseDouble`; `None` where Java throws `NumberFormatException`.
pub fn parse_double(text: &str) -> Option<f64> {
    float_syntax(text)?.parse().ok()
}

/// `Float.parseFloat`; `None` where Java throws `NumberFormatException`.
pub fn parse_float(text: &str) -> Option<f32> {
    float_syntax(text)?.parse().ok()
}

/// `Double.toString` and `Float.toString`.
pub fn float_text(value: impl LowerExp) -> String {
    let mut text = String::new();
    write_float(value, |part| text.push_str(part));
    text
}

/// The same, part by part and without an allocation.
pub fn write_float(value: impl LowerExp, put: impl FnMut(&str)) {
    let mut shown = Shown::default();
    // The longest is -1.2345678901234567e-308.
    let _ = write!(shown, "{value:e}");
    write_scientific(shown.text(), put);
}

/// A short text of ASCII.
#[derive(Default)]
struct Shown {
    bytes: [u8; 32],
    length: usize,
}

impl Shown {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

impl std::fmt::Write for Shown {
    fn write_str(&mut self, part: &str) -> std::fmt::Result {
        let end = self.length + part.len();
        let room = self
            .bytes
            .get_mut(self.length..end)
            .ok_or(std::fmt::Error)?;
        room.copy_from_slice(part.as_bytes());
        self.length = end;
        Ok(())
    }
}

fn write_scientific(scientific: &str, mut put: impl FnMut(&str)) {
    const ZEROS: &str = "0000000";
    let unsigned = scientific.strip_prefix('-').unwrap_or(scientific);
    if unsigned.len() < scientific.len() {
        put("-");
    }
    match unsigned {
        "inf" => return put("Infinity"),
        "NaN" => return put("NaN"),
        _ => {}
    }
    let (mantissa, exponent) = unsigned.split_once('e').unwrap_or((unsigned, "0"));
    let (first, rest) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let or_zero = |digits| if str::is_empty(digits) { "0" } else { digits };
    match exponent.parse::<i32>().unwrap_or(0) {
        at @ 0..7 => {
            let at = usize::try_from(at).unwrap_or(0);
            let (whole, fraction) = rest.split_at(at.min(rest.len()));
            let parts = [
                first,
                whole,
                &ZEROS[..at - whole.len()],
                ".",
                or_zero(fraction),
            ];
            parts.into_iter().for_each(put);
        }
        at @ -3..0 => {
            let zeros = usize::try_from(-1 - at).unwrap_or(0);
            ["0.", &ZEROS[..zeros], first, rest]
                .into_iter()
                .for_each(put);
        }
        _ => [first, ".", or_zero(rest), "E", exponent]
            .into_iter()
            .for_each(put),
    }
}

/// `Number.longValue`; `None` for what is no number. Fractions are cut off,
/// floats saturate, larger decimals keep their lowest 64 bits.
pub fn to_long(value: &Value) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "what Java does")]
    Some(match value {
        Value::Int8(value) => i64::from(*value),
        Value::Int16(value) => i64::from(*value),
        Value::Int32(value) => i64::from(*value),
        Value::Int64(value) => *value,
        Value::Float32(value) => *value as i64,
        Value::Float64(value) => *value as i64,
        Value::Decimal(value) => decimal_long(value),
        _ => return None,
    })
}

/// `BigDecimal.longValue`.
fn decimal_long(value: &Decimal) -> i64 {
    let digits = i64::try_from(value.unscaled.magnitude().to_string().len()).unwrap_or(i64::MAX);
    let scale = i64::from(value.scale);
    // Less than one, or a multiple of 2^64: no power of ten need be made.
    if digits <= scale || scale <= -64 {
        return 0;
    }
    let ten = BigInt::from(10);
    let power = ten.pow(u32::try_from(scale.abs()).unwrap_or(0));
    let whole = if scale > 0 {
        &value.unscaled / power
    } else {
        &value.unscaled * power
    };
    let low = whole.magnitude().iter_u64_digits().next().unwrap_or(0);
    let low = low.cast_signed();
    if whole.sign() == num_bigint::Sign::Minus {
        low.wrapping_neg()
    } else {
        low
    }
}

/// `Number.doubleValue`; `None` for what is no number.
pub fn to_double(value: &Value) -> Option<f64> {
    match value {
        Value::Float32(value) => Some(f64::from(*value)),
        Value::Float64(value) => Some(*value),
        Value::Decimal(value) => exponent_text(value).parse().ok(),
        value => to_long(value).map(|value| value as f64),
    }
}

/// `Number.floatValue`; `None` for what is no number.
pub fn to_float(value: &Value) -> Option<f32> {
    #[expect(clippy::cast_possible_truncation, reason = "what Java does")]
    match value {
        Value::Float32(value) => Some(*value),
        Value::Float64(value) => Some(*value as f32),
        Value::Decimal(value) => exponent_text(value).parse().ok(),
        value => to_long(value).map(|value| value as f32),
    }
}

fn exponent_text(value: &Decimal) -> String {
    format!("{}e{}", value.unscaled, -i64::from(value.scale))
}

/// `Number.intValue`, of which `byteValue` and `shortValue` keep the lowest
/// bits; `None` for what is no number.
pub fn narrow(value: &Value) -> Option<i32> {
    #[expect(clippy::cast_possible_truncation, reason = "what Java does")]
    match value {
        Value::Float32(value) => Some(*value as i32),
        Value::Float64(value) => Some(*value as i32),
        value => to_long(value).map(|value| value as i32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_printed_as_java_does() {
        let shown = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.001, "0.001"),
            (0.000_99, "9.9E-4"),
            (1_234_567.0, "1234567.0"),
            (1e7, "1.0E7"),
            (-1.5e300, "-1.5E300"),
            (100.25, "100.25"),
            (f64::INFINITY, "Infinity"),
            (f64::NAN, "NaN"),
        ];
        for (value, text) in shown {
            assert_eq!(float_text(value), text);
        }
        assert_eq!(float_text(f32::MIN_POSITIVE), "1.1754944E-38");
        assert_eq!(
            float_text(-1.234_567_890_123_456_7e-308),
            "-1.2345678901234567E-308"
        );
    }

    #[test]
    fn decimals_are_parsed_printed_and_cut_as_java_does() {
        let round = |text: &str| parse_decimal(text).map(|value| decimal_text(&value));
        for (text, shown) in [
            ("12.50", "12.50"),
            ("-.5", "-0.5"),
            ("+1e3", "1E+3"),
            ("1E-7", "1E-7"),
            ("0.000001", "0.000001"),
            ("123e-10", "1.23E-8"),
            ("0e5", "0E+5"),
        ] {
            assert_eq!(round(text).as_deref(), Some(shown), "{text}");
        }
        let long = format!("0.{}", "1".repeat(70_000));
        assert_eq!(round(&long).as_deref(), Some(long.as_str()));
        for text in [
            "",
            "-",
            ".",
            "1e",
            "1 ",
            "0x1",
            "1.2.3",
            "1e99999999999",
            "1e-9223372036854775808",
            "--1",
        ] {
            assert_eq!(parse_decimal(text), None, "{text}");
        }
        let long = |text: &str| to_long(&Value::Decimal(parse_decimal(text).unwrap())).unwrap();
        assert_eq!(long("-12.9"), -12);
        assert_eq!(long("1e999999999"), 0);
        assert_eq!(long("9223372036854775808"), i64::MIN);
        assert_eq!(long("1e-999999999"), 0);
        assert_eq!(long("18446744073709551621"), 5);
    }

    #[test]
    fn floats_follow_java_syntax() {
        assert_eq!(parse_double(" 1.5f "), Some(1.5));
        assert_eq!(parse_double("-Infinity"), Some(f64::NEG_INFINITY));
        assert!(parse_double("NaN").is_some_and(f64::is_nan));
        for text in ["inf", "nan", "", "1_0", "0x1p3", "infinity", "1ff"] {
            assert_eq!(parse_double(text), None, "{text}");
        }
    }
}
