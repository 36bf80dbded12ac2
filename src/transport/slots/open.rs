//! The open connections, and which of them is closed when there is no room.

use super::client::Client;
use crate::domain::network::Network;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// How long a request without a login is protected from eviction: longer than a login takes.
const REQUEST_GRACE: Duration = Duration::from_secs(5);
/// How long an idle connection is protected from eviction, so that a new one can send its token.
const IDLE_GRACE: Duration = Duration::from_secs(1);
/// The open connections, in total and per network.
#[derive(Default)]
pub(super) struct Open {
    pub(super) next: u64,
    /// The highest number since a crowd left.
    pub(super) most: usize,
    pub(super) clients: HashMap<u64, Arc<Client>>,
    pub(super) networks: HashMap<Network, usize>,
}

impl Open {
    /// Returns the connection without a login that can best be spared: from the network with the
    /// most connections, the longest idle one, otherwise the oldest. A crowd from one address
    /// therefore never evicts another address. `None` while that connection is protected.
    pub(super) fn victim(&self, is_meant: impl Fn(&Client) -> bool) -> Option<Arc<Client>> {
        let rank = |client: &Client| {
            let network = client.network.and_then(|n| self.networks.get(&n));
            let crowd = Reverse(network.copied().unwrap_or_default());
            match client.timer().idle_since() {
                Some(since) => (crowd, false, since),
                None => (crowd, true, client.opened),
            }
        };
        let clients = self.clients.values();
        let clients = clients.filter(|client| client.is_evictable() && is_meant(client));
        let ranked = clients.map(|client| (rank(client), client));
        let ((_, is_asking, since), victim) = ranked.min_by_key(|(rank, _)| *rank)?;
        let grace = if is_asking { REQUEST_GRACE } else { IDLE_GRACE };
        (since.elapsed() >= grace).then(|| victim.clone())
    }
}
