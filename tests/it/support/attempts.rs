//! A hook that reports its attempts to a test and answers by a script, and the records of
//! deliveries.

use crate::support::{TEST_TIMEOUT, TestServer, in_time, look_again};
use doorsign::domain::{DeliveryRecord, EventId, Hook};
use doorsign::hooks::delivery::Pace;
use doorsign_hook::{Delivery, Event, HookError, PostCreateHook, StatusCreated, async_trait};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Longer than any test.
pub const HOUR: Duration = Duration::from_secs(3600);

/// Waits and a limit that no test reaches.
pub const LONG: Pace = Pace {
    limit: TEST_TIMEOUT.saturating_mul(10),
    waits: &[HOUR; 3],
};

struct Attempted<F> {
    name: &'static str,
    made: UnboundedSender<(u64, u32)>,
    script: F,
}

/// The attempts in order: the event, and the number of the attempt.
pub struct Attempts(UnboundedReceiver<(u64, u32)>);

/// A hook that answers by `script`, given the event and the attempt, and leaves notes that name
/// both.
pub fn attempted<F, A>(name: &'static str, script: F) -> (Arc<dyn PostCreateHook>, Attempts)
where
    F: Fn(u64, u32) -> A + Send + Sync + 'static,
    A: Future<Output = Result<(), HookError>> + Send + 'static,
{
    let (made, seen) = unbounded_channel();
    let hook = Attempted { name, made, script };
    (Arc::new(hook), Attempts(seen))
}

/// A hook that accepts every event.
pub fn taking(name: &'static str) -> (Arc<dyn PostCreateHook>, Attempts) {
    attempted(name, |_, _| std::future::ready(Ok(())))
}

/// A hook that fails every attempt at the event `bad` with this error.
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
    /// Waits for the next `count` attempts.
    pub async fn next(&mut self, count: usize) -> Vec<(u64, u32)> {
        let mut attempts = Vec::new();
        for _ in 0..count {
            let next = in_time("an attempt", self.0.recv()).await;
            attempts.push(next.unwrap());
        }
        attempts
    }

    /// Passes when every attempt so far was taken.
    #[track_caller]
    pub fn is_empty(&mut self) {
        if let Ok(more) = self.0.try_recv() {
            panic!("attempted, too: {more:?}");
        }
    }
}

/// Polls until `find` returns something.
pub async fn until<T>(what: &str, find: impl AsyncFn() -> Option<T>) -> T {
    let searching = async {
        loop {
            if let Some(found) = find().await {
                break found;
            }
            look_again().await;
        }
    };
    in_time(what, searching).await
}

/// The hook `name`, once `is_right`.
pub async fn hook(server: &TestServer, name: &str, is_right: impl Fn(&Hook) -> bool) -> Hook {
    let find = async || {
        let hooks = server.app.store.list_hooks().await.unwrap();
        let found = hooks.into_iter().find(|hook| hook.name == name);
        found.filter(|hook| is_right(hook))
    };
    until("the hook as it should be", find).await
}

/// The delivery records of the hook `name`.
pub async fn deliveries(server: &TestServer, name: &str) -> Vec<DeliveryRecord> {
    let all = (server.app.store).list_deliveries(name, None, EventId::new(0), usize::MAX);
    all.await.unwrap()
}

/// The record of `event` for the hook `name`, once `is_right`.
pub async fn delivery(
    server: &TestServer,
    name: &str,
    event: u64,
    is_right: impl Fn(&DeliveryRecord) -> bool,
) -> DeliveryRecord {
    let find = async || {
        let records = deliveries(server, name).await.into_iter();
        let mut records = records.filter(|record| record.event.as_u64() == event);
        records.next().filter(|record| is_right(record))
    };
    until("the delivery as it should be", find).await
}

/// Requests another attempt at `event`, or at all failed events. Returns how many.
pub async fn redeliver(server: &TestServer, name: &str, event: Option<u64>) -> u64 {
    let (store, event) = (&server.app.store, event.map(EventId::new));
    let retried = store.retry_deliveries(name, event, crate::support::operator());
    retried.await.unwrap()
}

/// Creates statuses with these names as the administrator.
pub async fn happen(server: &TestServer, names: &[&str]) {
    let admin = server.admin().await;
    for name in names {
        admin.create(name).await.expect(200);
    }
}

/// Resumes or pauses the hook `name`.
pub async fn switch(server: &TestServer, name: &str, is_on: bool) {
    let off = (!is_on).then(|| "paused".to_owned());
    server
        .app
        .store
        .switch_hook(name, off, crate::support::operator())
        .await
        .unwrap();
}
