//! The fields that a date's text had, and the date that they make: the
//! calendar's rules on which of them decide (`GregorianCalendar`).
//!
//! Years, months, days and milliseconds without end wrap as Java's numbers do;
//! weeks and times of day of a hundred million or so may be other ones here.

use super::calendar::{DAY_MS, System, day_of_week, days_from_week, in_force, int};

/// A number and its place in the text's order, from 1 on; a pattern may have
/// any number of fields.
pub(super) type Field = Option<(i64, usize)>;

/// What was read, each with its place in the text's order: where fields
/// contradict each other, Java lets the later decide.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) order: usize,
    pub(super) bc: bool,
    pub(super) year: Field,
    pub(super) week_year: Field,
    pub(super) month: Field,
    pub(super) day: Field,
    pub(super) day_of_year: Field,
    /// From 1, Sunday, on.
    pub(super) day_of_week: Field,
    pub(super) day_of_week_in_month: Field,
    pub(super) week_of_year: Field,
    pub(super) week_of_month: Field,
    pub(super) hour_of_day: Field,
    pub(super) hour: Field,
    pub(super) pm: Field,
    pub(super) minute: i64,
    pub(super) second: i64,
    pub(super) ms: i64,
    pub(super) offset_ms: i64,
    pub(super) two_digits: bool,
}

impl Read {
    /// Takes a number for the letter of a pattern.
    pub(super) fn number(&mut self, letter: char, number: i64, order: usize) {
        let number_at = Some((number, order));
        let or = |top: i64| Some((if number == top { 0 } else { number }, order));
        match letter {
            'y' => self.year = number_at,
            'Y' => self.week_year = number_at,
            // Java counts months from 0 on.
            'M' | 'L' => self.month = Some((int(number - 1) + 1, order)),
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

    /// Milliseconds since the epoch; of those that do not fit the lowest 64 bits.
    pub(super) fn resolve(&self) -> i64 {
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
        let midnight = days.wrapping_mul(DAY_MS);
        midnight.wrapping_add(of_day - self.offset_ms)
    }

    /// `GregorianCalendar.selectFields`: the day, from the group of fields that
    /// was completed last.
    fn days(&self) -> i64 {
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
        let day = stamp(self.day);
        let day_of_year = stamp(self.day_of_year);
        let mut in_month = both(self.week_of_month, self.day_of_week);
        let mut nth = both(self.day_of_week_in_month, self.day_of_week);
        let mut in_year = both(self.week_of_year, self.day_of_week);
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

fn value(field: Field, or: i64) -> i64 {
    field.map_or(or, |(value, _)| value)
}

/// The place of a field, 0 without it.
fn stamp(field: Field) -> usize {
    field.map_or(0, |(_, order)| order)
}

/// The place where two fields are complete, 0 if they are not.
fn both(a: Field, b: Field) -> usize {
    match (a, b) {
        (Some((_, a)), Some((_, b))) => a.max(b),
        _ => 0,
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
