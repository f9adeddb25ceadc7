//! Access tokens: EdDSA JWTs of ten minutes (RFC 9068 `at+jwt`).

use std::sync::Arc;

use chrono::{DateTime, TimeZone, Utc};
use domain::lang::Text;
use jsonwebtoken::{Algorithm, Header, Validation};
use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{KeyRing, Secret};
use crate::error::{Error, Result};
use crate::platform::tenancy::GlobalDb;

/// A token lives ten minutes.
pub const LIFETIME_SECONDS: i64 = 600;
/// Seconds of tolerance towards clocks of other replicas.
const LEEWAY_SECONDS: i64 = 5;
/// Whom the tokens are for.
const AUDIENCE: &str = "hikitsugi";
/// Verified tokens kept, because verifying costs more than the rest of a small read.
const CACHED_TOKENS: u64 = 20_000;

/// What a token says. The role is not in it: membership and session are looked up at every request.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    exp: i64,
    iat: i64,
    nbf: i64,
    jti: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tid: Option<Uuid>,
}

/// For whom a token speaks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A person's session.
    Session {
        /// The session, which names person and tenant.
        session: Uuid,
        /// The person.
        user: Uuid,
        /// The tenant that the session was in when the token was made. A token does not follow its session into
        /// another tenant: what was sent for one company must not be done in the next.
        tenant: Option<Uuid>,
    },
    /// A partner's integration.
    Client {
        /// The API client.
        client: Uuid,
        /// Its tenant.
        tenant: Uuid,
    },
}

/// A new token.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// The JWT.
    pub text: String,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// Signs and verifies.
#[derive(Clone)]
pub struct Tokens {
    issuer: Arc<str>,
    keys: KeyRing,
    verified: Cache<[u8; 32], (Subject, i64)>,
}

impl Tokens {
    /// Tokens of this issuer, signed with the newest of `keys`.
    pub fn new(issuer: &str, keys: KeyRing) -> Self {
        Self {
            issuer: issuer.into(),
            keys,
            verified: Cache::builder()
                .max_capacity(CACHED_TOKENS)
                .time_to_live(std::time::Duration::from_secs(600))
                .build(),
        }
    }

    /// Signs a token for `subject`.
    pub fn issue(&self, subject: &Subject, now: DateTime<Utc>) -> Result<AccessToken> {
        let key = self
            .keys
            .signing(now)
            .ok_or_else(|| Error::internal("no key to sign with"))?;
        let (sub, sid, tid) = match subject {
            Subject::Session { session, user, tenant } => (format!("user:{user}"), Some(*session), *tenant),
            Subject::Client { client, tenant } => (format!("client:{client}"), None, Some(*tenant)),
        };
        let exp = now.timestamp() + LIFETIME_SECONDS;
        let claims = Claims {
            iss: self.issuer.to_string(),
            aud: AUDIENCE.into(),
            sub,
            exp,
            iat: now.timestamp(),
            nbf: now.timestamp(),
            jti: Uuid::now_v7(),
            sid,
            tid,
        };
        let header = Header {
            typ: Some("at+jwt".into()),
            kid: Some(key.kid.clone()),
            ..Header::new(Algorithm::EdDSA)
        };
        let text = jsonwebtoken::encode(&header, &claims, &key.signing).map_err(Error::internal)?;
        let expires_at = Utc
            .timestamp_opt(exp, 0)
            .single()
            .ok_or_else(|| Error::internal("token expiry out of range"))?;
        Ok(AccessToken { text, expires_at })
    }

    /// Verifies a token: signature, algorithm, type, issuer, audience, times. An unknown key id is looked up once more
    /// in the database, because another replica may have made it. That the database cannot say so is no fault of the token.
    pub async fn verify(
        &self,
        text: &str,
        now: DateTime<Utc>,
        db: &GlobalDb<'_>,
        secret: &Secret,
    ) -> Result<std::result::Result<Subject, Text>> {
        let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        if let Some((subject, exp)) = self.verified.get(&digest) {
            return Ok(if exp > now.timestamp() {
                Ok(subject)
            } else {
                Err(expired())
            });
        }
        let Some(kid) = key_id(text) else {
            return Ok(Err(invalid()));
        };
        if self.keys.verifying(&kid, now).is_none() && kid.len() == 32 {
            self.keys.look_again(db, secret, now).await?;
        }
        let read = self.read(text, &kid, now);
        Ok(read.map(|(subject, exp)| {
            self.verified.insert(digest, (subject.clone(), exp));
            subject
        }))
    }

    /// For whom a token speaks that was signed with a key that is known, and when it ends.
    fn read(&self, text: &str, kid: &str, now: DateTime<Utc>) -> std::result::Result<(Subject, i64), Text> {
        let key = self.keys.verifying(kid, now).ok_or_else(invalid)?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        // The times are compared below, with the clock of the process.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub", "nbf"]);
        let claims = jsonwebtoken::decode::<Claims>(text, &key.verifying, &validation)
            .map_err(|_| invalid())?
            .claims;
        if claims.exp <= now.timestamp() {
            return Err(expired());
        }
        if claims.nbf > now.timestamp() + LEEWAY_SECONDS {
            return Err(invalid());
        }
        let subject = subject(&claims).ok_or_else(invalid)?;
        Ok((subject, claims.exp))
    }
}

/// The name of the key in the header of a token of ours.
fn key_id(text: &str) -> Option<String> {
    let header = jsonwebtoken::decode_header(text).ok()?;
    let is_ours = header.typ.as_deref() == Some("at+jwt") && header.alg == Algorithm::EdDSA;
    header.kid.filter(|_| is_ours)
}

fn subject(claims: &Claims) -> Option<Subject> {
    let (kind, id) = claims.sub.split_once(':')?;
    let id = id.parse().ok()?;
    match kind {
        "user" => Some(Subject::Session {
            session: claims.sid?,
            user: id,
            tenant: claims.tid,
        }),
        "client" => Some(Subject::Client {
            client: id,
            tenant: claims.tid?,
        }),
        _ => None,
    }
}

fn invalid() -> Text {
    Text::fixed("The access token is not valid.", "アクセストークンが無効です。")
}

fn expired() -> Text {
    Text::fixed(
        "The access token has expired: exchange the refresh token with sessionRefresh.",
        "アクセストークンの有効期限が切れました（sessionRefreshで更新してください）。",
    )
}
