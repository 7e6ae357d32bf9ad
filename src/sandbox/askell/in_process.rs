//! Áskell without its sockets. The reading of the contract is the API's own.

use super::account::{State, TestCard};
use super::api::{Call, Operation, handle};
use super::{bells, control};
use crate::clock::Timestamp;
use crate::sandbox::call::Answer;
use crate::sandbox::in_process::InProcess;
use crate::sandbox::world::World;

/// The one account that there is.
const ACCOUNT: &str = "simulation";

/// A payment as it truly stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargeSeen {
    /// Áskell's id of it.
    pub id: String,
    /// The name that whoever made it gave it; nothing says that there is only one of that name.
    pub reference: String,
    /// Whose card is charged.
    pub customer: String,
    /// Áskell's word for its state.
    pub state: &'static str,
    /// How much, as a decimal number.
    pub amount: String,
    /// True when all of it went back.
    pub is_refunded: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A webhook on its way, signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BellSent {
    /// The header `Hook-HMAC`.
    pub signature: String,
    /// The body.
    pub body: String,
}

/// One call by the account.
pub(in crate::sandbox) fn ask(
    world: &mut World,
    (operation, name): (Operation, &str),
    body: &str,
    now: Timestamp,
) -> Answer {
    let call = Call {
        operation,
        account: ACCOUNT.to_owned(),
        name: name.to_owned(),
        page: name.parse().unwrap_or(1),
        body: body.as_bytes().to_vec(),
        has_json: true,
    };
    let (answer, ..) = handle(world, &call, now);
    answer
}

impl InProcess {
    /// Somebody types a card in on a page; false when there is no such page.
    pub fn type_in(&self, token: &str, card: TestCard) -> bool {
        let mut world = self.world();
        let went_on = world.askell.type_in(token, card.stage()).is_some();
        drop(world.take_changes());
        went_on
    }

    /// The bank, or somebody in Áskell's portal, does something to the newest payment of this name, in the words of the
    /// control port; false when that cannot be.
    pub fn act_at_askell(&self, reference: &str, act: &str) -> bool {
        let now = self.now();
        let mut world = self.world();
        let done = control::act(&mut world, reference, act, now).is_some_and(|done| done.is_ok());
        drop(world.take_changes());
        done
    }

    /// All payments at Áskell as they truly stand now, oldest first.
    pub fn charges(&self) -> Vec<ChargeSeen> {
        let mut world = self.world();
        world.catch_up(self.now());
        drop(world.take_changes());
        let seen = world.askell.all_payments().map(|payment| ChargeSeen {
            id: payment.uuid.clone(),
            reference: payment.reference.clone().unwrap_or_default(),
            customer: payment.customer.clone(),
            state: match payment.state {
                State::Pending => "pending",
                State::Settled => "settled",
                State::Failed => "failed",
                State::Retrying => "retrying",
            },
            amount: payment.amount.clone(),
            is_refunded: payment.refund_code.is_some(),
            created_at: payment.created_at,
        });
        seen.collect()
    }

    /// The numbers of Áskell's webhooks that were not delivered yet, oldest first.
    pub fn bells(&self) -> Vec<u64> {
        let mut world = self.world();
        world.catch_up(self.now());
        drop(world.take_changes());
        world.askell.on_their_way().map(|(bell, _)| bell.number).collect()
    }

    /// A webhook of Áskell as it goes out.
    pub fn bell(&self, number: u64) -> Option<BellSent> {
        let world = self.world();
        let (bell, hook) = world.askell.on_their_way().find(|(bell, _)| bell.number == number)?;
        Some(BellSent { signature: bells::sign(&hook.secret, &bell.body), body: bell.body.clone() })
    }

    /// A webhook with another body, signed like Áskell's own: what somebody could send who knows the secret.
    pub fn bell_saying(&self, body: &str) -> Option<BellSent> {
        let world = self.world();
        let hook = world.askell.hooks(ACCOUNT).last()?;
        Some(BellSent { signature: bells::sign(&hook.secret, body), body: body.to_owned() })
    }

    /// A webhook of Áskell was sent, or is lost: it does not come again.
    pub fn forget_bell(&self, number: u64) {
        let mut world = self.world();
        world.askell.sent(number);
        drop(world.take_changes());
    }
}
