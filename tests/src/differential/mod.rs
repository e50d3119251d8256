//! One scenario of requests, played against a real Kafka Connect worker and
//! against ours; every difference of the answers is found, and each must be
//! one that is known.
//!
//! * `tests/scenario/*.http`: the requests ([`scenario`]).
//! * [`shown`]: an answer without what differs from run to run.
//! * [`compare`]: where two answers differ.
//! * [`known_beans`]: the same for beans, which a test of their own compares.
//! * [`known_classes`]: the same for transforms and predicates.
//! * [`known`]: the differences that stay, each with its reason; they are also
//!   what `docs/compatibility.md` is written from.
//! * [`unplayed`]: what no request shows, with the tests that show it; in that
//!   document too.
//!
//! Invariants: the whole scenario is played, whatever differs, so that a
//! report has everything; a known difference that does not show is as much a
//! failure as one that is not known.

pub mod compare;
pub mod documentation;
pub mod known;
pub mod known_beans;
pub mod known_classes;
pub mod play;
pub mod report;
pub mod scenario;
pub mod shown;
pub mod unplayed;
