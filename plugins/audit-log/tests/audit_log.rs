//! The audit log as a server uses it: redelivery, crashes, rotation and errors.

#![expect(
    clippy::unwrap_used,
    reason = "the helpers of tests may panic like the tests"
)]

use std::fs;
use std::path::{Path, PathBuf};

use doorsign_audit_log::AuditLog;
use doorsign_hook::{Actor, HookError, PostCreateHook, Status, StatusCreated, conformance};
use tempfile::TempDir;

/// A limit that no file reaches without rotation tests.
const ROOMY: u64 = 1 << 20;

/// A temporary folder, and the path of a log in it.
fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    (folder, path)
}

fn created(event_id: u64) -> StatusCreated {
    let status = Status::new(format!("{event_id:024x}"), "caught up", "busy", 0);
    StatusCreated::new(
        event_id,
        0,
        Actor::new("rocketcatadmin123", "admin"),
        status,
    )
}

async fn deliver(log: &AuditLog, events: impl IntoIterator<Item = u64>) {
    for event_id in events {
        log.post_create(&created(event_id)).await.unwrap();
    }
}

/// The event numbers in a file, line by line. Every line must be complete.
fn events(path: &Path) -> Vec<u64> {
    let text = fs::read_to_string(path).unwrap_or_default();
    assert!(text.is_empty() || text.ends_with('\n'), "torn: {text:?}");
    let parse = |line| serde_json::from_str::<serde_json::Value>(line).unwrap();
    text.lines()
        .map(|line| parse(line)["eventId"].as_u64().unwrap())
        .collect()
}

fn numbered(path: &Path, number: u32) -> PathBuf {
    format!("{}.{number}", path.display()).into()
}

/// The event numbers of all files, oldest first.
fn all_events(path: &Path) -> Vec<u64> {
    let rotated = (1..=9).rev().map(|number| numbered(path, number));
    rotated
        .chain([path.to_owned()])
        .flat_map(|path| events(&path))
        .collect()
}

#[tokio::test]
async fn the_contract_is_kept_and_each_pair_has_one_line() {
    let (_folder, path) = place();
    let log = AuditLog::open(&path, ROOMY).unwrap();
    conformance::check(&log).await.unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    let written = lines.len();
    lines.sort_unstable();
    lines.dedup();
    assert_eq!((lines.len(), written), (19, 19));
}

#[tokio::test]
async fn a_redelivered_event_is_not_written_again_even_after_reopening() {
    let (_folder, path) = place();
    let log = AuditLog::open(&path, ROOMY).unwrap();
    deliver(&log, [1, 2, 2]).await;
    drop(log);
    let log = AuditLog::open(&path, ROOMY).unwrap();
    deliver(&log, [1, 2, 3]).await;
    assert_eq!(events(&path), [1, 2, 3]);
}

#[tokio::test]
async fn a_reused_number_of_another_status_is_written() {
    let (_folder, path) = place();
    let log = AuditLog::open(&path, ROOMY).unwrap();
    let mut other = created(1);
    other.status.id = "f".repeat(24);
    deliver(&log, [1]).await;
    log.post_create(&other).await.unwrap();
    assert_eq!(events(&path), [1, 1]);
}

#[tokio::test]
async fn a_torn_last_line_is_removed_and_its_event_is_written_again() {
    for torn in [
        "{\"eventId\":2,\"time\":\"20",
        "{\"eventId\":2\0\0\0\0",
        "\0\0\0",
    ] {
        let (_folder, path) = place();
        deliver(&AuditLog::open(&path, ROOMY).unwrap(), [1]).await;
        let whole = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{whole}{torn}")).unwrap();
        let log = AuditLog::open(&path, ROOMY).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), whole);
        deliver(&log, [1, 2]).await;
        assert_eq!(events(&path), [1, 2]);
    }
}

#[tokio::test]
async fn a_damaged_last_line_is_set_aside_and_its_event_is_written_again() {
    let (_folder, path) = place();
    deliver(&AuditLog::open(&path, ROOMY).unwrap(), [1, 2]).await;
    let text = fs::read_to_string(&path).unwrap();
    let (first, second) = text.split_at(text.len() / 2);
    let losses = [
        format!("{}{}", "\0".repeat(56), &second[56..]),
        format!("{}{}", "\0".repeat(56), &second[56..second.len() - 1]),
        format!("{}{}{}", &second[..20], "\0".repeat(36), &second[56..]),
        format!("{}{}", "\0".repeat(56), &second[56..80]),
    ];
    let mut set_aside = String::new();
    for damaged in losses {
        for before in [first, ""] {
            fs::write(&path, format!("{before}{damaged}")).unwrap();
            let log = AuditLog::open(&path, ROOMY).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), before);
            deliver(&log, [1, 2]).await;
            assert_eq!(events(&path), [1, 2]);
            set_aside.push_str(damaged.trim_end_matches('\n'));
            set_aside.push('\n');
            let aside = format!("{}.damaged", path.display());
            assert_eq!(fs::read_to_string(aside).unwrap(), set_aside);
        }
    }
}

#[test]
fn a_binary_file_is_rejected_and_left_untouched() {
    let (folder, path) = place();
    for binary in [
        &b"\x7fELF\x02\0\0text"[..],
        b"a note\n\0\0text",
        b"\0\x01text",
    ] {
        fs::write(&path, binary).unwrap();
        assert!(AuditLog::open(&path, ROOMY).is_err(), "{binary:?}");
        assert_eq!(fs::read(&path).unwrap(), binary);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_file_of_another_kind_is_rejected_and_left_untouched() {
    let (folder, path) = place();
    fs::write(&path, "root:x:0:0").unwrap();
    let refused = AuditLog::open(&path, ROOMY).unwrap_err().to_string();
    let expected = format!(
        "audit log {}: the last line is incomplete and is not an audit log line",
        path.display()
    );
    assert_eq!(refused, expected);
    assert_eq!(fs::read_to_string(&path).unwrap(), "root:x:0:0");
    let refused = AuditLog::open(folder.path(), ROOMY)
        .unwrap_err()
        .to_string();
    assert!(refused.ends_with(": not a regular file"), "{refused}");
}

#[test]
fn a_log_in_use_cannot_be_opened_again() {
    let (_folder, path) = place();
    let first = AuditLog::open(&path, ROOMY).unwrap();
    let refused = AuditLog::open(&path, ROOMY).unwrap_err().to_string();
    assert!(
        refused.ends_with(": in use by another doorsign"),
        "{refused}"
    );
    drop(first);
    AuditLog::open(&path, ROOMY).unwrap();
}

/// The length of one line. Those of events 10 to 99 are equally long.
async fn line_length() -> u64 {
    let (_folder, path) = place();
    deliver(&AuditLog::open(&path, ROOMY).unwrap(), [11]).await;
    fs::metadata(&path).unwrap().len()
}

#[tokio::test]
async fn rotation_fills_each_file_to_its_limit_and_keeps_every_line_once() {
    let line = line_length().await;
    for four_lines in [4 * line, 5 * line - 1] {
        let (_folder, path) = place();
        let log = AuditLog::open(&path, four_lines).unwrap();
        deliver(&log, 11..=30).await;
        deliver(&log, 11..=30).await;
        let rotated = (1..=4).map(|number| numbered(&path, number));
        for path in rotated.chain([path.clone()]) {
            assert_eq!(events(&path).len(), 4, "{}", path.display());
        }
        drop(log);
        let log = AuditLog::open(&path, four_lines).unwrap();
        deliver(&log, 11..=31).await;
        assert_eq!(all_events(&path), (11..=31).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_line_too_long_for_any_file_gets_its_own() {
    let (_folder, path) = place();
    let log = AuditLog::open(&path, 1).unwrap();
    deliver(&log, [1]).await;
    assert!(!numbered(&path, 1).exists(), "an empty file was rotated");
    deliver(&log, [2]).await;
    assert_eq!(
        (events(&numbered(&path, 1)), events(&path)),
        (vec![1], vec![2])
    );
}

#[test]
fn a_rotated_file_that_cannot_be_read_is_a_reason_not_to_start() {
    let (_folder, path) = place();
    let rotated = numbered(&path, 1);
    std::os::unix::fs::symlink(&rotated, &rotated).unwrap();
    AuditLog::open(&path, ROOMY).unwrap_err();
}

#[tokio::test]
async fn five_rotated_files_are_kept_even_after_a_gap() {
    let (_folder, path) = place();
    let log = AuditLog::open(&path, 1).unwrap();
    deliver(&log, 1..=9).await;
    assert_eq!(all_events(&path), [4, 5, 6, 7, 8, 9]);
    fs::remove_file(numbered(&path, 3)).unwrap();
    deliver(&log, [10]).await;
    assert_eq!(all_events(&path), [4, 5, 7, 8, 9, 10]);
}

#[tokio::test]
async fn a_file_that_was_moved_or_removed_is_created_again() {
    let (folder, path) = place();
    let log = AuditLog::open(&path, ROOMY).unwrap();
    deliver(&log, [1]).await;
    let moved = folder.path().join("audit.jsonl-20261123");
    fs::rename(&path, &moved).unwrap();
    deliver(&log, [1, 2]).await;
    assert_eq!((events(&moved), events(&path)), (vec![1], vec![2]));
    fs::remove_file(&path).unwrap();
    deliver(&log, [3]).await;
    fs::remove_file(&path).unwrap();
    fs::write(&path, "").unwrap();
    deliver(&log, [4]).await;
    assert_eq!(events(&path), [4]);
}

#[tokio::test]
async fn a_failed_write_is_retried_and_then_succeeds() {
    let (_folder, path) = place();
    let log = AuditLog::open(&path, ROOMY).unwrap();
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let failed = log.post_create(&created(1)).await.unwrap_err();
    let reason = format!("{}: not a regular file", path.display());
    assert_eq!(failed, HookError::Retry(reason));
    fs::remove_dir(&path).unwrap();
    deliver(&log, [1]).await;
    assert_eq!(events(&path), [1]);
}

#[tokio::test]
async fn a_complete_log_is_left_as_it_is() {
    let (_folder, path) = place();
    deliver(&AuditLog::open(&path, ROOMY).unwrap(), [1, 2]).await;
    let before = fs::read(&path).unwrap();
    AuditLog::open(&path, ROOMY).unwrap();
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_the_log_and_its_other_files() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path) = place();
    let log = AuditLog::open(&path, 1).unwrap();
    deliver(&log, [1, 2]).await;
    drop(log);
    let line = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("\0\0{}", &line[2..])).unwrap();
    AuditLog::open(&path, 1).unwrap();
    let damaged = format!("{}.damaged", path.display());
    for path in [numbered(&path, 1), damaged.into(), path] {
        assert_eq!(
            fs::metadata(path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}
