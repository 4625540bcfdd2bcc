//! What a server tells that others did, as the entry that it is in a hall: worded by `wire` as plain lines word it, so that
//! it reads the same in whatever dialect it came.

use hall::{
    Author, Entry, Event, Flag, Kind, List, Listing, LogId, Mask, Nick, PersonId, Rank, RoomName, Rule, Seq, SessionId,
    Standing, Text, Time,
};

use super::incoming::{Incoming, nick, room};

/// Who one is in the entries that are made here, and who everybody else is.
const ME: PersonId = PersonId(0);
const OTHER: PersonId = PersonId(1);

/// Something that happened, and how it is known again.
#[derive(Debug, Clone)]
pub(super) struct Happened {
    /// Its id, by which the history goes on.
    pub(super) id: Option<String>,
    /// Its id and time, by which it is known again.
    pub(super) key: Option<String>,
    /// When it was recorded, if that is known.
    pub(super) at: Time,
    /// `nick!user@host`.
    pub(super) source: String,
    /// Whether it is one's own doing.
    pub(super) own: bool,
    /// Whether it has been told otherwise.
    pub(super) silent: bool,
    /// What it is. Nearly always one; of some things there is nothing to be shown.
    pub(super) entries: Vec<Entry>,
}

impl Happened {
    /// What a line tells to somebody who is called `me`; none if it tells nothing that happens in rooms or between people.
    /// `text` is that of a message of several lines.
    pub(super) fn of(line: &Incoming, text: Option<Text>, me: Option<&Nick>) -> Option<Self> {
        let author = line.nick()?;
        let own = Some(&author) == me;
        let id = line.tag("msgid");
        let at = line.at().unwrap_or_default();
        let key = id.as_ref().map(|id| format!("{id} {}", at.0));
        let told = Told { line, author, own, me };
        let entries = told.entries(text)?;
        Some(Self { id, key, at, source: line.source.clone(), own, silent: false, entries })
    }

    /// In which room it happened, if it was in one.
    pub(super) fn room(&self) -> Option<&RoomName> {
        match self.entries.first()?.logs.first()? {
            LogId::Room(room) | LogId::Operators(room) => Some(room),
            LogId::Direct(..) => None,
        }
    }

    /// Whether others are told of it wherever they see its author.
    pub(super) fn is_everywhere(&self) -> bool {
        matches!(self.entries.first().map(|entry| &entry.event), Some(Event::Quit(_) | Event::Nick(_)))
    }

    /// What was said, if something was.
    pub(super) fn said(&self) -> Option<(Kind, &Text)> {
        match &self.entries.first()?.event {
            Event::Message(kind, text) => Some((*kind, text)),
            _ => None,
        }
    }
}

/// A line, and what is needed to understand it.
struct Told<'a> {
    line: &'a Incoming,
    author: Nick,
    own: bool,
    me: Option<&'a Nick>,
}

impl Told<'_> {
    fn entries(&self, text: Option<Text>) -> Option<Vec<Entry>> {
        let line = self.line;
        let here = |event| Some(vec![self.entry(self.log(line.param(0))?, event)]);
        match line.command() {
            "PRIVMSG" | "NOTICE" => self.message(text),
            "TAGMSG" => here(Event::Tags),
            "JOIN" => here(Event::Join(Standing::None)),
            "PART" => here(Event::Part(Text::new(line.param(1)))),
            "TOPIC" => here(Event::Topic(Text::new(line.param(1)))),
            "RENAME" => {
                let (from, to) = (room(line.param(0))?, room(line.param(1))?);
                here(Event::Rename { from, to, reason: Text::new(line.param(2)) })
            }
            "QUIT" => {
                let why = line.param(0);
                let why = why.strip_prefix("Quit:").map_or(why, str::trim_start);
                Some(vec![self.entry(self.direct(), Event::Quit(Text::new(why)))])
            }
            "NICK" => Some(vec![self.entry(self.direct(), Event::Nick(nick(line.param(0))?))]),
            "KICK" => {
                let whom = nick(line.param(1))?;
                // Who gives no reason is named as one.
                let why = if line.param(2) == line.from() { "" } else { line.param(2) };
                let person = if Some(&whom) == self.me { ME } else { OTHER };
                here(Event::Kick(person, whom, Text::new(why)))
            }
            "INVITE" => {
                let mut entry = self.entry(self.direct(), Event::Invite(room(line.param(1))?));
                entry.to = nick(line.param(0));
                Some(vec![entry])
            }
            "REDACT" => {
                let seq = Seq(line.param(1).parse().unwrap_or_default());
                here(Event::Redact(seq, Text::new(line.param(2))))
            }
            "MODE" => {
                let log = self.log(line.param(0)).filter(|log| matches!(log, LogId::Room(_)))?;
                let rules = rules_of(line.param(1), line.message.params().skip(2));
                Some(rules.into_iter().map(|rule| self.entry(log.clone(), Event::Rule(rule))).collect())
            }
            _ => None,
        }
    }

    fn message(&self, text: Option<Text>) -> Option<Vec<Entry>> {
        let target = self.line.param(0);
        let raw = self.line.param(1);
        let kind = if self.line.command() == "NOTICE" { Kind::Notice } else { Kind::Say };
        let (kind, text) = match raw.strip_prefix("\u{1}ACTION ").filter(|_| kind == Kind::Say && text.is_none()) {
            Some(action) => (Kind::Action, Text::new(action.trim_end_matches('\u{1}'))),
            None => (kind, text.unwrap_or_else(|| Text::new(raw))),
        };
        let mut entry = self.entry(self.log(target)?, Event::Message(kind, text));
        entry.to = nick(target);
        Some(vec![entry])
    }

    /// The log that a target stands for: a room's, that of those who keep one in order, or that of two people.
    fn log(&self, target: &str) -> Option<LogId> {
        if target.starts_with('#') {
            return room(target).map(LogId::Room);
        }
        if let Some(target) = target.strip_prefix(['@', '+', '%', '~', '&']).filter(|rest| rest.starts_with('#')) {
            return room(target).map(LogId::Operators);
        }
        nick(target).map(|_| self.direct())
    }

    fn direct(&self) -> LogId {
        LogId::direct(ME, OTHER)
    }

    fn entry(&self, log: LogId, event: Event) -> Entry {
        let person = if self.own { ME } else { OTHER };
        let author = Author::guest(person, SessionId(0), self.author.clone());
        let seq = Seq(self.line.tag("msgid").and_then(|id| id.parse().ok()).unwrap_or_default());
        Entry {
            seq,
            at: self.line.at().unwrap_or_default(),
            author,
            logs: std::iter::once(log).collect(),
            event,
            to: None,
            tags: None,
            keeps: Vec::new(),
        }
    }
}

/// What changed in the rules of a room, by the letters that IRC has for them. What has none here is left out.
fn rules_of<'a>(modes: &str, mut params: impl Iterator<Item = &'a str>) -> Vec<Rule> {
    let mut rules = Vec::new();
    let mut on = true;
    for letter in modes.chars() {
        match letter {
            '+' | '-' => on = letter == '+',
            'o' | 'v' => {
                let Some(whom) = params.next().and_then(nick) else { continue };
                let rank = if letter == 'o' { Rank::Operator } else { Rank::Voice };
                // Who is made something else is the first no more, and need not be told so.
                if let Some(Rule::Rank(_, before, None, _)) = rules.last()
                    && *before == whom
                {
                    rules.pop();
                }
                rules.push(Rule::Rank(OTHER, whom, on.then_some(rank), None));
            }
            'q' => {
                let owner = params.next().and_then(nick);
                rules.push(Rule::Owner(owner.filter(|_| on), None));
            }
            'k' => {
                params.next();
                rules.push(Rule::Key(on));
            }
            'l' | 'S' => {
                let number = if on { params.next().and_then(|number| number.parse().ok()) } else { None };
                rules.push(if letter == 'l' { Rule::Limit(number) } else { Rule::Slow(number) });
            }
            'b' | 'Q' | 'e' | 'I' => {
                if let Some(mask) = params.next().and_then(mask) {
                    let listing = on.then(|| Listing { until: None, reason: Text::new("") });
                    rules.push(Rule::List(list(letter), mask, listing));
                }
            }
            _ => rules.extend(flag(letter).map(|flag| Rule::Flag(flag, on))),
        }
    }
    rules
}

/// A mask as IRC writes it, where an account is an extended ban.
fn mask(raw: &str) -> Option<Mask> {
    let account = raw.strip_prefix("$a:").map(|account| format!("account:{account}"));
    account.as_deref().unwrap_or(raw).parse().ok()
}

fn list(letter: char) -> List {
    match letter {
        'Q' => List::Quiet,
        'e' => List::Exception,
        'I' => List::Invited,
        _ => List::Ban,
    }
}

fn flag(letter: char) -> Option<Flag> {
    Some(match letter {
        'i' => Flag::InviteOnly,
        'm' => Flag::Moderated,
        's' => Flag::Secret,
        'M' => Flag::MembersOnly,
        'R' => Flag::AccountsOnly,
        't' => Flag::TopicLocked,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use wire::lines::{Codec, Style, encode};

    use super::*;

    /// A line of IRC, and how it reads to somebody called 철수 who speaks in another room.
    fn check(line: &str, expect: &str) {
        let me = nick("철수");
        let line = Incoming::parse(line.as_bytes()).unwrap();
        let shown: String = Happened::of(&line, None, me.as_ref()).map_or_else(String::new, |happened| {
            let entries: Vec<Arc<Entry>> = happened.entries.into_iter().map(Arc::new).collect();
            let named = matches!(entries.first().and_then(|e| e.logs.first()), Some(LogId::Room(_)));
            String::from_utf8(encode(&entries, Style::default(), named, &Codec::default()).bytes.into_vec()).unwrap()
        });
        assert_eq!(shown.trim_end(), expect, "{line:?}");
    }

    #[test]
    fn what_others_do_reads_as_in_plain_lines() {
        check(":영희!~y@h PRIVMSG #a :안녕", "[#a] 영희: 안녕");
        check(":영희!~y@h PRIVMSG #a :\u{1}ACTION 춤춘다\u{1}", "[#a] ** 영희 춤춘다");
        check(":영희!~y@h NOTICE #a :들어요", "[#a] -영희- 들어요");
        check(":영희!~y@h PRIVMSG @#a :우리끼리", "[@#a] 영희: 우리끼리");
        check(":영희!~y@h PRIVMSG 철수 :비밀", "[영희 -> you] 비밀");
        check(":철수!~c@h PRIVMSG 영희 :나도", "[you -> 영희] 나도");
        check(":영희!~y@h PRIVMSG #a :\u{1}VERSION\u{1}", "");
        check(":영희!~y@h PRIVMSG #a :\u{3}04빨강\u{1b}[2J", "[#a] 영희: 빨강");
        check(":영희!~y@h JOIN #a", "[#a] * 영희 joined");
        check(":영희!~y@h JOIN #a account :Real Name", "[#a] * 영희 joined");
        check(":영희!~y@h PART #a :자러", "[#a] * 영희 left the room (자러)");
        check(":영희!~y@h QUIT :Quit: 안녕", "* 영희 left (안녕)");
        check(":영희!~y@h NICK :순이", "* 영희 is now called 순이");
        check(":영희!~y@h TOPIC #a :", "[#a] * 영희 cleared the topic");
        check(":영희!~y@h KICK #a 민수 :영희", "[#a] * 영희 put 민수 out");
        check(":영희!~y@h KICK #a 민수 :시끄러워", "[#a] * 영희 put 민수 out: 시끄러워");
        check(":영희!~y@h INVITE 철수 #b", "* 영희 asks you into #b: /join #b");
        check(":영희!~y@h REDACT #a 7", "[#a] * 영희 took a message back");
        check(":영희!~y@h RENAME #a #b :", "[#a] * 영희 renamed the room: #a is now #b");
        check(":영희!~y@h WHATEVER #a", "");
    }

    #[test]
    fn modes_are_rules() {
        check(":영희!~y@h MODE #a +m", "[#a] * 영희 changed a rule: only those with a voice speak");
        check(":영희!~y@h MODE #a -v+o 민수 민수", "[#a] * 영희 changed a rule: 민수 is an operator");
        check(":영희!~y@h MODE #a +b $a:민수", "[#a] * 영희 changed a rule: account:민수 is banned");
        check(":영희!~y@h MODE #a -l", "[#a] * 영희 changed a rule: any number of people come in");
        check(
            ":영희!~y@h MODE #a +kS * 5",
            "[#a] * 영희 changed a rule: who comes in has to know the key\n\
             [#a] * 영희 changed a rule: everybody speaks once in 5 seconds",
        );
        check(":영희!~y@h MODE #a +n", "");
        check(":철수!~c@h MODE 철수 +Z", "");
    }
}
