//! Writing answers: status, headers, JSON, and compression where it pays.

use std::io::Write;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, REFERRER_POLICY, RETRY_AFTER,
    VARY,
};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use domain::lang::Lang;
use flate2::Compression;
use flate2::write::GzEncoder;
use uuid::Uuid;

use super::negotiate::{Accepted, Encoding, MediaType};
use super::{event_stream, headers};
use crate::platform::operation::{Answer, Refusal};

/// Below so many bytes a compressed answer saves no packet.
const WORTH_COMPRESSING: usize = 1_400;
/// Above so many bytes compressing takes long enough to be done off the async threads.
const LONG: usize = 64 * 1024;
/// A middle level: most of the gain for little work.
const BROTLI_LEVEL: u32 = 4;

/// Headers of everything that is answered by the API: it is data, for this client, now. Answers depend on who asks and
/// change with every write, so nothing may keep them.
const HEADERS: [(HeaderName, &str); 4] = [
    (CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("x-content-type-options"), "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("content-security-policy"),
        "default-src 'none'; frame-ancestors 'none'",
    ),
];

/// Begins an answer with the headers that all have.
pub fn builder(status: StatusCode, request_id: Uuid) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    for header in HEADERS {
        response.insert_header(header);
    }
    response.insert_header(("X-Request-Id", request_id.to_string()));
    response
}

/// The answer to an operation.
pub async fn answer(answer: Answer, media_type: MediaType, encoding: Encoding) -> HttpResponse {
    let status = match media_type {
        MediaType::Json | MediaType::EventStream if answer.is_of_document => StatusCode::OK,
        _ => answer.status,
    };
    let mut response = builder(status, answer.request_id);
    if answer.is_replayed {
        response.insert_header(("Idempotency-Replayed", "true"));
    }
    if let Some(seconds) = answer.retry_after_seconds {
        response.insert_header((RETRY_AFTER, seconds));
    }
    response
        .insert_header((CONTENT_TYPE, media_type.content_type()))
        .insert_header((VARY, "Accept, Accept-Encoding, Accept-Language, Authorization"));
    if media_type == MediaType::EventStream {
        return response.body([event_stream::message(&answer).as_slice(), event_stream::COMPLETE].concat());
    }
    compressed(response, answer.to_json(), encoding).await
}

/// The answer to a request that was refused: in a form that the client accepts, or else as JSON.
pub async fn refusal(request: &HttpRequest, refusal: &Refusal, lang: Lang, request_id: Uuid) -> HttpResponse {
    let accepted = Accepted::of(headers::text(request, ACCEPT));
    let encoding = Encoding::of(headers::text(request, ACCEPT_ENCODING));
    answer(Answer::refused(refusal, lang, request_id), accepted.refusal(), encoding).await
}

/// Ends an answer with these bytes, compressed when that pays.
pub async fn compressed(mut response: HttpResponseBuilder, bytes: Vec<u8>, encoding: Encoding) -> HttpResponse {
    let name = match encoding {
        Encoding::Brotli => "br",
        Encoding::Gzip => "gzip",
        Encoding::Identity => return response.body(bytes),
    };
    if bytes.len() < WORTH_COMPRESSING {
        return response.body(bytes);
    }
    let bytes = if bytes.len() > LONG {
        let shared = web::Bytes::from(bytes);
        let given = shared.clone();
        match web::block(move || compress(&given, encoding)).await {
            Ok(Ok(smaller)) => smaller,
            _ => return response.body(shared),
        }
    } else {
        match compress(&bytes, encoding) {
            Ok(smaller) => smaller,
            Err(_) => return response.body(bytes),
        }
    };
    response.insert_header((CONTENT_ENCODING, name)).body(bytes)
}

fn compress(bytes: &[u8], encoding: Encoding) -> std::io::Result<Vec<u8>> {
    match encoding {
        Encoding::Brotli => {
            let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4096, BROTLI_LEVEL, 20);
            encoder.write_all(bytes)?;
            Ok(encoder.into_inner())
        }
        Encoding::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(bytes)?;
            encoder.finish()
        }
        Encoding::Identity => Ok(bytes.to_vec()),
    }
}
