//! The roots of the schema: what each slice contributes, and the limits of every operation.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use async_graphql::async_trait::async_trait;
use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute};
use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{
    Context, EmptyMutation, EmptySubscription, ID, Interface, Name, Object, Request, Response, SDLExportOptions,
    Schema, SchemaBuilder, ServerError,
};

use crate::error::{Error, Result};
use crate::platform::graphql::{Deliveries, Root, loaders, parse_any, root};
use crate::platform::operation::Engine;
use crate::{
    accounts, activities, api_clients, buyer_changes, contacts, departures, events, follow_ups, forecasts,
    handover_templates, handovers, imports, losses, members, orders, products, risk, rotations, sessions, signals,
    successors, tenants,
};

/// Deep enough for the introspection query of common tools.
const DEPTH: usize = 20;
/// Directives on one field.
const DIRECTIVES: usize = 8;

root! {
    /// The root of all reads.
    Query {
        0: NodeQuery,
        1: sessions::SessionQuery,
        2: tenants::TenantQuery,
        3: members::MemberQuery,
        4: api_clients::ApiClientQuery,
        5: accounts::AccountQuery,
        6: contacts::ContactQuery,
        7: activities::ActivityQuery,
        8: follow_ups::FollowUpQuery,
        9: products::ProductQuery,
        10: orders::OrderQuery,
        11: signals::SignalQuery,
        12: risk::RiskQuery,
        13: risk::RiskModelQuery,
        14: risk::CalibrationQuery,
        15: risk::SimulationQuery,
        16: losses::LossQuery,
        17: losses::LossReportQuery,
        18: buyer_changes::BuyerChangeQuery,
        19: handovers::HandoverQuery,
        20: handover_templates::HandoverTemplateQuery,
        21: departures::DepartureQuery,
        22: rotations::RotationQuery,
        23: successors::SuccessorQuery,
        24: forecasts::ForecastQuery,
        25: imports::ImportQuery,
        26: events::EventQuery,
    }
}

root! {
    /// The root of all changes. Names are noun first.
    Mutation {
        0: sessions::SessionMutation,
        1: tenants::TenantMutation,
        2: members::MemberMutation,
        3: api_clients::ApiClientMutation,
        4: api_clients::ApiClientDocumentMutation,
        5: accounts::AccountMutation,
        6: contacts::ContactMutation,
        7: activities::ActivityMutation,
        8: follow_ups::FollowUpMutation,
        9: products::ProductMutation,
        10: orders::OrderMutation,
        11: signals::SignalMutation,
        12: losses::LossMutation,
        13: losses::AcquisitionCostMutation,
        14: buyer_changes::BuyerChangeMutation,
        15: handovers::HandoverMutation,
        16: handover_templates::HandoverTemplateMutation,
        17: departures::DepartureMutation,
        18: imports::ImportMutation,
    }
}

root! {
    /// The root of what can be followed. Each delivery reads the event log as far as the caller may.
    Subscription {
        0: accounts::AccountSubscription,
        1: handovers::HandoverSubscription,
        2: events::EventSubscription,
    }
}

/// The schema of the process.
pub type HikitsugiSchema = Schema<Root<Query>, Root<Mutation>, Deliveries<Subscription>>;

/// What executes requests: the schema, and one whose root of reads is the schema's root of subscriptions.
pub struct Executor {
    schema: HikitsugiSchema,
    deliveries: Schema<Root<Subscription>, EmptyMutation, EmptySubscription>,
    /// The same schema, executing nothing.
    validation: HikitsugiSchema,
}

impl Executor {
    /// Builds it: once a process.
    pub fn build() -> Self {
        Self {
            schema: build(),
            validation: builder().extension(ValidateOnly).finish(),
            deliveries: Schema::build(Root::default(), EmptyMutation, EmptySubscription)
                .limit_depth(DEPTH)
                .limit_directives(DIRECTIVES)
                .disable_suggestions()
                .finish(),
        }
    }
}

/// Builds the schema.
pub fn build() -> HikitsugiSchema {
    builder().finish()
}

fn builder() -> SchemaBuilder<Root<Query>, Root<Mutation>, Deliveries<Subscription>> {
    Schema::build(Root::default(), Root::default(), Deliveries::default())
        .limit_depth(DEPTH)
        .limit_directives(DIRECTIVES)
        // Looking for what was meant compares each unknown name with all that there are: most of a second for a document.
        .disable_suggestions()
}

/// Ends a request after its validation.
struct ValidateOnly;

impl ExtensionFactory for ValidateOnly {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Extension for ValidateOnly {
    async fn execute(&self, _: &ExtensionContext<'_>, _: Option<&str>, _: NextExecute<'_>) -> Response {
        Response::default()
    }
}

/// The schema's text, as `schema.graphql` has it.
pub fn sdl() -> String {
    build().sdl_with_options(
        SDLExportOptions::new()
            .prefer_single_line_descriptions()
            .include_specified_by(),
    )
}

impl Engine for Executor {
    fn execute(&self, request: Request) -> Pin<Box<dyn Future<Output = Response> + Send + '_>> {
        Box::pin(self.schema.execute(request))
    }

    fn deliver(&self, request: Request) -> Pin<Box<dyn Future<Output = Response> + Send + '_>> {
        Box::pin(self.deliveries.execute(request))
    }

    fn validate(&self, document: ExecutableDocument) -> Pin<Box<dyn Future<Output = Vec<ServerError>> + Send + '_>> {
        // All operations are validated; naming one decides only which would be executed.
        let name = document
            .operations
            .iter()
            .find_map(|(name, _)| name.map(Name::to_string));
        let mut request = Request::new(String::new());
        request.operation_name = name;
        request.set_parsed_query(document);
        Box::pin(async move { self.validation.execute(request).await.errors })
    }

    fn sdl(&self) -> String {
        self.schema.sdl()
    }
}

/// Anything with an id of its own.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "The id; its prefix says what it names."))]
pub enum Node {
    /// A client company.
    Account(accounts::Account),
    /// A judgement of an account's risk.
    Assessment(risk::Assessment),
    /// Something that the tenant sells.
    Product(products::Product),
    /// Something that an account bought.
    Order(orders::Order),
    /// The import of one file.
    Import(imports::Import),
    /// A company that uses the service: the caller's.
    Tenant(tenants::Tenant),
    /// A person who signs in: the caller.
    User(sessions::User),
    /// One of the caller's sessions.
    Session(sessions::Session),
    /// A person in the company.
    Member(members::Member),
    /// An invitation to become a member.
    Invitation(members::Invitation),
    /// A partner's integration.
    ApiClient(api_clients::ApiClient),
    /// An account passing from one member to the next.
    Handover(handovers::Handover),
    /// A touch that should happen.
    FollowUp(follow_ups::FollowUp),
    /// A contact who leaves his post, and who takes it.
    BuyerChange(buyer_changes::BuyerChange),
    /// A member who leaves or rotates.
    Departure(departures::Departure),
    /// A step of a handover.
    HandoverStep(handovers::HandoverStep),
    /// Something that happened.
    Event(events::Event),
    /// A person on the client's side.
    Contact(contacts::Contact),
    /// A touch that happened with a client.
    Activity(activities::Activity),
    /// A fact that raises or lowers an account's risk.
    Signal(signals::Signal),
    /// An account that was lost.
    Loss(losses::Loss),
}

/// Most ids of one `nodes` call.
const MOST_NODES: usize = 100;

/// Fetching anything by its id.
#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// Whatever has this id; null when there is nothing that the caller may see.
    async fn node(&self, gql: &Context<'_>, #[graphql(desc = "The id.")] id: ID) -> Result<Option<Node>> {
        node(gql, &id).await
    }

    /// Whatever has these ids, in their order; null where there is nothing that the caller may see.
    async fn nodes(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The ids; at most 100.")] ids: Vec<ID>,
    ) -> Result<Option<Vec<Option<Node>>>> {
        if ids.len() > MOST_NODES {
            return Err(Error::bad_input(
                "At most 100 ids.",
                "IDは100件以内で指定してください。",
            ));
        }
        Ok(Some(
            futures::future::try_join_all(ids.iter().map(|id| node(gql, id))).await?,
        ))
    }
}

/// The one place that knows which prefix names what.
pub(crate) async fn node(gql: &Context<'_>, id: &ID) -> Result<Option<Node>> {
    let Some((prefix, key)) = parse_any(id) else {
        return Ok(None);
    };
    let loaders = loaders(gql);
    Ok(match prefix.as_str() {
        "acct" => loaders
            .load_one(accounts::AccountById(key))
            .await?
            .map(|row| Node::Account(row.into())),
        "assm" => loaders
            .load_one(risk::AssessmentById(key))
            .await?
            .map(|row| Node::Assessment(row.into())),
        "prod" => loaders
            .load_one(products::ProductById(key))
            .await?
            .map(|row| Node::Product(row.into())),
        "ord" => loaders
            .load_one(orders::OrderById(key))
            .await?
            .map(|row| Node::Order(row.into())),
        "imp" => loaders
            .load_one(imports::ImportById(key))
            .await?
            .map(|row| Node::Import(row.into())),
        "tnt" => loaders
            .load_one(tenants::TenantById(key))
            .await?
            .map(|row| Node::Tenant(row.into())),
        "user" => loaders
            .load_one(sessions::UserById(key))
            .await?
            .map(|row| Node::User(row.into())),
        "sess" => loaders
            .load_one(sessions::SessionById(key))
            .await?
            .map(|row| Node::Session(row.into())),
        "mem" => loaders
            .load_one(members::loaders::MemberById(key))
            .await?
            .map(|row| Node::Member(row.into())),
        "inv" => loaders
            .load_one(members::InvitationById(key))
            .await?
            .map(|row| Node::Invitation(row.into())),
        "acli" => loaders
            .load_one(api_clients::ApiClientById(key))
            .await?
            .map(|row| Node::ApiClient(row.into())),
        "hand" => match loaders.load_one(handovers::HandoverById(key)).await? {
            Some(row) => Some(Node::Handover(handovers::Handover::of(row)?)),
            None => None,
        },
        "step" => match loaders.load_one(handovers::StepById(key)).await? {
            Some(row) => Some(Node::HandoverStep(handovers::HandoverStep::of(row)?)),
            None => None,
        },
        "fup" => match loaders.load_one(follow_ups::FollowUpById(key)).await? {
            Some(row) => Some(Node::FollowUp(follow_ups::FollowUp::of(row)?)),
            None => None,
        },
        "bchg" => match loaders.load_one(buyer_changes::BuyerChangeById(key)).await? {
            Some(row) => Some(Node::BuyerChange(buyer_changes::BuyerChange::of(row)?)),
            None => None,
        },
        "dep" => match loaders.load_one(departures::DepartureById(key)).await? {
            Some(row) => Some(Node::Departure(departures::Departure::of(row)?)),
            None => None,
        },
        "evt" => loaders
            .load_one(events::EventById(key))
            .await?
            .map(|row| Node::Event(row.into())),
        "cont" => loaders
            .load_one(contacts::ContactById(key))
            .await?
            .map(|row| Node::Contact(row.into())),
        "act" => loaders
            .load_one(activities::ActivityById(key))
            .await?
            .map(|row| Node::Activity(row.into())),
        "sig" => loaders
            .load_one(signals::SignalById(key))
            .await?
            .map(|row| Node::Signal(row.into())),
        "loss" => loaders
            .load_one(losses::LossById(key))
            .await?
            .map(|row| Node::Loss(row.into())),
        _ => None,
    })
}
