//! The cached rules of status visibility, so that checking one takes no database query.

use crate::auth::versioned::Versioned;
use crate::domain::{StatusVisibility, Timestamp, UserId, VisibilitySwitches};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

/// How long a change of the rules is remembered.
pub const REMEMBERED: Duration = Duration::from_secs(10 * 60);

/// Extra time for changes that were committed shortly before they were noticed.
const SLACK: Duration = Duration::from_secs(1);

/// Maximum number of remembered changes and of users in their lists, together about 2 MB. Beyond it,
/// clients get the full list earlier.
const MOST_REMEMBERED: usize = 20_000;

/// Who may see whose status, as of one moment.
#[derive(Debug, PartialEq, Eq)]
pub struct VisibilitySnapshot {
    switches: VisibilitySwitches,
    people: HashMap<UserId, StatusVisibility>,
}

impl VisibilitySnapshot {
    /// Creates a snapshot from the settings and the users who have rules.
    pub fn new(
        switches: VisibilitySwitches,
        people: impl IntoIterator<Item = (UserId, StatusVisibility)>,
    ) -> Self {
        let people = people.into_iter().collect();
        Self { switches, people }
    }

    /// Returns whether the status of `user` is hidden from `viewer`.
    #[must_use]
    pub fn hides(&self, user: &UserId, viewer: &UserId) -> bool {
        if self.is_open() {
            return false;
        }
        match self.people.get(user) {
            Some(rules) => rules.hides(user, viewer, self.switches),
            None => !self.switches.shows_status && user != viewer,
        }
    }

    /// Returns whether no status is hidden from anyone, because there are no rules.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.switches.shows_status && self.people.is_empty()
    }

    /// Returns whether everyone may see the status of `user`, because there are no rules for it.
    #[must_use]
    pub fn is_open_about(&self, user: &UserId) -> bool {
        self.switches.shows_status && !self.people.contains_key(user)
    }

    /// Returns the settings.
    #[must_use]
    pub const fn switches(&self) -> VisibilitySwitches {
        self.switches
    }

    /// Returns the rules of a user. `None` if there are none.
    #[must_use]
    pub fn rules(&self, user: &UserId) -> Option<&StatusVisibility> {
        self.people.get(user)
    }
}

/// The newest snapshot, and what changed recently.
#[derive(Default)]
pub struct VisibilityCache {
    read: RwLock<Versioned<Option<Arc<VisibilitySnapshot>>>>,
    past: Mutex<Past>,
}

#[derive(Default)]
struct Past {
    newest: Option<Arc<VisibilitySnapshot>>,
    /// Changes since then are remembered. `None` before the first snapshot.
    since: Option<Timestamp>,
    /// When each user's rules changed, the oldest first, with the rules before.
    changes: VecDeque<(Timestamp, UserId, StatusVisibility)>,
    /// How much `changes` counts against [`MOST_REMEMBERED`].
    held: usize,
}

impl VisibilityCache {
    /// Returns the snapshot if it was read under this `version`.
    pub fn find(&self, version: u64) -> Option<Arc<VisibilitySnapshot>> {
        let read = self.read.read().unwrap_or_else(PoisonError::into_inner);
        read.at(version)?.clone()
    }

    /// Caches a snapshot that was read at `now`, after the version was `version`.
    pub fn keep(
        &self,
        version: u64,
        snapshot: VisibilitySnapshot,
        now: Timestamp,
    ) -> Arc<VisibilitySnapshot> {
        let snapshot = Arc::new(snapshot);
        let mut read = self.read.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = read.at_least(version, drop) {
            *kept = Some(snapshot.clone());
            let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
            past.follow(&snapshot, now);
        }
        snapshot
    }

    /// Returns the users whose status was hidden from `viewer` at some moment since `since` and is
    /// not now, or the reverse. `None` if that is not known: a setting changed, or the server
    /// started later.
    pub fn changed_for(&self, viewer: &UserId, since: Timestamp) -> Option<Vec<UserId>> {
        let past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = past.newest.as_ref()?;
        if past.since? > since {
            return None;
        }
        let recent = past
            .changes
            .iter()
            .filter(|(at, ..)| at.after(SLACK) >= since);
        let differs = recent.filter(|(_, user, before)| {
            before.hides(user, viewer, newest.switches) != newest.hides(user, viewer)
        });
        Some(differs.map(|(_, user, _)| user.clone()).collect())
    }
}

impl Past {
    fn follow(&mut self, snapshot: &Arc<VisibilitySnapshot>, now: Timestamp) {
        let before = self.newest.replace(snapshot.clone());
        let Some(before) = before.filter(|before| before.switches == snapshot.switches) else {
            self.changes.clear();
            self.held = 0;
            self.since = Some(now);
            return;
        };
        let open = StatusVisibility::default();
        let users = before.people.keys();
        let added = snapshot.people.keys();
        let added = added.filter(|user| !before.people.contains_key(*user));
        for user in users.chain(added) {
            let old = before.rules(user).unwrap_or(&open);
            if old != snapshot.rules(user).unwrap_or(&open) {
                self.held += weight(old);
                self.changes.push_back((now, user.clone(), old.clone()));
            }
        }
        while let Some((at, _, rules)) = self.changes.front() {
            // Longer than requests go back, so that the newest of them find every change.
            if self.held <= MOST_REMEMBERED && now.since(*at) < REMEMBERED * 2 {
                break;
            }
            self.since = self.since.max(Some(at.after(Duration::from_millis(1))));
            self.held -= weight(rules);
            self.changes.pop_front();
        }
    }
}

/// Returns how much a remembered change counts.
fn weight(rules: &StatusVisibility) -> usize {
    1 + rules.denied.len() + rules.denied_by_admin.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ON: VisibilitySwitches = VisibilitySwitches::ON;

    fn id(id: &str) -> UserId {
        UserId::new(id)
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    fn ann_denies(viewers: &[&str]) -> VisibilitySnapshot {
        let rules = StatusVisibility {
            denied: viewers.iter().copied().map(id).collect(),
            ..StatusVisibility::default()
        };
        VisibilitySnapshot::new(ON, [(id("ann"), rules)])
    }

    #[test]
    fn a_snapshot_hides_by_its_rules_and_settings() {
        let snapshot = ann_denies(&["bob"]);
        assert!(snapshot.hides(&id("ann"), &id("bob")));
        assert!(!snapshot.hides(&id("ann"), &id("cid")) && !snapshot.hides(&id("bob"), &id("ann")));
        let off = VisibilitySwitches {
            shows_status: false,
            ..ON
        };
        let nothing = VisibilitySnapshot::new(off, []);
        assert!(nothing.hides(&id("ann"), &id("bob")) && !nothing.hides(&id("bob"), &id("bob")));
    }

    #[test]
    fn a_changed_rule_is_remembered_for_those_it_concerns() {
        let cache = VisibilityCache::default();
        let changed = |viewer, since| cache.changed_for(&id(viewer), at(since));
        assert_eq!(changed("bob", 0), None, "before the first snapshot");
        cache.keep(1, ann_denies(&[]), at(10));
        assert_eq!(
            (changed("bob", 9), changed("bob", 10)),
            (None, Some(vec![]))
        );
        cache.keep(2, ann_denies(&["bob"]), at(20));
        for (viewer, since, expected) in [("bob", 21, 1), ("bob", 22, 0), ("cid", 10, 0)] {
            assert_eq!(
                changed(viewer, since).unwrap().len(),
                expected,
                "{viewer} {since}"
            );
        }
        cache.keep(3, ann_denies(&["cid"]), at(30));
        for (viewer, since, expected) in [("bob", 22, 1), ("bob", 20, 1), ("cid", 10, 2)] {
            assert_eq!(
                changed(viewer, since).unwrap().len(),
                expected,
                "{viewer} {since}"
            );
        }
        cache.keep(
            4,
            VisibilitySnapshot::new(
                VisibilitySwitches {
                    applies_own: false,
                    ..ON
                },
                [],
            ),
            at(40),
        );
        assert_eq!(
            (changed("bob", 30), changed("bob", 40)),
            (None, Some(vec![]))
        );
    }

    #[test]
    fn changes_of_long_lists_are_remembered_up_to_a_bound() {
        let cache = VisibilityCache::default();
        let names: Vec<_> = (0..99).map(|n| n.to_string()).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        for second in 0..402 {
            let denied: &[&str] = if second % 2 == 0 { &names } else { &[] };
            cache.keep(
                second,
                ann_denies(denied),
                at(i64::try_from(second).unwrap()),
            );
        }
        // Of each two changes, one remembers 99 users.
        let changed = |since| cache.changed_for(&id("0"), at(since));
        assert!(changed(3).is_none() && changed(10).is_some());
    }

    #[test]
    fn an_older_snapshot_is_not_kept() {
        let cache = VisibilityCache::default();
        cache.keep(2, ann_denies(&["bob"]), at(1));
        cache.keep(1, ann_denies(&[]), at(2));
        assert!(cache.find(1).is_none());
        assert!(cache.find(2).unwrap().hides(&id("ann"), &id("bob")));
    }
}
