//! Hooks that come and go while the server runs. It does not know where they come from, nor who runs them.

use std::sync::Arc;

use crate::PostCreateHook;

/// A place where hooks are found: a folder of programs, a folder of modules.
pub trait HookSource: Send {
    /// What kind of hooks it has, for the operator: `exec`, `wasm`.
    fn kind(&self) -> &'static str;

    /// Looks what is there now, in any order. Called every few seconds, on a thread that may block.
    ///
    /// A hook that has not changed since the last look is the same [`Arc`] again; another one under the same name takes
    /// its place, and its position. One that is not found any more is stopped, and keeps its position.
    fn look(&mut self) -> Vec<Found>;
}

/// A hook, or what there is instead of one.
pub struct Found {
    /// The name that it has, or would have. The rules are those of [`PostCreateHook::name`].
    pub name: String,
    /// The hook, or why there is none, in one line: it is shown to the operator, and nothing is delivered.
    pub hook: Result<Arc<dyn PostCreateHook>, String>,
}
