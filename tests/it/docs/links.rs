//! Links and file names in the documentation have existing targets.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use regex::Regex;

use crate::support::page::{Page, root, spans};

/// The text outside fenced blocks.
fn prose(text: &str) -> String {
    text.split("```").step_by(2).collect()
}

/// The anchor that GitHub generates for a heading.
fn anchor(heading: &str) -> String {
    let title = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = title
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn anchors(page: &Page) -> BTreeSet<String> {
    let text = prose(&page.text);
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(anchor).collect()
}

/// The links of a page to files in the repository: path from the root, and anchor.
fn links(page: &Page) -> Vec<(PathBuf, Option<String>)> {
    let text = prose(&page.text);
    let links = text.split("](").skip(1);
    let links = links.map(|rest| rest.split(')').next().unwrap().to_owned());
    let folder = PathBuf::from(&page.path).parent().unwrap().to_owned();
    let resolved = |link: String| {
        let (path, anchor) = match link.split_once('#') {
            Some((path, anchor)) => (path.to_owned(), Some(anchor.to_owned())),
            None => (link, None),
        };
        let path = match (path.as_str(), path.strip_prefix("../")) {
            ("", _) => PathBuf::from(&page.path),
            (_, Some(above)) => PathBuf::from(above),
            (path, None) => folder.join(path),
        };
        (path, anchor)
    };
    let local = links.filter(|link| !link.starts_with("http"));
    local.map(resolved).collect()
}

#[test]
fn every_link_has_an_existing_file_and_heading_as_target() {
    let mut checked = 0;
    for page in Page::all() {
        for (path, anchor) in links(&page) {
            let shown = path.display().to_string();
            assert!(root().join(&path).exists(), "{}: {shown}", page.path);
            if let Some(anchor) = anchor {
                let found = anchors(&Page::open(&shown)).contains(&anchor);
                assert!(found, "{}: {shown}#{anchor}", page.path);
            }
            checked += 1;
        }
    }
    assert!(checked > 60, "the links were not found: {checked}");
}

#[test]
fn every_file_that_a_page_names_exists() {
    const FOLDERS: [&str; 6] = ["src/", "tests/", "plugins/", "examples/", "docs/", ".ci/"];
    let mut checked = 0;
    for page in Page::all() {
        let text = prose(&page.text);
        let named = spans(&text).into_iter();
        for path in named.filter(|span| FOLDERS.iter().any(|folder| span.starts_with(folder))) {
            let exists = root().join(path).exists();
            assert!(exists, "{}: {path}", page.path);
            checked += 1;
        }
    }
    assert!(checked > 20, "the names were not found: {checked}");
}

/// Adds the Rust files of a folder and of all folders below it.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_section_of_the_compatibility_page_cited_in_a_comment_exists() {
    let page = Page::of("compatibility");
    let headings = page.text.lines().filter(|line| line.starts_with('#'));
    let sections: BTreeSet<_> = headings
        .filter_map(|line| line.split(' ').nth(1))
        .map(|number| number.trim_end_matches('.').to_owned())
        .collect();
    let mut files = Vec::new();
    for folder in ["src", "tests", "plugins"] {
        sources(&root().join(folder), &mut files);
    }
    let cited = Regex::new(r"compatibility (\d+(?:\.\d+)?(?:(?:, | and | to )\d+\.\d+)*)").unwrap();
    let number = Regex::new(r"\d+(?:\.\d+)?").unwrap();
    let mut checked = 0;
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for citation in cited.captures_iter(&text) {
            for section in number.find_iter(&citation[1]) {
                let found = sections.contains(section.as_str());
                assert!(found, "{}: {}", file.display(), &citation[0]);
                checked += 1;
            }
        }
    }
    assert!(checked > 40, "the citations were not found: {checked}");
}

#[test]
fn the_readme_links_to_every_page() {
    let readme = links(&Page::open("README.md"));
    for page in Page::all().iter().skip(1) {
        let linked = readme
            .iter()
            .any(|(path, _)| path.as_os_str() == page.path.as_str());
        assert!(linked, "README.md has no link to {}", page.path);
    }
}
