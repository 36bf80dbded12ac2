//! Commands on a data folder without a server: their output, their errors, and their effect on the
//! next start.

use crate::support::cli::add_ann;
use crate::support::process::{Home, PASSWORD, PASSWORD_START};

#[tokio::test]
async fn user_and_token_commands_work_without_a_server_and_apply_to_the_next_start() {
    let home = Home::with_data().await;
    add_ann(&home).await;
    let made = home.run(&["user", "set-password", "ann"]).await.succeeded();
    let (_, generated) = made.split_once("The password is ").unwrap();
    let (generated, _) = generated.split_once(" (shown only once).\n").unwrap();
    home.run(&["user", "set-roles", "ann", "admin"])
        .await
        .succeeded();
    let one = home.token("ann", "one").await;
    let other = home.token("ann", "other").await;
    home.run(&["token", "revoke", "ann", "--name", "one"])
        .await
        .succeeded();
    let args = ["user", "add", "bob", "--role", "admin", "--role", "user"];
    let bob = home.run(&args).await.succeeded();
    assert!(bob.contains("The password is "), "{bob}");
    home.run(&["user", "deactivate", "bob"]).await.succeeded();

    let server = home.serve(&[], &[]).await;
    let ann = server.anon().logged_in("ann", generated).await;
    ann.create("caught up").await.expect(200);
    server.with_headers(&one).get("me").await.expect(401);
    server.with_headers(&other).get("me").await.expect(200);
    let users = home.run(&["user", "list"]).await.succeeded();
    let users: Vec<Vec<&str>> = users
        .lines()
        .map(|line| line.split('\t').skip(1).collect())
        .collect();
    assert_eq!(
        users,
        [
            ["admin", "admin", "-", "active", "admin", "connection", "-"],
            ["ann", "Ann A.", "-", "active", "admin", "connection", "-"],
            [
                "bob",
                "bob",
                "-",
                "deactivated",
                "admin,user",
                "connection",
                "-"
            ]
        ]
    );
}

#[tokio::test]
async fn tokens_are_listed_with_their_times_and_never_in_full() {
    let home = Home::with_data().await;
    let headers = home.token("admin", "for ever").await;
    let lines: Vec<&str> = headers.lines().collect();
    assert!(
        lines.len() == 2
            && lines[0].starts_with("X-User-Id: ")
            && lines[1].starts_with("X-Auth-Token: "),
        "{headers}"
    );
    let args = [
        "token",
        "create",
        "admin",
        "--name",
        "a month",
        "--expires",
        "30",
    ];
    home.run(&args).await.succeeded();
    let list = home.run(&["token", "list", "admin"]).await.succeeded();
    let rows: Vec<Vec<&str>> = list
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    let day = |text: &str| -> jiff::Timestamp { text.parse().unwrap() };
    assert_eq!(
        (rows.len(), rows[0][0], rows[1][0]),
        (2, "for ever", "a month")
    );
    assert_eq!(rows[0][2], "never");
    let life = day(rows[1][2]).duration_since(day(rows[1][1]));
    assert_eq!(life.as_hours(), 30 * 24);
    let database = rusqlite::Connection::open_with_flags(
        home.data().join("doorsign.db"),
        rusqlite::OpenFlags::default(),
    )
    .unwrap();
    let expire = "UPDATE login SET expires_at = created_at WHERE name = 'a month'";
    assert_eq!(database.execute(expire, []).unwrap(), 1);
    drop(database);
    let list = home.run(&["token", "list", "admin"]).await.succeeded();
    assert!(list.starts_with("for ever\t") && list.lines().count() == 1);
}

#[tokio::test]
async fn failing_commands_print_the_reason_in_one_line() {
    let home = Home::with_data().await;
    add_ann(&home).await;
    home.token("ann", "t").await;
    let cases: &[(&[&str], &str)] = &[
        (&["user", "set-password", "nobody"], UNKNOWN_USER),
        (&["user", "set-roles", "nobody", "user"], UNKNOWN_USER),
        (&["user", "deactivate", "nobody"], UNKNOWN_USER),
        (&["user", "delete", "nobody"], UNKNOWN_USER),
        (&["user", "set-presence", "nobody", "always"], UNKNOWN_USER),
        (&["claim", "set", "nobody", "busy"], UNKNOWN_USER),
        (&["claim", "end", "nobody"], UNKNOWN_USER),
        (&["claim", "list", "nobody"], UNKNOWN_USER),
        (
            &["user", "delete", "admin"],
            "the last active administrator must remain",
        ),
        (
            &["user", "deactivate", "admin"],
            "the last active administrator must remain",
        ),
        (
            &["user", "set-roles", "admin", "user"],
            "the last active administrator must remain",
        ),
        (&["token", "create", "nobody", "--name", "t"], UNKNOWN_USER),
        (&["token", "list", "nobody"], UNKNOWN_USER),
        (&["token", "revoke", "nobody", "--name", "t"], UNKNOWN_USER),
        (
            &["token", "revoke", "ann", "--name", "u"],
            "unknown token \"u\": `doorsign token list USER` shows what exists",
        ),
        (
            &["user", "add", "Ann"],
            "the username \"Ann\" is already in use",
        ),
        (
            &["user", "add", "a\nb"],
            "invalid username \"a\\nb\": use 1–64 characters from A–Z a–z 0–9 . _ -",
        ),
        (
            &["user", "add", "bob", "--email", "bob"],
            "invalid email address \"bob\": expected a format like ann@example.org",
        ),
        (&["user", "add", "bob", "--role", "boss"], UNKNOWN_ROLE),
        (&["user", "set-roles", "ann", "boss"], UNKNOWN_ROLE),
        (
            &["token", "create", "ann", "--name", "t"],
            "the token name \"t\" is already in use",
        ),
        (
            &["token", "create", "ann", "--name", " "],
            "the token name is missing: use 1–120 characters, without control and formatting characters",
        ),
        (
            &["user", "add", "bob", "--password-from", "-"],
            "the password is missing",
        ),
        (
            &["user", "set-password", "ann", "--password-from", "-"],
            "the password is missing",
        ),
        (
            &["user", "add", "bob", "--password-from", "gone"],
            "cannot read the password from gone: No such file or directory (os error 2)",
        ),
        (
            &["--data", "gone", "user", "list"],
            "cannot use the data folder gone: it has no doorsign.db; run `doorsign serve` to create one",
        ),
        (
            &["user", "list", "--login-days", "0"],
            "login_days = \"0\" (from --login-days) is not a number from 1 to 3650",
        ),
    ];
    for (args, expected) in cases {
        assert_eq!(home.run(args).await.refused(1), *expected, "{args:?}");
    }
    let users = home.run(&["user", "list"]).await.succeeded();
    assert_eq!(
        users.lines().count(),
        2,
        "no refused user was added: {users}"
    );
    assert!(!home.path().join("gone").exists());
}

#[tokio::test]
async fn a_password_is_not_accepted_as_an_argument() {
    let home = Home::with_data().await;
    for args in [
        ["user", "add", "ann", "--password", "x"],
        ["user", "set-password", "admin", "--password", "x"],
    ] {
        home.run(&args).await.refused(2);
    }
    home.run(&["user", "set-password", "admin", "x"])
        .await
        .refused(2);
}

#[tokio::test]
async fn config_prints_every_setting_with_its_source_and_hides_secrets() {
    let home = Home::new();
    std::fs::write(home.path().join("doorsign.toml"), "readers = 3").unwrap();
    let environment = [("DOORSIGN_ADMIN_PASSWORD", PASSWORD)];
    let command = home.command(&["config", "--log", "warn"], &environment);
    let printed = crate::support::process::ended(command, "")
        .await
        .succeeded();
    assert!(!printed.contains(PASSWORD_START), "{printed}");
    for (setting, origin) in [
        ("log = \"warn\" ", "# flag --log"),
        (
            "# admin_password = (hidden) ",
            "# environment DOORSIGN_ADMIN_PASSWORD",
        ),
        ("readers = 3 ", "# file doorsign.toml"),
        ("login_days = 90 ", "# default"),
    ] {
        let line = printed.lines().find(|line| line.starts_with(setting));
        assert!(
            line.is_some_and(|line| line.ends_with(origin)),
            "{setting}: {printed}"
        );
    }
    assert!(!home.data().exists(), "printing creates no folder");
    std::fs::write(home.path().join("doorsign.toml"), &printed).unwrap();
    let again = home.run(&["config"]).await.succeeded();
    let values = |printed: &str| -> Vec<String> {
        let settings = printed.lines().filter(|line| !line.starts_with('#'));
        let values = settings.map(|line| line.rsplit_once("# ").unwrap().0.trim().to_owned());
        values.collect()
    };
    assert!(values(&printed).len() > 30, "{printed}");
    assert_eq!(
        values(&again),
        values(&printed),
        "the output is a valid settings file"
    );
}

#[tokio::test]
async fn a_misspelt_log_level_from_any_source_stops_the_start() {
    let accepted = "is not a level (off, error, warn, info, debug or trace)";
    for (args, environment, file) in [
        (&["--log", "inof"][..], &[][..], ""),
        (&[], &[("DOORSIGN_LOG", "inof")], ""),
        (&["serve"], &[], "log = 'inof'"),
    ] {
        let home = Home::new();
        std::fs::write(home.path().join("doorsign.toml"), file).unwrap();
        let refused = crate::support::process::ended(home.command(args, environment), "")
            .await
            .refused(1);
        assert!(
            refused.starts_with("log = \"inof\" (from ") && refused.contains(accepted),
            "{refused}"
        );
        assert!(!home.data().exists());
    }
}

const UNKNOWN_USER: &str = "unknown user \"nobody\": `doorsign user list` shows what exists";
const UNKNOWN_ROLE: &str = "unknown role \"boss\": use admin, anonymous, app, bot, federated-external, guest, leader, livechat-agent, livechat-manager, moderator, owner, user";

/// The flags in a help text.
fn flags_in(help: &str) -> Vec<&str> {
    let lines = help.lines().map(str::trim_start);
    let flags = lines.filter(|line| line.starts_with("--") || line.starts_with("-h"));
    flags
        .map(|line| {
            line.trim_start_matches("-h, ")
                .split([' ', '['])
                .next()
                .unwrap()
        })
        .collect()
}

#[tokio::test]
async fn the_help_of_a_command_has_its_own_options_and_only_serve_lists_the_settings() {
    let home = Home::new();
    let help = async |args: &[&str]| home.run(args).await.succeeded();
    let common = ["--data", "--config", "--help"];
    for args in [
        &["user", "list", "--help"][..],
        &["user", "list", "-h"],
        &["hooks", "list", "--help"],
    ] {
        assert_eq!(
            sorted(flags_in(&help(args).await)),
            sorted([&common[..], &["--json"]].concat()),
            "{args:?}"
        );
    }
    let add = help(&["user", "add", "--help"]).await;
    let own = ["--name", "--email", "--role", "--password-from"];
    assert_eq!(sorted(flags_in(&add)), sorted([&common[..], &own].concat()));
    for args in [&["--help"][..], &["dev", "--help"], &["config", "--help"]] {
        let help = help(args).await;
        assert!(!help.contains("--max-connections"), "{help}");
    }
    let (short, long) = (
        help(&["serve", "-h"]).await,
        help(&["serve", "--help"]).await,
    );
    let table = doorsign::config::markdown_table();
    let flags = table.lines().filter(|line| line.contains("| `--")).count();
    assert_eq!(flags_in(&long).len(), flags + 1, "{long}");
    assert!((5..=12).contains(&flags_in(&short).len()), "{short}");
    for heading in ["Server:", "Logins and passwords:", "Hooks:", "Database:"] {
        assert!(long.contains(heading), "{long}");
    }
}

fn sorted(mut flags: Vec<&str>) -> Vec<&str> {
    flags.sort_unstable();
    flags
}

#[tokio::test]
async fn settings_are_accepted_before_and_after_a_command() {
    let home = Home::with_data().await;
    for args in [
        &["--data", "data", "user", "list"][..],
        &["user", "list", "--data", "data"],
        &["user", "--data", "data", "list"],
        &["--readers", "3", "user", "list", "--max-database-mib", "0"],
    ] {
        home.run(args).await.succeeded();
    }
    let config = home
        .run(&["--login-days", "7", "config", "--readers", "3"])
        .await;
    let config = config.succeeded();
    assert!(
        config.contains("\nlogin_days = 7 ") && config.contains("\nreaders = 3 "),
        "{config}"
    );
}

#[tokio::test]
async fn help_and_version_go_to_standard_output() {
    let home = Home::new();
    let version = home.run(&["--version"]).await.succeeded();
    assert_eq!(version, format!("doorsign {}\n", env!("CARGO_PKG_VERSION")));
    let help = home.run(&["--help"]).await.succeeded();
    for known in ["serve", "config", "user", "token", "--data <PATH>"] {
        assert!(help.contains(known), "{help}");
    }
    let help = home.run(&["serve", "--help"]).await.succeeded();
    assert!(help.contains("--listen <HOST:PORT>"), "{help}");
    home.run(&["token", "create", "--help"]).await.succeeded();
}
