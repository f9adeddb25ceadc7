//! Publishing documents, as the API shows it.

use async_graphql::{Context, InputObject, Object};

use super::schema::ApiClient;
use super::service::Documents;
use super::{ApiClientId, service};
use crate::error::Result;
use crate::platform::graphql::{cx, payload};

payload! {
    /// Result of `apiClientDocumentsPublish`.
    ApiClientDocumentsPublishPayload {
        /// The API client.
        api_client: ApiClient,
        /// How many documents were new.
        added_count: i32,
        /// How many are published for the client now.
        document_count: i32,
    }
}
payload! {
    /// Result of `apiClientDocumentsDelete`.
    ApiClientDocumentsDeletePayload {
        /// The API client.
        api_client: ApiClient,
        /// How many documents went.
        deleted_count: i32,
        /// How many are published for the client now.
        document_count: i32,
    }
}

/// Documents to publish for an API client.
#[derive(InputObject)]
pub struct ApiClientDocumentsPublishInput {
    /// The API client.
    pub api_client_id: ApiClientId,
    /// The text of the file that graphql-codegen (`persisted-documents.json`), the Relay compiler (`persistConfig.file`)
    /// or Apollo's `generate-persisted-query-manifest` wrote; or of a part of it, in the same form.
    pub manifest: String,
}

/// Documents of an API client to delete.
#[derive(InputObject)]
pub struct ApiClientDocumentsDeleteInput {
    /// The API client.
    pub api_client_id: ApiClientId,
    /// Their ids, as the manifest had them; at most 2,000. Unknown ones are passed over.
    pub document_ids: Vec<String>,
}

/// Publishing documents.
#[derive(Default)]
pub struct ApiClientDocumentMutation;

#[Object]
impl ApiClientDocumentMutation {
    /// Publishes the documents of a manifest for an API client, all or none; at most 2,000 of 4 MiB together. Those that
    /// are published already stay, so that it can be repeated; an id that has another text is a CONFLICT. The path of an
    /// error ends with the id of the document.
    async fn api_client_documents_publish(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Which client and what.")] input: ApiClientDocumentsPublishInput,
    ) -> Result<Option<ApiClientDocumentsPublishPayload>> {
        let result = service::api_client_documents_publish(cx(gql), input.api_client_id.0, &input.manifest).await;
        ApiClientDocumentsPublishPayload::of(result.map(published)).map(Some)
    }

    /// Deletes documents of an API client: from its next request on it cannot name them.
    async fn api_client_documents_delete(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Which client and what.")] input: ApiClientDocumentsDeleteInput,
    ) -> Result<Option<ApiClientDocumentsDeletePayload>> {
        let result = service::api_client_documents_delete(cx(gql), input.api_client_id.0, &input.document_ids).await;
        ApiClientDocumentsDeletePayload::of(result.map(deleted)).map(Some)
    }
}

fn published(documents: Documents) -> ApiClientDocumentsPublishPayload {
    ApiClientDocumentsPublishPayload {
        api_client: Some(documents.client.into()),
        added_count: Some(count(documents.changed)),
        document_count: Some(count(documents.total)),
        user_errors: Vec::new(),
    }
}

fn deleted(documents: Documents) -> ApiClientDocumentsDeletePayload {
    ApiClientDocumentsDeletePayload {
        api_client: Some(documents.client.into()),
        deleted_count: Some(count(documents.changed)),
        document_count: Some(count(documents.total)),
        user_errors: Vec::new(),
    }
}

fn count(documents: usize) -> i32 {
    i32::try_from(documents).unwrap_or(i32::MAX)
}
