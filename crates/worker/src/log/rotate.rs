//! The log file and its numbered predecessors.
//!
//! A line is one `write` to a file opened for appending. Whatever goes wrong
//! (disk full, directory gone, a rename refused) the worker goes on, says so once
//! on standard error, tries again with the next line, and prefers a file that is
//! too long to a lost line. A file that someone else moved or removed is opened
//! again under its name.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::PathBuf;

use super::{LogError, LogFile};

const MIN_BYTES: u64 = 1024;
const MAX_FILES: u32 = 1000;

#[derive(Debug)]
pub(super) struct RotatingFile {
    options: LogFile,
    current: Option<Current>,
    /// Whether the present trouble has been reported.
    reported: bool,
}

#[derive(Debug)]
struct Current {
    file: File,
    /// Device and inode, to notice that the name belongs to another file.
    identity: (u64, u64),
    /// Size at which the next rotation is tried.
    rotate_at_bytes: u64,
    size_bytes: u64,
    /// The last line lacks its end: the next one must not continue it.
    torn: bool,
}

impl Current {
    fn open(options: &LogFile) -> io::Result<Self> {
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .read(true)
            .mode(0o640)
            .open(&options.path)?;
        let meta = file.metadata()?;
        let mut last = [b'\n'];
        // A pipe or device has no end to look at.
        if meta.is_file() && meta.len() > 0 {
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
        }
        Ok(Self {
            file,
            identity: (meta.dev(), meta.ino()),
            rotate_at_bytes: options.max_bytes,
            size_bytes: meta.len(),
            torn: last != *b"\n",
        })
    }

    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        if self.torn {
            self.file.write_all(b"\n")?;
            self.size_bytes += 1;
        }
        self.torn = true;
        self.file.write_all(line)?;
        self.torn = false;
        self.size_bytes += line.len() as u64;
        Ok(())
    }
}

impl RotatingFile {
    pub(super) fn open(options: LogFile) -> Result<Self, LogError> {
        if options.max_bytes < MIN_BYTES {
            return Err(LogError::Limit {
                setting: "--log-file-max-bytes",
                value: options.max_bytes,
                range: "1024 or more",
            });
        }
        if !(1..=MAX_FILES).contains(&options.max_files) {
            return Err(LogError::Limit {
                setting: "--log-file-max-files",
                value: options.max_files.into(),
                range: "1 to 1000",
            });
        }
        let current = Current::open(&options).map_err(|source| LogError::Open {
            path: options.path.clone(),
            source,
        })?;
        Ok(Self {
            options,
            current: Some(current),
            reported: false,
        })
    }

    pub(super) fn write_line(&mut self, line: &[u8]) {
        match self.try_write(line) {
            Ok(()) => self.reported = false,
            Err(error) => self.report("cannot be written", &error),
        }
    }

    pub(super) fn flush(&mut self) {
        if let Some(current) = &mut self.current
            && let Err(error) = current.file.flush()
        {
            self.report("cannot be flushed", &error);
        }
    }

    fn try_write(&mut self, line: &[u8]) -> io::Result<()> {
        if !self.current.as_ref().is_some_and(|c| self.still_named(c)) {
            self.current = None;
        }
        let full =
            |c: &Current| c.size_bytes > 0 && c.size_bytes + line.len() as u64 > c.rotate_at_bytes;
        if self.current.as_ref().is_some_and(full) {
            self.rotate();
        }
        let current = match &mut self.current {
            Some(current) => current,
            none => none.insert(Current::open(&self.options)?),
        };
        current.append(line)
    }

    fn still_named(&self, current: &Current) -> bool {
        fs::metadata(&self.options.path)
            .is_ok_and(|meta| (meta.dev(), meta.ino()) == current.identity)
    }

    fn numbered(&self, number: u32) -> PathBuf {
        let mut name = self.options.path.clone().into_os_string();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    }

    fn rotate(&mut self) {
        if let Err(error) = self.shift() {
            self.report("cannot be rotated and grows", &error);
            if let Some(current) = &mut self.current {
                current.rotate_at_bytes = current.size_bytes + self.options.max_bytes;
            }
        } else {
            self.current = None;
        }
    }

    /// Moves every file one number up. The last one is overwritten; a hole in
    /// the numbers ends the shift, so that nothing beyond it is lost early.
    fn shift(&self) -> io::Result<()> {
        let last = (1..self.options.max_files)
            .find(|number| !self.numbered(*number).exists())
            .unwrap_or(self.options.max_files);
        for number in (1..last).rev() {
            fs::rename(self.numbered(number), self.numbered(number + 1))?;
        }
        fs::rename(&self.options.path, self.numbered(1))
    }

    fn report(&mut self, what: &str, error: &io::Error) {
        if !self.reported {
            self.reported = true;
            let path = self.options.path.display();
            // Standard error may be closed; a log that panics would be worse.
            let _ = writeln!(
                io::stderr(),
                "the log file {path} {what}: {error}; lines still go to the console"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(directory: &tempfile::TempDir, max_files: u32) -> LogFile {
        LogFile {
            path: directory.path().join("connect.log"),
            max_bytes: 1024,
            max_files,
        }
    }

    fn all_lines(options: &LogFile) -> Vec<String> {
        let mut all = Vec::new();
        for number in (0..=options.max_files).rev() {
            let mut name = options.path.clone().into_os_string();
            if number > 0 {
                name.push(format!(".{number}"));
            }
            let text = fs::read_to_string(name).unwrap_or_default();
            assert!(text.len() <= 1024, "{number}: {}", text.len());
            all.extend(text.lines().map(str::to_owned));
        }
        all
    }

    #[test]
    fn no_line_is_lost_while_files_are_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let options = options(&directory, 5);
        let mut log = RotatingFile::open(options.clone()).unwrap();
        let expected: Vec<_> = (0..150)
            .map(|i| format!("line {i} {}", "x".repeat(20)))
            .collect();
        for line in &expected {
            log.write_line(format!("{line}\n").as_bytes());
        }
        assert_eq!(all_lines(&options), expected);
    }

    #[test]
    fn the_oldest_file_goes_and_the_number_of_files_is_bounded() {
        let directory = tempfile::tempdir().unwrap();
        let options = options(&directory, 2);
        let mut log = RotatingFile::open(options.clone()).unwrap();
        for i in 0..1000 {
            log.write_line(format!("line {i:04} {}\n", "x".repeat(20)).as_bytes());
        }
        let kept = all_lines(&options);
        let first = 1000 - kept.len();
        assert!(
            kept[0].starts_with(&format!("line {first:04}")),
            "{}",
            kept[0]
        );
        assert!(kept.last().unwrap().starts_with("line 0999"));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 3);
    }

    #[test]
    fn a_file_that_was_moved_away_is_opened_again() {
        let directory = tempfile::tempdir().unwrap();
        let options = options(&directory, 2);
        let mut log = RotatingFile::open(options.clone()).unwrap();
        log.write_line(b"one\n");
        fs::rename(&options.path, directory.path().join("moved")).unwrap();
        log.write_line(b"two\n");
        assert_eq!(
            fs::read_to_string(directory.path().join("moved")).unwrap(),
            "one\n"
        );
        assert_eq!(fs::read_to_string(&options.path).unwrap(), "two\n");
    }

    #[test]
    fn a_torn_last_line_is_not_continued() {
        let directory = tempfile::tempdir().unwrap();
        let options = options(&directory, 2);
        fs::write(&options.path, "torn").unwrap();
        RotatingFile::open(options.clone())
            .unwrap()
            .write_line(b"next\n");
        assert_eq!(fs::read_to_string(&options.path).unwrap(), "torn\nnext\n");
    }

    #[test]
    fn a_refused_rotation_keeps_writing() {
        let directory = tempfile::tempdir().unwrap();
        let options = options(&directory, 1);
        // A directory that is not empty cannot be replaced by a rename.
        fs::create_dir_all(directory.path().join("connect.log.1/inside")).unwrap();
        let mut log = RotatingFile::open(options.clone()).unwrap();
        for _ in 0..100 {
            log.write_line(b"a line of a few bytes\n");
        }
        assert_eq!(
            fs::read_to_string(&options.path).unwrap().lines().count(),
            100
        );
    }

    #[test]
    fn limits_and_paths_that_cannot_work_name_their_option() {
        let directory = tempfile::tempdir().unwrap();
        let small = LogFile {
            max_bytes: 10,
            ..options(&directory, 1)
        };
        let none = options(&directory, 0);
        let lost = LogFile::new(directory.path().join("no/such/connect.log"));
        for (file, option) in [
            (small, "--log-file-max-bytes"),
            (none, "--log-file-max-files"),
            (lost, "--log-file"),
        ] {
            let error = RotatingFile::open(file).unwrap_err().to_string();
            assert!(error.contains(option), "{error}");
        }
    }
}
