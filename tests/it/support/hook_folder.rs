//! A folder of programs, a folder of modules, and servers that scan them.

use crate::support::attempts::{LONG, hook, until};
use crate::support::{Setup, TestServer};
use doorsign::domain::Hook;
use serde_json::Value;
use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What modules may call, and a memory.
const IMPORTS: &str = r#"
    (import "doorsign_v1" "log" (func $log (param i32 i32)))
    (import "doorsign_v1" "set_result" (func $set_result (param i32 i32 i32)))
    (memory (export "memory") 1)
"#;

/// Both folders, the data folder, and the file of received events.
pub struct Folders(tempfile::TempDir);

impl Folders {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for kind in ["exec", "wasm"] {
            fs::create_dir(folder.path().join(kind)).unwrap();
            fs::set_permissions(folder.path().join(kind), Permissions::from_mode(0o755)).unwrap();
        }
        Self(folder)
    }

    pub fn path(&self, of: &str) -> PathBuf {
        self.0.path().join(of)
    }

    /// A server that scans them. Programs and modules have a second for each event; a retry comes
    /// after the end of any test.
    pub fn setup(&self) -> Setup {
        Setup::at(&self.path("data")).pace(LONG).config(|config| {
            config.exec_folder = Some(self.path("exec"));
            config.wasm_folder = Some(self.path("wasm"));
            (config.exec_seconds, config.wasm_seconds) = (1, 1);
        })
    }

    pub async fn start(&self) -> TestServer {
        self.setup().start().await
    }

    /// Installs the program `name` with the shell script `body`. `$received` is the file that
    /// [`received`](Self::received) reads.
    pub fn program(&self, name: &str, body: &str) {
        let received = self.path("received").display().to_string();
        let script = format!("#!/bin/sh\nreceived='{received}'\n{body}\n");
        self.put("exec", name, script.as_bytes());
    }

    /// Installs the module `name`, whose `on_event` runs `body`. Its memory starts with `data`.
    pub fn module(&self, name: &str, data: &str, body: &str) {
        let module = format!(
            r#"(module {IMPORTS} (data (i32.const 0) "{data}") (func (export "on_event") {body}))"#
        );
        self.put("wasm", name, &wat::parse_str(module).unwrap());
    }

    /// Installs the module `name`, whose `on_event` runs `body`. Its memory starts with `data`.
    pub fn noting_module(&self, name: &str, text: &str) {
        let length = text.len();
        let body = format!("(call $log (i32.const 0) (i32.const {length}))");
        self.module(name, text, &body);
    }

    /// Installs a file by renaming it, so that it is always complete. Another process writes it: a
    /// process that another test starts at this moment would inherit an open file, and a file that
    /// is open for writing cannot be started.
    pub fn put(&self, kind: &str, name: &str, content: &[u8]) {
        let new = self.path("new");
        let mut writer = Command::new("/bin/sh")
            .args(["-c", r#"cat > "$0" && chmod 755 "$0""#])
            .arg(&new)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        writer.stdin.take().unwrap().write_all(content).unwrap();
        assert!(writer.wait().unwrap().success());
        fs::rename(new, self.path(kind).join(name)).unwrap();
    }

    pub fn remove(&self, kind: &str, name: &str) {
        fs::remove_file(self.path(kind).join(name)).unwrap();
    }

    /// Waits for the first `count` events that programs received, one per line, and returns the
    /// names in them.
    pub async fn received(&self, count: usize) -> Vec<String> {
        let path = self.path("received");
        let look = async || {
            let lines = whole_lines(&path);
            (lines.len() >= count).then_some(lines)
        };
        let lines = until("programs to receive events", look).await;
        let name = |line: &String| {
            let event: Value = serde_json::from_str(line).unwrap();
            event["data"]["name"].as_str().unwrap().to_owned()
        };
        lines.iter().map(name).collect()
    }
}

fn whole_lines(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
    whole.lines().map(str::to_owned).collect()
}

/// The hook `name`, as soon as it is there and runs.
pub async fn runs(server: &TestServer, name: &str) -> Hook {
    hook(server, name, |hook| hook.missing.is_none()).await
}

/// Why the hook `name` is missing, as soon as it is.
pub async fn missing(server: &TestServer, name: &str) -> String {
    let hook = hook(server, name, |hook| hook.missing.is_some()).await;
    hook.missing.unwrap()
}
