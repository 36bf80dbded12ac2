//! The end of a claim: minutes, a time of day, or a date, in the time zone of the settings.

use crate::support::process::{Home, ended};

const BERLIN: (&str, &str) = ("DOORSIGN_TIME_ZONE", "Europe/Berlin");

/// Runs `doorsign claim set admin busy ARGS` in this environment.
async fn set(home: &Home, args: &[&str], environment: &[(&str, &str)]) -> String {
    let args = [&["claim", "set", "admin", "busy"], args].concat();
    ended(home.command(&args, environment), "")
        .await
        .succeeded()
}

#[tokio::test]
async fn a_claim_ends_at_a_local_time_in_the_zone_of_the_settings_or_of_the_system() {
    let home = Home::with_data().await;
    let noon = ["--until", "2199-12-24T12:00"];
    let berlin = "admin is now busy until 2199-12-24T12:00:00+01:00.\n";
    assert_eq!(set(&home, &noon, &[BERLIN]).await, berlin);
    let listed = home
        .run(&["claim", "list", "admin", "--json"])
        .await
        .succeeded();
    assert!(
        listed.contains(r#""expiresAt":"2199-12-24T11:00:00.000Z""#),
        "{listed}"
    );
    assert_eq!(set(&home, &noon, &[("TZ", "Europe/Berlin")]).await, berlin);
    let utc = "admin is now busy until 2199-12-24T12:00:00Z.\n";
    assert_eq!(
        set(
            &home,
            &noon,
            &[("DOORSIGN_TIME_ZONE", "UTC"), ("TZ", "Europe/Berlin")]
        )
        .await,
        utc
    );
    let summer = set(&home, &["--until", "2199-07-01"], &[BERLIN]).await;
    assert_eq!(
        summer,
        "admin is now busy until 2199-07-01T00:00:00+02:00.\n"
    );
    let exact = set(&home, &["--until", "2199-12-24T12:00:00-05:00"], &[BERLIN]).await;
    assert_eq!(
        exact,
        "admin is now busy until 2199-12-24T18:00:00+01:00.\n"
    );
}

#[tokio::test]
async fn a_time_of_day_ends_a_claim_at_its_next_occurrence() {
    let home = Home::with_data().await;
    for time in ["00:00", "12:00", "23:59:59"] {
        let printed = set(&home, &["--until", time], &[BERLIN]).await;
        assert!(printed.contains(&format!("T{time}")), "{printed}");
        let listed = home.run(&["claim", "list", "admin"]).await.succeeded();
        assert_eq!(listed.lines().count(), 1, "it has not ended yet: {listed}");
    }
}

#[tokio::test]
async fn an_end_that_cannot_be_understood_or_is_past_is_refused_in_one_line() {
    let home = Home::with_data().await;
    let formats = "expected a format like 15:00, 2026-11-25T15:00 or 2026-11-25T15:00:00Z";
    for (args, code, reason) in [
        (&["--until", "3pm"][..], 1, format!("invalid time \"3pm\": {formats}")),
        (&["--until", "25:00"], 1, format!("invalid time \"25:00\": {formats}")),
        (&["--until", "2020-01-01"], 1, "the expiry time must be in the future".to_owned()),
        (
            &["--until", "15:00", "--time-zone", "Berlin"],
            1,
            "time_zone = \"Berlin\" (from --time-zone) is not a time zone such as Europe/Berlin or UTC, or empty for that of the system".to_owned(),
        ),
    ] {
        let args = [&["claim", "set", "admin", "busy"], args].concat();
        assert_eq!(home.run(&args).await.refused(code), reason, "{args:?}");
    }
    let both = [
        "claim",
        "set",
        "admin",
        "busy",
        "--until",
        "15:00",
        "--minutes",
        "5",
    ];
    home.run(&both).await.refused(2);
    assert_eq!(home.run(&["claim", "list", "admin"]).await.succeeded(), "");
}
