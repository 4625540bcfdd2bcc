//! Playing a transcript: each step is taken when what came of the one before it is certain.
//!
//! Lines that end with a newline are followed by a `/ping` of the player's own, which is answered when they are on the
//! ledger; its answer is no part of what the person sees. At the end everybody still there pings once more: what comes
//! before the answer and is not in the transcript is too much.

use std::collections::{BTreeMap, VecDeque};

use encoding_rs::UTF_8;

use super::Wrong;
use super::parse::{Act, IRC, Program, Script};

/// The byte with which a command of telnet begins.
const IAC: u8 = 255;

/// Where a transcript is played.
pub(crate) trait Stage {
    /// A setting is another from now on: its name, and its value as the configuration file has it.
    fn configure(&mut self, name: &str, value: &str);
    /// Somebody connects with such a program; `greeted`: they say nothing before they have been spoken to.
    fn connect(&mut self, who: &str, program: Program, greeted: bool);
    /// They send bytes in one go.
    fn send(&mut self, who: &str, bytes: &[u8]);
    /// They send no more, and still read.
    fn end(&mut self, who: &str);
    /// They go away.
    fn leave(&mut self, who: &str);
    /// What comes next, waited for as long as it may take.
    fn receive(&mut self, who: &str) -> Received;
    /// Whether times of day are those that stand in the transcripts.
    fn keeps_time(&self) -> bool;
}

/// What came.
pub(crate) enum Received {
    /// Bytes, one or more.
    Bytes(Vec<u8>),
    /// The end of the connection.
    End,
    /// Nothing, and nothing will.
    Nothing,
}

/// Plays a transcript.
pub(crate) fn play(script: &Script, stage: &mut impl Stage) -> Result<(), Wrong> {
    let mut player = Player { stage, people: BTreeMap::new(), pings: 0, halls: BTreeMap::new() };
    for step in &script.steps {
        player.act(&step.who, &step.act).map_err(|what| Wrong::new(step.line, what))?;
    }
    let last = script.steps.last().map_or(1, |step| step.line);
    for who in player.people.keys().cloned().collect::<Vec<_>>() {
        player.nothing(&who).map_err(|what| Wrong::new(last, format!("at the end, {what}")))?;
    }
    Ok(())
}

struct Player<'a, S> {
    stage: &'a mut S,
    people: BTreeMap<String, Person>,
    pings: usize,
    /// What halls are called here that have a name of their own in the transcript.
    halls: BTreeMap<String, String>,
}

struct Person {
    program: Program,
    /// What has come and is no whole line.
    buffer: Vec<u8>,
    /// What has come and has not been looked at.
    lines: VecDeque<String>,
    /// Commands of telnet (RFC 854) that have come and have not been looked at.
    commands: Vec<u8>,
    ended: bool,
}

impl<S: Stage> Player<'_, S> {
    fn act(&mut self, who: &str, act: &Act) -> Result<(), String> {
        match act {
            Act::Configure { name, value } => self.stage.configure(name, value),
            Act::Connect { program, greeted } => self.connect(who, *program, *greeted)?,
            Act::Send { bytes, whole: false } => self.stage.send(who, bytes),
            Act::Send { bytes, whole: true } => {
                let token = self.token();
                let bytes = self.to_this_hall(bytes);
                let ping = self.person(who)?.ping(&token);
                self.stage.send(who, &[&bytes[..], ping.as_bytes()].concat());
                self.until_pong(who, &token)?;
            }
            Act::Introduce { nick, caps } => self.introduce(who, nick, caps)?,
            Act::See(line) => self.see(who, line)?,
            Act::Welcomed => self.welcomed(who)?,
            Act::Read(commands) => self.read(who, commands)?,
            Act::Nothing => self.nothing(who)?,
            Act::End => self.stage.end(who),
            Act::Leave => {
                self.nothing(who)?;
                self.people.remove(who);
                self.stage.leave(who);
            }
            Act::Gone => {
                match self.line(who, "")? {
                    Some(line) => return Err(format!("{who} was to be gone, and sees\n  {line}")),
                    None => self.people.remove(who),
                };
            }
        }
        Ok(())
    }

    fn connect(&mut self, who: &str, program: Program, greeted: bool) -> Result<(), String> {
        let person = Person { program, buffer: Vec::new(), lines: VecDeque::new(), commands: Vec::new(), ended: false };
        if self.people.insert(who.to_owned(), person).is_some() {
            return Err(format!("{who} is there already"));
        }
        self.stage.connect(who, program, greeted);
        // Who is greeted has arrived.
        if greeted && !program.local && !program.irc && !self.fill(who)? {
            Err(format!("{who} is not greeted"))
        } else {
            Ok(())
        }
    }

    /// Somebody comes over IRC. With what they are greeted is passed over.
    fn introduce(&mut self, who: &str, nick: &str, caps: &str) -> Result<(), String> {
        self.connect(who, IRC, false)?;
        let mut words = String::new();
        if !caps.is_empty() {
            words += &format!("CAP REQ :{caps}\r\n");
        }
        words += &format!("NICK {nick}\r\nUSER {nick} 0 * :{nick}\r\n");
        if !caps.is_empty() {
            words += "CAP END\r\n";
        }
        let token = self.token();
        words += &self.person(who)?.ping(&token);
        self.stage.send(who, words.as_bytes());
        self.until_pong(who, &token)?;
        let lines = &mut self.person(who)?.lines;
        while lines.front().is_some_and(|line| !line.contains(" 001 ")) {
            lines.pop_front();
        }
        self.welcomed(who)
    }

    /// Passes over a greeting: from its first line to the modes that somebody has.
    fn welcomed(&mut self, who: &str) -> Result<(), String> {
        let lines = &mut self.person(who)?.lines;
        let end = lines.iter().position(|line| line.contains(" MODE ")).map_or(lines.len(), |at| at + 1);
        let greeting: Vec<String> = lines.drain(..end).collect();
        let welcomed = greeting.first().is_some_and(|line| line.contains(" 001 "));
        if welcomed { Ok(()) } else { Err(format!("{who} is not welcomed, and sees\n  {}", greeting.join("\n  "))) }
    }

    fn token(&mut self) -> String {
        self.pings += 1;
        format!("~{}", self.pings)
    }

    fn person(&mut self, who: &str) -> Result<&mut Person, String> {
        self.people.get_mut(who).ok_or_else(|| format!("{who} is not there"))
    }

    /// Waits for more; whether there is any.
    fn fill(&mut self, who: &str) -> Result<bool, String> {
        if self.person(who)?.ended {
            return Ok(false);
        }
        let received = self.stage.receive(who);
        let person = self.person(who)?;
        match received {
            Received::Bytes(bytes) => person.take(&bytes),
            Received::End => person.ended = true,
            Received::Nothing => return Ok(false),
        }
        Ok(!person.ended)
    }

    /// Reads up to the answer to a ping, or to the end.
    fn until_pong(&mut self, who: &str, token: &str) -> Result<(), String> {
        let pong = format!("* pong {token}");
        loop {
            let person = self.person(who)?;
            person.cut_off(&pong);
            let over_irc = format!(":{token}");
            let is_pong = |line: &String| {
                *line == pong || is_numbered(line, &pong) || (line.contains(" PONG ") && line.ends_with(&over_irc))
            };
            if let Some(at) = person.lines.iter().position(is_pong) {
                person.lines.remove(at);
                return Ok(());
            }
            if !self.fill(who)? {
                return if self.person(who)?.ended { Ok(()) } else { Err(format!("{who} gets no answer to a ping")) };
            }
        }
    }

    /// The next line, which is expected to be this one. None at the end of the connection.
    fn line(&mut self, who: &str, expected: &str) -> Result<Option<String>, String> {
        loop {
            let person = self.person(who)?;
            if let Some(line) = person.next_line(expected) {
                return Ok(Some(line));
            }
            if !self.fill(who)? {
                let person = self.person(who)?;
                let rest = std::mem::take(&mut person.buffer);
                let rest = person.decode(&rest);
                return match (rest.is_empty(), person.ended) {
                    (false, _) => Ok(Some(rest)),
                    (true, true) => Ok(None),
                    (true, false) => Ok(Some("(nothing)".to_owned())),
                };
            }
        }
    }

    fn see(&mut self, who: &str, expected: &str) -> Result<(), String> {
        let got = self.line(who, expected)?.unwrap_or_else(|| "(the end of the connection)".to_owned());
        self.learn_hall(expected, &got);
        let expected = &self.halls.iter().fold(expected.to_owned(), |line, (name, here)| line.replace(name, here));
        let same = got == *expected || (!self.stage.keeps_time() && timeless(&got) == timeless(expected));
        if same { Ok(()) } else { Err(format!("{who} was to see\n  {expected}\nand sees\n  {got}")) }
    }

    /// A command that names a hall, with what it is called here.
    fn to_this_hall(&self, bytes: &[u8]) -> Vec<u8> {
        match std::str::from_utf8(bytes) {
            Ok(text) if text.starts_with("/resume ") => {
                let here = |text: String, (name, here): (&String, &String)| text.replace(name, here);
                self.halls.iter().fold(text.to_owned(), here).into_bytes()
            }
            _ => bytes.to_vec(),
        }
    }

    /// Where nothing is as it stands in the transcripts, a hall has another name.
    fn learn_hall(&mut self, expected: &str, got: &str) {
        let begun = |line: &str| line.split_once("* begun ").map(|(_, name)| name.to_owned());
        if let (false, Some(name), Some(here)) = (self.stage.keeps_time(), begun(expected), begun(got)) {
            self.halls.entry(name).or_insert(here);
        }
    }

    fn read(&mut self, who: &str, expected: &[u8]) -> Result<(), String> {
        while self.person(who)?.commands.len() < expected.len() && self.fill(who)? {}
        let got = std::mem::take(&mut self.person(who)?.commands);
        if got == expected {
            return Ok(());
        }
        Err(format!("{who} was to read\n  {}\nand reads\n  {}", expected.escape_ascii(), got.escape_ascii()))
    }

    /// Makes sure that somebody has been shown nothing more than what was listed.
    fn nothing(&mut self, who: &str) -> Result<(), String> {
        if !self.person(who)?.ended {
            let token = self.token();
            let ping = self.person(who)?.ping(&token);
            self.stage.send(who, ping.as_bytes());
            self.until_pong(who, &token)?;
        }
        let person = self.person(who)?;
        let mut more: Vec<String> = person.lines.drain(..).collect();
        if !person.commands.is_empty() {
            more.push(std::mem::take(&mut person.commands).escape_ascii().to_string());
        }
        if person.ended {
            more.push("(the end of the connection)".to_owned());
        }
        if more.is_empty() {
            Ok(())
        } else {
            Err(format!("{who} was to see nothing more, and sees\n  {}", more.join("\n  ")))
        }
    }
}

impl Person {
    /// What is answered when everything before it has been done with.
    fn ping(&self, token: &str) -> String {
        let end = if self.program.newlines { "\n" } else { "" };
        if self.program.irc { format!("PING {token}\r\n") } else { format!("/ping {token}{end}") }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
        // The hall sends none but those of three bytes.
        while let Some(at) = self.buffer.iter().position(|b| *b == IAC).filter(|at| at + 3 <= self.buffer.len()) {
            self.commands.extend(self.buffer.drain(at..at + 3));
        }
        while let Some(at) = self.buffer.iter().position(|b| *b == b'\n') {
            let line: Vec<u8> = self.buffer.drain(..=at).collect();
            // Lines that are separated rather than ended may begin with the separator.
            if self.program.newlines || at > 0 {
                let line = self.decode(&line[..at]);
                self.lines.push_back(if self.program.irc { settled(line.trim_end_matches('\r')) } else { line });
            }
        }
    }

    /// Cuts the answer to a ping off what a program without newlines has been sent.
    fn cut_off(&mut self, pong: &str) {
        let Some(before) = self.decode(&self.buffer).strip_suffix(pong).map(str::to_owned) else { return };
        if !self.program.newlines {
            self.lines.extend((!before.is_empty()).then_some(before));
            self.lines.push_back(pong.to_owned());
            self.buffer.clear();
        }
    }

    /// The next line. For a program without newlines that is what was expected, if what has come begins so: lines that
    /// are sent some time after each other are separated by nothing else.
    fn next_line(&mut self, expected: &str) -> Option<String> {
        if self.program.newlines || expected.is_empty() {
            return self.lines.pop_front();
        }
        if let Some(line) = self.lines.pop_front() {
            if let Some(more) = line.strip_prefix(expected).filter(|more| !more.is_empty()) {
                self.lines.push_front(more.to_owned());
                return Some(expected.to_owned());
            }
            return Some(line);
        }
        let (expected_bytes, _, _) = self.program.charset.unwrap_or(UTF_8).encode(expected);
        self.buffer.starts_with(&expected_bytes).then(|| {
            self.buffer.drain(..expected_bytes.len());
            expected.to_owned()
        })
    }

    fn decode(&self, bytes: &[u8]) -> String {
        self.program.charset.unwrap_or(UTF_8).decode_without_bom_handling(bytes).0.into_owned()
    }
}

/// A line of IRC without what is another each time: what stands for addresses is `host`, and for accounts `account`; a
/// moment is `TIME`, unless it is midnight, which somebody will have named, and one in seconds `SECONDS`. Control characters
/// are written as they are in what is sent.
fn settled(line: &str) -> String {
    let mut settled = String::with_capacity(line.len());
    let mut word = String::new();
    for c in line.chars().chain([' ']) {
        if matches!(c, ' ' | '@' | ';' | '=' | ',') {
            settled += settled_word(&word);
            settled.push(c);
            word.clear();
        } else if c.is_ascii_control() {
            word += &format!("\\x{:02x}", u32::from(c));
        } else {
            word.push(c);
        }
    }
    settled.pop();
    settled
}

fn settled_word(word: &str) -> &str {
    let is_code = |code: &str| code.len() == 10 && code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let word = word.strip_prefix(':').filter(|rest| rest.ends_with('Z')).unwrap_or(word);
    match word.split_once('.') {
        Some((near, "account")) if is_code(near) => return "account",
        Some((near, far)) if is_code(near) && is_code(far) => return "host",
        _ => {}
    }
    let shape: String = word.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    match shape.as_str() {
        "0000-00-00T00:00:00.000Z" if !word.ends_with("T00:00:00.000Z") => "TIME",
        "0000000000" => "SECONDS",
        _ if word.starts_with("maru-") => "maru-VERSION",
        _ => word,
    }
}

/// Whether a line is this one with a number in front: `=12 * pong`.
fn is_numbered(line: &str, bare: &str) -> bool {
    let number = line.strip_suffix(bare).and_then(|number| number.strip_prefix('='));
    number.is_some_and(|number| number.ends_with(' ') && number.trim_end().bytes().all(|b| b.is_ascii_digit()))
}

/// A line of what was said before, without its time of day, which has to be one: `* [11-21 09:30 #lobby] …`, and in IRC
/// `… :[11-21 09:30] …`. In IRC's lines that say for how long something has been so, any second will do.
fn timeless(line: &str) -> String {
    const TIME: &str = "00-00 00:00";
    const SINCE: [&str; 2] = [" 242 ", " 317 "];
    let shape = |text: &str| text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect::<String>();
    if SINCE.iter().any(|number| line.contains(number)) {
        return shape(line);
    }
    match line.split_once('[').and_then(|(before, rest)| Some((before, rest.split_at_checked(TIME.len())?))) {
        Some((before, (time, rest))) if shape(time) == TIME => format!("{before}[{TIME}{rest}"),
        _ => line.to_owned(),
    }
}
