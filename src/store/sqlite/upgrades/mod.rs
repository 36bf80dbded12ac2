//! The upgrades from one schema version to the next. Each produces the same schema as the
//! `schema.sql` of its version, except for column order.

use rusqlite::Connection;

/// The oldest version that can be upgraded: the first released one.
pub(super) const OLDEST: i32 = 2;

/// The upgrades from [`OLDEST`], each with its target version.
const STEPS: [(i32, &str); 6] = [
    (3, include_str!("to_3.sql")),
    (4, include_str!("to_4.sql")),
    (5, include_str!("to_5.sql")),
    (6, include_str!("to_6.sql")),
    (7, include_str!("to_7.sql")),
    (8, include_str!("to_8.sql")),
];

/// Applies every upgrade that a file of version `from` needs, in the open transaction.
pub(super) fn run(connection: &Connection, from: i32) -> rusqlite::Result<()> {
    for (version, sql) in STEPS.iter().filter(|(version, _)| *version > from) {
        connection.execute_batch(sql)?;
        connection.pragma_update(None, "user_version", version)?;
    }
    Ok(())
}
