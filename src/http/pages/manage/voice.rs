//! How a page speaks to one reader at one moment: the language, and times and prices in it.

use chrono_tz::Tz;

use crate::domain::money::Money;
use crate::domain::sales_unit::Provider;
use crate::domain::time::Timestamp;
use crate::http::pages::visitor::Visitor;
use crate::words::{self, Language};

/// Words of ours with a provider's name. They are written with that of Vipps, over whom most payments are made; nobody's
/// own words go through here.
pub(super) fn named(words: &str, provider: Provider) -> String {
    words.replace("Vipps", provider.name())
}

/// The language, where the clocks stand, and what time it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Voice {
    /// The language.
    pub(super) language: Language,
    /// Where the clocks stand.
    pub(super) zone: Tz,
    /// What time it is.
    pub(super) now: Timestamp,
}

impl Voice {
    /// The voice for a visitor.
    pub(super) fn for_visitor(visitor: &Visitor) -> Self {
        let (language, zone) = (visitor.frame.language, visitor.app.settings.time_zone);
        Self { language, zone, now: visitor.app.clock.now() }
    }

    /// One of two texts.
    pub(super) fn pick(self, nb: &'static str, en: &'static str) -> &'static str {
        if self.language.is_nb() { nb } else { en }
    }

    /// A moment for a row of a table.
    pub(super) fn short(self, at: Timestamp) -> String {
        words::short_moment(self.now, at, self.zone, self.language)
    }

    /// From when to when.
    pub(super) fn stretch(self, from: Timestamp, to: Timestamp) -> String {
        words::stretch(self.now, from, to, self.zone, self.language)
    }

    /// A price.
    pub(super) fn price(self, price: Money) -> String {
        words::price(price, self.language)
    }
}
