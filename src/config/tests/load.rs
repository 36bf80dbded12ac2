//! Which source wins, and what is refused.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

use super::super::{Config, Contract, LogFormat};
use super::{Start, origin, start};

#[test]
fn a_flag_beats_the_environment_which_beats_the_file_which_beats_the_default() {
    let file = || start().toml("login_days = 3");
    let environment = || file().variable("DOORSIGN_LOGIN_DAYS", "2");
    let cases = [
        (
            environment().flags(&["--login-days", "1"]),
            "1",
            "flag --login-days",
        ),
        (
            environment().flags(&["config", "--login-days", "1"]),
            "1",
            "flag --login-days",
        ),
        (environment(), "2", "environment DOORSIGN_LOGIN_DAYS"),
        (file(), "3", "file doorsign.toml"),
        (start(), "90", "default"),
    ];
    for (start, value, from) in cases {
        let loaded = start.loaded();
        assert_eq!(loaded.config.login_days.to_string(), value);
        assert_eq!(
            origin(&loaded, "login_days"),
            (value.to_owned(), from.to_owned())
        );
    }
}

#[test]
fn every_kind_of_setting_can_be_given() {
    let loaded = start()
        .flags(&[
            "--listen",
            "localhost:0",
            "--contract",
            "server",
            "--cors-origins",
            "*",
        ])
        .variable("DOORSIGN_LOG_FORMAT", "json")
        .variable("DOORSIGN_SITE_URL", "https://chat.example.com/")
        .toml("audit_log = '/a/b.log'\nreaders = 4\nlog = 'warn'\ndata = '/d'")
        .loaded();
    let config = &loaded.config;
    assert_eq!(config.listen, "localhost:0");
    assert_eq!(
        (config.contract, config.log_format),
        (Contract::Server, LogFormat::Json)
    );
    assert_eq!(config.cors_origins, ["*"]);
    assert_eq!(config.site_url.as_deref(), Some("https://chat.example.com"));
    assert_eq!(config.audit_log.as_deref(), Some(Path::new("/a/b.log")));
    assert_eq!(
        (config.readers, config.log.as_str(), config.data.as_path()),
        (4, "warn", Path::new("/d"))
    );
}

#[test]
fn an_empty_value_in_a_stronger_source_switches_an_optional_setting_off() {
    let loaded = start()
        .toml("audit_log = 'a'\ncors_origins = ['*']")
        .variable("DOORSIGN_AUDIT_LOG", "");
    let loaded = loaded.variable("DOORSIGN_CORS_ORIGINS", "").loaded();
    assert_eq!(loaded.config.audit_log, None);
    assert!(loaded.config.cors_origins.is_empty());
    let listing = loaded.to_string();
    let row = listing
        .lines()
        .find(|line| line.starts_with("audit_log = \"\" "));
    assert!(
        row.unwrap()
            .ends_with("   # environment DOORSIGN_AUDIT_LOG"),
        "{listing}"
    );
}

#[test]
fn an_unknown_key_in_the_file_stops_the_start() {
    let refusal = start().toml("listn = 'hunter2'").refusal();
    assert_eq!(
        refusal,
        "unknown setting \"listn\" in doorsign.toml (did you mean \"listen\"?)"
    );
    let refusal = start().toml("[server]\nlisten = 'hunter2'").refusal();
    assert_eq!(refusal, "unknown setting \"server\" in doorsign.toml");
}

#[test]
fn an_unknown_variable_that_begins_like_ours_stops_the_start() {
    let refusal = start()
        .variable("DOORSIGN_ADMIN_PASWORD", "hunter2")
        .refusal();
    let expected = "unknown setting \"DOORSIGN_ADMIN_PASWORD\" in the environment \
                    (did you mean \"DOORSIGN_ADMIN_PASSWORD\"?)";
    assert_eq!(refusal, expected);
    let refusal = start().variable("DOORSIGN_SHOE_SIZE", "46").refusal();
    assert_eq!(
        refusal,
        "unknown setting \"DOORSIGN_SHOE_SIZE\" in the environment"
    );
}

#[test]
fn an_unknown_flag_is_refused_by_the_command() {
    let command = clap::Command::new("doorsign").args(super::super::args());
    let error = command
        .try_get_matches_from(["doorsign", "--listn", "x"])
        .unwrap_err();
    assert_eq!(error.kind(), clap::error::ErrorKind::UnknownArgument);
}

#[test]
fn a_bad_value_is_refused_with_its_key_its_source_and_what_is_accepted() {
    let expected = |place| {
        format!("max_connections = \"many\" (from {place}) is not a number from 1 to 1000000")
    };
    let refusal = start().flags(&["--max-connections", "many"]).refusal();
    assert_eq!(refusal, expected("--max-connections"));
    let refusal = start()
        .variable("DOORSIGN_MAX_CONNECTIONS", "many")
        .refusal();
    assert_eq!(refusal, expected("DOORSIGN_MAX_CONNECTIONS"));
    let refusal = start().toml("max_connections = 'many'").refusal();
    assert_eq!(refusal, expected("doorsign.toml"));
    let refusal = start().toml("max_connections = -1").refusal();
    assert_eq!(
        refusal,
        "max_connections = \"-1\" (from doorsign.toml) is not a number from 1 to 1000000"
    );
    let refusal = start().variable("DOORSIGN_CONTRACT", "Server").refusal();
    assert_eq!(
        refusal,
        "contract = \"Server\" (from DOORSIGN_CONTRACT) is not documented or server"
    );
}

#[test]
fn a_bad_value_is_refused_even_where_a_stronger_source_overrules_it() {
    let refusal = start()
        .flags(&["--login-days", "1"])
        .toml("login_days = 0")
        .refusal();
    assert_eq!(
        refusal,
        "login_days = \"0\" (from doorsign.toml) is not a number from 1 to 3650"
    );
}

#[test]
fn the_asked_for_file_replaces_the_default_one_and_a_flag_names_it_first() {
    let files = || {
        start()
            .toml("readers = 1")
            .file("b.toml", "readers = 5")
            .file("c.toml", "readers = 6")
    };
    let by_variable = || files().variable("DOORSIGN_CONFIG", "b.toml");
    assert_eq!(
        origin(&by_variable().loaded(), "readers"),
        ("5".into(), "file b.toml".into())
    );
    let by_both = by_variable().flags(&["--config", "c.toml"]).loaded();
    assert_eq!(
        origin(&by_both, "readers"),
        ("6".into(), "file c.toml".into())
    );
}

#[test]
fn an_asked_for_file_that_is_missing_stops_the_start() {
    let refusal = start().variable("DOORSIGN_CONFIG", "b.toml").refusal();
    assert!(
        refusal.starts_with("config = \"b.toml\" (from DOORSIGN_CONFIG) cannot be read: "),
        "{refusal}"
    );
    let refusal = start().flags(&["--config", "b.toml"]).refusal();
    assert!(
        refusal.starts_with("config = \"b.toml\" (from --config) cannot be read: "),
        "{refusal}"
    );
}

#[test]
fn a_default_file_that_cannot_be_read_stops_the_start() {
    let start = start();
    fs::create_dir(start.directory.path().join("doorsign.toml")).unwrap();
    assert!(
        start
            .refusal()
            .starts_with("doorsign.toml cannot be read: ")
    );
}

#[test]
fn a_default_file_that_others_can_change_stops_the_start_and_one_that_was_named_does_not() {
    let untrusted = |mode: u32| {
        let start = start().toml("readers = 1");
        let path = start.directory.path().join("doorsign.toml");
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        start
    };
    for mode in [0o646, 0o666] {
        let refusal = untrusted(mode).refusal();
        let expected = "doorsign.toml cannot be trusted: ";
        assert!(refusal.starts_with(expected), "{refusal}");
        assert!(refusal.contains("chmod go-w"), "{refusal}");
    }
    let named = untrusted(0o646).flags(&["--config", "doorsign.toml"]);
    assert_eq!(named.loaded().config.readers, 1);
    assert_eq!(untrusted(0o600).loaded().config.readers, 1);
}

#[test]
fn a_default_file_in_a_folder_that_others_can_write_to_stops_the_start() {
    let open = |start: Start| {
        let mode = fs::Permissions::from_mode(0o777);
        fs::set_permissions(start.directory.path(), mode).unwrap();
        start
    };
    let refusal = open(start().toml("readers = 1")).refusal();
    let expected = "doorsign.toml cannot be trusted: ";
    assert!(refusal.starts_with(expected), "{refusal}");
    // Without a settings file, the folder's owner does not matter.
    assert_eq!(open(start()).loaded().config.readers, 2);
}

#[test]
fn a_default_file_of_another_user_stops_the_start() {
    let start = start().toml("readers = 1");
    let path = start.directory.path().join("doorsign.toml");
    if chown(&path, Some(54_321), None).is_ok() {
        let refusal = start.refusal();
        assert!(refusal.contains("belongs to user 54321"), "{refusal}");
    }
}

#[test]
fn a_syntax_error_names_the_file_and_the_line() {
    let refusal = start()
        .toml("readers = 1\n\nadmin_password = hunter2")
        .refusal();
    assert!(refusal.starts_with("doorsign.toml, line 3: "), "{refusal}");
}

#[test]
fn matches_of_a_command_without_our_arguments_hold_no_settings() {
    let matches = clap::Command::new("other").get_matches_from(["other"]);
    let directory = tempfile::tempdir().unwrap();
    let loaded = Config::load(&matches, std::iter::empty(), directory.path()).unwrap();
    assert_eq!(loaded.config.readers, 2);
}
