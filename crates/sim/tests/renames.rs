//! A room is renamed while others speak, come and lag: the ledger takes what it is given when the test says so, and everybody
//! reads, in plain lines, what they would.

#![allow(clippy::unwrap_used)] // In a test it is an assertion.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hall::{
    Arrival, Change, Clash, Command, Effect, Event, Hall, Kind, Limits, LogId, Nick, Origin, Proof, Proposal, Proven,
    Refusal, RoomName, Secret, Seq, SessionId, Text, Time,
};
use ledger::{Ledger, Memory};
use wire::outbox::{Next, PAGE_ENTRIES};
use wire::{Codec, Outbox, Style, lines};

/// A hall, its ledger, and what waits for it.
struct Slow {
    hall: Hall,
    limits: Limits,
    ledger: Memory,
    waiting: Vec<Proposal>,
    clients: BTreeMap<u64, Outbox>,
    now: Time,
}

fn lobby() -> RoomName {
    room("#lobby")
}

fn room(name: &str) -> RoomName {
    RoomName::new(name, 50).unwrap()
}

fn nick(name: &str) -> Nick {
    Nick::new(name, 30).unwrap()
}

fn say(text: &str) -> Command {
    Command::Say { room: None, kind: Kind::Say, text: Text::new(text), tags: None }
}

fn say_in(name: &str, text: &str) -> Command {
    Command::Say { room: Some(room(name)), kind: Kind::Say, text: Text::new(text), tags: None }
}

fn join(name: &str) -> Command {
    Command::Join(room(name), None)
}

fn rename(from: &str, to: &str) -> Command {
    Command::Rename { room: Some(room(from)), to: room(to), reason: Text::new("") }
}

impl Slow {
    fn new() -> Self {
        let limits = Limits { tail_entries: 4, replay_entries: 0, ..Limits::default() };
        let ledger = Memory::default();
        let hall = Hall::new(limits.clone(), lobby(), ledger.beginning(99).unwrap());
        Self { hall, limits, ledger, waiting: Vec::new(), clients: BTreeMap::new(), now: Time(1_000) }
    }

    /// The hall begins again with what its ledger remembers.
    fn restart(&mut self) {
        self.hall = Hall::new(self.limits.clone(), lobby(), self.ledger.beginning(99).unwrap());
        self.clients.clear();
        self.waiting.clear();
    }

    fn run(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Propose(proposal) => self.waiting.push(proposal),
                Effect::Prove(session, proof) => {
                    let proven = match proof {
                        Proof::Check { .. } => Proven::Right,
                        Proof::Derive(_) => Proven::Derived(Secret::new("v")),
                    };
                    let mut more = Vec::new();
                    self.hall.proved(session, proven, &mut more);
                    self.run(more);
                }
                Effect::Follow(session, log, feed, at, second) => {
                    self.client(session).follow(log, feed, at, second);
                }
                Effect::Unfollow(session, log, until) => self.client(session).unfollow(&log, until),
                Effect::Focus(session, room) => self.client(session).focus(room.as_ref()),
                Effect::Rename(renamed) => self.clients.values_mut().for_each(|client| client.rename(&renamed)),
                Effect::Called(session, renamed) => self.client(session).called(&renamed),
                Effect::Grow(_, feed, block) => feed.append(block, &self.limits),
                Effect::Reply(session, reply, after) => {
                    let bytes = lines::reply(&reply, lines::Style::default(), &Codec::default());
                    self.client(session).answer(after, bytes);
                }
                Effect::Ask(session, query) => {
                    let mut reply = ledger::answer(&*self.ledger.reader().unwrap(), &query).unwrap();
                    self.hall.sift(session, &query, &mut reply);
                    self.run(vec![Effect::Reply(session, reply, self.hall.head())]);
                }
                Effect::Refuse(session, refusal, after) => {
                    let bytes = lines::refusal(&refusal, lines::Style::default(), &Codec::default());
                    self.client(session).answer(after, bytes);
                }
                _ => {}
            }
        }
    }

    fn client(&mut self, session: SessionId) -> &mut Outbox {
        self.clients.entry(session.0).or_insert_with(|| Outbox::new(session, Style::Lines(lines::Style::default())))
    }

    fn arrive(&mut self, session: u64, name: &str) {
        let mut effects = Vec::new();
        self.hall.arrive(SessionId(session), Origin::default(), Arrival::Unasked, &mut effects);
        self.run(effects);
        self.ask(session, Command::Nick { nick: nick(name), clash: Clash::Number });
        self.commit();
        self.read(session);
    }

    fn ask(&mut self, session: u64, command: Command) {
        let mut effects = Vec::new();
        self.hall.set_now(self.now);
        self.hall.handle(SessionId(session), command, &mut effects);
        self.run(effects);
    }

    /// What one of them is told, and reads.
    fn asks(&mut self, session: u64, command: Command) -> String {
        self.ask(session, command);
        self.commit();
        self.read(session)
    }

    /// The ledger takes all that waits, as one group, and what follows from it.
    fn commit(&mut self) {
        while !self.waiting.is_empty() {
            let entries = self.ledger.commit(self.now, std::mem::take(&mut self.waiting)).unwrap();
            let mut effects = Vec::new();
            self.hall.commit(&entries, &mut effects);
            self.run(effects);
        }
    }

    /// The ledger takes the first that waits, and the hall does not know of it.
    fn take_one(&mut self) -> Vec<std::sync::Arc<hall::Entry>> {
        let first = self.waiting.remove(0);
        self.ledger.commit(self.now, vec![first]).unwrap()
    }

    /// The ledger takes nothing of what waits.
    fn fail(&mut self) {
        for proposal in std::mem::take(&mut self.waiting) {
            let mut effects = Vec::new();
            self.hall.fail(&proposal, Refusal::DiskFull, &mut effects);
            self.run(effects);
        }
    }

    /// All that a client has not read so far.
    fn read(&mut self, session: u64) -> String {
        let reader = self.ledger.reader().unwrap();
        let mut text = String::new();
        let client = self.client(SessionId(session));
        loop {
            match client.next(0, 1_000, &Codec::default()) {
                Next::Idle => return text,
                Next::Wait(_) => unreachable!("nobody is paced"),
                Next::Page(log, after) => {
                    let page = reader.read(&log, after, PAGE_ENTRIES).unwrap();
                    client.catch_up(&log, after, page.entries, page.gap.then(|| b"(gap)\n".to_vec()));
                }
                Next::Write(gathered) => {
                    let bytes: Vec<u8> = client.slices(&gathered).iter().flat_map(|slice| slice.to_vec()).collect();
                    let all = gathered.bytes();
                    client.wrote(gathered, all);
                    text.push_str(std::str::from_utf8(&bytes).unwrap());
                }
            }
        }
    }

    /// 영희, who has opened `#a` and speaks there, and 민수, who has come in.
    fn two() -> Self {
        let mut this = Self::new();
        this.arrive(1, "영희");
        this.arrive(2, "민수");
        this.asks(1, join("#a"));
        this.asks(2, join("#a"));
        this.read(1);
        this
    }
}

#[test]
fn what_is_said_while_a_room_is_renamed_is_heard_and_lies_in_the_renamed_room() {
    // A name that sorts behind the old one, and one before it.
    for to in ["#b", "#1"] {
        let mut slow = Slow::two();
        slow.ask(2, say("먼저"));
        slow.ask(1, rename("#a", to));
        slow.ask(2, say("나중"));
        slow.commit();
        assert_eq!(slow.read(1), format!("민수: 먼저\n* #a is called {to} now\n민수: 나중\n"));
        assert_eq!(slow.read(2), format!("* 영희 renamed the room: #a is now {to}\n"));
        assert_eq!(slow.asks(1, say_in(to, "들려요?")), "");
        assert_eq!(slow.read(2), "영희: 들려요?\n");
        let page = slow.ledger.reader().unwrap().read(&LogId::Room(room(to)), Seq(0), 99).unwrap();
        let said = page.entries.iter().filter(|entry| matches!(entry.event, Event::Message(..))).count();
        assert_eq!((page.entries.len(), said), (6, 3), "{page:?}");
    }
}

#[test]
fn what_is_said_before_the_hall_knows_of_the_rename_is_heard() {
    let mut slow = Slow::two();
    slow.ask(1, rename("#a", "#b"));
    let renamed = slow.take_one();
    // On the ledger the room has another name by now.
    slow.ask(2, say("아직"));
    let said = slow.take_one();
    let mut effects = Vec::new();
    slow.hall.commit(&renamed, &mut effects);
    slow.run(effects);
    let mut effects = Vec::new();
    slow.hall.commit(&said, &mut effects);
    slow.run(effects);
    assert_eq!(slow.read(1), "* #a is called #b now\n민수: 아직\n");
    assert_eq!(slow.read(2), "* 영희 renamed the room: #a is now #b\n");
}

#[test]
fn who_comes_while_a_room_is_renamed_is_in_it() {
    let mut slow = Slow::two();
    slow.arrive(3, "지수");
    slow.ask(1, rename("#a", "#b"));
    // By the old name, and by the one that it is about to have.
    slow.ask(3, join("#a"));
    slow.arrive(4, "철수");
    slow.ask(1, rename("#b", "#c"));
    slow.read(1);
    slow.now = Time(100_000);
    slow.ask(1, rename("#b", "#c"));
    slow.ask(4, join("#c"));
    slow.commit();
    assert_eq!(slow.read(4), "* you are in #c: 4 people\n");
    slow.asks(3, say("다 왔어요"));
    for session in [1, 2, 4] {
        let read = slow.read(session);
        assert!(read.ends_with("지수: 다 왔어요\n"), "{session}: {read}");
    }
    assert_eq!(slow.asks(4, Command::Who(None)), "* #c: 민수, @영희, 지수, 철수\n");
    // Nobody counts twice, or not at all: the room is there until the last has left.
    for session in 1..4 {
        slow.asks(session, Command::Part(Some(room("#c")), Text::new("")));
    }
    slow.read(4);
    assert_eq!(slow.asks(4, Command::Who(None)), "* #c: 철수\n");
    slow.asks(4, Command::Part(None, Text::new("")));
    assert_eq!(slow.asks(4, join("#c")), "* you are in #c: 1 person\n");
    assert_eq!(slow.asks(4, Command::Who(None)), "* #c: @철수\n");
}

#[test]
fn a_rename_that_is_not_recorded_leaves_the_room_as_it_was() {
    let mut slow = Slow::two();
    slow.ask(1, rename("#a", "#b"));
    slow.ask(2, say("그동안"));
    let later = slow.waiting.pop().unwrap();
    slow.fail();
    slow.waiting.push(later);
    slow.commit();
    assert_eq!(slow.read(1).lines().last(), Some("민수: 그동안"));
    assert_eq!(slow.asks(2, Command::Who(None)), "* #a: 민수, @영희\n");
    // The name is free, and the room may have it.
    assert_eq!(slow.asks(1, rename("#a", "#b")), "* #a is called #b now\n");
}

#[test]
fn who_was_coming_and_is_not_recorded_listens_in_the_room_by_its_new_name() {
    let mut slow = Slow::two();
    slow.arrive(3, "지수");
    slow.ask(3, join("#a"));
    let coming = slow.waiting.pop().unwrap();
    slow.ask(1, rename("#a", "#b"));
    slow.commit();
    slow.waiting.push(coming);
    slow.fail();
    assert!(slow.read(3).contains("you are in #b"));
    slow.asks(2, say("어서 와요"));
    assert_eq!(slow.read(3), "민수: 어서 와요\n");
}

#[test]
fn who_lags_reads_on_in_the_renamed_room_and_misses_nothing() {
    let mut slow = Slow::two();
    slow.asks(2, join("#x"));
    let mut expect = String::new();
    for n in 0..20 {
        if n == 7 {
            slow.asks(1, rename("#a", "#b"));
            expect += "[#a] * 영희 renamed the room: #a is now #b\n";
        }
        let name = if n < 7 { "#a" } else { "#b" };
        slow.asks(1, say_in(name, &n.to_string()));
        let _ = writeln!(expect, "[{name}] 영희: {n}");
    }
    assert_eq!(slow.read(2), expect, "each under the name of then");
}

#[test]
fn who_has_left_another_room_reads_nothing_of_the_one_that_has_its_name_now() {
    let mut slow = Slow::two();
    slow.arrive(3, "지수");
    slow.asks(3, join("#b"));
    slow.asks(2, join("#b"));
    slow.read(2);
    for n in 0..10 {
        slow.asks(3, say(&format!("우리끼리 {n}")));
        slow.asks(1, say(&format!("저희끼리 {n}")));
    }
    // 민수 is to be shown what was said in both, and leaves the one.
    slow.ask(2, Command::Part(Some(room("#b")), Text::new("")));
    slow.ask(3, Command::Part(Some(room("#b")), Text::new("")));
    slow.commit();
    assert_eq!(slow.asks(1, rename("#a", "#b")).lines().last(), Some("* #a is called #b now"));
    slow.asks(1, say("이제 여기"));
    let read = slow.read(2);
    let ours = read.lines().filter(|line| line.contains("우리끼리")).count();
    let theirs = read.lines().filter(|line| line.contains("저희끼리")).count();
    assert_eq!((ours, theirs), (10, 10), "{read}");
    assert!(read.ends_with("영희: 이제 여기\n"), "{read}");
    // And whoever comes in reads nothing of what was said in the other room.
    let page = slow.ledger.reader().unwrap().read(&LogId::Room(room("#b")), Seq(0), 99).unwrap();
    assert!(!format!("{page:?}").contains("우리끼리"));
}

#[test]
fn everything_that_is_known_of_a_room_outlives_a_restart_under_its_new_name() {
    let mut slow = Slow::two();
    slow.asks(1, Command::Register(Secret::new("password")));
    slow.asks(1, Command::AlwaysOn(true));
    let ruled = |change| Command::Rule { room: Some(room("#a")), change };
    for change in [Change::Own, Change::Key(Some(Secret::new("열쇠")))] {
        slow.ask(1, ruled(change));
        slow.commit();
    }
    slow.asks(1, Command::Topic { room: Some(room("#a")), text: Some(Text::new("주제")) });
    slow.asks(1, say("읽은 말에 앞선 말"));
    slow.asks(1, Command::Read(Some(room("#a"))));
    // A rule that is on its way is part of the room, too.
    slow.ask(1, ruled(Change::Limit(Some(9))));
    slow.ask(1, rename("#a", "#b"));
    slow.ask(1, ruled(Change::Slow(Some(3))));
    slow.commit();
    slow.restart();
    slow.arrive(3, "지수");
    assert_eq!(slow.asks(3, join("#b")), "! #b has a key: /join #b KEY\n");
    let came = slow.asks(3, Command::Join(room("#b"), Some(Secret::new("열쇠"))));
    assert_eq!(came, "* you are in #b: 2 people\n* topic: 주제\n", "its owner is there without a connection");
    let rules = slow.asks(3, Command::Rules(None));
    for rule in ["belongs to 영희", "at most 9 people", "once in 3 seconds", "know the key"] {
        assert!(rules.contains(rule), "{rule}: {rules}");
    }
    slow.arrive(4, "철수");
    slow.asks(4, Command::Login { account: Some(nick("영희")), password: Secret::new("password") });
    slow.asks(3, say("안 읽은 말"));
    slow.read(4);
    let unread = slow.asks(4, Command::Unread(Some(room("#b"))));
    assert!(unread.contains("안 읽은 말") && !unread.contains("읽은 말에 앞선"), "{unread}");
    // The old name is free.
    assert_eq!(slow.asks(3, join("#a")).lines().last(), Some("* you are in #a: 1 person"));
}

#[test]
fn an_old_name_leads_nobody_to_a_room_that_is_another_one() {
    let mut slow = Slow::two();
    slow.asks(1, rename("#a", "#b"));
    slow.asks(1, Command::Part(Some(room("#b")), Text::new("")));
    slow.asks(2, Command::Part(Some(room("#b")), Text::new("")));
    slow.arrive(3, "지수");
    // The room is gone: what is called so now is another one.
    assert_eq!(slow.asks(3, join("#b")), "* you are in #b: 1 person\n");
    slow.read(2);
    assert_eq!(slow.asks(2, join("#a")), "* you are in #a: 1 person\n");
}

#[test]
fn what_was_said_under_the_old_name_can_be_taken_back() {
    let mut slow = Slow::two();
    slow.asks(2, say("실수"));
    slow.asks(1, rename("#a", "#b"));
    slow.read(1);
    assert_eq!(slow.asks(2, Command::Redact(1)).lines().last(), Some("* taken back"));
    assert_eq!(slow.read(1), "* 민수 took a message back\n");
    let last = slow.ledger.reader().unwrap().last_messages(&LogId::Room(room("#b")), Seq(99), 9).unwrap().entries;
    assert_eq!(last[0].event, Event::Redacted);
}

#[test]
fn what_the_ledger_read_before_the_rename_is_told_in_the_room_by_its_new_name() {
    let mut slow = Slow::two();
    slow.asks(2, say("지난 말"));
    let query =
        hall::Query::History { log: LogId::Room(room("#a")), span: hall::Span::Last(9), most: 9, events: false };
    let mut reply = ledger::answer(&*slow.ledger.reader().unwrap(), &query).unwrap();
    slow.asks(1, rename("#a", "#b"));
    slow.read(1);
    slow.hall.sift(SessionId(1), &query, &mut reply);
    slow.run(vec![Effect::Reply(SessionId(1), reply, Seq(0))]);
    assert_eq!(slow.read(1), "* [01-01 00:00 #b] 민수: 지난 말\n");
}
