//! What the headers of a request say.

use std::time::Instant;

use actix_web::HttpRequest;
use actix_web::http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, HeaderName, USER_AGENT};
use domain::lang::Lang;
use uuid::Uuid;

use crate::platform::ctx::RequestInfo;
use crate::platform::telemetry::Parent;

/// Longest client name kept.
const USER_AGENT_CHARS: usize = 200;

/// The request as the context keeps it, with an id of its own.
pub fn request_info(request: &HttpRequest, trusted_proxies: usize) -> RequestInfo {
    RequestInfo {
        id: Uuid::now_v7(),
        lang: language(text(request, ACCEPT_LANGUAGE).unwrap_or("")),
        ip: address(request, trusted_proxies),
        user_agent: text(request, USER_AGENT).map(|value| value.chars().take(USER_AGENT_CHARS).collect()),
        received: Instant::now(),
        parent: Parent::of(request.headers()),
    }
}

/// The text of a header.
pub fn text(request: &HttpRequest, name: HeaderName) -> Option<&str> {
    request.headers().get(name)?.to_str().ok()
}

/// The token of an `Authorization: Bearer …` header.
pub fn bearer(request: &HttpRequest) -> Option<&str> {
    let value = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The first of our languages that the client names (RFC 9110 § 12.5.4, by quality).
fn language(accept: &str) -> Lang {
    let mut best = (Lang::En, 0.0_f32);
    for range in accept.split(',').take(16) {
        let mut parts = range.split(';').map(str::trim);
        let tag = parts.next().unwrap_or("").to_ascii_lowercase();
        let quality = parts
            .find_map(|part| part.strip_prefix("q="))
            .map_or(1.0, |q| q.parse().unwrap_or(0.0));
        let lang = match tag.split('-').next() {
            Some("ja") => Lang::Ja,
            Some("en") => Lang::En,
            _ => continue,
        };
        if quality > best.1 {
            best = (lang, quality);
        }
    }
    best.0
}

/// The client's address: the peer, or, behind trusted proxies, what the outermost of them saw.
fn address(request: &HttpRequest, trusted_proxies: usize) -> Option<String> {
    let peer = request.peer_addr().map(|peer| peer.ip().to_string());
    if trusted_proxies == 0 {
        return peer;
    }
    let forwarded = request
        .headers()
        .get("x-forwarded-for")
        .and_then(|value| value.to_str().ok());
    let hops: Vec<&str> = forwarded
        .unwrap_or("")
        .split(',')
        .map(str::trim)
        .filter(|hop| !hop.is_empty())
        .collect();
    hops.len()
        .checked_sub(trusted_proxies)
        .and_then(|index| hops.get(index))
        .map(|hop| (*hop).to_owned())
        .or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_one_preferred_most() {
        assert_eq!(language(""), Lang::En);
        assert_eq!(language("ja"), Lang::Ja);
        assert_eq!(language("ja-JP,en;q=0.8"), Lang::Ja);
        assert_eq!(language("en;q=0.4, ja;q=0.9"), Lang::Ja);
        assert_eq!(language("fr, de;q=0.9"), Lang::En);
        assert_eq!(language(";;;q=,,ja;q=x"), Lang::En);
    }
}
