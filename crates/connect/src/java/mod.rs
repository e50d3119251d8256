//! The parts of the Java platform whose behaviour shows in Connect's records:
//! how numbers and dates become text and back, regular expressions, and the
//! order of a `HashMap`.
//!
//! Invariants: no state, no locale but `en`, no time zone but UTC (a worker's
//! own zone is its operator's choice; Kafka's images run in UTC). Texts are
//! those of JDK 17 where versions differ, but floats are printed as JDK 19 and
//! later do: with the fewest digits that tell them apart.

mod calendar;
mod date_fields;
mod date_format;
mod date_parse;
mod date_zone;
mod hash;
mod number;
mod regex;
mod regex_class;
mod regex_group;
mod regex_source;
mod replacement;
mod text;

pub(crate) use calendar::DAY_MS;
pub use date_format::DateFormat;
pub use hash::{hash_map_order, hash_set_order};
pub use number::{
    decimal_text, float_text, narrow, parse_decimal, parse_double, parse_float, to_double,
    to_float, to_long, write_float,
};
pub use regex::{Regex, RegexError};
pub use replacement::Replacement;
pub use text::{class_text, iso_date_text, trim, value_text};
