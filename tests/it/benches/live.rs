//! The benchmark of live connections in `benches/`: it counts frames correctly, reports what it
//! did, and reports errors. No test measures speed.

#[path = "../../../benches/live/mod.rs"]
mod script;

use crate::support::load::script as load;
use crate::support::{ADMIN_PASSWORD, TestServer};
use script::subscriber::{FrameCounts, Frames};

/// Runs the program with `arguments`. Returns its output and its result.
async fn run(arguments: String) -> (String, Result<(), String>) {
    let running = tokio::task::spawn_blocking(move || {
        let password = |name: &str| (name == "PASSWORD").then(|| ADMIN_PASSWORD.to_owned());
        let words = std::iter::once("live").chain(arguments.split(' '));
        let mut out = Vec::new();
        let ended = script::run(words.map(str::to_owned), &password, &mut out);
        (String::from_utf8(out).unwrap(), ended)
    });
    running.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_number_of_subscribers_has_a_row_and_the_created_statuses_exist() {
    let server = TestServer::start().await;
    let (printed, ended) = run(format!(
        "--url http://{} --user admin --password-env PASSWORD --seconds 0.5 --changes 2 --subscribers 3,7 --concurrency 2 --pid {}",
        server.address,
        std::process::id(),
    ))
    .await;
    assert_eq!(ended, Ok(()), "{printed}");
    let rows: Vec<Vec<&str>> = printed
        .lines()
        .map(|line| line.split_ascii_whitespace().collect())
        .collect();
    for (row, subscribers) in rows[1..3].iter().zip(["3", "7"]) {
        assert_eq!((row[0], row.len()), (subscribers, 12), "{printed}");
        for column in [3, 4, 5, 6, 7, 8] {
            assert!(row[column].parse::<f64>().unwrap() > 0.0, "{printed}");
        }
        assert_eq!(row[10], "0", "a subscriber was disconnected: {printed}");
    }
    let last = printed.lines().last().unwrap();
    let created: usize = last.split(' ').next().unwrap().parse().unwrap();
    assert_eq!(server.admin().await.names().await.len(), created, "{last}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_reports_why_it_cannot_measure() {
    let server = TestServer::start().await;
    let url = format!("http://{}", server.address);
    for (url, user, password, reason) in [
        (
            &*url,
            "nobody",
            "PASSWORD",
            "the login was answered with 401",
        ),
        (&*url, "admin", "NOWHERE", "is not set"),
        (
            "https://127.0.0.1",
            "admin",
            "PASSWORD",
            "only http:// is supported",
        ),
        ("http://127.0.0.1:1", "admin", "PASSWORD", "cannot use"),
    ] {
        let arguments = format!("--url {url} --user {user} --password-env {password}");
        let (_, ended) = run(arguments).await;
        assert!(ended.clone().unwrap_err().contains(reason), "{ended:?}");
    }
    let (printed, ended) = run("--help".to_owned()).await;
    assert!(
        ended.is_ok() && printed.contains("--subscribers"),
        "{printed}"
    );
}

#[test]
fn frames_are_counted_wherever_they_are_split() {
    let frame = |first: u8, length: usize| {
        let mut frame = vec![first];
        match length {
            0..126 => frame.push(u8::try_from(length).unwrap()),
            126..65536 => {
                frame.push(126);
                frame.extend(u16::try_from(length).unwrap().to_be_bytes());
            }
            _ => {
                frame.push(127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend(vec![0x81; length]);
        frame
    };
    let all = [
        frame(0x81, 14),
        frame(0x81, 64),
        frame(0x81, 125),
        frame(0x81, 126),
        frame(0x81, 70_000),
        frame(0x88, 2),
    ]
    .concat();
    for size in [1, 2, 3, 64, 4096, all.len()] {
        let (mut frames, mut total) = (Frames::default(), FrameCounts::default());
        for part in all.chunks(size) {
            let counts = frames.take(part);
            total.changes += counts.changes;
            total.pings += counts.pings;
            total.closes += counts.closes;
        }
        let expected = FrameCounts {
            changes: 4,
            pings: 1,
            closes: 1,
        };
        assert_eq!(total, expected, "in parts of {size}");
    }
}
