//! Defaults, and the settings as text.

use std::path::Path;

use super::super::flags::{command, settings};
use super::super::{Compat, Config, Contract, LogFormat, Source, Unconnected};
use super::{origin, password, start};

#[test]
fn without_any_source_all_settings_have_their_defaults() {
    let loaded = start().loaded();
    let config = &loaded.config;
    assert_eq!(config.listen, "127.0.0.1:3000");
    assert_eq!(config.data, Path::new("./doorsign-data"));
    assert_eq!(
        (config.contract, config.log_format),
        (Contract::Documented, LogFormat::Text)
    );
    assert_eq!(
        (config.log.as_str(), config.admin_username.as_str()),
        ("info", "admin")
    );
    assert_eq!(
        (&config.audit_log, &config.ready_file, &config.site_url),
        (&None, &None, &None)
    );
    assert_eq!(
        (config.audit_log_max_bytes, config.max_connections),
        (10_485_760, 10_000)
    );
    assert_eq!(
        (
            config.login_failures_per_user,
            config.login_failures_per_address
        ),
        (10, 50)
    );
    assert_eq!((config.login_block_seconds, config.login_days), (300, 90));
    assert_eq!(
        (config.offline_grace_seconds, config.heartbeat_seconds),
        (5, 60)
    );
    assert_eq!((config.readers, config.max_database_mib), (2, 0));
    assert_eq!(config.unconnected(), Unconnected::Declared);
    assert_eq!(
        (config.rate_limit_calls(), config.rate_limit_seconds),
        (120, 60)
    );
    assert!(config.trusted_proxies.is_empty(), "no proxy is trusted");
    assert_eq!(config.client_address_header, "X-Forwarded-For");
    assert_eq!(
        (
            config.login_failures_per_account,
            config.login_account_block_seconds
        ),
        (100, 3600)
    );
    assert!((1..=64).contains(&config.password_hashers));
    assert!(config.cors_origins.is_empty() && password(&loaded).is_none());
    for (key, _) in settings(&command()) {
        assert_eq!(*loaded.source(key), Source::Default);
    }
}

#[test]
fn how_often_one_may_call_depends_on_the_contract_unless_it_is_given() {
    for (flags, calls, from) in [
        (&["--contract", "documented"][..], "120", "default"),
        (&["--contract", "server"], "10", "default"),
        (
            &["--contract", "server", "--rate-limit-calls", "0"],
            "0",
            "flag --rate-limit-calls",
        ),
    ] {
        let loaded = start().flags(flags).loaded();
        assert_eq!(
            origin(&loaded, "rate_limit_calls"),
            (calls.to_owned(), from.to_owned())
        );
        assert_eq!(loaded.config.rate_limit_calls().to_string(), calls);
    }
    let mut embedded = Config::defaults_in("/d".into());
    embedded.contract = Contract::Server;
    assert_eq!(embedded.rate_limit_calls(), 10);
}

#[test]
fn the_reported_version_depends_on_compat_unless_it_is_given() {
    for (flags, version, from) in [
        (&[][..], "8.8.1", "default"),
        (&["--compat", "8"], "8.8.1", "default"),
        (&["--compat", "9"], "9.0.0", "default"),
        (
            &["--compat", "9", "--rocketchat-version", "8.8.1"],
            "8.8.1",
            "flag --rocketchat-version",
        ),
    ] {
        let loaded = start().flags(flags).loaded();
        let shown = origin(&loaded, "rocketchat_version");
        assert_eq!(shown, (version.to_owned(), from.to_owned()));
        assert_eq!(loaded.config.rocketchat_version(), version);
    }
}

#[test]
fn compat_is_8_by_default_and_a_number_in_the_settings_file() {
    let compat = |text| {
        let loaded = start().toml(text).loaded();
        (loaded.config.compat, origin(&loaded, "compat").1)
    };
    let file = "file doorsign.toml".to_owned();
    assert_eq!(compat(""), (Compat::Eight, "default".to_owned()));
    assert_eq!(compat("compat = 9"), (Compat::Nine, file.clone()));
    assert_eq!(compat("compat = \"9\""), (Compat::Nine, file));
    let variable = start().variable("DOORSIGN_COMPAT", "9").loaded();
    assert_eq!(variable.config.compat, Compat::Nine);
    assert_eq!(
        start().toml("compat = 10").refusal(),
        "compat = \"10\" (from doorsign.toml) is not 8 or 9"
    );
    let again = start().toml(&variable.to_string()).loaded();
    assert_eq!(again.config.compat, Compat::Nine);
}

#[test]
fn the_listing_has_one_aligned_line_for_each_setting() {
    let listing = start()
        .flags(&["--listen", "127.0.0.1:80"])
        .loaded()
        .to_string();
    let lines: Vec<_> = listing.lines().collect();
    assert_eq!(lines.len(), settings(&command()).count());
    let column = |line: &str| line.find("   #");
    assert!(
        lines
            .iter()
            .all(|line| line.chars().count() > 0 && column(line).is_some())
    );
    let find = |start: &str| *lines.iter().find(|line| line.starts_with(start)).unwrap();
    assert!(find("listen = \"127.0.0.1:80\"   ").ends_with("   # flag --listen"));
    assert!(
        find("# audit_log = (unset)   ").ends_with("   # default"),
        "{listing}"
    );
}

#[test]
fn the_defaults_for_embedding_take_the_folder_and_a_free_port() {
    let config = Config::defaults_in("/d".into());
    assert_eq!(
        (config.data.as_path(), config.listen.as_str()),
        (Path::new("/d"), "127.0.0.1:0")
    );
    assert_eq!(config.max_connections, 10_000);
}

#[test]
fn the_listing_is_a_settings_file_that_gives_the_same_settings() {
    let first = start()
        .file("s", "hunter2")
        .toml("login_days = 7\ncors_origins = ['https://a.example', 'https://b.example']\nlog = 'info,doorsign=debug'")
        .variable("DOORSIGN_TRUSTED_PROXIES", "10.0.0.0/8,fd00::/8")
        .variable("DOORSIGN_ADMIN_PASSWORD", "hunter2")
        .variable("DOORSIGN_SITE_URL", "")
        .flags(&["--contract", "server", "--audit-log", "C:\\a \"b\".log", "--exec-folder", "", "--create-tokens-for-users-secret-file", "s"])
        .loaded();
    let listing = first.to_string();
    assert!(!listing.contains("hunter2"), "{listing}");
    let again = start().file("s", "hunter2").toml(&listing).loaded();
    assert_eq!(again.config.values(), first.config.values(), "{listing}");
    assert!(again.changed(&first).is_empty());
    let secret = again
        .config
        .create_tokens_for_users_secret
        .as_ref()
        .unwrap();
    assert_eq!(secret.expose().unwrap(), "hunter2");
    assert_eq!(again.config.rate_limit_calls(), 10);
}

#[test]
fn what_differs_between_two_loads_is_named() {
    let (old, new) = (
        start().loaded(),
        start().toml("readers = 3\nlogin_days = 7").loaded(),
    );
    assert_eq!(new.changed(&old), ["login_days", "readers"]);
    let secret = start()
        .variable("DOORSIGN_ADMIN_PASSWORD", "hunter2")
        .loaded();
    assert!(secret.changed(&old).is_empty());
}

#[test]
fn a_declared_status_is_visible_by_default_except_under_contract_server() {
    for (flags, status, from) in [
        (&["--contract", "documented"][..], "declared", "default"),
        (&["--contract", "server"], "offline", "default"),
        (
            &["--contract", "server", "--unconnected", "declared"],
            "declared",
            "flag --unconnected",
        ),
    ] {
        let loaded = start().flags(flags).loaded();
        assert_eq!(
            origin(&loaded, "unconnected"),
            (status.to_owned(), from.to_owned())
        );
        assert_eq!(loaded.config.unconnected().to_string(), status);
    }
    let mut embedded = Config::defaults_in("/d".into());
    embedded.contract = Contract::Server;
    assert_eq!(embedded.unconnected(), Unconnected::Offline);
}
