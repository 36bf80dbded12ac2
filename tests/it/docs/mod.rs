//! What README.md says of settings, routes and files, and how the tests beside this one (`readme_*`) read it. Knows no server.

use doorsign::api::ROUTES;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const BEGIN: &str = "<!-- settings -->\n";
const END: &str = "<!-- /settings -->";

/// The folder that README.md stands in.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

pub fn text() -> String {
    std::fs::read_to_string(root().join("README.md")).unwrap()
}

/// Passes when README.md holds this sentence or part of one, wherever its lines break.
#[track_caller]
pub fn says(sentence: &str) {
    let words: Vec<_> = sentence.split_whitespace().collect();
    let readme: Vec<_> = text().split_whitespace().map(str::to_owned).collect();
    let (sentence, readme) = (words.join(" "), readme.join(" "));
    assert!(
        readme.contains(&sentence),
        "README.md does not say: {sentence}"
    );
}

/// The rows, taken apart into cells, of the one table whose first line begins with `| HEADING |`.
pub fn table(heading: &str) -> Vec<Vec<String>> {
    let (text, heading) = (text(), format!("| {heading} |"));
    let found = text.lines().filter(|line| line.starts_with(&heading));
    assert_eq!(found.count(), 1, "tables that begin with {heading}");
    let lines = text.lines().skip_while(|line| !line.starts_with(&heading));
    let rows = lines.skip(2).take_while(|line| line.starts_with('|'));
    let cells = |row: &str| -> Vec<String> {
        let cells = row.trim_matches('|').split('|');
        cells.map(|cell| cell.trim().to_owned()).collect()
    };
    rows.map(cells).collect()
}

/// What stands between backticks, in order.
pub fn spans(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The fenced blocks in this language, without their fences.
pub fn blocks(language: &str) -> Vec<String> {
    let (text, fence) = (text(), format!("```{language}\n"));
    let begun = text.split(fence.as_str()).skip(1);
    begun
        .map(|rest| rest.split("```").next().unwrap().trim_end().to_owned())
        .collect()
}

/// `POST /api/v1/login` and its like, from a cell such as `` `POST` or `GET logout` ``: a method alone goes with the path that follows,
/// and a path without a slash in front stands below `/api/v1/`.
pub fn routes(cell: &str) -> Vec<(String, String)> {
    let spans = spans(cell);
    let path_from = |n: usize| spans[n..].iter().find_map(|span| span.split_once(' '));
    let route = |n: usize| {
        let method = spans[n].split(' ').next().unwrap();
        let path = path_from(n).unwrap().1;
        let below = if path.starts_with('/') {
            ""
        } else {
            "/api/v1/"
        };
        (method.to_owned(), format!("{below}{path}"))
    };
    (0..spans.len()).map(route).collect()
}

#[test]
fn the_table_of_settings_in_the_readme_is_the_one_in_force() {
    let readme = text();
    let (_, rest) = readme.split_once(BEGIN).expect("a table begins");
    let (table, _) = rest.split_once(END).expect("a table ends");
    let expected = doorsign::config::markdown_table();
    assert_eq!(table.trim(), expected.trim(), "put this there:\n{expected}");
}

#[test]
fn the_readme_names_every_route_once_and_no_other() {
    let named: Vec<_> = table("route")
        .iter()
        .flat_map(|row| routes(&row[0]))
        .collect();
    let served = ROUTES
        .iter()
        .map(|route| (route.method.to_string(), route.path.to_owned()));
    assert_eq!(named.len(), ROUTES.len(), "{named:?}");
    assert_eq!(
        named.into_iter().collect::<BTreeSet<_>>(),
        served.collect::<BTreeSet<_>>()
    );
}

#[test]
fn every_file_that_the_readme_links_to_or_names_is_there() {
    let text = text();
    let links = text
        .split("](")
        .skip(1)
        .map(|rest| rest.split(')').next().unwrap());
    let named = spans_in_prose(&text).into_iter().filter(|span| {
        ["src/", "tests/", "plugins/", "examples/", ".ci/"]
            .iter()
            .any(|folder| span.starts_with(folder))
    });
    let all: BTreeSet<_> = links
        .filter(|link| !link.starts_with("http"))
        .chain(named)
        .collect();
    assert!(all.len() > 10, "they are found: {all:?}");
    let missing: Vec<_> = all
        .iter()
        .filter(|path| !root().join(path).exists())
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Everything between backticks outside of fenced blocks.
fn spans_in_prose(text: &str) -> Vec<&str> {
    let prose = text.split("```").step_by(2);
    prose.flat_map(spans).collect()
}
