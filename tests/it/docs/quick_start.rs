//! The quick start of README.md: start the server, paste the commands that it prints, see a status.

use serde_json::Value;

use crate::support::docs::pasted;
use crate::support::page::Page;
use crate::support::process::{Home, paste};

/// The commands of the quick start as the server prints them: each on one line.
fn commands(address: &str) -> Vec<String> {
    let page = Page::open("README.md");
    let blocks = ["custom-user-status.create", "users.setStatus"].map(|part| page.shell(part));
    let lines = blocks.join("\n").replace("\\\n     ", "");
    let lines = lines.replace("127.0.0.1:3000", address);
    lines.lines().map(str::to_owned).collect()
}

/// JSON without the ids and times that differ from one server to the next.
fn masked(json: &str) -> Value {
    fn mask(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.remove("_id");
                fields.remove("_updatedAt");
                fields.values_mut().for_each(mask);
            }
            Value::Array(items) => items.iter_mut().for_each(mask),
            _ => {}
        }
    }
    let mut value = serde_json::from_str(json).unwrap();
    mask(&mut value);
    value
}

#[tokio::test]
async fn the_first_start_prints_what_the_readme_shows() {
    let home = Home::new();
    let server = home.serve_on_terminal(&[], &[]).await;
    let (real, shown) = (server.shown_password().unwrap(), "xHbMz6RcgpL9jdQZkS2TqW4n");
    let (_, token) = server.greeting.split_once("/join#").unwrap();
    let token = token.lines().next().unwrap();
    let expected = Page::open("README.md").blocks("text")[0]
        .replace("127.0.0.1:3000", &server.address().to_string())
        .replace("./doorsign-data", "data")
        .replace(shown, &real)
        .replace("2FbzR1cmtfd0yK3pYh5s8vNqWjLxTgUoEaIeQnCdMzA", token);
    assert_eq!(real.len(), shown.len());
    let greeting = &server.greeting;
    assert!(greeting.starts_with(&expected), "{greeting}");
    for command in commands(&server.address().to_string()) {
        assert!(greeting.contains(&command), "{command}\n{greeting}");
    }
}

#[tokio::test]
async fn the_commands_that_the_first_start_prints_set_a_visible_status() {
    let home = Home::new();
    let server = home.serve_on_terminal(&[], &[]).await;
    let (_, lines) = server.greeting.split_once("terminal:\n\n").unwrap();
    let lines = format!("set -eu\n{lines}");
    let printed = paste(&lines, &[]).await.succeeded();
    let shown = printed.lines().last();
    let shown = masked(shown.unwrap());
    let admin = &shown["users"][0];
    assert_eq!(
        (&admin["username"], &admin["status"]),
        (&"admin".into(), &"busy".into())
    );
    assert_eq!(admin["statusText"], "caught up");
}

#[tokio::test]
async fn the_commands_of_the_quick_start_get_the_documented_responses() {
    let home = Home::with_data().await;
    let server = home.serve(&[], &[]).await;
    let admin = home.token("admin", "t").await;
    let shown = Page::open("README.md").blocks("json");
    let mut answers = Vec::new();
    for command in commands(&server.address().to_string()) {
        answers.push(pasted(&command, &admin).await);
    }
    assert_eq!(masked(&answers[0]), masked(&shown[0]));
    assert_eq!(masked(&answers[2]), masked(&shown[1]));
}
