//! `allowed.paths`: where the file and directory providers may read
//! (Kafka's `AllowedPaths`, KIP-933).

use std::path::{Component, Path, PathBuf};

/// The folders and files that may be read; without the setting, all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct AllowedPaths(Option<Vec<PathBuf>>);

impl AllowedPaths {
    /// Reads the setting's text, a list.
    ///
    /// # Errors
    /// A path is relative, or is not there.
    pub(super) fn parse(text: Option<&str>) -> Result<Self, String> {
        let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
            return Ok(Self(None));
        };
        let mut allowed = Vec::new();
        for entry in text.split(',').map(str::trim) {
            let path = Path::new(entry);
            if !path.is_absolute() {
                return Err(format!("Path {entry} is not absolute"));
            }
            if !path.exists() {
                return Err(format!("Path {entry} does not exist"));
            }
            allowed.push(normalized(path));
        }
        Ok(Self(Some(allowed)))
    }

    /// Whether `path` may be read; `..` in it leads nowhere else.
    pub(super) fn allow(&self, path: &Path) -> bool {
        let Some(allowed) = &self.0 else {
            return true;
        };
        let path = normalized(path);
        path.is_absolute() && allowed.iter().any(|allowed| path.starts_with(allowed))
    }
}

/// The path without `.` and `..`, as text (Java's `Path.normalize`).
fn normalized(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_below_an_allowed_path_may_be_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let inside = folder.path().join("secrets");
        std::fs::create_dir(&inside).expect("a folder");
        let text = inside.display().to_string();
        let allowed = AllowedPaths::parse(Some(&text)).expect("valid");
        assert!(allowed.allow(&inside.join("a.properties")));
        assert!(allowed.allow(&inside.join("../secrets/a")));
        assert!(!allowed.allow(&inside.join("../other")));
        assert!(!allowed.allow(&folder.path().join("secrets-too/a")));
        assert!(!allowed.allow(Path::new("a.properties")));
        let all = AllowedPaths::parse(Some(" ")).expect("valid");
        assert!(all.allow(Path::new("a.properties")));
    }

    #[test]
    fn a_path_that_cannot_be_meant_is_refused() {
        let relative = AllowedPaths::parse(Some("/,rel")).expect_err("relative");
        assert_eq!(relative, "Path rel is not absolute");
        let missing = AllowedPaths::parse(Some("/no/such/place")).expect_err("missing");
        assert_eq!(missing, "Path /no/such/place does not exist");
    }
}
