//! The sources of the program, and which file uses which.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// One source file without comments and without its tests.
pub struct Source {
    /// Below `src`, without `.rs` and `/mod`.
    pub module: String,
    /// Below `src`.
    pub path: String,
    pub code: String,
}

/// Reads all source files.
pub fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    let read = |file: PathBuf| {
        let text = fs::read_to_string(&file).unwrap();
        let code = text
            .split("#[cfg(test)]\nmod tests")
            .next()
            .unwrap_or_default();
        let code = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let path = file.strip_prefix(&root).unwrap().display().to_string();
        let module = path
            .trim_end_matches(".rs")
            .trim_end_matches("/mod")
            .to_owned();
        Source {
            module,
            code: code.collect::<Vec<_>>().join("\n"),
            path,
        }
    };
    files.into_iter().map(read).collect()
}

/// Adds the source files below `folder`, without files of tests.
pub fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("tests") {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && path.file_name().is_some_and(|name| name != "tests.rs")
        {
            files.push(path);
        }
    }
}

/// Whether `c` can be part of a name.
pub fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether `word` occurs in `code` as a whole name.
pub fn mentions(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        !before.is_some_and(is_name) && (word.ends_with("::") || !after.is_some_and(is_name))
    })
}

/// The files by module, each with the modules of the files whose items it uses. Follows names that
/// a `mod.rs` re-exports to the file that defines them. A re-export itself does not count.
pub fn used_files(sources: &[Source]) -> BTreeMap<&str, BTreeSet<String>> {
    let files: BTreeSet<&str> = sources.iter().map(|source| &*source.module).collect();
    let imports: BTreeMap<&str, Vec<Import>> = sources
        .iter()
        .map(|source| (&*source.module, imports_of(source, &files)))
        .collect();
    let used = |source: &Source| {
        let own = &imports[&*source.module];
        let named = own.iter().filter(|import| !import.is_reexport);
        let paths = named.map(|import| import.path.clone());
        let paths = paths.chain(paths_in(source, own, &files));
        let used = paths.filter_map(|path| file_of(path, &files, &imports, 5));
        used.filter(|used| *used != source.module).collect()
    };
    sources.iter().map(|s| (&*s.module, used(s))).collect()
}

/// A name that a file imports from another one.
struct Import {
    name: String,
    /// The full path below the crate.
    path: Vec<String>,
    is_reexport: bool,
}

fn imports_of(source: &Source, files: &BTreeSet<&str>) -> Vec<Import> {
    let mut imports = Vec::new();
    for (is_reexport, tree) in split_uses(&source.code).0 {
        let mut names = Vec::new();
        expand(String::new(), tree, &mut names);
        imports.extend(names.iter().filter_map(|path| {
            let (path, name) = match path.split_once(" as ") {
                Some((path, name)) => (path, Some(name)),
                None => (&**path, None),
            };
            let path = absolute(path.trim_end_matches("::self"), source, files)?;
            let name = name.or(path.last().map(String::as_str))?.to_owned();
            Some(Import {
                name,
                path,
                is_reexport,
            })
        }));
    }
    imports
}

/// Splits code into the trees of its `use` statements, each with whether it is public, and the
/// rest.
fn split_uses(mut code: &str) -> (Vec<(bool, &str)>, String) {
    let (mut uses, mut rest) = (Vec::new(), String::new());
    loop {
        let start = code.match_indices("use ").find_map(|(at, _)| {
            let line = code[..at].rsplit('\n').next().unwrap_or_default().trim();
            (line.is_empty() || line.starts_with("pub")).then_some((at, line.starts_with("pub")))
        });
        let Some((at, is_reexport)) = start else {
            return (uses, rest + code);
        };
        let (tree, after) = code[at + 4..].split_once(';').unwrap_or_default();
        rest.push_str(&code[..at]);
        uses.push((is_reexport, tree));
        code = after;
    }
}

/// Adds the paths of the `use` tree to `paths`.
fn expand(prefix: String, tree: &str, paths: &mut Vec<String>) {
    let (mut depth, mut begin) = (0, 0);
    let ends = tree.char_indices().chain([(tree.len(), ',')]);
    for (at, c) in ends {
        depth += i32::from(c == '{') - i32::from(c == '}');
        if c != ',' || depth > 0 {
            continue;
        }
        let part = tree[begin..at].trim();
        begin = at + 1;
        match part.split_once('{') {
            Some((head, inner)) => {
                let inner = inner.trim_end().trim_end_matches('}');
                expand(format!("{prefix}{head}"), inner, paths);
            }
            None if part.is_empty() => {}
            None => paths.push(format!("{prefix}{part}")),
        }
    }
}

/// The full path below the crate; `None` for a path into another crate.
fn absolute(path: &str, source: &Source, files: &BTreeSet<&str>) -> Option<Vec<String>> {
    let names: Vec<&str> = path.split("::").collect();
    let own: Vec<&str> = source.module.split('/').collect();
    let supers = names.iter().take_while(|name| **name == "super").count();
    let (base, names) = match names[0] {
        "crate" => (&own[..0], &names[1..]),
        "self" => (&own[..], &names[1..]),
        "super" => (&own[..own.len().saturating_sub(supers)], &names[supers..]),
        child if files.contains(&*format!("{}/{child}", source.module)) => (&own[..], &names[..]),
        _ => return None,
    };
    Some(
        base.iter()
            .chain(names)
            .map(|&name| name.to_owned())
            .collect(),
    )
}

/// The full paths in the code outside of imports, such as `hub::Message` or `super::helper`.
fn paths_in(source: &Source, imports: &[Import], files: &BTreeSet<&str>) -> Vec<Vec<String>> {
    let is_path = |c: char| is_name(c) || c == ':';
    let (_, code) = split_uses(&source.code);
    let words = code.split(|c: char| !is_path(c));
    let paths = words.filter_map(|word| word.split_once("::"));
    let full = paths.filter_map(|(head, tail)| {
        let import = imports.iter().find(|import| import.name == head);
        match import {
            Some(import) => {
                let tail = tail.split("::").map(str::to_owned);
                Some(import.path.iter().cloned().chain(tail).collect())
            }
            None => absolute(&format!("{head}::{tail}"), source, files),
        }
    });
    full.collect()
}

/// The file that defines the item at `path`; `None` for a path that names only a module.
fn file_of(
    path: Vec<String>,
    files: &BTreeSet<&str>,
    imports: &BTreeMap<&str, Vec<Import>>,
    depth: usize,
) -> Option<String> {
    let file = (1..path.len())
        .rev()
        .map(|length| path[..length].join("/"))
        .find(|module| files.contains(&**module))?;
    let names = &path[file.split('/').count()..];
    if files.contains(&*path.join("/")) {
        return None;
    }
    let import = imports[&*file]
        .iter()
        .find(|import| import.name == names[0]);
    match import {
        Some(import) if depth > 0 => {
            let path = import.path.iter().chain(&names[1..]).cloned().collect();
            file_of(path, files, imports, depth - 1)
        }
        _ => Some(file),
    }
}
