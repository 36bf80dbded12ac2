//! Cached workspace settings, so that reading one takes no database query. An entry belongs to one
//! access version of the store and is ignored under any other version.

use crate::domain::{Setting, SettingValue, SettingValues};
use std::sync::{Arc, PoisonError, RwLock};

/// All settings, including those fixed by the configuration.
pub struct SettingCache {
    configured: Vec<(Setting, SettingValue)>,
    read: RwLock<Option<(u64, Arc<SettingValues>)>>,
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
        let (kept, values) = read.as_ref()?;
        (*kept == version).then(|| values.clone())
    }

    /// Caches settings that were read after the access version was `version`, and returns all
    /// settings.
    pub fn keep(&self, version: u64, stored: Vec<(Setting, SettingValue)>) -> Arc<SettingValues> {
        let chosen = stored.into_iter().chain(self.configured.iter().cloned());
        let values = Arc::new(SettingValues::new(chosen));
        let mut read = self.read.write().unwrap_or_else(PoisonError::into_inner);
        if read.as_ref().is_none_or(|(kept, _)| *kept < version) {
            *read = Some((version, values.clone()));
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_read_before_a_change_are_not_found_after_it() {
        let cache = SettingCache::new(Vec::new());
        let named = |name: &str| vec![(Setting::SiteName, name.into())];
        assert!(cache.find(1).is_none());
        cache.keep(1, named("one"));
        assert!(cache.find(1).is_some() && cache.find(2).is_none());
        cache.keep(2, named("two"));
        cache.keep(1, named("one")); // A slow reader: the change happened after it read the version.
        let found = cache.find(2).unwrap();
        assert_eq!(*found.get(Setting::SiteName), "two".into());
    }

    #[test]
    fn configured_values_override_stored_ones() {
        let cache = SettingCache::new(vec![(Setting::SiteUrl, "https://here".into())]);
        let values = cache.keep(0, vec![(Setting::SiteUrl, "https://elsewhere".into())]);
        assert_eq!(*values.get(Setting::SiteUrl), "https://here".into());
    }
}
