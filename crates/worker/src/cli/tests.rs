//! What the command line accepts and shows.

use clap::CommandFactory;

use super::*;

fn read(line: &str) -> Result<Cli, clap::Error> {
    parse(line.split_whitespace().map(OsString::from))
}

#[test]
fn the_definition_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn every_example_in_a_help_is_accepted() {
    let all = [
        examples::MAIN,
        examples::STANDALONE,
        examples::DISTRIBUTED,
        examples::DEMO,
        examples::CONSUME,
        examples::VALIDATE,
        examples::PREVIEW,
        examples::HEALTH,
        examples::COMPLETIONS,
        examples::SPOOL,
        examples::SPOOL_INSPECT,
        examples::SPOOL_VERIFY,
        examples::SPOOL_EXPORT,
    ];
    let lines = all.iter().flat_map(|text| text.lines()).map(str::trim);
    let examples: Vec<_> = lines
        .filter(|line| line.starts_with("connect-websocket "))
        .collect();
    assert!(examples.len() >= 16, "{examples:?}");
    for line in examples {
        if let Err(error) = read(line) {
            panic!("{line}: {error}");
        }
    }
}

#[test]
fn standalone_takes_a_worker_file_and_connectors_in_order() {
    let cli = read("connect-websocket standalone w.properties b.json a.properties").expect("valid");
    let Command::Standalone(args) = &cli.command else {
        panic!("not standalone");
    };
    let names: Vec<_> = args
        .connector_files
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    assert_eq!(names, ["b.json", "a.properties"]);
    assert_eq!(cli.log_options().console, Console::Stdout);
    assert_eq!(cli.log_options().level, "info");
}

#[test]
fn commands_that_print_data_log_warnings_to_standard_error() {
    let options = read("connect-websocket preview f")
        .expect("valid")
        .log_options();
    assert_eq!(
        (options.console, options.level.as_str()),
        (Console::Stderr, "warn")
    );
    let options = read("connect-websocket preview f --log-level debug")
        .expect("valid")
        .log_options();
    assert_eq!(options.level, "debug");
}

#[test]
fn wrong_arguments_are_refused() {
    for line in [
        "connect-websocket",
        "connect-websocket nonsense",
        "connect-websocket standalone",
        "connect-websocket demo --seconds 0",
        "connect-websocket consume --topic t",
        "connect-websocket consume --bootstrap-server h:1 --topic t --property x",
        "connect-websocket validate",
        "connect-websocket health --ready --connector trades",
        "connect-websocket health --timeout-ms 0",
        "connect-websocket standalone w --log-file-max-files 3",
    ] {
        assert!(read(line).is_err(), "{line}");
    }
}

#[test]
fn bash_reaches_the_completions_of_every_command() {
    let script = completion_script(clap_complete::Shell::Bash);
    let lines = || script.lines().map(str::trim);
    let states: Vec<&str> = lines()
        .filter_map(|line| line.strip_prefix("cmd=\"")?.strip_suffix('"'))
        .filter(|state| !state.is_empty())
        .collect();
    assert_eq!(states.len(), 14, "{states:?}");
    for state in states {
        let label = format!("{state})");
        assert!(lines().any(|line| line == label), "{label}");
    }
}
