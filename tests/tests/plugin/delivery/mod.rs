//! From the socket to Kafka nothing is lost that a spool had: through the
//! plugin in real Kafka Connect, with its transactions and without.
//!
//! Invariants: what a reader counts on is compared with what the spool's
//! folder showed when something ended, never with what the plugin says of
//! itself; a feed's numbers tell of each connection what is missing.

mod dropped;
mod moves;
mod neighbours;
mod once;
mod outages;
mod refused;
mod soak;
mod stage;
