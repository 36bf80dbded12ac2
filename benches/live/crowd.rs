//! Many subscribers at once, and when each of them receives a change. They run on their own thread,
//! so that creating changes does not wait for receiving them.

use super::subscriber::{Subscriber, Target};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

/// How long the subscribers may take to connect, or to receive a change.
const TIMEOUT: Duration = Duration::from_secs(60);

/// All subscribers.
pub struct Crowd {
    size: usize,
    received: mpsc::UnboundedReceiver<Instant>,
    shared: Arc<Shared>,
    /// Dropping it ends all subscribers.
    _thread: oneshot::Sender<()>,
}

#[derive(Default)]
struct Shared {
    /// Whether receive times are recorded.
    armed: AtomicBool,
    /// Connections that the server has closed.
    cut: AtomicUsize,
}

impl Crowd {
    /// Connects `size` subscribers at the same time.
    ///
    /// # Errors
    /// One line when one of them cannot connect.
    pub async fn gather(target: Target, size: usize) -> Result<Self, String> {
        let ((sender, received), shared) = (mpsc::unbounded_channel(), Arc::<Shared>::default());
        let (thread, ended) = oneshot::channel::<()>();
        let (ready, gathered) = oneshot::channel();
        let listening = {
            let shared = shared.clone();
            async move {
                let arrived = arrive(&target, size).await;
                let subscribers = match arrived {
                    Ok(subscribers) => subscribers,
                    Err(reason) => return drop(ready.send(Err(reason))),
                };
                let _ = ready.send(Ok(()));
                let mut all = JoinSet::new();
                for subscriber in subscribers {
                    all.spawn(listen(subscriber, sender.clone(), shared.clone()));
                }
                let _ = ended.await;
            }
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = runtime.map_err(|e| e.to_string())?;
        std::thread::spawn(move || runtime.block_on(listening));
        gathered.await.map_err(|e| e.to_string())??;
        Ok(Self {
            size,
            received,
            shared,
            _thread: thread,
        })
    }

    /// Starts recording when each subscriber receives a change.
    pub fn arm(&mut self) {
        while self.received.try_recv().is_ok() {}
        self.shared.armed.store(true, Ordering::Relaxed);
    }

    /// Returns when each subscriber received the one change since.
    ///
    /// # Errors
    /// One line when a subscriber does not receive it.
    pub async fn received(&mut self) -> Result<Vec<Instant>, String> {
        let mut all = Vec::with_capacity(self.size);
        let all_received = async {
            while all.len() < self.size {
                all.extend(self.received.recv().await);
            }
        };
        let in_time = timeout(TIMEOUT, all_received).await;
        self.shared.armed.store(false, Ordering::Relaxed);
        let size = self.size;
        in_time
            .map_err(|_| format!("{} of {size} subscribers have received a change", all.len()))?;
        Ok(all)
    }

    /// Ends all subscribers and returns how many of them the server had closed before.
    pub fn disperse(self) -> usize {
        self.shared.cut.load(Ordering::Relaxed)
    }
}

/// Connects `size` subscribers and returns them once all are connected.
async fn arrive(target: &Target, size: usize) -> Result<Vec<Subscriber>, String> {
    let mut arriving = JoinSet::new();
    for _ in 0..size {
        let target = target.clone();
        arriving.spawn(async move { Subscriber::open(&target).await });
    }
    let mut arrived = Vec::with_capacity(size);
    let all = async {
        while let Some(one) = arriving.join_next().await {
            arrived.push(one.map_err(|e| e.to_string())?.map_err(|e| e.to_string())?);
        }
        Ok::<_, String>(())
    };
    let in_time = timeout(TIMEOUT, all).await;
    let in_time = in_time.unwrap_or_else(|_| Err("not in time".to_owned()));
    in_time.map_err(|e| format!("{} of {size} subscribers are connected: {e}", arrived.len()))?;
    Ok(arrived)
}

async fn listen(
    mut subscriber: Subscriber,
    received: mpsc::UnboundedSender<Instant>,
    shared: Arc<Shared>,
) {
    while let Ok(changes) = subscriber.changes().await {
        let at = Instant::now();
        if shared.armed.load(Ordering::Relaxed) {
            for _ in 0..changes {
                let _ = received.send(at);
            }
        }
    }
    shared.cut.fetch_add(1, Ordering::Relaxed);
}
