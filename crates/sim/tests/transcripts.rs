//! Every transcript, over the hall, the plain lines and a ledger in memory: no sockets, no threads, and fake time.
//!
//! The program's own tests play the same files over real sockets.

#![allow(clippy::unwrap_used)] // In a test it is an assertion.

#[path = "../../../tests/lib/transcript/mod.rs"]
mod transcript;

use std::collections::BTreeMap;

use hall::{Guests, Origin, Policy, Secret, SessionId, Time};
use sim::{Heard, Scene};
use transcript::{Program, Received, Script, Stage, Wrong};
use wire::irc::House;
use wire::{Dialect, Guess, Lang};

/// 2026-11-21 09:30 UTC, the time at which all transcripts happen.
const NOW: Time = Time(1_795_253_400_000);

struct NoSockets {
    scene: Scene,
    policy: Policy,
    wire: wire::Limits,
    house: House,
    people: BTreeMap<String, SessionId>,
    programs: BTreeMap<String, Program>,
}

impl NoSockets {
    fn new(script: &Script) -> Self {
        let (mut hall, mut wire) = (hall::Limits::default(), wire::Limits::default());
        for (name, value) in &script.limits {
            let value = usize::try_from(*value).unwrap();
            match name.as_str() {
                "line_bytes" => wire.line_bytes = value,
                "nick_chars" => hall.nick_chars = value,
                "room_name_chars" => hall.room_name_chars = value,
                "topic_chars" => hall.topic_chars = value,
                "rooms" => hall.rooms = value,
                "rooms_per_session" => hall.rooms_per_session = value,
                "history_entries" => hall.history_entries = value,
                "replay_entries" => hall.replay_entries = value,
                "announced_people" => hall.announced_people = value,
                "people_per_answer" => hall.people_per_answer = value,
                "monitored_people" => hall.monitored_people = value,
                "renamed_rooms" => hall.renamed_rooms = value,
                "room_rename_wait_s" => hall.room_rename_wait_s = value as u64,
                "metadata_keys" => hall.metadata_keys = value,
                "metadata_changes_per_minute" => hall.metadata_changes_per_minute = u32::try_from(value).unwrap(),
                "metadata_subscriptions" => hall.metadata_subscriptions = value,
                "metadata_told_people" => hall.metadata_told_people = value,
                "list_entries" => hall.list_entries = value,
                "nick_changes_per_minute" => hall.nick_changes_per_minute = u32::try_from(value).unwrap(),
                "login_failures" => hall.login_failures = u32::try_from(value).unwrap(),
                _ => panic!("{name} is no limit of the hall or of plain lines"),
            }
        }
        let lang = if script.korean { Lang::Ko } else { Lang::En };
        let (scene, policy, house) = (Scene::new(hall, wire.clone(), lang, NOW), Policy::default(), House::default());
        let mut this = Self { scene, policy, wire, house, people: BTreeMap::new(), programs: BTreeMap::new() };
        for (name, value) in &script.settings {
            this.set(name, value);
        }
        this.reload();
        this
    }

    fn set(&mut self, name: &str, value: &str) {
        match (name, value) {
            ("guests", "read-only") => self.policy.guests = Guests::ReadOnly,
            ("guests", "refused") => self.policy.guests = Guests::Refused,
            ("password", password) => self.policy.password = Some(Secret::new(password)),
            ("registration", "open") => self.policy.registration = true,
            ("registration", "closed") => self.policy.registration = false,
            ("limits.line_bytes", bytes) => self.wire.line_bytes = bytes.parse().unwrap(),
            ("irc.gateways", gateway) => {
                let password = gateway.strip_prefix("127.0.0.1 ").and_then(auth::MachinePassword::read);
                self.scene.set_gateway(password.expect("a password for those who come from here"));
            }
            ("irc.motd", text) => self.house.motd = text.lines().map(str::to_owned).collect(),
            ("irc.admin", text) => text.clone_into(&mut self.house.admin),
            _ => panic!("{name} = {value} is no setting of a transcript"),
        }
    }

    fn reload(&mut self) {
        self.scene.reload(self.policy.clone(), self.wire.clone(), self.house.clone());
    }
}

impl Stage for NoSockets {
    fn configure(&mut self, name: &str, value: &str) {
        self.set(name, value.trim_matches('"'));
        self.reload();
    }

    fn connect(&mut self, who: &str, program: Program, greeted: bool) {
        let origin = Origin { local: program.local, ..Origin::default() };
        let session = if program.irc { self.scene.arrive_irc(origin) } else { self.scene.arrive(origin, greeted) };
        self.people.insert(who.to_owned(), session);
        self.programs.insert(who.to_owned(), program);
    }

    fn send(&mut self, who: &str, bytes: &[u8]) {
        // What the gate would take for another dialect never gets here.
        let irc = self.programs[who].irc;
        let plain = matches!(wire::detect(bytes), Guess::Unsure | Guess::Is(Dialect::Lines));
        assert!(irc || plain, "these are no plain lines");
        self.scene.send(self.people[who], bytes);
    }

    fn end(&mut self, who: &str) {
        self.scene.end(self.people[who]);
    }

    fn leave(&mut self, who: &str) {
        self.scene.vanish(self.people[who]);
    }

    fn receive(&mut self, who: &str) -> Received {
        match self.scene.hear(self.people[who]) {
            Heard::Bytes(bytes) => Received::Bytes(bytes),
            Heard::End => Received::End,
            Heard::Nothing => Received::Nothing,
        }
    }

    fn keeps_time(&self) -> bool {
        true
    }
}

fn play(script: &Script) -> Result<(), Wrong> {
    transcript::play(script, &mut NoSockets::new(script))
}

#[test]
fn every_transcript_holds() {
    transcript::each(play);
}

/// Plays a transcript that is wrong: the line, and what is said of it.
#[track_caller]
fn check_wrong(text: &str, line: usize, what: &str) {
    let played = transcript::parse(text).and_then(|script| play(&script));
    assert_eq!(played, Err(Wrong { line, what: what.to_owned() }), "{text}");
}

/// Two people, the second of whom has just spoken; lines of the transcript 1 to 6.
const TWO: &str = "# Two people.\n영희 connects\n영희> /nick 영희\n영희< * you are now 영희\n\
    민수 connects without newlines\n민수> 민수: 안녕\n영희< * 민수 joined\n";

#[test]
fn a_transcript_that_does_not_hold_says_where_and_what_was_seen() {
    let check = |more: &str, line, what| check_wrong(&format!("{TWO}{more}"), line, what);
    check("", 7, "at the end, 영희 was to see nothing more, and sees\n  민수: 안녕");
    check("영희 hears nothing\n", 8, "영희 was to see nothing more, and sees\n  민수: 안녕");
    check("영희 leaves\n민수< x\n", 8, "영희 was to see nothing more, and sees\n  민수: 안녕");
    check("영희< 민수: 안녕!\n", 8, "영희 was to see\n  민수: 안녕!\nand sees\n  민수: 안녕");
    check("민수< 민수: 안녕\n", 8, "민수 was to see\n  민수: 안녕\nand sees\n  (nothing)");
    check("영희 is gone\n", 8, "영희 was to be gone, and sees\n  민수: 안녕");
    let heard = "영희< 민수: 안녕\n영희> 응\n";
    check(heard, 9, "at the end, 민수 was to see nothing more, and sees\n  영희: 응");
    check(&format!("{heard}민수< 응\n"), 10, "민수 was to see\n  응\nand sees\n  영희: 응");
    check(
        "영희< 민수: 안녕\n영희> /quit\n영희< bye\n",
        10,
        "영희 was to see\n  bye\nand sees\n  (the end of the connection)",
    );
    check(
        "영희< 민수: 안녕\n영희> /quit\n민수< * 영희 left\n",
        10,
        "at the end, 영희 was to see nothing more, and sees\n  (the end of the connection)",
    );
    let telnet = "영희< 민수: 안녕\n영희 sends \\xff\\xfd\\x06\\n\n";
    check(telnet, 9, "at the end, 영희 was to see nothing more, and sees\n  \\xff\\xfd\\x00\\xff\\xfb\\x06");
    check(
        &format!("{telnet}영희 reads \\xff\n"),
        10,
        "영희 was to read\n  \\xff\nand reads\n  \\xff\\xfd\\x00\\xff\\xfb\\x06",
    );
}

#[test]
fn what_is_no_transcript_is_refused() {
    let check = |line: &str, what| check_wrong(&format!("# Wrong.\n영희 connects\n{line}\n"), 3, what);
    check("영희>안녕", "this is no line of a transcript");
    check("영희", "who does what?");
    check("민수> 안녕", "민수 is not there");
    check("민수 connects slowly", "connects how?");
    check("민수 connects in EUC-XX", "which charset?");
    check("영희> \\q", "what is \\q?");
    check("영희> \\xzz", "\\xzz is no byte");
    check("with rooms", "written as: with LIMIT = NUMBER");
    check("영희 sends 안녕", "nobody sees what came of this before something else happens");
    check("영희 leaves", "nobody sees what came of this before something else happens");
    check_wrong("# Wrong.\n영희 connects\n영희 is gone\n영희> 안녕\n", 4, "영희 is not there");
    check_wrong("영희 connects\n", 1, "a transcript begins with a comment that says what it shows");
}
