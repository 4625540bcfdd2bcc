use super::*;

fn nick(raw: &str) -> Result<String, NameError> {
    Nick::new(raw, 8).map(|n| n.to_string())
}

#[test]
fn nicks_are_checked_at_the_edge() {
    for good in ["민수", "minsu", "a-b", "_x_", "김철수2", "Ζωή", "👩"] {
        assert_eq!(nick(good), Ok(good.to_owned()));
    }
    assert_eq!(nick(""), Err(NameError::Empty));
    assert_eq!(nick("123456789"), Err(NameError::TooLong(8)));
    assert_eq!(nick(&"a".repeat(1_000_000)), Err(NameError::TooLong(8)));
    for (bad, c) in [
        ("a b", ' '),
        ("a\u{200B}", '\u{200B}'),
        ("#a", '#'),
        ("*", '*'),
        ("a\u{1b}[", '\u{1b}'),
        ("\u{202E}a", '\u{202E}'),
        ("[a", '['),
    ] {
        assert_eq!(nick(bad), Err(NameError::Refused(c)), "{bad:?}");
    }
}

#[test]
fn names_are_equal_however_they_were_typed() {
    let same = |a: &str, b: &str| assert_eq!(Nick::new(a, 30), Nick::new(b, 30), "{a} {b}");
    same("Minsu", "mINSU");
    same("\u{1112}\u{1161}\u{11ab}", "한");
    same("Ä", "a\u{308}");
}

#[test]
fn a_number_behind_a_nick_still_fits() {
    let long = Nick::new("가나다라마바사아", 8).unwrap();
    assert_eq!(long.numbered(12, 8).unwrap().as_str(), "가나다라마바12");
}

#[test]
fn a_room_begins_with_a_hash() {
    assert_eq!(RoomName::new("lobby", 50), Err(NameError::NoHash));
    assert_eq!(RoomName::new("#", 50), Err(NameError::Empty));
    assert!(RoomName::new("#a b", 50).is_err());
    assert_eq!(RoomName::new("#수다", 50).unwrap().as_str(), "#수다");
}

fn of(raw: &str) -> Nick {
    Nick::new(raw, 64).unwrap_or_else(|error| panic!("{raw}: {error}"))
}

#[test]
fn names_are_compared_as_precis_folds_them() {
    for (a, b) in [
        ("ｍｉｎｓｕ", "Minsu"),
        ("ﾐﾝｽ", "ミンス"),
        ("ｶﾞ", "ガ"),
        ("ￃ", "ㅐ"),
        ("ΝΊΚΟΣ", "νίκος"),
        ("ǅ", "ǆ"),
        ("İ", "i\u{307}"),
    ] {
        assert_eq!(of(a), of(b), "{a} {b}");
    }
    for (a, b) in [("민수", "민서"), ("이수", "이슈"), ("ß", "ss"), ("①", "1"), ("ﬁ", "fi"), ("👩", "👨")]
    {
        assert_ne!(of(a), of(b), "{a} {b}");
    }
    assert_eq!(of("ｍinsu").as_str(), "ｍinsu", "it is shown as it was written");
}

#[test]
fn a_full_width_sign_is_refused_as_the_narrow_one_is() {
    assert_eq!(nick("＃a"), Err(NameError::Refused('＃')));
    assert_eq!(nick("a：b"), Err(NameError::Refused('：')));
    assert_eq!(nick("a－b"), Ok("a－b".to_owned()));
    // Somebody was called so before.
    assert_eq!(Nick::recorded("a：b", 8).unwrap().key(), "a:b");
    assert_eq!(RoomName::recorded("#a：b", 8).unwrap().key(), "#a:b");
    assert!(Nick::recorded("a:b", 8).is_err());
}

#[test]
fn a_name_that_would_be_shown_in_another_order_is_refused() {
    // Hebrew, with points, with a number; Arabic, with vowels, with either digits; Thaana.
    for good in ["שלום", "שָׁלוֹם", "אב12", "א-ב", "علي", "عَلِيّ", "علي٣", "ދިވެހި", "12ab", "_x_", "민수2"]
    {
        assert_eq!(of(good).as_str(), good);
        assert_eq!(RoomName::new(&format!("#{good}"), 64).unwrap().as_str(), format!("#{good}"));
    }
    for bad in ["12אב", "אבa", "aאב", "민수שלום", "שלום_", "_שלום", "علي٣2", "\u{5b0}א", "אाב", "a٣"]
    {
        assert_eq!(Nick::new(bad, 64), Err(NameError::MixedDirections), "{bad}");
        assert_eq!(RoomName::new(&format!("#{bad}"), 64), Err(NameError::MixedDirections), "{bad}");
        assert_eq!(Nick::recorded(bad, 64).unwrap().as_str(), bad);
    }
    assert!(of("علي٣").numbered(2, 64).is_err());
}

#[test]
fn look_alikes_are_recognised() {
    for (a, b) in [
        ("minsu", "mіnsu"),   // Cyrillic і
        ("paypal", "рaypal"), // Cyrillic р
        ("ADMIN", "АDМIN"),   // Cyrillic А and М
        ("bob", "ВОВ"),       // Cyrillic, like Latin only when it is capital
        ("admin", "ᎪᎠᎷIN"),   // Cherokee
        ("minsu", "ｍinsu"),  // full-width; equal by their keys
        ("lobo", "lοbο"),     // Greek omicron
        ("Nick", "Νick"),     // Greek Nu
        ("steve", "steνe"),   // Greek nu
        ("root", "r00t"),
        ("ROOT", "r0Ot"),
        ("lily", "1ily"),
        ("Ian", "lan"),
        ("MINSU", "MlNSU"),
        ("rudi", "rud|"),
        ("modern", "modem"),
        ("민수", "\u{1106}\u{1175}\u{11ab}\u{1109}\u{116e}"),
        ("café", "сafé"), // Cyrillic с
    ] {
        assert!(of(a).looks_like(&of(b)) && of(b).looks_like(&of(a)), "{a} {b}");
        assert!(of(b).skeletons().contains(&of(a).skeleton()), "{a} {b}: what is kept of one is among the other's");
    }
    assert_eq!(nick("min\u{200D}su"), Err(NameError::Refused('\u{200D}')));
}

#[test]
fn names_that_differ_to_the_eye_do_not_look_alike() {
    let names =
        ["민수", "민서", "김철수", "이수", "이슈", "가까", "각가", "박기", "바끼", "ㅇㅇ", "oo", "👩", "👨", "minsu"];
    let more =
        ["nick", "vick", "yuri", "uuri", "小明", "小朋", "ミンス", "anna", "ann", "λ", "a", "ü", "u", "b-c", "b_c"];
    let names: Vec<_> = names.into_iter().chain(more).filter(|name| *name != "ㅇㅇ").collect();
    for a in &names {
        for b in &names {
            assert_eq!(of(a).looks_like(&of(b)), a == b, "{a} {b}");
        }
    }
    // A letter of Hangul by itself is a circle as others are.
    assert!(of("ㅇㅇ").looks_like(&of("oo")));
}

#[test]
fn every_character_folds_to_what_stays() {
    for c in '\0'..=char::MAX {
        let folded = fold(&c.to_string());
        assert_eq!(fold(&folded), folded, "{c:?}");
        if fold::narrow(c) != c {
            let compatible = |c: char| std::iter::once(c).nfkd().collect::<String>();
            assert_eq!(compatible(fold::narrow(c)), compatible(c), "{c:?} is a form of what it becomes");
        }
    }
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    /// Text in which what is special comes often.
    fn text() -> impl Strategy<Value = String> {
        let odd = prop::sample::select(
            "Σσςİıßǅΐͅ\u{301}\u{307}\u{327}ｶﾞﾊﾟￃＡａ민\u{1106}\u{1175}\u{11ab}가νΝυіВв1lI|0Oאب٣"
                .chars()
                .collect::<Vec<_>>(),
        );
        prop::collection::vec(prop_oneof![odd, any::<char>(), prop::char::range('!', '~')], 0..12)
            .prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in text()) {
            let text: String = text.nfc().collect();
            let folded = fold(&text);
            prop_assert_eq!(fold(&folded), folded);
        }

        #[test]
        fn names_have_the_key_of_their_key_and_their_other_case(text in text()) {
            let Ok(nick) = Nick::new(&text, 64) else { return Ok(()) };
            prop_assert_eq!(&Nick::new(nick.as_str(), 64), &Ok(nick.clone()));
            let again = Nick::recorded(nick.key(), usize::MAX).map(|again| (again.skeletons(), again));
            prop_assert_eq!(again, Ok((nick.skeletons(), nick.clone())));
            let recorded = Nick::recorded(nick.as_str(), 64);
            prop_assert_eq!(recorded, Ok(nick.clone()));
            let skeletons = nick.skeletons();
            prop_assert!(nick.looks_like(&nick) && skeletons[0] == nick.skeleton() && skeletons.len() <= 2);
        }

        #[test]
        fn a_name_is_never_shorter_than_nothing_and_holds_no_sign(text in text()) {
            let Ok(nick) = Nick::new(&text, 64) else { return Ok(()) };
            for held in [nick.as_str(), nick.key()] {
                prop_assert!(!held.is_empty() && !held.chars().any(is_refused), "{held:?}");
            }
        }

        #[test]
        fn equality_is_an_equivalence(texts in [text(), text(), text()], upper in any::<[bool; 3]>()) {
            let names: Vec<Nick> = texts.iter().zip(upper)
                .map(|(text, upper)| if upper { text.to_uppercase() } else { text.clone() })
                .filter_map(|text| Nick::new(&text, 64).ok()).collect();
            for a in &names {
                prop_assert_eq!(a, a);
                for b in &names {
                    prop_assert_eq!(a == b, b == a);
                    prop_assert_eq!(a == b, a.key() == b.key());
                    prop_assert!(a != b || a.skeletons() == b.skeletons());
                }
            }
        }
    }
}
