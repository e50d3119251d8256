//! A child process that cannot outlive its test.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use crate::wait;

/// A running child. Its output goes to a file; it is killed on drop, and by
/// the kernel should the thread that started it end without that.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    output: PathBuf,
}

/// A command for [`Process::spawn`], which the kernel kills when the thread
/// that starts it has ended.
pub fn command(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", "KILL", "--"])
        .arg(program.as_ref());
    command
}

impl Process {
    /// Starts a command made by [`command`], appending what it prints to
    /// `output`.
    pub fn spawn(name: &str, command: &mut Command, output: &Path) -> Self {
        Self::spawn_apart(name, command, output, output)
    }

    /// The same with a file of its own for the standard error; that is the
    /// one which [`Process::output`] gives.
    pub fn spawn_apart(name: &str, command: &mut Command, out: &Path, errors: &Path) -> Self {
        let file = |path: &Path| {
            let file = File::options().create(true).append(true).open(path);
            file.expect("an output file")
        };
        let child = command
            .stdin(Stdio::null())
            .stdout(file(out))
            .stderr(file(errors))
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        Self {
            name: name.to_owned(),
            child,
            output: errors.to_owned(),
        }
    }

    /// All that it has printed so far, and those before it into the same file.
    pub fn output(&self) -> String {
        let bytes = fs::read(&self.output).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// A number of `/proc/PID/status`, such as `Threads`, or `VmRSS` in KiB.
    pub fn status(&self, name: &str) -> u64 {
        let file = format!("/proc/{}/status", self.child.id());
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let mut lines = text.lines().filter_map(|line| line.split_once(':'));
        let value = lines.find(|(key, _)| *key == name).map(|(_, value)| value);
        let number = value.and_then(|value| value.split_whitespace().next()?.parse().ok());
        number.unwrap_or_else(|| panic!("{file} has no number {name}"))
    }

    /// The names of its threads; the kernel keeps 15 bytes of each.
    pub fn threads(&self) -> Vec<String> {
        let name = |task: &Path| fs::read_to_string(task.join("comm"));
        // A thread may end while we look.
        let names = self
            .entries("task")
            .into_iter()
            .flat_map(|task| name(&task));
        names.map(|name| name.trim_end().to_owned()).collect()
    }

    /// What its open file descriptors are: paths, `socket:[INODE]` and the
    /// like.
    pub fn descriptors(&self) -> Vec<String> {
        let links = self.entries("fd").into_iter().flat_map(fs::read_link);
        links.map(|link| link.display().to_string()).collect()
    }

    /// The files that are mapped into its memory, once for each mapping.
    pub fn mappings(&self) -> Vec<String> {
        let file = format!("/proc/{}/maps", self.child.id());
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
        // Five columns, then the path, which may have blanks in it.
        let paths = text.lines().filter_map(|line| line.split_once('/'));
        paths.map(|(_, path)| format!("/{path}")).collect()
    }

    fn entries(&self, folder: &str) -> Vec<PathBuf> {
        let folder = format!("/proc/{}/{folder}", self.child.id());
        let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder}: {error}"));
        entries.flatten().map(|entry| entry.path()).collect()
    }

    /// Sends a signal, by its name as in `kill -NAME`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([format!("-{name}"), self.child.id().to_string()])
            .status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "{} takes no signal",
            self.name
        );
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its exit status if it has ended.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child can be waited for")
    }

    /// Waits for its end.
    pub fn wait(&mut self, limit: Duration) -> Result<ExitStatus, String> {
        let what = format!("the end of {}", self.name);
        wait::try_until(&what, limit, || self.ended())
    }

    /// Waits for its end and gives its exit code; panics after
    /// [`wait::LIMIT`], or if a signal ended it.
    pub fn exit_code(&mut self) -> i32 {
        let status = self
            .wait(wait::LIMIT)
            .unwrap_or_else(|error| panic!("{error}"));
        status
            .code()
            .unwrap_or_else(|| panic!("{} ended by {status}", self.name))
    }

    /// Ends it at once, as a crash would.
    pub fn kill(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let output = self.output();
            let lines: Vec<&str> = output.lines().collect();
            let tail = lines[lines.len().saturating_sub(30)..].join("\n");
            eprintln!("--- last output of {}:\n{tail}\n---", self.name);
        }
    }
}
