//! What is refused before the engine's parser and validator see it: they overflow the stack on deep nesting and walk
//! fragment spreads without memory.

use std::collections::HashMap;

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use domain::lang::Text;

/// Largest document, in bytes.
pub const DOCUMENT_BYTES: usize = 32 * 1024;
/// Deepest nesting of brackets of any kind in the raw text.
const NESTING: usize = 60;
/// Most selections after all fragments are expanded.
const SELECTIONS: u64 = 5_000;

/// Refuses a text that is too long or too deeply nested to parse. Brackets in strings count too: that errs on the safe
/// side, and no honest document comes near.
pub fn check_text(document: &str) -> Result<(), Text> {
    if document.len() > DOCUMENT_BYTES {
        return Err(Text::new(
            format!("The document is longer than {DOCUMENT_BYTES} bytes."),
            format!("ドキュメントが{DOCUMENT_BYTES}バイトを超えています。"),
        ));
    }
    let mut depth = 0_usize;
    for byte in document.bytes() {
        match byte {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > NESTING {
            return Err(Text::new(
                format!("The document is nested deeper than {NESTING}."),
                format!("ドキュメントの入れ子が{NESTING}段を超えています。"),
            ));
        }
    }
    Ok(())
}

/// Refuses a document that expands to too many selections. Each fragment is counted once and remembered, so the check
/// itself is linear.
pub fn check_expansion(document: &ExecutableDocument) -> Result<(), Text> {
    let mut known = HashMap::new();
    let total = document
        .operations
        .iter()
        .map(|(_, operation)| count(&operation.node.selection_set.node, document, &mut known, 0))
        .fold(0_u64, u64::saturating_add);
    if total > SELECTIONS {
        return Err(Text::new(
            format!("The document expands to more than {SELECTIONS} selections."),
            format!("展開後の選択フィールド数が{SELECTIONS}を超えています。"),
        ));
    }
    Ok(())
}

/// `None` in the memory marks a fragment that is being counted: a cycle, which validation refuses by its own rule.
fn count<'a>(
    set: &'a SelectionSet,
    document: &'a ExecutableDocument,
    known: &mut HashMap<&'a str, Option<u64>>,
    depth: usize,
) -> u64 {
    // Fragments can chain deeper than the text nests.
    if depth > NESTING * 4 {
        return u64::MAX;
    }
    let mut total = 0_u64;
    for item in &set.items {
        let nested = match &item.node {
            Selection::Field(field) => count(&field.node.selection_set.node, document, known, depth + 1),
            Selection::InlineFragment(fragment) => count(&fragment.node.selection_set.node, document, known, depth + 1),
            Selection::FragmentSpread(spread) => {
                let name = spread.node.fragment_name.node.as_str();
                match (known.get(name), document.fragments.get(name)) {
                    (Some(seen), _) => seen.unwrap_or(0),
                    (None, Some(fragment)) => {
                        known.insert(name, None);
                        let size = count(&fragment.node.selection_set.node, document, known, depth + 1);
                        known.insert(name, Some(size));
                        size
                    }
                    (None, None) => 0,
                }
            }
        };
        total = total.saturating_add(1).saturating_add(nested);
    }
    total
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
    fn doubling_fragments_are_counted_in_linear_time() {
        let mut text = String::from("{ ...f0 }");
        for n in 0..30 {
            write!(text, " fragment f{n} on Query {{ ...f{} ...f{} }}", n + 1, n + 1).unwrap();
        }
        text.push_str(" fragment f30 on Query { a }");
        assert!(check_expansion(&parse_query(&text).unwrap()).is_err());
    }

    #[test]
    fn a_cycle_of_fragments_ends() {
        let document = parse_query("{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }").unwrap();
        assert!(check_expansion(&document).is_ok());
    }
}
