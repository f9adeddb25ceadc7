//! Password hashing: argon2id with OWASP's parameters, off the async threads, a bounded number at a time.

use std::sync::Arc;

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, PasswordHash, Version};
use domain::password::{self, Weak};
use tokio::sync::Semaphore;

use crate::error::Error;

/// OWASP Password Storage Cheat Sheet: argon2id, 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Hashes and verifies. At most as many at once as there are cores, so that a flood of sign-ins cannot take all memory.
#[derive(Clone)]
pub struct Passwords {
    permits: Arc<Semaphore>,
    argon2: Argon2<'static>,
    /// Verified when the e-mail is unknown, so that known and unknown ones take the same time.
    decoy: Arc<str>,
}

impl Passwords {
    /// Makes the hasher of the process.
    pub fn new() -> Result<Self, Error> {
        let params =
            Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| Error::internal(error.to_string()))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let decoy = hash(&argon2, "a password that nobody has")?;
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Ok(Self {
            permits: Arc::new(Semaphore::new(cores)),
            argon2,
            decoy: decoy.into(),
        })
    }

    /// Whether a new password is hard enough to guess for somebody who knows `hints` about the person. Judging one is
    /// costly enough to keep it off the async threads too.
    pub async fn judge(&self, new: String, hints: Vec<String>) -> Result<std::result::Result<(), Weak>, Error> {
        self.blocking(move || {
            let hints: Vec<&str> = hints.iter().map(String::as_str).collect();
            password::check(&new, &hints)
        })
        .await
    }

    /// The PHC string of a password.
    pub async fn hash(&self, password: String) -> Result<String, Error> {
        let argon2 = self.argon2.clone();
        self.blocking(move || hash(&argon2, &password)).await?
    }

    /// Whether the password is that of `stored`; with nothing stored it takes as long and says no.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<bool, Error> {
        let argon2 = self.argon2.clone();
        let decoy = Arc::clone(&self.decoy);
        self.blocking(move || {
            let known = stored.is_some();
            let phc = stored.as_deref().unwrap_or(&decoy);
            let parsed = PasswordHash::new(phc).map_err(|error| Error::internal(error.to_string()))?;
            Ok(argon2.verify_password(password.as_bytes(), &parsed).is_ok() && known)
        })
        .await?
    }

    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(Error::internal)?;
        // It goes with the work, which runs to its end even when nobody waits for it any more.
        let permitted = move || {
            let _permit = permit;
            work()
        };
        tokio::task::spawn_blocking(permitted).await.map_err(Error::internal)
    }
}

fn hash(argon2: &Argon2<'_>, password: &str) -> Result<String, Error> {
    argon2
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| Error::internal(error.to_string()))
}
