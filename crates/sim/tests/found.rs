//! What the simulation has found in the hall and the ledger, each in its smallest form.

use hall::{
    Beginning, Command, Effect, Hall, Kind, Limits, LogId, Nick, Proposal, Refusal, Reply, RoomName, Seq, SessionId,
    Text, Time,
};
use ledger::{Ledger, Memory};

const A: SessionId = SessionId(1);
const B: SessionId = SessionId(2);

/// A hall whose ledger works when it is told to.
struct Slow {
    hall: Hall,
    ledger: Memory,
    effects: Vec<Effect>,
}

impl Slow {
    /// Two people who have spoken in the lobby.
    fn new() -> Self {
        let hall = Hall::new(Limits::default(), room("#lobby"), Beginning::default());
        let mut slow = Self { hall, ledger: Memory::default(), effects: Vec::new() };
        for session in [A, B] {
            slow.hall.arrive(session, hall::Origin::default(), hall::Arrival::Unasked, &mut slow.effects);
            slow.ask(session, Command::Say { room: None, kind: Kind::Say, text: Text::new("hi"), tags: None });
        }
        slow.commit();
        slow.effects.clear();
        slow
    }

    fn ask(&mut self, session: SessionId, command: Command) {
        self.hall.handle(session, command, &mut self.effects);
    }

    fn proposals(&mut self) -> Vec<Proposal> {
        let (proposed, rest) =
            std::mem::take(&mut self.effects).into_iter().partition(|e| matches!(e, Effect::Propose(_)));
        self.effects = rest;
        let proposed: Vec<Effect> = proposed;
        proposed.into_iter().filter_map(|e| if let Effect::Propose(p) = e { Some(p) } else { None }).collect()
    }

    fn commit(&mut self) {
        let group = self.proposals();
        let entries = self.ledger.commit(Time(0), group).expect("a name, or a ledger in memory");
        self.hall.commit(&entries, &mut self.effects);
    }

    fn fail(&mut self) {
        for proposal in self.proposals() {
            self.hall.fail(&proposal, Refusal::NotRecorded, &mut self.effects);
        }
    }

    fn replies(&self) -> Vec<&Reply> {
        self.effects
            .iter()
            .filter_map(|e| if let Effect::Reply(_, reply, _) = e { Some(reply) } else { None })
            .collect()
    }

    fn refusals(&self) -> Vec<&Refusal> {
        self.effects.iter().filter_map(|e| if let Effect::Refuse(_, why, _) = e { Some(why) } else { None }).collect()
    }
}

fn room(name: &str) -> RoomName {
    RoomName::new(name, 50).expect("a name, or a ledger in memory")
}

fn message_to(nick: &str) -> Command {
    Command::Direct {
        to: Nick::new(nick, 30).expect("a name, or a ledger in memory"),
        kind: Kind::Say,
        text: Text::new("psst"),
        tags: None,
    }
}

#[test]
fn who_parts_and_vanishes_before_the_ledger_has_it_leaves_once() {
    let mut slow = Slow::new();
    slow.ask(A, Command::Join(room("#x"), None));
    slow.ask(B, Command::Join(room("#x"), None));
    slow.commit();
    slow.ask(A, Command::Part(None, hall::Text::new("")));
    slow.hall.leave(A, &mut slow.effects);
    slow.commit();
    slow.effects.clear();
    // The room is there, and the other one in it is heard of.
    slow.ask(B, Command::Say { room: None, kind: Kind::Say, text: Text::new("still here"), tags: None });
    slow.ask(B, Command::Who(None));
    assert!(matches!(&slow.replies()[..], [Reply::Who { nicks, listening: 0, .. }] if nicks.len() == 1));
    slow.commit();
    assert!(slow.effects.iter().any(|e| matches!(e, Effect::Grow(LogId::Room(r), ..) if *r == room("#x"))));
}

#[test]
fn who_comes_and_goes_off_the_record_does_so_all_the_same() {
    let mut slow = Slow::new();
    slow.ask(A, Command::Part(None, hall::Text::new("")));
    slow.fail();
    assert_eq!(slow.refusals(), [&Refusal::NotRecorded]);
    assert!(matches!(&slow.replies()[..], [Reply::Parted { .. }]), "{:?}", slow.effects);
    slow.effects.clear();
    slow.ask(A, Command::Join(room("#lobby"), None));
    slow.fail();
    assert!(slow.effects.iter().any(|e| matches!(e, Effect::Follow(A, ..))), "it hears: {:?}", slow.effects);
    slow.effects.clear();
    slow.ask(B, Command::Who(None));
    assert!(matches!(&slow.replies()[..], [Reply::Who { nicks, listening: 1, .. }] if nicks.len() == 1));
    slow.effects.clear();
    slow.ask(A, Command::Say { room: None, kind: Kind::Say, text: Text::new("hm"), tags: None });
    assert_eq!(slow.proposals().len(), 2, "a first word makes the arrival visible");
}

#[test]
fn a_direct_message_is_sent_when_it_is_on_the_ledger_and_somebody_is_there() {
    let mut slow = Slow::new();
    slow.ask(A, message_to("guest2"));
    assert!(slow.replies().is_empty(), "not before the ledger has it");
    slow.fail();
    assert!(slow.replies().is_empty() && slow.refusals() == [&Refusal::NotRecorded]);
    slow.effects.clear();
    slow.ask(A, message_to("guest2"));
    slow.commit();
    assert!(matches!(&slow.replies()[..], [Reply::Delivered(nick, None)] if nick.as_str() == "guest2"));
    slow.effects.clear();
    slow.ask(A, message_to("guest2"));
    slow.hall.leave(B, &mut slow.effects);
    slow.commit();
    assert!(matches!(&slow.refusals()[..], [Refusal::NoSuchPerson(nick)] if nick.as_str() == "guest2"));
}

#[test]
fn a_log_of_which_nothing_was_left_tells_of_the_gap_when_it_goes_on() {
    let message = ledger::conformance::message;
    let mut ledger = Memory::new(ledger::Limits { entries: 2, bytes: 1_000 });
    ledger
        .commit(Time(0), vec![message("#a", "lost"), message("#b", "1"), message("#b", "2"), message("#a", "new")])
        .expect("a name, or a ledger in memory");
    let reader = ledger.reader().expect("a ledger in memory");
    let page = reader.read(&ledger::conformance::room("#a"), Seq(0), 10).expect("a name, or a ledger in memory");
    assert!(page.gap && page.entries.len() == 1);
}

#[test]
fn history_says_what_was_said() {
    let mut ledger = Memory::default();
    let said = ledger::conformance::message("#a", "a ] b");
    let entries = ledger.commit(Time(0), vec![said]).expect("a ledger in memory");
    let bytes = wire::lines::reply(&Reply::Replay(entries), wire::lines::Style::default(), &wire::Codec::default());
    assert_eq!(String::from_utf8_lossy(&bytes), "* [01-01 00:00 #a] 민수: a ] b\n");
}
