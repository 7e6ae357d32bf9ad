//! A group: a board, a committee, a year. Its leaders run its events. Nothing here knows who asks.

use super::fault::{Fault, FieldError};
use super::time::Timestamp;
use super::user::check_length;

/// A group as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name in addresses; it never changes.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// What sort of group it is.
    pub kind: GroupKind,
    /// True when all its members manage its events, not only its leaders.
    pub members_may_manage: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
}

/// What sort of group it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupKind {
    /// The board.
    Board,
    /// A committee.
    Committee,
    /// A year of students.
    Year,
    /// People who share an interest.
    Interest,
    /// Any other.
    Other,
}

impl GroupKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Board, Self::Committee, Self::Year, Self::Interest, Self::Other];

    /// The word in the API and in rows.
    pub fn word(self) -> &'static str {
        match self {
            Self::Board => "board",
            Self::Committee => "committee",
            Self::Year => "year",
            Self::Interest => "interest",
            Self::Other => "other",
        }
    }

    /// The kind with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// As what somebody belongs to a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberRole {
    /// Belongs to it.
    Member,
    /// Runs it: changes its members and manages its events.
    Leader,
}

impl MemberRole {
    /// Every role in a group.
    pub const ALL: [Self; 2] = [Self::Member, Self::Leader];

    /// The word in the API and in rows.
    pub fn word(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Leader => "leader",
        }
    }

    /// The role with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }
}

impl Group {
    /// What is wrong with it.
    pub fn errors(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_slug = (1..=50).contains(&self.slug.len())
            && self.slug.bytes().all(plain)
            && !self.slug.starts_with('-')
            && !self.slug.ends_with('-');
        if !is_slug {
            errors.push(FieldError::new("/slug", Fault::NoSlug));
        }
        check_length(&mut errors, "/name", &self.name, 1..=100);
        errors
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::at_millis;

    #[track_caller]
    fn check(slug: &str, name: &str, expected: &[&str]) {
        let group = Group {
            slug: slug.to_owned(),
            name: name.to_owned(),
            kind: GroupKind::Other,
            members_may_manage: false,
            created_at: at_millis(0),
            updated_at: at_millis(0),
        };
        let found: Vec<String> = group.errors().into_iter().map(|error| error.pointer).collect();
        assert_eq!(found, expected, "{slug:?} {name:?}");
    }

    #[test]
    fn slugs_are_plain() {
        check("sosialen", "Sosialen", &[]);
        check("kull-2026", "Kull 2026", &[]);
        for slug in ["", "Sosialen", "-a", "a-", "a b", "å", &"a".repeat(51)] {
            check(slug, "x", &["/slug"]);
        }
        check("a", " ", &["/name"]);
        check("a", &"x".repeat(101), &["/name"]);
    }
}
