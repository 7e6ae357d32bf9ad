//! The words that a field of the API may hold, for its description. They are the domain's own words: a state that is
//! added there is described here without anybody writing it down again.

use std::borrow::Cow;

use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::problems::problems;
use crate::domain::attempt::AttemptState;
use crate::domain::attention::{Act, AttentionReason};
use crate::domain::books::By;
use crate::domain::effect::EffectKind;
use crate::domain::fault::Fault;
use crate::domain::group::{GroupKind, MemberRole};
use crate::domain::ledger::MovementKind;
use crate::domain::money::Currency;
use crate::domain::operation::{KINDS, OperationState};
use crate::domain::order::{OrderStatus, RefundStatus};
use crate::domain::permission::{Permission, Role};
use crate::domain::registration::EndedReason;
use crate::domain::sales_unit::{Environment, Provider};
use crate::domain::trail::Happening;
use crate::flows::door::take::DoorState;

/// Where a registration may stand.
pub(crate) const REGISTRATION_STATUSES: [&str; 4] = ["confirmed", "awaiting_payment", "waitlisted", "ended"];

/// Why a connection to the provider may not be good.
pub(crate) const CONNECTION_TROUBLES: [&str; 2] = ["keys_refused", "no_answer"];

macro_rules! words {
    ($($(#[doc = $about:literal])* $name:ident is $schema:literal: $words:expr;)*) => {$(
        $(#[doc = $about])*
        pub(crate) enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let about = [$($about),*].concat();
                ObjectBuilder::new()
                    .schema_type(SchemaType::new(Type::String))
                    .description(Some(about.trim()))
                    .enum_values(Some($words))
                    .into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed($schema)
            }
        }
    )*};
}

words! {
    /// What sort of group it is.
    GroupKindWord is "GroupKind": GroupKind::ALL.map(GroupKind::word);
    /// As what somebody belongs to a group.
    MemberRoleWord is "MemberRole": MemberRole::ALL.map(MemberRole::word);
    /// One thing that somebody may do.
    PermissionWord is "Permission": Permission::ALL.map(Permission::word);
    /// The name of a role.
    RoleWord is "RoleName": Role::ALL.map(Role::word);
    /// An ISO 4217 code.
    CurrencyWord is "Currency": Currency::ALL.map(Currency::code);
    /// With which payment provider an agreement is, over which of its APIs.
    ProviderWord is "Provider": Provider::ALL.map(Provider::word);
    /// What a report of the books is filed by.
    BooksByWord is "BooksBy": By::ALL.map(By::word);
    /// What an amount did. `authorized`: reserved by the payer. `captured`: taken. `refunded`: given back. `cancelled`: let
    /// go without having been taken.
    MovementWord is "Movement": MovementKind::ALL.map(MovementKind::word);
    /// What is done at a provider. `create`: a payment is made, or a stored card charged. `close`: a payment that nobody
    /// approved is ended. `capture`: reserved money is taken. `release`: it is let go. `refund`: taken money is given back.
    OperationKindWord is "ProviderOperationKind": KINDS.map(EffectKind::word);
    /// Where something stands that goes to a provider. `waiting`: certainly not done, and it goes out when its time comes.
    /// `unanswered`: sent, or just being sent, and no answer is known; it may have been done. `done`: the provider said
    /// yes. `refused`: it said no. `given_up`: nobody tries it any more, because it was withdrawn, things had turned out
    /// otherwise, or a person settled it.
    OperationStateWord is "ProviderOperationState": OperationState::ALL.map(OperationState::word);
    /// Whether money is real (`production`) or made up (`test`).
    EnvironmentWord is "Environment": Environment::ALL.map(Environment::word);
    /// Why a connection is not good. `keys_refused`: the provider answered that the keys are not good. `no_answer`: it
    /// did not answer.
    ConnectionTroubleWord is "ConnectionTroubleReason": CONNECTION_TROUBLES;
    /// Where a registration stands.
    RegistrationStatusWord is "RegistrationStatus": REGISTRATION_STATUSES;
    /// Why a registration ended.
    EndedReasonWord is "EndedReason": EndedReason::ALL.map(EndedReason::word);
    /// How a payment at the door stands. `idle`: nothing is under way. `starting`: it is being made; whatever was open
    /// before ends first. `on_the_phone`: the person can approve. `not_reached`: the provider would not; it does not say
    /// whether it knows the number. `not_approved`: ended on the phone, or not approved in time. `over`: the registration
    /// ended, or the time to pay.
    DoorStateWord is "DoorState": DoorState::WORDS;
    /// Where an order stands. `INITIATE`: open. `RESERVED`: approved, not yet taken. `CAPTURE`: taken. `REFUND`: all
    /// given back. `VOID`: approved, then released. `CANCEL`: ended without ever having been approved. `SALE`: settled
    /// outside the provider.
    OrderStatusWord is "OrderStatus": OrderStatus::ALL.map(OrderStatus::word);
    /// Where a payment at the provider stands.
    AttemptStateWord is "AttemptState": AttemptState::ALL.map(AttemptState::word);
    /// Where a refund stands.
    RefundStatusWord is "RefundStatus":
        [RefundStatus::Pending, RefundStatus::Done, RefundStatus::Refused].map(RefundStatus::word);
    /// What a person must look at.
    AttentionReasonWord is "AttentionReason": AttentionReason::ALL.map(AttentionReason::word);
    /// What a person can do about an order that needs one. `try_again`: the provider is asked, and what is still missing
    /// is done anew. `paid_outside`: the seat was paid outside the provider, whatever it holds goes back.
    /// `settled_elsewhere`: what is left stays as it is.
    ActWord is "Act": Act::ALL.map(Act::word);
    /// What happened to an order and to its seat.
    HappeningWord is "Happening": Happening::ALL.map(Happening::word);
    /// What kind of somebody caused something.
    ActorKindWord is "ActorKind": ["member", "organizer", "system", "payer"];
    /// How a token is sent.
    TokenTypeWord is "TokenType": ["Bearer"];
    /// How a process is.
    HealthWord is "HealthStatus": ["live", "ready"];
    /// The stable code of a field that is wrong.
    FieldCodeWord is "FieldCode": Fault::CODES;
    /// The stable code of a problem: what clients branch on.
    ProblemCodeWord is "ProblemCode": problems().map(|kind| kind.code);
}
