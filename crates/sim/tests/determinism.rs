//! The same inputs give the same hall: every effect of two halls that are told the same is the same.

use hall::{
    Beginning, Clash, Command, Effect, Hall, Kind, Limits, Nick, Proposal, Refusal, RoomName, Search, SessionId, Span,
    Text, Time,
};
use ledger::{Ledger, Memory};
use sim::Rng;

/// Everything that a hall said, driven by chance alone.
fn life(seed: u64) -> Vec<String> {
    let mut rng = Rng::new(seed);
    let limits = Limits { rooms_per_session: 3, rooms: 4, history_entries: 3, ..Limits::default() };
    let lobby = RoomName::new("#lobby", 50).expect("a name, or a ledger in memory");
    let mut hall = Hall::new(limits, lobby, Beginning::default());
    let mut ledger = Memory::default();
    let (mut said, mut pending, mut next) = (Vec::new(), Vec::new(), 1);
    for _ in 0..300 {
        let mut effects = Vec::new();
        let session = SessionId(1 + rng.below(next + 1) as u64);
        match rng.below(12) {
            0 => {
                let how = if rng.chance(50) { hall::Arrival::Greeted } else { hall::Arrival::Unasked };
                hall.arrive(SessionId(next as u64), hall::Origin::default(), how, &mut effects);
                next += 1;
            }
            1 => hall.leave(session, &mut effects),
            2 if rng.chance(20) => {
                for proposal in std::mem::take(&mut pending) {
                    hall.fail(&proposal, Refusal::NotRecorded, &mut effects);
                }
            }
            2 | 3 => {
                let entries =
                    ledger.commit(Time(7), std::mem::take(&mut pending)).expect("a name, or a ledger in memory");
                hall.commit(&entries, &mut effects);
            }
            _ => hall.handle(session, command(&mut rng), &mut effects),
        }
        for effect in effects {
            said.push(format!("{effect:?}"));
            if let Effect::Propose(proposal) = effect {
                pending.push(proposal as Proposal);
            } else if let Effect::Grow(_, feed, block) = effect {
                feed.append(block, &Limits::default());
            }
        }
    }
    said.push(format!("{hall:?}"));
    said
}

fn command(rng: &mut Rng) -> Command {
    let room = |rng: &mut Rng| {
        RoomName::new(rng.pick(&["#lobby", "#a", "#b", "#c", "#d"]), 50).expect("a name, or a ledger in memory")
    };
    let nick = |rng: &mut Rng| {
        Nick::new(rng.pick(&["민수", "bob", "guest1", "guest2", "zoe"]), 30).expect("a name, or a ledger in memory")
    };
    let somewhere = rng.chance(50).then(|| room(rng));
    let text = Text::new("안녕");
    match rng.below(12) {
        0 => Command::Nick { nick: nick(rng), clash: if rng.chance(50) { Clash::Adopt } else { Clash::Number } },
        1 | 2 => Command::Join(room(rng), None),
        3 => Command::Part(somewhere, text),
        4 => Command::Topic { room: somewhere, text: rng.chance(50).then_some(text) },
        5 => Command::Who(somewhere),
        6 => Command::Rooms(false),
        7 => Command::Direct { to: nick(rng), kind: Kind::Say, text, tags: None },
        8 => Command::History { room: somewhere, span: Span::Last(5) },
        9 => Command::Search(Search { words: vec!["안".to_owned()], ..Search::default() }, None),
        10 => Command::Ping("x".to_owned()),
        _ => Command::Say { room: somewhere, kind: Kind::Say, text, tags: None },
    }
}

#[test]
fn the_same_inputs_give_the_same_effects() {
    let mut count = 0;
    for seed in 0..100 {
        let said = life(seed);
        count += said.len();
        assert_eq!(said, life(seed), "seed {seed}");
    }
    assert!(count > 10_000, "only {count} effects");
}
