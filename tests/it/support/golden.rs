//! Compares responses with the files in `tests/it/golden`.

use super::Reply;
use super::upstream_error::without_additions;
use doorsign::config::Compat;
use std::path::Path;

impl Reply {
    /// Compares status and body with `tests/it/golden/NAME.json`, byte for byte except for ids and
    /// times, and the field and the hint that doorsign adds to errors. `UPDATE_GOLDEN=1` writes the
    /// file.
    #[track_caller]
    pub fn golden(&self, name: &str) {
        let got = format!(
            "{} {}\n",
            self.status.as_u16(),
            mask(&without_additions(self.text()))
        );
        compare(&format!("{name}.json"), &got);
    }

    /// Compares with the file NAME under compat 8, and with its counterpart in the folder
    /// `compat_9` under compat 9.
    #[track_caller]
    pub fn golden_under(&self, compat: Compat, name: &str) {
        match compat {
            Compat::Eight => self.golden(name),
            Compat::Nine => self.golden(&format!("compat_9/{name}")),
        }
    }
}

/// Compares lines, byte for byte but for ids and times, with `tests/it/golden/NAME.txt`, likewise.
#[track_caller]
pub fn golden_lines(name: &str, lines: &[String]) {
    let got: String = lines.iter().map(|line| mask(line) + "\n").collect();
    compare(&format!("{name}.txt"), &got);
}

#[track_caller]
fn compare(file: &str, got: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/golden")
        .join(file);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, got).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    assert_eq!(got, kept, "{}", path.display());
}

/// Replaces ids, tokens and times with fixed words.
fn mask(body: &str) -> String {
    let mut masked = String::new();
    let parts: Vec<&str> = body.split('"').collect();
    for (n, part) in parts.iter().enumerate() {
        if n > 0 {
            masked.push('"');
        }
        let key = (n >= 2 && parts[n - 1] == ":").then(|| parts[n - 2]);
        if n > 0 && n % 2 == 0 && parts[n - 1] == "seconds" {
            masked.push_str(":N");
        }
        masked.push_str(if key == Some("hint") {
            "HINT"
        } else if n % 2 == 1 {
            masked_text(key, part)
        } else if n > 0 && parts[n - 1] == "seconds" {
            part.trim_start_matches(|c: char| c == ':' || c.is_ascii_digit())
        } else {
            part
        });
    }
    masked
}

fn masked_text<'a>(key: Option<&str>, text: &'a str) -> &'a str {
    let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    let like = |shape: &str| {
        text.len() == shape.len()
            && text
                .chars()
                .zip(shape.chars())
                .all(|(c, s)| if s == '0' { c.is_ascii_digit() } else { c == s })
    };
    let names_a_user = matches!(key, Some("_id" | "userId" | "session"));
    if text.len() == 24 && text.chars().all(hex) {
        "STATUS-ID"
    } else if names_a_user && text.len() == 17 && text.chars().all(|c| c.is_ascii_alphanumeric()) {
        "USER-ID"
    } else if like("0000-00-00T00:00:00.000Z") {
        "TIME"
    } else if text.starts_with("eyJ") && text.matches('.').count() == 2 {
        "TOKEN"
    } else {
        text
    }
}
