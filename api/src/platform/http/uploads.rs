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
        // No connection waits for a slow client.
        ctx.end_read().await.map_err(Error::from)?;
        let most = app.config.max_upload_bytes;
        let bytes = read_bytes(payload, most, UPLOAD_TIMEOUT)
            .await
            .map_err(|status| unread(status, most))?;
        let name = query.into_inner().name.unwrap_or_else(|| "upload.csv".into());
        let name = name.chars().take(NAME_CHARS).collect();
        Ok::<_, Refusal>(app.uploads.keep(ctx, name, bytes).await?)
    };
    match work.instrument(span).await {
        Ok(upload) => reply::builder(StatusCode::CREATED, id).json(json!({ "uploadId": upload })),
        Err(mut refusal) => {
            refusal.status = match &refusal.error {
                Error::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
                Error::Forbidden => StatusCode::FORBIDDEN,
                _ => refusal.status,
            };
            reply::refusal(&request, &refusal, lang, id).await
        }
    }
}

/// Why the file could not be read, with the status that says so.
fn unread(status: StatusCode, most: usize) -> Refusal {
    let text = match status {
        StatusCode::PAYLOAD_TOO_LARGE => Text::new(
            format!("The file is longer than {most} bytes."),
            format!("ファイルが{most}バイトを超えています。"),
        ),
        StatusCode::REQUEST_TIMEOUT => Text::fixed(
            "The file did not arrive in time.",
            "ファイルの受信がタイムアウトしました。",
        ),
        _ => Text::fixed("The file could not be read.", "ファイルを読み取れませんでした。"),
    };
    Refusal::new(status, Error::BadInput(text))
}
