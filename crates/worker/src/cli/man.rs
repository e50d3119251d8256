//! `man`: the manual pages, made of what `--help` is made of, for packages.
//!
//! Invariant: what follows the options in a `--help` is in the page as well:
//! its examples as they are, line by line.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;
use roff::{Roff, roman};

use super::Cli;

/// Arguments of `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// The folder to write them to; it is made if it is not there
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

impl ManArgs {
    /// Writes a page for each command; 1 if that is not possible.
    pub(super) fn run(&self) -> ExitCode {
        let mut command = Cli::command();
        command.build();
        let written = fs::create_dir_all(&self.dir).and_then(|()| write(&command, &self.dir));
        match written {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                let dir = self.dir.display();
                eprintln!("connect-websocket man: {dir} cannot be written: {error}");
                ExitCode::FAILURE
            }
        }
    }
}

fn write(command: &Command, dir: &Path) -> io::Result<()> {
    for subcommand in command.get_subcommands().filter(|c| !c.is_hide_set()) {
        write(subcommand, dir)?;
    }
    let man = Man::new(command.clone())
        .date(date())
        .manual("User Commands")
        .source(concat!("connect-websocket ", env!("CARGO_PKG_VERSION")));
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    if let Some(text) = command.get_after_help() {
        after(&text.to_string()).to_writer(&mut page)?;
    }
    fs::write(dir.join(man.get_filename()), page)
}

/// The day of `SOURCE_DATE_EPOCH`, with which builds repeat exactly, else today.
fn date() -> String {
    let given = std::env::var("SOURCE_DATE_EPOCH").ok();
    let given = given.and_then(|seconds| jiff::Timestamp::from_second(seconds.parse().ok()?).ok());
    let day = given.unwrap_or_else(jiff::Timestamp::now);
    day.strftime("%Y-%m-%d").to_string()
}

/// Sections of the paragraphs that follow the options.
fn after(text: &str) -> Roff {
    let mut roff = Roff::new();
    for paragraph in text.split("\n\n") {
        if let Some(examples) = paragraph.strip_prefix("Examples:\n") {
            roff.control("SH", ["EXAMPLES"]).control("nf", []);
            for line in examples.lines() {
                roff.text([roman(line.trim_start())]);
            }
            roff.control("fi", []);
        } else if let Some(status) = paragraph.strip_prefix("Exit status: ") {
            roff.control("SH", ["EXIT STATUS"]).text([roman(status)]);
        } else {
            roff.control("SH", ["NOTES"]).text([roman(paragraph)]);
        }
    }
    roff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_with_its_examples() {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = folder.path().join("man1");
        ManArgs { dir: dir.clone() }.run();
        let page = |name: &str| {
            let file = dir.join(format!("{name}.1"));
            fs::read_to_string(&file).unwrap_or_else(|error| panic!("{name}: {error}"))
        };
        let main = page("connect-websocket");
        let command = Cli::command();
        for subcommand in command.get_subcommands().filter(|c| !c.is_hide_set()) {
            let name = format!("connect-websocket-{}", subcommand.get_name());
            let text = page(&name);
            assert!(text.contains("\n.SH EXAMPLES\n.nf\n"), "{text}");
            let shown = name.replace('-', "\\-");
            assert!(main.contains(&shown), "{shown}: {main}");
        }
        assert!(page("connect-websocket-spool-verify").contains("\n.SH \"EXIT STATUS\"\n"));
        assert!(!dir.join("connect-websocket-man.1").exists());
    }
}
