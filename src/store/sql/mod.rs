//! The units of work of every SQL database, written once: statements, row mapping, and the order of
//! steps inside a transaction.
//!
//! An [`Engine`] runs the transactions, and its connection implements [`Sql`]. Every trait of the
//! store is implemented here for all engines, one file per noun. Rules come from the domain.
//!
//! Statements use the placeholders `$1`, `$2`, …, whose first appearances ascend: SQLite numbers
//! named placeholders by first appearance.

mod audit;
mod avatars;
mod board;
mod change_signals;
mod consumer;
mod custom_status;
mod delivery;
mod displays;
mod engine;
mod filter;
mod hooks;
mod invitations;
mod logins;
mod outbox;
mod page;
mod permissions;
mod presence;
mod presence_rows;
mod roles;
mod settings;
mod signal;
mod status_visibility;
mod users;
mod value;
mod webhooks;

pub use change_signals::{ChangeSignals, EVERYTHING};
pub use engine::{Engine, SpaceClass};
pub use outbox::{NEWEST_EVENT, newest as newest_event};
pub use signal::Signal;
pub use value::{FromValue, Value};

use crate::domain::{Error, Result};
use value::values;

/// A connection with an open transaction. All statements are prepared once and cached.
pub trait Sql {
    /// The function that returns the position of its second text in its first, or 0.
    const POSITION: &'static str;

    /// A query of the elements of a JSON array, to be followed by the array in parentheses.
    const ELEMENTS: &'static str;

    /// A row of a result.
    type Row<'r>: Row;

    /// Runs a statement that writes. Returns the number of affected rows.
    ///
    /// # Errors
    /// [`WriteError`].
    fn execute(&self, sql: &str, values: &[Value<'_>]) -> std::result::Result<usize, WriteError>;

    /// Runs a statement that writes, whatever number of rows it affects.
    ///
    /// # Errors
    /// [`WriteError`], as an error of the domain.
    fn run(&self, sql: &str, values: &[Value<'_>]) -> Result<()> {
        self.execute(sql, values)?;
        Ok(())
    }

    /// Returns the first row, read by `read`, or `None` if there is no row.
    ///
    /// # Errors
    /// `Unavailable`, `Broken`, `Internal`, and errors of `read`.
    fn first<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        read: impl FnOnce(&Self::Row<'_>) -> Result<T>,
    ) -> Result<Option<T>>;

    /// Calls `read` for every row. `read` runs no other statement.
    ///
    /// # Errors
    /// As for [`first`](Self::first).
    fn each(
        &self,
        sql: &str,
        values: &[Value<'_>],
        read: impl FnMut(&Self::Row<'_>) -> Result<()>,
    ) -> Result<()>;

    /// Returns every row, read by `read`.
    ///
    /// # Errors
    /// As for [`first`](Self::first).
    fn all<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Self::Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut rows = Vec::new();
        self.each(sql, values, |row| {
            rows.push(read(row)?);
            Ok(())
        })?;
        Ok(rows)
    }

    /// Returns the first column of the first row of a query that always has one.
    ///
    /// # Errors
    /// As for [`first`](Self::first).
    fn only<T: for<'a> FromValue<'a>>(&self, sql: &str, values: &[Value<'_>]) -> Result<T> {
        let found = self.first(sql, values, |row| row.get(0))?;
        found.ok_or_else(|| Error::internal("a query returned no row"))
    }

    /// Returns whether a query returns a row.
    ///
    /// # Errors
    /// As for [`first`](Self::first).
    fn exists(&self, sql: &str, values: &[Value<'_>]) -> Result<bool> {
        Ok(self.first(sql, values, |_| Ok(()))?.is_some())
    }
}

/// A row of a result.
pub trait Row {
    /// Returns the value of a column, counted from 0.
    ///
    /// # Errors
    /// `Internal` if the column does not exist, or is neither text nor an integer nor NULL.
    fn value(&self, column: usize) -> Result<Value<'_>>;

    /// Returns the value of a column as a `T`.
    ///
    /// # Errors
    /// As for [`value`](Self::value), and `Internal` if the value is not a `T`.
    fn get<'a, T: FromValue<'a>>(&'a self, column: usize) -> Result<T> {
        T::from_value(self.value(column)?)
            .ok_or_else(|| Error::internal(format!("column {column} has an unexpected value")))
    }
}

/// Why a statement did not write.
#[derive(Debug)]
pub enum WriteError {
    /// A UNIQUE constraint other than the primary key rejected the row.
    Unique,
    /// A referenced row does not exist.
    MissingReference,
    /// Any other error.
    Other(Error),
}

impl WriteError {
    /// Returns `error` for a taken unique value.
    fn if_unique(self, error: impl FnOnce() -> Error) -> Error {
        match self {
            Self::Unique => error(),
            other => other.into(),
        }
    }

    /// Returns `error` for a reference to a row that does not exist.
    fn if_missing(self, error: impl FnOnce() -> Error) -> Error {
        match self {
            Self::MissingReference => error(),
            other => other.into(),
        }
    }
}

impl From<WriteError> for Error {
    fn from(source: WriteError) -> Self {
        match source {
            WriteError::Unique => Self::internal("a unique value is taken"),
            WriteError::MissingReference => Self::internal("a referenced row does not exist"),
            WriteError::Other(error) => error,
        }
    }
}

/// Returns whether the first appearances of the placeholders in `sql` are `$1`, `$2`, … in order.
pub fn placeholders_ascend(sql: &str) -> bool {
    let mut last = 0;
    sql.split('$').skip(1).all(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit());
        let number: usize = rest[..end.unwrap_or(rest.len())].parse().unwrap_or(0);
        let is_next = number == last + 1;
        last += usize::from(is_next);
        is_next || (1..=last).contains(&number)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_out_of_order_are_found() {
        for ascending in [
            "SELECT 1",
            "a = $1 AND b = $2 OR c = $1",
            "$1 $2 $3 $4 $5 $6 $7 $8 $9 $10",
        ] {
            assert!(placeholders_ascend(ascending), "{ascending}");
        }
        for other in [
            "a = $2 AND b = $1",
            "a = $1 AND b = $3",
            "a = $0",
            "a = $name",
        ] {
            assert!(!placeholders_ascend(other), "{other}");
        }
    }
}
