//! E-mail addresses as accounts are known by.

use domain::lang::Text;

use crate::error::UserErrorCode;
use crate::platform::graphql::input::Checks;

/// Most characters of an address (RFC 5321: a path of 256 with its brackets).
const MOST_CHARS: usize = 254;

/// The address that two spellings of one share: trimmed, lower case, without control characters.
pub fn fold_email(address: &str) -> String {
    let visible = address.trim().chars().filter(|character| !character.is_control());
    visible.take(MOST_CHARS + 1).flat_map(char::to_lowercase).collect()
}

/// The folded address, refused at `field` when nothing could be delivered to it.
pub fn check_email(checks: &mut Checks, field: &str, address: &str) -> String {
    let folded = fold_email(address);
    checks.require(
        is_address(&folded),
        field,
        UserErrorCode::Invalid,
        Text::fixed(
            "Give an e-mail address, such as hanako@example.com.",
            "メールアドレスをhanako@example.comのような形式で入力してください。",
        ),
    );
    folded
}

/// Loose on purpose: only delivery shows whether an address exists.
fn is_address(text: &str) -> bool {
    let Some((local, host)) = text.rsplit_once('@') else {
        return false;
    };
    let forbidden =
        |character: char| character.is_whitespace() || matches!(character, '@' | '<' | '>' | ',' | ';' | '"');
    let labels = host
        .split('.')
        .all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-'));
    text.chars().count() <= MOST_CHARS && !local.is_empty() && !local.contains(forbidden) && labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_address_are_one() {
        assert_eq!(fold_email(" Taro.Yamada@Example.COM\n"), "taro.yamada@example.com");
        assert_eq!(fold_email("ta\0ro@example.com"), "taro@example.com");
        assert_eq!(fold_email(&"x".repeat(100_000)).len(), MOST_CHARS + 1);
    }

    #[test]
    fn what_nothing_can_be_delivered_to_is_refused() {
        for good in [
            "taro@example.com",
            "o'neil+sales@mail.example.co.jp",
            "a@b",
            "営業@例え.jp",
        ] {
            assert!(is_address(good), "{good}");
        }
        let long = format!("{}@example.com", "x".repeat(MOST_CHARS));
        for bad in [
            "",
            "taro",
            "@example.com",
            "taro@",
            "taro@a..b",
            "a b@c.d",
            "a@b@c",
            "<a@b.c>",
            "a@b.c,d@e.f",
            &long,
        ] {
            assert!(!is_address(bad), "{bad}");
        }
    }
}
