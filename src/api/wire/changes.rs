//! The changes of a collection since a date.

use serde::Serialize;

/// Items that are new or changed. Nothing is reported as removed.
#[derive(Serialize)]
pub(in crate::api) struct Changes<T> {
    update: Vec<T>,
    remove: [(); 0],
}

impl<T> Changes<T> {
    /// No changes.
    pub(in crate::api) const NONE: Self = Self {
        update: Vec::new(),
        remove: [],
    };

    pub(in crate::api) fn of(update: Vec<T>) -> Self {
        let remove = [];
        Self { update, remove }
    }
}
