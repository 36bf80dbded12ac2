//! The first start and later starts: the files and their permissions, the administrator's password,
//! the greeting and the ready file.

use crate::support::process::{Home, PASSWORD, PASSWORD_START, Process, ended, paste};
use crate::support::{in_time, look_again};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};

#[tokio::test]
async fn the_first_start_creates_a_folder_and_files_only_their_owner_can_access() {
    let home = Home::new();
    let server = home.serve(&[], &[]).await;
    let mode = |name: &str| {
        let file = home.data().join(name).metadata().unwrap();
        format!("{:o}", file.permissions().mode() & 0o777)
    };
    assert_eq!(mode(""), "700");
    for file in ["doorsign.db", "token-secret", "doorsign.lock"] {
        assert_eq!(mode(file), "600", "{file}");
    }
    server.end().await;
}

#[tokio::test]
async fn a_generated_password_is_shown_once_on_a_terminal_and_nowhere_else() {
    let home = Home::new();
    let trace = ("DOORSIGN_LOG", "trace");
    let first = home.serve_on_terminal(&[], &[trace]).await;
    assert_eq!(first.password_file(), None, "{}", first.greeting);
    let password = first.shown_password().unwrap();
    assert_eq!(password.len(), 24, "{password}");
    first.anon().logged_in("admin", &password).await;
    let first = first.end().await;
    assert!(!first.stdout.contains(&password), "{}", first.stdout);
    assert!(!first.stderr.contains(&password), "{}", first.stderr);

    let second = home.serve_on_terminal(&[], &[trace]).await;
    assert_eq!(second.shown_password(), None, "{}", second.greeting);
    assert!(!second.greeting.contains(&password), "{}", second.greeting);
    second.anon().logged_in("admin", &password).await;
    assert!(!home.data().join("admin-password").exists());
}

/// Output elsewhere may end in a journal, which keeps it.
#[tokio::test]
async fn without_a_terminal_the_generated_password_is_in_a_file_of_mode_0600() {
    let home = Home::new();
    let server = home.serve(&[], &[("DOORSIGN_LOG", "trace")]).await;
    let file = server.password_file().unwrap().to_owned();
    assert!(file.is_absolute(), "{file:?}");
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let password = server.shown_password().unwrap();
    assert_eq!(password.len(), 24);
    server.anon().logged_in("admin", &password).await;
    assert!(!server.greeting.contains(&password), "{}", server.greeting);
    assert!(
        !server.greeting.contains("To try it"),
        "{}",
        server.greeting
    );
    let ended = server.end().await;
    assert!(!ended.stderr.contains(&password), "{}", ended.stderr);
}

#[tokio::test]
async fn a_first_start_that_cannot_print_creates_no_administrator() {
    let given = [("DOORSIGN_ADMIN_PASSWORD", PASSWORD)];
    for environment in [&[][..], &given] {
        let home = Home::new();
        let full = std::fs::File::options().write(true).open("/dev/full");
        let mut command = home.command(&["--log", "error"], environment);
        command.stdout(full.unwrap());
        let refused = ended(command, "").await.refused(1);
        let expected = "cannot show the administrator's password, so there is no administrator yet";
        assert!(refused.starts_with(expected), "{refused}");
        assert!(!home.data().join("admin-password").exists());
        let next = home.serve(&[], &[]).await;
        assert!(next.shown_password().is_some(), "{}", next.greeting);
    }
}

#[tokio::test]
async fn the_lines_to_paste_are_shown_on_the_first_start_on_a_terminal_only() {
    let home = Home::new();
    let given = [("DOORSIGN_ADMIN_PASSWORD", PASSWORD)];
    let first = home.serve_on_terminal(&[], &given).await;
    assert!(first.greeting.contains("To try it"), "{}", first.greeting);
    first.end().await;
    let second = home.serve_on_terminal(&[], &given).await;
    let expected = format!(
        "doorsign {} listens on {}, with its data in data.\n",
        env!("CARGO_PKG_VERSION"),
        second.url()
    );
    assert_eq!(second.greeting, expected);
}

#[tokio::test]
async fn a_server_on_all_addresses_reports_that_and_that_it_has_no_tls() {
    let home = Home::with_data().await;
    let open = home.serve(&["--listen", "0.0.0.0:0"], &[]).await;
    let expected = "and on all other addresses of this machine, without TLS";
    assert!(open.greeting.contains(expected), "{}", open.greeting);
    open.anon().get("info").await.expect(200);
    open.end().await;
    let local = home.serve(&[], &[]).await;
    assert!(!local.greeting.contains("TLS"), "{}", local.greeting);
}

#[tokio::test]
async fn a_secret_as_a_flag_is_refused_without_repeating_it() {
    let home = Home::new();
    for (flag, variable) in [
        ("--admin-password", "DOORSIGN_ADMIN_PASSWORD"),
        (
            "--create-tokens-for-users-secret",
            "DOORSIGN_CREATE_TOKENS_FOR_USERS_SECRET",
        ),
    ] {
        for command in [&["serve"][..], &["config"]] {
            let args = [command, &[flag, PASSWORD]].concat();
            let refused = home.run(&args).await.refused(1);
            assert!(!refused.contains(PASSWORD_START), "{refused}");
            let other = format!("use {variable}, or {flag}-file with");
            assert!(refused.contains(&other), "{refused}");
        }
        let help = home.run(&["serve", "--help"]).await.succeeded();
        assert!(!help.contains(&format!("{flag} ")), "{help}");
    }
    let proxy = ["--webhook-proxy", "http://ann:secret@127.0.0.1:3128"];
    let refused = home.run(&proxy).await.refused(1);
    assert!(!refused.contains("secret@"), "{refused}");
    assert!(!home.data().exists());
}

#[tokio::test]
async fn each_first_start_generates_a_different_password_and_none_is_a_default() {
    let (one, other) = (Home::new(), Home::new());
    let (one, other) = (one.serve(&[], &[]).await, other.serve(&[], &[]).await);
    assert_ne!(one.shown_password(), other.shown_password());
    for guess in ["admin", "password", "doorsign", "changeme"] {
        one.anon().login("admin", guess).await.expect(401);
    }
}

/// A way to set the first password: environment variables and flags.
type PasswordSource = (
    &'static [(&'static str, &'static str)],
    &'static [&'static str],
);

/// All the ways to set the password. `it's/a secret` is a file with the password.
const PASSWORD_SOURCES: [PasswordSource; 3] = [
    (&[("DOORSIGN_ADMIN_PASSWORD", PASSWORD)], &[]),
    (&[("DOORSIGN_ADMIN_PASSWORD_FILE", "it's/a secret")], &[]),
    (&[], &["--admin-password-file", "it's/a secret"]),
];

fn home_with_secret() -> Home {
    let home = Home::new();
    let folder = home.path().join("it's");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("a secret"), format!("{PASSWORD}\n")).unwrap();
    home
}

#[tokio::test]
async fn a_configured_administrator_password_works_and_is_never_shown() {
    for (environment, args) in PASSWORD_SOURCES {
        let home = home_with_secret();
        let server = home.serve(args, environment).await;
        server.anon().logged_in("admin", PASSWORD).await;
        assert_eq!(server.shown_password(), None, "{}", server.greeting);
        assert!(
            !server.greeting.contains(PASSWORD_START),
            "{}",
            server.greeting
        );
        let ended = server.end().await;
        assert!(!ended.stderr.contains(PASSWORD_START), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn a_later_start_does_not_change_the_password() {
    let home = Home::with_data().await;
    let other = ("DOORSIGN_ADMIN_PASSWORD", "another one");
    let server = home.serve(&["--admin-username", "ann"], &[other]).await;
    server.anon().logged_in("admin", PASSWORD).await;
    server.anon().login("ann", "another one").await.expect(401);
}

/// Runs the commands of the greeting in a shell and returns their output.
async fn paste_greeting(server: &Process, environment: &[(&str, &str)]) -> String {
    let (_, lines) = server.greeting.split_once("To try it").unwrap();
    let (_, lines) = lines.split_once("\n\n").unwrap();
    paste(lines, environment).await.succeeded()
}

#[tokio::test]
async fn the_greeting_commands_create_a_status_when_pasted() {
    let in_shell = [("DOORSIGN_ADMIN_PASSWORD", PASSWORD)];
    let nothing = [].as_slice();
    let generated = ([].as_slice(), [].as_slice());
    for (environment, args) in PASSWORD_SOURCES.into_iter().chain([generated]) {
        let home = home_with_secret();
        let server = home.serve_on_terminal(args, environment).await;
        let in_file = server.greeting.contains("a secret");
        let needs_no_variable = in_file || server.shown_password().is_some();
        let shell = if needs_no_variable {
            nothing
        } else {
            &in_shell
        };
        let asks_for_variable = server.greeting.contains("in DOORSIGN_ADMIN_PASSWORD:");
        assert_eq!(asks_for_variable, !needs_no_variable, "{}", server.greeting);
        let output = paste_greeting(&server, shell).await;
        let expected = r#"{"customUserStatus":{"_id":""#;
        assert!(output.starts_with(expected), "{output}");
        let expected = r#""name":"caught up","statusType":"busy","_updatedAt":""#;
        assert!(output.contains(expected), "{output}");
    }
}

#[tokio::test]
async fn the_greeting_commands_work_for_another_administrator() {
    let environment = [
        ("DOORSIGN_ADMIN_USERNAME", "ann"),
        ("DOORSIGN_ADMIN_PASSWORD", PASSWORD),
    ];
    let home = Home::new();
    let first = home.serve_on_terminal(&[], &environment).await;
    let output = paste_greeting(&first, &environment[1..]).await;
    assert!(output.contains(r#""name":"caught up""#), "{output}");
    let refused = paste_greeting(&first, &[]).await;
    assert!(refused.contains("You must be logged in"), "{refused}");
}

#[tokio::test]
async fn the_password_file_is_not_needed_after_the_first_start() {
    let home = Home::new();
    let secret = home.path().join("secret");
    std::fs::write(&secret, PASSWORD).unwrap();
    let environment = [("DOORSIGN_ADMIN_PASSWORD_FILE", "secret")];
    home.serve(&[], &environment).await.end().await;
    std::fs::remove_file(&secret).unwrap();
    let later = home.serve(&[], &environment).await;
    later.anon().logged_in("admin", PASSWORD).await;
}

#[tokio::test]
async fn a_failed_start_removes_the_ready_file_of_a_killed_server_but_not_a_running_one() {
    let home = Home::with_data().await;
    let ready = home.path().join("ready");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let failing = ["serve", "--ready-file", "ready", "--listen", &address];
    let live = home.serve(&["--ready-file", "ready"], &[]).await;
    home.run(&failing).await.refused(1);
    assert_eq!(std::fs::read_to_string(&ready).unwrap(), live.url());
    live.kill().await;
    assert!(ready.exists());
    home.run(&failing).await.refused(1);
    assert!(
        !ready.exists(),
        "the ready file names a port that no server listens on"
    );
}

#[tokio::test]
async fn a_stale_ready_file_is_removed_before_anything_else_can_fail() {
    let home = Home::with_data().await;
    let ready = home.path().join("ready");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let failing = ["--ready-file", "ready", "--listen", &address];
    for command in ["serve", "dev"] {
        std::fs::write(&ready, "http://127.0.0.1:1").unwrap();
        let args = [&[command], failing.as_slice()].concat();
        home.run(&args).await.refused(1);
        assert!(!ready.exists(), "{command}");
    }
}

#[tokio::test]
async fn the_ready_file_is_not_written_through_symlinks() {
    let home = Home::with_data().await;
    let ready = home.path().join("ready");
    for planted in ["ready", "ready.part"] {
        let victim = home.path().join(planted).with_extension("victim");
        std::fs::write(&victim, "keep me").unwrap();
        std::os::unix::fs::symlink(&victim, home.path().join(planted)).unwrap();
    }
    let server = home.serve(&["--ready-file", "ready"], &[]).await;
    in_time("the ready file", async {
        while !ready.is_file() {
            look_again().await;
        }
    })
    .await;
    assert_eq!(std::fs::read_to_string(&ready).unwrap(), server.url());
    assert!(!ready.is_symlink());
    server.end().await;
    let victim = home.path().join("ready.victim");
    assert_eq!(std::fs::read_to_string(victim).unwrap(), "keep me");
}

#[tokio::test]
async fn the_file_of_a_password_that_no_administrator_got_is_removed() {
    let home = Home::new();
    let file = home.data().join("admin-password");
    std::fs::DirBuilder::new()
        .mode(0o700)
        .create(home.data())
        .unwrap();
    // A start that was killed before it created the administrator leaves the file.
    std::fs::write(&file, "generated\n").unwrap();
    let given = [("DOORSIGN_ADMIN_PASSWORD", PASSWORD)];
    let server = home.serve(&[], &given).await;
    assert!(!file.exists());
    server.anon().logged_in("admin", PASSWORD).await;
}
