//! The keys that sign access tokens: Ed25519, kept sealed in the database, rotated while the previous one still verifies.

use std::sync::Arc;
use std::time::Instant;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use entity::signing_key;
use jsonwebtoken::{DecodingKey, EncodingKey};
use parking_lot::RwLock;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::Secret;
use crate::error::{Error, Result};
use crate::platform::tenancy::GlobalDb;

/// A key signs for thirty days …
const SIGNS: Duration = Duration::days(30);
/// … and verifies a day longer, far beyond the ten minutes of a token.
const VERIFIES_LONGER: Duration = Duration::days(1);
/// The next key is made so long before the last one stops signing.
const ROTATED_BEFORE: Duration = Duration::days(1);
/// What signing keys are sealed for.
const PURPOSE: &[u8] = b"";
/// For names that are not known the keys are read again at most this often: anybody can think of names.
const LOOKED_AGAIN_EVERY: std::time::Duration = std::time::Duration::from_secs(1);
/// More live keys than this are not expected.
const MOST_KEYS: u64 = 16;

/// One key, ready for use.
pub struct Key {
    /// Its name in the token's header.
    pub kid: String,
    /// Signs.
    pub signing: EncodingKey,
    /// Verifies.
    pub verifying: DecodingKey,
    signs_until: DateTime<Utc>,
    verifies_until: DateTime<Utc>,
    public: Vec<u8>,
}

/// When the keys were read, and how that went.
type Look = (Instant, Result<()>);

/// The live keys of the service, newest first.
#[derive(Clone, Default)]
pub struct KeyRing {
    keys: Arc<RwLock<Arc<Vec<Key>>>>,
    /// The last look for a name that was not known.
    looked_again: Arc<Mutex<Option<Look>>>,
}

impl KeyRing {
    /// Loads the live keys; makes the next one a day before the last one stops signing, so that every process has
    /// heard of it by then.
    pub async fn maintain(&self, db: &GlobalDb<'_>, secret: &Secret, now: DateTime<Utc>) -> Result<()> {
        self.reload(db, secret, now).await?;
        if self.signing(now + ROTATED_BEFORE).is_none() {
            self.rotate(db, secret, now).await?;
        }
        Ok(())
    }

    /// Makes a new key to sign with from now on. The previous ones go on verifying.
    pub async fn rotate(&self, db: &GlobalDb<'_>, secret: &Secret, now: DateTime<Utc>) -> Result<String> {
        let pair = Ed25519KeyPair::generate().map_err(Error::internal)?;
        let private = pair.to_pkcs8v1().map_err(Error::internal)?;
        let kid = Uuid::now_v7().simple().to_string();
        db.insert(signing_key::ActiveModel {
            kid: Set(kid.clone()),
            sealed_private_key: Set(secret.seal(private.as_ref(), PURPOSE)?),
            public_key: Set(pair.public_key().as_ref().to_vec()),
            created_at: Set(now),
            signs_until: Set(now + SIGNS),
            verifies_until: Set(now + SIGNS + VERIFIES_LONGER),
        })
        .await?;
        self.reload(db, secret, now).await?;
        Ok(kid)
    }

    /// Reads the keys that still verify, for instance after another replica made one.
    pub async fn reload(&self, db: &GlobalDb<'_>, secret: &Secret, now: DateTime<Utc>) -> Result<()> {
        let rows = db
            .all(
                signing_key::Entity::find()
                    .filter(signing_key::Column::VerifiesUntil.gt(now))
                    .order_by_desc(signing_key::Column::CreatedAt)
                    .limit(MOST_KEYS),
            )
            .await?;
        let keys = rows
            .into_iter()
            .map(|row| {
                Ok(Key {
                    signing: EncodingKey::from_ed_der(&secret.open(&row.sealed_private_key, PURPOSE).ok_or_else(
                        || Error::internal("a signing key in the database was sealed with another HIKITSUGI_SECRET"),
                    )?),
                    verifying: DecodingKey::from_ed_der(&row.public_key),
                    kid: row.kid,
                    signs_until: row.signs_until,
                    verifies_until: row.verifies_until,
                    public: row.public_key,
                })
            })
            .collect::<Result<Vec<_>>>()?;
        *self.keys.write() = Arc::new(keys);
        Ok(())
    }

    /// Reads them because a name is not known: another replica may have made it. Whoever comes meanwhile waits for the same
    /// look; whoever comes a moment later has its outcome.
    pub async fn look_again(&self, db: &GlobalDb<'_>, secret: &Secret, now: DateTime<Utc>) -> Result<()> {
        let mut looked_again = self.looked_again.lock().await;
        if let Some((at, outcome)) = looked_again.as_ref()
            && at.elapsed() < LOOKED_AGAIN_EVERY
        {
            return outcome.clone();
        }
        let outcome = self.reload(db, secret, now).await;
        *looked_again = Some((Instant::now(), outcome.clone()));
        outcome
    }

    /// Runs `with` on the newest key that may sign.
    pub fn signing(&self, now: DateTime<Utc>) -> Option<SigningKey> {
        let keys = Arc::clone(&self.keys.read());
        let index = keys.iter().position(|key| key.signs_until > now)?;
        Some(SigningKey { keys, index })
    }

    /// The key of this name, if it still verifies.
    pub fn verifying(&self, kid: &str, now: DateTime<Utc>) -> Option<SigningKey> {
        let keys = Arc::clone(&self.keys.read());
        let index = keys.iter().position(|key| key.kid == kid && key.verifies_until > now)?;
        Some(SigningKey { keys, index })
    }

    /// The JSON Web Key Set (RFC 7517, RFC 8037) for those who verify our tokens.
    pub fn jwks(&self, now: DateTime<Utc>) -> Value {
        let keys = Arc::clone(&self.keys.read());
        let live = keys.iter().filter(|key| key.verifies_until > now);
        let set: Vec<Value> = live
            .map(|key| {
                json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig",
                        "kid": key.kid, "x": URL_SAFE_NO_PAD.encode(&key.public) })
            })
            .collect();
        json!({ "keys": set })
    }
}

/// A key held while it is used.
pub struct SigningKey {
    keys: Arc<Vec<Key>>,
    index: usize,
}

impl std::ops::Deref for SigningKey {
    type Target = Key;

    fn deref(&self) -> &Key {
        &self.keys[self.index]
    }
}
