#![allow(clippy::unwrap_used)]

use chrono::TimeZone;

use super::super::columns::Mapping;
use super::super::problems::Severity;
use super::*;

fn rules(kind: ImportKind) -> Rules {
    let options = ImportOptions {
        mapping: Mapping::new(),
        currency: "GBP".into(),
        time_zone: "Europe/London".into(),
        date_format: None,
        rate: None,
        owner: Uuid::nil(),
        backfill: true,
    };
    let members = HashMap::from([("sato@example.com".to_owned(), Uuid::from_u128(7))]);
    let now = Utc.with_ymd_and_hms(2026, 4, 1, 0, 0, 0).unwrap();
    Rules::new(kind, options, "GBP", members, now).unwrap()
}

/// Line, column and reason of each problem.
fn found(checked: &Checked) -> Vec<(u64, Option<&str>, &str)> {
    let first = checked.problems.first.iter();
    first
        .map(|problem| (problem.line, problem.column.as_deref(), problem.en.as_str()))
        .collect()
}

#[test]
fn a_good_file_has_no_problems() {
    let file = "\u{feff}customer_id,invoice_no,ts,amount,lines,units,country\n\
                12346,541431,2011-01-18 10:01:00,77183.6,1,74215.0,United Kingdom\n\
                12346,C541433,2011-01-18 10:17:00,-77183.6,1,-74215.0,United Kingdom\n\
                12347,0,2011-07-01,0,0,0,\n";
    let checked = check(&rules(ImportKind::Orders), file.as_bytes());
    assert_eq!((checked.rows, checked.problems), (3, Problems::default()));
}

#[test]
fn bad_rows_come_back_with_line_column_and_reason() {
    let file = "customer_id,invoice_no,ts,amount\n\
                ,1,2011-01-18,1.00\n\
                7,2,18.1.2011,1.00\n\
                7,3,2011-01-18,\"1,000.00\"\n\
                7,4,2011-01-18,1.001\n\
                7,5,2011-03-27 01:30,1\n\
                7,6,2091-01-01,1\n\
                7,7\n\
                7,8,2011-01-18,1.00\n";
    let checked = check(&rules(ImportKind::Orders), file.as_bytes());
    let places: Vec<(u64, Option<&str>)> = found(&checked)
        .iter()
        .map(|(line, column, _)| (*line, *column))
        .collect();
    assert_eq!(
        places,
        [
            (2, Some("customer_id")),
            (3, Some("ts")),
            (4, Some("amount")),
            (5, Some("amount")),
            (6, Some("ts")),
            (7, Some("ts")),
            (8, None),
        ]
    );
    assert_eq!((checked.rows, checked.problems.errors), (8, 7));
}

#[test]
fn one_number_for_two_things_is_refused_and_a_repeat_is_not() {
    let file = "customer_id,invoice_no,ts,amount\n\
                7,1,2011-01-18,1.00\n\
                7,1,2011-01-18 00:00,1.0\n\
                8,1,2011-01-18,1.00\n";
    let checked = check(&rules(ImportKind::Orders), file.as_bytes());
    assert_eq!(
        found(&checked),
        [(
            4,
            Some("invoice_no"),
            "Line 2 has the same number and says something else."
        )]
    );
}

#[test]
fn another_currency_needs_a_rate() {
    let file = "customer,invoice,date,amount,currency,rate\n\
                7,1,2011-01-18,100,JPY,\n\
                7,2,2011-01-18,100,JPY,0.0076\n\
                7,3,2011-01-18,100,gbp,\n\
                7,4,2011-01-18,100,pounds,\n\
                7,5,2011-01-18,100,GBP,2\n";
    let places = |rules: &Rules| {
        let checked = check(rules, file.as_bytes());
        found(&checked)
            .iter()
            .map(|(line, column, _)| (*line, column.map(str::to_owned)))
            .collect::<Vec<_>>()
    };
    let at = |line, column: &str| (line, Some(column.to_owned()));
    let mut rules = rules(ImportKind::Orders);
    assert_eq!(places(&rules), [at(2, "amount"), at(5, "currency"), at(6, "rate")]);
    rules.rate = Some(Rate::parse("0.008").unwrap());
    assert_eq!(places(&rules), [at(5, "currency"), at(6, "rate")]);
}

#[test]
fn what_is_no_country_is_left_out_with_a_warning() {
    let file = "customer_id,invoice_no,ts,amount,country\n7,1,2011-01-18,1,Unspecified\n";
    let checked = check(&rules(ImportKind::Orders), file.as_bytes());
    assert_eq!((checked.problems.errors, checked.problems.warnings), (0, 1));
    assert_eq!(checked.problems.first[0].severity, Severity::Warning);
}

#[test]
fn accounts_are_read_with_owner_and_stage() {
    let file = "id,name,kana,owner,stage\n\
                1,田中商事,たなかしょうじ,Sato@Example.com,prospect\n\
                2,,,,\n\
                3,Birch,,nobody@example.com,GONE\n";
    let rules = rules(ImportKind::Accounts);
    let checked = check(&rules, file.as_bytes());
    let places: Vec<_> = found(&checked)
        .iter()
        .map(|(line, column, _)| (*line, *column))
        .collect();
    assert_eq!(places, [(3, Some("name")), (4, Some("owner")), (4, Some("stage"))]);

    let (headers, mut sheet) = Sheet::open(file.as_bytes()).unwrap();
    let layout = Layout::find(ImportKind::Accounts, headers, &Mapping::new()).unwrap();
    let first = sheet.next().unwrap().cells.unwrap();
    let row = account_row(&rules, &layout, (2, &first), &mut Problems::default()).unwrap();
    assert_eq!(row.owner, Some(Uuid::from_u128(7)));
    assert_eq!(row.lifecycle, Some(Lifecycle::Prospect));
    assert_eq!(row.name_kana, Some(Some("たなかしょうじ".into())));
    // No such column: stays as it is.
    assert_eq!(row.note, None);
}

#[test]
fn a_file_without_the_needed_columns_is_one_problem() {
    let checked = check(&rules(ImportKind::Orders), b"a,b\n1,2\n");
    assert_eq!((checked.problems.errors, checked.problems.first[0].line), (1, 1));
}
