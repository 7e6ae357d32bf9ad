//! The sandbox's own small source of chance: splitmix64.
//!
//! The same seed gives the same numbers on every machine, so a failure can be repeated. Nothing here is fit to
//! guard anything; the sandbox has nothing to guard.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use uuid::Uuid;

/// A stream of numbers that depends on its seed alone.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// A stream that begins at `seed`.
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// True in `per_million` of a million draws.
    pub(super) fn happens(&mut self, per_million: u64) -> bool {
        self.next() % 1_000_000 < per_million
    }

    /// A random-looking UUID.
    pub(super) fn uuid(&mut self) -> Uuid {
        let (high, low) = (self.next(), self.next());
        uuid::Builder::from_random_bytes(Uuid::from_u64_pair(high, low).into_bytes()).into_uuid()
    }

    /// A secret in the provider's form: 64 bytes as 88 characters of base64.
    pub(super) fn secret(&mut self) -> String {
        let bytes: Vec<u8> = (0..8).flat_map(|_| self.next().to_le_bytes()).collect();
        STANDARD.encode(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let (mut one, mut two) = (Random::new(7), Random::new(7));
        assert_eq!((one.next(), one.uuid(), one.secret()), (two.next(), two.uuid(), two.secret()));
        assert_ne!(one.next(), Random::new(8).next());
        assert_eq!(one.secret().len(), 88);
    }

    #[test]
    fn the_numbers_are_those_of_the_published_algorithm() {
        assert_eq!(Random::new(0).next(), 0xE220_A839_7B1D_CDAF);
    }
}
