//! A root whose fields fail one by one.
//!
//! The engine lets the error of a root field's resolver empty the whole answer, although every root field here is
//! nullable; the specification (§ 6.4.4) wants that field null and its neighbours answered.

use std::borrow::Cow;
use std::sync::Arc;

use async_graphql::parser::types::Field;
use async_graphql::registry::{MetaInputValue, MetaType, Registry};
use async_graphql::resolver_utils::{ContainerType, resolve_container};
use async_graphql::{Context, ContextSelectionSet, ObjectType, OutputType, Positioned, ServerResult, Value};

use crate::platform::operation::CLIENT_MUTATION_ID;

/// A root object of which a field that fails is null, with its error in `errors`.
#[derive(Default)]
pub struct Root<T>(T);

impl<T: ObjectType> ContainerType for Root<T> {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        match self.0.resolve_field(ctx).await {
            Ok(value) => Ok(value),
            Err(error) => {
                ctx.add_error(error);
                Ok(Some(Value::Null))
            }
        }
    }
}

impl<T: ObjectType> OutputType for Root<T> {
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

impl<T: ObjectType> ObjectType for Root<T> {}

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
