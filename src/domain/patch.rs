//! One field of a JSON Merge Patch (RFC 7396): left out, null, or a new value. A field of this type needs
//! `#[serde(default)]`, so that leaving it out means [`Patch::Absent`].

use serde::{Deserialize, Deserializer};

use super::fault::{Fault, FieldError};

/// What a patch says about one field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// Nothing: it stays.
    #[default]
    Absent,
    /// It is emptied.
    Null,
    /// It becomes this.
    Value(T),
}

impl<T> Patch<T> {
    /// Changes a field that may be empty.
    pub fn apply(self, field: &mut Option<T>) {
        match self {
            Self::Absent => {}
            Self::Null => *field = None,
            Self::Value(value) => *field = Some(value),
        }
    }

    /// Changes a field that is never empty; null is an error at `pointer`.
    pub fn apply_filled(self, field: &mut T, pointer: &str, errors: &mut Vec<FieldError>) {
        match self {
            Self::Absent => {}
            Self::Null => errors.push(FieldError::new(pointer, Fault::Null)),
            Self::Value(value) => *field = value,
        }
    }

    /// Changes the value inside.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Patch<U> {
        match self {
            Self::Absent => Patch::Absent,
            Self::Null => Patch::Null,
            Self::Value(value) => Patch::Value(change(value)),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Body {
        #[serde(default)]
        phone: Patch<String>,
    }

    #[track_caller]
    fn check(json: &str, expected: Option<&str>) {
        let body: Body = serde_json::from_str(json).unwrap();
        let mut phone = Some("1".to_owned());
        body.phone.apply(&mut phone);
        assert_eq!(phone.as_deref(), expected, "{json}");
    }

    #[test]
    fn absent_null_and_value_differ() {
        check("{}", Some("1"));
        check(r#"{"phone": null}"#, None);
        check(r#"{"phone": "2"}"#, Some("2"));
    }

    #[test]
    fn null_is_an_error_where_something_must_stand() {
        let (mut name, mut errors) = ("a".to_owned(), Vec::new());
        Patch::Null.apply_filled(&mut name, "/name", &mut errors);
        Patch::Value("b".to_owned()).apply_filled(&mut name, "/name", &mut errors);
        assert_eq!((name.as_str(), errors.len()), ("b", 1));
    }
}
