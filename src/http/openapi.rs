//! The description of the API, generated from the code.

/// The description as JSON.
pub fn document() -> String {
    String::new()
}
