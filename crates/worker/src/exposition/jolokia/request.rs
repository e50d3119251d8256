//! What is asked: the path of a GET or the JSON of a POST.

use serde_json::{Map, Value as Json, json};

use super::Refusal;
use crate::exposition::pattern::Pattern;

/// What may be said with a request, or for all of a body in the query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// `ignoreErrors`: an attribute that is not there is a text in the value.
    pub ignore_errors: bool,
    /// `canonicalNaming`: names have their keys in order.
    pub canonical_naming: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            ignore_errors: false,
            canonical_naming: true,
        }
    }
}

impl Options {
    /// Takes a processing parameter; those without a meaning here are not
    /// looked at, as in Jolokia.
    pub fn set(&mut self, name: &str, value: &str) {
        let yes = value.eq_ignore_ascii_case("true");
        match name {
            "ignoreErrors" => self.ignore_errors = yes,
            "canonicalNaming" => self.canonical_naming = yes,
            _ => {}
        }
    }
}

/// What kind of request it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Read,
    List,
    Search,
    Version,
}

const KINDS: [(&str, Kind); 4] = [
    ("read", Kind::Read),
    ("list", Kind::List),
    ("search", Kind::Search),
    ("version", Kind::Version),
];
/// Those that would change something, or would have to remember something.
const REFUSED_KINDS: [&str; 4] = ["write", "exec", "notification", "config"];

impl Kind {
    fn parse(name: &str) -> Result<Self, Refusal> {
        let lower = name.to_ascii_lowercase();
        if REFUSED_KINDS.contains(&lower.as_str()) {
            return Err(Refusal {
                status: 403,
                class: "java.lang.SecurityException",
                message: format!("{lower} is not allowed: metrics can only be read"),
            });
        }
        let mut found = KINDS.iter().filter(|(known, _)| *known == lower);
        let unknown = || Refusal::illegal(format!("No type with name '{name}' exists"));
        found.next().map(|(_, kind)| *kind).ok_or_else(unknown)
    }
}

/// The attributes of a `read`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Attributes {
    /// All.
    All,
    /// One: its value is the answer.
    One(String),
    /// Some: an object with their values is the answer.
    Some(Vec<String>),
}

/// A request that can be answered.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) kind: Kind,
    /// There is one in a `read` and a `search`.
    pub(super) mbean: Option<Pattern>,
    pub(super) attributes: Attributes,
    /// The way into the value.
    pub(super) path: Vec<String>,
    pub(super) options: Options,
}

impl Request {
    /// Reads `TYPE/MBEAN/ATTRIBUTES/PATH`.
    pub(super) fn from_path(path: &str, options: Options) -> Result<Self, Refusal> {
        let mut parts = split(path).into_iter();
        let name = parts.next().filter(|name| !name.is_empty());
        let kind = name.map_or(Ok(Kind::Version), |name| Kind::parse(&name))?;
        let (mut mbean, mut attributes) = (None, Attributes::All);
        if matches!(kind, Kind::Read | Kind::Search) {
            let name = parts.next().ok_or_else(|| {
                let name = kind.name();
                let command = name.to_ascii_uppercase();
                Refusal::illegal(format!(
                    "Invalid arguments in pathinfo {name} for command {command}"
                ))
            })?;
            mbean = Some(object_name(&name)?);
        }
        if kind == Kind::Read
            && let Some(names) = parts.next()
        {
            let names: Vec<String> = names.split(',').map(str::to_owned).collect();
            attributes = match <[String; 1]>::try_from(names) {
                Ok([name]) if name.is_empty() || name == "*" => Attributes::All,
                Ok([name]) => Attributes::One(name),
                Err(names) => Attributes::Some(names),
            };
        }
        Ok(Self {
            kind,
            mbean,
            attributes,
            path: parts.collect(),
            options,
        })
    }

    /// Reads `{"type", "mbean", "attribute", "path", "config"}`.
    pub(super) fn from_json(json: &Json, mut options: Options) -> Result<Self, Refusal> {
        let Json::Object(fields) = json else {
            return Err(Refusal::illegal("A request must be a JSON object"));
        };
        let kind = text(fields, "type")?.ok_or_else(|| Refusal::illegal("No type given"))?;
        let kind = Kind::parse(kind)?;
        let mbean = match text(fields, "mbean")? {
            Some(name) if matches!(kind, Kind::Read | Kind::Search) => Some(object_name(name)?),
            None if matches!(kind, Kind::Read | Kind::Search) => {
                return Err(Refusal::illegal("Objectname can not be null"));
            }
            _ => None,
        };
        if let Some(Json::Object(config)) = fields.get("config") {
            for (name, value) in config {
                let text = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                options.set(name, &text);
            }
        }
        Ok(Self {
            kind,
            mbean,
            attributes: attributes(fields)?,
            path: text(fields, "path")?.map(split).unwrap_or_default(),
            options,
        })
    }

    /// The request as an answer repeats it.
    pub(super) fn echo(&self) -> Json {
        let mut echo = json!({"type": self.kind.name()});
        if let Some(mbean) = &self.mbean {
            echo["mbean"] = json!(mbean.canonical());
        }
        match &self.attributes {
            Attributes::All => {}
            Attributes::One(name) => echo["attribute"] = json!(name),
            Attributes::Some(names) => echo["attribute"] = json!(names),
        }
        if !self.path.is_empty() {
            let escaped = self.path.iter().map(|part| escape(part));
            echo["path"] = json!(escaped.collect::<Vec<_>>().join("/"));
        }
        echo
    }
}

impl Kind {
    fn name(self) -> &'static str {
        let mut found = KINDS.iter().filter(|(_, kind)| *kind == self);
        found.next().map_or("", |(name, _)| name)
    }
}

fn object_name(text: &str) -> Result<Pattern, Refusal> {
    Pattern::parse(text).map_err(|why| Refusal::illegal(format!("Invalid object name. {why}")))
}

fn text<'a>(fields: &'a Map<String, Json>, name: &str) -> Result<Option<&'a str>, Refusal> {
    match fields.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(_) => Err(Refusal::illegal(format!("{name} must be a string"))),
    }
}

fn attributes(fields: &Map<String, Json>) -> Result<Attributes, Refusal> {
    let wrong = || Refusal::illegal("attribute must be a string or an array of strings");
    match fields.get("attribute") {
        None | Some(Json::Null) => Ok(Attributes::All),
        Some(Json::String(name)) if name.is_empty() => Ok(Attributes::All),
        Some(Json::String(name)) => Ok(Attributes::One(name.clone())),
        Some(Json::Array(names)) if names.is_empty() => Ok(Attributes::All),
        Some(Json::Array(names)) => {
            let name = |name: &Json| name.as_str().map(str::to_owned).ok_or_else(wrong);
            let names = names.iter().map(name).collect::<Result<_, _>>()?;
            Ok(Attributes::Some(names))
        }
        Some(_) => Err(wrong()),
    }
}

/// The parts of a path: a slash ends one, unless an exclamation mark, which
/// takes any character's meaning away, stands before it.
fn split(path: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut chars = path.chars();
    while let Some(c) = chars.next() {
        match c {
            '/' => parts.push(String::new()),
            '!' => last(&mut parts).extend(chars.next()),
            c => last(&mut parts).push(c),
        }
    }
    // A slash at the end, or several in a row, are none of a path's parts.
    parts.retain(|part| !part.is_empty());
    parts
}

fn last(parts: &mut [String]) -> &mut String {
    let at = parts.len() - 1;
    &mut parts[at]
}

fn escape(part: &str) -> String {
    part.replace('!', "!!").replace('/', "!/")
}
