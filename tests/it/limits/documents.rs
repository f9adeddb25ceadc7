//! Documents that hurt a parser, a validator or an estimate.

use std::fmt::Write;

use tests::on_both;

use super::siege::{Ask, Siege};

/// Where a value can stand.
fn places(value: &str) -> Vec<(&'static str, String)> {
    vec![
        ("an argument", format!("{{ account(id: {value}) {{ id }} }}")),
        ("an alias", format!("{{ a: account(id: {value}) {{ id }} }}")),
        ("an interface", format!("{{ node(id: {value}) {{ id }} }}")),
        (
            "an inline fragment",
            format!("{{ ... on Query {{ account(id: {value}) {{ id }} }} }}"),
        ),
        (
            "a fragment",
            format!("{{ ...f }} fragment f on Query {{ account(id: {value}) {{ id }} }}"),
        ),
        (
            "an unused fragment",
            format!("{{ __typename }} fragment f on Query {{ account(id: {value}) {{ id }} }}"),
        ),
        (
            "a default value",
            format!("query($v: [ID!]! = {value}) {{ nodes(ids: $v) {{ id }} }}"),
        ),
        ("a directive", format!("{{ __typename @skip(if: {value}) }}")),
        (
            "a subscription",
            format!("subscription {{ eventsAdded(types: {value}) {{ sequence }} }}"),
        ),
    ]
}

/// Fragments of which each spreads the next twice.
fn doubling(on: &str, spread: &str, leaf: &str) -> String {
    let mut text = String::new();
    for n in 0..26 {
        let spread = spread.replace('?', &format!("...f{}", n + 1));
        write!(text, " fragment f{n} on {on} {{ {spread} {spread} }}").unwrap();
    }
    write!(text, " fragment f26 on {on} {{ {leaf} }}").unwrap();
    text
}

/// A chain of fragments `f0 … f{last}`, the last of which asks for much.
fn chain(last: usize) -> String {
    let mut text = String::new();
    for n in 0..last {
        write!(text, "fragment f{n} on Query{{...f{}}}", n + 1).unwrap();
    }
    write!(
        text,
        "fragment f{last} on Query{{accounts(first:100){{nodes{{contacts(first:100){{nodes{{id}}}}}}}}}}"
    )
    .unwrap();
    text
}

on_both! {
    async fn deep_values_are_refused_wherever_they_stand(app) {
        let siege = Siege::begin(&app).await;
        for (open, close) in [("[", "]"), ("{a:", "}"), ("[{a:", "}]")] {
            let value = format!("{}1{}", open.repeat(1400), close.repeat(1400));
            for (place, query) in places(&value) {
                siege.refused(&format!("{open} in {place}"), &Ask::new(query)).await;
            }
        }
        siege.end().await;
    }

    async fn brackets_do_not_hide(app) {
        let siege = Siege::begin(&app).await;
        for hidden in ["\"]\" ", "\"\"\"]\"\"\" ", "\"\\\"]\" ", "\"\"\" \\\"\"\" ] \"\"\" ", "#]\n", "#]\r", "\"\" \"]\" ", "#\"\n ] \"", "\u{feff}"] {
            // Deep enough to end a parser that gets it.
            let open = format!("[{hidden}");
            let value = open.repeat((32_000 / open.len()).min(1_500));
            for (place, query) in places(&value) {
                siege.refused(&format!("{hidden:?} in {place}"), &Ask::new(query)).await;
            }
        }
        for (name, query) in [
            ("selections", format!("{}a{}", "{a".repeat(1400), "}".repeat(1400))),
            ("list types", format!("query($a: {}Int{}) {{ __typename }}", "[".repeat(1400), "]".repeat(1400))),
            ("inline fragments", format!("{{ {} __typename {} }}", "... {".repeat(1400), "}".repeat(1400))),
            ("unclosed", "{".repeat(32_000)),
            ("unopened", "}".repeat(32_000)),
            ("a string without end", format!("{{ a(b: \"{}", "[".repeat(2000))),
            ("a block without end", format!("{{ a(b: \"\"\"{}", "[".repeat(2000))),
        ] {
            siege.refused(name, &Ask::new(query)).await;
        }
        siege.end().await;
    }

    async fn exponential_fragments_are_refused(app) {
        let siege = Siege::begin(&app).await;
        let query = doubling("Query", "?", "__typename");
        let inline = doubling("Query", "... { ? }", "__typename");
        let members = doubling("Member", "manager { ? }", "id");
        for (name, query) in [
            ("named", format!("{{ ...f0 }}{query}")),
            ("inline", format!("{{ ... {{ ...f0 }} }}{inline}")),
            ("through fields", format!("{{ members {{ nodes {{ ...f0 }} }} }}{members}")),
            ("through an interface", format!("{{ node(id: \"x\") {{ ... on Member {{ ...f0 }} }} }}{members}")),
            ("under aliases", format!("{{ a: members {{ nodes {{ ...f0 }} }} b: members {{ nodes {{ ...f0 }} }} }}{members}")),
            ("unused", format!("{{ __typename }}{query}")),
            ("in introspection", format!("{{ __schema {{ types {{ ...f0 }} }} }}{}", doubling("__Type", "?", "name"))),
            ("in a mutation", format!("mutation {{ ...f0 }}{}", doubling("Mutation", "?", "__typename"))),
            ("in a subscription", format!("subscription {{ eventsAdded {{ ...f0 }} }}{}", doubling("Event", "?", "sequence"))),
        ] {
            siege.refused(name, &Ask::new(query)).await;
        }
        siege.refused("in another operation", &Ask::named(format!("query A {{ __typename }} query B {{ ...f0 }}{query}"), "A")).await;
        siege.end().await;
    }

    async fn cycles_of_fragments_are_refused(app) {
        let siege = Siege::begin(&app).await;
        for query in [
            "{ ...a } fragment a on Query { ...a }",
            "{ ...a } fragment a on Query { ...a ...a }",
            "{ ...a } fragment a on Query { ...b ...b } fragment b on Query { ...a ...a }",
            "{ ...a } fragment a on Query { ... { ...a } ... on Query { ...a } }",
            "{ __typename } fragment a on Query { ...a ...a }",
            "{ __schema { ...a } } fragment a on __Schema { ...a ...a }",
            "{ __schema { types { ...a } } } fragment a on __Type { ofType { ...a ...a } }",
            "{ members { nodes { ...a } } } fragment a on Member { manager { ...a ...a } }",
            "{ node(id: \"x\") { ...a } } fragment a on Node { ... on Member { manager { ...a ...a } } }",
            "subscription { eventsAdded { ...a } } fragment a on Event { ...a ...a }",
            "subscription { ...a } fragment a on Subscription { ...a ...a }",
        ] {
            siege.refused(query, &Ask::new(query)).await;
        }
        siege.end().await;
    }

    async fn a_long_chain_of_fragments_hides_no_cost(app) {
        let siege = Siege::begin(&app).await;
        let chain = chain(300);
        siege.refused("a chain", &Ask::new(format!("{{ ...f0 }} {chain}"))).await;
        // What the first operation spreads is known when the second is looked at.
        let query = format!("query A {{ ...f200 ...f100 }} query B {{ ...f0 }} {chain}");
        siege.refused("a chain that is known in pieces", &Ask::named(query, "B")).await;
        let mut text = String::from("{");
        for n in (0..400).rev() {
            write!(text, "...f{n} ").unwrap();
        }
        text.push('}');
        for n in 0..400 {
            write!(text, "fragment f{n} on Query{{...f{}}}", n + 1).unwrap();
        }
        text.push_str("fragment f400 on Query{__typename}");
        siege.refused("a chain known from its end", &Ask::new(text)).await;
        siege.end().await;
    }

    async fn too_much_of_anything_is_refused(app) {
        let siege = Siege::begin(&app).await;
        let aliases = |count: usize, field: &str| (0..count).map(|n| format!("a{n}: {field} ")).collect::<String>();
        for (name, query) in [
            ("aliases", format!("{{ {} }}", aliases(31, "__typename"))),
            ("aliases in fragments", format!("{{ {} ...f }} fragment f on Query {{ {} }}", aliases(16, "__typename"), aliases(31, "__typename").replace("a1", "b1"))),
            ("aliases in inline fragments", format!("{{ {} ... {{ {} }} }}", aliases(10, "__typename"), aliases(31, "__typename"))),
            ("aliases on an interface", format!("{{ node(id: \"x\") {{ {} }} }}", aliases(31, "id"))),
            ("selections", format!("{{ {} }}", "a ".repeat(10_000))),
            ("bytes", format!("{{ __typename }} #{}", "x".repeat(32 * 1024))),
            ("directives on a field", format!("{{ __typename {} }}", "@skip(if: false) ".repeat(1_500))),
            ("unknown directives", format!("{{ __typename {} }}", "@a ".repeat(8_000))),
            ("directives on a query", format!("query {} {{ __typename }}", "@a ".repeat(8_000))),
            ("directives on a fragment", format!("{{ ... {} {{ __typename }} }}", "@skip(if: false) ".repeat(1_500))),
            ("directives on a spread", format!("{{ ...f {} }} fragment f on Query {{ __typename }}", "@skip(if: false) ".repeat(1_500))),
            ("unknown fields", format!("{{ {} }}", "accoumts ".repeat(3_500))),
            ("fields that conflict", format!("{}{}{}", "{...".repeat(50), "{node(id:1){id}node{id}".to_owned() + &"node(id:2) ".repeat(2_500), "}".repeat(51))),
            ("arguments", format!("{{ accounts({}) {{ totalCount }} }}", "first: 1 ".repeat(3_500))),
            ("unknown arguments", format!("{{ accounts({}) {{ totalCount }} }}", "firts: 1 ".repeat(3_500))),
            ("variable definitions", format!("query({}) {{ __typename }}", (0..2_500).map(|n| format!("$v{n}: Int ")).collect::<String>())),
            ("a default that is a variable", "query($a: Int = $a) { accounts(first: $a) { totalCount } }".into()),
            ("unknown fragments", format!("{{ {} }}", "...nope ".repeat(4_000))),
            ("unused fragments", format!("{{ __typename }} {}", (0..900).map(|n| format!("fragment f{n} on Query{{a}} ")).collect::<String>())),
            ("types that do not exist", format!("{{ {} }}", "... on Accoumt{a} ".repeat(1_600))),
            ("several anonymous operations", "{ __typename } { __typename }".into()),
            ("a type system", "type Query { a: Int }".into()),
            ("nothing", String::new()),
            ("NUL", "{ __typename \0 }".into()),
            ("a lone surrogate", "{ account(id: \"\\ud800\") { id } }".into()),
            ("a surrogate in braces", "{ account(id: \"\\u{d800}\") { id } }".into()),
            ("an escape that does not end", "{ account(id: \"\\u12\") { id } }".into()),
        ] {
            siege.refused(name, &Ask::new(query)).await;
        }
        siege.end().await;
    }

    async fn names_of_operations_end(app) {
        let siege = Siege::begin(&app).await;
        let long = "a".repeat(20_000);
        siege.refused("a long name", &Ask::named(format!("query {long} {{ __typename }}"), long)).await;
        siege.refused("a name of nothing", &Ask::named("query A { __typename }", "B")).await;
        let many: String = (0..1_500).map(|n| format!("query q{n}{{a}}")).collect();
        siege.refused("many operations", &Ask::named(many, "q7")).await;
        siege.end().await;
    }

    async fn a_full_document_is_answered(app) {
        let siege = Siege::begin(&app).await;
        let full = format!("{{ __typename }} #{}{}", "[".repeat(8 * 1024), "x".repeat(24 * 1024 - 16));
        assert_eq!(full.len(), 32 * 1024);
        siege.answered("brackets in a comment", &Ask::new(full)).await;
        siege.answered("selections", &Ask::new(format!("{{ {} }}", "__typename ".repeat(2_900)))).await;
        siege.answered("nesting", &Ask::new(format!("{}__typename{}", "{... ".repeat(28) + "{", "}".repeat(29)))).await;
        let strings = format!("{{ accounts(filter: {{ text: \"{}\" }}) {{ totalCount }} }}", "[{(\\\"".repeat(30));
        siege.answered("brackets in a string", &Ask::new(strings)).await;
        siege.end().await;
    }
}
