//! Notices of other processes, cached statements, and the log at a stop.

use super::*;
use rusqlite::{Connection, StatementStatus};

#[tokio::test]
async fn a_failed_refresh_still_raises_the_access_version() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("doorsign.db");
    let store = SqliteStore::open(DatabaseSettings::of(&path)).unwrap();
    let version = store.version(ChangeKind::Access);
    let other = open_writer(&path, Schema::Migrate, Wait::Briefly)
        .unwrap()
        .connection;
    other
        .execute_batch("ALTER TABLE event RENAME TO elsewhere")
        .unwrap();
    assert!(store.refresh().await.is_err());
    assert!(store.version(ChangeKind::Access) > version);
}

#[tokio::test]
async fn a_write_of_another_process_is_noticed_once_by_the_next_poll() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("doorsign.db");
    let store = SqliteStore::open(DatabaseSettings::of(&path)).unwrap();
    let poll = async || {
        store.notice_other_processes().await.unwrap();
        store.version(ChangeKind::Access)
    };
    let before = poll().await;
    assert_eq!(poll().await, before);
    let flags = rusqlite::OpenFlags::default();
    let other = Connection::open_with_flags(&path, flags).unwrap();
    let write = "INSERT INTO permission VALUES ('t-other', 0)";
    other.execute(write, []).unwrap();
    let noticed = poll().await;
    assert!(noticed > before);
    assert_eq!(poll().await, noticed);
}

/// Returns how often a statement was re-prepared in three uses.
fn reprepared(connection: &Connection) -> rusqlite::Result<i32> {
    let sql = "SELECT event.id FROM event LEFT JOIN consumer ON cursor = event.id WHERE event.id = ?1 LIMIT ?2";
    for _ in 0..3 {
        connection.prepare_cached(sql)?.query([1, 2])?.next()?;
    }
    let statement = connection.prepare_cached(sql)?;
    Ok(statement.get_status(StatementStatus::RePrepare))
}

#[tokio::test]
async fn a_statement_is_prepared_once() {
    let folder = tempfile::tempdir().unwrap();
    let store =
        SqliteStore::open(DatabaseSettings::of(&folder.path().join("doorsign.db"))).unwrap();
    let written = store
        .writer
        .write(SpaceClass::Common, &[], |c| Ok(reprepared(c).unwrap()))
        .await;
    let read = store.readers.read(|c| Ok(reprepared(c).unwrap())).await;
    assert_eq!((written.unwrap(), read.unwrap()), (0, 0));
}

#[tokio::test]
async fn a_stop_moves_the_log_although_another_process_has_the_file_open() {
    let folder = tempfile::tempdir().unwrap();
    let [path, copy] = ["doorsign.db", "copy.db"].map(|name| folder.path().join(name));
    let store = SqliteStore::open(DatabaseSettings::of(&path)).unwrap();
    let open = |path| Connection::open_with_flags(path, rusqlite::OpenFlags::default());
    let count = "SELECT count(*) FROM permission WHERE id = 't-new'";
    let read = |it: &Connection| it.query_row(count, [], |row| row.get::<_, i64>(0));
    let other = open(&path).unwrap();
    assert_eq!(read(&other).unwrap(), 0);
    let insert = |c: &Connection| {
        let added = c.execute("INSERT INTO permission VALUES ('t-new', 0)", []);
        Ok(added.unwrap())
    };
    let write = store.writer.write(SpaceClass::Common, &[], insert);
    assert_eq!(write.await.unwrap(), 1);
    tokio::task::spawn_blocking(move || store.writer.stop())
        .await
        .unwrap();
    std::fs::copy(&path, &copy).unwrap();
    assert_eq!(read(&open(&copy).unwrap()).unwrap(), 1);
}
