//! Reading what clients send: JSON and queries, strictly, and with the fault that was found instead of a text about it.
//! A field that is unknown, missing, there twice or of another kind is named by where it stands.

use std::fmt;

use serde::de::value::StringDeserializer;
use serde::de::{self, Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, Visitor};

use super::error::{ApiError, Malformed};
use crate::domain::fault::{Fault, FieldError, ValueKind};
use crate::domain::refusal::Refusal;

/// What was sent, as it stands there: fields in their order, also those that are there twice.
#[derive(Clone, Debug)]
enum Sent {
    Null,
    Flag(bool),
    Positive(u64),
    Negative(i64),
    Fraction(f64),
    Text(String),
    /// A value of a query: a text that may mean something else.
    Word(String),
    List(Vec<Sent>),
    Object(Vec<(String, Sent)>),
}

/// Reads a JSON object.
pub(super) fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let sent: Sent = serde_json::from_slice(bytes)
        .map_err(|error| ApiError::Malformed(Malformed::Json { line: error.line(), column: error.column() }))?;
    let read = match sent.nul() {
        Some(misfit) => Err(misfit),
        None => sent.wanted(ValueKind::Object).and_then(T::deserialize),
    };
    read.map_err(|misfit| {
        let pointer = misfit.pointer();
        ApiError::Refused(Refusal::Invalid(vec![FieldError { pointer, fault: misfit.fault }]))
    })
}

/// Reads a query: an unknown parameter, or one that does not fit, is refused.
pub(super) fn read_query<T: DeserializeOwned>(query: &str) -> Result<T, ApiError> {
    let pairs = actix_web::web::Query::<Vec<(String, String)>>::from_query(query);
    let pairs = pairs.map_err(|_broken| ApiError::Malformed(Malformed::Unreadable))?.into_inner();
    let sent = Sent::Object(pairs.into_iter().map(|(name, value)| (name, Sent::Word(value))).collect());
    let read = match sent.nul() {
        Some(misfit) => Err(misfit),
        None => T::deserialize(sent),
    };
    read.map_err(|misfit| ApiError::bad_query(misfit.path.last().map_or("", String::as_str), misfit.fault))
}

/// Why something cannot be read, and where.
#[derive(Debug)]
struct Misfit {
    /// The steps to the place, the innermost first.
    path: Vec<String>,
    fault: Fault,
}

impl Misfit {
    fn new(fault: Fault) -> Self {
        Self { path: Vec::new(), fault }
    }

    fn at(name: &str, fault: Fault) -> Self {
        Self { path: vec![name.to_owned()], fault }
    }

    fn inside(mut self, name: &str) -> Self {
        self.path.push(name.to_owned());
        self
    }

    fn pointer(&self) -> String {
        self.path.iter().rev().map(|name| format!("/{}", name.replace('~', "~0").replace('/', "~1"))).collect()
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.fault.code(), self.pointer())
    }
}

impl std::error::Error for Misfit {}

impl de::Error for Misfit {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self::new(Fault::from_serde(&text.to_string()))
    }

    // Who takes one kind of value never gets to say this: see `Sent::wanted`. Who takes several cannot name one.
    fn invalid_type(came: de::Unexpected<'_>, _wanted: &dyn de::Expected) -> Self {
        let kind = match came {
            de::Unexpected::Bool(_) => Some(ValueKind::Flag),
            de::Unexpected::Unsigned(_) | de::Unexpected::Signed(_) => Some(ValueKind::Whole),
            de::Unexpected::Float(_) => Some(ValueKind::Number),
            de::Unexpected::Unit | de::Unexpected::Option => Some(ValueKind::Null),
            de::Unexpected::Str(_) => Some(ValueKind::Text),
            de::Unexpected::Seq => Some(ValueKind::List),
            de::Unexpected::Map => Some(ValueKind::Object),
            de::Unexpected::Char(_)
            | de::Unexpected::Bytes(_)
            | de::Unexpected::NewtypeStruct
            | de::Unexpected::Enum
            | de::Unexpected::UnitVariant
            | de::Unexpected::NewtypeVariant
            | de::Unexpected::TupleVariant
            | de::Unexpected::StructVariant
            | de::Unexpected::Other(_) => None,
        };
        Self::new(kind.map_or(Fault::Unreadable, Fault::KindUnfit))
    }

    fn invalid_value(_came: de::Unexpected<'_>, _wanted: &dyn de::Expected) -> Self {
        Self::new(Fault::Unreadable)
    }

    fn unknown_variant(_came: &str, known: &'static [&'static str]) -> Self {
        Self::new(Fault::NoneOf(known.to_vec()))
    }

    fn unknown_field(name: &str, _known: &'static [&'static str]) -> Self {
        Self::at(name, Fault::UnknownField)
    }

    fn missing_field(name: &'static str) -> Self {
        Self::at(name, Fault::Required)
    }

    fn duplicate_field(name: &'static str) -> Self {
        Self::at(name, Fault::Twice)
    }
}

impl Sent {
    fn kind(&self) -> ValueKind {
        match self {
            Self::Null => ValueKind::Null,
            Self::Flag(_) => ValueKind::Flag,
            Self::Positive(_) | Self::Negative(_) => ValueKind::Whole,
            Self::Fraction(_) => ValueKind::Number,
            Self::Text(_) | Self::Word(_) => ValueKind::Text,
            Self::List(_) => ValueKind::List,
            Self::Object(_) => ValueKind::Object,
        }
    }

    fn wanted(self, kind: ValueKind) -> Result<Self, Misfit> {
        let sent = match (&self, kind) {
            (Self::Word(word), ValueKind::Flag) => match word.as_str() {
                "true" => Self::Flag(true),
                "false" => Self::Flag(false),
                _ => return Err(Misfit::new(Fault::NoneOf(vec!["true", "false"]))),
            },
            (Self::Word(word), ValueKind::Whole) => word.parse().map_or(self, Self::Negative),
            _ => self,
        };
        let came = sent.kind();
        if came == kind { Ok(sent) } else { Err(Misfit::new(Fault::WrongKind(kind, came))) }
    }

    /// The first text with a character that neither database keeps.
    fn nul(&self) -> Option<Misfit> {
        match self {
            Self::Text(text) | Self::Word(text) => text.contains('\0').then(|| Misfit::new(Fault::NulCharacter)),
            Self::List(items) => {
                items.iter().enumerate().find_map(|(place, item)| Some(item.nul()?.inside(&place.to_string())))
            }
            Self::Object(fields) => fields.iter().find_map(|(name, field)| {
                let found = if name.contains('\0') { Some(Misfit::new(Fault::NulCharacter)) } else { field.nul() };
                Some(found?.inside(name))
            }),
            Self::Null | Self::Flag(_) | Self::Positive(_) | Self::Negative(_) | Self::Fraction(_) => None,
        }
    }
}

impl<'de> Deserialize<'de> for Sent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Keep)
    }
}

/// Keeps whatever comes.
struct Keep;

impl<'de> Visitor<'de> for Keep {
    type Value = Sent;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Sent, E> {
        Ok(Sent::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Sent, E> {
        Ok(Sent::Flag(flag))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Sent, E> {
        Ok(Sent::Positive(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Sent, E> {
        Ok(Sent::Negative(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Sent, E> {
        Ok(Sent::Fraction(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Sent, E> {
        Ok(Sent::Text(text.to_owned()))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Sent, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Sent::List(items))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut object: A) -> Result<Sent, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = object.next_entry()? {
            fields.push(field);
        }
        Ok(Sent::Object(fields))
    }
}

macro_rules! wants {
    ($($kind:ident: $($method:ident)*;)*) => {$($(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
            self.wanted(ValueKind::$kind)?.deserialize_any(visitor)
        }
    )*)*};
}

impl<'de> Deserializer<'de> for Sent {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Flag(flag) => visitor.visit_bool(flag),
            Self::Positive(number) => visitor.visit_u64(number),
            Self::Negative(number) => visitor.visit_i64(number),
            Self::Fraction(number) => visitor.visit_f64(number),
            Self::Text(text) | Self::Word(text) => visitor.visit_string(text),
            Self::List(items) => visitor.visit_seq(Items(items.into_iter().enumerate())),
            Self::Object(fields) => visitor.visit_map(Fields { fields: fields.into_iter(), value: None }),
        }
    }

    wants! {
        Flag: deserialize_bool;
        Whole: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
            deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64;
        Text: deserialize_char deserialize_str deserialize_string;
        List: deserialize_seq;
        Object: deserialize_map;
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        if matches!(self, Self::Null) { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &str, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &str,
        _fields: &[&str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(self, _name: &str, _words: &[&str], visitor: V) -> Result<V::Value, Misfit> {
        let sent = self.wanted(ValueKind::Text)?;
        let kind = sent.kind();
        if let Self::Text(word) | Self::Word(word) = sent {
            visitor.visit_enum(named(word))
        } else {
            Err(Misfit::new(Fault::WrongKind(ValueKind::Text, kind)))
        }
    }

    serde::forward_to_deserialize_any! {
        i128 u128 f32 f64 bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

fn named(name: String) -> StringDeserializer<Misfit> {
    name.into_deserializer()
}

struct Items(std::iter::Enumerate<std::vec::IntoIter<Sent>>);

impl<'de> de::SeqAccess<'de> for Items {
    type Error = Misfit;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Misfit> {
        let Some((place, item)) = self.0.next() else { return Ok(None) };
        seed.deserialize(item).map(Some).map_err(|misfit| misfit.inside(&place.to_string()))
    }
}

struct Fields {
    fields: std::vec::IntoIter<(String, Sent)>,
    value: Option<(String, Sent)>,
}

impl<'de> de::MapAccess<'de> for Fields {
    type Error = Misfit;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Misfit> {
        let Some((name, value)) = self.fields.next() else { return Ok(None) };
        self.value = Some((name.clone(), value));
        seed.deserialize(named(name)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Misfit> {
        let (name, value) = self.value.take().unwrap_or((String::new(), Sent::Null));
        seed.deserialize(value).map_err(|misfit| misfit.inside(&name))
    }
}

#[cfg(test)]
mod tests;
