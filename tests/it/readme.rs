//! What README.md says, where a test can hold it to that.

use std::path::Path;

const BEGIN: &str = "<!-- settings -->\n";
const END: &str = "<!-- /settings -->";

#[test]
fn the_table_of_settings_in_the_readme_is_the_one_in_force() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let (_, rest) = readme.split_once(BEGIN).expect("a table begins");
    let (table, _) = rest.split_once(END).expect("a table ends");
    let expected = doorsign::config::markdown_table();
    assert_eq!(table.trim(), expected.trim(), "put this there:\n{expected}");
}
