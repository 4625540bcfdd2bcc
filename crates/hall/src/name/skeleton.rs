//! What a name looks like: the skeletons of UTS #39, section 4, of its folded key, with what a hall needs.
//!
//! - **Case.** Names of another case are equal, so that whoever wants to be taken for somebody is free to choose it. A
//!   Cyrillic `в` looks like no `b`, but `В` looks like `B`. A letter is taken for what it looks like among ASCII's, small or
//!   else capital. As capital `I` looks like a small `l`, as `1` and `|` do, `i` is `l` in a skeleton.
//! - **Hangul** is compared by syllables. UTS #39 takes them apart into letters, and would have 각가 and 가까 look
//!   alike, and `이` begin with a Latin `o`; nobody who reads Hangul takes one for the other.
//! - `m` looks like `rn`: where `modern` is taken, `modem` looks like it.

use unicode_normalization::UnicodeNormalization;
use unicode_security::skeleton;

use super::fold::fold;

/// How often a skeleton is made of a skeleton: `ᗰ` looks like `M`, which is the same name as `m`, which looks like
/// `rn`. No character needs more (a test goes through them all).
const ROUNDS_MOST: usize = 4;

/// Which of its forms a letter is taken for when each looks like another ASCII letter: `ν` like `v`, `Ν` like `N`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prefer {
    Small,
    Capital,
}

/// The skeleton of a folded key that is kept.
pub(super) fn first(key: &str) -> String {
    of(key, Prefer::Small)
}

/// All skeletons of a folded key, that which is kept first.
pub(super) fn all(key: &str) -> Vec<String> {
    let (small, capital) = (of(key, Prefer::Small), of(key, Prefer::Capital));
    if small == capital { vec![small] } else { vec![small, capital] }
}

fn of(key: &str, prefer: Prefer) -> String {
    let mut all = String::with_capacity(key.len());
    for c in key.chars() {
        if matches!(c, '가'..='힣') {
            all.push(c);
            continue;
        }
        for part in std::iter::once(c).nfd() {
            all.push_str(&seen(part, prefer));
        }
    }
    // A mark may stand on what has become another letter by now.
    all.nfd().map(|c| if c == 'i' { 'l' } else { c }).nfc().collect()
}

/// What one character is taken for.
fn seen(c: char, prefer: Prefer) -> String {
    let small = look(c.to_string());
    if c.is_ascii() {
        return small;
    }
    let capital = look(c.to_uppercase().collect());
    match (small.is_ascii(), capital.is_ascii(), prefer) {
        (_, true, Prefer::Capital) | (false, true, _) => capital,
        _ => small,
    }
}

fn look(mut text: String) -> String {
    for _ in 0..ROUNDS_MOST {
        let next = fold(&skeleton(&text).collect::<String>());
        if next == text {
            break;
        }
        text = next;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_characters_look_is_settled() {
        for c in '\0'..=char::MAX {
            let look = look(c.to_string());
            assert_eq!(fold(&skeleton(&look).collect::<String>()), look, "{c:?}");
        }
    }

    #[test]
    fn no_two_syllables_look_alike() {
        let looks: std::collections::HashSet<_> = ('가'..='힣').map(|c| first(&c.to_string())).collect();
        assert_eq!(looks.len(), 11_172);
    }
}
