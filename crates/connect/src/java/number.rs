//! Numbers as Java parses, prints and converts them.

use num_bigint::BigInt;

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
    let scale = i64::try_from(fraction.len()).ok()? - exponent;
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
        let padded = format!("{digits:0>width$}");
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
    let text = text.trim_matches(|c| c <= ' ');
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

/// `Double.toString` and `Float.toString`, from Rust's shortest exponent form.
pub fn float_text(scientific: &str) -> String {
    match scientific {
        "inf" => return "Infinity".to_owned(),
        "-inf" => return "-Infinity".to_owned(),
        "NaN" => return "NaN".to_owned(),
        _ => {}
    }
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(mantissa) => ("-", mantissa),
        None => ("", mantissa),
    };
    let digits = mantissa.replace('.', "");
    if digits == "0" {
        return format!("{sign}0.0");
    }
    if !(-3..7).contains(&exponent) {
        let (first, rest) = digits.split_at(1);
        let rest = if rest.is_empty() { "0" } else { rest };
        return format!("{sign}{first}.{rest}E{exponent}");
    }
    let zeros = usize::try_from(-exponent).unwrap_or(0);
    let whole = usize::try_from(exponent + 1).unwrap_or(0);
    if whole == 0 {
        return format!("{sign}0.{}{digits}", "0".repeat(zeros - 1));
    }
    let padded = format!("{digits:0<whole$}");
    let (whole, fraction) = padded.split_at(whole);
    let fraction = if fraction.is_empty() { "0" } else { fraction };
    format!("{sign}{whole}.{fraction}")
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

    fn double(value: f64) -> String {
        float_text(&format!("{value:e}"))
    }

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
            assert_eq!(double(value), text);
        }
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
        for text in [
            "",
            "-",
            ".",
            "1e",
            "1 ",
            "0x1",
            "1.2.3",
            "1e99999999999",
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
