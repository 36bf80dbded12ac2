//! What a database must do to run the units of work in this folder.

use super::{ChangeSignals, Signal, Sql};
use crate::domain::Result;

/// Runs units of work in transactions.
pub trait Engine: Send + Sync + 'static {
    /// The connection of a transaction.
    type Connection: Sql;

    /// The signals about commits.
    fn signals(&self) -> &ChangeSignals;

    /// Runs `work` in a transaction, and raises `signals` after its commit. Returns once it is
    /// durable. Rolls back if `work` fails, and may run it again if the transaction is repeated.
    /// Dropping the future does not cancel the work.
    fn write<T: Send + 'static>(
        &self,
        space: SpaceClass,
        signals: &'static [Signal],
        work: impl Fn(&Self::Connection) -> Result<T> + Send + 'static,
    ) -> impl Future<Output = Result<T>> + Send;

    /// Runs `work` on one consistent snapshot.
    fn read<T: Send + 'static>(
        &self,
        work: impl Fn(&Self::Connection) -> Result<T> + Send + 'static,
    ) -> impl Future<Output = Result<T>> + Send;
}

/// How much of a limited database a transaction may fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpaceClass {
    /// All but the reserve.
    Common,
    /// Also the reserve, which is kept for deletions: revoking access must work even when the
    /// database is full, and its event needs a row.
    Reserve,
}
