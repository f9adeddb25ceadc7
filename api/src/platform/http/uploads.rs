//! `POST /uploads`: a file's bytes in, an upload id out, for mutations that work on a file.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::lang::Text;
use serde::Deserialize;
use serde_json::json;
use tracing::Instrument;

use super::graphql::read_bytes;
use super::{headers, reply};
use crate::app::App;
use crate::error::{Error, Result};
use crate::platform::Ctx;
use crate::platform::auth::authenticate;
use crate::platform::operation::Refusal;

/// A file must have arrived by then.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(120);
/// Longest file name, in characters.
const NAME_CHARS: usize = 200;

/// Keeps an uploaded file and gives its id. The slice that owns files implements it.
pub trait UploadSink: Send + Sync {
    /// Authorises, keeps, and answers the id as clients see it.
    fn keep(
        &self,
        ctx: Arc<Ctx>,
        file_name: String,
        bytes: Vec<u8>,
    ) -> Pin<Box<dyn Future<Output = Result<String>> + Send + '_>>;
}

#[derive(Deserialize)]
struct Query {
    #[serde(default)]
    name: Option<String>,
}

pub(super) fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/uploads", web::post().to(upload));
}

async fn upload(
    app: web::Data<App>,
    request: HttpRequest,
    query: web::Query<Query>,
    payload: web::Payload,
) -> HttpResponse {
    let app = app.into_inner();
    let info = headers::request_info(&request, app.config.trusted_proxies);
    let (id, lang) = (info.id, info.lang);
    let span = tracing::info_span!("upload", request_id = %id);
    let work = async {
        let ctx = authenticate(&app, headers::bearer(&request), info).await?;
        // Who may not upload is refused before the bytes are taken.
        ctx.authorize(domain::policy::Action::ImportRun)?;
        let bytes = read_bytes(payload, app.config.max_upload_bytes, UPLOAD_TIMEOUT)
            .await
            .map_err(|status| {
                Error::BadInput(Text::new(
                    format!("The file was refused ({status})."),
                    format!("ファイルを受け付けられません（{status}）。"),
                ))
            })?;
        let name = query.into_inner().name.unwrap_or_else(|| "upload.csv".into());
        app.uploads
            .keep(ctx, name.chars().take(NAME_CHARS).collect(), bytes)
            .await
    };
    let result = work.instrument(span).await;
    let status = match &result {
        Ok(_) => StatusCode::CREATED,
        Err(Error::Unauthenticated(_)) => StatusCode::UNAUTHORIZED,
        Err(Error::Forbidden) => StatusCode::FORBIDDEN,
        Err(error) => Refusal::from(error.clone()).status,
    };
    match result {
        Ok(upload) => reply::builder(status, id).json(json!({ "uploadId": upload })),
        Err(error) => reply::refusal(&request, &Refusal::new(status, error), lang, id).await,
    }
}
