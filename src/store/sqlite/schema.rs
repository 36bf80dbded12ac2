//! The schema of a new database, and how its files are recognised. A new column also needs a file in
//! `upgrades` and the statements of its noun in `store/sql`.

/// The statements that create the tables.
pub(super) const SCHEMA: &str = include_str!("../../../schema.sql");
/// `PRAGMA user_version` of [`SCHEMA`].
pub(super) const VERSION: i32 = 8;
/// `PRAGMA application_id` of [`SCHEMA`].
pub(super) const APPLICATION: i32 = 0x646f_6f72;
