//! How `SimpleDateFormat` reads text: leniently, and number by number.

use super::calendar::int;
use super::date_fields::Read;
use super::date_format::{DateFormat, Item, MONTHS, WEEKDAYS};
use super::date_zone::{iso_zone, zone};

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
        let ms = read.resolve();
        if read.two_digits && ms < self.century_start_ms {
            let (year, order) = read.year?;
            read.year = Some((year + 100, order));
            return Some(read.resolve());
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
        // `Number.intValue`.
        Ok(number) => int(number),
        Err(_) if unsigned.len() < window.len() => i64::from(i32::MIN),
        Err(_) => i64::from(i32::MAX),
    };
    Some((number, &text[end..]))
}

/// The place of the longest of `names` that the text begins with, in any case.
pub(super) fn longest<'a>(text: &'a str, names: &[&str]) -> Option<(i64, &'a str)> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::java::DAY_MS;

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
    fn a_pattern_may_have_any_number_of_fields() {
        let days = "d ".repeat(1_000);
        // Of the day of the year and that of the month the later one decides.
        for (pattern, text, day) in [
            (format!("D {days}"), format!("40 {}", "2 ".repeat(1_000)), 1),
            (format!("{days}D"), format!("{}40", "2 ".repeat(1_000)), 39),
        ] {
            assert_eq!(parse(&pattern, &text), Some(day * DAY_MS));
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
