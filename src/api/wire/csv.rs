//! Reads CSV according to RFC 4180, as spreadsheets write it: with a byte order mark, with
//! semicolons or tabs where the comma is the decimal sign, with either line end.

/// A row, and the line on which it begins, counted from 1.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::api) struct Record {
    pub(in crate::api) line: usize,
    pub(in crate::api) fields: Vec<String>,
}

/// Why a text is not CSV.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::api) struct Malformed {
    pub(in crate::api) line: usize,
    pub(in crate::api) reason: &'static str,
}

const NOT_CLOSED: &str = "a quote is not closed: write \"\" for a quote inside of quotes";
const AFTER_QUOTE: &str = "a closing quote must be followed by a separator or the end of the line";

/// Returns the rows that are not blank. The separator is the first comma, semicolon or tab of the
/// first row. White space around a field is not part of it, unless it is inside of quotes.
pub(in crate::api) fn records(text: &str) -> Result<Vec<Record>, Malformed> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader {
        rest: text,
        line: 1,
        separator: separator(text),
    };
    let mut records = Vec::new();
    while !reader.rest.is_empty() {
        let record = reader.record()?;
        if record.fields.iter().any(|field| !field.is_empty()) {
            records.push(record);
        }
    }
    Ok(records)
}

fn separator(text: &str) -> char {
    let header = text.lines().next().unwrap_or_default();
    let found = header.chars().find(|c| matches!(c, ',' | ';' | '\t'));
    found.unwrap_or(',')
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
    separator: char,
}

/// What follows a field.
#[derive(PartialEq, Eq)]
enum After {
    Field,
    Line,
}

impl Reader<'_> {
    fn record(&mut self) -> Result<Record, Malformed> {
        let (line, mut fields) = (self.line, Vec::new());
        loop {
            let (field, after) = self.field()?;
            fields.push(field);
            if after == After::Line {
                return Ok(Record { line, fields });
            }
        }
    }

    fn field(&mut self) -> Result<(String, After), Malformed> {
        let separator = self.separator;
        let is_blank = |c: char| c != separator && matches!(c, ' ' | '\t');
        self.rest = self.rest.trim_start_matches(is_blank);
        if let Some(rest) = self.rest.strip_prefix('"') {
            self.rest = rest;
            let field = self.quoted()?;
            self.rest = self.rest.trim_start_matches(is_blank);
            let reason = AFTER_QUOTE;
            let line = self.line;
            let after = self.end().ok_or(Malformed { line, reason })?;
            return Ok((field, after));
        }
        let is_end = |c: char| c == separator || matches!(c, '\r' | '\n');
        let end = self.rest.find(is_end).unwrap_or(self.rest.len());
        let (field, rest) = self.rest.split_at(end);
        self.rest = rest;
        let field = field.trim_end_matches(is_blank).to_owned();
        Ok((field, self.end().unwrap_or(After::Line)))
    }

    /// Reads to the closing quote.
    fn quoted(&mut self) -> Result<String, Malformed> {
        let (begin, mut field) = (self.line, String::new());
        loop {
            let Some((part, rest)) = self.rest.split_once('"') else {
                let (line, reason) = (begin, NOT_CLOSED);
                return Err(Malformed { line, reason });
            };
            self.line += part.matches('\n').count();
            field.push_str(part);
            match rest.strip_prefix('"') {
                Some(rest) => {
                    field.push('"');
                    self.rest = rest;
                }
                None => {
                    self.rest = rest;
                    return Ok(field);
                }
            }
        }
    }

    /// Skips a separator or the end of a line. `None` if there is neither.
    fn end(&mut self) -> Option<After> {
        if let Some(rest) = self.rest.strip_prefix(self.separator) {
            self.rest = rest;
            return Some(After::Field);
        }
        let ends = ["\r\n", "\n", "\r"];
        if let Some(rest) = ends.iter().find_map(|end| self.rest.strip_prefix(end)) {
            self.rest = rest;
            self.line += 1;
            return Some(After::Line);
        }
        self.rest.is_empty().then_some(After::Line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<(usize, Vec<String>)> {
        let records = records(text).unwrap();
        records.into_iter().map(|it| (it.line, it.fields)).collect()
    }

    fn row(line: usize, fields: &[&str]) -> (usize, Vec<String>) {
        (line, fields.iter().copied().map(str::to_owned).collect())
    }

    #[test]
    fn commas_semicolons_and_tabs_separate_and_both_line_ends_end() {
        let expected = vec![row(1, &["a", "b"]), row(2, &["1", "2"])];
        for text in [
            "a,b\r\n1,2\r\n",
            "a,b\n1,2",
            "\u{feff}a;b\n1;2\n",
            "a\tb\r1\t2\r",
            " a , b \n 1 ,2 ",
            "\"a\",\"b\"\r\n\"1\" ,\"2\"\r\n",
        ] {
            assert_eq!(rows(text), expected, "{text:?}");
        }
    }

    #[test]
    fn quotes_keep_separators_quotes_white_space_and_line_ends() {
        let text = "a,b\n\" x, \"\"y\"\"\",\"one\r\ntwo\"\n\n,\nlast,";
        let expected = vec![
            row(1, &["a", "b"]),
            row(2, &[" x, \"y\"", "one\r\ntwo"]),
            row(6, &["last", ""]),
        ];
        assert_eq!(rows(text), expected);
        assert_eq!(
            rows("a;b\n1,5;2"),
            [row(1, &["a", "b"]), row(2, &["1,5", "2"])]
        );
        assert_eq!(rows(""), []);
    }

    #[test]
    fn the_line_of_a_broken_quote_is_named() {
        for (text, line, reason) in [
            ("a\n\"b\n\nc", 2, NOT_CLOSED),
            ("a\n\"b\"c\n", 2, AFTER_QUOTE),
            ("\"", 1, NOT_CLOSED),
        ] {
            assert_eq!(records(text), Err(Malformed { line, reason }), "{text:?}");
        }
        assert_eq!(rows("a\nb\"c\n"), [row(1, &["a"]), row(2, &["b\"c"])]);
    }
}
