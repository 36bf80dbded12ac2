//! Merges the OpenAPI document from `src/api/openapi`: `document.json`, and one file of paths and schemas per tag. It works on
//! lines, because a JSON parser would have to be compiled before everything else; a test parses the result.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// The files in the order of the document. `shared` holds the schemas that several tags use.
const FILES: [&str; 14] = [
    "custom-user-status",
    "status",
    "session",
    "users",
    "tokens",
    "permissions",
    "settings",
    "methods",
    "realtime",
    "rooms",
    "hooks",
    "webhooks",
    "server",
    "shared",
];

fn main() -> io::Result<()> {
    let folder = Path::new("src/api/openapi");
    println!("cargo::rerun-if-changed={}", folder.display());
    println!("cargo::rerun-if-changed=build.rs");
    let files = FILES.map(|tag| fs::read_to_string(folder.join(format!("{tag}.json"))));
    let files = files.into_iter().collect::<io::Result<Vec<_>>>()?;
    let document = fs::read_to_string(folder.join("document.json"))?;
    let document = fill(&document, "paths", &members(&files, "paths"));
    let document = fill(&document, "schemas", &members(&files, "schemas"));
    let target = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(target.join("openapi.json"), document)
}

/// Replaces the empty object `name` by one of `members`.
fn fill(document: &str, name: &str, members: &str) -> String {
    let empty = format!("\"{name}\": {{}}");
    let full = format!("\"{name}\": {{\n{members}\n}}");
    document.replacen(&empty, &full, 1)
}

/// The members of the object `name` in all files, separated by commas.
fn members(files: &[String], name: &str) -> String {
    let begin = format!("  \"{name}\": {{");
    let members = files.iter().map(|file| {
        let lines = file.lines().skip_while(|line| *line != begin).skip(1);
        lines
            .take_while(|line| !line.starts_with("  }"))
            .collect::<Vec<_>>()
            .join("\n")
    });
    members
        .filter(|members| !members.is_empty())
        .collect::<Vec<_>>()
        .join(",\n")
}
