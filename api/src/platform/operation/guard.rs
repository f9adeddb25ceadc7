//! What is refused before the engine's parser and validator see it: they overflow the stack on deep nesting and walk
//! fragment spreads without memory.

use std::collections::HashMap;

use async_graphql::parser::types::{Directive, ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Positioned, Variables};
use async_graphql_value::{ConstValue, Value};
use domain::lang::Text;

/// Largest document, in bytes.
pub const DOCUMENT_BYTES: usize = 32 * 1024;
/// Deepest nesting of brackets of any kind in the raw text.
pub const NESTING: usize = 60;
/// Most selections after all fragments are expanded.
pub const SELECTIONS: u64 = 5_000;
/// Most aliased fields in one object, fragments expanded.
pub const ALIASES: u64 = 30;
/// Deepest nesting of selections after all fragments are expanded: fragments chain deeper than the text nests.
pub const DEPTH: usize = 4 * NESTING;
/// Most values of variables that are copied: each use of a variable, fragments expanded, copies all of its values, in the
/// estimate, in validation and in execution.
pub const COPIED_VALUES: u64 = 200_000;

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

/// Refuses a document that expands to too many selections or too deep ones, has too many aliases in one object, or
/// fragments that spread themselves. Each fragment is counted once and remembered, so the check itself is linear.
pub fn check_expansion(document: &ExecutableDocument) -> Result<(), Text> {
    let mut counter = Counter::new(document);
    let total = counter.operations();
    // Those that no operation spreads are walked by validation too.
    let unused = counter.fragments();
    if counter.has_cycle {
        return Err(Text::fixed(
            "A fragment spreads itself.",
            "フラグメントが自分自身を参照しています。",
        ));
    }
    if total.selections.max(unused.selections) > SELECTIONS {
        return Err(Text::new(
            format!("The document expands to more than {SELECTIONS} selections."),
            format!("展開後の選択フィールド数が{SELECTIONS}を超えています。"),
        ));
    }
    if total.depth.max(unused.depth) > DEPTH {
        return Err(Text::new(
            format!("The document expands to a depth of more than {DEPTH}."),
            format!("展開後の入れ子が{DEPTH}段を超えています。"),
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

/// Refuses variables that are large and used often. The document has passed [`check_expansion`].
pub fn check_variables(document: &ExecutableDocument, variables: &Variables) -> Result<(), Text> {
    let values = variables.values().map(values_of).fold(0, u64::saturating_add);
    let uses = Counter::new(document).operations().variables;
    if values.saturating_mul(uses) > COPIED_VALUES {
        return Err(Text::new(
            format!(
                "The variables have {values} values and are used {uses} times: the product may be {COPIED_VALUES}."
            ),
            format!("変数の値の数（{values}）と使用回数（{uses}）の積は{COPIED_VALUES}以下にしてください。"),
        ));
    }
    Ok(())
}

/// How many values a value holds, itself included.
fn values_of(value: &ConstValue) -> u64 {
    match value {
        ConstValue::List(values) => values.iter().map(values_of).fold(1, u64::saturating_add),
        ConstValue::Object(fields) => fields.values().map(values_of).fold(1, u64::saturating_add),
        _ => 1,
    }
}

/// How often a value of the document names a variable.
fn variables_of(value: &Value) -> u64 {
    match value {
        Value::Variable(_) => 1,
        Value::List(values) => values.iter().map(variables_of).fold(0, u64::saturating_add),
        Value::Object(fields) => fields.values().map(variables_of).fold(0, u64::saturating_add),
        _ => 0,
    }
}

fn variables_of_directives(directives: &[Positioned<Directive>]) -> u64 {
    let arguments = directives.iter().flat_map(|directive| &directive.node.arguments);
    arguments
        .map(|(_, value)| variables_of(&value.node))
        .fold(0, u64::saturating_add)
}

/// What a selection set expands to.
#[derive(Clone, Copy, Default)]
struct Size {
    /// Selections at all levels.
    selections: u64,
    /// Aliased fields at its own level.
    aliases: u64,
    /// Levels, its own included.
    depth: usize,
    /// Uses of variables.
    variables: u64,
}

impl Size {
    fn add(&mut self, other: Self) {
        self.selections = self.selections.saturating_add(other.selections);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.depth = self.depth.max(other.depth);
        self.variables = self.variables.saturating_add(other.variables);
    }

    /// The same inside a fragment with these directives.
    fn spread(self, directives: &[Positioned<Directive>]) -> Self {
        Self {
            selections: self.selections.saturating_add(1),
            variables: self.variables.saturating_add(variables_of_directives(directives)),
            ..self
        }
    }
}

struct Counter<'a> {
    document: &'a ExecutableDocument,
    /// `None` marks a fragment that is being counted.
    known: HashMap<&'a str, Option<Size>>,
    most_aliases: u64,
    has_cycle: bool,
}

impl<'a> Counter<'a> {
    fn new(document: &'a ExecutableDocument) -> Self {
        Self {
            document,
            known: HashMap::new(),
            most_aliases: 0,
            has_cycle: false,
        }
    }

    /// All operations together.
    fn operations(&mut self) -> Size {
        let mut total = Size::default();
        for (_, operation) in self.document.operations.iter() {
            total.add(self.count(&operation.node.selection_set.node, 0));
        }
        total
    }

    /// The largest of the fragments, used or not.
    fn fragments(&mut self) -> Size {
        let mut largest = Size::default();
        for name in self.document.fragments.keys() {
            let size = self.fragment(name.as_str(), 0);
            largest.selections = largest.selections.max(size.selections);
            largest.depth = largest.depth.max(size.depth);
        }
        largest
    }

    fn count(&mut self, set: &'a SelectionSet, depth: usize) -> Size {
        // Deeper than what is let through: no need to look further, and no stack for it.
        if depth > DEPTH {
            return Size {
                depth: DEPTH,
                ..Size::default()
            };
        }
        let mut total = Size::default();
        for item in &set.items {
            total.add(match &item.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    let arguments = field.arguments.iter().map(|(_, value)| variables_of(&value.node));
                    let nested = self.count(&field.selection_set.node, depth + 1);
                    Size {
                        selections: nested.selections.saturating_add(1),
                        aliases: u64::from(field.alias.is_some()),
                        variables: arguments
                            .fold(nested.variables, u64::saturating_add)
                            .saturating_add(variables_of_directives(&field.directives)),
                        ..nested
                    }
                }
                Selection::InlineFragment(fragment) => {
                    let nested = self.count(&fragment.node.selection_set.node, depth + 1);
                    nested.spread(&fragment.node.directives)
                }
                Selection::FragmentSpread(spread) => {
                    let nested = self.fragment(spread.node.fragment_name.node.as_str(), depth);
                    nested.spread(&spread.node.directives)
                }
            });
        }
        total.depth += 1;
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
    fn cycles_of_fragments_are_refused_used_or_not() {
        for text in [
            "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }",
            "{ ...a } fragment a on Query { ...a ...a }",
            "{ a } fragment a on Query { a { ...a } }",
            "{ ...a } fragment a on Query { b { ...b ...b } } fragment b on Query { ... on Query { ...a ...a } }",
            "{ __schema { ...a } } fragment a on __Schema { types { ...b } } fragment b on __Type { ofType { ...b ...b } }",
        ] {
            assert!(check_expansion(&parse_query(text).unwrap()).is_err(), "{text}");
        }
        let twice = "{ ...a b { ...a } } fragment a on Query { a }";
        assert!(check_expansion(&parse_query(twice).unwrap()).is_ok());
    }

    #[test]
    fn a_chain_of_fragments_is_as_deep_as_it_expands_to_in_whatever_order_it_is_found() {
        let chain = |length: usize| {
            let mut text = String::new();
            for n in 0..length {
                write!(text, " fragment f{n} on Query {{ ...f{} }}", n + 1).unwrap();
            }
            write!(text, " fragment f{length} on Query {{ a }}").unwrap();
            text
        };
        let check = |text: String| check_expansion(&parse_query(text).unwrap());
        assert!(check(format!("{{ ...f0 }} {}", chain(230))).is_ok());
        assert!(check(format!("{{ ...f0 }} {}", chain(240))).is_err());
        assert!(check(format!("{{ ...f200 ...f100 ...f0 }} {}", chain(240))).is_err());
        assert!(check(format!("{{ a }} {}", chain(240))).is_err());
    }

    #[test]
    fn large_variables_are_not_used_often() {
        let check = |text: &str, count: usize| {
            let variables = Variables::from_json(serde_json::json!({ "v": vec![1; count - 1] }));
            check_variables(&parse_query(text).unwrap(), &variables)
        };
        assert!(check("{ a(b: $v) }", 200_000).is_ok());
        assert!(check("{ a(b: $v) }", 200_001).is_err());
        for text in [
            "{ a(b: $v) c @skip(if: $v) }",
            "{ a(b: [$v, { c: $v }]) }",
            "{ ...f ...f } fragment f on Query { a(b: $v) }",
            "{ ... @skip(if: $v) { a(b: $v) } }",
        ] {
            assert!(check(text, 100_000).is_ok(), "{text}");
            assert!(check(text, 100_001).is_err(), "{text}");
        }
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
