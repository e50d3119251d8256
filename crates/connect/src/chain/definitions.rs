//! What a connector's transforms and predicates add to its definitions
//! (`ConnectorConfig.enrich` and its `EnrichablePlugin`).

use std::collections::BTreeMap;

use crate::config::{ConfigDef, ConfigKey, ConfigValue, Default, Importance, Type, Width};
use crate::java::trim;
use crate::{converter, plugin, predicate, transform};

type Config = BTreeMap<String, String>;

/// What an alias is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `transforms`.
    Transform,
    /// `predicates`.
    Predicate,
}

impl Kind {
    const fn setting(self) -> &'static str {
        match self {
            Self::Transform => "transforms",
            Self::Predicate => "predicates",
        }
    }

    const fn group(self) -> &'static str {
        match self {
            Self::Transform => "Transforms",
            Self::Predicate => "Predicates",
        }
    }

    /// Kafka's interface.
    const fn interface(self) -> &'static str {
        match self {
            Self::Transform => "Transformation",
            Self::Predicate => "Predicate",
        }
    }

    fn classes(self) -> Vec<String> {
        let classes: Vec<&str> = match self {
            Self::Transform => transform::classes().collect(),
            Self::Predicate => predicate::classes().collect(),
        };
        classes.into_iter().map(str::to_owned).collect()
    }

    fn config_def(self, class: &str) -> Option<ConfigDef> {
        match self {
            Self::Transform => transform::config_def(class),
            Self::Predicate => predicate::config_def(class),
        }
    }

    /// Kafka's words, and what there is instead.
    fn not_found(self, class: &str) -> String {
        let mut names = String::new();
        for known in self.classes() {
            let name = plugin::simple_name(&known);
            let name = name.split('$').next().unwrap_or_default();
            if !names.ends_with(name) {
                names.push_str(if names.is_empty() { "" } else { ", " });
                names.push_str(name);
            }
        }
        format!(
            "{} This worker has Apache Kafka's {names}; for others run the connector's plugin in Apache Kafka Connect.",
            plugin::not_found(class)
        )
    }

    /// Whether a class that exists is of this kind, else why not
    /// (`Utils.ensureConcreteSubclass`).
    fn ensure(self, class: &str) -> Result<(), String> {
        if self.config_def(class).is_some() {
            return Ok(());
        }
        if self == Self::Transform && is_outer(class) {
            let forms = ["Value", "Key"].map(|form| format!("{class}${form}"));
            return Err(format!(
                "This class is abstract and cannot be created. Did you mean {}?",
                forms.join(", ")
            ));
        }
        let interface = self.interface();
        Err(format!(
            "Class class {class} does not implement the {interface} interface"
        ))
    }
}

/// Whether it is the class around a transform's forms for key and value.
fn is_outer(class: &str) -> bool {
    transform::classes().any(|known| known.strip_suffix("$Key") == Some(class))
}

/// The full name of any class of Kafka's that we know.
fn lookup(class: &str) -> Option<String> {
    let found = transform::resolve(class).or_else(|| predicate::resolve(class));
    let found = found.or_else(|| converter::header_full_name(class).ok());
    let outer = || is_outer(class).then_some(class);
    found.or_else(outer).map(str::to_owned)
}

/// The aliases of a kind, in order and without those that come again.
pub(crate) fn aliases(config: &Config, kind: Kind) -> Vec<String> {
    let none = Default::Text(String::new());
    let key = ConfigKey::new(kind.setting(), Type::List, none, Importance::Low, "");
    let parsed = ConfigDef::default().define(key).parse(config);
    let mut aliases: Vec<String> = Vec::new();
    for parsed in parsed {
        if let ConfigValue::List(list) = parsed.value {
            for alias in list {
                if !aliases.contains(&alias) {
                    aliases.push(alias);
                }
            }
        }
    }
    aliases
}

/// The definitions that the aliases of a connector's configuration append to
/// its own, in a worker's order: for each transform and then for each
/// predicate its `type` and, if that is a class of the right kind, its
/// settings. Parsing the configuration with them gives Kafka's errors.
pub fn definitions(config: &Config) -> ConfigDef {
    let mut def = ConfigDef::default();
    for kind in [Kind::Transform, Kind::Predicate] {
        for alias in aliases(config, kind) {
            append(&mut def, kind, &alias, config);
        }
    }
    def
}

fn append(def: &mut ConfigDef, kind: Kind, alias: &str, config: &Config) {
    let prefix = format!("{}.{alias}.", kind.setting());
    let group = format!("{}: {alias}", kind.group());
    let name = format!("{prefix}type");
    let what = kind.interface();
    let mut class = ConfigKey::new(
        name.as_str(),
        Type::Class,
        Default::Required,
        Importance::High,
        format!("The class of the {} '{alias}'.", what.to_lowercase()),
    );
    class.group = Some(group.clone());
    class.order = 0;
    class.width = Width::Long;
    class.display_name = format!("{what} type for {alias}");
    class.recommended = kind.classes();
    let negated = negated_without_predicate(kind, &prefix, config);
    let class = class.found_by(move |class| lookup(class).ok_or_else(|| kind.not_found(class)));
    let class = class.checked(move |value| {
        negated.clone().map_or(Ok(()), Err)?;
        match value {
            ConfigValue::Text(class) => kind.ensure(class),
            _ => Ok(()),
        }
    });
    def.keys.push(class);
    let given = config.get(&name).and_then(|class| lookup(trim(class)));
    let Some(own) = given.and_then(|class| kind.config_def(&class)) else {
        return;
    };
    let mut settings = ConfigDef::default();
    if kind == Kind::Transform {
        settings.keys.extend(implicit());
    }
    settings.keys.extend(own.keys);
    def.embed(&prefix, &group, 1, &settings);
}

/// The settings that every transform has.
fn implicit() -> [ConfigKey; 2] {
    let no = Default::Text("false".to_owned());
    [
        ConfigKey::new(
            "predicate",
            Type::String,
            Default::Null,
            Importance::Medium,
            "The alias of the predicate that says which records the transform is for; none for all.",
        ),
        ConfigKey::new(
            "negate",
            Type::Boolean,
            no,
            Importance::Medium,
            "Whether the transform is for the records that the predicate does not hold for.",
        ),
    ]
}

fn negated_without_predicate(kind: Kind, prefix: &str, config: &Config) -> Option<String> {
    let negate = format!("{prefix}negate");
    let predicate = format!("{prefix}predicate");
    let wrong =
        kind == Kind::Transform && config.contains_key(&negate) && !config.contains_key(&predicate);
    wrong.then(|| {
        format!("Config '{negate}' was provided but there is no config '{predicate}' defining a predicate to be negated.")
    })
}
