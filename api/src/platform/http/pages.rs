//! `GET /pages/…`: a page behind a link that carries its own leave, sealed and expiring. A slice makes it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpRequest, HttpResponse, web};
use tracing::Instrument;

use super::{headers, reply};
use crate::app::App;
use crate::error::{Error, Result};
use crate::platform::ctx::RequestInfo;
use crate::platform::operation::Refusal;

/// Nothing but its own styles: a page has no script, no image, no frame and no form.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";
/// A longer link is none of ours.
const LINK_BYTES: usize = 1_024;

/// Opens signed links. The slice that makes them implements it.
pub trait SignedPages: Send + Sync {
    /// The page's HTML; nothing when the link is not ours, has expired, or shows what may not be seen any more.
    fn open<'a>(
        &'a self,
        app: Arc<App>,
        link: &'a str,
        request: RequestInfo,
    ) -> Pin<Box<dyn Future<Output = Result<Option<String>>> + 'a>>;
}

pub(super) fn configure(cfg: &mut web::ServiceConfig) {
    cfg.route("/pages/{link}", web::get().to(page));
}

async fn page(app: web::Data<App>, request: HttpRequest, link: web::Path<String>) -> HttpResponse {
    let app = app.into_inner();
    let info = headers::request_info(&request, app.config.trusted_proxies);
    let (id, lang) = (info.id, info.lang);
    // The link is a secret: the log has the request's id only.
    let span = tracing::info_span!("page", request_id = %id);
    let opened = match link.len() {
        0..=LINK_BYTES => app.pages.open(Arc::clone(&app), &link, info).instrument(span).await,
        _ => Ok(None),
    };
    let refusal = match opened {
        Ok(Some(html)) => return shown(html),
        Ok(None) => Refusal::new(
            StatusCode::NOT_FOUND,
            Error::bad_input(
                "This link has expired, or is not valid: ask for a new one.",
                "このリンクは有効期限が切れているか、無効です。新しいリンクを取得してください。",
            ),
        ),
        Err(error) => error.into(),
    };
    reply::refusal(&request, &refusal, lang, id).await
}

fn shown(html: String) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((CACHE_CONTROL, "private, no-store"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header(("X-Robots-Tag", "noindex"))
        .body(html)
}
