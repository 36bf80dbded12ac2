//! docs/settings.md and the settings that README.md names.

use crate::support::page::{Page, spans};

#[test]
fn the_table_of_settings_is_generated_from_the_config() {
    let expected = doorsign::config::markdown_table();
    Page::of("settings").assert_generated("settings", &expected);
}

#[test]
fn the_six_everyday_settings_exist() {
    let everyday = Page::open("README.md").table("everyday setting");
    assert_eq!(everyday.len(), 6);
    let all = doorsign::config::markdown_table();
    for row in everyday {
        let key = format!("| `{}` |", spans(&row[0])[0]);
        let found = all.lines().find(|line| line.starts_with(&key));
        let found = found.unwrap_or_else(|| panic!("unknown setting {key}"));
        let default = row[1].trim_matches('`');
        assert!(found.contains(default), "{default}: {found}");
    }
}
