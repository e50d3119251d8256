//! `access.control.allow.*`: which web pages may use the REST API.

/// The rules for requests with an `Origin`; Connect has them by Jetty's
/// cross-origin filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cors {
    /// `access.control.allow.origin`: origins, each of which may hold `*`.
    pub origins: Vec<String>,
    /// `access.control.allow.methods`.
    pub methods: Vec<String>,
}

impl Cors {
    /// The rules of the two settings' texts; none without an origin.
    pub(super) fn new(origins: &str, methods: &str) -> Option<Self> {
        let origins = list(origins);
        let methods = match list(methods) {
            methods if methods.is_empty() => list("GET,POST,HEAD"),
            methods => methods,
        };
        (!origins.is_empty()).then_some(Self { origins, methods })
    }

    /// Whether every origin is allowed, so that answers are the same for all.
    pub fn allows_any(&self) -> bool {
        self.origins.iter().any(|origin| origin == "*")
    }

    /// Whether a request's `Origin` is allowed; of several, one is enough.
    pub fn allows(&self, origin: &str) -> bool {
        let mut given = origin.split(' ').filter(|origin| !origin.is_empty());
        self.allows_any()
            || given.any(|given| self.origins.iter().any(|known| matches(known, given)))
    }
}

fn list(text: &str) -> Vec<String> {
    let entries = text.split(',').map(str::trim);
    entries
        .filter(|entry| !entry.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Whether `text` is `pattern`, in which `*` stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, mut pattern)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    while let Some((part, after)) = pattern.split_once('*') {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
        pattern = after;
    }
    rest.ends_with(pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_names_or_patterns() {
        let cors = Cors::new("http://a.example, https://*.b.example:*", "").expect("rules");
        for allowed in [
            "http://a.example",
            "https://x.b.example:1",
            "x http://a.example",
        ] {
            assert!(cors.allows(allowed), "{allowed}");
        }
        for refused in [
            "",
            "http://A.example",
            "http://a.example.evil",
            "https://b.example:1",
            "https://xb.example:1",
        ] {
            assert!(!cors.allows(refused), "{refused}");
        }
        assert!(!cors.allows_any());
        assert_eq!(cors.methods, ["GET", "POST", "HEAD"]);
        assert!(Cors::new("a,*", "PUT").expect("rules").allows("anything"));
        assert_eq!(Cors::new(" , ", "GET"), None);
    }
}
