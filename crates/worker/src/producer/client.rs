//! What the threads of producers and of admin clients have in common: under
//! whose name a client's log lines go, and how it gets its tokens.

use std::sync::Arc;

use super::native::Native;
use crate::oauth;

/// Syslog's levels, as librdkafka has them.
const LOG_ERROR: i32 = 3;
const LOG_WARNING: i32 = 4;

/// What a client is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Client {
    Producer,
    TopicAdmin,
}

/// A log line under the client's name: a target has to be a constant.
macro_rules! tell {
    ($client:expr, $level:ident, $text:expr) => {
        match $client {
            Client::Producer => tracing::$level!(target: "Producer", "{}", $text),
            Client::TopicAdmin => tracing::$level!(target: "TopicAdmin", "{}", $text),
        }
    };
}

impl Client {
    /// A log line of librdkafka's.
    pub(super) fn log(self, level: i32, text: &str) {
        match level {
            ..=LOG_ERROR => tell!(self, error, text),
            LOG_WARNING => self.warn(text),
            _ => tell!(self, debug, text),
        }
    }

    /// Something is wrong, perhaps for the moment.
    pub(super) fn warn(self, text: &str) {
        tell!(self, warn, text);
    }

    fn token_thread(self) -> &'static str {
        match self {
            Self::Producer => "producer-token",
            Self::TopicAdmin => "admin-token",
        }
    }
}

/// Fetches a token on a thread of its own: the identity provider may take its
/// time, and what else the client's thread serves must not wait for it.
pub(super) fn give_token(native: &Arc<Native>, config: String, asking: Client) {
    let client = Arc::clone(native);
    let fetched = std::thread::Builder::new()
        .name(asking.token_thread().to_owned())
        .spawn(move || {
            let token = oauth::token(Some(&config)).map_err(|error| error.to_string());
            if let Err(why) = token.and_then(|token| client.set_token(&token)) {
                asking.warn(&why);
                client.refuse_token(&why);
            }
        });
    if let Err(error) = fetched {
        native.refuse_token(&format!("no thread to fetch a token: {error}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::LogOptions;
    use crate::log::tests::logged;

    #[test]
    fn each_client_has_its_own_name_in_the_log() {
        let options = LogOptions {
            level: "debug".to_owned(),
            ..LogOptions::default()
        };
        let lines = logged(&options, |_| {
            Client::TopicAdmin.log(3, "x");
            Client::TopicAdmin.log(4, "x");
            Client::TopicAdmin.log(6, "x");
            Client::Producer.log(3, "x");
        });
        let after_the_time = |line: &String| line.split_once("] ").map(|(_, rest)| rest.to_owned());
        let lines: Vec<_> = lines.iter().filter_map(after_the_time).collect();
        assert_eq!(
            lines,
            [
                "ERROR [TopicAdmin] x",
                "WARN [TopicAdmin] x",
                "DEBUG [TopicAdmin] x",
                "ERROR [Producer] x"
            ]
        );
    }
}
