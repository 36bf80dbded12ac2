//! The load script of `benches/`: it counts its requests, reports errors and parses its input. No
//! test measures speed.

use crate::support::load::script;
use crate::support::{ADMIN_PASSWORD, Client, TestServer};
use script::http::Head;
use script::machine::{ProcessorTime, resident_in};
use script::percentile::percentile;
use script::request::Server;

/// The output and the result of the script.
struct ScriptOutput {
    text: String,
    ended: Result<(), String>,
}

async fn run(arguments: &str) -> ScriptOutput {
    let arguments = format!("load {arguments}");
    let running = tokio::task::spawn_blocking(move || {
        let password = |name: &str| (name == "PASSWORD").then(|| ADMIN_PASSWORD.to_owned());
        let (words, mut out) = (arguments.split(' ').map(str::to_owned), Vec::new());
        let ended = script::run(words, &password, &mut out);
        let text = String::from_utf8(out).unwrap();
        ScriptOutput { text, ended }
    });
    running.await.unwrap()
}

/// The words of each row about one of `what`.
fn rows<'a>(printed: &'a ScriptOutput, what: &[&str]) -> Vec<Vec<&'a str>> {
    let lines = printed.text.lines();
    let words = lines.map(|line| line.split_ascii_whitespace().collect());
    let is_row = |row: &Vec<&str>| row.len() == 10 && what.contains(&row[0]);
    words.filter(is_row).collect()
}

fn by_token(client: &Client) -> String {
    let (id, token) = client.credentials.as_ref().unwrap();
    format!("--token-user {id} --token {token}")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_statuses_reported_as_left_behind_exist() {
    let server = TestServer::start().await;
    let mut arguments = format!(
        "--url http://{} --user admin --password-env PASSWORD --seconds 0.1 --concurrency 1,8 --rounds 2",
        server.address,
    );
    if cfg!(target_os = "linux") {
        arguments.push_str(&format!(" --pid {}", std::process::id()));
    }
    let printed = run(&arguments).await;
    assert_eq!(printed.ended, Ok(()), "{}", printed.text);
    let rows = rows(&printed, &["create", "list"]);
    let measured: Vec<String> = rows.iter().map(|row| row[..3].join(" ")).collect();
    let expected =
        |round| ["create 1", "create 8", "list 1", "list 8"].map(|row| format!("{row} {round}"));
    assert_eq!(
        measured,
        [expected("1"), expected("2"), expected("median")].concat()
    );
    for row in &rows {
        let of = |column: usize| row[column].parse::<f64>().unwrap();
        assert!(of(3) > 0.0, "no requests a second: {row:?}");
        assert!(
            0.0 < of(4) && of(4) <= of(5) && of(5) <= of(6),
            "p50, p99, max: {row:?}"
        );
    }
    let last = printed.text.lines().last().unwrap();
    let left_behind: u64 = last.split(' ').next().unwrap().parse().unwrap();
    let admin = server.admin().await;
    let list = admin.get("custom-user-status.list?count=1").await;
    assert_eq!(list.json()["total"], left_behind, "{last}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_request_has_a_row_and_set_status_sets_new_texts() {
    let server = TestServer::start().await;
    let printed = run(&format!(
        "--url http://{} --user admin --password-env PASSWORD --seconds 0.05 --concurrency 2 --rounds 1 --what set-status,presence,login",
        server.address,
    ))
    .await;
    assert_eq!(printed.ended, Ok(()), "{}", printed.text);
    let rows = rows(&printed, &["set-status", "presence", "login"]);
    let kinds: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    assert_eq!(kinds, ["set-status", "presence", "login"]);
    let admin = server.admin().await;
    let (id, _) = admin.credentials.as_ref().unwrap();
    let own = format!("users.presence?ids={id}");
    let shown = admin.get(&own).await.json();
    let text = shown["users"][0]["statusText"].as_str().unwrap();
    assert!(text.starts_with("load "), "{shown}");
    let number: u64 = text.rsplit(' ').next().unwrap().parse().unwrap();
    assert!(number > 0, "the texts do not differ: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_round_is_measured_with_and_without_concurrent_logins() {
    let server = TestServer::start().await;
    let printed = run(&format!(
        "--url http://{} --user admin --password-env PASSWORD --seconds 0.1 --concurrency 1,2 --rounds 2 --what list --logins 2",
        server.address,
    ))
    .await;
    assert_eq!(printed.ended, Ok(()), "{}", printed.text);
    let rows = rows(&printed, &["list"]);
    let measured: Vec<String> = rows
        .iter()
        .map(|row| {
            format!(
                "{} {} {}",
                row[1],
                row[2],
                if row[7] == "-" {
                    "alone"
                } else {
                    "with logins"
                }
            )
        })
        .collect();
    let expected = |round| {
        [
            "1 R alone",
            "1 R with logins",
            "2 R alone",
            "2 R with logins",
        ]
        .map(|row| row.replace('R', round))
    };
    assert_eq!(
        measured,
        [expected("1"), expected("2"), expected("median")].concat()
    );
    for row in rows.iter().filter(|row| row[7] != "-") {
        assert!(row[7].parse::<f64>().unwrap() > 0.0, "no logins: {row:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn responses_other_than_200_are_shown_and_fail_the_run() {
    let server = TestServer::start().await;
    let user = by_token(&server.user("anna").await);
    let url = format!("--url http://{}", server.address);
    let brief = "--seconds 0.05 --concurrency 2 --rounds 1";
    let printed = run(&format!("{url} {user} {brief} --what list,create")).await;
    assert!(
        printed
            .text
            .contains(" × 400, the first: {\"success\":false"),
        "{}",
        printed.text
    );
    assert!(
        printed.text.contains("0 statuses created"),
        "{}",
        printed.text
    );
    assert_eq!(
        printed.ended,
        Err("no create request had status 200".to_owned())
    );
    let wrong = run(&format!("{url} --token-user x --token y {brief}")).await;
    assert!(wrong.text.contains(" × 401, the first: "), "{}", wrong.text);
    server.stop().await;
    let gone = run(&format!("{url} {user} {brief}")).await;
    assert!(gone.ended.unwrap_err().contains("cannot use"));
}

#[tokio::test]
async fn without_its_own_arguments_it_prints_its_usage() {
    for arguments in ["--bench", "--test", "--help"] {
        let printed = run(arguments).await;
        assert_eq!(printed.ended, Ok(()), "{arguments}");
        assert!(
            printed.text.contains("Usage: cargo bench --bench load -- "),
            "{}",
            printed.text
        );
    }
}

#[tokio::test]
async fn invalid_arguments_are_refused() {
    let url = "--url http://127.0.0.1:1";
    for (arguments, reason) in [
        ("--user admin --password-env PASSWORD".to_owned(), "--url"),
        (url.to_owned(), "--user"),
        (
            format!("{url} --user admin --password-env NOTHING"),
            "the variable NOTHING is not set",
        ),
        (
            format!("{url} --token-user x --token y --seconds 0"),
            "a number above 0",
        ),
        (
            format!("{url} --token-user x --token y --concurrency 1,0"),
            "a number from 1",
        ),
        (
            format!("{url} --token-user x --token y --what delete"),
            "one of create, list, set-status, presence, login",
        ),
        (
            format!("{url} --token-user x --token y --what list,login"),
            "a login needs --user",
        ),
        (
            format!("{url} --token-user x --token y --logins 4"),
            "--user",
        ),
        (
            format!("{url} --token-user x --token y --pid 4294967295"),
            "/proc has no process",
        ),
    ] {
        let refused = run(&arguments).await.ended.unwrap_err();
        assert!(refused.contains(reason), "{arguments}: {refused}");
    }
}

#[test]
fn response_heads_are_parsed() {
    let head = |text: &str| Head::parse(text.as_bytes());
    let whole =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nCONTENT-length:  7\r\n\r\n{\"a\":1}";
    let read = head(whole).unwrap().unwrap();
    assert_eq!((read.status, read.body_bytes), (200, 7));
    assert_eq!(&whole[read.bytes..], "{\"a\":1}");
    for cut in 0..read.bytes {
        assert_eq!(head(&whole[..cut]).unwrap(), None, "the first {cut} bytes");
    }
    for bad in [
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 2\r\nContent-Length: 0\r\n\r\n",
        "SSH-2.0-door\r\n\r\n",
    ] {
        assert!(head(bad).is_err(), "{bad}");
    }
    assert!(head(&"x".repeat(70_000)).is_err(), "a head without an end");
}

#[test]
fn percentiles_are_values_that_were_measured() {
    let hundred: Vec<u32> = (1..=100).collect();
    for (percent, value) in [(0, 1), (1, 1), (50, 50), (99, 99), (100, 100)] {
        assert_eq!(
            percentile(&hundred, percent),
            value,
            "{percent} of a hundred"
        );
    }
    for (percent, value) in [(0, 10), (33, 10), (34, 20), (50, 20), (99, 30), (100, 30)] {
        assert_eq!(
            percentile(&[10, 20, 30], percent),
            value,
            "{percent} of three"
        );
    }
    assert_eq!(percentile::<u32>(&[], 50), 0);
}

#[test]
fn urls_become_addresses() {
    for (url, address, prefix) in [
        ("http://127.0.0.1:3000", "127.0.0.1:3000", ""),
        ("http://localhost/", "localhost:80", ""),
        ("http://[::1]", "[::1]:80", ""),
        ("http://[::1]:3000/chat/", "[::1]:3000", "/chat"),
    ] {
        let server = Server::parse(url).unwrap();
        assert_eq!(
            (server.address.as_str(), server.prefix.as_str()),
            (address, prefix),
            "{url}"
        );
    }
    for url in ["https://localhost", "localhost:3000", "http:///path"] {
        assert!(Server::parse(url).is_err(), "{url}");
    }
}

#[test]
fn memory_and_processor_time_are_parsed_from_proc() {
    let status = "Name:\tdoorsign\nVmHWM:\t   20480 kB\nVmRSS:\t   14336 kB\n";
    assert_eq!(resident_in(status), Some(14.0));
    assert_eq!(resident_in("Name:\tkthreadd\n"), None);
    let stat = |steal: u64| {
        format!(
            "cpu  10 0 20 {} 5 0 0 {steal} 3 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n",
            165 - steal
        )
    };
    let at = |steal| ProcessorTime::parse(&stat(steal)).unwrap();
    assert_eq!(
        at(0),
        ProcessorTime {
            all: 200,
            stolen: 0
        }
    );
    let later = ProcessorTime {
        all: 300,
        stolen: 10,
    };
    assert_eq!(at(5).stolen_percent_until(later), 5.0);
    assert_eq!(ProcessorTime::parse("intr 1 2 3"), None);
}
