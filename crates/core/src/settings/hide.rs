//! Hides a configuration's secrets in what a server says: one that refuses a
//! key may well repeat it, also by its beginning only, since a server, a
//! close frame (123 bytes) or our own bounds cut texts off.
//!
//! Invariant: everything is looked for in the text as it came, in one pass;
//! what stands in a secret's place is not searched again.

use std::ops::Range;

use super::SourceConfig;
use super::secrets;

/// Shorter texts are hardly secrets, and would be found within words. As much
/// of a secret's beginning is taken for the secret where it is cut off.
const MIN_SECRET_BYTES: usize = 6;
const HIDDEN: &str = "[hidden]";
/// What stands in the place of the rest of a text; the first of three dots
/// may be the secret's own.
const CUTS: [&str; 3] = ["..", "\u{2026}", "**"];

impl SourceConfig {
    /// `text` without the token, the headers' values, the URL's credentials
    /// and parameters, the subscription message and what is secret in it, be
    /// they whole or cut off after 6 bytes or more.
    pub fn hide_secrets(&self, text: &str) -> String {
        let mut places: Vec<Range<usize>> = secrets::of(self)
            .iter()
            .filter(|secret| secret.len() >= MIN_SECRET_BYTES)
            .flat_map(|secret| places(text, secret))
            .collect();
        places.sort_by_key(|place| place.start);
        let mut shown = String::with_capacity(text.len());
        let mut done = 0;
        for place in places {
            // Those that overlap become one, so that no end of one is shown.
            if place.start >= done {
                shown.push_str(&text[done..place.start]);
                shown.push_str(HIDDEN);
            }
            done = done.max(place.end);
        }
        shown.push_str(&text[done..]);
        shown
    }
}

/// Where `secret`, which is long enough, stands in `text`.
fn places(text: &str, secret: &str) -> impl Iterator<Item = Range<usize>> {
    let starts = text.char_indices().map(|(start, _)| start);
    starts.filter_map(move |start| {
        let rest = &text[start..];
        let common = rest
            .bytes()
            .zip(secret.bytes())
            .take_while(|(said, own)| said == own)
            .count();
        if common < MIN_SECRET_BYTES {
            return None;
        }
        let mut end = start + common;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        (common == secret.len() || is_cut(&text[end..])).then_some(start..end)
    })
}

/// Whether a text that goes on with `rest` was cut off before it.
fn is_cut(rest: &str) -> bool {
    CUTS.iter().any(|cut| rest.starts_with(cut)) || !rest.contains(char::is_alphanumeric)
}

#[cfg(test)]
#[path = "hide_tests.rs"]
mod tests;
