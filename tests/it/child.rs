//! A server as a process of its own, which can be killed. Knows nothing of what is asked of it.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{ChildStdout, Command};

/// An executable, and the folder that it works in and keeps its data in.
pub struct Program {
    executable: PathBuf,
    folder: tempfile::TempDir,
    environment: Vec<(String, PathBuf)>,
}

/// A process of a [`Program`]. Dropping it kills it.
pub struct Starting {
    process: tokio::process::Child,
    lines: Lines<BufReader<ChildStdout>>,
}

/// A server that listens. Dropping it kills it.
pub struct Child {
    starting: Starting,
    pub address: SocketAddr,
}

impl Program {
    pub fn doorsign() -> Self {
        Self::at(Path::new(env!("CARGO_BIN_EXE_doorsign")))
    }

    /// `examples/NAME.rs`, which `cargo test` builds before it runs tests.
    pub fn example(name: &str) -> Self {
        let beside = Path::new(env!("CARGO_BIN_EXE_doorsign")).parent().unwrap();
        let executable = beside.join("examples").join(name);
        let found = executable.exists();
        assert!(found, "there is no {executable:?}: cargo build --examples");
        Self::at(&executable)
    }

    fn at(executable: &Path) -> Self {
        Self {
            executable: executable.to_owned(),
            folder: tempfile::tempdir().unwrap(),
            environment: Vec::new(),
        }
    }

    pub fn env(mut self, variable: &str, path: &Path) -> Self {
        self.environment
            .push((variable.to_owned(), path.to_owned()));
        self
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.executable);
        let ours = |name: &OsStr| name.as_encoded_bytes().starts_with(b"DOORSIGN_");
        for (variable, _) in std::env::vars_os().filter(|(name, _)| ours(name)) {
            command.env_remove(variable);
        }
        command
            .args(arguments)
            .args(["--listen", "127.0.0.1:0", "--log", "error"])
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder())
            .kill_on_drop(true);
        command
    }

    /// Starts a server without waiting for it.
    pub fn spawn(&self) -> Starting {
        let mut process = self
            .command(&[])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Starting { process, lines }
    }

    /// Starts a server and waits until it listens.
    pub async fn start(&self) -> Child {
        let mut starting = self.spawn();
        let address = starting.ready().await;
        Child { starting, address }
    }

    /// Makes a token for `username`: user id and auth token.
    pub async fn token(&self, username: &str) -> (String, String) {
        let mut command = self.command(&["token", "create", username, "--name", "test"]);
        let made = command.output().await.unwrap();
        let printed = String::from_utf8(made.stdout).unwrap();
        let mut values = printed
            .lines()
            .filter_map(|line| Some(line.split_once(": ")?.1.to_owned()));
        match (values.next(), values.next()) {
            (Some(id), Some(token)) => (id, token),
            _ => panic!("{printed} {}", String::from_utf8_lossy(&made.stderr)),
        }
    }
}

impl Starting {
    /// Reads the address that it prints when it listens.
    pub async fn ready(&mut self) -> SocketAddr {
        let line = self.line().await;
        let (_, rest) = line
            .split_once("http://")
            .unwrap_or_else(|| panic!("{line}"));
        rest.split_once(',').unwrap().0.parse().unwrap()
    }

    /// The next line that it prints.
    pub async fn line(&mut self) -> String {
        let line = self.lines.next_line().await.unwrap();
        line.unwrap_or_else(|| panic!("the process has ended"))
    }

    /// Kills it as `kill -9` does, and waits until it is gone.
    pub async fn kill(mut self) {
        self.process.kill().await.unwrap();
    }
}

impl Child {
    /// The next line that it prints.
    pub async fn line(&mut self) -> String {
        self.starting.line().await
    }

    /// Kills it as `kill -9` does, and waits until it is gone.
    pub async fn kill(self) {
        self.starting.kill().await;
    }
}
