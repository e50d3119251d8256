//! How `SimpleDateFormat` reads text: leniently, number by number, and with
//! the calendar's rules on which of the fields decide.

use super::calendar::{DAY_MS, System, day_of_week, days_from_week, in_force};
use super::date_format::{DateFormat, Item, MONTHS, WEEKDAYS};

/// What was read, each with its place in the text's order: where fields
/// contradict each other, Java lets the later decide.
#[derive(Debug, Default)]
struct Read {
    order: u8,
    bc: bool,
    year: Option<(i64, u8)>,
    week_year: Option<(i64, u8)>,
    month: Option<(i64, u8)>,
    day: Option<(i64, u8)>,
    day_of_year: Option<(i64, u8)>,
    /// From 1, Sunday, on.
    day_of_week: Option<(i64, u8)>,
    day_of_week_in_month: Option<(i64, u8)>,
    week_of_year: Option<(i64, u8)>,
    week_of_month: Option<(i64, u8)>,
    hour_of_day: Option<(i64, u8)>,
    hour: Option<(i64, u8)>,
    pm: Option<(i64, u8)>,
    minute: i64,
    second: i64,
    ms: i64,
    offset_ms: i64,
    two_digits: bool,
}

impl DateFormat {
    /// Milliseconds since the epoch of a text that begins as the pattern says;
    /// what comes after that is not looked at, as Java does not.
    pub fn parse(&self, text: &str) -> Option<i64> {
        let mut read = Read::default();
        let mut rest = text;
        for (at, item) in self.items.iter().enumerate() {
            rest = match item {
                Item::Literal(literal) => rest.strip_prefix(literal.as_str())?,
                Item::Field(letter, count) => {
                    let abuts = self.items.get(at + 1).is_some_and(is_number);
                    self.field(&mut read, rest, *letter, (*count, abuts))?
                }
            };
        }
        let ms = read.resolve()?;
        if read.two_digits && ms < self.century_start_ms {
            let (year, order) = read.year?;
            read.year = Some((year + 100, order));
            return read.resolve();
        }
        Some(ms)
    }

    /// Reads one field and gives the rest of the text.
    fn field<'a>(
        &self,
        read: &mut Read,
        text: &'a str,
        letter: char,
        (count, abuts): (usize, bool),
    ) -> Option<&'a str> {
        let whole = text;
        let text = text.trim_start_matches([' ', '\t']);
        read.order += 1;
        let order = read.order;
        match letter {
            'G' => {
                let (era, rest) = longest(whole, &["BC", "AD", "Before Christ", "Anno Domini"])?;
                read.bc = era % 2 == 0;
                return Some(rest);
            }
            'M' | 'L' if count >= 3 => {
                let (month, rest) = named(whole, &MONTHS)?;
                read.month = Some((month + 1, order));
                return Some(rest);
            }
            'E' => {
                let (day, rest) = named(whole, &WEEKDAYS)?;
                read.day_of_week = Some((day + 1, order));
                return Some(rest);
            }
            'a' => {
                let (pm, rest) = longest(whole, &["AM", "PM"])?;
                read.pm = Some((pm, order));
                return Some(rest);
            }
            'z' | 'Z' => {
                let (offset, rest) = zone(text)?;
                read.offset_ms = offset;
                return Some(rest);
            }
            'X' => {
                let (offset, rest) = iso_zone(text, count)?;
                read.offset_ms = offset;
                return Some(rest);
            }
            _ => {}
        }
        let (number, rest) = integer(
            text,
            abuts.then(|| count.saturating_sub(whole.len() - text.len())),
        )?;
        let digits = text.len() - rest.len();
        if letter == 'y' && count <= 2 && digits == 2 && !text.starts_with('-') {
            read.two_digits = true;
            read.year = Some((self.in_century(number), order));
        } else if letter == 'Y' && count <= 2 && digits == 2 && !text.starts_with('-') {
            read.week_year = Some((self.in_century(number), order));
        } else {
            read.number(letter, number, order);
        }
        Some(rest)
    }

    /// The full year of one of two digits.
    fn in_century(&self, year: i64) -> i64 {
        let start = super::calendar::Fields::of(self.century_start_ms).year;
        let century = start / 100 * 100;
        century + year + if year < start % 100 { 100 } else { 0 }
    }
}

/// Whether a part of a pattern is always read as a number.
fn is_number(item: &Item) -> bool {
    match item {
        Item::Literal(_) => false,
        Item::Field('M' | 'L', count) => *count <= 2,
        Item::Field(letter, _) => !"GEazZX".contains(*letter),
    }
}

impl Read {
    fn number(&mut self, letter: char, number: i64, order: u8) {
        let number_at = Some((number, order));
        let or = |top: i64| Some((if number == top { 0 } else { number }, order));
        match letter {
            'y' => self.year = number_at,
            'Y' => self.week_year = number_at,
            'M' | 'L' => self.month = number_at,
            'd' => self.day = number_at,
            'D' => self.day_of_year = number_at,
            'F' => self.day_of_week_in_month = number_at,
            'w' => self.week_of_year = number_at,
            'W' => self.week_of_month = number_at,
            'u' => self.day_of_week = Some((from_iso(number), order)),
            'H' => self.hour_of_day = number_at,
            'k' => self.hour_of_day = or(24),
            'K' => self.hour = number_at,
            'h' => self.hour = or(12),
            'm' => self.minute = number,
            's' => self.second = number,
            // 'S', the only letter that is left.
            _ => self.ms = number,
        }
    }

    /// Milliseconds since the epoch; `None` if they do not fit.
    fn resolve(&self) -> Option<i64> {
        let stamp = |field: Option<(i64, u8)>| field.map_or(0, |(_, order)| order);
        let both = |a: Option<(i64, u8)>, b: Option<(i64, u8)>| match (a, b) {
            (Some((_, a)), Some((_, b))) => a.max(b),
            _ => 0,
        };
        let value = |field: Option<(i64, u8)>, or: i64| field.map_or(or, |(value, _)| value);
        let half = both(self.hour, self.pm);
        let none = self.hour.is_none() && self.pm.is_none();
        let of_day = stamp(self.hour_of_day);
        let hours = if none || of_day > half {
            value(self.hour_of_day, 0)
        } else {
            value(self.hour, 0) + 12 * value(self.pm, 0)
        };
        let days = self.days();
        let of_day = ((hours * 60 + self.minute) * 60 + self.second) * 1_000 + self.ms;
        days.checked_mul(DAY_MS)?
            .checked_add(of_day - self.offset_ms)
    }

    /// `GregorianCalendar.selectFields`: the day, from the group of fields that
    /// was completed last.
    fn days(&self) -> i64 {
        let stamp = |field: Option<(i64, u8)>| field.map_or(0, |(_, order)| order);
        let value = |field: Option<(i64, u8)>, or: i64| field.map_or(or, |(value, _)| value);
        if stamp(self.week_year) > stamp(self.year) {
            let mut week = value(self.week_of_year, 1);
            let mut day = value(self.day_of_week, 1);
            if !(1..=7).contains(&day) {
                week += (day - 1).div_euclid(7);
                day = from_iso((day - 1).rem_euclid(7) + 1);
            }
            return days_from_week(value(self.week_year, 1970), week, day);
        }
        let year = value(self.year, 1970);
        let year = if self.bc { 1 - year } else { year };
        let with_day = |field: Option<(i64, u8)>| match (field, self.day_of_week) {
            (Some((_, a)), Some((_, b))) => a.max(b),
            _ => 0,
        };
        let day = stamp(self.day);
        let day_of_year = stamp(self.day_of_year);
        let mut in_month = with_day(self.week_of_month);
        let mut nth = with_day(self.day_of_week_in_month);
        let mut in_year = with_day(self.week_of_year);
        if day.max(day_of_year).max(in_month).max(nth).max(in_year) == 0 {
            in_month = stamp(self.week_of_month);
            nth = stamp(self.day_of_week_in_month).max(stamp(self.day_of_week));
            in_year = stamp(self.week_of_year);
        }
        let best = day.max(day_of_year).max(in_month).max(nth).max(in_year);
        let on_or_before =
            |days: i64, weekday: i64| days - (day_of_week(days) - weekday).rem_euclid(7);
        let weekday = value(self.day_of_week, 1) - 1;
        let first = |system: System| system.days_from(year, value(self.month, 1), 1);
        if best == day {
            in_force(year, false, |system| first(system) + value(self.day, 1) - 1)
        } else if best == in_month && in_month != 0 {
            let weeks = value(self.week_of_month, 1) - 1;
            in_force(year, false, |system| {
                on_or_before(first(system), 0) + weekday.rem_euclid(7) + 7 * weeks
            })
        } else if best == nth {
            let nth = value(self.day_of_week_in_month, 1);
            in_force(year, false, |system| {
                on_or_before(first(system) + 7 * nth - 1, weekday)
            })
        } else if best == day_of_year {
            in_force(year, true, |system| {
                system.days_from(year, 1, 1) + value(self.day_of_year, 1) - 1
            })
        } else {
            let day = weekday.rem_euclid(7) + 1;
            days_from_week(year, value(self.week_of_year, 1), day)
        }
    }
}

/// A day of the week that is 1 on Monday as one that is 1 on Sunday; what is
/// none stays what it is.
const fn from_iso(day: i64) -> i64 {
    match day {
        7 => 1,
        1..=6 => day + 1,
        _ => day,
    }
}

/// A whole number as an integer-only `DecimalFormat` reads it, from the first
/// `width` characters if other digits follow at once.
fn integer(text: &str, width: Option<usize>) -> Option<(i64, &str)> {
    let window = match width {
        Some(width) => text.get(..width)?,
        None => text,
    };
    let unsigned = window.strip_prefix('-').unwrap_or(window);
    let digits = unsigned.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return None;
    }
    let end = window.len() - unsigned.len() + digits;
    let number = match text[..end].parse::<i64>() {
        #[expect(clippy::cast_possible_truncation, reason = "Number.intValue")]
        Ok(number) => i64::from(number as i32),
        Err(_) if unsigned.len() < window.len() => i64::from(i32::MIN),
        Err(_) => i64::from(i32::MAX),
    };
    Some((number, &text[end..]))
}

/// The place of the longest of `names` that the text begins with, in any case.
fn longest<'a>(text: &'a str, names: &[&str]) -> Option<(i64, &'a str)> {
    let begins = |name: &str| {
        let start = text.get(..name.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(name))
    };
    let found = (0i64..).zip(names).filter(|(_, name)| begins(name));
    let (at, name) = found.max_by_key(|(_, name)| name.len())?;
    Some((at, &text[name.len()..]))
}

/// The same for names that may be cut to three letters.
fn named<'a>(text: &'a str, names: &[&str]) -> Option<(i64, &'a str)> {
    let short: Vec<&str> = names.iter().map(|name| &name[..3]).collect();
    longest(text, names).or_else(|| longest(text, &short))
}

/// Milliseconds east of Greenwich, and the rest.
fn zone(text: &str) -> Option<(i64, &str)> {
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

fn iso_zone(text: &str, count: usize) -> Option<(i64, &str)> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pattern: &str, text: &str) -> Option<i64> {
        DateFormat::new(pattern).unwrap().parse(text)
    }

    #[test]
    fn texts_are_read_as_java_does() {
        for (pattern, text, ms) in [
            ("yyyyMMdd", "20200131", 1_580_428_800_000),
            ("yyyy-MM-dd", "  2020- 2-31x", 1_583_107_200_000),
            ("YYYY-MM-dd", "2020-05-05", 1_577_577_600_000),
            ("yyyy D", "2020 45", 1_581_638_400_000),
            ("yyyy ww E", "2020 10 Tue", 1_583_193_600_000),
            ("yyyy ww u", "2020 10 3", 1_583_280_000_000),
            (
                "EEE, d MMM yyyy HH:mm:ss Z",
                "Tue, 3 Jun 2008 11:05:30 +0110",
                1_212_486_930_000,
            ),
            ("yyyy Z", "2020 GMT-01:30", 1_577_842_200_000),
            ("yyyy X", "2020 +0130", 1_577_833_200_000),
            ("h a", "12 AM", 0),
            ("K a", "11 pm", 82_800_000),
            ("H h a", "13 2 PM", 50_400_000),
            ("yyyy G", "5 BC", -62_293_622_400_000),
            ("-yyyy", "--5", -62_325_158_400_000),
            ("yyyy-M", "2020--3", 1_567_296_000_000),
            ("HHmm", "930", 334_800_000),
            ("yyyy W F", "2020 3 2", 1_578_787_200_000),
            ("yyyy MM W E", "2020 3 2 Mon", 1_583_712_000_000),
            ("yyyy MM F E", "2020 3 2 Mon", 1_583_712_000_000),
            ("dd/MM/yyyy", "99/99/2020", 1_843_948_800_000),
            ("u yyyy", "1 2020", 1_578_268_800_000),
            ("E", "Mon", 345_600_000),
            ("w", "5", 2_073_600_000),
            ("s.S", "1.5", 1_005),
            ("dMMM", "12Jan", 950_400_000),
            ("dMM", "1212", 554_774_400_000),
            ("yyyy MMM dd", "2020 Dec  7", 1_607_299_200_000),
            ("yy-MM-dd", "20-1-1", 1_577_836_800_000),
        ] {
            assert_eq!(parse(pattern, text), Some(ms), "{pattern} {text}");
        }
    }

    #[test]
    fn what_java_refuses_is_refused() {
        for (pattern, text) in [
            ("MMMM d", "sept 5"),
            ("MMM", "5"),
            ("M", "May"),
            ("a", "p"),
            ("yyyy XXX", "2020 +0130"),
            ("yyyy XX", "2020 +01:30"),
            ("yyyy Z", "2020 -08"),
            ("yyyy Z", "2020 Z"),
            ("yyyy z", "2020 GMT+3"),
            ("yyyy-MM-dd", "2020"),
            ("yyyyMMdd", "2020"),
        ] {
            assert_eq!(parse(pattern, text), None, "{pattern} {text}");
        }
    }
}
