//! The table of what Rocket.Chat 8 and 9 answer differently, in docs/compatibility.md. The script in
//! the same section prints it.

use crate::support::page::{Page, root};
use crate::support::process::{Home, ended};

#[tokio::test]
async fn the_script_prints_the_documented_differences_between_8_and_9_and_no_others() {
    let page = Page::of("compatibility");
    let line = page.shell("compare-compat");
    let script = line.split(' ').next().unwrap();
    let home = Home::new();
    let mut command = home.command_of(root().join(script));
    command.env("PATH", std::env::var_os("PATH").unwrap());
    command.arg(env!("CARGO_BIN_EXE_doorsign"));
    let printed = ended(command, "").await.succeeded();
    page.assert_generated("compat", &printed);
    assert!(printed.lines().count() > 15, "{printed}");
}
