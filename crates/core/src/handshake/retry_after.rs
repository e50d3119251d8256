//! How long a refusing server asks us to stay away.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Numbers from here on are Unix times, not seconds to wait: as a delay this
/// would be 31 years. Some venues send the time at which a ban ends.
const UNIX_TIME_FROM_S: f64 = 1e9;
/// Numbers from here on are Unix times in milliseconds.
const UNIX_TIME_FROM_MS: f64 = 1e12;

/// Reads a `Retry-After` value: seconds or an HTTP date (RFC 9110 section
/// 10.2.3), or a Unix time in seconds or milliseconds. `None` if it is none of
/// these; a time that has passed is no delay.
pub fn parse(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(number) = value.parse::<f64>() {
        let now_s = now.duration_since(UNIX_EPOCH).ok()?.as_secs_f64();
        let delay_s = if number >= UNIX_TIME_FROM_MS {
            number / 1000.0 - now_s
        } else if number >= UNIX_TIME_FROM_S {
            number - now_s
        } else {
            number
        };
        return Duration::try_from_secs_f64(delay_s.max(0.0)).ok();
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_shapes_are_understood() {
        let now = UNIX_EPOCH + Duration::from_secs(1_445_412_480);
        let cases = [
            ("7", Some(7)),
            (" 120 ", Some(120)),
            ("1445412500", Some(20)),
            ("1445412510000", Some(30)),
            ("Wed, 21 Oct 2015 07:28:40 GMT", Some(40)),
            ("Tue, 21 Oct 2014 07:28:40 GMT", Some(0)),
            ("1000000001", Some(0)),
            ("soon", None),
            ("", None),
        ];
        for (value, expected) in cases {
            assert_eq!(
                parse(value, now),
                expected.map(Duration::from_secs),
                "{value}"
            );
        }
        assert_eq!(parse("0.5", now), Some(Duration::from_millis(500)));
        assert_eq!(parse("NaN", now), Some(Duration::ZERO));
        assert_eq!(parse("inf", now), None);
    }
}
