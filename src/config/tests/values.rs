//! What each setting accepts, and what it refuses in every source.

use super::super::flags::{args, command, settings};
use super::super::sources::{values_of, variable};
use super::super::values::{accepted, bounds, is_never_a_flag, is_secret};
use super::super::{Config, ConfigError, Loaded, markdown_table};
use clap::Command;
use std::collections::BTreeSet;
use std::path::Path;

/// Loads `key`, given by the environment.
fn given(key: &str, text: &str) -> Result<Loaded, ConfigError> {
    let matches = Command::new("none").get_matches_from(["none"]);
    let environment = [(variable(key), text.to_owned())].into_iter();
    Config::load(&matches, environment, Path::new("/nonexistent"))
}

/// Passes when `key` refuses all these texts.
#[track_caller]
fn refuses(key: &str, texts: &[&str]) {
    for text in texts {
        assert!(given(key, text).is_err(), "{key} accepts {text:?}");
    }
}

/// Passes when `key` accepts each text and its value is the one beside it.
#[track_caller]
fn accepts(key: &str, texts: &[(&str, &str)]) {
    for (text, value) in texts {
        let values = given(key, text).unwrap().config.values();
        let found = values.get(key).map(|value| match value {
            toml::Value::String(text) => text.clone(),
            toml::Value::Array(items) => {
                let items: Vec<_> = items.iter().map(|item| item.as_str().unwrap()).collect();
                items.join(",")
            }
            other => other.to_string(),
        });
        assert_eq!(found.unwrap_or_default(), *value, "{key} = {text:?}");
    }
}

#[test]
fn an_address_needs_a_host_and_a_port() {
    let same = |text| (text, text);
    accepts(
        "listen",
        &["127.0.0.1:3000", "[::1]:0", "localhost:65535"].map(same),
    );
    refuses(
        "listen",
        &[
            "",
            "3000",
            ":3000",
            "localhost",
            "localhost:",
            "localhost:+1",
            "localhost:65536",
        ],
    );
}

#[test]
fn a_number_keeps_to_its_bounds() {
    accepts("readers", &[("1", "1"), ("64", "64"), ("007", "7")]);
    refuses(
        "readers",
        &[
            "",
            "0",
            "65",
            "-1",
            "1.5",
            "1 ",
            "many",
            "99999999999999999999",
        ],
    );
}

#[test]
fn a_number_without_an_upper_bound_names_the_lower_one_only() {
    let refused = given("audit_log_max_bytes", "1023")
        .unwrap_err()
        .to_string();
    assert!(
        refused.ends_with(" is not a number of at least 1024"),
        "{refused}"
    );
    accepts(
        "audit_log_max_bytes",
        &[("9223372036854775807", "9223372036854775807")],
    );
}

#[test]
fn a_site_url_is_http_and_loses_its_trailing_slash() {
    accepts(
        "site_url",
        &[
            ("", ""),
            ("https://chat.example.com/", "https://chat.example.com"),
            (
                "http://[::1]:3000/Sub/folder//",
                "http://[::1]:3000/Sub/folder",
            ),
        ],
    );
    refuses(
        "site_url",
        &[
            "/",
            "chat.example.com",
            "ftp://a",
            "https://",
            "https:///x",
            "http://a b",
            "http://a:x",
            "http://a:",
        ],
    );
    refuses(
        "site_url",
        &[
            "https://u:p@a",
            "https://a?b",
            "https://a/#b",
            "https://[zz]",
            "https://é",
        ],
    );
}

#[test]
fn origins_are_a_list_in_the_spelling_of_browsers() {
    accepts(
        "cors_origins",
        &[
            ("", ""),
            ("*", "*"),
            (
                "https://A.example/ , http://b:81",
                "https://a.example,http://b:81",
            ),
        ],
    );
    refuses(
        "cors_origins",
        &[
            "https://a,",
            "a.example",
            "https://a/path",
            "null",
            "https://*.a",
        ],
    );
}

#[test]
fn an_address_header_is_a_name_and_not_forwarded() {
    let same = |text| (text, text);
    accepts(
        "client_address_header",
        &["X-Forwarded-For", "x-real-ip", "CF-Connecting-IP"].map(same),
    );
    refuses(
        "client_address_header",
        &["", "X Real IP", "X-Real-IP:", "Forwarded", "é"],
    );
}

#[test]
fn a_log_filter_names_levels_and_a_word_alone_is_one() {
    let same = |text| (text, text);
    accepts(
        "log",
        &[
            "off",
            "INFO",
            "warn,doorsign=debug",
            "doorsign::request=off,hyper=trace",
            "info,doorsign[x]=trace",
        ]
        .map(same),
    );
    refuses(
        "log",
        &[
            "",
            "inof",
            "doorsign=loud",
            "info,wran",
            "loud,doorsign=debug",
            "doorsign",
            "info,doorsign=",
        ],
    );
}

#[test]
fn control_characters_are_refused_except_in_secrets() {
    refuses("data", &["a\nb"]);
    refuses("admin_username", &["a\u{1b}[31m"]);
    let secret = given("admin_password", "a\tb")
        .unwrap()
        .config
        .admin_password;
    assert_eq!(secret.unwrap().expose().unwrap(), "a\tb");
}

#[test]
fn only_optional_settings_and_lists_accept_nothing() {
    let command = command();
    let keys = settings(&command).map(|(key, _)| key);
    let empty: Vec<_> = keys.filter(|key| given(key, "").is_ok()).collect();
    let optional = "site_url ready_file trusted_proxies cors_origins frame_ancestors audit_log webhook_allow webhook_proxy exec_folder wasm_folder time_zone";
    assert_eq!(empty.join(" "), optional);
}

/// A bad value of every setting.
const BAD: &[(&str, &str)] = &[
    ("data", ""),
    ("listen", "here"),
    ("site_url", "chat.example.com"),
    ("contract", "Server"),
    ("compat", "10"),
    ("rocketchat_version", "8.8"),
    ("ready_file", "a\nb"),
    ("admin_username", ""),
    ("admin_password", ""),
    ("admin_password_file", ""),
    ("log", "inof"),
    ("log_format", "xml"),
    ("trusted_proxies", "10.0.0.0/33"),
    ("client_address_header", "Forwarded"),
    ("cors_origins", "a.example"),
    ("frame_ancestors", "a.example; script-src *"),
    ("max_connections", "0"),
    ("max_connections_per_address", "1000001"),
    ("rate_limit_calls", "-1"),
    ("rate_limit_seconds", "0"),
    ("login_days", "3651"),
    ("logins_per_user", "0"),
    ("login_failures_per_user", "1001"),
    ("login_failures_per_address", "0"),
    ("login_block_seconds", "86401"),
    ("login_failures_per_account", "0"),
    ("login_account_block_seconds", "604801"),
    ("password_min_length", "7"),
    ("password_hashers", "65"),
    ("create_tokens_for_users_secret", ""),
    ("create_tokens_for_users_secret_file", ""),
    ("registration_secret", ""),
    ("registration_secret_file", ""),
    ("unconnected", "online"),
    ("offline_grace_seconds", "3601"),
    ("heartbeat_seconds", "0"),
    ("board", "open"),
    ("audit_log", "a\nb"),
    ("audit_log_max_bytes", "1023"),
    ("webhook_allow", "localhost"),
    ("webhook_proxy", "https://proxy.example.com:3128"),
    ("webhook_proxy_file", ""),
    ("exec_folder", "a\nb"),
    ("exec_seconds", "3601"),
    ("exec_at_once", "65"),
    ("exec_memory_mib", "15"),
    ("wasm_folder", "a\nb"),
    ("wasm_seconds", "61"),
    ("wasm_memory_mib", "4097"),
    ("readers", "0"),
    ("max_database_mib", "268435457"),
    ("event_retention_days", "3651"),
    ("audit_retention_days", "ten"),
    ("time_zone", "Europe/Atlantis"),
];

#[test]
fn a_bad_value_of_every_setting_is_refused_in_every_source_with_what_is_accepted() {
    let command = command();
    let keys = settings(&command).map(|(key, _)| key);
    assert_eq!(
        keys.collect::<Vec<_>>(),
        BAD.iter().map(|(key, _)| *key).collect::<Vec<_>>()
    );
    for ((_, arg), (key, text)) in settings(&command).zip(BAD) {
        let folder = tempfile::tempdir().unwrap();
        let flag = format!("--{}", key.replace('_', "-"));
        let load = |flags: &[&str], environment: &[(String, String)], file: &str| {
            std::fs::write(folder.path().join("doorsign.toml"), file).unwrap();
            let command = Command::new("doorsign").args(args());
            let matches = command.get_matches_from([&["doorsign"], flags].concat());
            let refused = Config::load(&matches, environment.iter().cloned(), folder.path());
            refused.unwrap_err().to_string()
        };
        let file = format!("{key} = {}", toml::Value::from(*text));
        let refusals = [
            (load(&[&format!("{flag}={text}")], &[], ""), flag.as_str()),
            (
                load(&[], &[(variable(key), (*text).to_owned())], ""),
                &variable(key),
            ),
            (load(&[], &[], &file), "doorsign.toml"),
        ];
        for (refusal, source) in refusals {
            if is_never_a_flag(arg) && source == flag {
                assert!(
                    refusal.starts_with(&format!("{flag} would show")),
                    "{refusal}"
                );
                continue;
            }
            let value = if is_secret(arg) {
                String::new()
            } else {
                format!(" = {text:?}")
            };
            let expected = format!("{key}{value} (from {source}) is not {}", accepted(arg));
            assert_eq!(refusal, expected);
        }
    }
}

#[test]
fn a_hint_is_given_only_for_near_names() {
    for (name, near) in [
        ("DOORSIGN_MAX_CONECTIONS", Some("DOORSIGN_MAX_CONNECTIONS")),
        ("DOORSIGN_MAX-CONNECTIONS", Some("DOORSIGN_MAX_CONNECTIONS")),
        ("DOORSIGN_Listen", Some("DOORSIGN_LISTEN")),
        ("DOORSIGN_PORT", None),
        ("DOORSIGN_", None),
    ] {
        let matches = Command::new("none").get_matches_from(["none"]);
        let environment = [(name.to_owned(), "hunter2".to_owned())].into_iter();
        let refused = Config::load(&matches, environment, Path::new("/nonexistent"));
        let hint = near.map_or(String::new(), |near| format!(" (did you mean {near:?}?)"));
        let expected = format!("unknown setting {name:?} in the environment{hint}");
        assert_eq!(refused.unwrap_err().to_string(), expected);
    }
}

#[test]
fn variables_of_others_are_left_alone() {
    let matches = Command::new("none").get_matches_from(["none"]);
    let others = [("PATH", "/bin"), ("DOORSIGN", "x"), ("MY_DOORSIGN_X", "y")];
    let others = others.map(|(name, text)| (name.to_owned(), text.to_owned()));
    Config::load(&matches, others.into_iter(), Path::new("/nonexistent")).unwrap();
}

/// The texts that the values of a settings file become.
fn in_file(text: &str) -> Result<Vec<String>, ConfigError> {
    let command = command();
    let given = values_of(text, "a.toml", &command)?;
    Ok(given.into_iter().map(|given| given.text).collect())
}

fn refusal(text: &str) -> String {
    in_file(text).unwrap_err().to_string()
}

#[test]
fn a_syntax_error_is_one_line_with_its_number_and_shows_no_value() {
    let wrong = [
        "admin_password = hunter2",
        "admin_password = \"hunter2",
        "admin_password = \"hunter2\\q\"",
        "admin_password = 'hunter2' hunter2",
        "admin_password \"hunter2\"",
        "admin_password = 1hunter2",
        "admin_password = \"\"\"hunter2",
        "admin_password = [hunter2",
        "admin_password = 'hunter2'\nadmin_password = 'hunter2'",
        "admin_password = {hunter2",
        "= hunter2",
    ];
    for text in wrong {
        let refusal = refusal(&format!("log = 'info'\n\n{text}"));
        assert!(
            refusal.starts_with("a.toml, line 3: ") || text.contains('\n'),
            "{refusal}"
        );
        assert!(
            !refusal.contains('\n') && !refusal.contains("hunter2"),
            "{refusal}"
        );
    }
}

#[test]
fn a_wrong_toml_type_is_named() {
    for (text, found) in [
        (
            "max_connections = true",
            "boolean, not a number from 1 to 1000000",
        ),
        (
            "max_connections = 1.5",
            "float, not a number from 1 to 1000000",
        ),
        ("admin_username = 5", "integer, not a user name"),
        (
            "admin_password = 51423",
            "integer, not a text of at least one character",
        ),
        ("admin_password_file = 5", "integer, not a path"),
        ("cors_origins = [1]", "array, not a list of origins"),
        ("[data]", "table, not a path"),
    ] {
        let key = text
            .trim_start_matches('[')
            .split([' ', ']'])
            .next()
            .unwrap();
        let expected = format!("{key} (from a.toml) is a TOML {found}");
        let refusal = refusal(text);
        assert!(refusal.starts_with(&expected), "{refusal}");
    }
}

#[test]
fn toml_numbers_and_arrays_become_the_text_of_a_flag() {
    let text = "cors_origins = ['https://a', 'https://b']\nlogin_days = 7\nreaders = '3'";
    let texts = in_file(text).unwrap();
    assert_eq!(texts, ["https://a,https://b", "7", "3"]);
}

#[test]
fn the_settings_file_cannot_name_another_one() {
    let refusal = refusal("config = 'b.toml'");
    assert!(
        refusal.starts_with("unknown setting \"config\" in a.toml"),
        "{refusal}"
    );
}

#[test]
fn every_default_is_accepted() {
    for (key, value) in Config::default().values() {
        let text = match &value {
            toml::Value::String(text) => text.clone(),
            toml::Value::Array(items) if items.is_empty() => String::new(),
            other => other.to_string(),
        };
        assert_eq!(
            given(&key, &text).unwrap().config.values().get(&key),
            Some(&value),
            "{key}"
        );
    }
}

#[test]
fn every_accepted_bound_fits_its_field() {
    let command = command();
    let numbers = settings(&command).filter_map(|(key, arg)| Some((key, bounds(arg)?)));
    let numbers: Vec<_> = numbers.collect();
    assert_eq!(numbers.len(), 25);
    for (key, (least, most)) in numbers {
        for bound in [least, most].map(|bound| bound.to_string()) {
            accepts(key, &[(&bound, &bound)]);
        }
    }
}

#[test]
fn every_setting_fills_a_field_of_its_own() {
    let command = command();
    let keys: BTreeSet<_> = settings(&command).map(|(key, _)| key).collect();
    let defaults = Config::default().values();
    for (key, _) in &defaults {
        assert!(keys.contains(key.as_str()), "{key}");
    }
}

#[test]
fn the_flags_make_a_sound_command_whose_help_shows_defaults() {
    let mut command = Command::new("doorsign").args(args());
    command.clone().debug_assert();
    let help = command.render_long_help().to_string();
    for expected in [
        "--max-connections <1-1000000>",
        "Connections open at once [default: 10000]",
        "--contract <documented|server>",
        "--admin-password-file <PATH>",
        "[default: half the processors]",
    ] {
        assert!(help.contains(expected), "{expected}: {help}");
    }
}

#[test]
fn the_markdown_table_has_a_row_for_every_name_and_does_not_depend_on_the_machine() {
    let table = markdown_table();
    assert_eq!(table.lines().count(), 2 + command().get_arguments().count());
    assert!(
        table.lines().all(|line| line.matches('|').count() == 6),
        "{table}"
    );
    for expected in [
        "| `listen` | `--listen` | `DOORSIGN_LISTEN` | `127.0.0.1:3000` | ",
        "`DOORSIGN_PASSWORD_HASHERS` | half the processors |",
        "`DOORSIGN_ADMIN_PASSWORD_FILE` |",
        ": a number from 1 to 1000000 |",
        ": documented or server |",
    ] {
        assert!(table.contains(expected), "{expected}: {table}");
    }
}
