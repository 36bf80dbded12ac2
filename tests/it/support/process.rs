//! doorsign as a process of its own: started as a user would start it, in a folder and an environment that hold nothing else, and
//! ended by signals. Does not know what is asked of it.

use crate::support::{Client, in_time};
use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub const PASSWORD: &str = "correct-horse \"battery\" & 'staple' $HOME 100%";

/// The part of [`PASSWORD`] that looks the same however it is encoded: where this is not, no password is.
pub const PASSWORD_START: &str = "correct-horse";

/// A folder to start doorsign in, as often as one likes; its data lies in `data` below it.
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
        assert!(found, "there is no {program:?}: cargo build --examples");
        Self::of(&program)
    }

    fn of(program: &Path) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            program: program.to_owned(),
        }
    }

    /// A home whose data folder holds a database with the administrator `admin` and [`PASSWORD`], and no server.
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

    /// `doorsign ARGS` with these variables, on this home's data and a free port unless they say otherwise.
    pub fn command(&self, args: &[&str], environment: &[(&str, &str)]) -> Command {
        let mut command = self.command_of(&self.program);
        command.args(args).envs(environment.iter().copied());
        command
    }

    /// `program`, whose doorsign is on this home's data and a free port.
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

    /// Makes a token: the two header lines that are printed.
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
}

/// A process that has ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// Passes when the process ended well and said nothing on standard error; gives its output.
    #[track_caller]
    pub fn succeeded(self) -> String {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""), "{self:?}");
        self.stdout
    }

    /// Passes when the process ended with `code` and exactly one line, which it gives without `doorsign: `.
    #[track_caller]
    pub fn refused(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
        let line = self.stderr.strip_suffix('\n').unwrap_or_default();
        let reason = line.strip_prefix("doorsign: ").unwrap_or_default();
        assert!(!reason.is_empty() && !reason.contains('\n'), "{self:?}");
        reason.to_owned()
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Runs `command` to its end with `input` on its standard input.
pub async fn ended(mut command: Command, input: &str) -> Ended {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // One that does not read its input may be gone already.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    let output = in_time("its end", child.wait_with_output()).await;
    output.unwrap().into()
}

/// Pastes lines into a shell in another folder, as a user with this environment would.
pub async fn paste(lines: &str, environment: &[(&str, &str)]) -> Ended {
    let mut bash = Command::new("bash");
    bash.env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .envs(environment.iter().copied())
        .current_dir("/")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    ended(bash, lines).await
}

/// A server in a process of its own, killed when dropped.
pub struct Process {
    child: Child,
    /// What it printed before it served; nothing before [`greet`](Self::greet).
    pub greeting: String,
    stdout: BufReader<ChildStdout>,
    log: watch::Receiver<String>,
    reading: JoinHandle<()>,
}

impl Process {
    /// Starts it, and does not wait for it.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (log, reading) = follow(child.stderr.take());
        Self {
            child,
            greeting: String::new(),
            stdout,
            log,
            reading,
        }
    }

    /// Starts it and waits for its greeting.
    pub async fn served(command: Command) -> Self {
        let mut process = Self::start(command);
        process.greet().await;
        process
    }

    /// Waits for its greeting.
    pub async fn greet(&mut self) {
        // It ends with lines to paste and an empty one.
        let ended = |text: &str| text.contains("-H \"X-Auth-Token") && text.ends_with("\n\n");
        while !ended(&self.greeting) {
            let line = self.line().await;
            self.greeting.push_str(&line);
        }
    }

    /// The next line of its standard output, with its end.
    pub async fn line(&mut self) -> String {
        let mut line = String::new();
        let read = in_time("a line", self.stdout.read_line(&mut line)).await;
        assert_ne!(read.unwrap(), 0, "it ended: {}", *self.log.borrow());
        line
    }

    /// Where it listens, by its greeting.
    pub fn url(&self) -> &str {
        let (_, url) = self.greeting.split_once("listens on ").unwrap();
        url.split(',').next().unwrap()
    }

    pub fn address(&self) -> SocketAddr {
        self.url().strip_prefix("http://").unwrap().parse().unwrap()
    }

    pub fn anon(&self) -> Client {
        Client::new(self.address(), None)
    }

    /// Somebody with the user id and token that the two header lines of [`Home::token`] hold.
    pub fn with_headers(&self, lines: &str) -> Client {
        let value = |name: &str| {
            let line = lines.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap().to_owned()
        };
        let credentials = (value("X-User-Id: "), value("X-Auth-Token: "));
        Client::new(self.address(), Some(credentials))
    }

    /// The made-up password that the greeting shows, if it shows one.
    pub fn shown_password(&self) -> Option<&str> {
        let (_, rest) = self.greeting.split_once("with the password ")?;
        rest.split_once(" (shown only once)")
            .map(|(shown, _)| shown)
    }

    /// Waits until the log satisfies `enough`, and gives it.
    pub async fn logged(&self, enough: impl FnMut(&String) -> bool) -> String {
        let mut log = self.log.clone();
        let logged = in_time("a line in the log", log.wait_for(enough)).await;
        logged.unwrap().clone()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// Sends a signal, by its name without `SIG`.
    pub async fn signal(&self, name: &str) {
        let id = self.id().to_string();
        let mut kill = Command::new("kill");
        let sent = kill.args(["-s", name, &id]).status().await.unwrap();
        assert!(sent.success());
    }

    /// Waits until it has ended; standard output is what came after the greeting.
    pub async fn wait(mut self) -> Ended {
        let mut stdout = String::new();
        let ended = async {
            self.stdout.read_to_string(&mut stdout).await.unwrap();
            (&mut self.reading).await.unwrap();
            self.child.wait().await.unwrap()
        };
        let status = in_time("its end", ended).await;
        Ended {
            code: status.code(),
            stdout,
            stderr: self.log.borrow().clone(),
        }
    }

    /// Asks it to stop, and waits until it has.
    pub async fn end(self) -> Ended {
        self.signal("TERM").await;
        self.wait().await
    }

    /// Ends it as a power cut would.
    pub async fn kill(mut self) {
        self.child.start_kill().unwrap(); // At this very moment; to start `kill` would take a while.
        self.wait().await;
    }
}

/// Reads to the end in the background, so that the writer never waits and the reader sees what has come so far. There is nothing to
/// read where a test has put something else in its place.
fn follow(stream: Option<ChildStderr>) -> (watch::Receiver<String>, JoinHandle<()>) {
    let (sender, receiver) = watch::channel(String::new());
    let reading = tokio::spawn(async move {
        let Some(stream) = stream else { return };
        let (mut stream, mut line) = (BufReader::new(stream), String::new());
        while stream.read_line(&mut line).await.unwrap() > 0 {
            sender.send_modify(|log| log.push_str(&line));
            line.clear();
        }
    });
    (receiver, reading)
}
