//! What a client may ask for: the capabilities that there are, with their values, and what of them is another than before.
//!
//! What is offered follows from the settings, which may be read again while clients are there. Those that know of
//! `cap-notify` are then told what has come, what has gone, and which values are others (IRCv3, "Client Capability
//! Negotiation", `CAP NEW` and `CAP DEL`). The difference is found once for each kind of client and not for each client.

use super::caps::{Cap, Caps};
use super::client::{Around, Client};
use super::house::House;
use super::metadata::MetadataOffer;
use super::register::{LANGUAGES, MULTILINE_LINES, WITH_VALUES, mechanisms};
use crate::Limits;

/// What decides which capabilities are offered, and with which values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Offer {
    /// Whether accounts can be made by whoever wants one.
    registration: bool,
    line_bytes: usize,
    notes: MetadataOffer,
    sts: Option<(u16, u64)>,
}

/// What is offered otherwise than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// For each kind of client: what it is told of, with values, and what is gone.
    kinds: [(String, String); KINDS],
    /// What counts as not asked for any more.
    gone: Caps,
}

/// Kinds of clients: with values or without, in TLS or not.
const KINDS: usize = 4;

/// The kind of a client.
fn kind(values: bool, secure: bool) -> usize {
    usize::from(values) << 1 | usize::from(secure)
}

impl Offer {
    /// What is offered under these settings; `registration` says whether whoever wants to makes an account.
    #[must_use]
    pub fn new(house: &House, limits: &Limits, hall: &hall::Limits, registration: bool) -> Self {
        Self { registration, line_bytes: limits.line_bytes, notes: MetadataOffer::new(hall), sts: house.sts }
    }

    /// Whether a capability is among what is offered.
    pub(crate) fn has(&self, cap: Cap) -> bool {
        cap != Cap::AccountRegistration || self.registration
    }

    fn value(&self, cap: Cap) -> Option<String> {
        match cap {
            Cap::Languages => Some(format!("{},{}", LANGUAGES.len(), LANGUAGES.join(","))),
            Cap::Sasl => Some(mechanisms().to_owned()),
            Cap::AccountRegistration => Some("before-connect".to_owned()),
            Cap::Metadata2 | Cap::Metadata3 => Some(self.notes.value(cap)),
            Cap::Multiline => Some(format!("max-bytes={},max-lines={MULTILINE_LINES}", self.line_bytes)),
            _ => None,
        }
    }

    /// The capabilities in their order, as a client is told of them: with values if it knows of such, and with what one of
    /// its transport has to know of TLS.
    pub(crate) fn list(&self, values: bool, secure: bool) -> Vec<String> {
        let named = |cap: &Cap| match self.value(*cap).filter(|_| values) {
            Some(value) => format!("{}={value}", cap.name()),
            None => cap.name().to_owned(),
        };
        let mut caps: Vec<_> = Cap::ALL.iter().filter(|cap| self.has(**cap)).map(named).collect();
        match self.sts.filter(|_| values) {
            Some((_, seconds)) if secure => caps.push(format!("sts=duration={seconds}")),
            // A policy that is over is told to those alone who may remember it.
            Some((port, 1..)) => caps.push(format!("sts=port={port}")),
            _ => {}
        }
        caps
    }
}

impl News {
    /// What is offered `now` and was not offered, or not so, `before`. None when all is as it was.
    #[must_use]
    pub fn between(before: &Offer, now: &Offer) -> Option<Self> {
        if before == now {
            return None;
        }
        let name = |cap: &String| cap.split('=').next().unwrap_or_default().to_owned();
        let mut kinds: [(String, String); KINDS] = Default::default();
        for (values, secure) in [(false, false), (false, true), (true, false), (true, true)] {
            let (had, have) = (before.list(values, secure), now.list(values, secure));
            let new: Vec<_> = have.iter().filter(|cap| !had.contains(cap)).cloned().collect();
            let names: Vec<_> = have.iter().map(name).collect();
            // Of sts nobody may be told that it has gone (IRCv3 sts).
            let gone: Vec<_> = had.iter().map(name).filter(|cap| !names.contains(cap) && cap != "sts").collect();
            kinds[kind(values, secure)] = (new.join(" "), gone.join(" "));
        }
        let gone = Cap::ALL.iter().filter(|cap| before.has(**cap) && !now.has(**cap));
        Some(Self { kinds, gone: gone.fold(Caps::default(), |gone, cap| gone.with(*cap, true)) })
    }
}

impl Client {
    /// Takes from a client what is not offered any more, and tells it what is otherwise than before, if it wants to know.
    pub fn notify(&mut self, news: &News, around: &Around<'_>) -> Vec<u8> {
        self.style.caps = news.gone.iter().fold(self.style.caps, |caps, cap| caps.with(cap, false));
        let mut out = Vec::new();
        if !self.style.caps.has(Cap::CapNotify) || self.closing {
            return out;
        }
        let (new, gone) = &news.kinds[kind(self.version >= WITH_VALUES, around.secure)];
        for (word, caps) in [("NEW", new), ("DEL", gone)] {
            if !caps.is_empty() {
                self.put_cap(&mut out, around, word, caps);
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(registration: bool, line_bytes: usize, sts: Option<(u16, u64)>) -> Offer {
        Offer { registration, line_bytes, sts, ..Offer::default() }
    }

    /// What a client is told when one offer becomes another: NEW and DEL.
    #[track_caller]
    fn check(before: &Offer, now: &Offer, values: bool, secure: bool, expect: (&str, &str)) {
        let news = News::between(before, now).expect("something is otherwise");
        let (new, gone) = &news.kinds[kind(values, secure)];
        assert_eq!((new.as_str(), gone.as_str()), expect);
    }

    #[test]
    fn nobody_is_told_that_all_is_as_it_was() {
        let same = offer(true, 512, Some((55_555, 60)));
        assert_eq!(News::between(&same, &same.clone()), None);
    }

    #[test]
    fn what_comes_and_goes_is_told_and_values_to_those_who_know_of_them() {
        let (open, closed) = (offer(true, 512, None), offer(false, 600, None));
        let name = "draft/account-registration";
        check(&open, &closed, false, false, ("", name));
        check(&open, &closed, true, true, ("draft/multiline=max-bytes=600,max-lines=100", name));
        check(&closed, &open, false, false, (name, ""));
        let both = "draft/account-registration=before-connect draft/multiline=max-bytes=512,max-lines=100";
        check(&closed, &open, true, false, (both, ""));
        assert!(News::between(&open, &closed).unwrap().gone.has(Cap::AccountRegistration));
        assert_eq!(News::between(&closed, &open).unwrap().gone, Caps::default());
    }

    #[test]
    fn a_policy_of_tls_is_told_and_taken_back_by_its_duration() {
        let (none, on, over) =
            (offer(true, 512, None), offer(true, 512, Some((6697, 60))), offer(true, 512, Some((6697, 0))));
        check(&none, &on, true, true, ("sts=duration=60", ""));
        check(&none, &on, true, false, ("sts=port=6697", ""));
        check(&none, &on, false, true, ("", ""));
        check(&on, &over, true, true, ("sts=duration=0", ""));
        check(&on, &over, true, false, ("", ""));
        check(&on, &none, true, true, ("", ""));
        assert!(over.list(true, true).contains(&"sts=duration=0".to_owned()));
        assert!(!over.list(true, false).iter().any(|cap| cap.starts_with("sts")));
    }
}
