//! The snippets of docs/testing.md for developers of clients. Those in JavaScript and Python are
//! not run here; only the behaviour that they rely on is checked.

use crate::support::dev::{control, dev_server, look, seeded};
use crate::support::page::{Page, root};
use crate::support::process::{Home, paste};
use serde_json::{Value, json};

/// docs/compatibility.md names the programs of others that the gate runs.
#[test]
fn the_verified_clients_have_the_versions_that_run() {
    let file = |name: &str| {
        let path = root().join("tests/clients").join(name);
        std::fs::read_to_string(path)
            .unwrap()
            .replace('_', "-")
            .to_lowercase()
    };
    let (node, python) = (file("package.json"), file("requirements.txt"));
    let mut named = 0;
    for row in Page::of("compatibility").table("part") {
        let parts: Vec<_> = row[2].split('`').collect();
        let pairs = parts[1..].chunks(2).filter(|_| row[1] == "run");
        for pair in pairs {
            let version = pair[1].trim().trim_end_matches(',');
            if !version.starts_with(|first: char| first.is_ascii_digit()) {
                continue; // The newest one.
            }
            let name = pair[0].replace('_', "-").to_lowercase();
            let is_node = node.contains(&format!("\"{name}\": \"{version}\""));
            let is_python = python
                .lines()
                .any(|line| line == format!("{name}=={version}"));
            assert!(is_node || is_python, "{name} {version}");
            named += 1;
        }
    }
    assert_eq!(named, 7);
}

#[tokio::test]
async fn the_snippet_for_ci_runs_a_clients_tests_and_stops_the_server_after_them() {
    let folder = tempfile::tempdir().unwrap();
    let snippet = &Page::of("testing").blocks("yaml")[0];
    let line = snippet.lines().last().unwrap();
    let line = line
        .strip_prefix("- run: ")
        .unwrap()
        .replace(
            "doorsign/target/release/doorsign",
            env!("CARGO_BIN_EXE_doorsign"),
        )
        .replace(
            "npm test",
            r#"bash -c 'curl -sf "$DOORSIGN_URL/dev/clock" >clock; echo $DOORSIGN_URL >url; exit 3'"#,
        );
    assert!(line.contains(" dev -- bash "), "{line}");
    let lines = format!("set -e\ncd {}\n{line}\n", folder.path().display());
    let ended = paste(&lines, &[]).await;
    assert_eq!(
        ended.code,
        Some(3),
        "the exit code is that of the client's tests: {ended:?}"
    );
    let clock = std::fs::read_to_string(folder.path().join("clock")).unwrap();
    let clock: Value = serde_json::from_str(&clock).unwrap();
    assert!(clock["now"].is_string());
    let url = std::fs::read_to_string(folder.path().join("url")).unwrap();
    let address = url.trim().strip_prefix("http://").unwrap();
    let gone = std::net::TcpStream::connect(address);
    assert!(gone.is_err(), "the server has stopped after the tests");
}

#[tokio::test]
async fn the_commands_for_faults_and_requests_work() {
    let block = Page::of("testing").shell("/dev/faults");
    let home = Home::new();
    let process = home.serve(&["dev"], &[]).await;
    let address = process.address().to_string();
    let lines = block.replace("127.0.0.1:3000", &address);
    let printed = paste(&format!("set -e\n{lines}"), &[]).await.succeeded();
    let answers = serde_json::Deserializer::from_str(&printed).into_iter::<Value>();
    let answers: Vec<Value> = answers.map(Result::unwrap).collect();
    let waiting = json!([{"route": "/api/v1/users.setStatus", "fault": "drop", "count": 2}]);
    assert_eq!(answers[0]["faults"], waiting);
    assert!(answers[1]["requests"].is_array());
    assert_eq!(answers[2]["success"], true);
}

#[tokio::test]
async fn the_status_in_the_snippets_expires_after_a_day_and_the_fault_after_a_request() {
    for snippet in [
        r#"dev("clock", advance="1d")"#,
        r#"call("/dev/clock", { body: { advance: "1d" } })"#,
        r#"{ route: "/api/v1/me", fault: "429" }"#,
    ] {
        Page::of("testing").states(snippet);
    }
    let server = dev_server().await;
    let ann = seeded(&server, "ann");
    let text = async || ann.get("me").await.expect(200).json()["statusText"].clone();
    let now = look(&server, "clock").await["now"].clone();
    let now: jiff::Timestamp = now.as_str().unwrap().parse().unwrap();
    let end = now + jiff::SignedDuration::from_hours(24);
    let holiday = json!({"status": "away", "message": "On holiday", "expiresAt": end.to_string()});
    ann.post("users.setStatus", holiday).await.expect(200);
    assert_eq!(text().await, "On holiday");
    control(&server, "clock", json!({"advance": "1d"})).await;
    assert_eq!(text().await, "");
    let fault = json!({"route": "/api/v1/me", "fault": "429"});
    control(&server, "faults", fault).await;
    ann.get("me").await.expect(429);
    ann.get("me").await.expect(200);
}
