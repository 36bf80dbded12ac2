//! Many subscribers at once, and when each of them has heard of a change. They have a thread of their own: who makes changes must not wait
//! for who hears of them to be done with listening. Knows nothing of who makes changes.

use super::arguments::Arguments;
use super::subscriber::Subscriber;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

/// How long everybody may take to be there, or to hear of a change.
const PATIENCE: Duration = Duration::from_secs(60);

/// Everybody who has subscribed.
pub struct Crowd {
    size: usize,
    heard: mpsc::UnboundedReceiver<Instant>,
    shared: Arc<Shared>,
    /// Ends all of them when it is dropped.
    _thread: oneshot::Sender<()>,
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
        let ((told, heard), shared) = (mpsc::unbounded_channel(), Arc::<Shared>::default());
        let (thread, ended) = oneshot::channel::<()>();
        let (ready, gathered) = oneshot::channel();
        let place = (
            arguments.address.clone(),
            arguments.prefix.clone(),
            token.to_owned(),
        );
        let listening = {
            let shared = shared.clone();
            async move {
                let arrived = arrive(&place, size).await;
                let subscribers = match arrived {
                    Ok(subscribers) => subscribers,
                    Err(reason) => return drop(ready.send(Err(reason))),
                };
                let _ = ready.send(Ok(()));
                let mut all = JoinSet::new();
                for subscriber in subscribers {
                    all.spawn(listen(subscriber, told.clone(), shared.clone()));
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
            heard,
            shared,
            _thread: thread,
        })
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
    pub fn disperse(self) -> usize {
        self.shared.cut.load(Ordering::Relaxed)
    }
}

/// So many subscribers, once all of them are there.
async fn arrive(
    (address, prefix, token): &(String, String, String),
    size: usize,
) -> Result<Vec<Subscriber>, String> {
    let mut arriving = JoinSet::new();
    for _ in 0..size {
        let (address, prefix, token) = (address.clone(), prefix.clone(), token.clone());
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
    let in_time = in_time.unwrap_or_else(|_| Err("not in time".to_owned()));
    in_time.map_err(|e| format!("{} of {size} subscribers are there: {e}", arrived.len()))?;
    Ok(arrived)
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
