//! One operation, from what a client sent to what it is answered: the same way for every transport.
//!
//! document (sent or named) → guard → parse → cost → bucket → execute → codes and public texts. What is refused on the way was not
//! executed. Transports decide what they let in, and how an [`Answer`] is written.

mod answer;
mod bucket;
mod cost;
pub mod guard;
mod incoming;
mod observe;
mod parsed;
mod repeat;
mod subscription;

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition, OperationType};
use async_graphql::{Request, Response, ServerError, Value, Variables};
use domain::lang::Text;
use futures::FutureExt;

pub use answer::{Answer, Cost, Refusal};
pub use bucket::Buckets;
pub use cost::{CostTable, argument};
pub use incoming::Incoming;
pub use observe::{refused, span};
pub use parsed::Parsed;
pub use repeat::CLIENT_MUTATION_ID;
pub use subscription::{Caller, Subscription};

use crate::app::App;
use crate::error::Error;
use crate::platform::Ctx;
use crate::platform::auth::authenticate;
use crate::platform::ctx::RequestInfo;
use crate::platform::documents;
use crate::platform::graphql::{MayWrite, prepared};
use observe::Observed;

/// An operation must have been answered by then.
const EXECUTION_TIMEOUT: Duration = Duration::from_secs(30);

/// Executes operations. The schema, behind a wall that keeps its types out of `platform`.
pub trait Engine: Send + Sync {
    /// Executes one operation.
    fn execute(&self, request: Request) -> Pin<Box<dyn Future<Output = Response> + Send + '_>>;

    /// Executes one delivery of a subscription, whose document was made a query over the subscription root.
    fn deliver(&self, request: Request) -> Pin<Box<dyn Future<Output = Response> + Send + '_>>;

    /// What the schema has against a document; nothing of it is executed.
    fn validate(&self, document: ExecutableDocument) -> Pin<Box<dyn Future<Output = Vec<ServerError>> + Send + '_>>;

    /// The schema's text.
    fn sdl(&self) -> String;
}

/// An operation that may be executed: it passed the guard, and its cost was taken from the caller's bucket.
pub struct Operation {
    /// Query, mutation or subscription.
    pub kind: OperationType,
    /// The first field it asks the root for: what it is counted under.
    pub field: String,
    document: Arc<ExecutableDocument>,
    text: Arc<str>,
    operation_name: Option<String>,
    variables: Variables,
    plan: cost::Plan,
    taken: u64,
    after: Option<documents::After>,
}

/// Who asks.
pub async fn identify(app: &Arc<App>, bearer: Option<&str>, info: RequestInfo) -> Result<Arc<Ctx>, Refusal> {
    let ctx = authenticate(app, bearer, info).await?;
    observe::identified(&ctx);
    Ok(ctx)
}

/// Makes an operation of what came in. `accepts` is asked whether the transport carries this kind.
pub async fn prepare(
    ctx: &Ctx,
    mut incoming: Incoming,
    accepts: impl FnOnce(OperationType) -> Result<(), Refusal>,
) -> Result<Operation, Refusal> {
    let documents::Resolved { text, after } = documents::resolve(ctx, &mut incoming).await?;
    let document = match ctx.app.parsed.get(&text) {
        Some(known) => known,
        None => Arc::new(read(&text).map_err(|text| Refusal::of_document(Error::BadInput(text)))?),
    };
    let operation = named(&document, incoming.operation_name.as_deref())?;
    let kind = operation.ty;
    accepts(kind)?;
    let variables = incoming.take_variables();
    guard::check_variables(&document, &variables).map_err(|text| Refusal::of_document(Error::BadInput(text)))?;
    let plan = ctx.app.costs.plan(&document, operation, &variables);
    if kind == OperationType::Mutation {
        let request = repeat::Request {
            text: &text,
            document: &document,
            operation,
            name: incoming.operation_name.as_deref(),
            variables: &variables,
        };
        repeat::take_key(ctx, &request, incoming.idempotency_key.take())?;
    }
    let field = ctx.app.costs.root_field(operation);
    observe::named(kind, &field, incoming.operation_name.as_deref());
    if let Some(name) = plan.no_integer() {
        return Err(Refusal::of_document(Error::bad_input(
            format!("The argument {name} must be a whole number of 32 bits."),
            format!("引数{name}には32ビットの整数を指定してください。"),
        )));
    }
    let taken = plan.estimate();
    let most = ctx.app.config.cost_limit;
    if taken > most {
        return Err(Refusal::of_document(Error::bad_input(
            format!(
                "The operation may cost {taken} points; {most} is the most: ask for smaller pages or fewer fields."
            ),
            format!(
                "このクエリの推定コストは{taken}で、上限の{most}を超えています（ページの件数や項目を減らしてください）。"
            ),
        )));
    }
    ctx.app.buckets.take(ctx, taken)?;
    Ok(Operation {
        kind,
        field,
        document,
        text: text.into(),
        operation_name: incoming.operation_name,
        variables,
        plan,
        taken,
        after,
    })
}

/// Guards and parses a document: what passes here is safe to validate and execute.
pub fn read(text: &str) -> Result<ExecutableDocument, Text> {
    guard::check_text(text)?;
    let document = parse_query(text).map_err(|error| Text::new(error.to_string(), error.to_string()))?;
    guard::check_expansion(&document)?;
    Ok(document)
}

fn named<'a>(document: &'a ExecutableDocument, name: Option<&str>) -> Result<&'a OperationDefinition, Refusal> {
    let found = match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Some(operation),
        (DocumentOperations::Single(_), Some(_)) => None,
        (DocumentOperations::Multiple(operations), Some(name)) => operations.get(name),
        (DocumentOperations::Multiple(operations), None) if operations.len() == 1 => operations.values().next(),
        (DocumentOperations::Multiple(_), None) => None,
    };
    found.map(|operation| &operation.node).ok_or_else(|| {
        Refusal::of_document(Error::bad_input(
            "operationName names no operation of the document, or is missing where there are several.",
            "operationNameに該当する操作がドキュメントにないか、複数の操作があるのに指定されていません。",
        ))
    })
}

/// Executes an operation and answers it.
pub async fn execute(ctx: &Arc<Ctx>, operation: Operation) -> Answer {
    let observed = Observed::operation(ctx, &operation);
    if operation.kind == OperationType::Query && operation.plan.is_one_thing() {
        ctx.asks_one_thing();
    }
    let Operation {
        document,
        text,
        operation_name,
        variables,
        plan,
        taken,
        after,
        ..
    } = operation;
    let request = request(ExecutableDocument::clone(&document), operation_name, variables);
    let answer = match repeat::replayed(ctx).await {
        Ok(Some(kept)) => kept,
        Ok(None) => {
            let request = prepared(request, ctx).data(MayWrite);
            let answer = present_executed(ctx, ctx.app.engine.execute(request)).await;
            repeat::keep(ctx, answer).await
        }
        Err(error) => Answer::refused(&error.into(), ctx.request.lang, ctx.request.id),
    };
    let actual = plan.actual(answer.data().unwrap_or(&Value::Null));
    let throttle = ctx.app.buckets.settle(ctx, taken, actual);
    if answer.data().is_some() {
        ctx.app.parsed.keep(&text, &document);
        documents::settle(ctx, after).await;
    }
    observed.answered(ctx, &answer, taken, actual);
    tracing::info!("answered");
    answer.costing(Cost {
        requested: taken,
        actual: Some(actual),
        throttle,
    })
}

/// Lets the engine work within its time, and presents what it gives: a panic or a late answer as an internal error.
async fn present_executed(ctx: &Ctx, executing: impl Future<Output = Response> + Send) -> Answer {
    let (lang, id) = (ctx.request.lang, ctx.request.id);
    let failed = |why: &'static str| Answer::refused(&Refusal::from(Error::internal(why)), lang, id);
    let executing = AssertUnwindSafe(executing).catch_unwind();
    let answer = match tokio::time::timeout(EXECUTION_TIMEOUT, executing).await {
        Ok(Ok(response)) => Answer::executed(response, lang, id),
        Ok(Err(_panic)) => failed("a resolver panicked"),
        Err(_late) => failed("the operation took too long"),
    };
    if let Err(error) = ctx.end_read().await {
        tracing::warn!(%error, "ending the read transaction failed");
    }
    answer
}

/// The engine's request. It needs no text: the document is parsed.
fn request(document: ExecutableDocument, operation_name: Option<String>, variables: Variables) -> Request {
    let mut request = Request::new(String::new()).variables(variables);
    request.operation_name = operation_name;
    request.set_parsed_query(document);
    request
}
