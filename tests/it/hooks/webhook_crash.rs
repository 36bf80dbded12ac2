//! A webhook's deliveries across `kill -9` of the server at each step. `plugins/webhook` tests
//! failures of a running server.

use crate::support::Client;
use crate::support::process::Home;
use crate::support::receiver::{Arrival, Receiver};
use std::collections::{BTreeMap, BTreeSet};

/// What a kill comes before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// The event is committed and its creation answered, and the request not made yet.
    Send,
    /// The receiver has read the request, and not answered it.
    Answer,
    /// The answer has come, and the position after it is not saved yet.
    Save,
}

const MOMENTS: [Moment; 3] = [Moment::Send, Moment::Answer, Moment::Save];
const KILLS: usize = 100;
/// How many deliveries the server saves at once at most.
const BATCH: u64 = 64;
const ARGS: &[&str] = &["--webhook-allow", "127.0.0.0/8", "--log", "error"];

fn has(arrivals: &[Arrival], name: &str) -> bool {
    arrivals.iter().any(|arrival| arrival.name() == Some(name))
}

fn has_answered(arrivals: &[Arrival], name: &str) -> bool {
    let mut answered = arrivals.iter().filter(|arrival| arrival.answered);
    answered.any(|arrival| arrival.name() == Some(name))
}

async fn create(client: &Client, name: &str, acknowledged: &mut Vec<String>) {
    client.create(name).await.expect(200);
    acknowledged.push(name.to_owned());
}

/// Creates some statuses and returns at `moment` of the last delivery.
async fn live_until(
    moment: Moment,
    life: usize,
    client: &Client,
    receiver: &Receiver,
    acknowledged: &mut Vec<String>,
) {
    let last = format!("{life} {moment:?}");
    for n in 0..life % 4 {
        create(client, &format!("{life}.{n}"), acknowledged).await;
    }
    match moment {
        Moment::Send => create(client, &last, acknowledged).await,
        Moment::Answer => {
            // What comes again from lives before comes before this one, and is not held.
            let first = format!("{life} first");
            create(client, &first, acknowledged).await;
            receiver.until(|came| has(came, &first)).await;
            receiver.hold_until_sender_gone();
            create(client, &last, acknowledged).await;
            receiver.until(|came| has(came, &last)).await;
        }
        Moment::Save => {
            create(client, &last, acknowledged).await;
            receiver.until(|came| has_answered(came, &last)).await;
            client.get("info").await; // Gives the server its turn to read the answer.
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_kills_at_every_step_lose_and_confuse_no_event() {
    let home = Home::new();
    home.serve(ARGS, &[]).await.kill().await;
    let token = home.token("admin", "test").await;
    let receiver = Receiver::start();
    let secret = home.add_webhook(&receiver.url("")).await;

    let (mut acknowledged, mut unsent) = (Vec::new(), 0);
    for (life, moment) in (0..KILLS).zip(MOMENTS.into_iter().cycle()) {
        let server = home.serve(ARGS, &[]).await;
        let client = server.with_headers(&token);
        live_until(moment, life, &client, &receiver, &mut acknowledged).await;
        server.kill().await;
        receiver.release();
        let last = acknowledged.last().unwrap();
        unsent += usize::from(!has(&receiver.arrivals(), last));
    }
    let server = home.serve(ARGS, &[]).await;
    let all = |came: &Vec<_>| acknowledged.iter().all(|name| has(came, name));
    let came = receiver.until(all).await;
    let names = server.with_headers(&token).names().await;
    server.end().await;

    let arrived: BTreeSet<_> = came.iter().filter_map(Arrival::name).collect();
    assert_eq!(arrived, names.iter().map(String::as_str).collect());
    assert!(came.iter().all(|arrival| arrival.is_signed_with(&secret)));
    let repeated = assert_same_again(&came);
    assert_in_order(&came);
    // Otherwise the server was killed at other moments than those that this is about.
    let repeated = |moment: Moment| {
        let suffix = format!("{moment:?}");
        let of_it = repeated.iter().filter(|name| name.ends_with(&suffix));
        of_it.count()
    };
    assert!(unsent > 0, "every event was sent before the kill");
    assert_eq!(repeated(Moment::Answer), KILLS / MOMENTS.len());
    assert!(repeated(Moment::Save) > 0);
}

/// Passes when repeated events have the same id and body, and no two events share an id. Returns
/// the names in those that were repeated.
fn assert_same_again(came: &[Arrival]) -> Vec<&str> {
    let mut by_number: BTreeMap<u64, Vec<&Arrival>> = BTreeMap::new();
    for arrival in came {
        by_number.entry(arrival.number()).or_default().push(arrival);
    }
    assert!(by_number.keys().copied().eq(1..=by_number.len() as u64));
    let mut ids = BTreeSet::new();
    for same in by_number.values() {
        let id = same[0].header("webhook-id");
        assert!(ids.insert(id), "two events are {id}");
        for again in same {
            assert_eq!(again.header("webhook-id"), id);
            assert_eq!(again.body, same[0].body);
        }
    }
    let repeated = by_number.values().filter(|same| same.len() > 1);
    repeated.filter_map(|same| same[0].name()).collect()
}

/// Passes when each server sent its events in order, starting no later than with the first one that
/// was not answered, and at most a batch before it.
fn assert_in_order(came: &[Arrival]) {
    let mut answered: u64 = 0;
    for sent in came.chunk_by(|one, other| one.connection == other.connection) {
        let numbers: Vec<u64> = sent.iter().map(Arrival::number).collect();
        let next = answered + 1;
        assert!(
            (next.saturating_sub(BATCH)..=next).contains(&numbers[0]),
            "{answered} and then {numbers:?}"
        );
        assert!(
            numbers.is_sorted_by(|one, next| one + 1 == *next),
            "{numbers:?}"
        );
        let taken = sent.iter().filter(|arrival| arrival.answered);
        answered = taken.map(Arrival::number).fold(answered, u64::max);
    }
}
