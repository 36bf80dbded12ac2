//! The flags that SQLite is built with, from `.cargo/config.toml`.

use rusqlite::Connection;

/// `HAVE_FDATASYNC` is not among the options that SQLite lists, so the others of the same variable
/// prove that it was in force.
#[test]
fn sqlite_is_built_with_the_flags_in_the_cargo_config() {
    let connection = Connection::open_in_memory().unwrap();
    let mut options = connection.prepare("PRAGMA compile_options").unwrap();
    let options = options
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap();
    let options: Vec<_> = options.map(Result::unwrap).collect();
    for set in ["DQS=0", "DEFAULT_MEMSTATUS=0", "OMIT_SHARED_CACHE"] {
        assert!(
            options.iter().any(|option| option == set),
            "{set}: {options:?}"
        );
    }
    for unset in ["ENABLE_FTS5", "ENABLE_RTREE", "ENABLE_API_ARMOR"] {
        assert!(
            !options.iter().any(|option| option == unset),
            "{unset}: {options:?}"
        );
    }
}
