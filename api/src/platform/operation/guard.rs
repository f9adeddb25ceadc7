//! What is refused before the engine's parser and validator see it: they overflow the stack on deep nesting and walk
//! fragment spreads without memory.

use std::collections::HashMap;

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use domain::lang::Text;

/// Largest document, in bytes.
pub const DOCUMENT_BYTES: usize = 32 * 1024;
/// Deepest nesting of brackets of any kind in the raw text.
pub const NESTING: usize = 60;
/// Most selections after all fragments are expanded.
pub const SELECTIONS: u64 = 5_000;
/// Most aliased fields in one object, fragments expanded.
pub const ALIASES: u64 = 30;

/// Refuses a text that is too long or too deeply nested to parse.
pub fn check_text(document: &str) -> Result<(), Text> {
    if document.len() > DOCUMENT_BYTES {
        return Err(Text::new(
            format!("The document is longer than {DOCUMENT_BYTES} bytes."),
            format!("ドキュメントが{DOCUMENT_BYTES}バイトを超えています。"),
        ));
    }
    match nesting(document.as_bytes()) {
        Some(depth) if depth <= NESTING => Ok(()),
        Some(_) => Err(Text::new(
            format!("The document is nested deeper than {NESTING}."),
            format!("ドキュメントの入れ子が{NESTING}段を超えています。"),
        )),
        None => Err(Text::fixed(
            "A string of the document does not end.",
            "ドキュメント内の文字列が閉じられていません。",
        )),
    }
}

/// The deepest nesting of brackets outside strings and comments; `None` when a string does not end. Strings end here
/// exactly where they end for the parser: one that took more for a string than the parser does would hide brackets.
fn nesting(text: &[u8]) -> Option<usize> {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    let mut rest = text;
    while let Some((&byte, behind)) = rest.split_first() {
        rest = match byte {
            b'"' => behind_string(rest)?,
            b'#' => {
                let end = behind.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
                behind.get(end.unwrap_or(behind.len())..).unwrap_or_default()
            }
            b'{' | b'[' | b'(' => {
                depth += 1;
                deepest = deepest.max(depth);
                behind
            }
            b'}' | b']' | b')' => {
                depth = depth.saturating_sub(1);
                behind
            }
            _ => behind,
        };
    }
    Some(deepest)
}

/// What follows the string at the head of `text` (GraphQL October 2021 § 2.9.4).
fn behind_string(text: &[u8]) -> Option<&[u8]> {
    if let Some(mut rest) = text.strip_prefix(b"\"\"\"") {
        loop {
            if let Some(behind) = rest.strip_prefix(b"\"\"\"") {
                return Some(behind);
            }
            rest = match rest.strip_prefix(b"\\\"\"\"") {
                Some(behind) => behind,
                None => rest.get(1..)?,
            };
        }
    }
    let mut rest = text.get(1..)?;
    loop {
        rest = match rest.first()? {
            b'"' => return rest.get(1..),
            b'\\' => rest.get(2..)?,
            b'\n' | b'\r' => return None,
            _ => rest.get(1..)?,
        };
    }
}

/// Refuses a document that expands to too many selections, or has too many aliases in one object. Each fragment is
/// counted once and remembered, so the check itself is linear.
pub fn check_expansion(document: &ExecutableDocument) -> Result<(), Text> {
    let mut counter = Counter {
        document,
        known: HashMap::new(),
        most_aliases: 0,
        has_cycle: false,
    };
    let total = document
        .operations
        .iter()
        .map(|(_, operation)| counter.count(&operation.node.selection_set.node, 0).selections)
        .fold(0_u64, u64::saturating_add);
    // Validation has a rule of its own, but comes later: whatever walks the document until then would not end.
    if counter.has_cycle {
        return Err(Text::fixed(
            "A fragment of the document contains itself.",
            "フラグメントが自分自身を参照しています。",
        ));
    }
    if total > SELECTIONS {
        return Err(Text::new(
            format!("The document expands to more than {SELECTIONS} selections."),
            format!("展開後の選択フィールド数が{SELECTIONS}を超えています。"),
        ));
    }
    if counter.most_aliases > ALIASES {
        return Err(Text::new(
            format!("An object has more than {ALIASES} aliases."),
            format!("1つのオブジェクトに指定できるエイリアスは{ALIASES}個までです。"),
        ));
    }
    Ok(())
}

/// What a selection set expands to.
#[derive(Clone, Copy, Default)]
struct Size {
    /// Selections at all levels.
    selections: u64,
    /// Aliased fields at its own level.
    aliases: u64,
}

struct Counter<'a> {
    document: &'a ExecutableDocument,
    /// `None` marks a fragment that is being counted.
    known: HashMap<&'a str, Option<Size>>,
    most_aliases: u64,
    has_cycle: bool,
}

impl<'a> Counter<'a> {
    fn count(&mut self, set: &'a SelectionSet, depth: usize) -> Size {
        // Fragments can chain deeper than the text nests.
        if depth > NESTING * 4 {
            return Size {
                selections: u64::MAX,
                aliases: 0,
            };
        }
        let mut total = Size::default();
        for item in &set.items {
            let nested = match &item.node {
                Selection::Field(field) => Size {
                    selections: self.count(&field.node.selection_set.node, depth + 1).selections,
                    aliases: u64::from(field.node.alias.is_some()),
                },
                Selection::InlineFragment(fragment) => self.count(&fragment.node.selection_set.node, depth + 1),
                Selection::FragmentSpread(spread) => self.fragment(spread.node.fragment_name.node.as_str(), depth),
            };
            total.selections = total.selections.saturating_add(1).saturating_add(nested.selections);
            total.aliases = total.aliases.saturating_add(nested.aliases);
        }
        self.most_aliases = self.most_aliases.max(total.aliases);
        total
    }

    fn fragment(&mut self, name: &'a str, depth: usize) -> Size {
        if let Some(seen) = self.known.get(name) {
            self.has_cycle |= seen.is_none();
            return seen.unwrap_or_default();
        }
        let Some(fragment) = self.document.fragments.get(name) else {
            return Size::default();
        };
        self.known.insert(name, None);
        let size = self.count(&fragment.node.selection_set.node, depth + 1);
        self.known.insert(name, Some(size));
        size
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fmt::Write;

    use async_graphql::parser::parse_query;

    use super::*;

    #[test]
    fn nesting_is_refused_before_parsing() {
        assert!(check_text(&format!("{{ a(b: {}1{}) }}", "[".repeat(2000), "]".repeat(2000))).is_err());
        assert!(check_text(&"{".repeat(61)).is_err());
        assert!(check_text(&format!("{}{}", "{".repeat(60), "}".repeat(60))).is_ok());
        assert!(check_text(&"x".repeat(DOCUMENT_BYTES + 1)).is_err());
    }

    #[test]
    fn brackets_that_the_parser_does_not_see_hide_none_that_it_sees() {
        let deep = 100;
        for hidden in [
            "\"]\" ",
            "\"\"\"]\"\"\" ",
            "\"\\\"]\" ",
            "\"\"\" \\\"\"\" ] \"\"\" ",
            "#]\n",
            "#]\r",
            "\"\" \"]\" ",
        ] {
            let text = format!("{{ a(b: {}) }}", format!("[{hidden}").repeat(deep));
            assert!(check_text(&text).is_err(), "{hidden}");
        }
        // Empty strings side by side are not the beginning of a block that never ends.
        assert!(check_text(&format!("{{ a(b: [\"\"\"\" {}", "[".repeat(2000))).is_err());
        assert!(check_text(&format!("{{ a(b: [\"\n{}", "[".repeat(2000))).is_err());
    }

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        let text = format!(
            "{{ a(b: \"{}\", c: \"\"\"{}\"\"\") }} # {}",
            "[".repeat(99),
            "(".repeat(99),
            "{".repeat(99)
        );
        assert!(check_text(&text).is_ok());
    }

    #[test]
    fn doubling_fragments_are_counted_in_linear_time() {
        let mut text = String::from("{ ...f0 }");
        for n in 0..30 {
            write!(text, " fragment f{n} on Query {{ ...f{} ...f{} }}", n + 1, n + 1).unwrap();
        }
        text.push_str(" fragment f30 on Query { a }");
        assert!(check_expansion(&parse_query(&text).unwrap()).is_err());
    }

    #[test]
    fn a_fragment_that_contains_itself_is_refused() {
        for text in [
            "{ ...a } fragment a on Query { ...a }",
            "{ ...a } fragment a on Query { ...a ...a }",
            "{ ...a } fragment a on Query { b { ...b ...b } } fragment b on Query { ... on Query { ...a ...a } }",
            "{ __schema { ...a } } fragment a on __Schema { types { ...b } } fragment b on __Type { ofType { ...b ...b } }",
        ] {
            assert!(check_expansion(&parse_query(text).unwrap()).is_err(), "{text}");
        }
        // Used twice is no cycle, and one that nothing uses is validation's to refuse.
        assert!(check_expansion(&parse_query("{ ...a b { ...a } } fragment a on Query { c }").unwrap()).is_ok());
        assert!(check_expansion(&parse_query("{ b } fragment a on Query { ...a }").unwrap()).is_ok());
    }

    #[test]
    fn aliases_are_counted_in_each_object_through_fragments() {
        let aliases = |from: usize, to: usize| (from..to).map(|n| format!("a{n}: a ")).collect::<String>();
        let most = format!("{{ {} b {{ {} }} }}", aliases(0, 30), aliases(0, 30));
        assert!(check_expansion(&parse_query(&most).unwrap()).is_ok());
        let more = format!(
            "{{ {} ...f ... {{ {} }} }} fragment f on Query {{ {} }}",
            aliases(0, 10),
            aliases(10, 20),
            aliases(20, 31)
        );
        assert!(check_expansion(&parse_query(&more).unwrap()).is_err());
    }
}
