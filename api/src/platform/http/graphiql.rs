//! GraphiQL at `/`, with everything it loads embedded in the binary: it works offline, and the policy below holds it to
//! this server.

use std::fmt::Write;
use std::sync::LazyLock;

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpRequest, HttpResponse, Resource, web};
use sha2::{Digest, Sha256};

/// Styles inline: the editor measures and places its lines by them. Images and fonts as data: those of GraphiQL's sheet.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; \
                      img-src 'self' data:; font-src 'self' data:; object-src 'none'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// A file of the page.
struct Asset {
    path: &'static str,
    media_type: &'static str,
    bytes: &'static [u8],
    etag: LazyLock<String, Box<dyn FnOnce() -> String + Send>>,
}

/// The path it is served at, its file and its type.
macro_rules! assets {
    ($($path:literal => $file:literal, $media_type:literal;)+) => {
        vec![$({
            let bytes: &'static [u8] = include_bytes!(concat!("../../../assets/graphiql/", $file));
            let etag: Box<dyn FnOnce() -> String + Send> = Box::new(|| tag(bytes));
            Asset { path: $path, media_type: $media_type, bytes, etag: LazyLock::new(etag) }
        }),+]
    };
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    assets! {
        "/" => "index.html", "text/html; charset=utf-8";
        "/assets/app.css" => "app.css", "text/css; charset=utf-8";
        "/assets/app.js" => "app.js", "text/javascript; charset=utf-8";
        "/assets/examples.js" => "examples.js", "text/javascript; charset=utf-8";
        "/assets/graphiql.min.css" => "graphiql.min.css", "text/css; charset=utf-8";
        "/assets/graphiql.min.js" => "graphiql.min.js", "text/javascript; charset=utf-8";
        "/assets/react.production.min.js" => "react.production.min.js", "text/javascript; charset=utf-8";
        "/assets/react-dom.production.min.js" => "react-dom.production.min.js", "text/javascript; charset=utf-8";
        "/assets/LICENSES.txt" => "LICENSES.txt", "text/plain; charset=utf-8";
    }
});

/// Serves the page and its files.
pub fn configure(cfg: &mut web::ServiceConfig) {
    for asset in ASSETS.iter() {
        cfg.service(resource(asset));
    }
}

fn resource(asset: &'static Asset) -> Resource {
    let answer = move |request: HttpRequest| async move { answer(asset, &request) };
    web::resource(asset.path)
        .route(web::get().to(answer))
        .route(web::head().to(answer))
}

fn answer(asset: &'static Asset, request: &HttpRequest) -> HttpResponse {
    let etag = asset.etag.as_str();
    let known = request
        .headers()
        .get(IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok());
    let is_known = known.is_some_and(|tags| tags.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag));
    let mut response = if is_known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header((ETAG, etag))
        // Asked for again each time: after an upgrade the files must not be of two versions.
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((REFERRER_POLICY, "no-referrer"));
    if is_known {
        return response.finish();
    }
    response
        .insert_header((CONTENT_TYPE, asset.media_type))
        .body(asset.bytes)
}

fn tag(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let mut tag = String::from("\"");
    for byte in digest.iter().take(16) {
        // Writing to a string cannot fail.
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    tag
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use actix_web::App;
    use actix_web::http::StatusCode;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};

    use super::*;

    #[actix_web::test]
    async fn the_page_and_all_it_names_are_served_under_the_policy() {
        let app = init_service(App::new().configure(configure)).await;
        let page = call_service(&app, TestRequest::get().uri("/").to_request()).await;
        let html = String::from_utf8(read_body(page).await.to_vec()).unwrap();
        let named: Vec<_> = html.split('"').filter(|part| part.starts_with("assets/")).collect();
        assert_eq!(named.len(), 7);
        for path in named {
            let request = TestRequest::get().uri(&format!("/{path}")).to_request();
            let response = call_service(&app, request).await;
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            assert_eq!(response.headers().get(CONTENT_SECURITY_POLICY).unwrap(), POLICY);
            assert_eq!(response.headers().get(X_CONTENT_TYPE_OPTIONS).unwrap(), "nosniff");
        }
    }

    #[actix_web::test]
    async fn what_the_browser_has_is_not_sent_again() {
        let app = init_service(App::new().configure(configure)).await;
        let request = || TestRequest::get().uri("/assets/app.js");
        let first = call_service(&app, request().to_request()).await;
        let etag = first.headers().get(ETAG).unwrap().clone();
        let again = call_service(&app, request().insert_header((IF_NONE_MATCH, etag)).to_request()).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert!(read_body(again).await.is_empty());
        let other = call_service(&app, request().insert_header((IF_NONE_MATCH, "\"x\"")).to_request()).await;
        assert_eq!(other.status(), StatusCode::OK);
    }

    #[test]
    fn no_file_loads_from_elsewhere() {
        let ours = ["/", "/assets/app.js", "/assets/app.css", "/assets/examples.js"];
        for asset in ASSETS.iter().filter(|asset| ours.contains(&asset.path)) {
            let text = std::str::from_utf8(asset.bytes).unwrap();
            assert!(
                !text.contains("http://") && !text.contains("https://"),
                "{}",
                asset.path
            );
        }
    }
}
