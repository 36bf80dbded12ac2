//! Measures the deletion of old events: the duration of one transaction. All events are old here,
//! regardless of the clock.

use super::is_measured;
use super::setup::Setup;
use criterion::{Criterion, SamplingMode};
use doorsign::domain::Timestamp;
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// Events that are deleted in one run, and how many in a test run.
const EVENTS: (u64, u64) = (100_000, 1000);
/// As many as the server deletes in one transaction.
const BATCH: usize = doorsign::jobs::event_retention::BATCH;
/// Ten hooks, each with a delivery record of every tenth event.
const HOOKS: &str = "INSERT OR IGNORE INTO consumer (name, cursor, off) SELECT 'hook' || column1, 0, 'paused' FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9));
    INSERT OR IGNORE INTO delivery SELECT name, id, 'delivered', 1, '', 'notes', 0, NULL FROM consumer, event WHERE id % 10 = 0";

/// Measures the average batch and the longest one.
pub fn sweep(criterion: &mut Criterion, runtime: &Runtime) {
    let events = if is_measured() { EVENTS.0 } else { EVENTS.1 };
    let setup = LazyLock::new(|| Setup::with_statuses(runtime, 0));
    let mut group = criterion.benchmark_group("retention");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for what in ["a batch", "the longest of them"] {
        group.bench_function(format!("{what}/{events}"), |bencher| {
            let setup: &Setup = &setup;
            let routine = async |count: u64| {
                let mut took = Duration::ZERO;
                for _ in 0..count {
                    let batches = all_swept(setup, events).await;
                    let whole: Duration = batches.iter().sum();
                    took += match what {
                        "a batch" => whole / u32::try_from(batches.len()).unwrap(),
                        _ => batches.into_iter().max().unwrap(),
                    };
                }
                took
            };
            bencher.to_async(runtime).iter_custom(routine);
        });
    }
}

/// Deletes `events` and returns the duration of each transaction.
async fn all_swept(setup: &Setup, events: u64) -> Vec<Duration> {
    let payload = r#"{"actor_id":"a7TPrbrho5xEQzQih","actor_username":"admin","status_id":"65462e97a2f73c7460e18f84","name":"gone fishing","status_type":"away","updated_at":1}"#;
    let filled = format!(
        "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n <= {events})
         INSERT INTO event (kind, payload, created_at) SELECT 'custom_user_status.created', '{payload}', 0 FROM n; {HOOKS}"
    );
    setup.database().execute_batch(&filled).unwrap();
    let (mut batches, end) = (Vec::new(), Timestamp::from_millis(i64::MAX));
    loop {
        let began = Instant::now();
        let is_more = setup.app.store.sweep_events(end, BATCH).await.unwrap();
        batches.push(began.elapsed());
        if !is_more {
            return batches;
        }
    }
}
