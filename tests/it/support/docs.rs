//! Pastes the shell blocks of documentation pages.

use super::page::{Page, root};
use super::process::{Home, Process, paste};
use std::path::PathBuf;

/// The block in `sh` of a page that contains `part`, for a server at this address.
pub fn block(page: &str, part: &str, server: &Process) -> String {
    let block = Page::of(page).shell(part);
    assert!(block.contains("127.0.0.1:3000"), "{block}");
    block.replace("127.0.0.1:3000", &server.address().to_string())
}

/// Pastes lines into a shell with these credentials, and returns what it prints.
pub async fn pasted(lines: &str, headers: &str) -> String {
    let value = |name| headers.lines().find_map(|line| line.strip_prefix(name));
    let environment = [
        ("ID", value("X-User-Id: ").unwrap()),
        ("TOKEN", value("X-Auth-Token: ").unwrap()),
    ];
    let strict = format!("set -eu\n{lines}\n");
    paste(&strict, &environment).await.succeeded()
}

/// A shell at home, with `plugins` of the checkout and `doorsign` in its path.
pub fn shell(home: &Home) -> tokio::process::Command {
    let doorsign = PathBuf::from(env!("CARGO_BIN_EXE_doorsign"));
    let beside = doorsign.parent().unwrap().display().to_string();
    let path = std::env::var("PATH").unwrap();
    let plugins = home.path().join("plugins");
    if !plugins.exists() {
        std::os::unix::fs::symlink(root().join("plugins"), plugins).unwrap();
    }
    let mut shell = home.command_of("sh");
    shell.env("PATH", format!("{beside}:{path}"));
    shell.stdin(std::process::Stdio::piped());
    shell
}
