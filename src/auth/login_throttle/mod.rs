//! The login throttle: failed logins and whom they block. Kept in memory, since a restart that
//! forgives is better than a disk that fills. Does not know passwords.
//!
//! Three limits count at once: failures from a network, failures of one account from a network, and,
//! over a longer time, failures of one account from anywhere. The last one does not apply to networks
//! from which the account has logged in before: otherwise anybody could lock a colleague out.
//!
//! A failure counts under the name as it was typed and, where the name is an account's, under the
//! account, so that username and email address share a limit. Only the typed name's block is
//! announced. While an account is blocked through its other name, every password is answered as a
//! wrong one: an announcement would tell which email address belongs to which username.

mod known;
mod table;

use crate::config::Config;
use crate::domain::network::Network;
use crate::domain::{Blocked, Error, Result, Timestamp, User, UserId, UserKey, Username};
use known::Known;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use table::{Failures, Key, Subject, Table};

/// Counts failed logins over a span of time that begins with the first. The one that is too many
/// blocks for as long again.
pub struct LoginThrottle {
    per_user: Limit,
    per_address: Limit,
    per_account: Limit,
    hasher: RandomState,
    state: Mutex<State>,
}

/// So many failures within this time.
#[derive(Debug, Clone, Copy)]
struct Limit {
    failures: u32,
    span: Duration,
}

#[derive(Default)]
struct State {
    failures: Table,
    known: Known,
}

/// One attempt to prove a password: from where, under which name, on which account.
#[derive(Debug, Clone, Copy)]
pub struct Attempt {
    network: Network,
    name: Option<Subject>,
    account: Option<Subject>,
}

impl LoginThrottle {
    /// With the limits of the settings.
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

    /// An attempt under a typed name, before it is known whose that is.
    pub fn by_name(&self, address: IpAddr, name: &UserKey) -> Attempt {
        Attempt {
            network: address.into(),
            name: Some(self.name(name.as_str())),
            account: None,
        }
    }

    /// An attempt of somebody who is known already, such as one to confirm the current password.
    pub fn by_account(&self, address: IpAddr, account: &UserId) -> Attempt {
        Attempt {
            network: address.into(),
            name: None,
            account: Some(self.account(account)),
        }
    }

    /// The same attempt, once the name was looked up; `None` when it is nobody's.
    #[must_use]
    pub fn on(&self, attempt: Attempt, account: Option<&UserId>) -> Attempt {
        Attempt {
            account: account.map(|id| self.account(id)),
            ..attempt
        }
    }

    /// Whether an attempt may be made. Asked before the password is looked at, and again by the other
    /// two afterwards: what was allowed before others failed is not judged after them, so that many
    /// attempts at once are worth no more than one after the other.
    ///
    /// # Errors
    /// `LoginBlocked` when there were too many failures.
    pub fn check(&self, attempt: &Attempt, now: Timestamp) -> Result<()> {
        self.refuse(&self.lock(), attempt, now)
    }

    /// As [`check`](Self::check), by what needs no look at the account: the cheap part.
    ///
    /// # Errors
    /// `LoginBlocked`.
    pub fn check_address(&self, attempt: &Attempt, now: Timestamp) -> Result<()> {
        let state = self.lock();
        let mut blocks = attempt.announced(true).into_iter().flatten();
        blocks.try_for_each(|key| self.refuse_key(&state, key, now))
    }

    /// The password was right: the account is forgiven here, and known here from now on.
    ///
    /// # Errors
    /// `LoginBlocked`, without a word on the password, when there were too many failures meanwhile;
    /// `LoginRefused`, as for a wrong password, when the account is blocked through another name.
    pub fn succeeded(&self, attempt: &Attempt, now: Timestamp) -> Result<()> {
        let mut state = self.lock();
        self.refuse(&state, attempt, now)?;
        let is_blocked = |key| self.blocked_until(&state, key, now).is_some();
        let silent = attempt.silent(attempt.is_known(&state));
        if silent.into_iter().flatten().any(is_blocked) {
            self.count(&mut state, attempt, now);
            return Err(Error::LoginRefused);
        }
        for subject in [attempt.name, attempt.account] {
            let [here, _] = attempt.counters(subject, true);
            here.into_iter().for_each(|key| state.failures.remove(key));
        }
        if let Some(account) = attempt.account {
            state.known.add(account, attempt.network, now);
        }
        Ok(())
    }

    /// The password was wrong: counts against the address, the name and the account.
    ///
    /// # Errors
    /// `LoginBlocked` when there were too many failures meanwhile; then this one does not count.
    pub fn failed(&self, attempt: &Attempt, now: Timestamp) -> Result<()> {
        let mut state = self.lock();
        self.refuse(&state, attempt, now)?;
        self.count(&mut state, attempt, now);
        Ok(())
    }

    /// Notes that `account` has proved from `address` who it is by other means than a password.
    pub fn recognise(&self, address: IpAddr, account: &UserId, now: Timestamp) {
        let account = self.account(account);
        self.lock().known.add(account, address.into(), now);
    }

    /// How many addresses of an account are worth loading; `None` when they were loaded before.
    pub fn addresses_to_load(&self, account: &UserId) -> Option<usize> {
        let is_loaded = self.lock().known.is_loaded(self.account(account));
        (!is_loaded).then_some(known::NETWORKS)
    }

    /// Notes from where the stored logins of `account` came, newest first.
    pub fn load_addresses(&self, account: &UserId, stored: Vec<(IpAddr, Timestamp)>) {
        let account = self.account(account);
        let networks = stored.into_iter().map(|(at, used_at)| (at.into(), used_at));
        self.lock().known.load(account, networks);
    }

    /// Lifts every block of this user's names, from all addresses.
    pub fn unblock(&self, user: &User) {
        let email = user.email.as_ref().map(|email| self.name(email.as_str()));
        let subjects = [self.account(&user.id), self.name(user.username.as_str())];
        let subjects: Vec<_> = subjects.into_iter().chain(email).collect();
        self.lock().failures.remove_subjects(&subjects);
    }

    /// Forgets every failure.
    pub fn forget(&self) {
        let mut state = self.lock();
        state.failures.clear();
        state.known.clear();
    }

    fn refuse(&self, state: &State, attempt: &Attempt, now: Timestamp) -> Result<()> {
        let announced = attempt.announced(attempt.is_known(state));
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
        let failures = state.failures.find(key)?;
        let limit = self.limit(&key);
        (limit.is_full(&failures) && !limit.is_over(&failures, now))
            .then(|| failures.last.after(limit.span))
    }

    /// Counts under every key that is not blocked: a block is never put off.
    fn count(&self, state: &mut State, attempt: &Attempt, now: Timestamp) {
        let is_known = attempt.is_known(state);
        let (announced, silent) = (attempt.announced(is_known), attempt.silent(is_known));
        let keys = announced.into_iter().chain(silent).flatten();
        let keys: Vec<_> = keys.collect();
        state.failures.make_room(keys.len(), |key, failures| {
            let limit = self.limit(key);
            (!limit.is_over(failures, now)).then(|| limit.percent(failures))
        });
        for key in keys {
            if self.blocked_until(state, key, now).is_none() {
                let limit = self.limit(&key);
                let is_over = |failures: &Failures| limit.is_over(failures, now);
                state.failures.count(key, now, is_over);
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

impl Limit {
    fn is_full(&self, failures: &Failures) -> bool {
        failures.count >= self.failures
    }

    fn is_over(&self, failures: &Failures, now: Timestamp) -> bool {
        let began = if self.is_full(failures) {
            failures.last
        } else {
            failures.since
        };
        now < began || now.since(began) >= self.span
    }

    /// How near a counter is to a block.
    fn percent(&self, failures: &Failures) -> u32 {
        let percent = u64::from(failures.count) * 100 / u64::from(self.failures.max(1));
        u32::try_from(percent).unwrap_or(u32::MAX)
    }
}

impl Attempt {
    fn is_known(&self, state: &State) -> bool {
        let account = self.account;
        account.is_some_and(|account| state.known.contains(account, self.network))
    }

    /// The counters whose block is told: of the address, and of what the client calls itself. Those
    /// over all addresses do not apply where the account `is_known`.
    fn announced(&self, is_known: bool) -> [Option<Key>; 3] {
        let address = Key {
            network: Some(self.network),
            subject: None,
        };
        let named = self.name.or(self.account);
        let [here, anywhere] = self.counters(named, is_known);
        [here, Some(address), anywhere]
    }

    /// The counters whose block is not told: those of the account behind a typed name.
    fn silent(&self, is_known: bool) -> [Option<Key>; 2] {
        self.counters(self.name.and(self.account), is_known)
    }

    /// The counters of a subject: from here, and from anywhere.
    fn counters(&self, subject: Option<Subject>, is_known: bool) -> [Option<Key>; 2] {
        let key = |network| subject.map(|_| Key { network, subject });
        let anywhere = if is_known { None } else { key(None) };
        [key(Some(self.network)), anywhere]
    }
}

#[cfg(test)]
mod tests;
