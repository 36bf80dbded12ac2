//! Hooks that report their events to a test and answer by a script, and the parked deliveries.

use crate::support::{TEST_TIMEOUT, TestServer, in_time};
use doorsign::hooks::delivery::Pace;
use doorsign_hook::{HookError, PostCreateHook, StatusCreated};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Waits that no test notices, and three attempts.
pub const FAST: Pace = Pace {
    limit: TEST_TIMEOUT,
    waits: &[Duration::from_millis(1); 2],
};

struct ScriptedHook<F> {
    name: &'static str,
    calls: AtomicUsize,
    given: UnboundedSender<StatusCreated>,
    script: F,
}

/// What a hook has been given, in its order.
pub struct Given(UnboundedReceiver<StatusCreated>);

/// A hook that answers its call number `n`, counted from 1, as `script(n)` does.
pub fn scripted<F, A>(name: &'static str, script: F) -> (Arc<dyn PostCreateHook>, Given)
where
    F: Fn(usize) -> A + Send + Sync + 'static,
    A: Future<Output = Result<(), HookError>> + Send + 'static,
{
    let (given, seen) = unbounded_channel();
    let calls = AtomicUsize::new(0);
    let hook = ScriptedHook {
        name,
        calls,
        given,
        script,
    };
    (Arc::new(hook), Given(seen))
}

/// A hook that takes everything.
pub fn recording(name: &'static str) -> (Arc<dyn PostCreateHook>, Given) {
    scripted(name, |_| std::future::ready(Ok(())))
}

// By hand, so that a script may also fail before there is a future.
impl<F, A> PostCreateHook for ScriptedHook<F>
where
    F: Fn(usize) -> A + Send + Sync + 'static,
    A: Future<Output = Result<(), HookError>> + Send + 'static,
{
    fn name(&self) -> &'static str {
        self.name
    }

    fn post_create<'a, 'b, 'c>(
        &'a self,
        created: &'b StatusCreated,
    ) -> Pin<Box<dyn Future<Output = Result<(), HookError>> + Send + 'c>>
    where
        Self: 'c,
        'a: 'c,
        'b: 'c,
    {
        let _ = self.given.send(created.clone());
        Box::pin((self.script)(self.calls.fetch_add(1, Ordering::SeqCst) + 1))
    }
}

impl Given {
    /// The next one, which has to come.
    pub async fn next(&mut self) -> StatusCreated {
        in_time("a delivery", self.0.recv()).await.unwrap()
    }

    /// The names in the next `count`.
    pub async fn names(&mut self, count: usize) -> Vec<String> {
        let mut names = Vec::new();
        for _ in 0..count {
            names.push(self.next().await.status.name);
        }
        names
    }

    /// Passes if no unread event remains.
    #[track_caller]
    pub fn is_empty(&mut self) {
        if let Ok(more) = self.0.try_recv() {
            panic!("delivered, too: {more:?}");
        }
    }
}

/// The deliveries that the server has given up: consumer, event, reason, attempts, milliseconds.
pub fn parked(server: &TestServer) -> Vec<(String, i64, String, i64, i64)> {
    let database = server.database();
    let mut select = database
        .prepare("SELECT consumer, event_id, reason, attempts, at FROM delivery WHERE state = 'parked' ORDER BY 1, 2")
        .unwrap();
    let rows = select.query_map([], |row| {
        Ok((
            row.get(0)?,
            row.get(1)?,
            row.get(2)?,
            row.get(3)?,
            row.get(4)?,
        ))
    });
    rows.unwrap().map(Result::unwrap).collect()
}
