//! Random tokens of which the database keeps the hash only.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::error::Error;

/// A random 256-bit token, shown once.
pub struct OpaqueToken {
    /// What the holder keeps.
    pub text: String,
    /// What the database keeps: SHA-256. A slow hash adds nothing to 256 random bits.
    pub hash: Vec<u8>,
}

impl OpaqueToken {
    /// A new one.
    pub fn generate() -> Result<Self, Error> {
        let mut bytes = [0; 32];
        aws_lc_rs::rand::fill(&mut bytes).map_err(Error::internal)?;
        let text = URL_SAFE_NO_PAD.encode(bytes);
        let hash = Self::hash(&text);
        Ok(Self { text, hash })
    }

    /// The hash of a token that somebody shows.
    pub fn hash(text: &str) -> Vec<u8> {
        Sha256::digest(text.as_bytes()).to_vec()
    }
}
