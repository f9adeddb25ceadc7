//! Files to import.

use std::collections::{BTreeMap, HashMap};

use api::imports::{ImportOptions, Rules, check};
use chrono::DateTime;
use domain::import::ImportKind;
use uuid::Uuid;

/// Zones whose clocks did something unusual: skipped a day, half an hour's time, a midnight that did not come.
const ZONES: [&str; 6] = [
    "Europe/London",
    "Asia/Tokyo",
    "Pacific/Apia",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Africa/Monrovia",
];
/// More than one problem says of a file, in bytes: it quotes cells and headers, and a person should read it.
const PROBLEM_BYTES: usize = 8 * 1024;

/// Takes the bytes for a file of accounts and for one of orders. The first byte chooses how it is read; behind a bar, the
/// first line is the format of its dates.
pub fn run(bytes: &[u8]) {
    let Some((choice, file)) = bytes.split_first() else {
        return;
    };
    let (format, file) = match file.strip_prefix(b"|") {
        Some(rest) => {
            let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            let format = std::str::from_utf8(&rest[..end]).ok();
            (format.map(str::to_owned), rest.get(end + 1..).unwrap_or_default())
        }
        None => (None, file),
    };
    // As it is checked before a file is read by it.
    let format = format.filter(|format| api::imports::is_date_format(format));
    for kind in ImportKind::ALL {
        let options = ImportOptions {
            mapping: BTreeMap::new(),
            currency: if choice & 8 == 0 { "GBP" } else { "KWD" }.to_owned(),
            time_zone: ZONES[usize::from(choice & 7) % ZONES.len()].to_owned(),
            date_format: format.clone(),
            rate: (choice & 16 != 0).then(|| "151.23".to_owned()),
            owner: Uuid::nil(),
            backfill: true,
        };
        let members = HashMap::from([("a@b.c".to_owned(), Uuid::from_u128(7))]);
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let rules = Rules::new(*kind, options, "GBP", members, now).unwrap();
        let checked = check(&rules, file);
        assert!(usize::try_from(checked.rows).unwrap() <= file.len());
        let lines = file.iter().filter(|byte| **byte == b'\n').count() + 1;
        for problem in &checked.problems.first {
            let length = problem.en.len() + problem.ja.len() + problem.column.as_ref().map_or(0, String::len);
            assert!(length <= PROBLEM_BYTES, "a problem of {length} bytes");
            assert!(
                (1..=lines).contains(&usize::try_from(problem.line).unwrap()),
                "line {}",
                problem.line
            );
        }
    }
}
