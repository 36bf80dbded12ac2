//! Connection slots: how many connections are open, in total and per address, and which one is
//! closed when there is no room. A connection with a valid login is never closed for a new one.
//! Without a login, the longest idle one is closed first. Clients without a login therefore cannot
//! lock out those with one.

use super::budget::{ByteBudget, Reserved};
use super::throttle::Throttle;
use crate::domain::network::Network;
use crate::transport::idle::IdleTimer;
use ipnet::IpNet;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout};

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
/// How long a request without a login is protected from eviction: longer than a login takes.
const REQUEST_GRACE: Duration = Duration::from_secs(5);
/// How long an idle connection is protected from eviction, so that a new one can send its token.
const IDLE_GRACE: Duration = Duration::from_secs(1);
/// How often to look for room while there is none.
const INTERVAL: Duration = Duration::from_millis(50);
/// How long a client waits for bytes that others must release.
const BYTES_TIMEOUT: Duration = Duration::from_secs(1);

/// The number of connections that count as a crowd: once it has left, its memory is worth
/// returning.
const CROWD: usize = 256;

/// All open connections.
pub struct Slots {
    free: Arc<Semaphore>,
    /// `None`: no limit.
    per_network: Option<usize>,
    exempt: Vec<IpNet>,
    http: ByteBudget,
    bodies: ByteBudget,
    answers: ByteBudget,
    open: Mutex<Open>,
    evictions: Throttle,
    crowd_left: Notify,
}

#[derive(Default)]
struct Open {
    next: u64,
    /// The highest number since a crowd left.
    most: usize,
    clients: HashMap<u64, Arc<Client>>,
    networks: HashMap<Network, usize>,
}

/// The slot of an open connection, released when dropped.
pub(crate) struct Slot {
    slots: Arc<Slots>,
    id: u64,
    client: Arc<Client>,
    permit: Option<OwnedSemaphorePermit>,
}

/// The state of an open connection's client.
pub struct Client {
    has_login: AtomicBool,
    opened: Instant,
    turn: IdleTimer,
    /// `None` if its connections are not counted.
    network: Option<Network>,
    bodies: ByteBudget,
    answers: ByteBudget,
    /// Bytes counted against the budget until login.
    held: Mutex<Option<Reserved>>,
    task: Mutex<Task>,
}

/// The task that runs the connection.
#[derive(Default)]
enum Task {
    #[default]
    NotYet,
    Running(AbortHandle),
    Evicted,
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
        let client = Arc::new(Client::new(network, self));
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

impl Open {
    /// Returns the connection without a login that can best be spared: from the network with the
    /// most connections, the longest idle one, otherwise the oldest. A crowd from one address
    /// therefore never evicts another address. `None` while that connection is protected.
    fn victim(&self, is_meant: impl Fn(&Client) -> bool) -> Option<Arc<Client>> {
        let rank = |client: &Client| {
            let network = client.network.and_then(|n| self.networks.get(&n));
            let crowd = Reverse(network.copied().unwrap_or_default());
            match client.turn.idle_since() {
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
        if open.most >= CROWD && open.clients.len() < open.most / 4 {
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

impl Client {
    fn new(network: Option<Network>, slots: &Slots) -> Self {
        Self {
            has_login: AtomicBool::new(false),
            opened: Instant::now(),
            turn: IdleTimer::of_client(),
            network,
            bodies: slots.bodies.clone(),
            answers: slots.answers.clone(),
            held: Mutex::default(),
            task: Mutex::default(),
        }
    }

    /// Records that the client has shown a valid login.
    pub fn logged_in(&self) {
        if !self.has_login() {
            self.has_login.store(true, Ordering::Relaxed);
            self.release();
        }
    }

    /// Records that the client has no login any more.
    pub fn logged_out(&self) {
        self.has_login.store(false, Ordering::Relaxed);
    }

    /// Returns whether the client has shown a valid login.
    #[must_use]
    pub fn has_login(&self) -> bool {
        self.has_login.load(Ordering::Relaxed)
    }

    /// The budget for large bodies and frames of all clients without a login.
    #[must_use]
    pub fn anonymous_bodies(&self) -> &ByteBudget {
        &self.bodies
    }

    /// The budget that large responses to all clients share.
    #[must_use]
    pub fn answers(&self) -> &ByteBudget {
        &self.answers
    }

    /// Releases the HTTP bytes, when another protocol takes over.
    pub(crate) fn release(&self) {
        drop(self.held().take());
    }

    /// Sets the task that runs the connection. Aborts it at once if the connection was evicted
    /// meanwhile.
    pub(crate) fn runs_in(&self, task: AbortHandle) {
        let mut current = self.task();
        match *current {
            Task::Evicted => task.abort(),
            _ => *current = Task::Running(task),
        }
    }

    /// Returns the client's idle timer.
    pub(crate) fn turn(&self) -> &IdleTimer {
        &self.turn
    }

    fn is_evictable(&self) -> bool {
        !self.has_login() && matches!(*self.task(), Task::Running(_))
    }

    fn evict(&self) -> bool {
        match std::mem::replace(&mut *self.task(), Task::Evicted) {
            Task::Running(task) => task.abort(),
            Task::NotYet | Task::Evicted => return false,
        }
        true
    }

    fn held(&self) -> MutexGuard<'_, Option<Reserved>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn task(&self) -> MutexGuard<'_, Task> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use tokio::task::JoinHandle;

    /// A connection that never completes.
    async fn open(slots: &Arc<Slots>, address: &str) -> Option<(Arc<Client>, JoinHandle<()>)> {
        let mut slot = slots.register(address.parse().unwrap())?;
        slot.wait_for_room().await;
        let client = slot.client().clone();
        let task = tokio::spawn(async move {
            let _slot = slot;
            pending().await
        });
        client.runs_in(task.abort_handle());
        tokio::time::advance(Duration::from_millis(1)).await;
        Some((client, task))
    }

    async fn has_ended(task: JoinHandle<()>) -> bool {
        tokio::task::yield_now().await;
        task.is_finished()
    }

    #[tokio::test(start_paused = true)]
    async fn connections_per_network_are_limited_except_for_exempt_networks() {
        let exempt = vec!["10.0.0.0/8".parse().unwrap()];
        let slots = Slots::new(100, Some(2), exempt);
        let mut kept = Vec::new();
        for (address, is_open) in [
            ("192.0.2.1", true),
            ("::ffff:192.0.2.1", true),
            ("192.0.2.1", false),
            ("192.0.2.2", true),
            ("2001:db8::1", true),
            ("2001:db8::2", true),
            ("2001:db8::3", false),
            ("2001:db8:0:1::", true),
            ("10.0.0.1", true),
            ("10.0.0.1", true),
            ("::ffff:10.0.0.1", true),
        ] {
            let opened = open(&slots, address).await;
            assert_eq!(opened.is_some(), is_open, "{address}");
            kept.extend(opened);
        }
        let (_, first) = kept.swap_remove(0);
        first.abort();
        assert!(has_ended(first).await);
        assert!(open(&slots, "192.0.2.1").await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_connection_evicts_the_longest_idle_client_without_a_login() {
        let slots = Slots::new(3, None, Vec::new());
        let (with_login, first) = open(&slots, "192.0.2.1").await.unwrap();
        with_login.logged_in();
        let (asks_again, second) = open(&slots, "192.0.2.1").await.unwrap();
        let (_, third) = open(&slots, "192.0.2.1").await.unwrap();
        asks_again.turn().take();
        asks_again.turn().give_back();
        let (_, fourth) = open(&slots, "192.0.2.2").await.unwrap();
        assert!(has_ended(third).await);
        for kept in [first, second, fourth] {
            assert!(!has_ended(kept).await);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_crowd_from_one_address_evicts_no_other_address() {
        let slots = Slots::new(5, None, Vec::new());
        let (_, alone) = open(&slots, "192.0.2.1").await.unwrap();
        let mut crowd = Vec::new();
        for _ in 0..100 {
            crowd.extend(open(&slots, "192.0.2.2").await);
        }
        assert!(!has_ended(alone).await);
        let open = crowd.iter().filter(|(_, task)| !task.is_finished());
        assert_eq!(open.count(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_without_a_login_is_protected_for_five_seconds() {
        let slots = Slots::new(1, None, Vec::new());
        let (busy, task) = open(&slots, "192.0.2.1").await.unwrap();
        busy.turn().take();
        let began = Instant::now();
        open(&slots, "192.0.2.2").await.unwrap();
        assert!(has_ended(task).await);
        assert_eq!(began.elapsed().as_secs(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn clients_with_a_login_are_not_evicted() {
        let slots = Slots::new(1, None, Vec::new());
        let (client, task) = open(&slots, "192.0.2.1").await.unwrap();
        client.logged_in();
        let newcomer = open(&slots, "192.0.2.2");
        assert!(timeout(Duration::from_secs(600), newcomer).await.is_err());
        assert!(!has_ended(task).await);
    }

    #[tokio::test(start_paused = true)]
    async fn http_without_a_login_is_bounded_in_bytes_and_evicts_the_longest_idle() {
        let slots = Slots::new(100_000, None, Vec::new());
        let most = HTTP_BUDGET / HTTP_BYTES;
        let mut all = Vec::new();
        for _ in 0..most {
            let mut slot = slots.register("192.0.2.1".parse().unwrap()).unwrap();
            slot.wait_for_room().await;
            assert!(slot.reserve_http().await);
            all.push(slot);
        }
        assert_eq!(slots.http.free(), 0);
        let newcomer = slots.register("192.0.2.1".parse().unwrap()).unwrap();
        assert!(
            !newcomer.reserve_http().await,
            "no client releases bytes in time"
        );
        all[7].client().logged_in();
        assert!(newcomer.reserve_http().await, "a login releases them");
        drop(all);
        drop(newcomer);
        assert_eq!(slots.http.free(), HTTP_BUDGET);
        let open = slots.open();
        assert!(open.clients.is_empty() && open.networks.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn each_leaving_crowd_is_reported_but_not_a_few_connections() {
        let slots = Slots::new(10_000, None, Vec::new());
        let address = "192.0.2.1".parse().unwrap();
        let has_left = async || {
            let left = slots.crowd_left();
            timeout(Duration::from_secs(1), left).await.is_ok()
        };
        for (crowd, staying, expected) in [
            (CROWD - 1, 0, false),
            (CROWD, CROWD / 4, false),
            (CROWD, CROWD / 4 - 1, true),
            (9_500, 0, true),
            (CROWD, 0, true),
        ] {
            let mut all: Vec<_> = (0..crowd).map(|_| slots.register(address)).collect();
            all.truncate(staying);
            assert_eq!(has_left().await, expected, "{crowd} {staying}");
            drop(all);
            has_left().await;
            slots.open().most = 0;
        }
    }
}
