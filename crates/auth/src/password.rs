//! Passwords: what may be one, and what makes two ways of typing it the same.
//!
//! The profile is PRECIS OpaqueString (RFC 8265, section 4.2): case and width are kept, every kind of space is a space,
//! and there are no controls. Text is composed (NFC) before it is looked at and not only after it, since the profile
//! would refuse Hangul that arrives in single letters, as some systems send it. What it allows anyway, it makes the
//! same of.

use std::borrow::Cow;

use hall::Secret;
use precis_profiles::OpaqueString;
use precis_profiles::precis_core::profile::PrecisFastInvocation;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::limits::{PASSWORD_BYTES_MAX, PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN};

/// Why something cannot be a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPassword {
    /// It has fewer characters than the least, which is given.
    #[error("the password has fewer than {0} characters")]
    TooShort(usize),
    /// It has more characters than the most, which is given.
    #[error("the password has more than {0} characters")]
    TooLong(usize),
    /// It holds a control character or another that no password may hold, or one that was unknown to Unicode 6.3, for
    /// which the profile is defined.
    #[error("the password holds a character that no password may hold")]
    Refused,
}

/// Checks what somebody wants for a password, and gives it in the form that verifiers are made of.
///
/// # Errors
/// When it has fewer than [`PASSWORD_CHARS_MIN`] or more than [`PASSWORD_CHARS_MAX`] characters, or holds one that the
/// profile refuses.
pub fn prepare(password: &str) -> Result<Secret, BadPassword> {
    let prepared = opaque(password)?;
    match prepared.expose().chars().nth(PASSWORD_CHARS_MIN - 1) {
        None => Err(BadPassword::TooShort(PASSWORD_CHARS_MIN)),
        Some(_) => Ok(prepared),
    }
}

/// The form in which passwords are compared. Short ones have it too: what is asked of a new password is not asked of
/// one that somebody logs in with.
pub(crate) fn opaque(password: &str) -> Result<Secret, BadPassword> {
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(BadPassword::TooLong(PASSWORD_CHARS_MAX));
    }
    if password.is_empty() {
        return Err(BadPassword::TooShort(PASSWORD_CHARS_MIN));
    }
    // With room for the longest, so that no part of it is left behind when the text grows.
    let mut composed = Zeroizing::new(String::with_capacity(3 * password.len()));
    composed.extend(password.nfc());
    if composed.chars().nth(PASSWORD_CHARS_MAX).is_some() {
        return Err(BadPassword::TooLong(PASSWORD_CHARS_MAX));
    }
    match OpaqueString::enforce(composed.as_str()).map_err(|_| BadPassword::Refused)? {
        Cow::Borrowed(same) => Ok(Secret::new(same)),
        Cow::Owned(changed) => Ok(Secret::new(Zeroizing::new(changed).as_str())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: &str, expect: Result<&str, BadPassword>) {
        assert_eq!(prepare(password).as_ref().map(Secret::expose), expect.as_ref().copied(), "{password:?}");
    }

    #[test]
    fn a_password_is_kept_as_it_is() {
        for good in
            ["correct horse", "Correct Horse", "열려라참깨열려라", "p@ss,w=rd\"'\\", "ｆｕｌｌｗｉｄｅ", " 12345678 "]
        {
            check(good, Ok(good));
        }
    }

    #[test]
    fn ways_of_typing_it_make_no_difference() {
        check("a\u{3000}b\u{a0}cdefg", Ok("a b cdefg"));
        check("A\u{308}rgerlich", Ok("Ärgerlich"));
        // 한글 in single letters, eight syllables of it.
        check(&"\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}".repeat(4), Ok(&"한글".repeat(4)));
    }

    #[test]
    fn what_is_no_password_is_refused() {
        check("", Err(BadPassword::TooShort(8)));
        check("1234567", Err(BadPassword::TooShort(8)));
        check("열려라참깨열려", Err(BadPassword::TooShort(8)));
        check(&"x".repeat(129), Err(BadPassword::TooLong(128)));
        check(&"한".repeat(129), Err(BadPassword::TooLong(128)));
        check(&"x".repeat(1 << 20), Err(BadPassword::TooLong(128)));
        for bad in
            ["12345678\0", "1234\n5678", "\u{1b}[31m12345", "1234567\u{7f}", "1234567\u{200b}", "1234567\u{e000}"]
        {
            check(bad, Err(BadPassword::Refused));
        }
    }

    #[test]
    fn the_longest_is_taken_however_it_is_typed() {
        let longest = "한".repeat(128);
        check(&longest, Ok(&longest));
        check(&"\u{1112}\u{1161}\u{11ab}".repeat(128), Ok(&longest));
        check(&"𝒳".repeat(128), Ok(&"𝒳".repeat(128)));
    }

    #[test]
    fn preparing_twice_changes_nothing() {
        for password in ["a\u{3000}b\u{a0}cdefg", "A\u{308}rgerlich", "Ａｂｃｄｅｆｇｈ"] {
            let once = prepare(password).unwrap();
            assert!(prepare(once.expose()).unwrap() == once);
        }
    }
}
