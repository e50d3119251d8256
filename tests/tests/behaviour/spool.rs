//! `connect-websocket spool` over a folder that is written here as
//! `docs/spool-format.md` says, by code that shares nothing with the worker.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use end_to_end::command::{self, Ended};
use tempfile::TempDir;

const ID: [u8; 16] = *b"\x01\x23\x45\x67\x89\xab\x4d\xef\x81\x23\x45\x67\x89\xab\xcd\xef";
const ID_TEXT: &str = "01234567-89ab-4def-8123-456789abcdef";
const RECEIVED_MS: i64 = 1_700_000_000_000;

/// CRC32C by its definition.
fn crc32c(bytes: &[u8]) -> [u8; 4] {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0x82f6_3b78 & (crc & 1).wrapping_neg());
        }
    }
    (!crc).to_le_bytes()
}

fn record(sequence: u64, opcode: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("short").to_le_bytes();
    let sequence = sequence.to_le_bytes();
    let generation = 3_u32.to_le_bytes();
    let received = RECEIVED_MS.to_le_bytes();
    let fields: [&[u8]; 6] = [
        &length,
        &generation,
        &sequence,
        &received,
        &[opcode, 0, 0, 0],
        payload,
    ];
    let rest = fields.concat();
    [&[0xff, b'W', b'S', 0xfe][..], &crc32c(&rest), &rest].concat()
}

fn segment(base: u64, records: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"CWSPSEGM\x01\0\0\0".to_vec();
    bytes.extend(ID);
    bytes.extend(base.to_le_bytes());
    bytes.extend(RECEIVED_MS.to_le_bytes());
    bytes.extend(crc32c(&bytes));
    bytes.extend(records.concat());
    bytes
}

fn state(acknowledged: u64, counter: u64) -> Vec<u8> {
    let mut bytes = b"CWSPSTAT\x01\0\0\0\0\0\0\0".to_vec();
    bytes.extend(ID);
    for number in [acknowledged, 5, 0, 0, counter] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(crc32c(&bytes));
    bytes
}

/// Five messages in two segments, of which one is delivered.
struct Spool(TempDir);

impl Spool {
    fn new() -> Self {
        let spool = Self(tempfile::tempdir().expect("a folder"));
        let first = [record(0, 1, b"zero"), record(1, 1, "\"eins\"".as_bytes())];
        let second = [
            record(2, 1, b"two"),
            record(3, 2, &[0xff, 0]),
            record(4, 1, b"four"),
        ];
        spool.write("00000000000000000000.spool", &segment(0, &first));
        spool.write("00000000000000000002.spool", &segment(2, &second));
        let mut slots = state(0, 8);
        slots.resize(4096, 0);
        slots.extend(state(1, 9));
        spool.write("state", &slots);
        spool.write("lock", b"");
        spool
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).expect("written");
    }

    /// Changes a byte of the record with this payload.
    fn damage(&self, name: &str, payload: &str) {
        let mut bytes = fs::read(self.path(name)).expect("readable");
        let found = bytes
            .windows(payload.len())
            .position(|part| part == payload.as_bytes());
        bytes[found.expect("the payload")] ^= 1;
        self.write(name, &bytes);
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        let dir = self.0.path().to_str().expect("UTF-8");
        let before = contents(self.0.path());
        let ended = command::run(&[&["spool"], arguments, &[dir]].concat());
        assert_eq!(contents(self.0.path()), before, "nothing is changed");
        ended
    }
}

fn contents(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(dir)
        .expect("readable")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (path.clone(), fs::read(path).expect("readable")))
        .collect();
    files.sort();
    files
}

#[test]
fn spool_export_writes_what_is_not_delivered_in_order() {
    let spool = Spool::new();
    spool.write(
        "00000000000000000002.spool",
        &segment(2, &[record(2, 1, b"two"), record(3, 1, b"three")]),
    );
    let text = spool.run(&["export"]).succeeded();
    assert_eq!(text, "\"eins\"\ntwo\nthree\n");
    let text = spool.run(&["export", "--all"]).succeeded();
    assert_eq!(text, "zero\n\"eins\"\ntwo\nthree\n");
}

#[test]
fn spool_export_as_json_says_what_is_known_of_each_message() {
    let spool = Spool::new();
    let text = spool
        .run(&["export", "--all", "--format", "json"])
        .succeeded();
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(lines.len(), 5);
    assert_eq!(
        lines[1],
        serde_json::json!({
            "sequence": 1, "delivered": false, "generation": 3, "received_ms": RECEIVED_MS,
            "opcode": "text", "value": "\"eins\"",
        })
    );
    assert_eq!(lines[0]["delivered"], true);
    assert_eq!(lines[3]["opcode"], "binary");
    assert_eq!(lines[3]["value_base64"], "/wA=");
}

#[test]
fn spool_inspect_shows_segments_and_what_is_delivered() {
    let spool = Spool::new();
    let text = spool.run(&["inspect"]).succeeded();
    for part in [
        ID_TEXT,
        "In use        no\n",
        "Acknowledged  below 1\n",
        "Undelivered   4\n",
        "2023-11-14T22:13:20Z to 2023-11-14T22:13:20Z\n",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("DAMAGE"), "{text}");
    let json = spool.run(&["inspect", "--json"]).succeeded();
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["id"], ID_TEXT);
    assert_eq!(
        (&json["acknowledged"], &json["undelivered"]),
        (&1.into(), &4.into())
    );
    let segment = &json["segments"][1];
    assert_eq!(segment["name"], "00000000000000000002.spool");
    assert_eq!((&segment["base"], &segment["end"]), (&2.into(), &5.into()));
    assert_eq!(segment["records"], 3);
    assert_eq!(json["damage"], serde_json::json!([]));
}

#[test]
fn spool_verify_tells_damage_and_ends_with_1() {
    let spool = Spool::new();
    let out = spool.run(&["verify"]).succeeded();
    assert_eq!(out, "2 segments, 5 records, 0 damages\n");
    spool.damage("00000000000000000002.spool", "two");
    let ended = spool.run(&["verify"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert_eq!(
        ended.out,
        "00000000000000000002.spool: 39 bytes from offset 48 on are no record\n\
         1 records are missing, from sequence 2 to 2\n\
         2 segments, 4 records, 2 damages\n"
    );
    // The others are there all the same.
    let exported = spool.run(&["export", "--format", "json"]).succeeded();
    assert_eq!(exported.lines().count(), 3, "{exported}");
}

#[test]
fn spool_commands_work_and_say_so_while_a_task_has_the_spool() {
    let spool = Spool::new();
    let lock = File::open(spool.path("lock")).expect("the lock");
    lock.lock().expect("locked");
    // A record that is being written.
    let name = "00000000000000000002.spool";
    let mut bytes = fs::read(spool.path(name)).expect("readable");
    let next = record(5, 1, b"five");
    bytes.extend(&next[..20]);
    spool.write(name, &bytes);
    let ended = spool.run(&["verify"]);
    assert_eq!(
        (ended.code, ended.out.as_str()),
        (0, "2 segments, 5 records, 0 damages\n")
    );
    assert!(ended.errors.contains("a task has this spool"), "{ended:?}");
    let text = spool.run(&["inspect"]).succeeded();
    assert!(text.contains("In use        yes\n"), "{text}");
    drop(lock);
    let ended = spool.run(&["verify"]);
    assert_eq!(ended.code, 1, "nobody writes any more: {ended:?}");
}

#[test]
fn a_folder_without_a_spool_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_str().expect("UTF-8");
    for arguments in [["inspect"], ["verify"], ["export"]] {
        let ended = command::run(&[&["spool"], &arguments[..], &[path]].concat());
        assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{ended:?}");
        assert!(
            ended.errors.contains("no spool in this folder"),
            "{ended:?}"
        );
    }
    let missing = folder.path().join("missing");
    let ended = command::run(&["spool", "export", missing.to_str().expect("UTF-8")]);
    assert_eq!(ended.code, 1, "{ended:?}");
}
