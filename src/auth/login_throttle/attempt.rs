//! A login attempt, and the counters that it touches.

use super::known::{Known, Subject};
use crate::domain::network::Network;

/// One login attempt: its network, the typed name and the account.
#[derive(Debug, Clone, Copy)]
pub struct Attempt {
    pub(super) network: Network,
    pub(super) name: Option<Subject>,
    pub(super) account: Option<Subject>,
}

/// What a counter counts: failures from a network, of a subject, or of a subject from a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) network: Option<Network>,
    pub(super) subject: Option<Subject>,
}

impl Attempt {
    pub(super) fn is_known(&self, known: &Known) -> bool {
        let account = self.account;
        account.is_some_and(|account| known.contains(account, self.network))
    }

    /// The counters whose block is reported: those of the address and of the name that the client
    /// sent. The counter over all addresses is skipped where the account `is_known`.
    pub(super) fn announced(&self, is_known: bool) -> [Option<Key>; 3] {
        let address = Key {
            network: Some(self.network),
            subject: None,
        };
        let named = self.name.or(self.account);
        let [here, anywhere] = self.counters(named, is_known);
        [here, Some(address), anywhere]
    }

    /// The counters whose block is not reported: those of the account behind a typed name.
    pub(super) fn silent(&self, is_known: bool) -> [Option<Key>; 2] {
        self.counters(self.name.and(self.account), is_known)
    }

    /// The counters of a subject: from this network, and from anywhere.
    pub(super) fn counters(&self, subject: Option<Subject>, is_known: bool) -> [Option<Key>; 2] {
        let key = |network| subject.map(|_| Key { network, subject });
        let anywhere = if is_known { None } else { key(None) };
        [key(Some(self.network)), anywhere]
    }
}
