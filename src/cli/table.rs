//! Listings: aligned columns with a heading for people, columns separated by tabs for scripts, and
//! one JSON object per line for programs.

use clap::Args;
use std::io::IsTerminal;

/// How a listing is printed.
#[derive(Args, Default)]
pub(super) struct Format {
    /// Print one JSON object per line
    #[arg(long)]
    json: bool,
}

/// A listing: what is listed, such as `users`, and the headings of its columns.
pub(super) struct Listing(pub(super) &'static str, pub(super) &'static [&'static str]);

impl Format {
    /// Returns the text to print. `cells` returns one cell per heading, `object` the JSON.
    pub(super) fn print<T>(
        &self,
        Listing(items, headings): &Listing,
        listed: &[T],
        cells: impl Fn(&T) -> Vec<String>,
        object: impl Fn(&T) -> String,
    ) -> String {
        if self.json {
            return listed.iter().map(|item| object(item) + "\n").collect();
        }
        let rows: Vec<Vec<String>> = listed.iter().map(cells).map(shown).collect();
        if std::io::stdout().is_terminal() {
            aligned(items, headings, rows)
        } else {
            rows.iter().map(|row| row.join("\t") + "\n").collect()
        }
    }
}

/// The cells of a row, each on one line and safe for a terminal; an empty one becomes `-`.
fn shown(row: Vec<String>) -> Vec<String> {
    let cell = |text: String| match text.trim() {
        "" => "-".to_owned(),
        text => escaped(text),
    };
    row.into_iter().map(cell).collect()
}

/// Escapes what a terminal does not show as it is: names come from users, reasons from hooks.
pub(super) fn escaped(text: &str) -> String {
    let escaped = text.escape_debug().to_string();
    escaped.replace("\\\"", "\"").replace("\\'", "'")
}

/// The rows below their headings, each column as wide as its widest cell.
fn aligned(items: &str, headings: &[&str], rows: Vec<Vec<String>>) -> String {
    if rows.is_empty() {
        return format!("There are no {items}.\n");
    }
    let headings = headings.iter().map(|heading| heading.to_uppercase());
    let rows: Vec<Vec<String>> = [headings.collect()].into_iter().chain(rows).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..rows.first().map_or(0, Vec::len)).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths);
        let padded: Vec<_> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        padded.join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_aligned_columns_below_their_headings() {
        let rows = [["ann", "active"], ["bob.b", "deactivated"]];
        let rows = rows.map(|row| row.map(str::to_owned).to_vec()).to_vec();
        let expected = "NAME   STATE\nann    active\nbob.b  deactivated\n";
        assert_eq!(aligned("users", &["name", "state"], rows), expected);
        assert_eq!(
            aligned("users", &["name"], Vec::new()),
            "There are no users.\n"
        );
    }

    #[test]
    fn cells_hold_no_line_breaks_and_no_control_characters() {
        let row = ["a\tb\nc\u{1b}[2J", " ", "ä's \"é\""].map(str::to_owned);
        let expected = [r"a\tb\nc\u{1b}[2J", "-", "ä's \"é\""];
        assert_eq!(shown(row.to_vec()), expected);
    }
}
