//! doorsign as a process, started like a user would in an empty folder and environment, and ended
//! by signals.

mod ended;
mod home;
mod terminal;

pub use ended::{Ended, ended, paste};
pub use home::Home;

use crate::support::{Client, in_time};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub const PASSWORD: &str = "correct-horse \"battery\" & 'staple' $HOME 100%";

/// The part of [`PASSWORD`] that every encoding leaves unchanged, to search for leaks.
pub const PASSWORD_START: &str = "correct-horse";

/// A server in its own process, killed when dropped.
pub struct Process {
    child: Child,
    /// What it printed before it served; empty before [`greet`](Self::greet).
    pub greeting: String,
    stdout: BufReader<Box<dyn AsyncRead + Send + Unpin>>,
    is_on_terminal: bool,
    log: watch::Receiver<String>,
    reading: JoinHandle<()>,
}

impl Process {
    /// Starts it without waiting.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        Self::of(child, Box::new(stdout))
    }

    /// Starts it on a terminal and waits for its greeting.
    pub async fn served_on_terminal(mut command: Command) -> Self {
        let (output, end) = terminal::open();
        let child = command.stdout(Stdio::from(end)).spawn().unwrap();
        drop(command); // It holds an end of the terminal.
        let mut process = Self::of(child, Box::new(output));
        process.is_on_terminal = true;
        process.greet().await;
        process
    }

    fn of(mut child: Child, stdout: Box<dyn AsyncRead + Send + Unpin>) -> Self {
        let (log, reading) = follow(child.stderr.take());
        Self {
            child,
            greeting: String::new(),
            stdout: BufReader::new(stdout),
            is_on_terminal: false,
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
        // In dev mode and on the first start on a terminal, it ends with lines to paste and an empty
        // one.
        let is_on_terminal = self.is_on_terminal;
        let ended = |text: &str| {
            let is_first = is_on_terminal && text.starts_with("The administrator ");
            let is_short = text.contains("with its data in") && !is_first;
            is_short || text.contains("-H \"X-Auth-Token") && text.ends_with("\n\n")
        };
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

    /// The URL in its greeting.
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

    /// The client with the user id and token in the two header lines of [`Home::token`].
    pub fn with_headers(&self, lines: &str) -> Client {
        let value = |name: &str| {
            let line = lines.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap().to_owned()
        };
        let credentials = (value("X-User-Id: "), value("X-Auth-Token: "));
        Client::new(self.address(), Some(credentials))
    }

    /// The generated password: in the greeting, or in the file that the greeting names.
    pub fn shown_password(&self) -> Option<String> {
        if let Some(file) = self.password_file() {
            let line = std::fs::read_to_string(file).unwrap();
            return Some(line.trim_end().to_owned());
        }
        let (_, rest) = self.greeting.split_once("has the password ")?;
        let (shown, _) = rest.split_once(" (shown only once)")?;
        Some(shown.to_owned())
    }

    /// The file in the greeting that holds the generated password.
    pub fn password_file(&self) -> Option<&Path> {
        let (_, rest) = self.greeting.split_once("has the password in the file ")?;
        let (file, _) = rest.split_once(" (delete it")?;
        Some(Path::new(file))
    }

    /// Waits until the log satisfies `enough`, and returns it.
    pub async fn logged(&self, enough: impl FnMut(&String) -> bool) -> String {
        let mut log = self.log.clone();
        let logged = in_time("a line in the log", log.wait_for(enough)).await;
        logged.unwrap().clone()
    }

    /// Its standard input, if that is a pipe.
    pub fn keys(&mut self) -> ChildStdin {
        self.child.stdin.take().unwrap()
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

    /// Asks it to stop and waits until it has ended.
    pub async fn end(self) -> Ended {
        self.signal("TERM").await;
        self.wait().await
    }

    /// Ends it as a power cut would.
    pub async fn kill(mut self) {
        self.child.start_kill().unwrap(); // Immediately: starting `kill` would take a while.
        self.wait().await;
    }
}

/// Reads to the end in the background, so that the writer never blocks and the text so far is
/// available. Empty if a test has redirected the output.
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
