//! The seed: copies every table's rows, and restores them on reset. Tables are read from the
//! database's schema, so new tables need no code here.

use super::SqliteStore;
use super::error::error;
use crate::domain::Result;
use crate::store::Seeded;
use crate::store::sql::{EVERYTHING, Engine, SpaceClass};
use async_trait::async_trait;
use rusqlite::Connection;

/// Tables that a reset keeps. Event ids must keep rising, because readers remember their position
/// in memory.
const KEPT: &str = "'event', 'consumer', 'delivery', 'audit'";

#[async_trait]
impl Seeded for SqliteStore {
    async fn remember_seed(&self) -> Result<()> {
        self.write(SpaceClass::Common, &[], |c| {
            remember(c).map_err(|e| error(&e))
        })
        .await
    }

    async fn reset(&self) -> Result<()> {
        self.write(SpaceClass::Common, EVERYTHING, |c| {
            reset(c).map_err(|e| error(&e))
        })
        .await
    }
}

fn remember(connection: &Connection) -> rusqlite::Result<()> {
    for table in tables(connection)? {
        connection.execute_batch(&format!(
            r#"DROP TABLE IF EXISTS temp."seed {table}";
               CREATE TEMP TABLE "seed {table}" AS SELECT * FROM main."{table}""#
        ))?;
    }
    Ok(())
}

fn reset(connection: &Connection) -> rusqlite::Result<()> {
    // Deferred until the commit, after the last table is restored.
    connection.execute_batch("PRAGMA defer_foreign_keys = ON")?;
    let tables = tables(connection)?;
    for table in &tables {
        connection.execute_batch(&format!(r#"DELETE FROM main."{table}""#))?;
    }
    for table in &tables {
        connection.execute_batch(&format!(
            r#"INSERT INTO main."{table}" SELECT * FROM temp."seed {table}""#
        ))?;
    }
    Ok(())
}

fn tables(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    connection
        .prepare(&format!(
            r"SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND name NOT IN ({KEPT})"
        ))?
        .query_map([], |row| row.get(0))?
        .collect()
}
