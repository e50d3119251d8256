//! Java's `SimpleDateFormat` for the locale `en` in UTC: patterns, and dates as
//! text. How text is read is in [`super::date_parse`].

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
                Item::Field(letter, count) => text.push_str(&show(&fields, *letter, *count)),
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

fn show(fields: &Fields, letter: char, count: usize) -> String {
    let padded = |number: i64| format!("{number:0count$}");
    let year = |year: i64| match count {
        2 => format!("{:02}", year % 100),
        _ => padded(year),
    };
    let hour = fields.ms_of_day / 3_600_000;
    let or = |hour: i64, zero: i64| padded(if hour == 0 { zero } else { hour });
    match letter {
        'G' => if fields.ad { "AD" } else { "BC" }.to_owned(),
        'y' => year(fields.year),
        'Y' => year(fields.week_year),
        'M' | 'L' => match count {
            1 | 2 => padded(fields.month),
            _ => name(&MONTHS, fields.month - 1, count),
        },
        'E' => name(&WEEKDAYS, fields.day_of_week, count),
        'd' => padded(fields.day),
        'D' => padded(fields.day_of_year),
        'F' => padded((fields.day - 1) / 7 + 1),
        'w' => padded(fields.week_of_year),
        'W' => padded(fields.week_of_month),
        'u' => or(fields.day_of_week, 7),
        'a' => if hour < 12 { "AM" } else { "PM" }.to_owned(),
        'H' => padded(hour),
        'k' => or(hour, 24),
        'K' => padded(hour % 12),
        'h' => or(hour % 12, 12),
        'm' => padded(fields.ms_of_day / 60_000 % 60),
        's' => padded(fields.ms_of_day / 1_000 % 60),
        'S' => padded(fields.ms_of_day % 1_000),
        'z' if count >= 4 => "Coordinated Universal Time".to_owned(),
        'z' => "UTC".to_owned(),
        'Z' => "+0000".to_owned(),
        // 'X', the only letter that is left.
        _ => "Z".to_owned(),
    }
}

fn name(names: &[&str], at: i64, count: usize) -> String {
    let name = usize::try_from(at).ok().and_then(|at| names.get(at));
    let name = name.copied().unwrap_or_default();
    if count >= 4 { name } else { &name[..3] }.to_owned()
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
    }
}
