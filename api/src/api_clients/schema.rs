//! API clients as the API shows them.

use async_graphql::{ComplexObject, Context, Enum, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::api_client;

use super::service::ApiClientChanges;
use super::{ApiClientId, service};
use crate::error::Result;
use crate::members::{Member, MemberId, loaders::MemberById};
use crate::platform::auth::AccessToken;
use crate::platform::graphql::{Connection, PageArgs, Total, connection, cx, loaders, payload};

/// What an API client may do, everywhere in its company.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::policy::Scope")]
pub enum Scope {
    /// Read accounts and their teams.
    AccountsRead,
    /// Create, change, archive and merge accounts.
    AccountsWrite,
    /// Read contacts.
    ContactsRead,
    /// Create, change and archive contacts.
    ContactsWrite,
    /// Read activities and follow-ups.
    ActivitiesRead,
    /// Record and change activities and follow-ups.
    ActivitiesWrite,
    /// Read orders and products.
    OrdersRead,
    /// Create, change and archive orders and products.
    OrdersWrite,
    /// Read handovers, their steps and their continuity.
    HandoversRead,
    /// Plan, complete and cancel handovers.
    HandoversWrite,
    /// Read assessments, signals and losses.
    RiskRead,
    /// Record and settle signals; record losses and win-backs.
    RiskWrite,
    /// Read the event log without gaps.
    EventsRead,
    /// Read import runs and their problems.
    ImportsRead,
    /// Upload files and run imports.
    ImportsWrite,
    /// Read members and the team tree.
    MembersRead,
}

/// Whether an API client may send documents that were not published for it.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::policy::DocumentMode")]
pub enum DocumentMode {
    /// It may.
    Off,
    /// It may, and each one is noted in the server's log: to see what would be refused.
    Log,
    /// It may not: such a document answers FORBIDDEN. The text of a published document is as good as its id.
    Enforce,
}

/// A partner's integration in the company.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct ApiClient {
    /// Id, `acli_…`: what `apiClientTokenCreate` takes as `clientId`.
    pub id: ApiClientId,
    /// Name of the integration.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Instant of creation.
    pub created_at: DateTime<Utc>,
    /// Instant from which it may do nothing any more; null while it may.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Instant of its last exchange of the secret, to the minute; null when there was none.
    pub last_used_at: Option<DateTime<Utc>>,
    /// Whether it may send documents that were not published for it.
    pub document_mode: DocumentMode,
    /// Instant at which documents were last published for it or deleted; null when there never were any.
    pub documents_changed_at: Option<DateTime<Utc>>,
    /// Counts the changes made by `apiClientUpdate`; each names the version that its caller saw.
    pub version: i64,
    #[graphql(skip)]
    creator: MemberId,
}

impl From<api_client::Model> for ApiClient {
    fn from(model: api_client::Model) -> Self {
        let api_client::Model {
            tenant_id: _,
            id,
            name,
            scopes,
            created_by_id,
            created_at,
            revoked_at,
            last_used_at,
            document_mode,
            documents_changed_at,
            version,
        } = model;
        let names = scopes
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(serde_json::Value::as_str);
        let scopes = names
            .filter_map(|name| name.parse::<domain::policy::Scope>().ok())
            .map(Scope::from);
        // The table knows no other mode.
        let document_mode = document_mode.parse().unwrap_or(domain::policy::DocumentMode::Enforce);
        Self {
            id: id.into(),
            name,
            scopes: scopes.collect(),
            created_at,
            revoked_at,
            last_used_at,
            document_mode: document_mode.into(),
            documents_changed_at,
            version,
            creator: created_by_id.into(),
        }
    }
}

#[ComplexObject]
impl ApiClient {
    /// The member who made it.
    async fn created_by(&self, gql: &Context<'_>) -> Result<Option<Member>> {
        Ok(loaders(gql)
            .load_one(MemberById(self.creator.0))
            .await?
            .map(Member::from))
    }
}

/// Reading API clients.
#[derive(Default)]
pub struct ApiClientQuery;

#[Object]
impl ApiClientQuery {
    /// The API clients of the caller's company, newest first. Their secrets are not shown.
    async fn api_clients(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Revoked ones too; otherwise they are left out.", default)] include_revoked: bool,
        #[graphql(desc = "Rows from the start or after `after`, 1–100; 20 when nothing is said.")] first: Option<i32>,
        #[graphql(desc = "Rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the end or before `before`, 1–100.")] last: Option<i32>,
        #[graphql(desc = "Rows in front of this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<ApiClient>>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        let page = service::api_client_list(cx(gql), include_revoked, &args).await?;
        let total = Total::new(move |ctx| async move { service::api_client_count(&ctx, include_revoked).await });
        Ok(Some(connection(page, total, ApiClient::from)))
    }
}

payload! {
    /// Result of `apiClientCreate`.
    ApiClientCreatePayload {
        /// The new API client.
        api_client: ApiClient,
        /// Its secret. It is a credential and is not shown again.
        secret: String,
    }
}
payload! {
    /// Result of `apiClientUpdate`.
    ApiClientUpdatePayload {
        /// The API client as it is now.
        api_client: ApiClient
    }
}
payload! {
    /// Result of `apiClientRevoke`.
    ApiClientRevokePayload {
        /// The revoked API client.
        api_client: ApiClient
    }
}
payload! {
    /// Result of `apiClientTokenCreate`.
    ApiClientTokenCreatePayload {
        /// For the `Authorization: Bearer …` header; good for ten minutes.
        access_token: String,
        /// Instant at which the token ends.
        expires_at: DateTime<Utc>,
    }
}

/// A new API client.
#[derive(InputObject)]
pub struct ApiClientCreateInput {
    /// Name of the integration, 1–200 characters.
    pub name: String,
    /// What it may do; at least one.
    pub scopes: Vec<Scope>,
}

/// A change of an API client. What is left out stays.
#[derive(InputObject)]
pub struct ApiClientUpdateInput {
    /// The API client.
    pub id: ApiClientId,
    /// The version that the caller saw.
    pub version: i32,
    /// Name of the integration, 1–200 characters.
    pub name: Option<String>,
    /// Whether it may send documents that were not published for it. Counts from its next request on.
    pub document_mode: Option<DocumentMode>,
}

/// Which API client to revoke.
#[derive(InputObject)]
pub struct ApiClientRevokeInput {
    /// The API client.
    pub id: ApiClientId,
}

/// What an API client proves itself with.
#[derive(InputObject)]
pub struct ApiClientTokenCreateInput {
    /// Its id.
    pub client_id: ApiClientId,
    /// Its secret.
    #[graphql(secret)]
    pub client_secret: String,
}

/// Changing API clients.
#[derive(Default)]
pub struct ApiClientMutation;

#[Object]
impl ApiClientMutation {
    /// Makes an API client. Its secret is shown this once.
    async fn api_client_create(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The API client.")] input: ApiClientCreateInput,
    ) -> Result<Option<ApiClientCreatePayload>> {
        let scopes: Vec<_> = input.scopes.into_iter().map(Into::into).collect();
        let result = service::api_client_create(cx(gql), input.name, &scopes).await;
        ApiClientCreatePayload::of(result.map(created)).map(Some)
    }

    /// Changes an API client.
    async fn api_client_update(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The change.")] input: ApiClientUpdateInput,
    ) -> Result<Option<ApiClientUpdatePayload>> {
        let ApiClientUpdateInput {
            id,
            version,
            name,
            document_mode,
        } = input;
        let changes = ApiClientChanges {
            name,
            document_mode: document_mode.map(Into::into),
        };
        let result = service::api_client_update(cx(gql), id.0, version.into(), changes).await;
        ApiClientUpdatePayload::of(result.map(ApiClient::from)).map(Some)
    }

    /// Revokes an API client. Its tokens are void at once.
    async fn api_client_revoke(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Which API client.")] input: ApiClientRevokeInput,
    ) -> Result<Option<ApiClientRevokePayload>> {
        let result = service::api_client_revoke(cx(gql), input.id.0).await;
        ApiClientRevokePayload::of(result.map(ApiClient::from)).map(Some)
    }

    /// Exchanges an API client's secret for a short access token.
    async fn api_client_token_create(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Id and secret.")] input: ApiClientTokenCreateInput,
    ) -> Result<Option<ApiClientTokenCreatePayload>> {
        let result = service::api_client_token_create(cx(gql), input.client_id.0, &input.client_secret).await;
        ApiClientTokenCreatePayload::of(result.map(exchanged)).map(Some)
    }
}

fn created((row, secret): (api_client::Model, String)) -> ApiClientCreatePayload {
    ApiClientCreatePayload {
        api_client: Some(row.into()),
        secret: Some(secret),
        user_errors: Vec::new(),
    }
}

fn exchanged(token: AccessToken) -> ApiClientTokenCreatePayload {
    ApiClientTokenCreatePayload {
        access_token: Some(token.text),
        expires_at: Some(token.expires_at),
        user_errors: Vec::new(),
    }
}
