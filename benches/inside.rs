//! Benchmarks of the parts of a server: parsing input, authenticating, responding, and storing with
//! few and with many statuses in the table. Uses no socket; `load` measures a whole server.
//!
//! ```text
//! cargo bench --bench inside            # everything; a quarter of an hour, half of it for "expiry"
//! cargo bench --bench inside -- answer  # everything with "answer" in its name
//! ```
//!
//! The database is a real file in cargo's target folder, written with `synchronous=FULL` as by the
//! server, so every write includes the cost of a sync on that disk. The large table has 10^5
//! statuses; `BENCH_STATUSES=1000000` makes it as large as the project's promise. It is built when
//! the first benchmark needs it; the larger one takes more than a minute and half a GiB.
//! `cargo test --benches` runs everything once, on a table of 1000.
//!
//! Only the API writes JSON, so the cost of encoding a page is the difference between
//! `answer/list, read` and `store/list/100`.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

#[path = "inside/busy_users.rs"]
mod busy_users;
#[path = "inside/presence.rs"]
mod presence;
#[path = "inside/retention.rs"]
mod retention;
#[path = "inside/setup.rs"]
mod setup;

use bytes::Bytes;
use criterion::{BatchSize, BenchmarkId, Criterion};
use doorsign::domain::{StatusName, StatusQuery, StatusType};
use doorsign::service::authentication;
use futures_util::future::join_all;
use http_body_util::{BodyExt, Full};
use setup::Setup;
use std::cell::Cell;
use std::hint::black_box;
use std::sync::LazyLock;
use std::time::Duration;
use tokio::runtime::Runtime;
use tower_service::Service;
use warp::http::Request;

/// Statuses in the small table, and on a page.
const FEW: u64 = 100;
/// Statuses in the large table; `BENCH_STATUSES` overrides it.
const MANY: u64 = 100_000;
/// The same in a test run.
const MANY_IN_TESTS: u64 = 1000;
/// Concurrent writes in a group.
const GROUP: usize = 64;

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(4))
        .sample_size(30)
        .configure_from_args();
    // Setups are built by the first selected benchmark that needs one, before it enters the
    // runtime.
    let runtime = Runtime::new().unwrap();
    validate(&mut criterion);
    authenticate(&mut criterion, &runtime);
    answer(&mut criterion, &runtime);
    for statuses in [FEW, many()] {
        store(&mut criterion, &runtime, statuses);
    }
    presence::board(&mut criterion, &runtime);
    presence::expiry(&mut criterion, &runtime);
    retention::sweep(&mut criterion, &runtime);
    criterion.final_summary();
}

/// Returns whether this is a measurement rather than a test run.
fn is_measured() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

fn many() -> u64 {
    if is_measured() {
        let asked = std::env::var("BENCH_STATUSES");
        asked.map_or(MANY, |number| number.parse().unwrap())
    } else {
        MANY_IN_TESTS
    }
}

fn validate(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("validate");
    let longest = "午".repeat(StatusName::MAX_CHARS);
    for (what, name) in [("short name", "caught up"), ("longest name", &longest)] {
        group.bench_function(what, |bencher| {
            let text = || name.to_owned();
            bencher.iter_batched(text, StatusName::parse, BatchSize::SmallInput);
        });
    }
    group.bench_function("type", |bencher| {
        let text = || "offline".to_owned();
        bencher.iter_batched(text, StatusType::parse, BatchSize::SmallInput);
    });
}

fn authenticate(criterion: &mut Criterion, runtime: &Runtime) {
    let setup = LazyLock::new(|| Setup::with_statuses(runtime, 0));
    let mut group = criterion.benchmark_group("authenticate");
    group.bench_function("seen before", |bencher| {
        let setup: &Setup = &setup;
        bencher.to_async(runtime).iter(async || {
            let actor = authentication::authenticate(&setup.app, setup.credentials()).await;
            black_box(actor.unwrap())
        });
    });
    group.bench_function("never seen", |bencher| {
        let setup: &Setup = &setup;
        bencher.to_async(runtime).iter_batched(
            || setup.another_app(),
            async |app| {
                let actor = authentication::authenticate(&app, setup.credentials()).await;
                (actor.unwrap(), app)
            },
            BatchSize::SmallInput,
        );
    });
}

/// Complete responses, from a request's headers and body to the bytes of its response.
fn answer(criterion: &mut Criterion, runtime: &Runtime) {
    let setup = LazyLock::new(|| Setup::with_statuses(runtime, FEW));
    let api = LazyLock::new(|| setup.api());
    let ask = async |request: Request<Full<Bytes>>, status: u16| {
        let response = api.clone().call(request).await.unwrap();
        assert_eq!(response.status(), status);
        response.into_body().collect().await.unwrap().to_bytes()
    };
    let asked = Cell::new(0);
    let list = |query: &str| {
        let path = format!("/api/v1/custom-user-status.list?count={FEW}{query}");
        setup.request().uri(path).body(Full::default()).unwrap()
    };
    let create = |name: &str| {
        let body = format!(r#"{{"name":"{name}","statusType":"busy"}}"#);
        let request = setup.request().method("POST");
        let request = request.uri("/api/v1/custom-user-status.create");
        let request = request.header("Content-Type", "application/json");
        request.body(Full::from(body)).unwrap()
    };
    let mut group = criterion.benchmark_group("answer");
    group.bench_function("list, kept", |bencher| {
        LazyLock::force(&api);
        let routine = || ask(list(""), 200);
        bencher.to_async(runtime).iter(routine);
    });
    group.bench_function("list, read", |bencher| {
        LazyLock::force(&api);
        // The route ignores `query`, but it makes the request different, so the cached response
        // does not match.
        let query = || format!("&query={}", asked.replace(asked.get() + 1));
        let routine = || ask(list(&query()), 200);
        bencher.to_async(runtime).iter(routine);
    });
    group.bench_function("create, refused", |bencher| {
        LazyLock::force(&api);
        let routine = || ask(create(""), 400);
        bencher.to_async(runtime).iter(routine);
    });
    group.bench_function("create", |bencher| {
        LazyLock::force(&api);
        let routine = || ask(create(&setup.new_name()), 200);
        bencher.to_async(runtime).iter(routine);
    });
}

/// The store alone. The list comes first, because creating enlarges the small table.
fn store(criterion: &mut Criterion, runtime: &Runtime, statuses: u64) {
    let setup = LazyLock::new(|| Setup::with_statuses(runtime, statuses));
    let mut group = criterion.benchmark_group("store");
    group.bench_function(BenchmarkId::new("list", statuses), |bencher| {
        let setup: &Setup = &setup;
        bencher.to_async(runtime).iter(async || {
            let query = StatusQuery {
                limit: Some(FEW),
                ..StatusQuery::default()
            };
            let page = setup.app.store.list_statuses(query).await.unwrap();
            assert_eq!(page.items.len() as u64, FEW);
            page
        });
    });
    group.bench_function(BenchmarkId::new("create", statuses), |bencher| {
        let setup: &Setup = &setup;
        bencher.to_async(runtime).iter(|| setup.create());
    });
    group.bench_function(
        BenchmarkId::new("64 creates at once", statuses),
        |bencher| {
            let setup: &Setup = &setup;
            let routine = || join_all((0..GROUP).map(|_| setup.create()));
            bencher.to_async(runtime).iter(routine);
        },
    );
}
