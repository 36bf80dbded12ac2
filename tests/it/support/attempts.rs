//! A hook that tells a test which attempts are made at it and answers as the test says, and a look at what the server says of hooks.
//! Knows nothing of why a test wants it.

use crate::support::{PATIENCE, TestServer, in_time, look_again};
use doorsign::domain::{DeliveryRecord, EventId, Hook};
use doorsign::hooks::delivery::Pace;
use doorsign_hook::{Delivery, Event, HookError, PostCreateHook, StatusCreated, async_trait};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// An hour: as long as no test lasts.
pub const HOUR: Duration = Duration::from_secs(3600);

/// Waits that no test sees the end of, and a limit that none meets.
pub const LONG: Pace = Pace {
    limit: PATIENCE.saturating_mul(10),
    waits: &[HOUR; 3],
};

struct Attempted<F> {
    name: &'static str,
    made: UnboundedSender<(u64, u32)>,
    script: F,
}

/// The attempts that were made, in their order: which event, and which attempt at it.
pub struct Attempts(UnboundedReceiver<(u64, u32)>);

/// A hook that answers as `script` does for the event and the attempt, and leaves notes that name both.
pub fn attempted<F, A>(name: &'static str, script: F) -> (Arc<dyn PostCreateHook>, Attempts)
where
    F: Fn(u64, u32) -> A + Send + Sync + 'static,
    A: Future<Output = Result<(), HookError>> + Send + 'static,
{
    let (made, seen) = unbounded_channel();
    let hook = Attempted { name, made, script };
    (Arc::new(hook), Attempts(seen))
}

/// A hook that takes everything.
pub fn taking(name: &'static str) -> (Arc<dyn PostCreateHook>, Attempts) {
    attempted(name, |_, _| std::future::ready(Ok(())))
}

/// A hook whose attempts at the event `bad` fail with this, all of them.
pub fn failing(
    name: &'static str,
    bad: u64,
    error: HookError,
) -> (Arc<dyn PostCreateHook>, Attempts) {
    attempted(name, move |event, _| {
        std::future::ready(if event == bad {
            Err(error.clone())
        } else {
            Ok(())
        })
    })
}

pub fn retry(reason: &str) -> HookError {
    HookError::Retry(reason.to_owned())
}

pub fn permanent(reason: &str) -> HookError {
    HookError::Permanent(reason.to_owned())
}

#[async_trait]
impl<F, A> PostCreateHook for Attempted<F>
where
    F: Fn(u64, u32) -> A + Send + Sync + 'static,
    A: Future<Output = Result<(), HookError>> + Send + 'static,
{
    fn name(&self) -> &'static str {
        self.name
    }

    async fn post_create(&self, created: &StatusCreated) -> Result<(), HookError> {
        let delivery = Delivery::new(created.clone().into(), 1);
        self.deliver(&delivery).await
    }

    async fn deliver(&self, delivery: &Delivery) -> Result<(), HookError> {
        let Event::Created(created) = &delivery.event else {
            return Ok(());
        };
        let (event, attempt) = (created.event_id, delivery.attempt);
        let _ = self.made.send((event, attempt));
        let answer = (self.script)(event, attempt).await;
        if answer.is_err() {
            delivery.note(&format!("event {event}, attempt {attempt}\n"));
        }
        answer
    }
}

impl Attempts {
    /// The next `count`, which have to come.
    pub async fn next(&mut self, count: usize) -> Vec<(u64, u32)> {
        let mut attempts = Vec::new();
        for _ in 0..count {
            let next = in_time("an attempt", self.0.recv()).await;
            attempts.push(next.unwrap());
        }
        attempts
    }

    /// Passes when none was made that was not asked for yet.
    #[track_caller]
    pub fn is_empty(&mut self) {
        if let Ok(more) = self.0.try_recv() {
            panic!("attempted, too: {more:?}");
        }
    }
}

/// Looks again and again, until `look` finds something.
pub async fn until<T>(what: &str, look: impl AsyncFn() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                break found;
            }
            look_again().await;
        }
    };
    in_time(what, looking).await
}

/// The hook `name`, as soon as it is as it should be.
pub async fn hook(server: &TestServer, name: &str, is_right: impl Fn(&Hook) -> bool) -> Hook {
    let look = async || {
        let hooks = server.app.store.list_hooks().await.unwrap();
        let found = hooks.into_iter().find(|hook| hook.name == name);
        found.filter(|hook| is_right(hook))
    };
    until("the hook as it should be", look).await
}

/// What is told of the deliveries of the hook `name`.
pub async fn deliveries(server: &TestServer, name: &str) -> Vec<DeliveryRecord> {
    let all = (server.app.store).list_deliveries(name, None, EventId::new(0), usize::MAX);
    all.await.unwrap()
}

/// What is told of the delivery of `event` to the hook `name`, as soon as it is as it should be.
pub async fn delivery(
    server: &TestServer,
    name: &str,
    event: u64,
    is_right: impl Fn(&DeliveryRecord) -> bool,
) -> DeliveryRecord {
    let look = async || {
        let told = deliveries(server, name).await.into_iter();
        let mut told = told.filter(|record| record.event.as_u64() == event);
        told.next().filter(|record| is_right(record))
    };
    until("the delivery as it should be", look).await
}

/// Lets that many things happen, as the administrator.
pub async fn happen(server: &TestServer, names: &[&str]) {
    let admin = server.admin().await;
    for name in names {
        admin.create(name).await.expect(200);
    }
}

/// Switches the hook `name` off or on.
pub async fn switch(server: &TestServer, name: &str, is_on: bool) {
    let off = (!is_on).then(|| "paused".to_owned());
    server
        .app
        .store
        .switch_hook(name, off, crate::support::operator())
        .await
        .unwrap();
}
