//! The two languages the product speaks, and a text in both.

use std::borrow::Cow;

use crate::names::text_enum;

text_enum! {
    /// A language in which the product answers people. Codes never change with it.
    pub enum Lang {
        /// English.
        En = "EN",
        /// Japanese.
        Ja = "JA",
    }
}

impl Lang {
    /// Whichever of two wordings is in this language.
    #[must_use]
    pub const fn say(self, en: &'static str, ja: &'static str) -> &'static str {
        match self {
            Self::En => en,
            Self::Ja => ja,
        }
    }
}

/// One message in both languages; which one is shown is decided where it leaves the program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Text {
    /// The English wording.
    pub en: Cow<'static, str>,
    /// The Japanese wording.
    pub ja: Cow<'static, str>,
}

impl Text {
    /// A text from two wordings, written out or put together at run time.
    pub fn new(en: impl Into<Cow<'static, str>>, ja: impl Into<Cow<'static, str>>) -> Self {
        Self {
            en: en.into(),
            ja: ja.into(),
        }
    }

    /// A text from two literals, usable in constants.
    #[must_use]
    pub const fn fixed(en: &'static str, ja: &'static str) -> Self {
        Self {
            en: Cow::Borrowed(en),
            ja: Cow::Borrowed(ja),
        }
    }

    /// The wording in `lang`.
    #[must_use]
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Ja => &self.ja,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_answers_in_the_language_asked_for() {
        const FIXED: Text = Text::fixed("Handover", "引き継ぎ");
        assert_eq!(FIXED.get(Lang::En), "Handover");
        assert_eq!(FIXED.get(Lang::Ja), "引き継ぎ");

        let days = 3;
        let made = Text::new(format!("{days} days"), format!("{days}日"));
        assert_eq!((made.get(Lang::En), made.get(Lang::Ja)), ("3 days", "3日"));
    }
}
