//! The login throttle: counts failed logins and blocks clients. Counters are kept in memory: losing
//! them on restart is better than letting failed logins fill the disk.
//!
//! Three limits apply at once: failures from a network, failures of one account from a network and,
//! over a longer time, failures of one account from anywhere. The last limit does not apply to
//! networks from which the account has logged in before; otherwise anyone could lock a user out.
//!
//! A failure counts under the name as typed and, if the name belongs to an account, under the
//! account as well. Username and email address therefore share a limit. Only a block of the typed
//! name is reported to the client. While an account is blocked through its other name, every
//! password is answered like a wrong one. Reporting that block would reveal which email address
//! belongs to which username.

mod attempt;
mod blocks;
mod known;
mod limit;

pub use attempt::Attempt;

use crate::auth::fixed_window::{Window, Windows};
use crate::config::Config;
use crate::domain::{Blocked, Error, Result, Timestamp, User, UserId, UserKey, Username};
use attempt::Key;
use known::{Known, Subject};
use limit::Limit;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Counts failed logins over a time span that starts with the first failure. Reaching the limit
/// blocks for the same span again.
pub struct LoginThrottle {
    per_user: Limit,
    per_address: Limit,
    per_account: Limit,
    hasher: RandomState,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    failures: Windows<Key>,
    known: Known,
}

impl LoginThrottle {
    /// Creates the throttle with the configured limits.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let limit = |failures, seconds: u32| Limit {
            failures,
            span: Duration::from_secs(seconds.into()),
        };
        let seconds = config.login_block_seconds;
        Self {
            per_user: limit(config.login_failures_per_user, seconds),
            per_address: limit(config.login_failures_per_address, seconds),
            per_account: limit(
                config.login_failures_per_account,
                config.login_account_block_seconds,
            ),
            hasher: RandomState::new(),
            state: Mutex::default(),
        }
    }

    /// Starts an attempt under a typed name, before the account is looked up.
    pub fn by_name(&self, address: IpAddr, name: &UserKey) -> Attempt {
        Attempt {
            network: address.into(),
            name: Some(self.name(name.as_str())),
            account: None,
        }
    }

    /// Starts an attempt of a known user, such as one to confirm the current password.
    pub fn by_account(&self, address: IpAddr, account: &UserId) -> Attempt {
        Attempt {
            network: address.into(),
            name: None,
            account: Some(self.account(account)),
        }
    }

    /// Starts an attempt that concerns no account, such as one to register.
    pub fn by_address(&self, address: IpAddr) -> Attempt {
        Attempt {
            network: address.into(),
            name: None,
            account: None,
        }
    }

    /// Returns the attempt after the name lookup; `None` when no account has the name.
    #[must_use]
    pub fn on(&self, attempt: Attempt, account: Option<&UserId>) -> Attempt {
        Attempt {
            account: account.map(|id| self.account(id)),
            ..attempt
        }
    }

    /// Checks whether an attempt is allowed. Call it before verifying the password. `succeeded` and
    /// `failed` check again: an attempt that was allowed before other attempts failed is refused
    /// after them, so parallel attempts gain nothing.
    ///
    /// # Errors
    /// `LoginBlocked` when there were too many failures.
    pub fn check(&self, attempt: &Attempt, now: Timestamp) -> Result<()> {
        self.refuse(&self.lock(), attempt, now)
    }

    /// Like [`check`](Self::check), but without looking up the account: the cheap part.
    ///
    /// # Errors
    /// `LoginBlocked`.
    pub fn check_address(&self, attempt: &Attempt, now: Timestamp) -> Result<()> {
        let state = self.lock();
        let mut blocks = attempt.announced(true).into_iter().flatten();
        blocks.try_for_each(|key| self.refuse_key(&state, key, now))
    }

    /// Records a correct password: clears the account's failures from this network and marks the
    /// network as known.
    ///
    /// # Errors
    /// `LoginBlocked`, regardless of the password, when there were too many failures meanwhile.
    /// `LoginRefused`, as for a wrong password, when the account is blocked through another name.
    pub fn succeeded(&self, attempt: &Attempt, now: Timestamp) -> Result<()> {
        let mut state = self.lock();
        self.refuse(&state, attempt, now)?;
        let is_blocked = |key| self.blocked_until(&state, key, now).is_some();
        let silent = attempt.silent(attempt.is_known(&state.known));
        if silent.into_iter().flatten().any(is_blocked) {
            self.count(&mut state, attempt, now);
            return Err(Error::LoginRefused);
        }
        for subject in [attempt.name, attempt.account] {
            let [here, _] = attempt.counters(subject, true);
            here.into_iter().for_each(|key| state.failures.remove(&key));
        }
        if let Some(account) = attempt.account {
            state.known.add(account, attempt.network, now);
        }
        Ok(())
    }

    /// Records a wrong password against the address, the name and the account.
    ///
    /// # Errors
    /// `LoginBlocked` when there were too many failures meanwhile; this failure is then not
    /// counted.
    pub fn failed(&self, attempt: &Attempt, now: Timestamp) -> Result<()> {
        let mut state = self.lock();
        self.refuse(&state, attempt, now)?;
        self.count(&mut state, attempt, now);
        Ok(())
    }

    /// Records that `account` authenticated from `address` by other means than a password.
    pub fn recognise(&self, address: IpAddr, account: &UserId, now: Timestamp) {
        let account = self.account(account);
        self.lock().known.add(account, address.into(), now);
    }

    /// Returns how many addresses of an account to load; `None` when they are already loaded.
    pub fn addresses_to_load(&self, account: &UserId) -> Option<usize> {
        let is_loaded = self.lock().known.is_loaded(self.account(account));
        (!is_loaded).then_some(known::NETWORKS)
    }

    /// Records the addresses of the stored logins of `account`, newest first.
    pub fn load_addresses(&self, account: &UserId, stored: Vec<(IpAddr, Timestamp)>) {
        let account = self.account(account);
        let networks = stored.into_iter().map(|(at, used_at)| (at.into(), used_at));
        self.lock().known.load(account, networks);
    }

    /// Lifts every block of this user's names, from all addresses.
    pub fn unblock(&self, user: &User) {
        let subjects: Vec<_> = self.subjects(user).collect();
        let is_other = |key: &Key| key.subject.is_none_or(|one| !subjects.contains(&one));
        self.lock().failures.retain(is_other);
    }

    /// Clears all failures and known networks.
    pub fn forget(&self) {
        let mut state = self.lock();
        state.failures.clear();
        state.known.clear();
    }

    fn refuse(&self, state: &State, attempt: &Attempt, now: Timestamp) -> Result<()> {
        let announced = attempt.announced(attempt.is_known(&state.known));
        let mut announced = announced.into_iter().flatten();
        announced.try_for_each(|key| self.refuse_key(state, key, now))
    }

    fn refuse_key(&self, state: &State, key: Key, now: Timestamp) -> Result<()> {
        let Some(until) = self.blocked_until(state, key, now) else {
            return Ok(());
        };
        let blocked = match key.subject {
            Some(_) => Blocked::User,
            None => Blocked::Address,
        };
        Err(Error::LoginBlocked { blocked, until })
    }

    fn blocked_until(&self, state: &State, key: Key, now: Timestamp) -> Option<Timestamp> {
        let failures = state.failures.find(&key)?;
        let limit = self.limit(&key);
        (limit.is_full(&failures) && !limit.is_over(&failures, now))
            .then(|| failures.last.after(limit.span))
    }

    /// Counts under every key that is not blocked, so that a block is never extended.
    fn count(&self, state: &mut State, attempt: &Attempt, now: Timestamp) {
        let is_known = attempt.is_known(&state.known);
        let (announced, silent) = (attempt.announced(is_known), attempt.silent(is_known));
        let keys = announced.into_iter().chain(silent).flatten();
        let keys: Vec<_> = keys.collect();
        // Those furthest from a block are evicted first, and the least recently changed among
        // equals: a flood of new names never lifts a block.
        state.failures.make_room(keys.len(), |key, failures| {
            let limit = self.limit(key);
            (!limit.is_over(failures, now)).then(|| (limit.percent(failures), failures.last))
        });
        for key in keys {
            if self.blocked_until(state, key, now).is_none() {
                let limit = self.limit(&key);
                let is_over = |failures: &Window| limit.is_over(failures, now);
                state.failures.count(key, now, limit.span, is_over);
            }
        }
    }

    fn limit(&self, key: &Key) -> Limit {
        match key {
            Key { network: None, .. } => self.per_account,
            Key { subject: None, .. } => self.per_address,
            _ => self.per_user,
        }
    }

    /// Returns everything that failures of this user count against.
    fn subjects(&self, user: &User) -> impl Iterator<Item = Subject> + use<> {
        let email = user.email.as_ref().map(|email| self.name(email.as_str()));
        let subjects = [self.account(&user.id), self.name(user.username.as_str())];
        subjects.into_iter().chain(email)
    }

    fn name(&self, name: &str) -> Subject {
        Subject(self.hasher.hash_one(("name", Username::key(name))))
    }

    fn account(&self, id: &UserId) -> Subject {
        Subject(self.hasher.hash_one(("account", id.as_str())))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
