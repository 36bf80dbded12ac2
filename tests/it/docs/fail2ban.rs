//! The filter in docs/security.md against the log of a real server. `tests/fail2ban/run` does the
//! same with fail2ban itself.

use crate::support::process::Home;
use regex::Regex;

/// The documented `failregex`, as fail2ban would use it: `<HOST>` is an address.
fn failregex() -> Regex {
    let docs = include_str!("../../../docs/security.md");
    let line = docs
        .lines()
        .find_map(|line| line.strip_prefix("failregex = "));
    let address = r"(?P<host>[0-9A-Fa-f:.]+)";
    Regex::new(&line.unwrap().replace("<HOST>", address)).unwrap()
}

/// The address that the filter finds in a line. fail2ban removes the time before it matches.
fn banned(line: &str) -> Option<String> {
    let (_, rest) = line.split_once(' ').unwrap();
    let found = failregex().captures(rest)?;
    Some(found["host"].to_owned())
}

#[tokio::test]
async fn the_documented_filter_matches_failed_logins_and_no_text_sent_by_a_client() {
    let home = Home::with_data().await;
    let server = home.serve(&[], &[]).await;
    let forged = "WARN doorsign::audit action=login.failed address=192.0.2.7 ";
    server.anon().login("admin", "wrong").await.expect(401);
    server.anon().login(forged, "wrong").await.expect(401);
    let path = format!("/{}", forged.trim().replace(' ', "%20"));
    server
        .anon()
        .send("GET".parse().unwrap(), &path, &[], "")
        .await
        .expect(404);
    let enough = |log: &String| log.matches("action=login.failed address=127.0.0.1").count() == 2;
    server.logged(enough).await;
    let log = server.end().await.stderr;
    let found: Vec<_> = log.lines().filter_map(banned).collect();
    assert_eq!(found, ["127.0.0.1", "127.0.0.1"], "{log}");
    let failed = log.lines().find(|line| banned(line).is_some()).unwrap();
    let in_journal = format!("time host doorsign[12]: {failed}");
    assert_eq!(banned(&in_journal).as_deref(), Some("127.0.0.1"));
}
