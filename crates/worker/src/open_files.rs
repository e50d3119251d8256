//! Raises the limit of open files, as a JVM does for Kafka Connect
//! (`-XX:+MaxFDLimit`): each connector has a socket, and the usual soft limit
//! of 1,024 is no bound that anybody chose for a worker. The hard limit is.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Raises the soft limit to the hard one. Without a permission for it, or
/// where the system's idea of the hard limit is not accepted, it stays.
pub fn raise_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::debug!(target: "Worker", "the limit of open files stays: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_becomes_the_hard_one() {
        let before = getrlimit(Resource::Nofile);
        let mut low = before;
        low.current = Some(before.current.unwrap_or(512).min(512));
        setrlimit(Resource::Nofile, low).unwrap();
        assert_eq!(getrlimit(Resource::Nofile).current, low.current);
        raise_limit();
        assert_eq!(getrlimit(Resource::Nofile).current, before.maximum);
    }
}
