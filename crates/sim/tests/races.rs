//! What happens while the ledger is at work: the hall's commands, with commits that come when the test says so.

#![allow(clippy::unwrap_used)] // In a test it is an assertion.

use std::collections::BTreeMap;
use std::sync::Arc;

use hall::{
    Admin, Beginning, Change, Command, Effect, Entry, Hall, Keep, Key, Kind, Limits, LogId, Nick, Noting, Origin,
    Proof, Proposal, Proven, RoomName, Secret, Seq, SessionId, Subject, Target, Text, Time,
};

const AUDIT: &str = "#audit";

/// A hall, what waits for the ledger, and what the ledger remembers beside the log.
struct Slow {
    hall: Hall,
    seq: u64,
    waiting: Vec<Proposal>,
    kept: BTreeMap<(Subject, String), Secret>,
}

impl Slow {
    fn new(kept: BTreeMap<(Subject, String), Secret>) -> Self {
        let lobby = RoomName::new("#lobby", 50).unwrap();
        let fields = kept.clone().into_iter().map(|((subject, field), value)| (subject, field, value)).collect();
        let beginning = Beginning { person: 100, kept: fields, ..Beginning::default() };
        Self { hall: Hall::new(Limits::default(), lobby, beginning), seq: 0, waiting: Vec::new(), kept }
    }

    /// Keeps proposals back, and says of every password that it is right.
    fn take(&mut self, effects: Vec<Effect>) -> Vec<Effect> {
        let mut rest = Vec::new();
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
                    rest.extend(self.take(more));
                }
                effect => rest.push(effect),
            }
        }
        rest
    }

    fn arrive(&mut self, session: u64, local: bool) {
        let mut effects = Vec::new();
        self.hall.arrive(
            SessionId(session),
            Origin { local, ..Origin::default() },
            hall::Arrival::Unasked,
            &mut effects,
        );
        self.take(effects);
    }

    fn ask(&mut self, session: u64, command: Command) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.hall.handle(SessionId(session), command, &mut effects);
        self.take(effects)
    }

    fn leave(&mut self, session: u64) {
        let mut effects = Vec::new();
        self.hall.leave(SessionId(session), &mut effects);
        self.take(effects);
    }

    /// The ledger takes all that waits, and what follows from it.
    fn commit(&mut self) -> Vec<Effect> {
        let mut all = Vec::new();
        while !self.waiting.is_empty() {
            let mut entries = Vec::new();
            for proposal in std::mem::take(&mut self.waiting) {
                self.seq += 1;
                proposal.keeps.iter().for_each(|keep| self.keep(keep.clone()));
                entries.push(Arc::new(Entry::new(Seq(self.seq), Time(1), proposal)));
            }
            let mut effects = Vec::new();
            self.hall.commit(&entries, &mut effects);
            all.extend(self.take(effects));
        }
        all
    }

    fn keep(&mut self, keep: Keep) {
        match keep {
            Keep::Set(subject, field, value) => drop(self.kept.insert((subject, field), value)),
            Keep::Unset(subject, field) => drop(self.kept.remove(&(subject, field))),
            Keep::Forget(subject) => self.kept.retain(|(known, _), _| *known != subject),
            Keep::Rename(..) => unreachable!("no room is renamed here"),
        }
    }

    fn register(&mut self, session: u64, name: &str) {
        self.ask(session, Command::Nick { nick: nick(name), clash: hall::Clash::Number });
        self.commit();
        self.ask(session, Command::Register(Secret::new("password")));
        self.commit();
    }

    fn grant(&mut self, console: u64, name: &str, on: bool) {
        self.ask(console, Command::Admin(Admin::Grant(nick(name), on)));
    }
}

fn nick(name: &str) -> Nick {
    Nick::new(name, 30).unwrap()
}

fn join(room: &str) -> Command {
    Command::Join(RoomName::new(room, 50).unwrap(), None)
}

fn login(name: &str) -> Command {
    Command::Login { account: Some(nick(name)), password: Secret::new("password") }
}

fn say(text: &str) -> Command {
    Command::Say { room: None, kind: Kind::Say, text: Text::new(text), tags: None }
}

fn direct(to: &str) -> Command {
    Command::Direct { to: nick(to), kind: Kind::Say, text: Text::new("important"), tags: None }
}

fn follows(effects: &[Effect], session: u64, log: impl Fn(&LogId) -> bool) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Follow(s, l, ..) if *s == SessionId(session) && log(l)))
}

fn is_audit(log: &LogId) -> bool {
    matches!(log, LogId::Room(room) if room.as_str() == AUDIT)
}

#[test]
fn who_logs_in_while_their_last_connection_is_leaving_is_there() {
    let mut slow = Slow::new(BTreeMap::new());
    slow.arrive(1, false);
    slow.arrive(2, false);
    slow.register(1, "minji");
    slow.ask(1, say("hi"));
    slow.commit();
    slow.leave(1);
    slow.ask(2, login("minji"));
    slow.commit();
    slow.ask(2, say("hi again"));
    let effects = slow.commit();
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Grow(..))), "it is said");
    let effects = slow.ask(2, Command::Who(None));
    assert!(format!("{effects:?}").contains("minji"), "{effects:?}");
}

#[test]
fn an_admin_who_is_none_any_more_when_they_come_in_does_not() {
    let mut slow = Slow::new(BTreeMap::new());
    slow.arrive(1, false);
    slow.arrive(2, false);
    slow.arrive(3, true);
    for (session, name) in [(1, "bad"), (2, "good")] {
        slow.register(session, name);
        slow.grant(3, name, true);
    }
    slow.commit();
    slow.ask(2, join(AUDIT));
    slow.commit();
    slow.grant(3, "bad", false);
    slow.ask(1, join(AUDIT));
    let effects = slow.commit();
    let unfollows = |effect: &Effect| matches!(effect, Effect::Unfollow(SessionId(1), log, _) if is_audit(log));
    assert!(!follows(&effects, 1, is_audit) || effects.iter().any(unfollows), "{effects:?}");
    let who = slow.ask(2, Command::Who(None));
    assert!(!format!("{who:?}").contains("bad"), "{who:?}");
}

#[test]
fn who_was_put_out_is_not_back_after_a_restart() {
    let mut slow = Slow::new(BTreeMap::new());
    slow.arrive(1, false);
    slow.arrive(3, true);
    slow.register(1, "bad");
    slow.grant(3, "bad", true);
    slow.commit();
    slow.ask(1, Command::AlwaysOn(true));
    slow.commit();
    slow.ask(1, join(AUDIT));
    slow.commit();
    slow.grant(3, "bad", false);
    slow.commit();
    let mut again = Slow::new(slow.kept);
    again.arrive(9, false);
    let effects = again.ask(9, login("bad"));
    assert!(!follows(&effects, 9, is_audit), "{effects:?}");
}

#[test]
fn who_is_put_out_with_the_group_by_which_they_come_follows_nothing() {
    let mut slow = Slow::new(BTreeMap::new());
    for session in [1, 2] {
        slow.arrive(session, false);
        slow.ask(
            session,
            Command::Nick { nick: nick(["", "op", "bad"][session as usize]), clash: hall::Clash::Number },
        );
        slow.commit();
    }
    slow.ask(1, join("#방"));
    slow.commit();
    slow.ask(2, join("#방"));
    // The ledger is at work on their coming when somebody puts them out.
    let kick =
        Command::Kick { room: Some(RoomName::new("#방", 50).unwrap()), who: nick("bad"), reason: Text::new("") };
    slow.ask(1, kick);
    let effects = slow.commit();
    let of_room = |log: &LogId| matches!(log, LogId::Room(room) if room.as_str() == "#방");
    let last = effects.iter().rev().find_map(|effect| match effect {
        Effect::Follow(SessionId(2), log, ..) if of_room(log) => Some(true),
        Effect::Unfollow(SessionId(2), log, _) if of_room(log) => Some(false),
        _ => None,
    });
    assert_ne!(last, Some(true), "{effects:?}");
}

#[test]
fn what_is_noted_about_accounts_and_their_rooms_is_known_after_a_restart() {
    let set = |key: &str, value: &str| Noting::Set(Key::new(key, 50).unwrap(), Some(Text::new(value)));
    let room = || RoomName::new("#방", 50).unwrap();
    let (of_room, list) = (|| Some(Target::Room(room())), || Noting::List);
    let mut slow = Slow::new(BTreeMap::new());
    slow.arrive(1, false);
    slow.arrive(2, false);
    // As a guest, who becomes an account.
    slow.ask(1, Command::Metadata(None, set("display-name", "민지")));
    slow.commit();
    slow.register(1, "minji");
    for session in [1, 2] {
        slow.ask(session, join("#방"));
        slow.commit();
    }
    slow.ask(1, Command::Rule { room: Some(room()), change: Change::Own });
    slow.commit();
    slow.ask(1, Command::Metadata(None, set("avatar", "https://example.com/a.png")));
    slow.ask(1, Command::Metadata(of_room(), set("url", "https://example.com/")));
    slow.ask(2, Command::Metadata(None, set("url", "https://guest.example/")));
    slow.commit();
    slow.ask(1, Command::Metadata(None, Noting::Set(Key::new("avatar", 50).unwrap(), None)));
    slow.commit();
    let mut again = Slow::new(slow.kept);
    again.arrive(9, false);
    again.ask(9, login("minji"));
    again.commit();
    again.ask(9, join("#방"));
    again.commit();
    let own = format!("{:?}", again.ask(9, Command::Metadata(None, list())));
    assert!(own.contains("민지") && !own.contains("avatar") && !own.contains("guest.example"), "{own}");
    let of_room = format!("{:?}", again.ask(9, Command::Metadata(of_room(), list())));
    assert!(of_room.contains("https://example.com/"), "{of_room}");
}

#[test]
fn what_is_told_to_be_kept_is_kept() {
    let mut slow = Slow::new(BTreeMap::new());
    slow.arrive(1, false);
    slow.arrive(2, false);
    slow.register(1, "minji");
    slow.ask(2, direct("minji"));
    slow.leave(1);
    slow.commit();
    assert!(slow.kept.keys().any(|(_, field)| field.starts_with("waiting")), "{:?}", slow.kept);
}

#[test]
fn what_was_said_while_somebody_logs_in_reaches_them() {
    let mut slow = Slow::new(BTreeMap::new());
    slow.arrive(1, false);
    slow.arrive(2, false);
    slow.register(1, "minji");
    slow.leave(1);
    slow.commit();
    slow.arrive(3, false);
    slow.ask(2, direct("minji"));
    let mut effects = slow.ask(3, login("minji"));
    effects.extend(slow.commit());
    assert!(follows(&effects, 3, |log| matches!(log, LogId::Direct(a, b) if a != b)), "{effects:?}");
    assert!(!slow.kept.keys().any(|(_, field)| field.starts_with("waiting")), "and it waits no more");
}

#[test]
fn rooms_that_were_opened_and_left_leave_nothing_behind() {
    let mut slow = Slow::new(BTreeMap::new());
    slow.arrive(1, false);
    for n in 0..100 {
        slow.ask(1, join(&format!("#r{n}")));
        slow.commit();
        slow.ask(1, Command::Part(None, hall::Text::new("")));
        slow.commit();
    }
    assert_eq!(slow.kept.len(), 0);
}

#[test]
fn of_two_names_that_look_alike_only_one_becomes_an_account() {
    let mut slow = Slow::new(BTreeMap::new());
    slow.arrive(1, false);
    slow.arrive(2, false);
    for (session, name) in [(1, "minji"), (2, "m\u{0456}nji")] {
        slow.ask(session, Command::Nick { nick: nick(name), clash: hall::Clash::Number });
    }
    slow.commit();
    slow.ask(1, Command::Register(Secret::new("password")));
    slow.ask(2, Command::Register(Secret::new("password")));
    slow.commit();
    assert_eq!(slow.kept.keys().filter(|(_, field)| field == "name").count(), 1);
}
