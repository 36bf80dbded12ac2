//! Connection slots: how many connections are open, in total and per address, and which one is
//! closed when there is no room. A connection with a valid login is never closed for a new one.
//! Without a login, the longest idle one is closed first. Clients without a login therefore cannot
//! lock out those with one.

mod client;
mod open;

pub use client::Client;

use super::budget::ByteBudget;
use super::throttle::Throttle;
use crate::domain::network::Network;
use ipnet::IpNet;
use open::Open;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Bytes for all HTTP connections without a login.
const HTTP_BUDGET: usize = 16 * 1024 * 1024;
/// Bytes counted per such connection: hyper's buffer, its state and a task.
const HTTP_BYTES: usize = 16 * 1024;
/// Bytes for large bodies and frames of clients without a login. Separate from [`HTTP_BUDGET`], so
/// that large bodies leave room for logins, which are small.
const BODY_BUDGET: usize = 8 * 1024 * 1024;
/// Bytes for large responses until their readers have received them.
const ANSWER_BUDGET: usize = 64 * 1024 * 1024;
/// The size above which a response or a frame counts as large.
pub(crate) const LARGE_ANSWER: usize = 128 * 1024;
/// How often to look for room while there is none.
const INTERVAL: Duration = Duration::from_millis(50);
/// How long a client waits for bytes that others must release.
const BYTES_TIMEOUT: Duration = Duration::from_secs(1);

/// The number of connections that count as a burst. After a burst closes, its memory is worth
/// returning.
const BURST_CONNECTIONS: usize = 256;

/// All open connections.
pub struct Slots {
    free: Arc<Semaphore>,
    /// Maximum connections per network. `None` means no limit.
    per_network: Option<usize>,
    exempt: Vec<IpNet>,
    http: ByteBudget,
    bodies: ByteBudget,
    answers: ByteBudget,
    open: Mutex<Open>,
    evictions: Throttle,
    crowd_left: Notify,
}

/// The slot of an open connection, released when dropped.
pub(crate) struct Slot {
    slots: Arc<Slots>,
    id: u64,
    client: Arc<Client>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Slots {
    /// Creates slots for `total` connections, and `per_network` from one network (`None`: no limit)
    /// except the `exempt` ones.
    #[must_use]
    pub fn new(total: usize, per_network: Option<usize>, exempt: Vec<IpNet>) -> Arc<Self> {
        Arc::new(Self {
            free: Arc::new(Semaphore::new(total)),
            per_network,
            exempt,
            http: ByteBudget::new(HTTP_BUDGET),
            bodies: ByteBudget::new(BODY_BUDGET),
            answers: ByteBudget::new(ANSWER_BUDGET),
            open: Mutex::default(),
            evictions: Throttle::default(),
            crowd_left: Notify::new(),
        })
    }

    /// Registers a connection from `address`. `None` if its network is at its limit.
    pub(crate) fn register(self: &Arc<Self>, address: IpAddr) -> Option<Slot> {
        let address = address.to_canonical();
        let is_exempt = self.exempt.iter().any(|network| network.contains(&address));
        let network = (!is_exempt).then(|| Network::from(address));
        let client = Arc::new(Client::new(
            network,
            self.bodies.clone(),
            self.answers.clone(),
        ));
        let mut open = self.open();
        if let Some(network) = network {
            let count = open.networks.entry(network).or_default();
            if self.per_network.is_some_and(|most| *count >= most) {
                return None;
            }
            *count += 1;
        }
        let id = open.next;
        open.next += 1;
        open.clients.insert(id, client.clone());
        open.most = open.most.max(open.clients.len());
        Some(Slot {
            slots: self.clone(),
            id,
            client,
            permit: None,
        })
    }

    /// Waits until three quarters of a crowd have left since the last call.
    pub(crate) async fn crowd_left(&self) {
        self.crowd_left.notified().await;
    }

    /// Closes the connection that can best be spared. Returns whether there was one.
    pub(crate) fn evict(&self) -> bool {
        let victim = self.open().victim(|_| true);
        let is_evicted = victim.is_some_and(|client| client.evict());
        if is_evicted && let Some(left_out) = self.evictions.count() {
            tracing::warn!(
                left_out,
                "connection limit reached: closing idle connections without a login"
            );
        }
        is_evicted
    }

    /// Like [`evict`](Self::evict), among connections that hold bytes of the HTTP budget.
    fn evict_holder(&self) {
        let victim = self.open().victim(|client| client.held().is_some());
        if let Some(client) = victim {
            client.evict();
        }
    }

    /// Returns the number of open connections.
    #[must_use]
    pub fn count(&self) -> usize {
        self.open().clients.len()
    }

    /// The budget that large responses to all clients share.
    #[must_use]
    pub fn answers(&self) -> &ByteBudget {
        &self.answers
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    /// Waits until there is a free slot, which may evict another connection.
    pub(crate) async fn wait_for_room(&mut self) {
        loop {
            let free = self.slots.free.clone();
            if let Ok(permit) = free.clone().try_acquire_owned() {
                self.permit = Some(permit);
                return;
            }
            self.slots.evict();
            if let Ok(Ok(permit)) = timeout(INTERVAL, free.acquire_owned()).await {
                self.permit = Some(permit);
                return;
            }
        }
    }

    /// Returns the client's state.
    pub(crate) fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// Reserves the bytes of an HTTP connection without a login. Returns `false` if there are none.
    pub(crate) async fn reserve_http(&self) -> bool {
        let budget = &self.slots.http;
        let reserved = match budget.try_reserve(HTTP_BYTES) {
            Some(reserved) => Some(reserved),
            None => {
                self.slots.evict_holder();
                budget.reserve(HTTP_BYTES, BYTES_TIMEOUT).await
            }
        };
        let is_reserved = reserved.is_some();
        *self.client.held() = reserved;
        is_reserved
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.slots.open();
        open.clients.remove(&self.id);
        if let Some(network) = self.client.network
            && let Some(count) = open.networks.get_mut(&network)
        {
            *count -= 1;
            if *count == 0 {
                open.networks.remove(&network);
            }
        }
        if open.most >= BURST_CONNECTIONS && open.clients.len() < open.most / 4 {
            open.most = open.clients.len();
            self.slots.crowd_left.notify_one();
        }
        // Release memory after a connection storm.
        if open.clients.len() < open.clients.capacity() / 4 {
            let len = open.clients.len();
            open.clients.shrink_to(2 * len + 64);
            open.networks.shrink_to(64);
        }
    }
}

#[cfg(test)]
mod tests;
