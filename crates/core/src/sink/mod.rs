//! The seam between the source and whatever writes to Kafka.
//!
//! A sink takes the front of a batch at once and without waiting, gives each
//! record the next sequence number, and reports through a [`Delivery`] how far
//! the records are acknowledged without a hole. Sequence numbers count the
//! records a sink has taken since the task started, from 0; nothing else in
//! the process numbers records, so what was dropped before leaves no hole.

mod delivery;
mod marks;

pub use delivery::{Delivery, LeftOut, LeftOutCounts, Progress, Trip};

use std::sync::Arc;
use std::time::Duration;

use crate::buffer::Batch;

/// Why a sink cannot go on. Every variant ends the task as FAILED, since what
/// can be tried again is tried again inside the sink.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum SinkError {
    /// One message is larger than the producer may send.
    #[error(
        "A message of {bytes} bytes is larger than the producer's max.request.size of {limit} bytes. \
         Raise max.request.size (producer.override.max.request.size, and the topic's max.message.bytes) \
         or lower websocket.message.max.bytes so that the server's oversized messages are refused"
    )]
    TooLarge {
        /// Size of the message in bytes.
        bytes: usize,
        /// The producer's limit in bytes.
        limit: usize,
    },
    /// A record cannot be transformed or converted, and that is not tolerated.
    #[error("Tolerance exceeded in error handler\nCaused by: {class}: {text}")]
    Intolerable {
        /// The Java class of the exception that it would be.
        class: &'static str,
        /// What is wrong with the record.
        text: String,
    },
    /// A topic is not there and cannot be created.
    #[error("{0}")]
    NoTopic(String),
    /// The task's transactions cannot go on, in words with the cure.
    #[error("{0}")]
    Transaction(String),
    /// Kafka or the client library refused a record for good.
    #[error("Unrecoverable exception from producer send callback: {code}: {text}")]
    Rejected {
        /// The client library's name for the error.
        code: String,
        /// The error in words, without any message content.
        text: String,
    },
}

/// Takes records towards Kafka.
pub trait Sink: Send + 'static {
    /// Takes as many records from the front of `batch` as there is room for
    /// and returns their number; fewer than all means the sink is full until
    /// [`Delivery::space`] says otherwise. Never blocks.
    ///
    /// # Errors
    /// The first record not taken can never be sent.
    fn offer(&mut self, batch: &Batch<'_>) -> Result<usize, SinkError>;

    /// Whether an offer of so many records, with so many bytes of keys and
    /// values together, would be taken whole at present. A hint: other tasks
    /// may be faster.
    fn has_room(&self, records: usize, bytes: usize) -> bool;

    /// States that nothing more will come: what lingers to be sent together
    /// with others is to go out now, within `within`. Never blocks.
    fn flush(&mut self, within: Duration);

    /// How far the records taken by this sink have come.
    fn delivery(&self) -> &Arc<Delivery>;

    /// Of a sink that writes in transactions: where the task has to go on if one
    /// was aborted. The records from this sequence on are not in Kafka and are
    /// to be offered again, the next one taken has this sequence. Given once
    /// for each rewind; nothing is taken before. The task is woken when there
    /// is one ([`Delivery::wake`]), and asks whenever it is woken. `None` if
    /// there is nothing to go back for.
    fn rewound(&mut self) -> Option<u64> {
        None
    }

    /// Of a sink that keeps the task's offsets itself: the stored sequence that
    /// its own follow, once it knows that. The task is woken then
    /// ([`Delivery::wake`]). `None` of one whose host knows it.
    fn begins_at(&mut self) -> Option<u64> {
        None
    }

    /// Counts `count` records as taken that there are no more and that will
    /// never be offered: a spool's numbers go on behind what it has lost.
    /// False if that cannot be said before more of what was taken is gone.
    fn skip(&mut self, count: u64) -> bool;

    /// Of a sink whose records its host fetches when it likes: how many of
    /// those it has taken the host has got. They are the host's from then on:
    /// a task's end waits for no acknowledgement of them, and for the host's
    /// fetching, which it is told of by [`Delivery::notify`], as long as the
    /// host lets it. `None` for a sink that writes by itself.
    fn fetched(&self) -> Option<u64> {
        None
    }
}
