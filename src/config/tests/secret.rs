//! Secrets, given themselves or as a file.

use super::super::{Secret, Source};
use super::{Start, origin, password, start};

#[test]
fn a_secret_is_hidden_from_debug() {
    let shown = format!("{:?}", Some(Secret::from("hunter2")));
    assert_eq!(shown, "Some(Secret(hidden))");
}

#[test]
fn a_secret_can_be_given_in_every_source_itself_or_as_a_file() {
    let file = || start().file("secret", "hunter2\n");
    let text = |text: &str| text.to_owned();
    let cases = [
        (
            start().variable("DOORSIGN_ADMIN_PASSWORD", "hunter2"),
            Source::Variable(text("DOORSIGN_ADMIN_PASSWORD")),
        ),
        (
            start().toml("admin_password = 'hunter2'"),
            Source::File(text("doorsign.toml")),
        ),
        (
            file().flags(&["--admin-password-file", "secret"]),
            Source::Flag(text("--admin-password-file")),
        ),
        (
            file().variable("DOORSIGN_ADMIN_PASSWORD_FILE", "secret"),
            Source::Variable(text("DOORSIGN_ADMIN_PASSWORD_FILE")),
        ),
        (
            file().toml("admin_password_file = 'secret'"),
            Source::File(text("doorsign.toml")),
        ),
    ];
    for (start, source) in cases {
        let loaded = start.loaded();
        assert_eq!(password(&loaded), Some("hunter2"));
        let keys = ["admin_password", "admin_password_file"].into_iter();
        let given: Vec<_> = keys.filter(|key| loaded.is_given(key)).collect();
        assert_eq!(given.len(), 1, "{source}");
        assert_eq!(*loaded.source(given[0]), source);
        let path = loaded.config.admin_password_file.as_ref();
        assert_eq!(path.is_some(), given[0].ends_with("_file"), "{source}");
    }
}

#[test]
fn one_newline_at_the_end_of_a_secret_file_does_not_count() {
    let cases = [
        ("a b", "a b"),
        ("a\n", "a"),
        ("a\r\n", "a"),
        ("a\n\n", "a\n"),
        (" a \n", " a "),
        ("a\r", "a\r"),
    ];
    for (text, secret) in cases {
        let loaded = start()
            .file("s", text)
            .variable("DOORSIGN_ADMIN_PASSWORD_FILE", "s")
            .loaded();
        assert_eq!(password(&loaded), Some(secret), "{text:?}");
    }
}

#[test]
fn a_secret_and_its_file_in_one_source_contradict_each_other() {
    let both = "admin_password and admin_password_file are both given";
    let environment = start()
        .variable("DOORSIGN_ADMIN_PASSWORD", "hunter2")
        .variable("DOORSIGN_ADMIN_PASSWORD_FILE", "s")
        .refusal();
    assert!(environment.starts_with(both), "{environment}");
    let file = || start().toml("admin_password = 'hunter2'\nadmin_password_file = 's'");
    assert_eq!(
        file().refusal(),
        format!("{both} (from doorsign.toml): give only one of them")
    );
    let overruled = file()
        .variable("DOORSIGN_ADMIN_PASSWORD", "hunter2")
        .refusal();
    assert!(overruled.starts_with(both), "{overruled}");
}

#[test]
fn a_secret_is_refused_as_a_flag_and_a_proxy_is_if_it_has_a_password() {
    let refused = start().flags(&["--admin-password", "hunter2"]).refusal();
    assert_eq!(
        refused,
        "--admin-password would show a secret to every user who lists the processes: \
         use DOORSIGN_ADMIN_PASSWORD, or --admin-password-file with a file that holds it"
    );
    let proxy = |url: &'static str| start().flags(&["--webhook-proxy", url]);
    let refused = proxy("http://ann:hunter2@proxy:3128").refusal();
    assert!(refused.contains("DOORSIGN_WEBHOOK_PROXY") && !refused.contains("hunter2"));
    let accepted = proxy("http://proxy:3128").loaded();
    let url = accepted.config.webhook_proxy.as_ref().unwrap();
    assert_eq!(url.expose().unwrap(), "http://proxy:3128");
    assert!(!accepted.to_string().contains("proxy:3128"));
}

#[test]
fn of_a_secret_and_its_file_in_two_sources_the_stronger_source_wins() {
    let loaded = start()
        .file("s", "hunter2")
        .variable("DOORSIGN_ADMIN_PASSWORD", "weaker");
    let loaded = loaded.flags(&["--admin-password-file", "s"]).loaded();
    assert_eq!(password(&loaded), Some("hunter2"));
    let loaded = start()
        .variable("DOORSIGN_ADMIN_PASSWORD", "hunter2")
        .toml("admin_password_file = 'gone'");
    assert_eq!(
        password(&loaded.loaded()),
        Some("hunter2"),
        "an overruled file is not read"
    );
}

#[test]
fn a_secret_that_is_empty_stops_the_start() {
    let refusal = start().variable("DOORSIGN_ADMIN_PASSWORD", "").refusal();
    assert_eq!(
        refusal,
        "admin_password (from DOORSIGN_ADMIN_PASSWORD) is not a text of at least one character"
    );
}

#[test]
fn a_secret_file_without_a_secret_fails_where_the_secret_is_needed() {
    let needed = |start: Start| {
        let config = start
            .variable("DOORSIGN_ADMIN_PASSWORD_FILE", "s")
            .loaded()
            .config;
        config
            .admin_password
            .unwrap()
            .expose()
            .map(drop)
            .unwrap_err()
            .to_string()
    };
    let described = "admin_password_file = \"s\" (from DOORSIGN_ADMIN_PASSWORD_FILE)";
    let empty = format!("{described} names a file that holds no secret");
    assert_eq!(needed(start().file("s", "\n")), empty);
    assert!(needed(start()).starts_with(&format!("{described} cannot be read: ")));
}

#[test]
fn one_secret_does_not_touch_another() {
    let loaded = start()
        .file("s", "hunter2\n")
        .flags(&["--create-tokens-for-users-secret-file", "s"])
        .loaded();
    let config = &loaded.config;
    let secret = config.create_tokens_for_users_secret.as_ref().unwrap();
    assert_eq!(secret.expose().unwrap(), "hunter2");
    assert!(config.admin_password.is_none() && config.admin_password_file.is_none());
    let gone = start().flags(&["--create-tokens-for-users-secret-file", "s"]);
    let secret = gone.loaded().config.create_tokens_for_users_secret.unwrap();
    let refusal = secret.expose().unwrap_err().to_string();
    assert!(
        refusal.starts_with("create_tokens_for_users_secret_file = \"s\""),
        "{refusal}"
    );
}

#[test]
fn a_secret_is_shown_neither_by_debug_nor_in_the_listing() {
    let loaded = start()
        .variable("DOORSIGN_ADMIN_PASSWORD", "hunter2")
        .loaded();
    let shown = format!("{loaded:?}\n{loaded:#?}\n{loaded}");
    assert!(!shown.contains("hunter2"), "{shown}");
    let origin = origin(&loaded, "admin_password");
    assert_eq!(
        origin,
        (String::new(), "environment DOORSIGN_ADMIN_PASSWORD".into())
    );
}

#[test]
fn a_file_without_an_end_is_refused_instead_of_filling_the_memory() {
    let endless = start().flags(&["--admin-password-file", "/dev/zero"]);
    let loaded = endless.loaded();
    let secret = loaded.config.admin_password.as_ref().unwrap();
    let refused = secret.expose().unwrap_err().to_string();
    assert!(
        refused.ends_with("cannot be read: it has more than 1 MiB"),
        "{refused}"
    );
    let refused = start().flags(&["--config", "/dev/zero"]).refusal();
    assert!(refused.ends_with("it has more than 1 MiB"), "{refused}");
}
