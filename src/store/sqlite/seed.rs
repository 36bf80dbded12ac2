//! SQL of the seed: every table's rows are kept aside, and put back by a reset. Tables are taken as the database names them, so a new
//! one needs no line here.

use super::change_signals::EVERYTHING;
use super::{SqliteStore, error};
use crate::domain::Result;
use crate::store::Seeded;
use async_trait::async_trait;
use rusqlite::Connection;

/// What a reset leaves alone. The ids of events go on ascending: readers remember, in memory, how far they have come.
const KEPT: &str = "'event', 'consumer', 'delivery', 'audit'";

#[async_trait]
impl Seeded for SqliteStore {
    async fn remember_seed(&self) -> Result<()> {
        self.writer
            .write(|c| remember(c).map_err(|e| error(&e)))
            .await
    }

    async fn reset(&self) -> Result<()> {
        self.writer
            .change(EVERYTHING, |c| reset(c).map_err(|e| error(&e)))
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
    // Until the commit, which comes after the last table is back.
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
