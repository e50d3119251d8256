//! Java's `GregorianCalendar` in UTC with the week rules of the United States.
//!
//! Written out here because date libraries know the proleptic Gregorian
//! calendar of years with four digits only: Java's has the Julian calendar
//! before 15 October 1582, and any year that 64 bits of milliseconds reach.

/// Milliseconds of a day.
pub(crate) const DAY_MS: i64 = 86_400_000;

/// The first day of the Gregorian calendar, 15 October 1582, in days since the
/// epoch.
const CUTOVER: i64 = -141_427;

/// A point in time, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fields {
    /// Whether it is in the era "AD".
    pub(super) ad: bool,
    /// The year of its era, from 1 on.
    pub(super) year: i64,
    /// From 1 on.
    pub(super) month: i64,
    /// Of the month, from 1 on.
    pub(super) day: i64,
    /// From 1 on.
    pub(super) day_of_year: i64,
    /// From 0, Sunday, on.
    pub(super) day_of_week: i64,
    /// Of the year, from 1 on.
    pub(super) week_of_year: i64,
    /// The year that its week counts for.
    pub(super) week_year: i64,
    /// Of the month, from 1 on.
    pub(super) week_of_month: i64,
    /// Of the day, from 0 on.
    pub(super) ms_of_day: i64,
}

impl Fields {
    /// The fields of a number of milliseconds since the epoch.
    pub(super) fn of(ms: i64) -> Self {
        let (days, ms_of_day) = (ms.div_euclid(DAY_MS), ms.rem_euclid(DAY_MS));
        let (year, month, day) = civil(days);
        let day_of_week = day_of_week(days);
        let day_of_year = days - days_from(year, 1, 1) + 1;
        let next = days_from(year + 1, 1, 1);
        let (week_of_year, week_year) = if days - day_of_week + 6 >= next {
            (1, year + 1)
        } else {
            (week(day_of_year, day_of_week), year)
        };
        Self {
            ad: year > 0,
            year: if year > 0 { year } else { 1 - year },
            month,
            day,
            day_of_year,
            day_of_week,
            week_of_year,
            week_year,
            week_of_month: week(day, day_of_week),
            ms_of_day,
        }
    }
}

/// The week of a period's `day`th day, the first of them being the one with
/// its first day.
fn week(day: i64, day_of_week: i64) -> i64 {
    let first = (day_of_week - (day - 1)).rem_euclid(7);
    (day - 1 + first) / 7 + 1
}

/// The day of the week, from 0, Sunday, on.
pub(super) const fn day_of_week(days: i64) -> i64 {
    (days + 4).rem_euclid(7)
}

/// Year (0 is 1 BC), month and day of a number of days since the epoch.
fn civil(days: i64) -> (i64, i64, i64) {
    let gregorian = days >= CUTOVER;
    let days = days + if gregorian { 719_468 } else { 719_470 };
    let (year, day_of_year) = if gregorian {
        let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let before = 365 * year + year / 4 - year / 100;
        (era * 400 + year, day - before)
    } else {
        let (era, day) = (days.div_euclid(1_461), days.rem_euclid(1_461));
        let year = (day - day / 1_460) / 365;
        (era * 4 + year, day - 365 * year)
    };
    // Years begin in March here, so that a leap day is a year's last.
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + i64::from(month <= 2), month, day)
}

/// What is an `int` in Java, which keeps the lowest 32 bits.
#[expect(clippy::cast_possible_truncation, reason = "what Java does")]
pub(super) const fn int(number: i64) -> i64 {
    number as i32 as i64
}

/// The two calendars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum System {
    /// Until 4 October 1582.
    Julian,
    /// From then on.
    Gregorian,
}

impl System {
    /// Days since the epoch of a date in this calendar; months and days may
    /// lie outside of their year and month.
    pub(super) const fn days_from(self, year: i64, month: i64, day: i64) -> i64 {
        let year = int(year + (month - 1).div_euclid(12));
        let month = (month - 1).rem_euclid(12) + 1;
        let (year, from_march) = if month > 2 {
            (year, month - 3)
        } else {
            (year - 1, month + 9)
        };
        let day_of_year = (153 * from_march + 2) / 5 + day - 1;
        match self {
            Self::Julian => {
                let (era, of_era) = (year.div_euclid(4), year.rem_euclid(4));
                era * 1_461 + of_era * 365 + day_of_year - 719_470
            }
            Self::Gregorian => {
                let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
                let days = of_era * 365 + of_era / 4 - of_era / 100;
                era * 146_097 + days + day_of_year - 719_468
            }
        }
    }
}

/// Days since the epoch of a date in the calendar that was in force then.
pub(super) fn days_from(year: i64, month: i64, day: i64) -> i64 {
    in_force(year, false, |system| system.days_from(year, month, day))
}

/// Of a day of a year in both calendars the one that was in force
/// (`GregorianCalendar.computeTime`); `counted` from the year's first day.
pub(super) fn in_force(year: i64, counted: bool, days: impl Fn(System) -> i64) -> i64 {
    const CUTOVER_YEAR: i64 = 1582;
    if year < CUTOVER_YEAR || (counted && year == CUTOVER_YEAR) {
        return days(System::Julian);
    }
    match days(System::Gregorian) {
        days if days >= CUTOVER => days,
        _ => days(System::Julian),
    }
}

/// Days since the epoch of a day in a week of a year, all from 1 on.
pub(super) fn days_from_week(week_year: i64, week: i64, day_of_week: i64) -> i64 {
    in_force(week_year, true, |system| {
        let first = system.days_from(week_year, 1, 1);
        first - self::day_of_week(first) + (week - 1) * 7 + day_of_week - 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(days: i64) -> (bool, i64, i64, i64) {
        let fields = Fields::of(days * DAY_MS);
        (fields.ad, fields.year, fields.month, fields.day)
    }

    #[test]
    fn days_become_dates_and_back_in_both_calendars() {
        assert_eq!(date(0), (true, 1970, 1, 1));
        assert_eq!(date(CUTOVER), (true, 1582, 10, 15));
        assert_eq!(date(CUTOVER - 1), (true, 1582, 10, 4));
        assert_eq!(date(-719_164), (true, 1, 1, 1));
        assert_eq!(date(-719_165), (false, 1, 12, 31));
        for days in (-1_000_000..1_000_000).step_by(977) {
            let (year, month, day) = civil(days);
            assert_eq!(days_from(year, month, day), days, "{year}-{month}-{day}");
        }
        assert_eq!(days_from(2020, 14, 31), days_from(2021, 3, 3));
    }

    #[test]
    fn weeks_are_those_of_the_united_states() {
        let fields = Fields::of(days_from(2022, 12, 31) * DAY_MS);
        assert_eq!((fields.week_of_year, fields.week_year), (53, 2022));
        let fields = Fields::of(days_from(2019, 12, 29) * DAY_MS);
        assert_eq!((fields.week_of_year, fields.week_year), (1, 2020));
        assert_eq!(fields.week_of_month, 5);
        assert_eq!((fields.day_of_week, fields.day_of_year), (0, 363));
        assert_eq!(days_from_week(2020, 1, 1), days_from(2019, 12, 29));
    }
}
