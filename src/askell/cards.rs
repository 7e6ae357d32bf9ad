//! Customers and their cards. A card is typed in on the provider's own page; what comes back is a token, which is
//! attached to the customer and forgotten. Nothing here ever sees a number.

use reqwest::{Method, Url};
use serde::{Deserialize, Serialize};

use super::call::{Call, Caller, Kind};
use super::wire::{Unreadable, json};
use crate::vipps::transport::segment;
use crate::vipps::{CardOutcome, CardPage, NewCustomer, ProviderError};

#[derive(Serialize)]
struct CustomerOut<'a> {
    customer_reference: &'a str,
    email: &'a str,
    first_name: &'a str,
    last_name: &'a str,
}

#[derive(Serialize)]
struct CheckoutOut<'a> {
    payment_processor: &'a str,
    currency: &'a str,
    // No amount is named, so whatever becomes of it, nothing is charged.
    capture_only: bool,
    return_url: &'a str,
}

#[derive(Deserialize)]
struct CheckoutIn {
    token: String,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    checkout_url: Option<String>,
}

#[derive(Deserialize)]
struct StateIn {
    state: String,
}

#[derive(Serialize)]
struct MethodOut<'a> {
    customer_reference: &'a str,
    token: &'a str,
}

/// Makes a person known. The reference is ours, so that a second one is never made: it is looked for first, and a
/// refusal may mean that somebody else made it meanwhile.
pub(super) async fn ensure_customer(caller: &Caller, customer: &NewCustomer) -> Result<(), ProviderError> {
    if is_known(caller, &customer.reference).await? {
        return Ok(());
    }
    let body = json(&CustomerOut {
        customer_reference: &customer.reference,
        email: &customer.email,
        first_name: &customer.first_name,
        last_name: &customer.last_name,
    });
    match post(caller, "POST customers", "/customers/", &body).await {
        Ok(()) => Ok(()),
        Err(error) if is_known(caller, &customer.reference).await? => {
            tracing::info!(%error, "the customer was known by then");
            Ok(())
        }
        Err(error) => Err(error),
    }
}

async fn post(caller: &Caller, endpoint: &'static str, path: &str, body: &str) -> Result<(), ProviderError> {
    let call = Call { endpoint, kind: Kind::Changes, method: Method::POST, path: path.to_owned(), body };
    caller.call(&call).await.map(|_done| ())
}

async fn is_known(caller: &Caller, reference: &str) -> Result<bool, ProviderError> {
    let call = Call {
        endpoint: "GET customers/{reference}",
        kind: Kind::Reads,
        method: Method::GET,
        path: format!("/customers/{}/", segment(reference)),
        body: "",
    };
    match caller.call(&call).await {
        Ok(_customer) => Ok(true),
        Err(ProviderError::Refused { status: 404, .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Opens a hosted checkout that only takes a card down.
pub(super) async fn open_page(
    caller: &Caller,
    payment_processor: &str,
    return_url: &str,
) -> Result<CardPage, ProviderError> {
    let call = Call {
        endpoint: "POST checkouts",
        kind: Kind::Changes,
        method: Method::POST,
        path: "/checkouts/".to_owned(),
        body: &json(&CheckoutOut { payment_processor, currency: "ISK", capture_only: true, return_url }),
    };
    let made: CheckoutIn = caller.call(&call).await?.read().map_err(|error| call.unreadable(&error))?;
    let page = made.url.or(made.checkout_url).filter(|url| is_page(url));
    let url = page.ok_or_else(|| call.unreadable(&Unreadable("the checkout has no page".to_owned())))?;
    Ok(CardPage { url, token: made.token })
}

/// People are sent to web pages only.
fn is_page(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.has_host())
}

/// What came of a page; a card that was registered is attached to the customer.
pub(super) async fn take(caller: &Caller, customer: &str, token: &str) -> Result<CardOutcome, ProviderError> {
    let call = Call {
        endpoint: "GET checkouts/{token}",
        kind: Kind::Reads,
        method: Method::GET,
        path: format!("/checkouts/{}/", segment(token)),
        body: "",
    };
    let body = match caller.call(&call).await {
        Ok(body) => body,
        Err(ProviderError::Refused { status: 404, .. }) => return Ok(CardOutcome::Failed),
        Err(error) => return Err(error),
    };
    let checkout: StateIn = body.read().map_err(|error| call.unreadable(&error))?;
    match checkout.state.as_str() {
        "tokencreated" => attach(caller, customer, token).await,
        "failed" => Ok(CardOutcome::Failed),
        _ => Ok(CardOutcome::Waiting),
    }
}

async fn attach(caller: &Caller, customer: &str, token: &str) -> Result<CardOutcome, ProviderError> {
    let body = json(&MethodOut { customer_reference: customer, token });
    match post(caller, "POST customers/paymentmethod", "/customers/paymentmethod/", &body).await {
        Ok(()) => Ok(CardOutcome::Attached),
        // The token is spent or was never good: another page makes another one.
        Err(ProviderError::Refused { .. }) => Ok(CardOutcome::Failed),
        Err(error) => Err(error),
    }
}
