//! `doorsign dev -- COMMAND`: what the command gets, and what its caller gets.

use crate::support::process::{Ended, Home, Process, ended};
use std::net::TcpStream;
use std::process::Stdio;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// The command line for a shell that runs `script` beside a server.
fn beside(home: &Home, script: &str) -> Command {
    let mut command = home.command(&["dev", "--", "sh", "-c", script], &[]);
    command.env("PATH", std::env::var_os("PATH").unwrap());
    command
}

async fn run(home: &Home, script: &str, input: &str) -> Ended {
    ended(beside(home, script), input).await
}

#[tokio::test]
async fn the_command_finds_the_server_and_keeps_its_input_output_and_exit_code() {
    let home = Home::new();
    let script =
        r#"read -r line; echo "$line"; echo oops >&2; curl -sf "$DOORSIGN_URL/api/info"; exit 7"#;
    let ran = run(&home, script, "hello\n").await;
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(7), "oops\n"));
    let info = ran.stdout.strip_prefix("hello\n").unwrap();
    assert!(info.contains(r#""success":true"#), "{info}");
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_killed_command_gives_128_plus_the_number_of_the_signal() {
    let home = Home::new();
    for (signal, code) in [("KILL", 137), ("TERM", 143)] {
        let ran = run(&home, &format!("kill -{signal} $$"), "").await;
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(code), ""));
    }
}

#[tokio::test]
async fn signals_are_passed_on_and_the_command_decides_when_it_ends() {
    let home = Home::new();
    for signal in ["TERM", "INT", "QUIT", "HUP", "USR1", "USR2"] {
        let script = format!(
            "trap 'echo caught; exit 3' {signal}; echo ready; while :; do sleep 0.05; done"
        );
        let mut command = beside(&home, &script);
        // Away from the terminal of the tests, if there is one.
        command.process_group(0);
        let mut process = Process::start(command);
        assert_eq!(process.line().await, "ready\n");
        process.signal(signal).await;
        let ran = process.wait().await;
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(3), "caught\n"));
    }
}

#[tokio::test]
async fn an_interrupt_from_the_terminal_reaches_the_command_once() {
    let home = Home::new();
    let program = env!("CARGO_BIN_EXE_doorsign");
    let script =
        r#"trap "echo caught" INT; trap "exit 5" USR1; echo $PPID; while :; do sleep 0.05; done"#;
    let line = format!("exec {program} dev -- sh -c '{script}'");
    let mut command = home.command_of("script");
    command.args(["-qec", &line, "/dev/null"]);
    command.env("PATH", std::env::var_os("PATH").unwrap());
    command.stdin(Stdio::piped());
    let mut terminal = Process::start(command);
    let mut keys = terminal.keys();
    let server = terminal.line().await.trim().to_owned();
    keys.write_all(b"\x03").await.unwrap();
    assert!(terminal.line().await.contains("caught"));
    let mut kill = Command::new("kill");
    let sent = kill.args(["-s", "USR1", &server]).status().await;
    assert!(sent.unwrap().success());
    let ran = terminal.wait().await;
    assert_eq!(ran.code, Some(5), "{ran:?}");
    assert!(!ran.stdout.contains("caught"), "{ran:?}");
}

#[tokio::test]
async fn a_command_that_cannot_be_started_has_the_exit_codes_of_a_shell() {
    let home = Home::new();
    std::fs::write(home.path().join("notes"), "no program").unwrap();
    for (program, code) in [("./missing", 127), ("./notes", 126)] {
        let ran = home.run(&["dev", "--", program]).await;
        let reason = ran.refused(code);
        assert!(
            reason.starts_with(&format!("cannot run {program}: ")),
            "{reason}"
        );
    }
}

#[tokio::test]
async fn servers_beside_commands_have_addresses_of_their_own_and_end_with_them() {
    let home = Home::new();
    let program = env!("CARGO_BIN_EXE_doorsign");
    let script = r#"echo "$DOORSIGN_URL"; "$0" dev -- sh -c 'echo "$DOORSIGN_URL"'"#;
    let mut command = home.command(&["dev", "--", "sh", "-c", script, program], &[]);
    command
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env_remove("DOORSIGN_LISTEN");
    let printed = ended(command, "").await.succeeded();
    let urls: Vec<&str> = printed.lines().collect();
    assert_eq!(urls.len(), 2, "{printed}");
    assert_ne!(urls[0], urls[1]);
    for url in urls {
        let address = url.strip_prefix("http://").unwrap();
        assert!(TcpStream::connect(address).is_err(), "{url} still listens");
    }
}

#[tokio::test]
async fn the_command_keeps_the_limit_of_open_files() {
    let home = Home::new();
    let limit = run(&home, "ulimit -Sn", "").await.succeeded();
    let mut shell = home.command_of("sh");
    shell.args(["-c", "ulimit -Sn"]);
    assert_eq!(limit, ended(shell, "").await.succeeded());
}

#[tokio::test]
async fn the_log_is_printed_only_on_request() {
    let home = Home::new();
    let mut command = home.command(&["dev", "--log", "info", "--", "true"], &[]);
    command.env("PATH", std::env::var_os("PATH").unwrap());
    let ran = ended(command, "").await;
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""));
    assert!(ran.stderr.contains("listening"), "{}", ran.stderr);
}

#[tokio::test]
async fn settings_without_effect_in_dev_mode_are_refused_as_flags() {
    let home = Home::new();
    for (flag, value) in [
        ("--data", "elsewhere"),
        ("--admin-username", "root"),
        ("--audit-log", "audit.log"),
        ("--readers", "3"),
        ("--max-database-mib", "100"),
    ] {
        let reason = home.run(&["dev", flag, value]).await.refused(1);
        assert!(
            reason.starts_with(&format!("{flag} has no effect in dev mode"))
                && reason.ends_with("use `doorsign serve`"),
            "{reason}"
        );
    }
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
    let help = home.run(&["dev", "--help"]).await.succeeded();
    assert!(!help.contains("--data"), "{help}");
}

#[tokio::test]
async fn a_command_without_the_dashes_and_dashes_without_a_command_are_refused() {
    let home = Home::new();
    let stray = home.run(&["dev", "npm", "test"]).await.refused(2);
    assert!(stray.contains("doorsign dev -- npm test"), "{stray}");
    let stray = home.run(&["dev", "npm", "--", "test"]).await.refused(2);
    assert!(stray.contains("must follow `--`"), "{stray}");
    // As with an unset variable: the server would run for ever.
    let nothing = home.run(&["dev", "--"]).await.refused(2);
    assert!(nothing.contains("no command follows `--`"), "{nothing}");
}
