//! The signals that a transaction raises after its commit.

use crate::store::ChangeKind;

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
/// The signals of a change to access control that also changes who may see whose status. The
/// settings come first: see `App::visibility`.
pub const VISIBILITY: &[Signal] = &[
    Signal::ChangeKind(ChangeKind::Access),
    Signal::ChangeKind(ChangeKind::StatusVisibility),
    Signal::Audit,
];
/// The signals of a change to hooks.
pub const HOOKS: &[Signal] = &[Signal::Hooks, Signal::Audit];
/// The signals of a change to displays.
pub const DISPLAYS: &[Signal] = &[Signal::ChangeKind(ChangeKind::Displays), Signal::Audit];
/// The signals of a new audit record without other changes.
pub const AUDIT: &[Signal] = &[Signal::Audit];
