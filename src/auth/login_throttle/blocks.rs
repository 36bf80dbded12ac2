//! Which users are blocked now, for administrators.

use super::LoginThrottle;
use super::known::Subject;
use crate::domain::{Timestamp, User, UserId};
use std::collections::HashMap;

impl LoginThrottle {
    /// Returns when the block of each blocked one of `users` ends: the latest, if logins are refused
    /// from several addresses. An unblock that no refused login has applied yet counts already.
    pub fn blocks(&self, users: &[User], now: Timestamp) -> HashMap<UserId, Timestamp> {
        let owners: HashMap<Subject, &User> = users
            .iter()
            .flat_map(|user| self.subjects(user).map(move |subject| (subject, user)))
            .collect();
        let mut blocks = HashMap::new();
        for (key, failures) in self.lock().failures.iter() {
            let limit = self.limit(key);
            let owner = key.subject.and_then(|subject| owners.get(&subject));
            let Some(user) = owner.filter(|_| limit.is_full(failures)) else {
                continue;
            };
            let is_lifted = user.profile.unblocked_at >= Some(failures.last);
            if !is_lifted && !limit.is_over(failures, now) {
                let until = failures.last.after(limit.span);
                let known = blocks.entry(user.id.clone()).or_insert(until);
                *known = until.max(*known);
            }
        }
        blocks
    }
}
