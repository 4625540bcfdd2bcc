//! The folding by which names are compared: PRECIS's mappings for user names (RFC 8265, section 3.3), which are the
//! width, the case and NFC, in this order.
//!
//! Its classes of characters are not used: they would refuse emoji and much else that has always been allowed. Nor is
//! the crate `precis-profiles`, although it offers the rules by themselves: its rule of case leaves title case (`ǅ`)
//! and the final sigma as they are, and its rule of directions refuses Hebrew with points and Arabic with vowels,
//! which RFC 5893 allows. What is left is the width, which is below.

use unicode_bidi::{BidiClass, bidi_class};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::decompose_compatible;

/// The folded form of a name. Folding it again changes nothing.
pub(crate) fn fold(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    let narrow: String = name.chars().map(narrow).collect();
    narrow.to_lowercase().nfc().collect()
}

/// The width mapping (RFC 8264, section 5.2.1): full-width and half-width characters become those of which they are
/// forms.
pub(super) fn narrow(c: char) -> char {
    let plus = |first: char, base: u32| char::from_u32(base + (u32::from(c) - u32::from(first))).unwrap_or(c);
    match c {
        // Half-width Hangul is a form of the compatibility jamo; decomposing it would go on to the conjoining ones.
        '\u{FFA0}' => '\u{3164}',
        '\u{FFA1}'..='\u{FFBE}' => plus('\u{FFA1}', 0x3131),
        '\u{FFC2}'..='\u{FFC7}' => plus('\u{FFC2}', 0x314F),
        '\u{FFCA}'..='\u{FFCF}' => plus('\u{FFCA}', 0x3155),
        '\u{FFD2}'..='\u{FFD7}' => plus('\u{FFD2}', 0x315B),
        '\u{FFDA}'..='\u{FFDC}' => plus('\u{FFDA}', 0x3161),
        // The macron would go on to a space with a mark.
        '\u{FFE3}' => '\u{AF}',
        '\u{3000}' | '\u{FF01}'..='\u{FFEE}' => {
            let mut narrow = c;
            decompose_compatible(c, |part| narrow = part);
            narrow
        }
        _ => c,
    }
}

/// Whether a name is shown in the order of its characters wherever it stands: PRECIS's rule of directions (RFC 8265,
/// section 3.3.2), which is that of RFC 5893, section 2, for names with letters that are read from right to left, and
/// none for others. A Hebrew name may have a number behind it; a digit before it would be shown in the same place.
pub(super) fn reads_one_way(name: &str) -> bool {
    use BidiClass::{AL, AN, BN, CS, EN, ES, ET, NSM, ON, R};
    if name.is_ascii() || !name.chars().any(|c| matches!(bidi_class(c), R | AL | AN)) {
        return true;
    }
    let has = |wanted| name.chars().any(|c| bidi_class(c) == wanted);
    let last = name.chars().map(bidi_class).rfind(|class| *class != NSM);
    matches!(name.chars().next().map(bidi_class), Some(R | AL))
        && name.chars().all(|c| matches!(bidi_class(c), R | AL | AN | EN | ES | CS | ET | ON | BN | NSM))
        && matches!(last, Some(R | AL | EN | AN))
        && !(has(EN) && has(AN))
}
