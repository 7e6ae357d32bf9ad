//! The requests of the provider's API, as they come over the wire.
//!
//! An own reading of the contract, shared with nobody: unknown fields are refused. What the fields must hold is
//! checked in `request`.

use serde::Deserialize;
use serde_json::{Map, Value};

/// An amount in minor units.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Amount {
    pub(super) currency: Currency,
    pub(super) value: i64,
}

/// The currencies of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum Currency {
    /// Norwegian kroner.
    #[serde(rename = "NOK")]
    Nok,
    /// Danish kroner.
    #[serde(rename = "DKK")]
    Dkk,
    /// Euro.
    #[serde(rename = "EUR")]
    Eur,
}

/// `POST /payments`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CreatePayment {
    pub(super) amount: Amount,
    pub(super) payment_method: PaymentMethod,
    pub(super) reference: String,
    pub(super) user_flow: UserFlow,
    pub(super) customer: Option<Customer>,
    pub(super) return_url: Option<String>,
    pub(super) payment_description: Option<String>,
    pub(super) expires_at: Option<String>,
    pub(super) profile: Option<Profile>,
    pub(super) metadata: Option<Map<String, Value>>,
    pub(super) receipt: Option<Receipt>,
    pub(super) receipt_url: Option<String>,
    pub(super) merchant_legal_links: Option<LegalLinks>,
    #[serde(rename = "customerInteraction")]
    _customer_interaction: Option<CustomerInteraction>,
    pub(super) qr_format: Option<QrFormat>,
    #[serde(rename = "minimumUserAge")]
    _minimum_user_age: Option<u8>,
    #[serde(rename = "industryData")]
    _industry_data: Option<Value>,
    #[serde(rename = "blockedSources")]
    _blocked_sources: Option<Value>,
    #[serde(rename = "shipping")]
    _shipping: Option<Value>,
}

/// How the payer pays.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PaymentMethod {
    pub(super) r#type: MethodType,
}

/// The ways to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum MethodType {
    /// With a card in the app.
    Wallet,
    /// With a card outside the app.
    Card,
    /// For payment service providers.
    CardPassthrough,
}

/// How the payer comes to the payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum UserFlow {
    /// Through a landing page.
    WebRedirect,
    /// Straight into the app.
    NativeRedirect,
    /// By a message on the phone.
    PushMessage,
    /// By scanning a code.
    Qr,
}

/// Where the payer is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum CustomerInteraction {
    /// At the door.
    CustomerPresent,
    /// Elsewhere.
    CustomerNotPresent,
}

/// The payer, by exactly one of these.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Customer {
    pub(super) phone_number: Option<String>,
    pub(super) personal_qr: Option<String>,
    pub(super) customer_token: Option<String>,
}

/// What the payer is asked to share.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Profile {
    pub(super) scope: Option<String>,
}

/// Links the app shows.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LegalLinks {
    pub(super) terms_of_sale_url: Option<String>,
    pub(super) privacy_policy_url: Option<String>,
}

/// The form of a QR code.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct QrFormat {
    pub(super) format: String,
    #[serde(rename = "size")]
    _size: Option<u16>,
}

/// What was bought.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Receipt {
    pub(super) order_lines: Vec<OrderLine>,
    pub(super) bottom_line: BottomLine,
}

/// One line of a receipt.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct OrderLine {
    pub(super) name: String,
    pub(super) id: String,
    #[serde(rename = "totalAmount")]
    _total_amount: i64,
    #[serde(rename = "totalAmountExcludingTax")]
    _total_amount_excluding_tax: i64,
    #[serde(rename = "totalTaxAmount")]
    _total_tax_amount: i64,
    pub(super) tax_rate: Option<i64>,
    pub(super) tax_percentage: Option<i64>,
    #[serde(rename = "unitInfo")]
    _unit_info: Option<UnitInfo>,
    #[serde(rename = "discount")]
    _discount: Option<i64>,
    #[serde(rename = "productUrl")]
    _product_url: Option<String>,
    #[serde(rename = "isReturn")]
    _is_return: Option<bool>,
    #[serde(rename = "isShipping")]
    _is_shipping: Option<bool>,
}

/// Price and number of a line.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UnitInfo {
    #[serde(rename = "unitPrice")]
    _unit_price: i64,
    #[serde(rename = "quantity")]
    _quantity: String,
    #[serde(rename = "quantityUnit")]
    _quantity_unit: Option<String>,
}

/// The sum of a receipt; the deprecated fields of the contract are refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BottomLine {
    pub(super) currency: Currency,
    #[serde(rename = "tipAmount")]
    _tip_amount: Option<i64>,
    #[serde(rename = "posId")]
    _pos_id: Option<String>,
    #[serde(rename = "paymentSources")]
    _payment_sources: Option<Value>,
    #[serde(rename = "barcode")]
    _barcode: Option<Value>,
    #[serde(rename = "receiptNumber")]
    _receipt_number: Option<String>,
}

/// `POST …/capture` and `POST …/refund`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Modification {
    pub(super) modification_amount: Amount,
}

/// `POST …/cancel`; the body may be empty.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Cancel {
    pub(super) cancel_transaction_only: Option<bool>,
}

/// `POST /test/payments/{reference}/approve`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ForceApprove {
    pub(super) customer: Option<Customer>,
    pub(super) token: Option<String>,
}

/// `POST /webhooks/v1/webhooks`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Register {
    pub(super) url: String,
    pub(super) events: Vec<String>,
}
