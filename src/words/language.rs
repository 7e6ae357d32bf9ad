//! The languages that people are written to in, and which one a reader likes best. Nothing here knows who reads.

/// A language that pages and letters are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// Norwegian bokmål.
    #[default]
    Nb,
    /// English.
    En,
}

impl Language {
    /// The language of a user's locale; who wants neither Norwegian nor its neighbors gets English.
    pub fn of_locale(locale: &str) -> Self {
        Self::of_tag(locale).unwrap_or(Self::En)
    }

    /// The tag for `lang` attributes.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Nb => "nb",
            Self::En => "en",
        }
    }

    /// The language with this tag, and no other.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Nb, Self::En].into_iter().find(|language| language.tag() == word)
    }

    /// True for Norwegian, which templates ask.
    pub fn is_nb(self) -> bool {
        self == Self::Nb
    }

    /// The one of two texts that is in this language.
    pub fn pick<'a>(self, nb: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Nb => nb,
            Self::En => en,
        }
    }

    fn of_tag(tag: &str) -> Option<Self> {
        match tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase().as_str() {
            // Danes and Swedes read Norwegian.
            "nb" | "no" | "nn" | "da" | "sv" => Some(Self::Nb),
            "en" => Some(Self::En),
            _ => None,
        }
    }
}

/// The language of a page, from an `Accept-Language` header. Without a header Norwegian; with one that wants something
/// else, English.
pub fn pick_language(header: Option<&str>) -> Language {
    liked_best(header, Language::Nb)
}

/// The language of a problem, from an `Accept-Language` header. A program that names no language gets English: what it
/// is told ends in logs and in front of developers more often than in front of members. Browsers always name theirs.
pub fn problem_language(header: Option<&str>) -> Language {
    liked_best(header, Language::En)
}

/// The language that a header likes best; `either` when all are the same to it.
fn liked_best(header: Option<&str>, either: Language) -> Language {
    let Some(header) = header.filter(|header| !header.trim().is_empty()) else { return either };
    let mut best: Option<(u32, Language)> = None;
    for range in header.split(',').take(20) {
        let (tag, parameter) = range.split_once(';').map_or((range, ""), |(tag, parameter)| (tag, parameter));
        let language = if tag.trim() == "*" { Some(either) } else { Language::of_tag(tag.trim()) };
        let Some(language) = language else { continue };
        let weight = thousandths(parameter.trim());
        if weight > 0 && best.is_none_or(|(most, _)| weight > most) {
            best = Some((weight, language));
        }
    }
    best.map_or(Language::En, |(_, language)| language)
}

/// `q=0.8` in thousandths; nothing means 1.
fn thousandths(parameter: &str) -> u32 {
    let Some(weight) = parameter.strip_prefix("q=") else { return 1000 };
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    let fraction: String = fraction.chars().chain("000".chars()).take(3).collect();
    format!("{whole}{fraction}").parse().unwrap_or(0).min(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reader_gets_the_language_that_is_liked_best() {
        for (header, expected) in [
            (None, Language::Nb),
            (Some(""), Language::Nb),
            (Some("nb-NO,nb;q=0.9,en;q=0.8"), Language::Nb),
            (Some("en-US,en;q=0.9,no;q=0.3"), Language::En),
            (Some("de-DE,nn;q=0.4,en;q=0.7"), Language::En),
            (Some("de-DE,de;q=0.9"), Language::En),
            (Some("en;q=0,*"), Language::Nb),
            (Some("en; q=0.5, nb; q=0.51"), Language::Nb),
            (Some("sv-SE"), Language::Nb),
            (Some(";;;,q=,=;q=9999999999999"), Language::En),
        ] {
            assert_eq!(pick_language(header), expected, "{header:?}");
        }
    }

    #[test]
    fn a_program_without_a_language_is_told_problems_in_english() {
        for (header, expected) in [
            (None, Language::En),
            (Some(""), Language::En),
            (Some("*"), Language::En),
            (Some("de-DE,*;q=0.5"), Language::En),
            (Some("nb"), Language::Nb),
            (Some("nn-NO,en;q=0.8"), Language::Nb),
            (Some("en-GB,nb;q=0.9"), Language::En),
        ] {
            assert_eq!(problem_language(header), expected, "{header:?}");
        }
    }
}
