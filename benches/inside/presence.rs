//! Presence benchmarks: one change, many at once, the list of a thousand users, and the expiry of
//! many claims.

use crate::busy_users::BusyUsers;
use crate::{GROUP, is_measured};
use criterion::{Criterion, SamplingMode};
use doorsign::domain::Timestamp;
use doorsign::jobs::claim_expiry::sweep;
use futures_util::future::join_all;
use http_body_util::{BodyExt, Full};
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tower_service::Service;

/// Users on the list.
const PEOPLE: u64 = 1000;
/// Claims that expire in one sweep, and how many in a test run.
const CLAIMS: (u64, u64) = (100_000, 1000);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// Measures changing and listing.
pub fn board(criterion: &mut Criterion, runtime: &Runtime) {
    let people = LazyLock::new(|| BusyUsers::new(runtime, PEOPLE));
    let api = LazyLock::new(|| people.setup.api());
    let mut group = criterion.benchmark_group("presence");
    group.bench_function("answer to users.presence, 1000 people", |bencher| {
        LazyLock::force(&api);
        let listed = async || {
            let request = people.setup.request().uri("/api/v1/users.presence");
            let request = request.body(Full::default()).unwrap();
            let answer = api.clone().call(request).await.unwrap();
            assert_eq!(answer.status(), 200);
            answer.into_body().collect().await.unwrap().to_bytes()
        };
        let text = String::from_utf8(runtime.block_on(listed()).to_vec()).unwrap();
        assert_eq!(text.matches("\"_id\"").count() as u64, PEOPLE);
        bencher.to_async(runtime).iter(listed);
    });
    group.bench_function("store/set status", |bencher| {
        let people: &BusyUsers = &people;
        bencher.to_async(runtime).iter(|| people.set_next());
    });
    group.bench_function("store/64 set statuses at once", |bencher| {
        let people: &BusyUsers = &people;
        let routine = || join_all((0..GROUP).map(|_| people.set_next()));
        bencher.to_async(runtime).iter(routine);
    });
}

/// Measures the expiry of many claims in one sweep: its duration, and the longest wait of a
/// concurrent writer. All claims are made again before each run.
pub fn expiry(criterion: &mut Criterion, runtime: &Runtime) {
    let claims = if is_measured() { CLAIMS.0 } else { CLAIMS.1 };
    let people = LazyLock::new(|| BusyUsers::new(runtime, claims));
    let mut group = criterion.benchmark_group("expiry");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    let times = async |count: u64, beside: bool| {
        let (people, mut took) = (&*people, Duration::ZERO);
        for _ in 0..count {
            let (sweep, longest) = end_all(people, claims, beside).await;
            took += if beside { longest } else { sweep };
        }
        took
    };
    for (what, beside) in [("sweep", false), ("longest create during a sweep", true)] {
        group.bench_function(format!("{what}/{claims}"), |bencher| {
            LazyLock::force(&people);
            let routine = |count| times(count, beside);
            bencher.to_async(runtime).iter_custom(routine);
        });
    }
}

/// Returns the duration of a sweep that ends `claims`, and the longest of the creates made `beside`
/// it, one after the other.
async fn end_all(people: &BusyUsers, claims: u64, beside: bool) -> (Duration, Duration) {
    let app = &people.setup.app;
    let end: Timestamp = app.clock.now().after(HOUR);
    people.set_all(Some(end)).await;
    let (began, mut longest) = (Instant::now(), Duration::ZERO);
    let sweeping = sweep(&*app.store, end);
    tokio::pin!(sweeping);
    loop {
        let created = Instant::now();
        tokio::select! {
            ended = &mut sweeping => {
                assert_eq!(ended.unwrap() as u64, claims);
                return (began.elapsed(), longest);
            }
            () = people.setup.create(), if beside => longest = longest.max(created.elapsed()),
        }
    }
}
