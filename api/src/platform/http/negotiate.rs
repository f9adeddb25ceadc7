//! Which media type and which encoding a client wants its answer in (RFC 9110 § 12.5).

/// The media type of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaType {
    /// `application/json`: errors of the document answer 200, as older clients expect.
    Json,
    /// `application/graphql-response+json`: the status tells.
    Response,
    /// `text/event-stream`.
    EventStream,
}

impl MediaType {
    /// As the header says it.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::Response => "application/graphql-response+json; charset=utf-8",
            Self::EventStream => "text/event-stream; charset=utf-8",
        }
    }
}

/// What a client accepts, each with its quality from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Accepted {
    json: f32,
    response: f32,
    event_stream: f32,
}

impl Accepted {
    /// Reads an `Accept` header; none means anything.
    pub fn of(header: Option<&str>) -> Self {
        let header = header
            .map(str::trim)
            .filter(|header| !header.is_empty())
            .unwrap_or("*/*");
        let quality = |media_type| quality(header, media_type);
        Self {
            json: quality("application/json"),
            response: quality("application/graphql-response+json"),
            event_stream: quality("text/event-stream"),
        }
    }

    /// The type for a single answer; `None` when the client takes none of ours. `application/json` goes before what is
    /// accepted only by a wildcard, because it is what was always answered.
    pub fn single(self) -> Option<MediaType> {
        let best = self.json.max(self.response).max(self.event_stream);
        if best <= 0.0 {
            None
        } else if self.response > self.json {
            Some(MediaType::Response)
        } else if self.json > 0.0 {
            Some(MediaType::Json)
        } else {
            Some(MediaType::EventStream)
        }
    }

    /// Whether a stream of answers may be sent.
    pub fn stream(self) -> bool {
        self.event_stream > 0.0
    }

    /// The type of an answer that refuses: something the client can read, if there is any.
    pub fn refusal(self) -> MediaType {
        match self.single() {
            Some(MediaType::Response | MediaType::EventStream) => MediaType::Response,
            _ => MediaType::Json,
        }
    }
}

/// The quality that a list of ranges gives `wanted`: that of the most specific range that matches.
fn quality(header: &str, wanted: &str) -> f32 {
    let (family, _) = wanted.split_once('/').unwrap_or((wanted, ""));
    let mut best: Option<(u8, f32)> = None;
    for range in header.split(',').take(32) {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or("").to_ascii_lowercase();
        let specific = if name == wanted {
            3
        } else if name.strip_suffix("/*") == Some(family) {
            2
        } else if name == "*/*" || name == "*" {
            1
        } else {
            continue;
        };
        let quality = parts
            .find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")))
            .map_or(1.0, |q| q.trim().parse::<f32>().unwrap_or(0.0).clamp(0.0, 1.0));
        if best.is_none_or(|(before, _)| specific > before) {
            best = Some((specific, quality));
        }
    }
    best.map_or(0.0, |(_, quality)| quality)
}

/// How an answer may be compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Not at all.
    Identity,
    /// gzip.
    Gzip,
    /// Brotli.
    Brotli,
}

impl Encoding {
    /// The best one that an `Accept-Encoding` header allows; none means identity.
    pub fn of(header: Option<&str>) -> Self {
        let header = header.unwrap_or("");
        let (gzip, brotli) = (quality(header, "gzip"), quality(header, "br"));
        if brotli > 0.0 && brotli >= gzip {
            Self::Brotli
        } else if gzip > 0.0 {
            Self::Gzip
        } else {
            Self::Identity
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn single(header: &str) -> Option<MediaType> {
        Accepted::of(Some(header)).single()
    }

    #[test]
    fn the_media_type_is_the_one_preferred() {
        assert_eq!(Accepted::of(None).single(), Some(MediaType::Json));
        assert_eq!(single(""), Some(MediaType::Json));
        assert_eq!(single("*/*"), Some(MediaType::Json));
        assert_eq!(single("application/*"), Some(MediaType::Json));
        assert_eq!(single("application/json"), Some(MediaType::Json));
        assert_eq!(single("Application/GraphQL-Response+JSON"), Some(MediaType::Response));
        assert_eq!(
            single("application/graphql-response+json, application/json;q=0.9"),
            Some(MediaType::Response)
        );
        assert_eq!(
            single("application/graphql-response+json;q=0.2, */*;q=0.9"),
            Some(MediaType::Json)
        );
        assert_eq!(
            single("application/json;q=0, application/graphql-response+json"),
            Some(MediaType::Response)
        );
        assert_eq!(single("text/event-stream"), Some(MediaType::EventStream));
        assert_eq!(single("text/html"), None);
        assert_eq!(single("application/json;q=0"), None);
        assert_eq!(single("application/json;q=x"), None);
    }

    #[test]
    fn a_stream_is_sent_to_those_who_take_one() {
        assert!(Accepted::of(Some("text/event-stream")).stream());
        assert!(Accepted::of(Some("application/json, text/event-stream;q=0.1")).stream());
        assert!(!Accepted::of(Some("application/json")).stream());
    }

    #[test]
    fn the_encoding_is_one_that_is_accepted() {
        assert_eq!(Encoding::of(None), Encoding::Identity);
        assert_eq!(Encoding::of(Some("gzip, deflate, br")), Encoding::Brotli);
        assert_eq!(Encoding::of(Some("gzip, br;q=0.5")), Encoding::Gzip);
        assert_eq!(Encoding::of(Some("gzip;q=0")), Encoding::Identity);
        assert_eq!(Encoding::of(Some("identity")), Encoding::Identity);
        assert_eq!(Encoding::of(Some("*")), Encoding::Brotli);
    }
}
