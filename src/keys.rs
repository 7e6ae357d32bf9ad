//! The master key and what is derived from it. No key ever leaves in a log, an answer or a backup of the database.

/// The keys of the house.
pub struct Keys {
    _private: (),
}
