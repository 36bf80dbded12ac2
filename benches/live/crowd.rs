//! Many subscribers at once, and when each of them has heard of a change. Knows nothing of who makes changes.

use super::arguments::Arguments;
use super::subscriber::Subscriber;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

/// How long everybody may take to be there, or to hear of a change.
const PATIENCE: Duration = Duration::from_secs(60);

/// Everybody who has subscribed.
pub struct Crowd {
    size: usize,
    heard: mpsc::UnboundedReceiver<Instant>,
    shared: Arc<Shared>,
    listening: JoinSet<()>,
}

#[derive(Default)]
struct Shared {
    /// Whether somebody waits to hear when each has heard.
    armed: AtomicBool,
    /// Connections that the server has ended.
    cut: AtomicUsize,
}

impl Crowd {
    /// Connects `size` subscribers, all at the same time.
    ///
    /// # Errors
    /// One line, when one of them did not get through.
    pub async fn gather(arguments: &Arguments, token: &str, size: usize) -> Result<Self, String> {
        let mut arriving = JoinSet::new();
        for _ in 0..size {
            let (address, prefix) = (arguments.address.clone(), arguments.prefix.clone());
            let token = token.to_owned();
            arriving.spawn(async move { Subscriber::open(&address, &prefix, &token).await });
        }
        let mut arrived = Vec::with_capacity(size);
        let all = async {
            while let Some(one) = arriving.join_next().await {
                arrived.push(one.map_err(|e| e.to_string())?.map_err(|e| e.to_string())?);
            }
            Ok::<_, String>(())
        };
        let in_time = timeout(PATIENCE, all).await;
        in_time
            .unwrap_or_else(|_| Err("not in time".to_owned()))
            .map_err(|e| format!("{} of {size} subscribers are there: {e}", arrived.len()))?;
        Ok(Self::of(arrived))
    }

    fn of(subscribers: Vec<Subscriber>) -> Self {
        let (told, heard) = mpsc::unbounded_channel();
        let shared = Arc::<Shared>::default();
        let (size, mut listening) = (subscribers.len(), JoinSet::new());
        for subscriber in subscribers {
            listening.spawn(listen(subscriber, told.clone(), shared.clone()));
        }
        Self {
            size,
            heard,
            shared,
            listening,
        }
    }

    /// From now on it is noted when each hears of a change.
    pub fn arm(&mut self) {
        while self.heard.try_recv().is_ok() {}
        self.shared.armed.store(true, Ordering::Relaxed);
    }

    /// When each has heard of the one change since.
    ///
    /// # Errors
    /// One line, when somebody does not hear of it.
    pub async fn heard(&mut self) -> Result<Vec<Instant>, String> {
        let mut all = Vec::with_capacity(self.size);
        let everybody = async {
            while all.len() < self.size {
                all.extend(self.heard.recv().await);
            }
        };
        let in_time = timeout(PATIENCE, everybody).await;
        self.shared.armed.store(false, Ordering::Relaxed);
        let size = self.size;
        in_time
            .map_err(|_| format!("{} of {size} subscribers have heard of a change", all.len()))?;
        Ok(all)
    }

    /// Ends all, and answers how many of them the server had ended before.
    pub async fn disperse(mut self) -> usize {
        self.listening.shutdown().await;
        self.shared.cut.load(Ordering::Relaxed)
    }
}

async fn listen(
    mut subscriber: Subscriber,
    heard: mpsc::UnboundedSender<Instant>,
    shared: Arc<Shared>,
) {
    while let Ok(changes) = subscriber.changes().await {
        let at = Instant::now();
        if shared.armed.load(Ordering::Relaxed) {
            for _ in 0..changes {
                let _ = heard.send(at);
            }
        }
    }
    shared.cut.fetch_add(1, Ordering::Relaxed);
}
