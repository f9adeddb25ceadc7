//! What the headers of a request say.

use std::borrow::Cow;
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
    // What is no token is refused by whoever verifies it; `to_str` takes its time to look at each character.
    let value = std::str::from_utf8(request.headers().get(AUTHORIZATION)?.as_bytes()).ok()?;
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
    // Several lines are one list (RFC 9110 § 5.3). None is left out, whatever the client put in it: what the trusted proxies
    // wrote is counted from the end.
    let lines: Vec<Cow<'_, str>> = request
        .headers()
        .get_all("x-forwarded-for")
        .map(|line| String::from_utf8_lossy(line.as_bytes()))
        .collect();
    let hops: Vec<&str> = lines
        .iter()
        .flat_map(|line| line.split(','))
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
    use actix_web::http::header::HeaderValue;
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn the_address_is_what_the_outermost_trusted_proxy_saw() {
        let of = |lines: &[&'static [u8]], trusted_proxies| {
            let mut request = TestRequest::default();
            for line in lines.iter().filter_map(|line| HeaderValue::from_bytes(line).ok()) {
                request = request.append_header(("x-forwarded-for", line));
            }
            address(&request.to_http_request(), trusted_proxies)
        };
        assert_eq!(of(&[b"192.0.2.1, 192.0.2.2"], 1).as_deref(), Some("192.0.2.2"));
        assert_eq!(of(&[b"192.0.2.1, 192.0.2.2"], 2).as_deref(), Some("192.0.2.1"));
        assert_eq!(of(&[b"192.0.2.1", b"192.0.2.2"], 1).as_deref(), Some("192.0.2.2"));
        assert_eq!(
            of(&[b"192.0.2.1", b"192.0.2.2,192.0.2.3"], 2).as_deref(),
            Some("192.0.2.2")
        );
        assert_eq!(of(&[b"192.0.2.1", b"\xff, 192.0.2.2"], 1).as_deref(), Some("192.0.2.2"));
        assert_eq!(of(&[b"192.0.2.1"], 0), None);
        assert_eq!(of(&[], 1), None);
    }

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
