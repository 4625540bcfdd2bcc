//! What the client has to understand of a hall's answers: made of the very words that `wire` writes, so that they cannot
//! drift apart. Only whole lines that the hall alone can write are understood; no person can put on such a line.

use std::sync::Arc;

use hall::{
    Author, Command, Entry, Event, LogId, Nick, PersonId, Proposal, Reply, RoomName, Seq, SessionId, Text, Time,
};
use wire::lines::{self, Asked, Codec, End, Frame, Names, Said, Speaker, Style};
use wire::{Lang, Limits};

/// What a line from the hall says, as far as the client cares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// The person is called this.
    Named(String),
    /// The person speaks in this room.
    Speaks(String),
    /// The person left the first room and speaks in the second, if any.
    Parted(String, Option<String>),
    /// The first room is called as the second from now on.
    Renamed(String, String),
    /// The hall speaks this language.
    Lang(Lang),
    /// Answered to `/ping`.
    Pong(String),
    /// The conversation begins in the hall of this name, or goes on there.
    Resumed(String),
    /// Messages are slowed; none is lost, so this refuses nothing.
    Slowed,
    /// Something was refused.
    Refusal,
}

/// What stands for a name in a pattern. No sentence of the hall contains it.
const MARK: &str = "qXq";
/// What stands for a second name, or for anything.
const OTHER: &str = "wYw";
/// What stands for a third name.
const THIRD: &str = "zKz";

/// The sentences to look for, with marks where the names are.
#[derive(Debug)]
pub(super) struct Replies {
    named: Vec<String>,
    speaks: Vec<String>,
    parted: Vec<String>,
    renamed: Vec<String>,
    /// What everybody in the room reads: who renames it, then its old name and the new one.
    renames: Vec<String>,
    lang: Vec<(String, Lang)>,
    slowed: Vec<String>,
    pong: String,
    resumed: Vec<String>,
}

impl Replies {
    /// The sentences as `wire` writes them in every language.
    pub(super) fn new() -> Self {
        let (mut named, mut speaks, mut parted, mut slowed) = (vec![], vec![], vec![], vec![]);
        let (mut renamed, mut renames) = (vec![], vec![]);
        let limits = hall::Limits::default();
        let nick = |name: &str| Nick::new(name, limits.nick_chars).ok();
        let room = |name: &str| RoomName::new(&format!("#{name}"), limits.room_name_chars).ok();
        for lang in [Lang::En, Lang::Ko] {
            if let Some(nick_a) = nick(MARK) {
                named.push(said(&Reply::Named { nick: nick_a.clone(), taken: None, old: None }, lang));
                named.push(said(&Reply::Named { nick: nick_a.clone(), taken: nick(OTHER), old: None }, lang));
                named.push(said(&Reply::LoggedOut(nick_a.clone(), nick_a.clone()), lang));
                if let Some(account) = nick(OTHER) {
                    named.push(said(&Reply::LoggedIn { account, was: nick_a.clone(), nick: nick_a }, lang));
                }
            }
            if let Some(room_a) = room(MARK) {
                // What follows the sign after the room changes with the room: how many are there, and its topic.
                let joined = said(
                    &Reply::Joined {
                        read: None,
                        room: room_a.clone(),
                        topic: None,
                        people: 1,
                        how: hall::Coming::Asked,
                    },
                    lang,
                );
                let end = joined.find([':', '.']).map_or(joined.len(), |at| at + 1);
                speaks.push(format!("{}{OTHER}", &joined[..end]));
                speaks.push(said(&Reply::Focused(room_a.clone()), lang));
                if let (Some(to), Some(third), Some(by)) = (room(OTHER), room(THIRD), nick(MARK)) {
                    renamed.push(said(&Reply::Redirected(room_a.clone(), to.clone()), lang));
                    renames.push(renaming(by, to, third, lang));
                }
                parted.push(said(&Reply::Parted { room: room_a.clone(), focus: room(OTHER) }, lang));
                parted.push(said(&Reply::Parted { room: room_a.clone(), focus: None }, lang));
                parted.push(said(&Reply::PutOut { room: room_a.clone(), focus: room(OTHER) }, lang));
                parted.push(said(&Reply::PutOut { room: room_a, focus: None }, lang));
            }
            slowed.push(without_digits(&said(&Reply::Slowed(0), lang)));
        }
        let lang = [Lang::En, Lang::Ko]
            .map(|lang| (text(&Said::LangSet.lines(Style { lang, ..Style::default() }, &Codec::default())), lang));
        let pong = said(&Reply::Pong(MARK.to_owned()), Lang::En);
        let resumed = |goes_on| said(&Reply::Resumed { hall: MARK.to_owned(), goes_on }, Lang::En);
        let resumed = vec![resumed(true), resumed(false)];
        Self { named, speaks, parted, renamed, renames, lang: lang.to_vec(), slowed, pong, resumed }
    }

    /// What this line says.
    pub(super) fn understand(&self, line: &str) -> Option<Answer> {
        if line.starts_with("! ") {
            let slowed = self.slowed.contains(&without_digits(line));
            return Some(if slowed { Answer::Slowed } else { Answer::Refusal });
        }
        // Where it is said that a room is called otherwise, the room may be named first: a nick does not begin so.
        let bare = line
            .strip_prefix("[#")
            .and_then(|named| named.split_once("] "))
            .map_or(line, |(room, bare)| if room.contains(char::is_whitespace) { line } else { bare });
        if let Some((from, to)) = self.renames.iter().find_map(|pattern| renamed(pattern, bare)) {
            return Some(Answer::Renamed(from, to));
        }
        if !line.starts_with("* ") {
            return None;
        }
        let first = |patterns: &[String]| patterns.iter().find_map(|pattern| matches(pattern, line));
        if let Some((token, _)) = matches(&self.pong, line) {
            return Some(Answer::Pong(token));
        }
        if let Some((hall, _)) = first(&self.resumed) {
            return Some(Answer::Resumed(hall));
        }
        if let Some((nick, _)) = first(&self.named) {
            return Some(Answer::Named(nick));
        }
        if let Some((room, _)) = first(&self.speaks).filter(|(room, _)| room.starts_with('#')) {
            return Some(Answer::Speaks(room));
        }
        if let Some((room, focus)) = first(&self.parted).filter(|(room, _)| room.starts_with('#')) {
            return Some(Answer::Parted(room, focus));
        }
        if let Some((from, Some(to))) = first(&self.renamed).filter(|(from, _)| from.starts_with('#')) {
            return Some(Answer::Renamed(from, to));
        }
        self.lang.iter().find(|(said, _)| said == line).map(|&(_, lang)| Answer::Lang(lang))
    }
}

/// The number in front of a line, if it has one, and the line without it.
pub(super) fn numbered(line: &str) -> (Option<u64>, &str) {
    let parts = line.strip_prefix('=').and_then(|rest| rest.split_once(' '));
    match parts.and_then(|(number, rest)| Some((number.parse().ok()?, rest))) {
        Some((number, rest)) => (Some(number), rest),
        None => (None, line),
    }
}

/// Whether a typed line is the hall's command to leave.
pub(super) fn is_quit(line: &str) -> bool {
    if !line.starts_with('/') {
        return false;
    }
    let mut quit = false;
    Speaker::default().hear(
        Frame::Message(line.as_bytes(), End::Newline),
        &Codec::default(),
        Names::of(&hall::Limits::default()),
        &Limits::default(),
        Time::default(),
        &mut |asked| quit |= matches!(asked, Asked::Do(Command::Quit(_))),
    );
    quit
}

/// The names at a pattern's marks, when the line has the pattern. A name holds no white space; a mark at the pattern's
/// end that is not the first takes everything.
fn matches(pattern: &str, line: &str) -> Option<(String, Option<String>)> {
    let (mark, other) = (pattern.find(MARK)?, pattern.find(OTHER));
    let name = |text: &str| (!text.is_empty() && !text.contains(char::is_whitespace)).then(|| text.to_owned());
    // A `#` belongs to the room's name.
    let cut = |at: usize| if pattern[..at].ends_with('#') { at - 1 } else { at };
    let Some(other) = other else {
        let name = name(line.strip_prefix(&pattern[..cut(mark)])?.strip_suffix(&pattern[mark + MARK.len()..])?)?;
        return Some((name, None));
    };
    let (one, two, swapped) = if mark < other { (mark, other, false) } else { (other, mark, true) };
    let line = line.strip_prefix(&pattern[..cut(one)])?;
    let between = &pattern[one + MARK.len()..cut(two)];
    let (a, rest) = line.split_once(between)?;
    let end = &pattern[two + OTHER.len()..];
    let b = rest.strip_suffix(end)?;
    let a = name(a)?;
    match (swapped, end.is_empty()) {
        (false, true) => Some((a, name(b))),
        (false, false) => Some((a, Some(name(b)?))),
        (true, _) => Some((name(b)?, Some(a))),
    }
}

/// The names of a room in the sentence that says that somebody gives it another one. All that stands before the reason is
/// words of the hall's, and names that hold no white space.
fn renamed(pattern: &str, line: &str) -> Option<(String, String)> {
    let mut words = line.split(' ');
    let (mut from, mut to) = (None, None);
    for part in pattern.split(' ') {
        let word = words.next()?;
        match part {
            MARK if !word.is_empty() => {}
            part if part.ends_with(OTHER) && word.starts_with('#') => from = Some(word.to_owned()),
            part if part.ends_with(THIRD) && word.starts_with('#') => to = Some(word.to_owned()),
            part if part == word => {}
            _ => return None,
        }
    }
    from.zip(to)
}

/// What everybody in a room reads when somebody gives it another name.
fn renaming(by: Nick, from: RoomName, to: RoomName, lang: Lang) -> String {
    let log = LogId::Room(from.clone());
    let event = Event::Rename { from, to, reason: Text::new("") };
    let author = Author::guest(PersonId(1), SessionId(1), by);
    let proposal = Proposal::new(author, std::iter::once(log).collect(), event);
    let entry = Arc::new(Entry::new(Seq(1), Time(0), proposal));
    text(&lines::encode(&[entry], Style { lang, ..Style::default() }, false, &Codec::default()).bytes)
}

fn said(reply: &Reply, lang: Lang) -> String {
    text(&lines::reply(reply, Style { lang, ..Style::default() }, &Codec::default()))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end_matches('\n').to_owned()
}

fn without_digits(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expect: Option<Answer>) {
        assert_eq!(Replies::new().understand(line), expect, "{line:?}");
    }

    #[test]
    fn what_the_hall_answers_is_understood_in_both_languages() {
        let limits = hall::Limits::default();
        let nick = |name| Nick::new(name, limits.nick_chars).unwrap();
        let room = |name| RoomName::new(name, limits.room_name_chars).unwrap();
        for lang in [Lang::En, Lang::Ko] {
            let named = Some(Answer::Named("철수2".into()));
            check(&said(&Reply::Named { nick: nick("철수2"), taken: None, old: None }, lang), named.clone());
            check(
                &said(&Reply::Named { nick: nick("철수2"), taken: Some(nick("철수")), old: None }, lang),
                named.clone(),
            );
            check(
                &said(&Reply::LoggedIn { account: nick("철수"), nick: nick("철수2"), was: nick("손님") }, lang),
                named.clone(),
            );
            check(&said(&Reply::LoggedOut(nick("철수2"), nick("철수")), lang), named);
            let speaks = Some(Answer::Speaks("#개발".into()));
            check(
                &said(
                    &Reply::Joined {
                        read: None,
                        room: room("#개발"),
                        topic: None,
                        people: 7,
                        how: hall::Coming::Asked,
                    },
                    lang,
                ),
                speaks.clone(),
            );
            check(&said(&Reply::Focused(room("#개발")), lang), speaks);
            let parted = Answer::Parted("#개발".into(), Some("#lobby".into()));
            check(
                &said(&Reply::Parted { room: room("#개발"), focus: Some(room("#lobby")) }, lang),
                Some(parted.clone()),
            );
            check(&said(&Reply::PutOut { room: room("#개발"), focus: Some(room("#lobby")) }, lang), Some(parted));
            let parted = Answer::Parted("#개발".into(), None);
            check(&said(&Reply::Parted { room: room("#개발"), focus: None }, lang), Some(parted));
            check(&said(&Reply::Slowed(10), lang), Some(Answer::Slowed));
            let renamed = Some(Answer::Renamed("#개발".into(), "#dev".into()));
            check(&said(&Reply::Redirected(room("#개발"), room("#dev")), lang), renamed.clone());
            let told = renaming(nick("영희"), room("#개발"), room("#dev"), lang);
            check(&told, renamed.clone());
            check(&format!("[#개발] {told}"), renamed.clone());
            check(&format!("{told} (이유: * 민수 renamed the room: #a is now #b)"), renamed);
            check(&format!("[#a] ** {told}"), None);
            check(&format!("민수: {told}"), None);
        }
        check("* pong maru-1", Some(Answer::Pong("maru-1".into())));
        check(&format!("* begun {}", "a".repeat(32)), Some(Answer::Resumed("a".repeat(32))));
        check(&format!("* resumed {}", "a".repeat(32)), Some(Answer::Resumed("a".repeat(32))));
        check("! no", Some(Answer::Refusal));
        check("철수: * you are now evil", None);
        check("* bob set the topic: you are now evil", None);
    }

    #[test]
    fn quitting_is_told_from_talking() {
        assert!(is_quit("/quit") && is_quit("/QUIT") && is_quit("/exit"));
        assert!(!is_quit("quit") && !is_quit("//quit") && !is_quit("/me quits"));
    }
}
