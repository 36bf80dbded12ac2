//! A folder to start doorsign in, and its commands.

use super::{Ended, PASSWORD, Process, ended};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// A folder to start doorsign in repeatedly; its data is in `data` below it.
pub struct Home {
    folder: tempfile::TempDir,
    program: PathBuf,
}

impl Home {
    pub fn new() -> Self {
        Self::of(Path::new(env!("CARGO_BIN_EXE_doorsign")))
    }

    /// A home of `examples/NAME.rs`, which `cargo test` builds before it runs tests.
    pub fn of_example(name: &str) -> Self {
        let beside = Path::new(env!("CARGO_BIN_EXE_doorsign")).parent().unwrap();
        let program = beside.join("examples").join(name);
        let found = program.exists();
        assert!(found, "{program:?} is missing: cargo build --examples");
        Self::of(&program)
    }

    fn of(program: &Path) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            program: program.to_owned(),
        }
    }

    /// A home with a database that has the administrator `admin` with [`PASSWORD`], without a
    /// server.
    pub async fn with_data() -> Self {
        let home = Self::new();
        home.serve(&[], &[("DOORSIGN_ADMIN_PASSWORD", PASSWORD)])
            .await
            .end()
            .await;
        home
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// Runs `doorsign ARGS` with these variables, on this home's data and a free port by default.
    pub fn command(&self, args: &[&str], environment: &[(&str, &str)]) -> Command {
        let mut command = self.command_of(&self.program);
        command.args(args).envs(environment.iter().copied());
        command
    }

    /// A command for `program`, whose doorsign uses this home's data and a free port.
    pub fn command_of(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.path())
            .env_clear()
            .envs([
                ("DOORSIGN_DATA", "data"),
                ("DOORSIGN_LISTEN", "127.0.0.1:0"),
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Runs `doorsign ARGS` to its end.
    pub async fn run(&self, args: &[&str]) -> Ended {
        ended(self.command(args, &[]), "").await
    }

    /// Runs `doorsign ARGS` to its end with `input` on its standard input.
    pub async fn run_with_input(&self, args: &[&str], input: &str) -> Ended {
        ended(self.command(args, &[]), input).await
    }

    /// Creates a token and returns the two printed header lines.
    pub async fn token(&self, username: &str, name: &str) -> String {
        let args = ["token", "create", username, "--name", name];
        self.run(&args).await.succeeded()
    }

    /// Adds the webhook `ci` for `url`, and returns its secret.
    pub async fn add_webhook(&self, url: &str) -> String {
        let add = [
            "webhook",
            "add",
            "ci",
            url,
            "--webhook-allow",
            "127.0.0.0/8",
        ];
        let secret = self.run(&add).await.succeeded();
        secret.trim_end().to_owned()
    }

    /// Starts `doorsign ARGS`, which serves, and waits for its greeting.
    pub async fn serve(&self, args: &[&str], environment: &[(&str, &str)]) -> Process {
        Process::served(self.command(args, environment)).await
    }

    /// Like [`serve`](Self::serve), with a terminal as standard output.
    pub async fn serve_on_terminal(&self, args: &[&str], environment: &[(&str, &str)]) -> Process {
        Process::served_on_terminal(self.command(args, environment)).await
    }
}
