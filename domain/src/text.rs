//! Names made comparable: folding, readings in Latin letters, and the pieces a search goes by.
//!
//! A search splits the query into terms ([`query_terms`]), narrows by the pieces of each term
//! ([`term_grams`]) in a table of the pieces of each account ([`grams`] of its [`search_text`]),
//! and then checks that the search text really contains every term ([`matches()`]): pieces alone
//! also find texts that hold them apart from each other.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use wana_kana::{ConvertJapanese, IsJapaneseChar};

mod forms;

/// The text with everything taken away that people do not mind when they look for a name: width,
/// case, accents on Latin letters, hiragana against katakana, old against new characters,
/// invisible characters, and how much white space there is.
#[must_use]
pub fn fold(text: &str) -> String {
    let folded: String = text
        .nfkd()
        .flat_map(char::to_lowercase)
        // Lower case can come apart again (İ), so it is taken apart once more.
        .nfkd()
        .filter(|c| !is_accent(*c) && !is_invisible(*c))
        .map(to_hiragana)
        .map(forms::today)
        .nfkc()
        .collect();
    folded
        .replace('ß', "ss")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// Accents of Latin, Greek and Cyrillic letters; the voicing marks of kana are not among them.
const fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}')
}

/// Characters that nobody sees or types, among them the selectors of variant kanji.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' | '\u{FE00}'..='\u{FE0F}'
            | '\u{E0100}'..='\u{E01EF}'
    )
}

/// A katakana letter as hiragana (voicing marks stand apart at this point), anything else as is.
fn to_hiragana(c: char) -> char {
    match c {
        'ァ'..='ヶ' | 'ヽ' | 'ヾ' => char::from_u32(c as u32 - 0x60).unwrap_or(c),
        _ => c,
    }
}

/// Kana in Latin letters as they are typed (とうきょう is `toukyou`); a long-vowel mark repeats
/// the vowel before it, and what is not kana stays.
#[must_use]
pub fn romaji(kana: &str) -> String {
    let mut latin = String::with_capacity(kana.len());
    for (position, piece) in fold(kana).split('ー').enumerate() {
        if position > 0
            && let Some(vowel) = latin.chars().last().filter(|c| is_vowel(*c))
        {
            latin.push(vowel);
        }
        // しんいち is shin'ichi, but nobody types the mark.
        latin.extend(piece.to_romaji().chars().filter(|c| *c != '\''));
    }
    latin
}

const fn is_vowel(c: char) -> bool {
    matches!(c, 'a' | 'i' | 'u' | 'e' | 'o')
}

/// Latin letters as they are printed, with long vowels short: `toukyou` is `tokyo`.
fn shortened(romaji: &str) -> String {
    let mut short = String::with_capacity(romaji.len());
    for c in romaji.chars() {
        let lengthens = match short.chars().last() {
            Some('o') => matches!(c, 'o' | 'u'),
            Some('u') => c == 'u',
            Some('a') => c == 'a',
            _ => false,
        };
        if !lengthens {
            short.push(c);
        }
    }
    short
}

/// What a search for an account or person looks through: the folded name, the folded reading, and
/// both kinds of Latin letters for the reading and for kana in the name, each on a line of its own.
#[must_use]
pub fn search_text(name: &str, reading: Option<&str>) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut add = |line: String| {
        if !line.is_empty() && !lines.contains(&line) {
            lines.push(line);
        }
    };
    let name = fold(name);
    let reading = reading.map(fold).unwrap_or_default();
    add(name.clone());
    add(reading.clone());
    for kana in [reading, name] {
        if kana.chars().any(|c| c.is_hiragana()) {
            let latin = romaji(&kana);
            let short = shortened(&latin);
            add(latin);
            add(short);
        }
    }
    lines.join("\n")
}

/// The single characters and the pairs of neighbours in `text`, folded; never across a space or a
/// sign of punctuation.
#[must_use]
pub fn grams(text: &str) -> BTreeSet<String> {
    let folded = fold_lines(text);
    let mut grams = BTreeSet::new();
    for word in words(&folded) {
        grams.extend(word.chars().map(String::from));
        grams.extend(pairs(word));
    }
    grams
}

/// Characters of a query that count.
pub const QUERY_CHARS: usize = 200;
/// Terms of a query that count.
pub const QUERY_TERMS: usize = 8;

/// The words of a query, folded; punctuation, as in `& Co.`, only parts them.
///
/// No term holds a wildcard of SQL. A query without letters or digits has no terms. Of a long query only the first
/// [`QUERY_CHARS`] characters and the first [`QUERY_TERMS`] terms count: each term is a condition of the search.
#[must_use]
pub fn query_terms(query: &str) -> Vec<String> {
    let head: String = query.chars().take(QUERY_CHARS).collect();
    let folded = fold(&head);
    let mut terms: Vec<String> = Vec::new();
    for word in words(&folded) {
        if terms.len() == QUERY_TERMS {
            break;
        }
        if !terms.iter().any(|term| term == word) {
            terms.push(word.to_owned());
        }
    }
    terms
}

/// The pieces that a text must have to contain `term` (one of [`query_terms`]): its pairs, or the
/// one character it is.
#[must_use]
pub fn term_grams(term: &str) -> BTreeSet<String> {
    let pairs: BTreeSet<String> = pairs(term).collect();
    if pairs.is_empty() {
        term.chars().map(String::from).collect()
    } else {
        pairs
    }
}

/// Whether a [`search_text`] contains every term of a query.
#[must_use]
pub fn matches(search_text: &str, terms: &[String]) -> bool {
    terms.iter().all(|term| search_text.contains(term.as_str()))
}

/// What to sort by, character by character: the folded reading, or the folded name without one.
#[must_use]
pub fn sort_key(name: &str, reading: Option<&str>) -> String {
    match reading.map(fold) {
        Some(reading) if !reading.is_empty() => reading,
        _ => fold(name),
    }
}

/// Folds each line, since folding a text makes one line of it.
fn fold_lines(text: &str) -> String {
    text.lines().map(fold).collect::<Vec<_>>().join("\n")
}

fn words(folded: &str) -> impl Iterator<Item = &str> {
    folded
        .split(|c: char| !c.is_alphanumeric() && !is_combining_mark(c))
        .filter(|word| !word.is_empty())
}

fn pairs(word: &str) -> impl Iterator<Item = String> {
    word.chars()
        .zip(word.chars().skip(1))
        .map(|(a, b)| String::from_iter([a, b]))
}

#[cfg(test)]
mod tests;
