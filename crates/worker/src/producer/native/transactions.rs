//! librdkafka's calls about transactions. They block, each for at most the
//! time it is given, and one that ran out of it is taken up again by the next
//! call of the same kind (`rdkafka_txnmgr.c`); no other kind may be called in
//! between. Delivery reports must be served by another thread meanwhile.

use std::ffi::CStr;
use std::time::Duration;

use rdkafka::bindings as rdsys;

use super::{Code, Native, describe, wait_ms};

/// What an error leaves to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::producer) enum Severity {
    /// The same call again.
    Passing,
    /// The transaction must be aborted; the client goes on.
    Abortable,
    /// The client is of no use any more.
    Fatal,
}

/// Why a call has not succeeded.
#[derive(Clone, Debug)]
pub(in crate::producer) struct TransactionError {
    pub(in crate::producer) severity: Severity,
    pub(in crate::producer) code: Code,
    /// In librdkafka's words, with the code's name.
    pub(in crate::producer) text: String,
}

/// # Safety
/// `error` is null or librdkafka's and ours to give back.
unsafe fn outcome(error: *mut rdsys::rd_kafka_error_t) -> Result<(), TransactionError> {
    if error.is_null() {
        return Ok(());
    }
    // SAFETY: the caller's promise; the text belongs to the error, which is
    // given back after the last look at it.
    unsafe {
        let code = rdsys::rd_kafka_error_code(error);
        let words = CStr::from_ptr(rdsys::rd_kafka_error_string(error)).to_string_lossy();
        let text = format!("{}: {words}", describe(code).0);
        // What is neither is fatal by librdkafka's own advice.
        let severity = if rdsys::rd_kafka_error_is_fatal(error) != 0 {
            Severity::Fatal
        } else if rdsys::rd_kafka_error_txn_requires_abort(error) != 0 {
            Severity::Abortable
        } else if rdsys::rd_kafka_error_is_retriable(error) != 0 {
            Severity::Passing
        } else {
            Severity::Fatal
        };
        rdsys::rd_kafka_error_destroy(error);
        Err(TransactionError {
            severity,
            code,
            text,
        })
    }
}

impl Native {
    /// Fences whoever had the transactional id before, and has what that one
    /// left open ended.
    ///
    /// # Errors
    /// Passing as long as no broker answers.
    pub(in crate::producer) fn init_transactions(
        &self,
        wait: Duration,
    ) -> Result<(), TransactionError> {
        // SAFETY: the client is alive; the error is ours.
        unsafe {
            outcome(rdsys::rd_kafka_init_transactions(
                self.client.native_ptr(),
                wait_ms(wait),
            ))
        }
    }

    /// Begins a transaction; waits for no broker.
    ///
    /// # Errors
    /// The client has failed.
    pub(in crate::producer) fn begin_transaction(&self) -> Result<(), TransactionError> {
        // SAFETY: the client is alive; the error is ours.
        unsafe { outcome(rdsys::rd_kafka_begin_transaction(self.client.native_ptr())) }
    }

    /// Sends what lingers and commits.
    ///
    /// # Errors
    /// See [`Severity`].
    pub(in crate::producer) fn commit_transaction(
        &self,
        wait: Duration,
    ) -> Result<(), TransactionError> {
        // SAFETY: the client is alive; the error is ours.
        unsafe {
            outcome(rdsys::rd_kafka_commit_transaction(
                self.client.native_ptr(),
                wait_ms(wait),
            ))
        }
    }

    /// Throws away what has not been sent, waits for every report, and aborts.
    ///
    /// # Errors
    /// See [`Severity`].
    pub(in crate::producer) fn abort_transaction(
        &self,
        wait: Duration,
    ) -> Result<(), TransactionError> {
        // SAFETY: the client is alive; the error is ours.
        unsafe {
            outcome(rdsys::rd_kafka_abort_transaction(
                self.client.native_ptr(),
                wait_ms(wait),
            ))
        }
    }
}
