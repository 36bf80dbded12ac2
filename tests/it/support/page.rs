//! The pages of the documentation as tests read them: tables, fenced blocks and generated parts.

use std::path::{Path, PathBuf};

/// The folder of README.md.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// A page, by its path from the root.
pub struct Page {
    pub path: String,
    pub text: String,
}

impl Page {
    #[track_caller]
    pub fn open(path: &str) -> Self {
        let text = std::fs::read_to_string(root().join(path));
        let text = text.unwrap_or_else(|e| panic!("{path}: {e}"));
        Self {
            path: path.to_owned(),
            text,
        }
    }

    /// `docs/NAME.md`.
    #[track_caller]
    pub fn of(name: &str) -> Self {
        Self::open(&format!("docs/{name}.md"))
    }

    /// README, CONTRIBUTING, SECURITY and every page in `docs/`.
    pub fn all() -> Vec<Self> {
        let docs = std::fs::read_dir(root().join("docs")).unwrap();
        let docs = docs.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let docs = docs.map(|name| format!("docs/{name}"));
        let is_page = |path: &String| Path::new(path).extension().is_some_and(|it| it == "md");
        let mut docs: Vec<_> = docs.filter(is_page).collect();
        docs.sort();
        let others = ["README.md", "CONTRIBUTING.md", "SECURITY.md"].map(str::to_owned);
        let paths = others.into_iter().chain(docs);
        paths.map(|path| Self::open(&path)).collect()
    }

    /// Passes when the page contains this phrase across line breaks. Use it for numbers, settings,
    /// commands and codes, not for sentences.
    #[track_caller]
    pub fn states(&self, phrase: &str) {
        let in_one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let phrase = in_one_line(phrase);
        let found = in_one_line(&self.text).contains(&phrase);
        assert!(found, "{} does not have: {phrase}", self.path);
    }

    /// The cells of the only table whose first line starts with `| HEADING |`.
    #[track_caller]
    pub fn table(&self, heading: &str) -> Vec<Vec<String>> {
        let mut tables = self.tables(heading);
        assert_eq!(
            tables.len(),
            1,
            "{}: tables that begin with {heading}",
            self.path
        );
        tables.remove(0)
    }

    /// The cells of every table whose first line starts with `| HEADING |`.
    pub fn tables(&self, heading: &str) -> Vec<Vec<Vec<String>>> {
        let heading = format!("| {heading} |");
        let lines: Vec<_> = self.text.lines().collect();
        let starts = lines.iter().enumerate();
        let starts = starts.filter(|(_, line)| line.starts_with(&heading));
        let rows = |start: usize| {
            let rows = lines[start + 2..].iter();
            let rows = rows.take_while(|line| line.starts_with('|'));
            rows.map(|row| cells(row)).collect()
        };
        starts.map(|(start, _)| rows(start)).collect()
    }

    /// The fenced blocks in this language, without their fences.
    pub fn blocks(&self, language: &str) -> Vec<String> {
        let fence = format!("```{language}\n");
        let begun = self.text.split(fence.as_str()).skip(1);
        begun
            .map(|rest| rest.split("```").next().unwrap().trim_end().to_owned())
            .collect()
    }

    /// The first block in `sh` that contains `part`.
    #[track_caller]
    pub fn shell(&self, part: &str) -> String {
        let block = self.blocks("sh").into_iter().find(|b| b.contains(part));
        block.unwrap_or_else(|| panic!("{}: no block contains {part:?}", self.path))
    }

    /// Passes when the text between `<!-- NAME -->` and `<!-- /NAME -->` is `expected`. With
    /// `UPDATE_DOCS=1`, writes it there.
    #[track_caller]
    pub fn assert_generated(&self, name: &str, expected: &str) {
        let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
        let (before, rest) = self.text.split_once(&begin).unwrap();
        let (found, after) = rest.split_once(&end).unwrap();
        if found == expected {
            return;
        }
        if std::env::var_os("UPDATE_DOCS").is_some() {
            let text = format!("{before}{begin}{expected}{end}{after}");
            std::fs::write(root().join(&self.path), text).unwrap();
            return;
        }
        panic!(
            "{}: the {name} are out of date; run the test with UPDATE_DOCS=1, or put this there:\n{expected}",
            self.path
        );
    }
}

fn cells(row: &str) -> Vec<String> {
    let cells = row.trim_matches('|').split('|');
    cells.map(|cell| cell.trim().to_owned()).collect()
}

/// The code spans of a text, in order.
pub fn spans(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// `POST /api/v1/login` and so on, from a cell such as `` `POST` or `GET logout` ``: a method alone
/// goes with the next path, and a path without a leading slash is below `/api/v1/`.
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
