//! Whether a password is hard enough to guess.

use zxcvbn::feedback::Warning;
use zxcvbn::{Score, zxcvbn};

use crate::lang::Text;

/// The fewest characters a password may have.
pub const MIN_CHARS: usize = 12;
/// The most characters a password may have; what is longer only costs time to hash.
pub const MAX_CHARS: usize = 128;
/// Parts of a hint shorter than this say nothing about a person.
const MIN_HINT_CHARS: usize = 3;

/// A password that is refused, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", reason.en)]
pub struct Weak {
    /// What is wrong with it and what to do about it.
    pub reason: Text,
}

/// Refuses a password that is too short, too long or too easily guessed.
///
/// `hints` is what a guesser knows about the person: e-mail address, names, the company's name.
///
/// # Errors
///
/// [`Weak`] with the reason.
pub fn check(password: &str, hints: &[&str]) -> Result<(), Weak> {
    // Bytes first: no character has more than four, and counting characters reads all of them.
    if password.len() > MAX_CHARS * 4 || password.chars().count() > MAX_CHARS {
        return Err(Weak { reason: TOO_LONG });
    }
    if password.chars().count() < MIN_CHARS {
        return Err(Weak { reason: TOO_SHORT });
    }
    let hints: Vec<&str> = hints.iter().flat_map(|hint| parts(hint)).collect();
    let strength = zxcvbn(password, &hints);
    if strength.score() >= Score::Three {
        return Ok(());
    }
    let warning = strength.feedback().and_then(|feedback| feedback.warning());
    Err(Weak {
        reason: warning.map_or(GUESSABLE, reason),
    })
}

/// A hint whole and in its words, so that one part of an e-mail address is known as well.
fn parts(hint: &str) -> impl Iterator<Item = &str> {
    std::iter::once(hint)
        .chain(hint.split(|c: char| !c.is_alphanumeric()))
        .filter(|part| part.chars().count() >= MIN_HINT_CHARS)
}

const TOO_LONG: Text = Text::fixed(
    "The password is too long: at most 128 characters.",
    "パスワードが長すぎます。128文字以内にしてください。",
);
const TOO_SHORT: Text = Text::fixed(
    "The password is too short: at least 12 characters.",
    "パスワードが短すぎます。12文字以上にしてください。",
);
const GUESSABLE: Text = Text::fixed(
    "The password is easy to guess. Add another word or two; uncommon words are better.",
    "推測されやすいパスワードです。あまり使われない単語をもう一つ二つ加えてください。",
);

const fn reason(warning: Warning) -> Text {
    match warning {
        Warning::StraightRowsOfKeysAreEasyToGuess | Warning::ShortKeyboardPatternsAreEasyToGuess => Text::fixed(
            "Neighbouring keys are easy to guess.",
            "キーボードの並び順は推測されやすいです。",
        ),
        Warning::RepeatsLikeAaaAreEasyToGuess | Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => Text::fixed(
            "Repeats such as \"aaa\" or \"abcabc\" are easy to guess.",
            "「aaa」や「abcabc」のような繰り返しは推測されやすいです。",
        ),
        Warning::ThisIsATop10Password
        | Warning::ThisIsATop100Password
        | Warning::ThisIsACommonPassword
        | Warning::ThisIsSimilarToACommonlyUsedPassword => Text::fixed(
            "This is, or is like, a password that many people use.",
            "多くの人が使っているパスワード、またはそれに似たパスワードです。",
        ),
        Warning::SequencesLikeAbcAreEasyToGuess => Text::fixed(
            "Sequences such as abc or 6543 are easy to guess.",
            "「abc」や「6543」のような連続した文字は推測されやすいです。",
        ),
        Warning::RecentYearsAreEasyToGuess | Warning::DatesAreOftenEasyToGuess => {
            Text::fixed("Years and dates are easy to guess.", "年や日付は推測されやすいです。")
        }
        Warning::AWordByItselfIsEasyToGuess => Text::fixed(
            "A word by itself is easy to guess.",
            "単語ひとつだけでは推測されやすいです。",
        ),
        Warning::NamesAndSurnamesByThemselvesAreEasyToGuess | Warning::CommonNamesAndSurnamesAreEasyToGuess => {
            Text::fixed("Names are easy to guess.", "人の名前は推測されやすいです。")
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    fn refused(password: &str, hints: &[&str]) -> Text {
        check(password, hints).unwrap_err().reason
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert_eq!(refused("k7#Qz!pW2x9", &[]), TOO_SHORT);
        assert_eq!(check("k7#Qz!pW2x9v", &[]), Ok(()));
        assert_eq!(refused("ひきつぎのやま", &[]), TOO_SHORT);
        assert_eq!(check("銀色の傘と三匹の亀が夜の駅で歌う", &[]), Ok(()));
        assert_eq!(refused(&"x7Q".repeat(43), &[]), TOO_LONG);
        assert_eq!(refused(&"漢".repeat(129), &[]), TOO_LONG);
        assert_eq!(refused(&"x".repeat(1_000_000), &[]), TOO_LONG);
    }

    #[test]
    fn what_is_easily_guessed_is_refused_with_its_reason() {
        assert_eq!(
            refused("aaaaaaaaaaaaaa", &[]).en,
            "Repeats such as \"aaa\" or \"abcabc\" are easy to guess."
        );
        assert_eq!(refused("qwertyuiop[]", &[]).en, "Neighbouring keys are easy to guess.");
        assert_eq!(check("lantern orbit gravel tulip", &[]), Ok(()));
    }

    #[test]
    fn what_is_known_about_the_person_does_not_count() {
        let password = "hoshizakikogyo7";
        assert_eq!(check(password, &[]), Ok(()));
        assert!(check(password, &["info@hoshizakikogyo.example"]).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_text_gets_an_answer(password in "\\PC{0,140}", hint in "\\PC{0,20}") {
            let length = password.chars().count();
            let accepted = check(&password, &[&hint]).is_ok();
            prop_assert!(!accepted || (MIN_CHARS..=MAX_CHARS).contains(&length));
        }
    }
}
