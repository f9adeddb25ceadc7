//! The operator's secret, from which the keys of the process are derived (HKDF-SHA-256, RFC 5869).

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::hmac;

use crate::error::Error;

/// Derived keys. Prints nothing of itself.
pub struct Secret {
    seal: LessSafeKey,
    cursors: hmac::Key,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

struct Length;

impl KeyType for Length {
    fn len(&self) -> usize {
        32
    }
}

impl Secret {
    /// Derives the keys from the operator's secret.
    pub fn new(secret: &str) -> Result<Self, Error> {
        let derive = |purpose: &[u8]| -> Result<[u8; 32], Error> {
            let mut key = [0; 32];
            Salt::new(HKDF_SHA256, b"hikitsugi v1")
                .extract(secret.as_bytes())
                .expand(&[purpose], Length)
                .and_then(|okm| okm.fill(&mut key))
                .map_err(Error::internal)?;
            Ok(key)
        };
        let seal = UnboundKey::new(&AES_256_GCM, &derive(b"seal signing keys")?).map_err(Error::internal)?;
        Ok(Self {
            seal: LessSafeKey::new(seal),
            cursors: hmac::Key::new(hmac::HMAC_SHA256, &derive(b"authenticate cursors")?),
        })
    }

    /// Encrypts what must not lie in the database in clear (AES-256-GCM, random nonce in front). It opens only for the
    /// same `purpose`.
    pub fn seal(&self, plain: &[u8], purpose: &[u8]) -> Result<Vec<u8>, Error> {
        let mut nonce = [0; NONCE_LEN];
        aws_lc_rs::rand::fill(&mut nonce).map_err(Error::internal)?;
        let mut sealed = plain.to_vec();
        self.seal
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(purpose), &mut sealed)
            .map_err(Error::internal)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Decrypts what [`seal`](Self::seal) made. Fails under another secret or purpose.
    pub fn open(&self, sealed: &[u8], purpose: &[u8]) -> Option<Vec<u8>> {
        let (nonce, body) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut body = body.to_vec();
        let plain = self.seal.open_in_place(nonce, Aad::from(purpose), &mut body).ok()?;
        Some(plain.to_vec())
    }

    /// The tag of a cursor: 16 bytes of HMAC-SHA-256.
    pub fn cursor_tag(&self, parts: &[&[u8]]) -> [u8; 16] {
        let mut context = hmac::Context::with_key(&self.cursors);
        for part in parts {
            // Lengths in front keep ("ab", "c") and ("a", "bc") apart.
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part);
        }
        let mut tag = [0; 16];
        tag.copy_from_slice(&context.sign().as_ref()[..16]);
        tag
    }
}
