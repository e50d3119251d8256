//! What transforms, predicates and converters have in common: classes, and how
//! a name finds one.

use crate::config::ConfigDef;

/// A class that a connector's configuration may name.
pub(crate) struct Plugin<C> {
    /// Its full name.
    pub(crate) class: &'static str,
    /// Its settings.
    pub(crate) def: fn() -> ConfigDef,
    /// Makes one.
    pub(crate) create: C,
}

/// The name of a class without its package.
pub(crate) fn simple_name(class: &str) -> &str {
    class.rsplit('.').next().unwrap_or(class)
}

/// The class of a name. As in `PluginUtils.computeAliases` a class is also
/// known by its simple name, unless several have the same: all the inner
/// classes `Key` and `Value` do.
pub(crate) fn find<'p, C>(plugins: &'p [Plugin<C>], name: &str) -> Option<&'p Plugin<C>> {
    let full = plugins.iter().find(|plugin| plugin.class == name);
    full.or_else(|| {
        plugins.iter().find(|plugin| {
            let simple = simple_name(plugin.class);
            simple == name && !simple.contains('$')
        })
    })
}

/// What `ConfigDef.parseType` says of a name that no class has.
pub(crate) fn not_found(class: &str) -> String {
    format!("Class {class} could not be found.")
}
