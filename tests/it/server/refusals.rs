//! Failed starts: one line on standard error, exit code 1 or 2, and no data damaged or left behind.

use crate::support::process::Home;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// An invalid setting: arguments, environment, `doorsign.toml`, and the start of the error message.
type InvalidSetting = (
    &'static [&'static str],
    &'static [(&'static str, &'static str)],
    &'static str,
    &'static str,
);

const NO_SETTING: &[(&str, &str)] = &[];

#[tokio::test]
async fn an_invalid_setting_from_any_source_stops_the_start_before_anything_is_created() {
    let cases: &[InvalidSetting] = &[
        (
            &[],
            &[],
            "listn = 'x'",
            "unknown setting \"listn\" in doorsign.toml (did you mean \"listen\"?)",
        ),
        (
            &[],
            &[("DOORSIGN_LISTN", "x")],
            "",
            "unknown setting \"DOORSIGN_LISTN\" in the environment (did you mean \"DOORSIGN_LISTEN\"?)",
        ),
        (
            &[],
            NO_SETTING,
            "login_days = 0",
            "login_days = \"0\" (from doorsign.toml) is not a number from 1 to 3650",
        ),
        (
            &[],
            &[("DOORSIGN_LISTEN", "here")],
            "",
            "listen = \"here\" (from DOORSIGN_LISTEN) is not a host and a port",
        ),
        (
            &["--contract", "other"],
            &[],
            "",
            "contract = \"other\" (from --contract) is not documented or server",
        ),
        (&[], &[], "log = ", "doorsign.toml, line 1: "),
        (
            &["--log", "doorsign=loud"],
            &[],
            "",
            "log = \"doorsign=loud\" (from --log) is not a level (off, error, warn, info, debug or trace) or a log filter",
        ),
        (
            &["--config", "gone.toml"],
            &[],
            "",
            "config = \"gone.toml\" (from --config) cannot be read: ",
        ),
        (
            &[],
            &[("DOORSIGN_ADMIN_PASSWORD", "")],
            "",
            "admin_password (from DOORSIGN_ADMIN_PASSWORD) is not a text",
        ),
    ];
    for (args, environment, file, expected) in cases {
        let home = Home::new();
        fs::write(home.path().join("doorsign.toml"), file).unwrap();
        let command = home.command(args, environment);
        let reason = crate::support::process::ended(command, "").await.refused(1);
        assert!(reason.starts_with(expected), "{reason}");
        assert!(!home.data().exists(), "{reason}");
    }
}

#[tokio::test]
async fn a_missing_password_file_is_reported_and_the_next_start_is_still_the_first() {
    let home = Home::new();
    let gone = [("DOORSIGN_ADMIN_PASSWORD_FILE", "gone")];
    let reason = crate::support::process::ended(home.command(&[], &gone), "")
        .await
        .refused(1);
    let expected = "cannot create the administrator: admin_password_file = \"gone\" (from DOORSIGN_ADMIN_PASSWORD_FILE) cannot be read: ";
    assert!(reason.starts_with(expected), "{reason}");
    assert!(home.serve(&[], &[]).await.shown_password().is_some());
}

#[tokio::test]
async fn usage_errors_give_one_line_and_exit_code_2() {
    let cases: &[(&[&str], &str)] = &[
        (
            &["--listn", "x"],
            "unexpected argument '--listn' found; tip: a similar argument exists: '--listen'",
        ),
        (
            &["--listen"],
            "a value is required for '--listen <HOST:PORT>' but none was supplied",
        ),
        (
            &["--log", "info", "--log", "warn"],
            "the argument '--log <FILTER>' cannot be used multiple times",
        ),
        (
            &["claims"],
            "unrecognized subcommand 'claims'; tip: a similar subcommand exists: 'claim'",
        ),
        (
            &["user"],
            "'doorsign user' requires a subcommand but one was not provided; [subcommands: add, invite, ",
        ),
        (
            &["token", "create", "admin"],
            "the following required arguments were not provided: --name <NAME>",
        ),
        (
            &["token", "create", "admin", "--name", "x", "--expires", "0"],
            "invalid value '0' for '--expires <DAYS>': 0 is not in 1..=36500",
        ),
    ];
    let home = Home::new();
    for (args, expected) in cases {
        let reason = home.run(args).await.refused(2);
        assert!(reason.starts_with(expected), "{reason}");
    }
}

async fn assert_first_start(home: &Home) {
    let first = home.serve(&[], &[]).await;
    assert!(first.shown_password().is_some(), "{}", first.greeting);
}

#[tokio::test]
async fn a_port_in_use_is_reported_and_the_next_start_is_still_the_first() {
    let home = Home::new();
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap().to_string();
    let reason = home.run(&["--listen", &taken]).await.refused(1);
    assert!(
        reason.starts_with(&format!("cannot listen on {taken}: ")),
        "{reason}"
    );
    assert_first_start(&home).await;
}

#[tokio::test]
async fn a_hook_that_cannot_start_is_reported_and_the_next_start_is_still_the_first() {
    let home = Home::new();
    fs::write(home.path().join("file"), "").unwrap();
    let reason = home.run(&["--audit-log", "file/audit"]).await.refused(1);
    assert!(reason.starts_with("cannot start a hook: "), "{reason}");
    assert_first_start(&home).await;
}

#[tokio::test]
async fn an_unwritable_data_folder_is_reported() {
    let home = Home::new();
    fs::write(home.path().join("file"), "precious").unwrap();
    // Root ignores permission bits, but cannot write to these either.
    for folder in ["file", "file/data", "/proc/doorsign", "/proc"] {
        let reason = home.run(&["--data", folder]).await.refused(1);
        let expected = format!("cannot use the data folder {folder}: ");
        assert!(reason.starts_with(&expected), "{reason}");
    }
    assert_eq!(
        fs::read(home.path().join("file")).unwrap(),
        b"precious",
        "the file in the way is untouched"
    );
}

#[tokio::test]
async fn a_second_server_on_the_same_data_is_refused_and_the_first_keeps_serving() {
    let home = Home::new();
    let first = home.serve(&[], &[]).await;
    let reason = home.run(&["serve"]).await.refused(1);
    assert_eq!(
        reason,
        "cannot use the data folder data: another doorsign is running on it"
    );
    first.anon().get("info").await.expect(200);
}

#[tokio::test]
async fn a_foreign_database_file_is_refused_and_left_untouched() {
    const VERSION: usize = 60; // https://sqlite.org/fileformat.html#the_database_header
    const APPLICATION: usize = 68;
    let ours = Home::with_data().await;
    let ours = fs::read(ours.data().join("doorsign.db")).unwrap();
    let with = |at: usize, number: u32| {
        let mut bytes = ours.clone();
        bytes[at..at + 4].copy_from_slice(&number.to_be_bytes());
        bytes
    };
    let garbled = [b"SQLite format 3\0".as_slice(), &[0xa5; 4096]].concat();
    let cases = [
        (
            b"a letter".to_vec(),
            "is not a database; it was left untouched",
        ),
        (
            b"a letter of more than a few words".to_vec(),
            "is not a database; it was left untouched",
        ),
        (garbled, "is not a database; it was left untouched"),
        (
            with(APPLICATION, 0),
            "is a database of another program; it was left untouched",
        ),
        (
            with(APPLICATION, 7),
            "is a database of another program; it was left untouched",
        ),
        (
            with(VERSION, 1),
            "has schema 1, from before the first release, which cannot be carried over; it was left untouched",
        ),
        (
            with(VERSION, 99),
            "has schema 99, and this doorsign knows up to 8; use a newer doorsign",
        ),
    ];
    for (bytes, expected) in cases {
        let home = Home::new();
        fs::create_dir(home.data()).unwrap();
        let file = home.data().join("doorsign.db");
        fs::write(&file, &bytes).unwrap();
        for args in [["serve"].as_slice(), &["user", "list"]] {
            let reason = home.run(args).await.refused(1);
            assert_eq!(reason, format!("data/doorsign.db {expected}"));
        }
        // Not `assert_eq!`, which would print hundreds of kilobytes.
        assert!(fs::read(&file).unwrap() == bytes, "{expected}");
    }
}

#[tokio::test]
async fn a_token_secret_readable_by_others_is_refused_and_kept() {
    let home = Home::with_data().await;
    let path = home.data().join("token-secret");
    let secret = fs::read_to_string(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    for args in [["serve"].as_slice(), &["token", "list", "admin"]] {
        let reason = home.run(args).await.refused(1);
        assert_eq!(
            reason,
            "cannot use the token secret: data/token-secret: the secret is accessible to group or others; run `chmod 600` on it"
        );
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), secret);
}

#[tokio::test]
async fn an_invalid_administrator_name_is_reported_and_the_next_start_is_still_the_first() {
    let home = Home::new();
    let reason = home.run(&["--admin-username", "the boss"]).await.refused(1);
    assert_eq!(
        reason,
        "cannot create the administrator: invalid username \"the boss\": use 1–64 characters from A–Z a–z 0–9 . _ -"
    );
    assert_first_start(&home).await;
}
