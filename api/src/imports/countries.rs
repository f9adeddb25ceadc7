//! Countries by code or name: files say `United Kingdom`, `EIRE` or 日本 where an account has an ISO 3166-1 code.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Code, then names in common use, in small letters.
const NAMES: &str = include_str!("countries.txt");

static BY_NAME: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    let mut names = HashMap::new();
    for line in NAMES.lines() {
        if let Some((code, rest)) = line.split_once('\t') {
            names.insert(code, code);
            names.extend(rest.split('|').map(|name| (name, code)));
        }
    }
    names
});

/// The ISO 3166-1 alpha-2 code of what a file calls a country; nothing when it is none.
pub fn code(text: &str) -> Option<String> {
    let name: String = text
        .trim()
        .chars()
        .filter(|character| *character != '.')
        .flat_map(char::to_lowercase)
        .collect();
    let name = name.strip_prefix("the ").unwrap_or(&name);
    BY_NAME.get(name).map(|code| code.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn all_countries_are_there_once() {
        let codes: HashSet<&str> = NAMES
            .lines()
            .filter_map(|line| line.split_once('\t'))
            .map(|(code, _)| code)
            .collect();
        assert_eq!(codes.len(), 249);
        assert_eq!(NAMES.lines().count(), 249);
        assert!(codes.iter().all(|code| code.len() == 2));
    }

    #[test]
    fn no_name_stands_for_two() {
        let mut seen = HashMap::new();
        for (code, rest) in NAMES.lines().filter_map(|line| line.split_once('\t')) {
            for name in std::iter::once(code).chain(rest.split('|')) {
                let before = seen.insert(name, code);
                assert!(before.is_none_or(|before| before == code), "{name}");
            }
        }
    }

    #[test]
    fn codes_and_names_are_found() {
        for (text, expected) in [
            ("GB", "GB"),
            ("jp", "JP"),
            ("United Kingdom", "GB"),
            ("EIRE", "IE"),
            ("USA", "US"),
            ("U.S.A.", "US"),
            ("RSA", "ZA"),
            ("日本", "JP"),
            ("The Netherlands", "NL"),
            ("Czech Republic", "CZ"),
        ] {
            assert_eq!(code(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "Unspecified", "European Community", "Channel Islands", "XX"] {
            assert_eq!(code(text), None, "{text}");
        }
    }
}
