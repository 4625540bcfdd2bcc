//! Verifiers: what is stored of a password, so that it can be checked but not read.
//!
//! A verifier is one line of ASCII, three words with a space between them:
//!
//! ```text
//! v1 $argon2id$v=19$m=19456,t=2,p=1$SALT$HASH SCRAM-SHA-256$600000:SALT$STORED-KEY:SERVER-KEY
//! ```
//!
//! The first word is the version of this form. The second is a PHC string, against which a password is checked that
//! arrives as such. The third is what RFC 5803 stores for SCRAM, against which a proof is checked; its values are
//! base64. Each of the two can be taken out and used by other programs. They have salts of their own, so that neither
//! helps to guess the other; a guesser takes the cheaper of them, so both have to cost enough ([`Cost`]).

use std::cell::RefCell;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hall::Secret;
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::Cost;
use crate::cost::HASH_BYTES;
use crate::limits::{SALT_BYTES, VERIFIER_BYTES_MAX};
use crate::password::opaque;
use crate::scram::Stored;

/// The version of the form.
const VERSION: &str = "v1";
/// Bytes of each of the two salts.
pub(crate) const ONE_SALT_BYTES: usize = SALT_BYTES / 2;
/// The salt with which a password is worked on that belongs to nobody.
const NOBODYS_SALT: [u8; ONE_SALT_BYTES] = *b"nobody's salt...";

/// There was no memory for the work that a verifier asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no memory to make a verifier in")]
pub struct NoMemory;

/// Makes the verifier of a password that [`prepare`](crate::prepare) has taken. Slow, as `cost` says.
///
/// `salts` are random bytes, drawn for this verifier alone.
///
/// # Errors
/// When the system has not as much memory as `cost` asks for.
pub fn derive(password: &Secret, salts: [u8; SALT_BYTES], cost: &Cost) -> Result<Secret, NoMemory> {
    let (salt, scram_salt) = salts.split_at(ONE_SALT_BYTES);
    let (params, b64) = (cost.params(), |bytes: &[u8]| STANDARD_NO_PAD.encode(bytes));
    let shown = params.to_string();
    let hash = b64(&*argon2id(password, salt, params).ok_or(NoMemory)?);
    let salt = b64(salt);
    let scram = Stored::derive(password, scram_salt, cost.bounded().scram_iterations);
    Ok(Secret::new(format!("{VERSION} $argon2id$v=19${shown}${salt}${hash} {scram}")))
}

/// Whether this is the password of that verifier. Slow, as the verifier says.
///
/// When there is no verifier, because there is no such account, or when it is damaged, the same work is done for
/// nothing, as `cost` says, and the answer is no. What cannot be anybody's password is answered at once.
#[must_use]
pub fn check(verifier: Option<&Secret>, password: &str, cost: &Cost) -> bool {
    let Ok(password) = opaque(password) else { return false };
    let known = verifier.and_then(Verifier::parse);
    let is_known = Choice::from(u8::from(known.is_some()));
    let (params, salt, hash) = match known {
        Some(Verifier { params, salt, hash, .. }) => (params, salt, hash),
        None => (cost.params(), NOBODYS_SALT.to_vec(), Zeroizing::new([0; HASH_BYTES])),
    };
    // Who cannot be checked is not let in.
    argon2id(&password, &salt, params).is_some_and(|computed| (computed.ct_eq(&*hash) & is_known).into())
}

/// Whether a verifier was made at another cost than `cost`, or is damaged: at the next occasion at which the password
/// is there, it should be made anew. Until then, it takes another time to check than what is done for nobody.
#[must_use]
pub fn needs_renewal(verifier: &Secret, cost: &Cost) -> bool {
    Verifier::parse(verifier).is_none_or(|verifier| verifier.cost() != cost.bounded())
}

thread_local! {
    /// The memory of argon2id, kept by each thread that has looked at a password. Taken anew each time, it would not
    /// come back to the system: glibc's allocator up to 2.37 does not use again what was freed of a large aligned
    /// allocation, and a server would grow by that much with each of its first dozen passwords.
    static MEMORY: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
}

/// What argon2id makes of a password; `None` when there is not enough memory.
fn argon2id(password: &Secret, salt: &[u8], params: Params) -> Option<Zeroizing<[u8; HASH_BYTES]>> {
    let mut hash = Zeroizing::new([0; HASH_BYTES]);
    let blocks = params.block_count();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    MEMORY.with_borrow_mut(|memory| {
        if memory.len() != blocks {
            *memory = Vec::new();
            memory.try_reserve_exact(blocks).ok()?;
            memory.resize(blocks, Block::new());
        }
        let done =
            argon2.hash_password_into_with_memory(password.expose().as_bytes(), salt, &mut *hash, &mut memory[..]);
        // What is left in it would let a password be guessed at no cost.
        memory.fill(Block::new());
        done.ok()
    })?;
    Some(hash)
}

/// A verifier that has been read. It is shown to nobody, so it has no `Debug`.
pub(crate) struct Verifier {
    params: Params,
    salt: Vec<u8>,
    hash: Zeroizing<[u8; HASH_BYTES]>,
    pub(crate) scram: Stored,
}

impl Verifier {
    /// Reads a verifier; `None` when it is damaged, of a version that is not known, or asks for more than any may.
    pub(crate) fn parse(text: &Secret) -> Option<Self> {
        let text = text.expose();
        if text.len() > VERIFIER_BYTES_MAX {
            return None;
        }
        let mut words = text.split(' ');
        let (version, phc, scram) = (words.next()?, words.next()?, words.next()?);
        if version != VERSION || words.next().is_some() {
            return None;
        }
        let phc = PasswordHash::new(phc).ok()?;
        if phc.algorithm.as_str() != "argon2id" || phc.version != Some(19) {
            return None;
        }
        let params = Params::try_from(&phc).ok()?;
        let verifier = Self {
            salt: phc.salt?.to_vec(),
            hash: Zeroizing::new(phc.hash?.as_bytes().try_into().ok()?),
            params,
            scram: Stored::parse(scram)?,
        };
        let asks_too_much = verifier.cost() != verifier.cost().bounded();
        let is_foreign = !verifier.params.keyid().is_empty() || !verifier.params.data().is_empty();
        (!asks_too_much && !is_foreign).then_some(verifier)
    }

    fn cost(&self) -> Cost {
        Cost {
            memory_kib: self.params.m_cost(),
            passes: self.params.t_cost(),
            lanes: self.params.p_cost(),
            scram_iterations: self.scram.iterations,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::prepare;

    const PASSWORD: &str = "열려라 참깨 123";

    fn made(cost: &Cost) -> Secret {
        derive(&prepare(PASSWORD).unwrap(), std::array::from_fn(|n| u8::try_from(n).unwrap()), cost).unwrap()
    }

    #[test]
    fn a_password_is_known_again() {
        let verifier = made(&Cost::least());
        let is = |password: &str| check(Some(&verifier), password, &Cost::least());
        assert!(is(PASSWORD));
        assert!(is("\u{110b}\u{1167}\u{11af}\u{1105}\u{1167}라\u{3000}참깨 123"), "typed another way");
        for wrong in ["열려라 참깨 124", "열려라 참깨 123 ", "", "x", "\0", &"x".repeat(1 << 20)] {
            assert!(!is(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn nobody_has_no_password() {
        for password in [PASSWORD, "", "nobody's salt..."] {
            assert!(!check(None, password, &Cost::least()));
        }
    }

    #[test]
    fn the_form_is_what_is_documented() {
        let verifier = made(&Cost::least());
        // As argon2-cffi and Python's hashlib have it.
        let expect = "v1 $argon2id$v=19$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$E7L8k8rd0ZChb6Hfy3BxRHfFkecTBDHCILJC7KQBYSw \
                      SCRAM-SHA-256$4096:EBESExQVFhcYGRobHB0eHw==$2IKPxR+5PDSQDaUReTdREExAdgEM/CStL84OQxMK/eI=:\
                      DvzupTAeyEcYYZyQ5RsxuHYZOfRuadtXAU63p3idu24=";
        assert_eq!(verifier.expose(), expect);
        assert!(verifier.expose().len() < VERIFIER_BYTES_MAX);
        assert!(verifier.expose().bytes().all(|b| b.is_ascii_graphic() || b == b' '));
    }

    #[test]
    fn it_costs_what_it_says() {
        let cost = Cost { memory_kib: 64, passes: 3, lanes: 2, scram_iterations: 5000 };
        let verifier = made(&cost);
        assert!(verifier.expose().contains("$m=64,t=3,p=2$") && verifier.expose().contains("$5000:"));
        // What it was made at counts, not what is asked of new ones.
        assert!(check(Some(&verifier), PASSWORD, &Cost::least()));
        assert!(!needs_renewal(&verifier, &cost));
        for other in [
            Cost { memory_kib: 65, ..cost },
            Cost { passes: 4, ..cost },
            Cost { lanes: 1, ..cost },
            Cost { scram_iterations: 5001, ..cost },
            Cost::default(),
        ] {
            assert!(needs_renewal(&verifier, &other), "{other:?}");
        }
        assert!(needs_renewal(&Secret::new("v1"), &cost));
    }

    #[test]
    fn two_of_one_password_have_nothing_in_common() {
        let password = prepare(PASSWORD).unwrap();
        let [a, b] = [1, 2].map(|n| derive(&password, [n; SALT_BYTES], &Cost::least()).unwrap());
        let hashes =
            |of: &Secret| of.expose().split(['$', ':', ' ']).filter(|w| w.len() > 20).map(str::to_owned).collect();
        let (a, b): (Vec<String>, Vec<String>) = (hashes(&a), hashes(&b));
        assert_eq!(a.len(), 5);
        assert!(a.iter().all(|word| !b.contains(word)));
    }

    #[test]
    fn what_is_damaged_lets_nobody_in() {
        let verifier = made(&Cost::least());
        let whole = verifier.expose();
        let no = |text: &str| {
            assert!(!check(Some(&Secret::new(text)), PASSWORD, &Cost::least()), "{text}");
            assert!(needs_renewal(&Secret::new(text), &Cost::least()), "{text}");
        };
        (0..whole.len()).for_each(|end| no(&whole[..end]));
        for (from, to) in [
            ("v1 ", "v2 "),
            ("v1 ", ""),
            ("argon2id", "argon2i"),
            ("argon2id", "argon2d"),
            ("v=19", "v=16"),
            ("$v=19", ""),
            ("m=8,", "m=7,"),
            ("m=8,", "m=1048577,"),
            ("m=8,", "m=4294967295,"),
            ("t=1,", "t=65,"),
            ("p=1$", "p=1,data=AAAA$"),
            ("p=1$", "p=1,keyid=AAAA$"),
            ("4096:", "4095:"),
            ("4096:", "+4096:"),
            ("4096:", "99999999999:"),
            ("SCRAM-SHA-256$", "SCRAM-SHA-1$"),
            ("==$", "$"),
        ] {
            assert!(whole.contains(from), "{from}");
            no(&whole.replacen(from, to, 1));
        }
        no(&format!("{whole} "));
        no(&format!(" {whole}"));
        no(&format!("{whole}\n"));
        no(&"v1 ".repeat(1000));
    }

    proptest! {
        #[test]
        fn any_text_is_a_verifier_or_is_not(text in "(v1 |\\PC{0,4})[$argon2idvmtp=,0-9A-Za-z+/: é]{0,200}") {
            prop_assert!(!check(Some(&Secret::new(text)), PASSWORD, &Cost::least()));
        }

        #[test]
        fn one_byte_of_it_counts(at in any::<prop::sample::Index>(), to in "[ -~]") {
            let verifier = made(&Cost::least());
            let whole = verifier.expose();
            let at = at.index(whole.len());
            // What is behind the PHC string is what a password is not checked against.
            let phc_ends = whole.find(" SCRAM").unwrap();
            let other = format!("{}{to}{}", &whole[..at], &whole[at + 1..]);
            let changed = other != whole && at < phc_ends;
            let is = check(Some(&Secret::new(other)), PASSWORD, &Cost::least());
            prop_assert!(!(changed && is));
        }
    }
}
