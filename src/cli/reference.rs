//! The table of commands in the documentation, made from the same definitions as `--help`.

use clap::{Arg, ArgAction, Command};

/// Every command as a Markdown table: its usage without the settings, and what it does.
#[must_use]
pub fn markdown_table() -> String {
    let mut table = "| command | what it does |\n|---|---|\n".to_owned();
    add_rows(&mut table, "doorsign", &super::parser::parser());
    table
}

fn add_rows(table: &mut String, path: &str, command: &Command) {
    if command.has_subcommands() {
        for below in command.get_subcommands() {
            add_rows(table, &format!("{path} {}", below.get_name()), below);
        }
        return;
    }
    // Settings have a heading of their own and a table of their own. Hidden arguments only give advice.
    let own = command.get_arguments();
    let own = own.filter(|arg| arg.get_help_heading().is_none() && !arg.is_hide_set());
    let (required, optional): (Vec<_>, Vec<_>) = own.partition(|arg| arg.is_required_set());
    let words: Vec<_> = required.into_iter().chain(optional).map(usage).collect();
    let usage = [path].into_iter().chain(words.iter().map(String::as_str));
    let usage = usage.collect::<Vec<_>>().join(" ");
    let about = command.get_about().map(ToString::to_string);
    *table += &format!("| `{usage}` | {} |\n", about.unwrap_or_default());
}

/// `USER`, `[EVENT]`, `--name NAME`, `[--role ROLE]…`, `[ROLE…]` or `[-- COMMAND…]`.
fn usage(arg: &Arg) -> String {
    let value = arg.get_value_names().and_then(|names| names.first());
    let value = value.filter(|_| arg.get_action().takes_values());
    let value = value.map_or(String::new(), ToString::to_string);
    let is_list = arg
        .get_num_args()
        .is_some_and(|range| range.max_values() > 1);
    let value = if is_list { value + "…" } else { value };
    let flag = arg.get_long().map(|long| format!("--{long}"));
    let flag = flag.or(arg.is_last_set().then(|| "--".to_owned()));
    let words = [flag.unwrap_or_default(), value].join(" ");
    let repeated = matches!(arg.get_action(), ArgAction::Append) && !is_list;
    match (arg.is_required_set(), repeated) {
        (true, _) => words.trim().to_owned(),
        (false, true) => format!("[{}]…", words.trim()),
        (false, false) => format!("[{}]", words.trim()),
    }
}
