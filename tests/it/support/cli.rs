//! A user who is added by the command.

use super::process::Home;

pub const ANNS: &str = "ann's \"password\"";

/// Adds `ann`, with a role that allows nothing and the password [`ANNS`].
pub async fn add_ann(home: &Home) {
    let args = [
        "user",
        "add",
        "ann",
        "--name",
        "Ann A.",
        "--password-from",
        "-",
    ];
    let added = home.run_with_input(&args, &format!("{ANNS}\n")).await;
    let added = added.succeeded();
    assert!(added.starts_with("Added ann with the id "), "{added}");
    assert_eq!(
        added.lines().count(),
        1,
        "the password is known already: {added}"
    );
}
