//! Everything the house may ask the world outside to do. Effects are saved with the change that wants them and run
//! after it; nothing here runs them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::ids::{AttemptId, RefundId};
use super::money::Ore;

/// One thing to do outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Make the payment at the provider, or charge a stored card again that was not charged.
    Create(AttemptId),
    /// Never make it: the create that was waiting is withdrawn.
    WithdrawCreate(AttemptId),
    /// Do something about an attempt's money.
    Money {
        /// Whose money.
        attempt: AttemptId,
        /// What to do.
        act: MoneyAct,
    },
}

/// What can be done about an attempt's money. At most one is open for an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MoneyAct {
    /// End a session that nobody approved.
    Close,
    /// Take reserved money.
    Capture(Ore),
    /// Let reserved money go.
    Release,
    /// Give taken money back.
    Refund {
        /// How much.
        amount: Ore,
        /// For which wish; empty when all of it goes back.
        refund: Option<RefundId>,
    },
}

/// The kinds of effects, as the outbox names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EffectKind {
    /// [`Effect::Create`].
    Create,
    /// [`MoneyAct::Close`].
    Close,
    /// [`MoneyAct::Capture`].
    Capture,
    /// [`MoneyAct::Release`].
    Release,
    /// [`MoneyAct::Refund`].
    Refund,
    /// A letter to somebody: what a write tells people, beside what settling wishes.
    Letter,
}

impl EffectKind {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Create, Self::Close, Self::Capture, Self::Release, Self::Refund, Self::Letter];

    /// The outbox's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Close => "close",
            Self::Capture => "capture",
            Self::Release => "release",
            Self::Refund => "refund",
            Self::Letter => "letter",
        }
    }

    /// True when it moves or ends money.
    pub fn is_money(self) -> bool {
        match self {
            Self::Close | Self::Capture | Self::Release | Self::Refund => true,
            Self::Create | Self::Letter => false,
        }
    }
}

/// The key of a call: at most 50 characters, readable in the provider's log, and with an id by which it is known again
/// there. What was refused and is asked for anew has another key: `again` tells them apart.
pub fn provider_key(kind: EffectKind, id: Uuid, again: Option<i64>) -> String {
    let again = again.map(|count| format!("-{count}")).unwrap_or_default();
    format!("{}-{}{again}", kind.word(), id.simple())
}

/// The id in the key of a call of ours of this kind; empty when the key is somebody else's.
pub fn id_in_key(kind: EffectKind, key: &str) -> Option<Uuid> {
    let rest = key.strip_prefix(kind.word())?.strip_prefix('-')?;
    let (id, again) = rest.split_once('-').unwrap_or((rest, "0"));
    let is_count = !again.is_empty() && again.bytes().all(|byte| byte.is_ascii_digit());
    Uuid::try_parse(id).ok().filter(|_| is_count && id.len() == 32)
}

/// The most characters that Vipps eCom takes as the id of a request.
const REQUEST_ID_MAX: usize = 40;

/// A key of ours as a request id of at most 40 characters. One that is longer, since it counts, becomes the first letter
/// of its kind, the id in base64 and the count in base 36. [`key_of_request_id`] finds it again.
pub fn request_id(key: &str) -> String {
    let short = |kind: EffectKind| {
        let (_, again) = key.strip_prefix(kind.word())?.strip_prefix('-')?.split_once('-')?;
        let count = again.parse::<u64>().ok().filter(|count| count.to_string() == again)?;
        let (id, letter) = (id_in_key(kind, key)?, letter(kind));
        Some(format!("{letter}.{}.{}", URL_SAFE_NO_PAD.encode(id.as_bytes()), in_base_36(count)))
    };
    if key.len() <= REQUEST_ID_MAX {
        return key.to_owned();
    }
    EffectKind::ALL.into_iter().find_map(short).unwrap_or_else(|| key.to_owned())
}

/// The key behind a request id; what is none of ours stays as it is.
pub fn key_of_request_id(request_id: &str) -> String {
    let long = || {
        let (kind, rest) = request_id.split_once('.')?;
        let (id, count) = rest.split_once('.')?;
        let kind = EffectKind::ALL.into_iter().find(|known| letter(*known) == kind)?;
        let id = Uuid::from_slice(&URL_SAFE_NO_PAD.decode(id).ok()?).ok()?;
        let count = u64::from_str_radix(count, 36).ok()?;
        let key = format!("{}-{}-{count}", kind.word(), id.simple());
        Some(key).filter(|key| self::request_id(key) == request_id)
    };
    long().unwrap_or_else(|| request_id.to_owned())
}

/// Each kind has its own.
fn letter(kind: EffectKind) -> &'static str {
    match kind {
        EffectKind::Create => "n",
        EffectKind::Close => "x",
        EffectKind::Capture => "c",
        EffectKind::Release => "l",
        EffectKind::Refund => "f",
        EffectKind::Letter => "m",
    }
}

fn in_base_36(count: u64) -> String {
    let (rest, last) = (count / 36, u32::try_from(count % 36).unwrap_or_default());
    let digit = char::from_digit(last, 36).unwrap_or('0');
    if rest == 0 { digit.to_string() } else { format!("{}{digit}", in_base_36(rest)) }
}

impl MoneyAct {
    /// Its kind.
    pub fn kind(&self) -> EffectKind {
        match self {
            Self::Close => EffectKind::Close,
            Self::Capture(_) => EffectKind::Capture,
            Self::Release => EffectKind::Release,
            Self::Refund { .. } => EffectKind::Refund,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_as_a_request_id_of_forty_characters() {
        for id in [Uuid::nil(), Uuid::max(), Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef)] {
            for again in [None, Some(0), Some(7), Some(35), Some(36), Some(1_234_567), Some(i64::MAX)] {
                for kind in EffectKind::ALL {
                    let key = provider_key(kind, id, again);
                    let short = request_id(&key);
                    assert!(short.len() <= 40, "{short}");
                    assert_eq!(key_of_request_id(&short), key, "{short}");
                }
            }
        }
        // What fits is sent as it is, and what is not ours is left alone.
        let fits = provider_key(EffectKind::Capture, Uuid::max(), None);
        assert_eq!(request_id(&fits), fits);
        let long = "somebody-elses-key-that-has-many-more-characters";
        assert_eq!(request_id(long), long);
        for strange in ["", "f", "f..", "f.AAAA.1", "q.AAAAAAAAAAAAAAAAAAAAAA.1", "f.AAAAAAAAAAAAAAAAAAAAAA.1", long] {
            assert!(key_of_request_id(strange) == strange || strange.starts_with("f.AAAAAAAAAAAAAAAAAAAAAA"));
        }
    }

    #[test]
    fn a_call_is_known_by_its_key() {
        let id = Uuid::from_u128(0x0123_4567_89ab_cdef);
        for again in [None, Some(1), Some(i64::MAX)] {
            for kind in EffectKind::ALL {
                let key = provider_key(kind, id, again);
                assert_eq!(id_in_key(kind, &key), Some(id), "{key}");
                let other = if kind == EffectKind::Refund { EffectKind::Capture } else { EffectKind::Refund };
                assert_eq!(id_in_key(other, &key), None, "{key}");
            }
        }
        assert!(provider_key(EffectKind::Release, id, Some(999_999)).len() <= 50);
        let ours = provider_key(EffectKind::Refund, id, None);
        for strange in ["", "refund", "refund-", "refund-1", "portal", &format!("{ours}-"), &format!("{ours}-x")] {
            assert_eq!(id_in_key(EffectKind::Refund, strange), None, "{strange}");
        }
        let written = format!("refund-{}", id.hyphenated());
        assert_eq!(id_in_key(EffectKind::Refund, &written), None, "ours are written without hyphens");
    }
}
