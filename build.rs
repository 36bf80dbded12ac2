//! Packs the web pages in `src/web` and compresses their assets.
//!
//! Merges the OpenAPI document from `src/api/openapi`: `document.json`, and one file of paths and schemas per tag. It works on
//! lines, because a JSON parser would have to be compiled before everything else; a test parses the result.

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

#[path = "src/web/pack.rs"]
mod pack;

/// The files in the order of the document. `shared` holds the schemas that several tags use.
const FILES: [&str; 18] = [
    "custom-user-status",
    "status",
    "session",
    "users",
    "people",
    "invitations",
    "tokens",
    "permissions",
    "settings",
    "methods",
    "realtime",
    "board",
    "rooms",
    "hooks",
    "webhooks",
    "displays",
    "server",
    "shared",
];

fn main() -> io::Result<()> {
    let target = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    write_pages(&target)?;
    write_document(&target)
}

/// Writes the packed pages as a function that returns them, and their assets as files.
fn write_pages(target: &Path) -> io::Result<()> {
    let folder = Path::new("src/web");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut pack = pack::pack(folder, digest).map_err(io::Error::other)?;
    let files = target.join("web");
    fs::create_dir_all(&files)?;
    let mut code = String::from("fn embedded() -> Pack { Pack { assets: vec![\n");
    for asset in &mut pack.assets {
        asset.gzip = Some(compressed(&asset.plain)?.into());
        code.push_str(&asset_code(asset, &files)?);
    }
    code.push_str(&code_of_the_rest(&pack));
    fs::write(target.join("web.rs"), code)
}

fn compressed(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// Writes an asset as files. Returns the expression that includes them.
fn asset_code(asset: &pack::Asset, files: &Path) -> io::Result<String> {
    let (name, path) = (&asset.name, &asset.path);
    let (plain, gzip) = (files.join(path.as_ref()), files.join(format!("{path}.gz")));
    fs::write(&plain, &asset.plain)?;
    fs::write(&gzip, asset.gzip.as_deref().unwrap_or_default())?;
    Ok(format!(
        "Asset {{ name: {name:?}.into(), path: {path:?}.into(), \
         plain: include_bytes!({plain:?}).as_slice().into(), \
         gzip: Some(include_bytes!({gzip:?}).as_slice().into()) }},\n"
    ))
}

/// The code of a pack after its assets.
fn code_of_the_rest(pack: &pack::Pack) -> String {
    let mut code = String::from("], templates: vec![\n");
    for template in &pack.templates {
        let (id, markup) = (&template.id, &template.markup);
        let _ = write!(
            code,
            "Template {{ id: {id:?}.into(), markup: {markup:?}.into(), attributes: vec!["
        );
        for (name, value) in &template.attributes {
            let _ = write!(code, "({name:?}.into(), {value:?}.into()), ");
        }
        code.push_str("] },\n");
    }
    code.push_str("], words: vec![\n");
    for (language, words) in &pack.words {
        let _ = writeln!(code, "({language:?}.into(), {words:?}.into()),");
    }
    let (icons, build) = (&pack.icons, &pack.build);
    let _ = writeln!(
        code,
        "], icons: {icons:?}.into(), build: {build:?}.into() }} }}"
    );
    code
}

/// The first ten hexadecimal digits of SHA-256.
fn digest(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest
        .iter()
        .take(5)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn write_document(target: &Path) -> io::Result<()> {
    let folder = Path::new("src/api/openapi");
    println!("cargo::rerun-if-changed={}", folder.display());
    println!("cargo::rerun-if-changed=build.rs");
    let files = FILES.map(|tag| fs::read_to_string(folder.join(format!("{tag}.json"))));
    let files = files.into_iter().collect::<io::Result<Vec<_>>>()?;
    let document = fs::read_to_string(folder.join("document.json"))?;
    let document = fill(&document, "paths", &members(&files, "paths"));
    let document = fill(&document, "schemas", &members(&files, "schemas"));
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
