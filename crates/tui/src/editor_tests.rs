//! Keys in, line out.

use super::*;

fn type_in(editor: &mut Editor, bytes: &[u8]) -> Vec<Outcome> {
    Keys::default().feed(bytes).into_iter().filter_map(|key| editor.press(key)).collect()
}

/// What is in the line, with `|` for the cursor, once these keys were pressed.
fn check(keys: &str, expect: &str) {
    let mut editor = Editor::default();
    type_in(&mut editor, keys.as_bytes());
    let (before, after) = editor.text().split_at(editor.cursor());
    assert_eq!(format!("{before}|{after}"), expect, "{keys:?}");
}

#[test]
fn editing_goes_by_what_is_seen_as_one_character() {
    check("안녕\u{7f}", "안|");
    check("e\u{301}\u{7f}", "|");
    check("👩\u{200d}🚀x\u{2}\u{2}", "|👩\u{200d}🚀x");
    check("가나다\x1b[D\x1b[D라", "가라|나다");
    check("한글 단어\x17", "한글 |");
    check("one two\x1bb", "one |two");
    check("one two\x1b[1;5D\x1b[1;5Dx", "x|one two");
    check("abc\x01\x0bz\x19", "zabc|");
    check("abc\x1b[3~\x1bOH\x1b[3~", "|bc");
}

#[test]
fn sequences_that_mean_nothing_leave_no_text() {
    check("a\x1b[15~\x1b[?1;2c\x1b[M\x1b]0;x\x07b\x1b", "ab|");
    check("\x1b[200~x\x03\x15y\x1b[201~", "xy|");
}

#[test]
fn enter_hands_over_the_line_and_up_brings_it_back() {
    let mut editor = Editor::default();
    let lines = type_in(&mut editor, "첫째\r둘째\r반쯤".as_bytes());
    assert_eq!(lines, [Outcome::Line("첫째".into()), Outcome::Line("둘째".into())]);
    let mut shown = |keys: &str| {
        type_in(&mut editor, keys.as_bytes());
        editor.text().to_owned()
    };
    assert_eq!(shown("\x1b[A"), "둘째");
    assert_eq!(shown("\x1b[A\x1b[A"), "첫째");
    assert_eq!(shown("\x1b[B\x1b[B"), "반쯤");
    assert_eq!(shown("\x1b[B"), "반쯤");
}

#[test]
fn a_paste_of_several_lines_is_several_lines() {
    let lines = type_in(&mut Editor::default(), b"\x1b[200~one\r\ntwo\nthree\r\x1b[201~");
    assert_eq!(lines, ["one", "two", "three"].map(|line| Outcome::Line(line.into())));
}

#[test]
fn ctrl_d_leaves_only_from_an_empty_line() {
    let mut editor = Editor::default();
    assert_eq!(type_in(&mut editor, b"x\x04\x02\x04\x04"), [Outcome::Leave]);
    assert_eq!(type_in(&mut editor, b"half\x03"), [Outcome::Leave]);
}

#[test]
fn a_full_line_takes_no_more() {
    let mut editor = Editor::default();
    type_in(&mut editor, "가".repeat(TYPED_LINE_BYTES).as_bytes());
    assert_eq!(editor.text().len(), TYPED_LINE_BYTES / 3 * 3);
}
