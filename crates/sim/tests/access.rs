//! What a person may not see reaches them by no door, and what they may not do does not happen: seeded crowds with
//! accounts, closed and secret rooms, kicks, bans and ignored people, and a model of their own that is no more than the
//! entries and what each client was told.

#![allow(clippy::unwrap_used)] // In a test it is an assertion.

use std::collections::{BTreeMap, BTreeSet};

use hall::{Deed, Entry, Event, Flag, List, LogId, Origin, PersonId, Rank, RoomName, Rule, SessionId, Time};
use sim::{Heard, Rng, Scene};
use wire::Lang;

/// Crowds, and what each of them does.
const SEEDS: u64 = 60;
const ACTS: usize = 150;
const ACTORS: usize = 5;
const NOW: Time = Time(1_795_253_400_000);
const LOBBY: &str = "#lobby";
const OPEN: [&str; 2] = ["#하나", "#둘"];
/// The rooms that are made secret at once. Only some people ever name them.
const SECRET: [&str; 2] = ["#비밀하나", "#비밀둘"];

#[derive(Debug, Default)]
struct Actor {
    session: Option<SessionId>,
    number: usize,
    /// Whether it is logged in, as its client was told.
    logged_in: bool,
    /// What its guests were called, as its client was told.
    names: BTreeSet<String>,
    /// Whether it knows that there are secret rooms.
    insider: bool,
}

impl Actor {
    fn account(&self) -> String {
        format!("acc{}", self.number)
    }
}

/// What the entries say.
#[derive(Debug, Default)]
struct Model {
    members: BTreeMap<RoomName, BTreeSet<PersonId>>,
    ranks: BTreeMap<(RoomName, PersonId), Rank>,
    owners: BTreeMap<RoomName, String>,
    flags: BTreeSet<(RoomName, Flag)>,
    banned: BTreeSet<(RoomName, String)>,
    invited: BTreeSet<(RoomName, PersonId)>,
    accounts: BTreeMap<String, PersonId>,
    ignored: BTreeSet<(PersonId, PersonId)>,
    /// Whose a session was last.
    sessions: BTreeMap<SessionId, PersonId>,
    /// Who a session was, accounts apart.
    guests: BTreeSet<(SessionId, PersonId)>,
    /// What was said, by its mark.
    marks: BTreeMap<String, Entry>,
    /// Sessions whose guest has just left, where it was: logging in makes another person of it.
    here: BTreeSet<(RoomName, SessionId)>,
    seen: usize,
}

impl Model {
    fn follow(&mut self, entries: &[std::sync::Arc<Entry>]) {
        self.here.clear();
        for entry in &entries[self.seen..] {
            self.entry(entry);
        }
        self.seen = entries.len();
    }

    fn entry(&mut self, entry: &Entry) {
        let person = entry.author.person;
        if entry.author.account.is_none() {
            self.sessions.insert(entry.author.session, person);
            self.guests.insert((entry.author.session, person));
        }
        let rooms: Vec<RoomName> = entry
            .logs
            .iter()
            .filter_map(|log| if let LogId::Room(room) = log { Some(room.clone()) } else { None })
            .collect();
        match &entry.event {
            Event::Join(_) => rooms.iter().for_each(|room| self.join(room, entry)),
            Event::Part(_) | Event::Quit(_) => {
                self.here.extend(rooms.iter().map(|room| (room.clone(), entry.author.session)));
                rooms.iter().for_each(|room| self.left(room, person));
            }
            Event::Kick(whom, ..) => {
                assert!(self.rank(&rooms[0], entry) >= Some(Rank::Operator), "{entry:?} by nobody who may");
                self.left(&rooms[0], *whom);
            }
            Event::Invite(room) => {
                if let LogId::Direct(a, b) = entry.logs[0] {
                    self.invited.insert((room.clone(), if a == person { b } else { a }));
                }
            }
            Event::Rule(rule) => self.rule(&rooms[0], rule, entry),
            Event::Account(Deed::Registered(name)) => drop(self.accounts.insert(name.to_string(), person)),
            Event::Account(Deed::Ignored(whom, _, on)) => {
                if *on {
                    self.ignored.insert((person, *whom));
                } else {
                    self.ignored.remove(&(person, *whom));
                }
            }
            Event::Message(_, text) => {
                if let Some(room) = rooms.first() {
                    assert!(self.members.get(room).is_some_and(|m| m.contains(&person)), "{entry:?} from outside");
                    let moderated = self.flags.contains(&(room.clone(), Flag::Moderated));
                    assert!(!moderated || self.rank(room, entry) >= Some(Rank::Voice), "{entry:?} without a voice");
                    let quiet = self.is_banned(room, entry) && self.rank(room, entry) < Some(Rank::Voice);
                    assert!(!quiet, "{entry:?} although banned");
                }
                let mark = text.as_str().split('»').next().unwrap().to_owned() + "»";
                self.marks.insert(mark, entry.clone());
            }
            _ => {}
        }
    }

    fn join(&mut self, room: &RoomName, entry: &Entry) {
        let (person, session) = (entry.author.person, entry.author.session);
        // Somebody who was a guest in the room a moment ago is still in it when they have logged in, and what they were.
        let was_here = self.here.contains(&(room.clone(), session));
        let new = self.members.get(room).is_none_or(BTreeSet::is_empty) && !self.owners.contains_key(room);
        if was_here {
            let guests: Vec<_> = self.guests.iter().filter(|(of, _)| *of == session).map(|(_, guest)| *guest).collect();
            for guest in guests {
                if let Some(rank) = self.ranks.remove(&(room.clone(), guest)) {
                    self.ranks.insert((room.clone(), person), rank);
                }
            }
        } else if new && room.as_str() != LOBBY {
            self.ranks.retain(|(of, _), _| of != room);
            self.flags.retain(|(of, _)| of != room);
            self.banned.retain(|(of, _)| of != room);
            self.invited.retain(|(of, _)| of != room);
            self.ranks.insert((room.clone(), person), Rank::Operator);
        }
        let rank = self.rank(room, entry);
        let invited = self.invited.remove(&(room.clone(), person));
        let holds = |flag| self.flags.contains(&(room.clone(), flag));
        let closed = holds(Flag::InviteOnly) || holds(Flag::MembersOnly);
        assert!(!closed || invited || rank >= Some(Rank::Member) || was_here, "{entry:?} uninvited");
        assert!(!self.is_banned(room, entry) || invited || rank >= Some(Rank::Operator), "{entry:?} although banned");
        self.members.entry(room.clone()).or_default().insert(person);
    }

    fn left(&mut self, room: &RoomName, person: PersonId) {
        if let Some(members) = self.members.get_mut(room) {
            members.remove(&person);
        }
    }

    fn rank(&self, room: &RoomName, entry: &Entry) -> Option<Rank> {
        if entry.author.account.as_ref().is_some_and(|name| self.owners.get(room) == Some(&name.to_string())) {
            return Some(Rank::Operator);
        }
        self.ranks.get(&(room.clone(), entry.author.person)).copied()
    }

    fn is_banned(&self, room: &RoomName, entry: &Entry) -> bool {
        let mask = |name: &hall::Nick| format!("account:{name}");
        entry.author.account.as_ref().is_some_and(|name| self.banned.contains(&(room.clone(), mask(name))))
    }

    fn rule(&mut self, room: &RoomName, rule: &Rule, entry: &Entry) {
        assert!(self.rank(room, entry) >= Some(Rank::Operator), "{entry:?} by nobody who may");
        match rule {
            Rule::Flag(flag, true) => drop(self.flags.insert((room.clone(), *flag))),
            Rule::Flag(flag, false) => drop(self.flags.remove(&(room.clone(), *flag))),
            Rule::Rank(person, _, Some(rank), _) => drop(self.ranks.insert((room.clone(), *person), *rank)),
            Rule::Rank(person, _, None, _) => drop(self.ranks.remove(&(room.clone(), *person))),
            Rule::List(List::Ban, mask, Some(_)) => drop(self.banned.insert((room.clone(), mask.to_string()))),
            Rule::List(List::Ban, mask, None) => drop(self.banned.remove(&(room.clone(), mask.to_string()))),
            Rule::Owner(Some(name), _) => drop(self.owners.insert(room.clone(), name.to_string())),
            Rule::Owner(None, _) => drop(self.owners.remove(room)),
            _ => {}
        }
    }
}

struct Crowd {
    rng: Rng,
    scene: Scene,
    actors: Vec<Actor>,
    model: Model,
    said: usize,
}

impl Crowd {
    fn new(seed: u64) -> Self {
        let limits =
            hall::Limits { login_failures: 1_000, login_failures_per_hour: 1_000_000, ..hall::Limits::default() };
        let scene = Scene::new(limits, wire::Limits::default(), Lang::En, NOW);
        let actor = |number| Actor { number, insider: number % 2 == 0, ..Actor::default() };
        let actors = (0..ACTORS).map(actor).collect();
        Self { rng: Rng::new(seed), scene, actors, model: Model::default(), said: 0 }
    }

    fn act(&mut self) {
        let n = self.rng.below(ACTORS);
        let Some(session) = self.actors[n].session else {
            self.actors[n].session = Some(self.scene.arrive(Origin::default(), true));
            self.settle();
            return;
        };
        match self.rng.below(40) {
            0 => {
                self.scene.vanish(session);
                (self.actors[n].session, self.actors[n].logged_in) = (None, false);
            }
            _ => {
                let line = self.line(n);
                self.scene.send(session, format!("{line}\n").as_bytes());
            }
        }
        self.settle();
    }

    fn room(&mut self, n: usize) -> &'static str {
        let secret = self.actors[n].insider && self.rng.chance(50);
        if secret { self.rng.pick(&SECRET) } else { self.rng.pick(&OPEN) }
    }

    fn line(&mut self, n: usize) -> String {
        let other = self.rng.below(ACTORS);
        let name = self.actors[other].account();
        let mine = self.actors[n].account();
        let room = self.room(n);
        let known = self.model.accounts.contains_key(&mine);
        match self.rng.below(26) {
            0..=2 if known => format!("/login {mine} password-of-{mine}"),
            0..=2 => format!("/nick {mine}\n/register password-of-{mine}"),
            3 => "/logout".to_owned(),
            4..=7 if SECRET.contains(&room) => format!("/join {room}\n/set secret on"),
            4..=7 => format!("/join {room}"),
            8 => "/part".to_owned(),
            9 => format!("/kick {name}"),
            10 => format!("/ban account:{name}"),
            11 => format!("/unban account:{name}"),
            12 => format!("/invite {name}"),
            13 => format!("/set {}", self.rng.pick(&["invite-only on", "invite-only off", "members-only on"])),
            14 => format!("/set {}", self.rng.pick(&["members-only off", "moderated on", "moderated off"])),
            15 => format!("/{} {name}", self.rng.pick(&["voice", "member", "op", "unrank"])),
            16 => self.rng.pick(&["/own", "/own off", "/rules", "/ban"]).to_owned(),
            17 => self.rng.pick(&["/rooms", "/who", "/unread", "/read", "/history 50", "/account"]).to_owned(),
            18 => "/search said".to_owned(),
            19 => format!("/search said in:{room}\n/who {room}\n/rules {room}"),
            20 => format!("/ignore {name}"),
            21 => format!("/unignore {name}"),
            22 => format!("/msg {name} {}", self.mark()),
            _ => self.mark(),
        }
    }

    fn mark(&mut self) -> String {
        self.said += 1;
        format!("«{}» said", self.said)
    }

    /// Everybody reads what there is, and nobody reads what is not for them.
    fn settle(&mut self) {
        let before = self.model.members.clone();
        let ignored_before = self.model.ignored.clone();
        self.model.follow(self.scene.entries());
        for n in 0..ACTORS {
            let Some(session) = self.actors[n].session else { continue };
            let mut heard = Vec::new();
            loop {
                match self.scene.hear(session) {
                    Heard::Bytes(bytes) => heard.extend(bytes),
                    Heard::End => {
                        (self.actors[n].session, self.actors[n].logged_in) = (None, false);
                        break;
                    }
                    Heard::Nothing => break,
                }
            }
            let heard = String::from_utf8(heard).unwrap();
            let was = self.identity(n, session);
            let actor = &mut self.actors[n];
            actor.logged_in |= heard.contains("* you are logged in as") || heard.contains("* the account ");
            if heard.contains("* you are logged out") {
                actor.logged_in = false;
                self.model.sessions.remove(&session);
            }
            actor.insider |= heard.contains("asks you into");
            assert!(actor.insider || !heard.contains("비밀"), "{actor:?} hears of a secret room:\n{heard}");
            let people = [was, self.identity(n, session)];
            self.learn_names(n, &heard);
            self.check(n, session, &heard, &people, &before, &ignored_before);
        }
    }

    /// Whose an actor's session is.
    fn identity(&self, n: usize, session: SessionId) -> Option<PersonId> {
        let actor = &self.actors[n];
        let account = self.model.accounts.get(&actor.account()).filter(|_| actor.logged_in);
        account.or_else(|| self.model.sessions.get(&session)).copied()
    }

    fn learn_names(&mut self, n: usize, heard: &str) {
        for line in heard.lines().filter(|line| line.starts_with("* ")) {
            for told in ["You are ", "; you are ", "* you are now "] {
                let name = line.split_once(told).map(|(_, rest)| rest.trim_end_matches(" now").trim_end_matches('.'));
                self.actors[n].names.extend(name.map(str::to_owned));
            }
        }
    }

    fn check(
        &self,
        n: usize,
        session: SessionId,
        heard: &str,
        people: &[Option<PersonId>],
        before: &BTreeMap<RoomName, BTreeSet<PersonId>>,
        ignored_before: &BTreeSet<(PersonId, PersonId)>,
    ) {
        for (mark, entry) in &self.model.marks {
            if !heard.contains(mark.as_str()) {
                continue;
            }
            let people = || people.iter().flatten();
            let (log, author) = (&entry.logs[0], entry.author.person);
            let allowed = match log {
                LogId::Room(room) if room.as_str() == LOBBY => true,
                LogId::Room(room) => people().any(|person| {
                    [before, &self.model.members].iter().any(|m| m.get(room).is_some_and(|m| m.contains(person)))
                }),
                LogId::Operators(_) => unreachable!("nobody in this crowd says that"),
                LogId::Direct(a, b) => {
                    let mine = people().any(|person| person == a || person == b);
                    let to_me = entry.to.as_ref().is_some_and(|to| self.actors[n].names.contains(to.as_str()));
                    mine || to_me || self.model.guests.contains(&(session, author))
                }
            };
            assert!(allowed, "{people:?} hear {mark} of {log:?}:\n{heard}", people = people().collect::<Vec<_>>());
            let ignored = |person: &PersonId| {
                let pair = (*person, author);
                ignored_before.contains(&pair) && self.model.ignored.contains(&pair)
            };
            assert!(!people().all(ignored) || people().next().is_none(), "{mark} is heard although ignored:\n{heard}");
        }
    }
}

#[test]
fn nobody_sees_or_does_what_they_may_not() {
    let seeds = std::env::var("MARU_SIM_SEED").ok().and_then(|seed| seed.parse().ok()).map_or(1..=SEEDS, |s| s..=s);
    let mut told = [0; 4];
    for seed in seeds {
        println!("MARU_SIM_SEED={seed}");
        let mut crowd = Crowd::new(seed);
        (0..ACTS).for_each(|_| crowd.act());
        let has = |what: fn(&Event) -> bool| crowd.scene.entries().iter().filter(|e| what(&e.event)).count();
        told[0] += has(|e| matches!(e, Event::Kick(..)));
        told[1] += has(|e| matches!(e, Event::Invite(_)));
        told[2] += has(|e| matches!(e, Event::Rule(Rule::Flag(Flag::Secret, true))));
        told[3] += crowd.model.marks.len();
    }
    assert!(told.iter().all(|count| *count > 0), "something of what is to be checked does not happen: {told:?}");
}
