//! Files that the worker writes: as a whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// The directory of a file.
pub fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Puts a whole file in the place of another, with its permissions; a new one
/// is for its owner only.
///
/// # Errors
/// The system's; the file is as before then.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut new = tempfile::NamedTempFile::new_in(directory(path))?;
    new.write_all(bytes)?;
    if let Ok(before) = fs::metadata(path) {
        fs::set_permissions(new.path(), before.permissions())?;
    }
    new.as_file().sync_data()?;
    new.persist(path).map_err(|error| error.error)?;
    File::open(directory(path))?.sync_data()
}
