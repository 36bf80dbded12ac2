//! What a database must do to run the units of work in this folder.

use super::{ChangeSignals, Sql};
use crate::domain::Result;
use crate::store::ChangeKind;

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

/// A signal for cached data or for waiting tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// A change of versioned data.
    ChangeKind(ChangeKind),
    /// The next claim expiry may have moved.
    Deadlines,
    /// Hooks were changed by an administrator or the operator.
    Hooks,
    /// The audit trail has a new record.
    Audit,
}

/// The signals of a change to access control.
pub const ACCESS: &[Signal] = &[Signal::ChangeKind(ChangeKind::Access), Signal::Audit];
/// The signals of a change to hooks.
pub const HOOKS: &[Signal] = &[Signal::Hooks, Signal::Audit];
/// The signals of a new audit record without other changes.
pub const AUDIT: &[Signal] = &[Signal::Audit];
