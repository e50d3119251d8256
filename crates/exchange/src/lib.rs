//! The scripted exchange.
