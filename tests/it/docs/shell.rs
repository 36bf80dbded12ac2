//! The shell blocks on all pages. The table names the test that runs each.

use crate::support::cli::add_ann;
use crate::support::page::{Page, root};
use crate::support::process::{Home, ended};
use crate::support::{in_time, look_again};

#[tokio::test]
async fn the_ready_file_in_the_example_contains_the_address() {
    let home = Home::new();
    let page = Page::of("deploy");
    let line = page.shell("--ready-file");
    let args: Vec<&str> = line.split(' ').skip(1).collect();
    let server = home.serve(&args, &[]).await;
    let file = home.path().join(args.last().unwrap());
    // It is written after the greeting and before the first response.
    server.anon().get("info").await.expect(200);
    assert_eq!(std::fs::read_to_string(file).unwrap(), server.url());
    page.states("writes `http://127.0.0.1:PORT` to the ready file");
}

#[tokio::test]
async fn the_program_of_the_display_gets_each_status() {
    let home = Home::new();
    let page = Page::of("edge");
    let programs = home.path().join("programs");
    std::fs::create_dir(&programs).unwrap();
    let program = programs.join("sign.sh");
    std::fs::write(&program, &page.blocks("bash")[0]).unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&program, executable).unwrap();
    let start = page.shell("DOORSIGN_EXEC_FOLDER");
    let (variable, command) = start.split_once(' ').unwrap();
    assert_eq!(command, "doorsign");
    let _server = home.serve(&[], &[variable.split_once('=').unwrap()]).await;
    let lines = page.shell("claim set");
    ended(crate::support::docs::shell(&home), &lines)
        .await
        .succeeded();
    let shown = async {
        loop {
            let event = std::fs::read_to_string(programs.join("sign.json"));
            let event = event.unwrap_or_default();
            if event.contains("In a meeting") {
                return;
            }
            look_again().await;
        }
    };
    in_time("the event for the display", shown).await;
}

#[tokio::test]
async fn the_claim_command_of_the_example_works() {
    let home = Home::with_data().await;
    add_ann(&home).await;
    let line = Page::of("status").shell("claim set");
    let printed = ended(crate::support::docs::shell(&home), &line)
        .await
        .succeeded();
    assert!(printed.starts_with("ann is now busy until 20"), "{printed}");
}

#[test]
fn the_run_and_test_commands_are_fixed_and_ci_runs_the_tests() {
    const TEST: &str = "cargo test --workspace --locked";
    let readme = Page::open("README.md").text;
    for (comment, command) in [("run", "cargo run --release"), ("test", TEST)] {
        let expected = format!("<!-- {comment} command -->\n```sh\n{command}\n```\n");
        assert!(readme.contains(&expected), "{expected}");
    }
    let gate = std::fs::read_to_string(root().join(".ci/run")).unwrap();
    assert!(
        gate.contains(&format!("\"{TEST}\" ]")),
        "the text is checked"
    );
    for run in [
        "$test_command",
        "tests/clients/run",
        "tests/clients/fuzz",
        "tests/clients/typings/run",
        "tests/browser/run",
    ] {
        assert!(gate.contains(&format!("\n{run}\n")), "{run} is run");
    }
}

/// Every shell block, by page and beginning, with the test that runs it.
#[rustfmt::skip] // A table.
const BLOCKS: &[(&str, &str)] = &[
    ("README.md", "cargo run --release"), // by hand
    ("README.md", "cargo test --workspace --locked"),
    ("README.md", "curl -sw '\\n' http://127.0.0.1:3000/api/v1/custom-user-status.create "), // quick_start.rs
    ("README.md", "curl -sw '\\n' http://127.0.0.1:3000/api/v1/users.setStatus "), // quick_start.rs
    ("CONTRIBUTING.md", "cargo test --workspace --locked"),
    ("CONTRIBUTING.md", "cargo test --locked --test it -- presence"),
    ("CONTRIBUTING.md", "UPDATE_DOCS=1 cargo test --locked --test it -- docs::"),
    ("docs/benchmarks.md", "cargo bench --bench load "), // tests/it/benches/load.rs
    ("docs/benchmarks.md", "cargo bench --bench load "),
    ("docs/benchmarks.md", "cargo bench --bench live "), // tests/it/benches/live.rs
    ("docs/benchmarks.md", "cargo bench --bench hooks "), // by hand, on an idle machine
    ("docs/benchmarks.md", "cargo bench --bench visibility "), // by hand, on an idle machine
    ("docs/commands.md", "doorsign user list --json | jq -r 'select(.active) | .username'"), // by hand
    ("docs/compatibility.md", "examples/compare-compat.sh target/debug/doorsign"), // compat.rs
    ("docs/deploy.md", "sudo -u doorsign doorsign user list "), // by hand
    ("docs/deploy.md", "doorsign user add ann "), // every_command_of_the_table_works_…
    ("docs/deploy.md", "curl -s http://127.0.0.1:3000/api/v1/permissions.update "),
    ("docs/deploy.md", "doorsign --listen 127.0.0.1:0 --ready-file ready"),
    ("docs/displays.md", "doorsign display add Lobby"), // tests/it/cli/display.rs
    ("docs/edge.md", "DOORSIGN_EXEC_FOLDER=programs doorsign"),
    ("docs/edge.md", "doorsign claim set admin busy "),
    ("docs/hooks.md", "mkdir -p programs modules\n"), // hooks.rs
    ("docs/hooks.md", "export DOORSIGN_WEBHOOK_ALLOW=127.0.0.0/8\n"), // tests/clients/python/test_webhooks.py
    ("docs/hooks.md", "doorsign hooks\n"), // hooks.rs
    ("docs/hooks.md", "cargo run --release --example own_server"), // tests/it/hooks/own_server.rs
    ("docs/install.md", "cargo build --release --locked"), // .ci/run builds the same in debug
    ("docs/install.md", "cargo build --release --locked --no-default-features"),
    ("docs/install.md", "doorsign"),
    ("docs/realtime.md", "curl -sN 'http://127.0.0.1:3000/api/v1/events?since=0' "), // live.rs
    ("docs/security.md", "doorsign audit --since 2026-11-25 "), // every_command_of_the_table_works_…
    ("docs/status.md", "curl -s http://127.0.0.1:3000/api/v1/settings/Accounts_StatusVisibility_Enabled "), // status.rs
    ("docs/status.md", "curl -s http://127.0.0.1:3000/api/v1/users.setPreferences "), // status.rs
    ("docs/status.md", "curl -s 'http://127.0.0.1:3000/api/v1/users.getStatus?username=ann' "), // status.rs
    ("docs/status.md", "doorsign claim set ann busy "),
    ("docs/testing.md", "doorsign dev"), // dev.rs
    ("docs/testing.md", "doorsign dev -- npm test"), // tests/it/dev/beside_command.rs
    ("docs/testing.md", "curl -s http://127.0.0.1:3000/dev/clock "), // dev.rs
    ("docs/testing.md", "curl -s http://127.0.0.1:3000/dev/faults "), // clients.rs
];

#[test]
fn every_shell_block_is_in_the_table() {
    let pages = Page::all().into_iter();
    let blocks = pages.flat_map(|page| {
        let blocks = page.blocks("sh").into_iter();
        blocks.map(move |block| (page.path.clone(), block))
    });
    let blocks: Vec<_> = blocks.collect();
    for (found, known) in blocks.iter().zip(BLOCKS) {
        let matches = if known.1.ends_with([' ', '\n']) {
            found.1.starts_with(known.1)
        } else {
            found.1 == known.1
        };
        assert!(matches && found.0 == known.0, "{found:?} is not {known:?}");
    }
    assert_eq!(blocks.len(), BLOCKS.len());
}
