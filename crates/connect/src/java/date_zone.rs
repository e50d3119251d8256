//! Time zones as `SimpleDateFormat` reads them: offsets, `UTC` and `GMT`.

use super::date_parse::longest;

/// Milliseconds east of Greenwich, and the rest.
pub(super) fn zone(text: &str) -> Option<(i64, &str)> {
    const UTC: &str = "Coordinated Universal Time";
    if let Some((_, rest)) = longest(text, &[UTC]) {
        return Some((0, rest));
    }
    let (signed, colon) = match text.get(..3) {
        Some(name) if name.eq_ignore_ascii_case("UTC") => return Some((0, &text[3..])),
        Some(name) if name.eq_ignore_ascii_case("GMT") => (&text[3..], true),
        _ => (text, false),
    };
    let offset = sign(signed).and_then(|(sign, digits)| {
        let (offset, rest) = offset(digits, if colon { 'h' } else { 'r' })?;
        Some((sign * offset, rest))
    });
    match offset {
        None if colon && sign(signed).is_none() => Some((0, signed)),
        offset => offset,
    }
}

/// The same in the forms of ISO 8601, of which `count` chooses one.
pub(super) fn iso_zone(text: &str, count: usize) -> Option<(i64, &str)> {
    if let Some(rest) = text.strip_prefix('Z') {
        return Some((0, rest));
    }
    let (sign, digits) = sign(text)?;
    let form = [' ', '1', 'r', ':'].get(count).copied()?;
    let (offset, rest) = offset(digits, form)?;
    Some((sign * offset, rest))
}

fn sign(text: &str) -> Option<(i64, &str)> {
    let rest = text.strip_prefix(['+', '-'])?;
    Some((if text.starts_with('-') { -1 } else { 1 }, rest))
}

/// Hours and minutes: `hh` (form `1`), `hhmm` (`r`), `hh:mm` (`:`) or
/// `[h]h:mm` (`h`).
fn offset(text: &str, form: char) -> Option<(i64, &str)> {
    let digits = |text: &str, count: usize| -> Option<i64> {
        let digits = text.get(..count)?;
        let all = digits.bytes().all(|byte| byte.is_ascii_digit());
        if all { digits.parse().ok() } else { None }
    };
    let hour_digits = match form {
        'h' => text.find(':').filter(|at| (1..=2).contains(at))?,
        _ => 2,
    };
    let hours = digits(text, hour_digits)?;
    let rest = &text[hour_digits..];
    let rest = if matches!(form, ':' | 'h') {
        rest.strip_prefix(':')?
    } else {
        rest
    };
    let (minutes, rest) = match form {
        '1' => (0, rest),
        _ => (digits(rest, 2)?, &rest[2..]),
    };
    (hours <= 23 && minutes <= 59).then_some((hours * 3_600_000 + minutes * 60_000, rest))
}
