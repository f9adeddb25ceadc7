#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

fn money(text: &str, code: &str) -> Money {
    Money::parse(text, currency(code)).unwrap()
}

#[test]
fn currencies_have_the_decimal_places_of_iso_4217() {
    let places = |code| currency(code).exponent();
    for (code, expected) in [
        ("JPY", 0),
        ("KRW", 0),
        ("ISK", 0),
        ("XOF", 0),
        ("GBP", 2),
        ("EUR", 2),
        ("HUF", 2),
        ("MGA", 2),
        ("MRU", 2),
        ("TWD", 2),
        ("BHD", 3),
        ("TND", 3),
        ("CLF", 4),
    ] {
        assert_eq!(places(code), expected, "{code}");
    }
    for named in [Currency::JPY, Currency::GBP, Currency::EUR, Currency::USD] {
        assert_eq!(Currency::find(named.code()), Ok(named));
    }
}

#[test]
fn what_is_no_currency_is_refused() {
    for code in ["", "jpy", "YEN", "XAU", "XXX", "XTS", "￥"] {
        assert_eq!(Currency::find(code), Err(MoneyError::UnknownCurrency(code.to_owned())));
    }
}

#[test]
fn amounts_are_read_in_the_units_of_their_currency() {
    for (text, code, minor, written) in [
        ("1234.50", "GBP", 123_450, "1234.50"),
        ("1234.5", "GBP", 123_450, "1234.50"),
        ("0.05", "EUR", 5, "0.05"),
        ("-0.05", "EUR", -5, "-0.05"),
        ("-0", "EUR", 0, "0.00"),
        ("007", "USD", 700, "7.00"),
        ("12000", "JPY", 12_000, "12000"),
        ("12000.00", "JPY", 12_000, "12000"),
        ("1.234", "BHD", 1_234, "1.234"),
        ("92233720368547758.07", "USD", i64::MAX, "92233720368547758.07"),
        ("-92233720368547758.08", "USD", i64::MIN, "-92233720368547758.08"),
    ] {
        let read = money(text, code);
        assert_eq!((read.minor, read.amount().as_str()), (minor, written), "{text} {code}");
    }
    assert_eq!(money("1234.5", "EUR").to_string(), "1234.50 EUR");
}

#[test]
fn what_is_no_amount_is_refused_by_name() {
    for text in [
        "", "-", ".", ".5", "5.", "1,000", "+1", " 1", "1e3", "0x1", "１", "--1", "1.2.3",
    ] {
        let refused = Money::parse(text, Currency::EUR);
        assert_eq!(refused, Err(MoneyError::NotAnAmount(text.to_owned())), "{text:?}");
    }
    let too_precise = Money::parse("1.005", Currency::EUR).unwrap_err();
    assert_eq!(
        too_precise.to_string(),
        "\"1.005\" has more than the 2 decimal places of EUR"
    );
    assert_eq!(too_precise.text().ja, "「1.005」はEURの小数点以下2桁を超えています");
    assert!(matches!(
        Money::parse("0.5", Currency::JPY),
        Err(MoneyError::TooPrecise { exponent: 0, .. })
    ));
    for text in ["92233720368547758.08", &"9".repeat(400)] {
        assert_eq!(Money::parse(text, Currency::EUR), Err(MoneyError::TooLarge));
    }
}

#[test]
fn sums_stay_in_one_currency_and_in_bounds() {
    let (one, two) = (money("1.10", "EUR"), money("2.20", "EUR"));
    assert_eq!(one.checked_add(two), Ok(money("3.30", "EUR")));
    assert_eq!(one.checked_sub(two), Ok(money("-1.10", "EUR")));
    assert_eq!(one.checked_mul(3), Ok(money("3.30", "EUR")));
    assert_eq!(Money::sum(Currency::EUR, [one, two, two]), Ok(money("5.50", "EUR")));
    assert_eq!(Money::sum(Currency::JPY, []), Ok(Money::zero(Currency::JPY)));
    assert_eq!(
        one.checked_add(money("1", "JPY")),
        Err(MoneyError::CurrencyMismatch(Currency::EUR, Currency::JPY))
    );
    let most = Money::new(i64::MAX, Currency::EUR);
    assert_eq!(most.checked_add(one), Err(MoneyError::TooLarge));
    assert_eq!(most.checked_mul(2), Err(MoneyError::TooLarge));
    assert_eq!(
        Money::new(i64::MIN, Currency::EUR).checked_sub(one),
        Err(MoneyError::TooLarge)
    );
}

#[test]
fn a_rate_is_between_major_units() {
    let rate = |text: &str| Rate::parse(text).unwrap();
    let pounds = money("100.00", "GBP");
    assert_eq!(pounds.convert(rate("190.5"), Currency::JPY), Ok(money("19050", "JPY")));
    assert_eq!(
        money("19050", "JPY").convert(rate("0.00525"), Currency::GBP),
        Ok(money("100.01", "GBP"))
    );
    assert_eq!(pounds.convert(Rate::ONE, Currency::EUR), Ok(money("100.00", "EUR")));
    assert_eq!(
        Money::new(i64::MAX, Currency::JPY).convert(rate("1"), Currency::USD),
        Err(MoneyError::TooLarge)
    );
}

#[test]
fn halves_go_to_the_even_neighbour() {
    let half = Rate::parse("0.5").unwrap();
    for (minor, expected) in [
        (1, 0),
        (3, 2),
        (5, 2),
        (7, 4),
        (-1, 0),
        (-3, -2),
        (-5, -2),
        (-7, -4),
        (2, 1),
    ] {
        let converted = Money::new(minor, Currency::JPY).convert(half, Currency::JPY);
        assert_eq!(converted, Ok(Money::new(expected, Currency::JPY)), "{minor}");
    }
}

#[test]
fn a_rate_is_kept_exactly() {
    for (text, written) in [("1", "1"), ("151.230", "151.23"), ("0.0065", "0.0065"), ("0100", "100")] {
        assert_eq!(Rate::parse(text).unwrap().to_string(), written);
    }
    for text in ["0", "0.000", "-1", "", "1/2", "1234567890.123456789"] {
        assert_eq!(
            Rate::parse(text),
            Err(MoneyError::NotARate(text.to_owned())),
            "{text:?}"
        );
    }
}

fn any_currency() -> impl Strategy<Value = Currency> {
    prop::sample::select(vec!["JPY", "EUR", "GBP", "BHD", "CLF", "HUF"]).prop_map(currency)
}

proptest! {
    #[test]
    fn an_amount_survives_being_written_and_read(minor: i64, currency in any_currency()) {
        let before = Money::new(minor, currency);
        prop_assert_eq!(Money::parse(&before.amount(), currency), Ok(before));
    }

    #[test]
    fn a_rate_survives_being_written_and_read(
        whole in 0_u32.., part in "[0-9]{0,8}",
    ) {
        let text = if part.is_empty() { whole.to_string() } else { format!("{whole}.{part}") };
        if let Ok(rate) = Rate::parse(&text) {
            prop_assert_eq!(Rate::parse(&rate.to_string()), Ok(rate));
        } else {
            prop_assert_eq!(text.trim_matches(['0', '.']), "");
        }
    }

    #[test]
    fn a_rate_of_one_changes_nothing_and_conversion_keeps_the_order(
        one: i32, other: i32, rate in 1_u32.., currency in any_currency(),
    ) {
        let (one, other) =
            (Money::new(one.into(), currency), Money::new(other.into(), currency));
        prop_assert_eq!(one.convert(Rate::ONE, currency), Ok(one));
        let rate = Rate::parse(&format!("0.{rate:010}")).unwrap();
        let (a, b) = (one.convert(rate, Currency::EUR), other.convert(rate, Currency::EUR));
        let (lower, upper) = if one.minor <= other.minor { (a, b) } else { (b, a) };
        prop_assert!(lower.unwrap().minor <= upper.unwrap().minor);
    }

    #[test]
    fn any_text_gets_an_answer(text in "\\PC{0,40}") {
        let _ = Money::parse(&text, Currency::JPY);
        let _ = Rate::parse(&text);
        let _ = Currency::find(&text);
    }
}

#[test]
fn thousands_stand_apart() {
    for (amount, shown) in [
        ("0", "0"),
        ("999", "999"),
        ("-1200", "-1,200"),
        ("11988400", "11,988,400"),
        ("1234567.05", "1,234,567.05"),
        ("-999.5", "-999.5"),
    ] {
        assert_eq!(thousands_apart(amount), shown);
    }
}
