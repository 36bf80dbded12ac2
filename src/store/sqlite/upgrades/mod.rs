//! The steps from one version of the schema to the next, for files that an older doorsign wrote. Every step leaves what `schema.sql` of
//! its version would have made, but for the order of columns. Knows nothing of how a file is opened.

use rusqlite::Connection;

/// The oldest version that can be carried over: the first one that was released.
pub(super) const OLDEST: i32 = 2;

/// The steps, from [`OLDEST`] on: each leads to the version that it is named by.
const STEPS: [(i32, &str); 3] = [
    (3, include_str!("to_3.sql")),
    (4, include_str!("to_4.sql")),
    (5, include_str!("to_5.sql")),
];

/// Takes every step that a file of version `from` needs, in the transaction that is open.
pub(super) fn run(connection: &Connection, from: i32) -> rusqlite::Result<()> {
    for (version, sql) in STEPS.iter().filter(|(version, _)| *version > from) {
        connection.execute_batch(sql)?;
        connection.pragma_update(None, "user_version", version)?;
    }
    Ok(())
}
