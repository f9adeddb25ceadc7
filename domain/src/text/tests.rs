use super::*;
use proptest::prelude::*;

/// What the two databases do: narrow by pieces, then check.
fn finds(query: &str, name: &str, reading: Option<&str>) -> bool {
    let terms = query_terms(query);
    let text = search_text(name, reading);
    let pieces = grams(&text);
    let narrowed = terms.iter().all(|term| term_grams(term).is_subset(&pieces));
    assert!(narrowed || !matches(&text, &terms), "the pieces lost {query} in {name}");
    narrowed && matches(&text, &terms)
}

#[test]
fn a_name_is_found_by_kanji_kana_and_latin_letters() {
    let tanaka = |query| finds(query, "田中商事", Some("たなかしょうじ"));
    for query in [
        "田中",
        "たなか",
        "タナカ",
        "ﾀﾅｶ",
        "TANAKA",
        "tanaka",
        "ＴＡＮＡＫＡ",
        "田中商事",
        "商",
        "tanakashouji",
        "tanakashoji",
        "しょうじ",
        "　田中　",
    ] {
        assert!(tanaka(query), "{query}");
    }
    for query in ["中田", "たなべ", "tanabe", "田中 物産", "鈴木"] {
        assert!(!tanaka(query), "{query}");
    }
}

#[test]
fn legal_forms_and_punctuation_do_not_matter() {
    let tanaka = |query| finds(query, "Tanaka GmbH & Co. KG", None);
    for query in ["tanaka gmbh", "TANAKA GMBH & CO. KG", "co kg tanaka", "Tanaka, GmbH"] {
        assert!(tanaka(query), "{query}");
    }
    assert!(!tanaka("tanaka ag"));
    assert!(finds("(株)田中", "㈱田中", None));
    assert!(finds("a&b", "A&B商事", None));
    assert!(finds("o'brien", "O\u{2019}Brien Ltd", None));
}

#[test]
fn old_forms_accents_and_variants_are_found_by_the_ones_people_type() {
    assert!(finds("高橋", "髙橋製作所", Some("タカハシセイサクショ")));
    assert!(finds("髙橋", "高橋製作所", None));
    assert!(finds("山崎", "山﨑工業", None));
    assert!(finds("渡辺", "渡邉 渡邊", None));
    assert!(finds("葛城", "葛\u{E0100}城", None));
    assert!(finds("茅ケ崎", "茅ヶ崎製作所", None));
    assert!(finds("霞ヵ関", "霞カ関", None));
    assert!(finds("muller", "Müller AG", None));
    assert!(finds("müller", "MULLER AG", None));
    assert!(finds("strasse", "Straße 7", None));
    assert!(finds("tokyo", "東京精機", Some("とうきょうせいき")));
    assert!(finds("Tōkyō", "東京精機", Some("とうきょうせいき")));
    assert!(finds("koohii", "喫茶コーヒー", None));
}

#[test]
fn folding_takes_away_what_people_do_not_mind() {
    for (text, folded) in [
        ("  Ｔanaka\u{3000} ＧＭＢＨ ", "tanaka gmbh"),
        ("ﾀﾅｶｼｮｳｼﾞ", "たなかしょうじ"),
        ("ヴァイオリン", "ゔぁいおりん"),
        ("コーヒー", "こーひー"),
        ("髙島﨑", "高島崎"),
        ("㈱", "(株)"),
        ("İstanbul", "istanbul"),
        ("ΣΊΣΥΦΟΣ", "σισυφοσ"),
        ("ガ", "が"),
        ("", ""),
    ] {
        assert_eq!(fold(text), folded, "{text}");
    }
}

#[test]
fn kana_become_the_letters_that_are_typed() {
    for (kana, latin) in [
        ("たなかしょうじ", "tanakashouji"),
        ("トウキョウ", "toukyou"),
        ("ﾀﾅｶ", "tanaka"),
        ("しんいち", "shinichi"),
        ("コーヒー", "koohii"),
        ("きって", "kitte"),
        ("サーバー", "saabaa"),
        ("田中", "田中"),
        ("ー", ""),
        ("", ""),
    ] {
        assert_eq!(romaji(kana), latin, "{kana}");
    }
}

#[test]
fn the_search_text_has_a_line_for_each_way_to_write_it() {
    assert_eq!(
        search_text("田中商事", Some("タナカショウジ")),
        "田中商事\nたなかしょうじ\ntanakashouji\ntanakashoji"
    );
    assert_eq!(search_text("Tanaka GmbH & Co. KG", None), "tanaka gmbh & co. kg");
    assert_eq!(search_text("サクラ", Some("さくら")), "さくら\nsakura");
    assert_eq!(search_text("田中", Some("")), "田中");
}

#[test]
fn pieces_are_single_characters_and_pairs_within_a_word() {
    let pieces = |text: &str| grams(text).into_iter().collect::<Vec<_>>().join(" ");
    assert_eq!(pieces("ab c"), "a ab b c");
    assert_eq!(pieces("a&b"), "a b");
    assert_eq!(pieces("田中\nたな"), "た たな な 中 田 田中");
    assert_eq!(pieces("サク-ラ"), "く さ さく ら");
    assert_eq!(pieces(" &. "), "");
    assert_eq!(
        term_grams("田中商"),
        BTreeSet::from(["田中".to_owned(), "中商".to_owned()])
    );
    assert_eq!(term_grams("田"), BTreeSet::from(["田".to_owned()]));
}

#[test]
fn a_query_is_split_into_folded_words() {
    assert_eq!(query_terms("Tanaka GmbH & Co. KG"), ["tanaka", "gmbh", "co", "kg"]);
    assert_eq!(query_terms("タナカ・ショウジ"), ["たなか", "しょうじ"]);
    assert_eq!(query_terms("50%_off"), ["50", "off"]);
    assert_eq!(query_terms("tanaka TANAKA"), ["tanaka"]);
    assert!(query_terms(" & . ").is_empty());
}

#[test]
fn names_sort_by_their_reading() {
    let mut names = [
        ("渡辺", Some("ワタナベ")),
        ("青木", Some("あおき")),
        ("田中", Some("タナカ")),
        ("Bauer", None),
        ("Abel", Some("  ")),
    ];
    names.sort_by_key(|(name, reading)| sort_key(name, *reading));
    assert_eq!(names.map(|(name, _)| name), ["Abel", "Bauer", "青木", "田中", "渡辺"]);
}

proptest! {
    #[test]
    fn folding_twice_is_folding_once(text in "\\PC{0,30}") {
        let once = fold(&text);
        prop_assert_eq!(fold(&once), once);
    }

    #[test]
    fn folding_japanese_twice_is_folding_once(text in "[ぁ-ヿ一-龥ｦ-ﾟ𠮷﨑 ]{0,20}") {
        let once = fold(&text);
        prop_assert_eq!(fold(&once), once);
    }

    #[test]
    fn every_name_is_found_by_itself_and_by_any_part_of_it(
        name in "[a-zA-Zぁ-んァ-ヶー一-龥&. ]{1,20}",
        reading in prop::option::of("[ぁ-んァ-ヶー]{1,12}"),
        from in 0_usize..20,
        length in 1_usize..20,
    ) {
        prop_assert!(finds(&name, &name, reading.as_deref()));
        let part: String = name.chars().skip(from).take(length).collect();
        prop_assert!(finds(&part, &name, reading.as_deref()));
        if let Some(reading) = &reading {
            prop_assert!(finds(reading, &name, Some(reading)));
            prop_assert!(finds(&romaji(reading), &name, Some(reading)));
        }
    }

    #[test]
    fn any_text_gets_an_answer(text in "\\PC{0,40}", query in "\\PC{0,20}") {
        finds(&query, &text, Some(&query));
        let _ = romaji(&text);
        prop_assert!(!sort_key(&text, None).contains('\n'));
    }
}
