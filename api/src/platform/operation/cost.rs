//! What an operation costs: estimated from document and variables before it is executed, counted from the answer
//! afterwards. In points; the rules are told to users in `docs/limits.md`.

use std::collections::HashMap;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, ConstDirective, ExecutableDocument, Field, FieldDefinition, OperationDefinition, OperationType,
    Selection, SelectionSet, TypeKind, TypeSystemDefinition,
};
use async_graphql::{Name, Positioned, Value as Answered, Variables};

use super::guard::DEPTH;
use crate::platform::graphql::objects_of;

/// A page, or a list that takes `first`, is taken to have so many rows when nothing is said. As
/// `platform::graphql::page` has it.
const USUAL_ROWS: u64 = 20;
/// A change costs so much before what it answers.
const MUTATION: u64 = 10;
/// So many answered objects of introspection cost one point.
const INTROSPECTED_OBJECTS: u64 = 1_000;

/// What a field answers, as far as its cost goes.
struct FieldType {
    /// Concrete type.
    name: String,
    is_list: bool,
    /// Takes `first`: its rows can be asked for.
    is_sized: bool,
    /// Takes `ids`: it has as many rows as there are ids.
    is_by_ids: bool,
    /// Rows when no number is asked for: `@listSize(assumedSize:)`, or what `first` is by default.
    assumed_size: u64,
    /// Points of the field itself: `@cost(weight:)`.
    weight: u64,
    /// Points that an argument adds when it is given.
    arguments: Vec<(String, u64)>,
    /// Arguments that are an `Int`.
    integers: Vec<String>,
}

/// What the schema says about costs.
pub struct CostTable {
    /// Fields by type and name. A type that is not here is a leaf.
    types: HashMap<String, HashMap<String, FieldType>>,
}

/// What an operation would answer, as a tree with sizes.
pub struct Plan {
    roots: Vec<Node>,
    /// Objects that introspection would answer.
    introspected: u64,
    /// The first argument that is an `Int` by the schema and none by its value.
    no_integer: Option<String>,
    /// One field of the root, and nothing that is read beside what it answers.
    is_one_thing: bool,
}

struct Node {
    key: Name,
    /// Points of the field itself.
    base: u64,
    /// Points of each object it answers.
    each: u64,
    /// How many objects it may answer.
    rows: u64,
    /// How many statements find it: none where it is part of the page around it, and several where things of any kind are asked for
    /// by their ids.
    statements: usize,
    children: Vec<Node>,
}

impl CostTable {
    /// Reads the types from the schema's text.
    pub fn of_schema(sdl: &str) -> Result<Self, async_graphql::parser::Error> {
        let mut types = HashMap::new();
        for definition in parse_schema(sdl)?.definitions {
            let TypeSystemDefinition::Type(definition) = definition else {
                continue;
            };
            let fields = match &definition.node.kind {
                TypeKind::Object(object) => &object.fields,
                TypeKind::Interface(interface) => &interface.fields,
                TypeKind::Union(_) => &Vec::new(),
                TypeKind::Scalar | TypeKind::Enum(_) | TypeKind::InputObject(_) => continue,
            };
            let fields = fields
                .iter()
                .map(|field| (field.node.name.node.to_string(), FieldType::of(&field.node)))
                .collect();
            types.insert(definition.node.name.node.to_string(), fields);
        }
        Ok(Self { types })
    }

    /// The first field that an operation asks the root for, to count it under: one of the schema's, so that callers
    /// cannot make up names without end.
    pub fn root_field(&self, operation: &OperationDefinition) -> String {
        let first = operation.selection_set.node.items.first();
        let Some(Selection::Field(field)) = first.map(|item| &item.node) else {
            return "fragment".to_owned();
        };
        let name = field.node.name.node.as_str();
        let is_known = self
            .types
            .get(root(operation.ty))
            .is_some_and(|fields| fields.contains_key(name));
        if is_known || matches!(name, "__schema" | "__type" | "__typename") {
            name.to_owned()
        } else {
            "unknown".to_owned()
        }
    }

    /// What `operation` would answer. The document has passed the guard, so its expansion is bounded; what is not in
    /// the schema costs nothing here and is refused by validation.
    pub fn plan(&self, document: &ExecutableDocument, operation: &OperationDefinition, variables: &Variables) -> Plan {
        let mut planner = Planner {
            table: self,
            document,
            operation,
            variables,
            introspected: 0,
            no_integer: None,
        };
        let mut roots = Vec::new();
        planner.add(&operation.selection_set.node, root(operation.ty), 1, 0, &mut roots);
        if operation.ty == OperationType::Mutation {
            for root in &mut roots {
                root.base = root.base.saturating_add(MUTATION);
            }
        }
        let fields = &operation.selection_set.node.items;
        let is_one_field = matches!(fields.as_slice(), [only] if matches!(only.node, Selection::Field(_)));
        Plan {
            is_one_thing: is_one_field && roots.iter().map(Node::reads).sum::<usize>() <= 1,
            roots,
            introspected: planner.introspected,
            no_integer: planner.no_integer,
        }
    }
}

fn root(kind: OperationType) -> &'static str {
    match kind {
        OperationType::Query => "Query",
        OperationType::Mutation => "Mutation",
        OperationType::Subscription => "Subscription",
    }
}

/// The number that a directive of the schema says.
fn said(directives: &[Positioned<ConstDirective>], name: &str, argument: &str) -> Option<u64> {
    let directive = directives.iter().find(|one| one.node.name.node == name)?;
    match &directive.node.get_argument(argument)?.node {
        Answered::Number(number) => number.as_u64(),
        Answered::String(text) => text.parse().ok(),
        _ => None,
    }
}

impl FieldType {
    fn of(field: &FieldDefinition) -> Self {
        let mut ty = &field.ty.node.base;
        let mut is_list = false;
        while let BaseType::List(inner) = ty {
            is_list = true;
            ty = &inner.base;
        }
        let name = match ty {
            BaseType::Named(name) => name.to_string(),
            BaseType::List(_) => String::new(),
        };
        let first = field
            .arguments
            .iter()
            .find(|argument| argument.node.name.node == "first");
        let first = match first
            .and_then(|first| first.node.default_value.as_ref())
            .map(|value| &value.node)
        {
            Some(Answered::Number(number)) => number.as_u64(),
            _ => None,
        };
        let takes = |name: &str| field.arguments.iter().any(|argument| argument.node.name.node == name);
        Self {
            name,
            is_list,
            is_sized: takes("first"),
            is_by_ids: takes("ids"),
            assumed_size: said(&field.directives, "listSize", "assumedSize")
                .or(first)
                .unwrap_or(USUAL_ROWS),
            weight: said(&field.directives, "cost", "weight").unwrap_or(0),
            arguments: field
                .arguments
                .iter()
                .filter_map(|argument| {
                    let weight = said(&argument.node.directives, "cost", "weight")?;
                    Some((argument.node.name.node.to_string(), weight))
                })
                .collect(),
            integers: field
                .arguments
                .iter()
                .filter(|argument| argument.node.ty.node.base == BaseType::Named(Name::new("Int")))
                .map(|argument| argument.node.name.node.to_string())
                .collect(),
        }
    }
}

struct Planner<'a> {
    table: &'a CostTable,
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    variables: &'a Variables,
    introspected: u64,
    no_integer: Option<String>,
}

impl<'a> Planner<'a> {
    /// Adds the nodes of a selection on `of`; `rows` is the size of the page when `of` is a connection.
    fn add(&mut self, set: &'a SelectionSet, of: &str, rows: u64, depth: usize, nodes: &mut Vec<Node>) {
        // The guard lets nothing through that is so deep.
        if depth > DEPTH {
            return;
        }
        for item in shown(set, self.variables) {
            match &item.node {
                Selection::Field(field) => nodes.extend(self.node(&field.node, of, rows, depth)),
                Selection::InlineFragment(fragment) => {
                    let on = fragment.node.type_condition.as_ref().map(|on| on.node.on.node.as_str());
                    self.add(
                        &fragment.node.selection_set.node,
                        on.unwrap_or(of),
                        rows,
                        depth + 1,
                        nodes,
                    );
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.node.fragment_name.node) {
                        let on = fragment.node.type_condition.node.on.node.as_str();
                        self.add(&fragment.node.selection_set.node, on, rows, depth + 1, nodes);
                    }
                }
            }
        }
    }

    fn node(&mut self, field: &'a Field, of: &str, page: u64, depth: usize) -> Option<Node> {
        let name = field.name.node.as_str();
        if name.starts_with("__") {
            let objects = self.introspect(&field.selection_set.node, depth);
            self.introspected = self.introspected.saturating_add(objects);
            return None;
        }
        let table = self.table;
        let ty = table.types.get(of)?.get(name)?;
        let given = ty
            .arguments
            .iter()
            .filter(|(name, _)| field.get_argument(name).is_some());
        let base = given.fold(ty.weight, |sum, (_, weight)| sum.saturating_add(*weight));
        for name in &ty.integers {
            if let Some(Answered::Number(number)) = self.argument(field, name)
                && number.as_i64().and_then(|number| i32::try_from(number).ok()).is_none()
            {
                self.no_integer.get_or_insert_with(|| name.clone());
            }
        }
        if !table.types.contains_key(&ty.name) {
            return (base > 0).then(|| Node::leaf(field, base));
        }
        let asked = || self.number(field, "first").or_else(|| self.number(field, "last"));
        let is_page = ty.name.ends_with("Connection");
        let is_of_page = of.ends_with("Connection") || of.ends_with("Edge");
        let statements = match is_of_page {
            true => 0,
            false => 1 + usize::from(ty.is_by_ids),
        };
        let (rows, inner) = if is_page {
            (1, asked().unwrap_or(ty.assumed_size))
        } else if of.ends_with("Connection") && ty.is_list {
            (page, 1)
        } else if ty.is_list {
            let sized = ty.is_sized.then(asked).flatten();
            let by_ids = ty.is_by_ids.then(|| self.length(field, "ids")).flatten();
            (sized.or(by_ids).unwrap_or(ty.assumed_size), 1)
        } else {
            (1, 1)
        };
        let mut children = Vec::new();
        self.add(&field.selection_set.node, &ty.name, inner, depth + 1, &mut children);
        let is_wrapper = ty.name == "PageInfo" || (ty.name.ends_with("Edge") && of.ends_with("Connection"));
        Some(Node {
            key: field.response_key().node.clone(),
            base,
            each: u64::from(!is_wrapper),
            rows,
            statements,
            children,
        })
    }

    fn argument(&self, field: &Field, name: &str) -> Option<Answered> {
        argument(self.operation, self.variables, field, name)
    }

    /// What is not a number from 0 on is refused by others.
    fn number(&self, field: &Field, name: &str) -> Option<u64> {
        match self.argument(field, name)? {
            Answered::Number(number) => number.as_u64(),
            _ => None,
        }
    }

    fn length(&self, field: &Field, name: &str) -> Option<u64> {
        match self.argument(field, name)? {
            Answered::List(values) => u64::try_from(values.len()).ok(),
            _ => None,
        }
    }

    /// Objects that a selection of introspection may answer: an estimate by the usual sizes of schemas.
    fn introspect(&self, set: &'a SelectionSet, depth: usize) -> u64 {
        if depth > DEPTH {
            return 0;
        }
        let mut objects = 0_u64;
        for item in shown(set, self.variables) {
            let more = match &item.node {
                Selection::Field(field) => {
                    let nested = self.introspect(&field.node.selection_set.node, depth + 1);
                    let rows = match field.node.name.node.as_str() {
                        _ if field.node.selection_set.node.items.is_empty() => 0,
                        "types" => u64::try_from(self.table.types.len()).unwrap_or(u64::MAX),
                        "fields" | "enumValues" => 10,
                        "inputFields" | "directives" => 6,
                        "args" | "possibleTypes" => 3,
                        _ => 1,
                    };
                    nested.saturating_add(1).saturating_mul(rows)
                }
                Selection::InlineFragment(fragment) => self.introspect(&fragment.node.selection_set.node, depth + 1),
                Selection::FragmentSpread(spread) => self
                    .document
                    .fragments
                    .get(&spread.node.fragment_name.node)
                    .map_or(0, |fragment| {
                        self.introspect(&fragment.node.selection_set.node, depth + 1)
                    }),
            };
            objects = objects.saturating_add(more);
        }
        objects
    }
}

/// What is left of a selection by `@skip` and `@include`, as the engine has it before it executes: a variable that is not given is
/// false there, whatever its default.
fn shown<'a>(set: &'a SelectionSet, variables: &Variables) -> impl Iterator<Item = &'a Positioned<Selection>> {
    let value_of = |name: Name| variables.get(&name).cloned().ok_or(());
    set.items.iter().filter(move |item| {
        item.node.directives().iter().all(|directive| {
            let condition = directive.node.get_argument("if");
            let condition = condition.map(|value| value.node.clone().into_const_with(value_of));
            let is_true = condition.map(|value| value == Ok(Answered::Boolean(true)));
            match directive.node.name.node.as_str() {
                "skip" => is_true != Some(true),
                "include" => is_true != Some(false),
                _ => true,
            }
        })
    })
}

/// What an argument is, directly or through variables and their defaults.
pub fn argument(operation: &OperationDefinition, variables: &Variables, field: &Field, name: &str) -> Option<Answered> {
    let variable = |name: Name| {
        let given = variables.get(&name).cloned();
        let by_default = || {
            let mut definitions = operation.variable_definitions.iter();
            let definition = definitions.find(|one| one.node.name.node == name)?;
            definition.node.default_value.as_ref().map(|value| value.node.clone())
        };
        given.or_else(by_default).ok_or(())
    };
    field.get_argument(name)?.node.clone().into_const_with(variable).ok()
}

impl Node {
    fn leaf(field: &Field, base: u64) -> Self {
        Self {
            key: field.response_key().node.clone(),
            base,
            each: 0,
            rows: 0,
            statements: 1,
            children: Vec::new(),
        }
    }

    /// How many statements find it and all below it, at least.
    fn reads(&self) -> usize {
        self.statements + self.children.iter().map(Self::reads).sum::<usize>()
    }

    fn estimate(&self) -> u64 {
        let of_one = self
            .children
            .iter()
            .map(Self::estimate)
            .fold(self.each, u64::saturating_add);
        self.base.saturating_add(self.rows.saturating_mul(of_one))
    }

    fn count(&self, answered: &Answered) -> u64 {
        let Answered::Object(fields) = answered else {
            return 0;
        };
        match fields.get(&self.key) {
            None => 0,
            Some(value) => self.base.saturating_add(self.count_value(value)),
        }
    }

    fn count_value(&self, value: &Answered) -> u64 {
        match value {
            Answered::List(values) => values.iter().map(|value| self.count_value(value)).sum(),
            Answered::Object(_) => self
                .children
                .iter()
                .map(|child| child.count(value))
                .fold(self.each, u64::saturating_add),
            // Nothing that costs more than its objects is written (`graphql::written`).
            Answered::Binary(written) => objects_of(written),
            _ => 0,
        }
    }
}

impl Plan {
    /// Points that the operation may cost. At least one.
    pub fn estimate(&self) -> u64 {
        let points = self.roots.iter().map(Node::estimate).fold(0, u64::saturating_add);
        points.saturating_add(self.introspection()).max(1)
    }

    /// Points that the answer did cost. At least one.
    pub fn actual(&self, data: &Answered) -> u64 {
        let points = self
            .roots
            .iter()
            .map(|root| root.count(data))
            .fold(0, u64::saturating_add);
        points.saturating_add(self.introspection()).max(1)
    }

    /// The first argument that should be an `Int` and is not one of 32 bits. The engine would notice only when it executes
    /// the field, which it may never do.
    pub fn no_integer(&self) -> Option<&str> {
        self.no_integer.as_deref()
    }

    /// Whether it asks for one thing, an object or a page of them, and for nothing that is read beside it: a service that finds it
    /// by one statement need not see all that it reads at the same moment.
    pub fn is_one_thing(&self) -> bool {
        self.is_one_thing
    }

    /// How many fields it asks the root for.
    pub fn root_count(&self) -> usize {
        self.roots.len()
    }

    fn introspection(&self) -> u64 {
        self.introspected.div_ceil(INTROSPECTED_OBJECTS)
    }
}

#[cfg(test)]
mod tests;
