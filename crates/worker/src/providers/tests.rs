use std::fs;

use super::*;
use crate::test_map::map;

const KAFKA: &str = "org.apache.kafka.common.config.provider";

/// A provider `p` of one of Kafka's classes.
fn provider(class: &str, parameters: &[(&str, &str)]) -> Result<Providers, Vec<String>> {
    let mut settings = map(&[("config.providers", "p")]);
    let class = format!("{KAFKA}.{class}");
    settings.insert("config.providers.p.class".to_owned(), class);
    for (name, value) in parameters {
        let name = format!("config.providers.p.param.{name}");
        settings.insert(name, (*value).to_owned());
    }
    Providers::from_worker(&settings)
}

fn resolved(providers: &Providers, value: &str) -> Result<String, ProviderError> {
    let settings = map(&[("some.setting", value)]);
    Ok(providers.resolve(&settings)?["some.setting"].clone())
}

#[test]
fn a_file_s_keys_are_looked_up_each_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("secrets.properties");
    fs::write(&file, "user = al\u{fc}ce\npassword=p\\u0021\n").expect("a file");
    let providers = provider("FileConfigProvider", &[]).expect("valid");
    let path = file.display();
    let value = format!("u=${{p:{path}:user}};p=${{p:{path}:password}}");
    assert_eq!(
        resolved(&providers, &value).as_deref(),
        Ok("u=al\u{fc}ce;p=p!")
    );
    let missing = format!("${{p:{path}:nobody}}");
    assert_eq!(resolved(&providers, &missing).as_ref(), Ok(&missing));
    fs::write(&file, "user=bob").expect("a file");
    let user = format!("${{p:{path}:user}}");
    assert_eq!(resolved(&providers, &user).as_deref(), Ok("bob"));
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_with_the_setting() {
    let providers = provider("FileConfigProvider", &[]).expect("valid");
    let error = resolved(&providers, "${p:/no/such/file:key}").expect_err("no file");
    let text = error.to_string();
    assert!(
        text.contains("some.setting") && text.contains("/no/such/file"),
        "{text}"
    );
}

#[test]
fn a_directory_s_files_are_values_and_nothing_outside_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let inside = folder.path().join("in");
    fs::create_dir(&inside).expect("a folder");
    fs::write(inside.join("token"), "t0k\n").expect("a file");
    fs::write(folder.path().join("outside"), "no").expect("a file");
    let providers = provider("DirectoryConfigProvider", &[]).expect("valid");
    let path = inside.display();
    let token = format!("${{p:{path}:token}}");
    assert_eq!(resolved(&providers, &token).as_deref(), Ok("t0k\n"));
    for key in ["none", "../outside", "..", ""] {
        let value = format!("${{p:{path}:{key}}}");
        assert_eq!(resolved(&providers, &value).as_ref(), Ok(&value));
    }
}

#[test]
fn allowed_paths_bound_what_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let (inside, outside) = (folder.path().join("in"), folder.path().join("out"));
    for place in [&inside, &outside] {
        fs::create_dir(place).expect("a folder");
        fs::write(place.join("f"), "k=v").expect("a file");
    }
    let allowed = inside.display().to_string();
    for (class, key, value) in [
        ("FileConfigProvider", "/f:k", "v"),
        ("DirectoryConfigProvider", ":f", "k=v"),
    ] {
        let providers = provider(class, &[("allowed.paths", &allowed)]).expect("valid");
        let within = format!("${{p:{}{key}}}", inside.display());
        assert_eq!(resolved(&providers, &within).as_deref(), Ok(value));
        let without = format!("${{p:{}{key}}}", outside.display());
        assert_eq!(resolved(&providers, &without).as_ref(), Ok(&without));
    }
}

#[test]
fn the_environment_is_visible_as_far_as_its_pattern_says() {
    // Cargo sets it for every test.
    let name = env!("CARGO_PKG_NAME");
    let value = "${p:CARGO_PKG_NAME}";
    let all = provider("EnvVarConfigProvider", &[]).expect("valid");
    assert_eq!(resolved(&all, value).as_deref(), Ok(name));
    let error = resolved(&all, "${p:path:CARGO_PKG_NAME}").expect_err("a path");
    assert!(
        error.to_string().contains("Path is not supported"),
        "{error}"
    );
    for (pattern, expected) in [("CARGO_.*", name), ("CARGO", value), (".*NAME", name)] {
        let some = provider("EnvVarConfigProvider", &[("allowlist.pattern", pattern)]);
        assert_eq!(
            resolved(&some.expect("valid"), value).as_deref(),
            Ok(expected)
        );
    }
}

#[test]
fn what_no_provider_knows_stays_as_it_is_written() {
    let providers = provider("EnvVarConfigProvider", &[]).expect("valid");
    for value in ["${q:x}", "${p:NO_SUCH_VARIABLE}", "${x}", "$"] {
        assert_eq!(resolved(&providers, value).as_deref(), Ok(value));
    }
    let none = Providers::default();
    assert_eq!(resolved(&none, "${env:HOME}").as_deref(), Ok("${env:HOME}"));
}

#[test]
fn providers_that_cannot_be_made_are_named() {
    let settings = map(&[
        ("config.providers", "a, b,,"),
        ("config.providers.b.class", "com.example.Vault"),
    ]);
    let errors = Providers::from_worker(&settings).expect_err("two errors");
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors[0].contains("config.providers.a.class"), "{errors:?}");
    assert!(errors[1].contains("com.example.Vault") && errors[1].contains("FileConfigProvider"));
    for (class, parameters) in [
        ("EnvVarConfigProvider", ("allowlist.pattern", "(")),
        ("FileConfigProvider", ("allowed.paths", "relative")),
    ] {
        assert!(provider(class, &[parameters]).is_err(), "{class}");
    }
}

#[test]
fn looked_up_values_can_be_hidden_in_texts() {
    let written = map(&[("a", "${p:x}"), ("b", "plain"), ("c", "${p:y}")]);
    let looked_up = map(&[("a", " hunter2 "), ("b", "plain"), ("c", "hunter22")]);
    let text = "hunter2 and hunter22 are not plain";
    assert_eq!(
        Providers::hide(&written, &looked_up, text),
        "${p:x} and ${p:y} are not plain"
    );
    // What is shown instead may contain another one's value.
    let written = map(&[("a", "${p:/tmp/7/secrets:x}"), ("b", "${p:y}")]);
    let looked_up = map(&[("a", "hunter2"), ("b", "7")]);
    assert_eq!(
        Providers::hide(&written, &looked_up, "hunter2 is not 7"),
        "${p:/tmp/7/secrets:x} is not ${p:y}"
    );
}

#[test]
fn variables_that_stay_are_told_of() {
    let providers = provider("EnvVarConfigProvider", &[]).expect("valid");
    let written = map(&[
        ("a", "${p:CARGO_PKG_NAME}"),
        ("b", "x${p:NO_SUCH_VARIABLE}"),
        ("c", "${vault:y}"),
        ("d", "plain"),
    ]);
    let resolved = providers.resolve(&written).expect("readable");
    assert_eq!(
        providers.warnings(&written, &resolved),
        [
            "b has a variable for which the config provider p has no value; \
             it stays as it is written",
            "c has a variable of a config provider that config.providers does not name; \
             it stays as it is written",
        ]
    );
}
