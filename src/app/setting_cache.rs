//! Cached workspace settings, so that reading one takes no database query.

use crate::auth::versioned::Versioned;
use crate::domain::{Setting, SettingValue, SettingValues};
use std::sync::{Arc, PoisonError, RwLock};

/// All settings, including those fixed by the configuration.
pub struct SettingCache {
    configured: Vec<(Setting, SettingValue)>,
    read: RwLock<Versioned<Option<Arc<SettingValues>>>>,
}

impl SettingCache {
    /// Creates an empty cache. `configured` values override stored ones.
    #[must_use]
    pub fn new(configured: Vec<(Setting, SettingValue)>) -> Self {
        let read = RwLock::default();
        Self { configured, read }
    }

    /// Returns the settings if they were read under this access `version`.
    pub fn find(&self, version: u64) -> Option<Arc<SettingValues>> {
        let read = self.read.read().unwrap_or_else(PoisonError::into_inner);
        read.at(version)?.clone()
    }

    /// Caches settings that were read after the access version was `version`, and returns all
    /// settings.
    pub fn keep(&self, version: u64, stored: Vec<(Setting, SettingValue)>) -> Arc<SettingValues> {
        let chosen = stored.into_iter().chain(self.configured.iter().cloned());
        let values = Arc::new(SettingValues::new(chosen));
        let mut read = self.read.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = read.at_least(version, drop) {
            *kept = Some(values.clone());
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configured_values_override_stored_ones() {
        let cache = SettingCache::new(vec![(Setting::SiteUrl, "https://here".into())]);
        let values = cache.keep(0, vec![(Setting::SiteUrl, "https://elsewhere".into())]);
        assert_eq!(*values.get(Setting::SiteUrl), "https://here".into());
    }
}
