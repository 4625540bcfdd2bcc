//! The four messages of a SCRAM exchange (RFC 5802, section 7): reading them to the letter, and writing names.
//!
//! What is read: the attributes in their order, no mandatory extension (`m=`), unknown ones where the grammar has a
//! place for them. All of it is UTF-8 without NUL.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::keys::{Key, parse_iterations};
use crate::exchange::{checked_name, is_same_name};
use crate::{Failure, exchange};

/// `client-first-message`.
pub(super) struct ClientFirst<'a> {
    /// The part before the bare message, commas included, which comes again in the last one.
    pub(super) gs2_header: &'a str,
    /// Everything behind it.
    pub(super) bare: &'a str,
    pub(super) account: String,
    pub(super) nonce: &'a str,
}

/// `server-first-message`.
pub(super) struct ServerFirst<'a> {
    pub(super) nonce: &'a str,
    pub(super) salt: Vec<u8>,
    pub(super) iterations: u32,
}

/// `client-final-message`.
pub(super) struct ClientLast<'a> {
    /// What is signed of it.
    pub(super) without_proof: &'a str,
    /// The first message's `gs2_header`, as the client has it.
    pub(super) gs2_header: Vec<u8>,
    pub(super) nonce: &'a str,
    pub(super) proof: Key,
}

impl<'a> ClientFirst<'a> {
    pub(super) fn parse(message: &'a [u8]) -> Result<Self, Failure> {
        let text = exchange::text(message)?;
        let (flag, rest) = text.split_once(',').ok_or(Failure::Malformed)?;
        match flag {
            // `y`: the client could bind a channel and believes that this server cannot, which is so.
            "n" | "y" => {}
            _ if flag.starts_with("p=") => return Err(Failure::ChannelBinding),
            _ => return Err(Failure::Malformed),
        }
        let (authzid, bare) = rest.split_once(',').ok_or(Failure::Malformed)?;
        let mut attributes = bare.split(',');
        let name = required(attributes.next(), "n=")?;
        let nonce = required(attributes.next(), "r=").and_then(checked_nonce)?;
        extensions(attributes)?;
        let account = checked_name(&unescape(name)?)?.to_owned();
        if !authzid.is_empty() {
            let authzid = unescape(required(Some(authzid), "a=")?)?;
            if !is_same_name(checked_name(&authzid)?, &account) {
                return Err(Failure::OtherName);
            }
        }
        Ok(Self { gs2_header: &text[..text.len() - bare.len()], bare, account, nonce })
    }
}

impl<'a> ServerFirst<'a> {
    pub(super) fn parse(message: &'a [u8]) -> Result<Self, Failure> {
        let mut attributes = exchange::text(message)?.split(',');
        let nonce = required(attributes.next(), "r=").and_then(checked_nonce)?;
        let salt = base64(required(attributes.next(), "s=")?)?;
        let iterations = parse_iterations(required(attributes.next(), "i=")?).ok_or(Failure::Malformed)?;
        extensions(attributes)?;
        if salt.is_empty() { Err(Failure::Malformed) } else { Ok(Self { nonce, salt, iterations }) }
    }
}

impl<'a> ClientLast<'a> {
    pub(super) fn parse(message: &'a [u8]) -> Result<Self, Failure> {
        let text = exchange::text(message)?;
        let (without_proof, proof) = text.rsplit_once(',').ok_or(Failure::Malformed)?;
        let mut attributes = without_proof.split(',');
        let gs2_header = base64(required(attributes.next(), "c=")?)?;
        let nonce = required(attributes.next(), "r=")?;
        extensions(attributes)?;
        let proof = base64(required(Some(proof), "p=")?)?.try_into().map_err(|_| Failure::Malformed)?;
        Ok(Self { without_proof, gs2_header, nonce, proof: Zeroizing::new(proof) })
    }
}

/// Reads `server-final-message`: the server's signature.
///
/// # Errors
/// [`Failure::Refused`] when the server says that it has refused.
pub(super) fn server_signature(message: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut attributes = exchange::text(message)?.split(',');
    let first = attributes.next().ok_or(Failure::Malformed)?;
    if first.starts_with("e=") {
        return Err(Failure::Refused);
    }
    let signature = base64(required(Some(first), "v=")?)?;
    extensions(attributes)?;
    Ok(signature)
}

/// A name as it stands in a message (RFC 5802, section 5.1): `=` and `,` are written in another way.
pub(super) fn escape(name: &str) -> String {
    name.replace('=', "=3D").replace(',', "=2C")
}

/// A name that stood in a message, as it is.
fn unescape(name: &str) -> Result<String, Failure> {
    let mut parts = name.split('=');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (sign, rest) = part.split_at_checked(2).ok_or(Failure::Malformed)?;
        plain.push(match sign {
            "2C" => ',',
            "3D" => '=',
            _ => return Err(Failure::Malformed),
        });
        plain.push_str(rest);
    }
    Ok(plain)
}

/// The value of an attribute that has to be here.
fn required<'a>(attribute: Option<&'a str>, name: &str) -> Result<&'a str, Failure> {
    let attribute = attribute.ok_or(Failure::Malformed)?;
    match attribute.strip_prefix(name) {
        Some(value) => Ok(value),
        None if attribute.starts_with("m=") => Err(Failure::Extension),
        None => Err(Failure::Malformed),
    }
}

/// Passes over extensions: a letter, `=` and a value each. What they mean is not known here.
fn extensions<'a>(mut attributes: impl Iterator<Item = &'a str>) -> Result<(), Failure> {
    attributes.try_for_each(|attribute| match attribute.as_bytes() {
        [b'm', b'=', ..] => Err(Failure::Extension),
        [name, b'=', _, ..] if name.is_ascii_alphabetic() => Ok(()),
        _ => Err(Failure::Malformed),
    })
}

/// A nonce is printable ASCII; commas separate attributes.
fn checked_nonce(nonce: &str) -> Result<&str, Failure> {
    let is_nonce = !nonce.is_empty() && nonce.bytes().all(|b| b.is_ascii_graphic());
    if is_nonce { Ok(nonce) } else { Err(Failure::Malformed) }
}

fn base64(text: &str) -> Result<Vec<u8>, Failure> {
    STANDARD.decode(text).map_err(|_| Failure::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(message: &str) -> Result<(String, String, String), Failure> {
        let first = ClientFirst::parse(message.as_bytes())?;
        Ok((first.gs2_header.to_owned(), first.account, first.nonce.to_owned()))
    }

    fn check(message: &str, header: &str, account: &str) {
        assert_eq!(first(message), Ok((header.to_owned(), account.to_owned(), "abc".to_owned())), "{message}");
    }

    #[test]
    fn first_messages_are_read() {
        check("n,,n=user,r=abc", "n,,", "user");
        check("y,,n=user,r=abc", "y,,", "user");
        check("n,a=user,n=user,r=abc", "n,a=user,", "user");
        check("n,a=USER,n=user,r=abc", "n,a=USER,", "user");
        check("n,,n=민수,r=abc,x=1,y=한", "n,,", "민수");
        check("n,,n==2Ca=3Db=3D2C,r=abc", "n,,", ",a=b=2C");
    }

    #[test]
    fn first_messages_are_refused() {
        for (message, why) in [
            ("p=tls-unique,,n=user,r=abc", Failure::ChannelBinding),
            ("p=tls-exporter,a=x,n=user,r=abc", Failure::ChannelBinding),
            ("n,,m=1,n=user,r=abc", Failure::Extension),
            ("n,,n=user,r=abc,m=1", Failure::Extension),
            ("n,a=other,n=user,r=abc", Failure::OtherName),
        ] {
            assert_eq!(first(message), Err(why), "{message}");
        }
        for message in [
            "",
            "n",
            "n,",
            "n,,",
            "x,,n=user,r=abc",
            "N,,n=user,r=abc",
            "p,,n=user,r=abc",
            "n,,n=user",
            "n,,r=abc,n=user",
            "n,,n=,r=abc",
            "n,,n=user,r=",
            "n,,n=user,r=a b",
            "n,,n=user,r=한",
            "n,,n=user,r=abc,",
            "n,,n=user,r=abc,x",
            "n,,n=user,r=abc,x=",
            "n,,n=user,r=abc,1=1",
            "n,,n=us=er,r=abc",
            "n,,n=user=,r=abc",
            "n,,n=user=2,r=abc",
            "n,,n=user=2c,r=abc",
            "n,,n=a=가,r=abc",
            "n,user,n=user,r=abc",
            "n,a=,n=user,r=abc",
            "n,,n=us\0er,r=abc",
            "n,,n=us\ner,r=abc",
            "n,,a=user,n=user,r=abc",
            " n,,n=user,r=abc",
        ] {
            assert_eq!(first(message), Err(Failure::Malformed), "{message:?}");
        }
        assert_eq!(first(&format!("n,,n={},r=abc", "x".repeat(256))), Err(Failure::TooLong));
        assert_eq!(ClientFirst::parse(b"n,,n=\xff,r=abc").err(), Some(Failure::Malformed));
    }

    #[test]
    fn last_messages_are_refused() {
        let proof = STANDARD.encode([7; 32]);
        let last = |message: &str| ClientLast::parse(message.as_bytes()).map(|last| last.nonce.to_owned());
        assert_eq!(last(&format!("c=biws,r=abc,p={proof}")), Ok("abc".to_owned()));
        assert_eq!(last(&format!("c=biws,r=abc,x=1,p={proof}")), Ok("abc".to_owned()));
        assert_eq!(last(&format!("c=biws,r=abc,m=1,p={proof}")), Err(Failure::Extension));
        for message in [
            "",
            ",",
            "c=biws,r=abc",
            &format!("r=abc,c=biws,p={proof}"),
            &format!("c=biws,r=abc,p={proof},x=1"),
            &format!("c=biw,r=abc,p={proof}"),
            "c=biws,r=abc,p=",
            "c=biws,r=abc,p=AAAA",
            &format!("c=biws,p={proof}"),
            &format!("c=biws,r=abc,p={}", &proof[..43]),
            &format!("c=biws,r=abc,p={proof}\0"),
        ] {
            assert_eq!(last(message), Err(Failure::Malformed), "{message}");
        }
    }

    #[test]
    fn a_name_comes_back_as_it_was() {
        for name in ["a", "=", ",", "=2C", "a=,=b", "민,수="] {
            assert_eq!(unescape(&escape(name)).as_deref(), Ok(name));
        }
    }
}
