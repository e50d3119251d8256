//! Java's `SimpleDateFormat` for the locale `en` in UTC: patterns, and dates as
//! text. How text is read is in [`super::date_parse`].

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use super::calendar::{DAY_MS, Fields, days_from};

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(super) const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// Text as it is.
    Literal(String),
    /// A letter and how often it was repeated.
    Field(char, usize),
}

/// A compiled pattern.
///
/// Reading knows the zones `UTC` and `GMT`, offsets, and no names of others.
#[derive(Clone, Debug)]
pub struct DateFormat {
    pattern: String,
    pub(super) items: Vec<Item>,
    /// Where the hundred years begin that a year of two digits lies in: 80
    /// years before the pattern was compiled.
    pub(super) century_start_ms: i64,
}

impl DateFormat {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// The text of Java's `IllegalArgumentException`.
    pub fn new(pattern: &str) -> Result<Self, String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok();
        let now_ms = now.map_or(0, |now| i64::try_from(now.as_millis()).unwrap_or(0));
        Ok(Self {
            pattern: pattern.to_owned(),
            items: compile(pattern)?,
            century_start_ms: years_before(now_ms, 80),
        })
    }

    /// The pattern.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// The text of a number of milliseconds since the epoch.
    pub fn format(&self, ms: i64) -> String {
        let fields = Fields::of(ms);
        let mut text = String::with_capacity(self.pattern.len() + 8);
        for item in &self.items {
            match item {
                Item::Literal(literal) => text.push_str(literal),
                Item::Field(letter, count) => show(&fields, *letter, *count, &mut text),
            }
        }
        text
    }
}

fn years_before(ms: i64, years: i64) -> i64 {
    let fields = Fields::of(ms);
    days_from(fields.year - years, fields.month, fields.day) * DAY_MS + fields.ms_of_day
}

fn compile(pattern: &str) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\'' {
            literal(&mut items, &quoted(&mut chars)?);
        } else if c.is_ascii_alphabetic() {
            let mut count = 1;
            while chars.next_if_eq(&c).is_some() {
                count += 1;
            }
            // A letter's count is looked at when the next letter is known.
            let next = chars.peek().copied().filter(char::is_ascii_alphabetic);
            let known = |c: &char| "GyMdkHmsSEDFwWahKzZYuXL".contains(*c);
            if let Some(c) = [Some(c), next].into_iter().flatten().find(|c| !known(c)) {
                return Err(format!("Illegal pattern character '{c}'"));
            }
            if c == 'X' && count > 3 {
                return Err(format!("invalid ISO 8601 format: length={count}"));
            }
            items.push(Item::Field(c, count));
        } else {
            literal(&mut items, c.encode_utf8(&mut [0; 4]));
        }
    }
    Ok(items)
}

/// The rest of a quoted text; two quotes stand for one, also on their own.
fn quoted(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<String, String> {
    if chars.next_if_eq(&'\'').is_some() {
        return Ok("'".to_owned());
    }
    let mut text = String::new();
    loop {
        match chars.next() {
            Some('\'') if chars.next_if_eq(&'\'').is_some() => text.push('\''),
            Some('\'') => return Ok(text),
            Some(c) => text.push(c),
            None => return Err("Unterminated quote".to_owned()),
        }
    }
}

fn literal(items: &mut Vec<Item>, text: &str) {
    match items.last_mut() {
        Some(Item::Literal(last)) => last.push_str(text),
        _ => items.push(Item::Literal(text.to_owned())),
    }
}

fn show(fields: &Fields, letter: char, count: usize, out: &mut String) {
    let hour = fields.ms_of_day / 3_600_000;
    let or = |number: i64, zero: i64| if number == 0 { zero } else { number };
    let number = match letter {
        'y' | 'Y' => {
            let of_week = letter == 'Y';
            let year = if of_week {
                fields.week_year
            } else {
                fields.year
            };
            if count == 2 { year % 100 } else { year }
        }
        'M' | 'L' if count <= 2 => fields.month,
        'd' => fields.day,
        'D' => fields.day_of_year,
        'F' => (fields.day - 1) / 7 + 1,
        'w' => fields.week_of_year,
        'W' => fields.week_of_month,
        'u' => or(fields.day_of_week, 7),
        'H' => hour,
        'k' => or(hour, 24),
        'K' => hour % 12,
        'h' => or(hour % 12, 12),
        'm' => fields.ms_of_day / 60_000 % 60,
        's' => fields.ms_of_day / 1_000 % 60,
        'S' => fields.ms_of_day % 1_000,
        letter => return out.push_str(word(fields, letter, count)),
    };
    // Rust pads to no more than this.
    let count = count.min(usize::from(u16::MAX));
    // A string takes whatever is written.
    let _ = write!(out, "{number:0count$}");
}

/// The letters that are no numbers.
fn word(fields: &Fields, letter: char, count: usize) -> &'static str {
    match letter {
        'G' if fields.ad => "AD",
        'G' => "BC",
        'M' | 'L' => name(&MONTHS, fields.month - 1, count),
        'E' => name(&WEEKDAYS, fields.day_of_week, count),
        'a' if fields.ms_of_day < 43_200_000 => "AM",
        'a' => "PM",
        'z' if count >= 4 => "Coordinated Universal Time",
        'z' => "UTC",
        'Z' => "+0000",
        // 'X', the only letter that is left.
        _ => "Z",
    }
}

fn name(names: &[&'static str], at: i64, count: usize) -> &'static str {
    let name = usize::try_from(at).ok().and_then(|at| names.get(at));
    let name = name.copied().unwrap_or_default();
    // An empty one would be a bug; it must not become a panic.
    if count >= 4 {
        name
    } else {
        name.get(..3).unwrap_or(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(pattern: &str, ms: i64) -> String {
        DateFormat::new(pattern).unwrap().format(ms)
    }

    #[test]
    fn every_letter_is_printed_as_java_does() {
        assert_eq!(
            format(
                "G yy yyyyy YYYY M MMM MMMM w W D d F E EEEE u a",
                1_577_577_600_000
            ),
            "AD 19 02019 2020 12 Dec December 1 5 363 29 5 Sun Sunday 7 AM"
        );
        assert_eq!(
            format("yyyy-MM-dd HH:mm:ss.SSS z Z X h K k", 1_700_000_000_123),
            "2023-11-14 22:13:20.123 UTC +0000 Z 10 10 22"
        );
        assert_eq!(format("yyyy G", -62_135_769_600_001), "0001 BC");
    }

    #[test]
    fn quotes_and_refusals_are_java_s() {
        assert_eq!(format("''yyyy'''T'MM'o''clock'", 0), "'1970'T01o'clock");
        for (pattern, why) in [
            ("b", "Illegal pattern character 'b'"),
            ("yyyy'x", "Unterminated quote"),
            ("XXXX", "invalid ISO 8601 format: length=4"),
        ] {
            assert_eq!(DateFormat::new(pattern).err().as_deref(), Some(why));
        }
        assert_eq!(format(&"d".repeat(100_000), 0).len(), 65_535);
    }
}
