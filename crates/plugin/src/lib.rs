//! The WebSocket source inside a JVM: the native half of the plugin for Kafka
//! Connect; `plugin/` is the Java half.
//!
//! Java pulls everything: records, statistics and log lines. Nothing here
//! calls a Java method, so no thread of ours is ever attached to the JVM, and
//! no lock of ours is held while Java runs. A panic becomes a
//! `ConnectException` in the thread that called.
//!
//! The data's way: a task's thread reads the socket and puts the values of a
//! whole read into [`hand_over`]'s arena; the thread in which Connect calls
//! `poll` takes the arena and hands it to Java as one array ([`text`]).

mod arrays;
mod batch;
mod columns;
mod done;
pub mod exports;
mod hand_over;
mod host;
mod letters;
mod log;
mod oversize;
mod series;
mod settings;
mod spools;
mod text;
