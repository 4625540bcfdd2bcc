//! What may be told of a room's rules and of an account, one change at a time, and the words in which it is written down.
//!
//! The words are the same in every store, export and language of the house; what a person is shown is the dialects' affair.

use std::fmt;
use std::str::FromStr;

use crate::{Mask, Nick, PersonId, RoomName, Seq, Standing, Text, Time};

/// A rule that holds or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flag {
    /// Nobody comes in uninvited.
    InviteOnly,
    /// Only those with a voice speak.
    Moderated,
    /// Nobody outside is told of the room.
    Secret,
    /// Only those who were made members come in.
    MembersOnly,
    /// Only those with an account come in.
    AccountsOnly,
    /// Only operators set the topic.
    TopicLocked,
}

/// What somebody is in a room, the lesser first. Whoever founded a registered room stands above all of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// May come in where only members may.
    Member,
    /// May speak where only some may.
    Voice,
    /// Keeps the room in order.
    Operator,
}

/// A list of masks that a room has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum List {
    /// They neither come in nor speak.
    Ban,
    /// They do not speak.
    Quiet,
    /// Bans and quiets are not for them.
    Exception,
    /// They come in uninvited.
    Invited,
}

/// Why and for how long a mask is in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Until when; for ever if there is none.
    pub until: Option<Time>,
    /// Why. May be empty.
    pub reason: Text,
}

/// A change of a room's rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// This holds, or not.
    Flag(Flag, bool),
    /// Who comes in has to know a key, or not. The key itself is told to nobody.
    Key(bool),
    /// So many people at most.
    Limit(Option<u32>),
    /// So many seconds between two messages of one person.
    Slow(Option<u32>),
    /// This person, called so, is this from now on, and was the other before.
    Rank(PersonId, Nick, Option<Rank>, Option<Rank>),
    /// This mask is in a list from now on, or no longer.
    List(List, Mask, Option<Listing>),
    /// The room belongs to the account of this name and keeps its rules, or belongs to nobody. Whose it was before, called
    /// so, is this from now on.
    Owner(Option<Nick>, Option<(Nick, Option<Rank>)>),
}

/// Something done to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// It was made, under this name.
    Registered(Nick),
    /// It has another password.
    Password,
    /// This nick is the account's, or no longer.
    Nick(Nick, bool),
    /// A certificate proves whose it is, or no longer: its fingerprint, in hexadecimal.
    Certificate(String, bool),
    /// Its person is there without a connection, too, or not.
    AlwaysOn(bool),
    /// This person, called so, is not heard, or is again.
    Ignored(PersonId, Nick, bool),
    /// It has read this room up to this entry.
    Read(RoomName, Seq),
    /// It has read this room, or what was said with this person, up to this time.
    ReadUntil(Box<str>, Time),
    /// Something was said to it that it has not been given yet.
    Waiting,
    /// It has been given what was said to it while it was away.
    Fetched,
    /// It is gone, and so is everything that was known of it.
    Deleted,
}

/// Why words are no rule and no deed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these are not the words of a rule")]
pub struct NoRule;

macro_rules! words {
    ($($type:ident { $($name:ident = $word:literal),* $(,)? })*) => {$(
        impl $type {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The word for it, in what is written down.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word),* }
            }

            /// What the word stands for.
            #[must_use]
            pub fn of_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|this| this.word() == word)
            }
        }
    )*};
}

words! {
    Flag {
        InviteOnly = "invite-only", Moderated = "moderated", Secret = "secret", MembersOnly = "members-only",
        AccountsOnly = "accounts-only", TopicLocked = "topic-locked",
    }
    Rank { Member = "member", Voice = "voice", Operator = "operator" }
    Standing {
        None = "none", Member = "member", Voice = "voice", Operator = "operator", Owner = "owner", Admin = "admin",
    }
    List { Ban = "ban", Quiet = "quiet", Exception = "exception", Invited = "invited" }
}

const ON: &str = "on";
const OFF: &str = "off";

fn switch(on: bool) -> &'static str {
    if on { ON } else { OFF }
}

fn on_or_off(word: &str) -> Result<bool, NoRule> {
    match word {
        ON => Ok(true),
        OFF => Ok(false),
        _ => Err(NoRule),
    }
}

fn number<N: FromStr>(word: &str) -> Result<N, NoRule> {
    word.parse().map_err(|_| NoRule)
}

/// The word for what somebody is who is nothing in a room.
const NO_RANK: &str = "none";
/// What stands where nobody is named.
const NOBODY: &str = "-";

fn rank_of(word: &str) -> Result<Option<Rank>, NoRule> {
    if word == NO_RANK { Ok(None) } else { Rank::of_word(word).map(Some).ok_or(NoRule) }
}

fn nick(word: &str) -> Result<Nick, NoRule> {
    Nick::recorded(word, usize::MAX).map_err(|_| NoRule)
}

fn pair(words: &str) -> Result<(&str, &str), NoRule> {
    words.split_once(' ').ok_or(NoRule)
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = |n: &Option<u32>| n.map_or_else(|| OFF.to_owned(), |n| n.to_string());
        match self {
            Self::Flag(flag, on) => write!(f, "flag {} {}", flag.word(), switch(*on)),
            Self::Key(on) => write!(f, "key {}", switch(*on)),
            Self::Limit(n) => write!(f, "limit {}", most(n)),
            Self::Slow(n) => write!(f, "slow {}", most(n)),
            Self::Rank(person, nick, rank, before) => {
                let word = |rank: Option<Rank>| rank.map_or(NO_RANK, Rank::word);
                let before = before.map(|before| format!("<{}", before.word())).unwrap_or_default();
                write!(f, "rank {} {}{before} {nick}", person.0, word(*rank))
            }
            Self::List(list, mask, None) => write!(f, "list {} off {mask}", list.word()),
            Self::List(list, mask, Some(Listing { until, reason })) => {
                write!(f, "list {} on {mask} {} {}", list.word(), until.map_or(0, |t| t.0), reason.as_str())
            }
            Self::Owner(now, before) => {
                write!(f, "owner {} {}", switch(now.is_some()), now.as_ref().map_or(NOBODY, Nick::as_str))?;
                before.iter().try_for_each(|(nick, rank)| write!(f, " {} {nick}", rank.map_or(NO_RANK, Rank::word)))
            }
        }
    }
}

impl FromStr for Rule {
    type Err = NoRule;

    fn from_str(words: &str) -> Result<Self, NoRule> {
        let most = |word: &str| if word == OFF { Ok(None) } else { number(word).map(Some) };
        let (what, rest) = pair(words)?;
        Ok(match what {
            "flag" => {
                let (flag, on) = pair(rest)?;
                Self::Flag(Flag::of_word(flag).ok_or(NoRule)?, on_or_off(on)?)
            }
            "key" => Self::Key(on_or_off(rest)?),
            "limit" => Self::Limit(most(rest)?),
            "slow" => Self::Slow(most(rest)?),
            "rank" => {
                let (person, rest) = pair(rest)?;
                let (rank, called) = pair(rest)?;
                // Older programs wrote down what somebody is, and not what they were.
                let (now, before) = rank.split_once('<').unwrap_or((rank, NO_RANK));
                Self::Rank(PersonId(number(person)?), nick(called)?, rank_of(now)?, rank_of(before)?)
            }
            "list" => {
                let (list, rest) = pair(rest)?;
                let list = List::of_word(list).ok_or(NoRule)?;
                let (on, rest) = pair(rest)?;
                if on_or_off(on)? {
                    let (mask, rest) = pair(rest)?;
                    let (until, reason) = pair(rest)?;
                    Self::List(list, mask.parse().map_err(|_| NoRule)?, Some(listing(until, reason)?))
                } else {
                    Self::List(list, rest.parse().map_err(|_| NoRule)?, None)
                }
            }
            "owner" => {
                let (on, rest) = pair(rest)?;
                // Older programs did not write down whose it was.
                let (called, before) = rest.split_once(' ').map_or((rest, None), |(called, old)| (called, Some(old)));
                let now = if on_or_off(on)? { Some(nick(called)?) } else { None };
                let before = before.map(pair).transpose()?;
                Self::Owner(now, before.map(|(rank, old)| Ok((nick(old)?, rank_of(rank)?))).transpose()?)
            }
            _ => return Err(NoRule),
        })
    }
}

pub(crate) fn listing(until: &str, reason: &str) -> Result<Listing, NoRule> {
    let until = Some(Time(number(until)?)).filter(|time| time.0 > 0);
    Ok(Listing { until, reason: Text::new(reason) })
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registered(name) => write!(f, "registered {name}"),
            Self::Password => write!(f, "password set"),
            Self::Nick(nick, on) => write!(f, "nick {} {nick}", switch(*on)),
            Self::Certificate(print, on) => write!(f, "certificate {} {print}", switch(*on)),
            Self::AlwaysOn(on) => write!(f, "always-on {}", switch(*on)),
            Self::Ignored(person, nick, on) => write!(f, "ignored {} {} {nick}", switch(*on), person.0),
            Self::Read(room, seq) => write!(f, "read {} {room}", seq.0),
            Self::ReadUntil(target, at) => write!(f, "read-until {} {target}", at.0),
            Self::Waiting => write!(f, "waiting all"),
            Self::Fetched => write!(f, "fetched all"),
            Self::Deleted => write!(f, "deleted all"),
        }
    }
}

impl FromStr for Deed {
    type Err = NoRule;

    fn from_str(words: &str) -> Result<Self, NoRule> {
        let (what, rest) = pair(words)?;
        let switched = || {
            let (on, rest) = pair(rest)?;
            Ok((on_or_off(on)?, rest))
        };
        Ok(match what {
            "registered" => Self::Registered(nick(rest)?),
            "password" => Self::Password,
            "nick" => {
                let (on, called) = switched()?;
                Self::Nick(nick(called)?, on)
            }
            "certificate" => {
                let (on, print) = switched()?;
                Self::Certificate(print.to_owned(), on)
            }
            "always-on" => Self::AlwaysOn(on_or_off(rest)?),
            "ignored" => {
                let (on, rest) = switched()?;
                let (person, called) = pair(rest)?;
                Self::Ignored(PersonId(number(person)?), nick(called)?, on)
            }
            "read" => {
                let (seq, room) = pair(rest)?;
                Self::Read(RoomName::recorded(room, usize::MAX).map_err(|_| NoRule)?, Seq(number(seq)?))
            }
            "read-until" => {
                let (at, target) = pair(rest)?;
                Self::ReadUntil(target.into(), Time(number(at)?))
            }
            "waiting" => Self::Waiting,
            "fetched" => Self::Fetched,
            "deleted" => Self::Deleted,
            _ => return Err(NoRule),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_down_is_read_again() {
        let minsu = || Nick::new("민수", 30).unwrap();
        let mask = || "troll*!*@*".parse::<Mask>().unwrap();
        let listing = |until, reason| Some(Listing { until, reason: Text::new(reason) });
        for rule in [
            Rule::Flag(Flag::InviteOnly, true),
            Rule::Flag(Flag::TopicLocked, false),
            Rule::Key(true),
            Rule::Limit(Some(30)),
            Rule::Limit(None),
            Rule::Slow(Some(10)),
            Rule::Rank(PersonId(7), minsu(), Some(Rank::Operator), None),
            Rule::Rank(PersonId(7), minsu(), Some(Rank::Voice), Some(Rank::Operator)),
            Rule::Rank(PersonId(7), minsu(), None, Some(Rank::Member)),
            Rule::List(List::Ban, mask(), listing(None, "")),
            Rule::List(List::Quiet, mask(), listing(Some(Time(5)), "시끄럽다 정말")),
            Rule::List(List::Exception, mask(), None),
            Rule::Owner(Some(minsu()), None),
            Rule::Owner(Some(minsu()), Some((minsu(), Some(Rank::Operator)))),
            Rule::Owner(None, None),
            Rule::Owner(None, Some((minsu(), None))),
        ] {
            assert_eq!(rule.to_string().parse(), Ok(rule.clone()), "{rule}");
        }
        for deed in [
            Deed::Registered(minsu()),
            Deed::Password,
            Deed::Nick(minsu(), true),
            Deed::Certificate("ab".to_owned(), false),
            Deed::AlwaysOn(true),
            Deed::Ignored(PersonId(3), minsu(), true),
            Deed::Read(RoomName::new("#수다", 30).unwrap(), Seq(9)),
            Deed::ReadUntil("민수".into(), Time(7)),
            Deed::Waiting,
            Deed::Fetched,
            Deed::Deleted,
        ] {
            assert_eq!(deed.to_string().parse(), Ok(deed.clone()), "{deed}");
        }
        for standing in Standing::ALL {
            assert_eq!(Standing::of_word(standing.word()), Some(*standing));
        }
        for wrong in ["", "flag", "flag x on", "key maybe", "limit -1", "rank 1 king 민수", "owner on", "list ban on x"]
        {
            assert_eq!(wrong.parse::<Rule>(), Err(NoRule), "{wrong}");
        }
    }
}
