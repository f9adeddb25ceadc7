//! Plain decimal numbers as text: an optional minus, digits, and a point with digits behind it.

/// The digits of a decimal number, without zeros that mean nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decimal<'a> {
    pub(super) negative: bool,
    pub(super) whole: &'a str,
    pub(super) part: &'a str,
}

impl<'a> Decimal<'a> {
    /// Reads a number; nothing else may stand around it.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, part) = match digits.split_once('.') {
            Some((whole, part)) if !part.is_empty() => (whole, part),
            Some(_) => return None,
            None => (digits, ""),
        };
        let is_plain = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !is_plain(whole) || !is_plain(part) {
            return None;
        }
        Some(Self {
            negative,
            whole: whole.trim_start_matches('0'),
            part: part.trim_end_matches('0'),
        })
    }

    /// The number times ten to the power `places`, as the text of an integer; nothing if it is
    /// not whole.
    pub(super) fn scaled(&self, places: u32) -> Option<String> {
        let zeros = (places as usize).checked_sub(self.part.len())?;
        let sign = if self.negative { "-" } else { "" };
        Some(format!("{sign}0{}{}{}", self.whole, self.part, "0".repeat(zeros)))
    }
}
