//! What is in the jar.

use std::fs;
use std::path::{Path, PathBuf};

use end_to_end::connect;
use end_to_end::kafka::succeeded;
use end_to_end::process::command;

/// Java 11, the oldest that Kafka Connect 3.9 runs on: Java Virtual Machine
/// Specification, section 4.1.
const MAJOR_VERSION: u16 = 55;

const SERVICES: &str = "META-INF/services";

/// The files of the jar, extracted into `folder`.
fn extract(folder: &Path) -> Vec<PathBuf> {
    let output = command("jar")
        .arg("xf")
        .arg(fs::canonicalize(connect::jar()).expect("a path"))
        .current_dir(folder)
        .output();
    succeeded(&output.expect("jar runs"));
    files(folder)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let below = |entry: fs::DirEntry| {
        let path = entry.path();
        if path.is_dir() {
            files(&path)
        } else {
            vec![path]
        }
    };
    entries
        .flat_map(|entry| below(entry.expect("an entry")))
        .collect()
}

#[test]
fn every_class_is_for_java_11() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = extract(folder.path());
    let classes = files.iter().filter(|path| has_extension(path, "class"));
    let mut versions = classes.map(|path| {
        let bytes = fs::read(path).expect("a class");
        assert_eq!(bytes[..4], [0xca, 0xfe, 0xba, 0xbe], "{}", path.display());
        (path, u16::from_be_bytes([bytes[6], bytes[7]]))
    });
    let mut seen = 0;
    let other = versions.find(|(_, major)| {
        seen += 1;
        *major != MAJOR_VERSION
    });
    assert_eq!(other, None);
    assert!(seen > 0, "no classes in {files:?}");
}

#[test]
fn every_class_that_a_service_file_names_is_there() {
    let folder = tempfile::tempdir().expect("a folder");
    extract(folder.path());
    let mut names = Vec::new();
    for file in files(&folder.path().join(SERVICES)) {
        let text = fs::read_to_string(&file).expect("a service file");
        let lines = text.lines().map(|line| line.split('#').next());
        let lines = lines.map(|line| line.unwrap_or_default().trim());
        names.extend(lines.filter(|line| !line.is_empty()).map(str::to_owned));
    }
    assert!(names.contains(&connect::CLASS.to_owned()), "{names:?}");
    for name in &names {
        let class = format!("{}.class", name.replace('.', "/"));
        assert!(folder.path().join(&class).is_file(), "no {class}");
    }
}

/// What the plugin's own tests have beside it to make a library panic.
#[test]
fn no_library_has_a_method_that_only_tests_call() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = extract(folder.path());
    let libraries = files.iter().filter(|path| has_extension(path, "so"));
    let libraries: Vec<_> = libraries.collect();
    assert!(!libraries.is_empty(), "no libraries in {files:?}");
    for library in libraries {
        let bytes = fs::read(library).expect("a library");
        let has = |name: &str| bytes.windows(name.len()).any(|at| at == name.as_bytes());
        assert!(has("NativeSource_poll"), "{}", library.display());
        assert!(!has("NativePanic"), "{}", library.display());
    }
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}
