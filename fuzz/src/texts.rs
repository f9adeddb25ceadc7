//! What the domain reads from text.

use chrono::NaiveDate;
use chrono_tz::Tz;
use domain::money::{Currency, Money, Rate};
use domain::{account, calendar, import, password, policy, text};

/// Of no, two, three and four decimal places.
const CURRENCIES: [&str; 4] = ["JPY", "GBP", "KWD", "CLF"];
/// Zones whose days began late, early or not at all.
const ZONES: [Tz; 4] = [
    Tz::Asia__Tokyo,
    Tz::Pacific__Apia,
    Tz::America__Sao_Paulo,
    Tz::America__Havana,
];

/// Takes the bytes for the text of all of them.
pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    money(text);
    day(text);
    search(text);
    let _ = password::check(text, &[text]);
    let _ = (text.parse::<policy::Role>(), text.parse::<policy::Scope>());
    let _ = (text.parse::<account::Lifecycle>(), text.parse::<import::ImportKind>());
}

fn money(text: &str) {
    if let Ok(currency) = Currency::find(text) {
        assert_eq!(Currency::find(currency.code()), Ok(currency));
    }
    let rate = Rate::parse(text);
    if let Ok(rate) = &rate {
        assert_eq!(Rate::parse(&rate.to_string()).as_ref(), Ok(rate));
    }
    for code in CURRENCIES {
        let Ok(currency) = Currency::find(code) else { continue };
        if let Ok(money) = Money::parse(text, currency) {
            assert_eq!(Money::parse(&money.amount(), currency), Ok(money));
        }
        if let Ok(rate) = rate {
            let _ = Money::new(i64::MIN, currency).convert(rate, Currency::find("JPY").unwrap());
            let _ = Money::new(i64::MAX, Currency::find("JPY").unwrap()).convert(rate, currency);
        }
    }
}

fn day(text: &str) {
    let Ok(day) = text.parse::<NaiveDate>() else { return };
    for zone in ZONES {
        let _ = calendar::tenant_day(calendar::day_start(day, zone), zone);
        assert!(calendar::day_start(day, zone) <= calendar::day_end(day, zone));
    }
}

/// Whatever is kept is found by its own name.
fn search(name: &str) {
    let terms = text::query_terms(name);
    assert!(terms.len() <= text::QUERY_TERMS);
    for reading in [None, Some(name)] {
        let kept = text::search_text(name, reading);
        let grams = text::grams(&kept);
        if name.chars().count() <= text::QUERY_CHARS {
            assert!(text::matches(&kept, &terms), "{terms:?} in {kept:?}");
            for term in &terms {
                assert!(text::term_grams(term).is_subset(&grams), "{term:?} in {kept:?}");
            }
        }
        let key = text::sort_key(name, reading);
        assert_eq!(text::fold(&key), key);
    }
}
