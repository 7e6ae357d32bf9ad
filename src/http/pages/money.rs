//! Where the money of an order is, in words for the one who paid it. The sums decide; nothing here counts anything else.

use super::Language;
use super::Tone;
use crate::domain::money::{Money, Ore};
use crate::domain::order::{self, OrderStatus, RefundStatus};
use crate::store::orders::OrderView;
use crate::words;

/// What became of money that was paid for a seat that is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoneyBack {
    /// There was none.
    Nothing,
    /// It is on its way back.
    OnItsWay,
    /// It is back.
    Returned,
    /// It was paid outside the provider, and comes back the same way.
    Outside,
}

impl MoneyBack {
    /// What the order's sums say.
    pub fn of(view: &OrderView) -> Self {
        let sums = order::sums(&view.order, &view.attempts, &view.refunds);
        if view.order.sale {
            Self::Outside
        } else if !sums.authorized.is_positive() {
            Self::Nothing
        } else if sums.left().is_positive() {
            Self::OnItsWay
        } else {
            Self::Returned
        }
    }

    /// In words.
    pub fn words(self, language: Language) -> &'static str {
        match self {
            Self::Nothing => language.pick("Du er ikke trukket for noe.", "You have not been charged."),
            Self::OnItsWay => {
                language.pick("Pengene er på vei tilbake til deg.", "Your money is on its way back to you.")
            }
            Self::Returned => language.pick("Pengene er gitt tilbake.", "Your money has been returned."),
            Self::Outside => language.pick(
                "Du betalte utenom Vipps. Pengene får du igjen fra arrangøren.",
                "You paid outside Vipps. The organizer gives you the money back.",
            ),
        }
    }
}

/// How an order stands, in a few words and with a color.
pub fn order_words(view: &OrderView, is_payable: bool, language: Language) -> (&'static str, Tone) {
    let (nb, en, tone) = match view.order.status {
        OrderStatus::Initiate if is_payable => ("Ikke betalt ennå", "Not paid yet", Tone::Open),
        OrderStatus::Initiate => ("Venter på svar fra Vipps", "Waiting for Vipps", Tone::Waiting),
        // It is taken a moment later; nobody has anything to do about it.
        OrderStatus::Reserved | OrderStatus::Capture => ("Betalt", "Paid", Tone::Good),
        OrderStatus::Sale => ("Betalt utenom Vipps", "Paid outside Vipps", Tone::Good),
        OrderStatus::Refund => ("Gitt tilbake", "Given back", Tone::Over),
        OrderStatus::Void => ("Sluppet fri, ikke trukket", "Released, not charged", Tone::Over),
        OrderStatus::Cancel => ("Ikke betalt", "Not paid", Tone::Over),
    };
    (language.pick(nb, en), tone)
}

/// What was given back of an order or is on its way, oldest first, a line for each.
pub fn refund_lines(view: &OrderView, language: Language) -> Vec<String> {
    let price = |amount: Ore| words::price(Money { amount, currency: view.order.price.currency }, language);
    let line = |amount: Ore, status| {
        let (nb, en) = match status {
            RefundStatus::Pending => ("er på vei tilbake til deg", "is on its way back to you"),
            RefundStatus::Done => ("er gitt tilbake", "has been given back"),
            RefundStatus::Refused => ("kunne ikke gis tilbake i Vipps", "could not be given back through Vipps"),
        };
        format!("{} {}.", price(amount), language.pick(nb, en))
    };
    let mut lines: Vec<String> = view.refunds.iter().map(|refund| line(refund.amount, refund.status)).collect();
    if lines.is_empty() && !view.registration.is_active() && MoneyBack::of(view) == MoneyBack::OnItsWay {
        lines.push(MoneyBack::OnItsWay.words(language).to_owned());
    }
    lines
}
