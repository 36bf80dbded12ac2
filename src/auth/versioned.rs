//! Cached values that belong to one version of their source. Here, because it is the lowest module
//! that every cache of the program may use.
//!
//! A cache reads the version first, then the value. A change between the two leaves a value that is
//! newer than its version, which costs one more read. The other order would keep an old value under
//! a new version forever.

/// A value, and the version that its source had before the value was read.
#[derive(Debug, Default)]
pub struct Versioned<T> {
    version: u64,
    value: T,
}

impl<T: Default> Versioned<T> {
    /// Returns the value if it belongs to `version`, the current one.
    pub fn at(&self, version: u64) -> Option<&T> {
        (self.version == version).then_some(&self.value)
    }

    /// Returns the value, whichever version it belongs to.
    pub fn newest(&self) -> &T {
        &self.value
    }

    /// Returns the value, to add what was read after the source had `version`. An older value is
    /// passed to `evict` and replaced by an empty one. `None` if the value is newer: a change
    /// overtook the reader.
    pub fn at_least(&mut self, version: u64, evict: impl FnOnce(T)) -> Option<&mut T> {
        if self.version < version {
            evict(std::mem::take(&mut self.value));
            self.version = version;
        }
        (self.version == version).then_some(&mut self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(cache: &mut Versioned<Vec<&'static str>>, version: u64, text: &'static str) {
        if let Some(kept) = cache.at_least(version, drop) {
            kept.push(text);
        }
    }

    #[test]
    fn a_value_is_found_under_its_version_only() {
        let mut cache = Versioned::default();
        keep(&mut cache, 1, "one");
        assert_eq!(cache.at(1), Some(&vec!["one"]));
        assert_eq!((cache.at(0), cache.at(2)), (None, None));
    }

    #[test]
    fn values_of_one_version_are_kept_together_and_older_ones_are_evicted() {
        let mut cache = Versioned::default();
        keep(&mut cache, 1, "one");
        keep(&mut cache, 1, "two");
        assert_eq!(cache.at(1).map(Vec::len), Some(2));
        let mut evicted = Vec::new();
        cache.at_least(2, |old| evicted = old);
        assert_eq!(evicted, ["one", "two"]);
        assert_eq!((cache.at(1), cache.at(2)), (None, Some(&vec![])));
    }

    #[test]
    fn a_reader_that_was_overtaken_by_a_change_keeps_nothing() {
        let mut cache = Versioned::default();
        keep(&mut cache, 2, "new");
        keep(&mut cache, 1, "old");
        assert_eq!(cache.at(2), Some(&vec!["new"]));
    }
}
