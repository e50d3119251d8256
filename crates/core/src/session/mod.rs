//! The life of a task's connection as a state machine without a socket or a
//! clock: inputs and the present time go in, actions come out.
//!
//! ```text
//!            ┌──────────── Waiting ◄─────────┐ failed, refused, lost
//!    start   ▼   timer                       │
//!  ─────► Connecting ──► Live ───────────────┤
//!            │             │ stop            │ reconnect disabled, attempts used up
//!            │ stop        ▼                 ▼
//!            └─────────► Closing ──► Ended (closed or failed)
//! ```
//!
//! A pause (`websocket.pause.mode=disconnect`) leads from each of the first
//! three to `Paused`, from `Live` through `Closing`; a resume dials from there.
//!
//! Invariants: at most one connection exists, and each has the generation it
//! was dialled with; every state but `Ended`, `Paused` and a quiet
//! `Live` has a deadline; the backoff is reset by a data message and by nothing else, so a
//! server that accepts and closes is not hammered.

mod backoff;
mod failure;
mod state;

pub use backoff::Backoff;
pub use failure::{ConnectFailure, Loss};
pub use state::{Action, Input, Policy, Session};
