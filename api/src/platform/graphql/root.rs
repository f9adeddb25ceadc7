//! A root whose fields fail one by one, and are found at once.
//!
//! The engine lets the error of a root field's resolver empty the whole answer, although every root field here is
//! nullable; the specification (§ 6.4.4) wants that field null and its neighbours answered.
//!
//! And it asks one part of a merged object after the other for a field, which moves the room that the largest resolver of each
//! needs: some 290 KB for one field of ours.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::parser::types::Field;
use async_graphql::registry::{MetaInputValue, MetaType, Registry};
use async_graphql::resolver_utils::{ContainerType, resolve_container};
use async_graphql::{Context, ContextSelectionSet, ObjectType, OutputType, Positioned, ServerResult, Value};
use futures::future::BoxFuture;
use parking_lot::RwLock;

use crate::platform::operation::CLIENT_MUTATION_ID;

/// An object that is made of parts.
pub trait Parts: ObjectType {
    /// How many they are.
    const COUNT: usize;

    /// The field that is asked for, of the part at this place; none when it has no such field.
    fn resolve_field_of<'a>(&'a self, place: usize, ctx: &'a Context<'_>)
    -> BoxFuture<'a, ServerResult<Option<Value>>>;
}

/// Makes an object of parts, each at its place.
macro_rules! root {
    ($(#[$about:meta])* $name:ident { $($place:tt: $part:ty),* $(,)? }) => {
        $(#[$about])*
        #[derive(async_graphql::MergedObject, Default)]
        pub struct $name($($part),*);

        impl $crate::platform::graphql::Parts for $name {
            const COUNT: usize = [$(stringify!($part)),*].len();

            fn resolve_field_of<'a>(
                &'a self,
                place: usize,
                ctx: &'a async_graphql::Context<'_>,
            ) -> futures::future::BoxFuture<'a, async_graphql::ServerResult<Option<async_graphql::Value>>> {
                use async_graphql::resolver_utils::ContainerType;
                match place {
                    $($place => Box::pin(self.$place.resolve_field(ctx)),)*
                    _ => Box::pin(std::future::ready(Ok(None))),
                }
            }
        }
    };
}
pub(crate) use root;

/// A root object of which a field that fails is null, with its error in `errors`.
pub struct Root<T> {
    object: T,
    /// The place of the part that has a field, by its name, of those that were asked for.
    places: RwLock<HashMap<String, usize>>,
}

impl<T: Default> Default for Root<T> {
    fn default() -> Self {
        Self {
            object: T::default(),
            places: RwLock::default(),
        }
    }
}

impl<T: Parts> Root<T> {
    async fn field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        let name = ctx.item.node.name.node.as_str();
        let known = self.places.read().get(name).copied();
        if let Some(place) = known {
            return self.object.resolve_field_of(place, ctx).await;
        }
        // The last one first, as the engine goes by for what the schema says.
        for place in (0..T::COUNT).rev() {
            let answer = self.object.resolve_field_of(place, ctx).await;
            if !matches!(answer, Ok(None)) {
                self.places.write().insert(name.to_owned(), place);
                return answer;
            }
        }
        Ok(None)
    }
}

impl<T: Parts> ContainerType for Root<T> {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        match self.field(ctx).await {
            Ok(value) => Ok(value),
            Err(error) => {
                ctx.add_error(error);
                Ok(Some(Value::Null))
            }
        }
    }
}

impl<T: Parts> OutputType for Root<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        let name = T::create_type_info(registry);
        narrow_int(registry);
        if T::type_name() == "Mutation" {
            add_client_mutation_id(registry);
        }
        name
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        resolve_container(ctx, self).await
    }
}

impl<T: Parts> ObjectType for Root<T> {}

/// Every change takes an idempotency key in its input. Said here once, for all inputs; the operation's own pipeline
/// takes the key out before the change is made.
fn add_client_mutation_id(registry: &mut Registry) {
    let Some(MetaType::Object { fields, .. }) = registry.types.get("Mutation") else {
        return;
    };
    let inputs: Vec<String> = fields
        .values()
        .filter_map(|field| field.args.get("input"))
        .map(|argument| argument.ty.trim_end_matches('!').to_owned())
        .collect();
    for input in inputs {
        if let Some(MetaType::InputObject { input_fields, .. }) = registry.types.get_mut(&input) {
            let mut key = MetaInputValue::new(CLIENT_MUTATION_ID, "String");
            key.description = Some(
                "Idempotency key, 1–200 visible ASCII characters: the same change under the same key is made once, and its \
                 first answer is given again for 24 hours. Goes before the header `Idempotency-Key`."
                    .into(),
            );
            input_fields.insert(CLIENT_MUTATION_ID.into(), key);
        }
    }
}

/// Refuses integers beyond 32 bits as `Int`, as the specification (§ 3.5.1) wants it. The engine lets them pass where the
/// field behind is wider, and reckoning with them could overflow.
fn narrow_int(registry: &mut Registry) {
    if let Some(MetaType::Scalar { is_valid, .. }) = registry.types.get_mut("Int") {
        *is_valid = Some(Arc::new(|value| match value {
            Value::Number(number) => number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
            _ => false,
        }));
    }
}
