//! The rules of the house, read from the source text so that they stay true.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn sources(folder: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), &mut found);
    found.sort();
    let name = |path: &Path| path.strip_prefix(root()).unwrap().display().to_string();
    found
        .iter()
        .map(|path| (name(path), std::fs::read_to_string(path).unwrap()))
        .collect()
}

/// The code of a file: comments and inline tests are left out.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text);
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn slices() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(root().join("api/src"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .filter(|name| !matches!(name.as_str(), "platform" | "demo"))
        .collect();
    names.sort();
    names
}

fn offenders(files: &[(String, String)], wrong: impl Fn(&str, &str) -> Option<String>) -> Vec<String> {
    files
        .iter()
        .flat_map(|(name, text)| {
            let code = code(text);
            code.lines()
                .filter_map(|line| wrong(name, line).map(|why| format!("{name}: {why}: {}", line.trim())))
                .collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn platform_knows_no_slice() {
    let slices = slices();
    assert!(slices.len() >= 10, "{slices:?}");
    let found = offenders(&sources("api/src/platform"), |_, line| {
        slices
            .iter()
            .find(|slice| line.contains(&format!("crate::{slice}::")))
            .map(|slice| format!("imports slice {slice}"))
    });
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn domain_is_pure() {
    let found = offenders(&sources("domain/src"), |_, line| {
        [
            "sea_orm",
            "tokio",
            "async_graphql",
            "actix",
            "Utc::now",
            "SystemTime",
            "Instant::now",
            "rand::",
            "std::fs",
            "std::net",
            "std::env",
        ]
        .into_iter()
        // What resamples from a fixed seed gives the same each time.
        .find(|word| line.contains(word) && !line.contains("Rng::with_seed"))
        .map(|word| format!("uses {word}"))
    });
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn a_slice_reaches_another_slice_through_its_service_only() {
    let slices = slices();
    let files: Vec<_> = slices
        .iter()
        .flat_map(|slice| sources(&format!("api/src/{slice}")))
        .collect();
    let found = offenders(&files, |name, line| {
        let own = name.split('/').nth(2).unwrap();
        slices
            .iter()
            .find(|slice| *slice != own && line.contains(&format!("{slice}::queries")))
            .map(|slice| format!("reads the rows of {slice}"))
    });
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn sql_stays_behind_services() {
    let files: Vec<_> = slices()
        .iter()
        .flat_map(|slice| sources(&format!("api/src/{slice}")))
        .filter(|(name, _)| name.ends_with("schema.rs"))
        .collect();
    assert!(files.len() >= 10);
    let found = offenders(&files, |_, line| {
        line.contains("sea_orm").then(|| "a schema speaks SQL".to_owned())
    });
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn nothing_is_skipped_or_left_undone() {
    let mut files = sources("api/src");
    for folder in ["domain/src", "entity/src", "migration/src", "tests"] {
        files.extend(sources(folder));
    }
    let found = offenders(&files, |name, line| {
        if name.ends_with("tidy.rs") {
            return None;
        }
        ["todo!(", "unimplemented!(", "#[ignore", "dbg!(", "offset("]
            .into_iter()
            .find(|word| line.contains(word))
            .map(str::to_owned)
    });
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn a_file_is_one_room() {
    let mut files = sources("api/src");
    for folder in ["domain/src", "entity/src", "migration/src", "tests"] {
        files.extend(sources(folder));
    }
    let long: Vec<_> = files
        .iter()
        .map(|(name, text)| (name, text.lines().count()))
        .filter(|(_, lines)| *lines > 600)
        .collect();
    assert_eq!(long, Vec::new());
}
