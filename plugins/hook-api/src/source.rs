//! Sources of hooks that are added and removed while the server runs.

use std::sync::Arc;

use crate::PostCreateHook;

/// A source of hooks, such as a folder of programs or modules.
pub trait HookSource: Send {
    /// The kind of its hooks, as shown to the operator: `exec` or `wasm`.
    fn kind(&self) -> &'static str;

    /// Lists the current hooks, in any order. Called every few seconds, on a thread that may block.
    ///
    /// Return the same [`Arc`] for a hook that has not changed since the last call. A different one
    /// with the same name replaces the hook and continues at its position. A hook that is no longer
    /// listed is stopped; its position is kept.
    fn scan(&mut self) -> Vec<Found>;
}

/// A hook, or the reason why it is unusable.
pub struct Found {
    /// The name of the hook; the rules are those of [`PostCreateHook::name`].
    pub name: String,
    /// The hook, or why it is unusable, in one line. The reason is shown to the operator, and
    /// nothing is delivered.
    pub hook: Result<Arc<dyn PostCreateHook>, String>,
}
