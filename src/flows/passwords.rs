//! Passwords as hashes. Hashing is slow on purpose, so only as many run at once as there are cores, a short queue waits,
//! and whoever comes then is told to come back. An address that nobody has takes as long as one that somebody has.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::domain::refusal::Refusal;
use crate::store::{Stop, StoreError};

/// How many may wait for a hash beyond those that are being made: at some 30 ms each nobody waits for over a second.
const QUEUE_MAX: usize = 32;

/// Makes and compares password hashes.
pub struct Passwords {
    argon: Argon2<'static>,
    at_once: Arc<Semaphore>,
    present: AtomicUsize,
    most: usize,
    /// The hash that is compared when there is none.
    nobody: String,
}

impl Passwords {
    /// With the parameters that OWASP recommends: 19 MiB, two passes, one lane.
    pub fn new() -> Result<Self, Stop> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self::with(19_456, 2, cores)
    }

    /// With the cheapest parameters there are; no secret may depend on them.
    pub fn cheap_for_tests() -> Result<Self, Stop> {
        Self::with(8, 1, 4)
    }

    fn with(memory_kib: u32, passes: u32, at_once: usize) -> Result<Self, Stop> {
        let params = Params::new(memory_kib, passes, 1, None).map_err(|error| hashing(&error))?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let nobody = hash(&argon, "nobody has this password")?;
        Ok(Self {
            argon,
            at_once: Arc::new(Semaphore::new(at_once)),
            present: AtomicUsize::new(0),
            most: at_once + QUEUE_MAX,
            nobody,
        })
    }

    /// The hash to keep for a password of any length.
    pub async fn hash_password(self: &Arc<Self>, password: &str) -> Result<String, Stop> {
        let password = password.to_owned();
        self.in_turn(move |passwords| hash(&passwords.argon, &password)).await
    }

    /// True when the hash is the password's. Without a hash it takes as long and is false.
    pub async fn is_right(self: &Arc<Self>, password: &str, hash: Option<String>) -> Result<bool, Stop> {
        let password = password.to_owned();
        self.in_turn(move |passwords| {
            let known = hash.as_deref().unwrap_or(&passwords.nobody);
            let known = PasswordHash::new(known).map_err(|error| hashing(&error))?;
            let fits = passwords.argon.verify_password(password.as_bytes(), &known).is_ok();
            Ok(fits && hash.is_some())
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, Stop> + Send + 'static,
    ) -> Result<T, Stop> {
        let place = Place::take(self)?;
        let permit = Arc::clone(&self.at_once).acquire_owned().await.map_err(|_closed| StoreError::Closed)?;
        let passwords = Arc::clone(self);
        // Both go along: when the caller hangs up, the hash is still being made and still counts.
        let done = tokio::task::spawn_blocking(move || {
            let result = work(&passwords);
            drop((permit, place));
            result
        });
        done.await.map_err(|_panicked| StoreError::Corrupt("a hashing task panicked".to_owned()))?
    }
}

/// A place among those who hash or wait.
struct Place(Arc<Passwords>);

impl Place {
    fn take(passwords: &Arc<Passwords>) -> Result<Self, Refusal> {
        let place = Self(Arc::clone(passwords));
        if passwords.present.fetch_add(1, Ordering::SeqCst) >= passwords.most {
            return Err(Refusal::Overloaded);
        }
        Ok(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.present.fetch_sub(1, Ordering::SeqCst);
    }
}

fn hash(argon: &Argon2<'_>, password: &str) -> Result<String, Stop> {
    let hash = argon.hash_password(password.as_bytes()).map_err(|error| hashing(&error))?;
    Ok(hash.to_string())
}

fn hashing(error: &dyn std::error::Error) -> Stop {
    StoreError::Corrupt(format!("hashing a password: {error}")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let passwords = Arc::new(Passwords::cheap_for_tests().unwrap());
        let hash = passwords.hash_password("correct horse").await.unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(passwords.is_right("correct horse", Some(hash.clone())).await.unwrap());
        assert!(!passwords.is_right("wrong horse", Some(hash)).await.unwrap());
        assert!(!passwords.is_right("nobody has this password", None).await.unwrap());
    }

    #[tokio::test]
    async fn the_queue_has_an_end() {
        let passwords = Arc::new(Passwords::cheap_for_tests().unwrap());
        let places: Vec<Place> = (0..passwords.most).map(|_| Place::take(&passwords).unwrap()).collect();
        let refused = passwords.hash_password("x").await;
        assert!(matches!(refused, Err(Stop::Refused(Refusal::Overloaded))));
        drop(places);
        assert!(passwords.hash_password("x").await.is_ok());
    }
}
