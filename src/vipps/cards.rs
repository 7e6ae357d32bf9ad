//! What the port says of providers that charge stored cards: who a customer is, the provider's page on which a card is
//! registered, and what came of it. No number of a card is ever here.

use super::ProviderError;

/// A person as a provider that keeps cards knows him.
#[derive(Clone, PartialEq, Eq)]
pub struct NewCustomer {
    /// Our name for the person there.
    pub reference: String,
    /// The address.
    pub email: String,
    /// The first name.
    pub first_name: String,
    /// The last name.
    pub last_name: String,
}

impl std::fmt::Debug for NewCustomer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewCustomer").field("reference", &self.reference).finish_non_exhaustive()
    }
}

/// The provider's page on which a card is registered.
#[derive(Clone, PartialEq, Eq)]
pub struct CardPage {
    /// Where the person types the card in.
    pub url: String,
    /// What the provider knows the page by. It is kept sealed.
    pub token: String,
}

impl std::fmt::Debug for CardPage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CardPage(hidden)")
    }
}

/// What came of a page on which a card is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardOutcome {
    /// The person is not done yet.
    Waiting,
    /// The card is attached to the person.
    Attached,
    /// No card came of it.
    Failed,
}

/// The answer of a provider that keeps no cards.
pub(super) fn not_offered() -> ProviderError {
    ProviderError::Unavailable { reason: "this provider keeps no cards".to_owned(), retry_after: None }
}
