//! From the text of a transcript to its steps, each with the line it stands in.
//!
//! Besides its form, the order of a transcript is checked: it has to be one in which things happen in the same order on a
//! real network each time, so that a transcript that holds once always holds.

use std::collections::BTreeMap;

use encoding_rs::Encoding;

use super::Wrong;

/// A transcript.
#[derive(Debug)]
pub(crate) struct Script {
    /// Whether the hall speaks Korean to those who have not chosen a language.
    pub(crate) korean: bool,
    /// Limits other than the usual ones, by name.
    pub(crate) limits: Vec<(String, u64)>,
    /// Settings that are no limits, by name.
    pub(crate) settings: Vec<(String, String)>,
    pub(crate) steps: Vec<Step>,
}

/// One line of it.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) line: usize,
    pub(crate) who: String,
    pub(crate) act: Act,
}

/// What somebody does, or what happens to them.
#[derive(Debug)]
pub(crate) enum Act {
    /// A setting of the hall is another from now on: its name, and its value as the configuration file has it.
    Configure { name: String, value: String },
    /// They come; `greeted`: they wait for the hall to speak first.
    Connect { program: Program, greeted: bool },
    /// They come over IRC, and introduce themselves: as this, with these capabilities. What they are greeted with is passed
    /// over.
    Introduce { nick: String, caps: String },
    /// They send bytes; `whole`: which end a line, so that it can be known when they have been taken.
    Send { bytes: Vec<u8>, whole: bool },
    /// They are shown a line.
    See(String),
    /// They are let in over IRC: with what they are greeted is passed over.
    Welcomed,
    /// Their program is sent these commands of telnet.
    Read(Vec<u8>),
    /// They are shown nothing that has not been listed.
    Nothing,
    /// They send no more, and still read.
    End,
    /// They go away.
    Leave,
    /// The hall has closed their connection.
    Gone,
}

/// What somebody's program is like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Program {
    /// Whether it ends what it sends with newlines.
    pub(crate) newlines: bool,
    /// In which charset it sends and reads, if that is not UTF-8.
    pub(crate) charset: Option<&'static Encoding>,
    /// Whether they come over the socket for administration.
    pub(crate) local: bool,
    /// Whether it speaks IRC.
    pub(crate) irc: bool,
}

/// Reads a transcript.
pub(crate) fn parse(text: &str) -> Result<Script, Wrong> {
    let mut script = Script { korean: false, limits: Vec::new(), settings: Vec::new(), steps: Vec::new() };
    let mut programs = BTreeMap::new();
    if !text.starts_with("# ") {
        return Err(Wrong::new(1, "a transcript begins with a comment that says what it shows"));
    }
    for (index, line) in text.lines().enumerate() {
        let line_number = index + 1;
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line == "with language = ko" {
            script.korean = true;
            continue;
        }
        if let Some(limit) = line.strip_prefix("with ") {
            let known = limit.split_once(" = ");
            let (name, value) = known.ok_or_else(|| Wrong::new(line_number, "written as: with LIMIT = NUMBER"))?;
            match value.parse() {
                Ok(number) => script.limits.push((name.to_owned(), number)),
                Err(_) => script.settings.push((name.to_owned(), value.to_owned())),
            }
            continue;
        }
        if let Some(setting) = line.strip_prefix("now ") {
            let known = setting.split_once(" = ").map(|(name, value)| (name.to_owned(), written(value)));
            let (name, value) = known.ok_or_else(|| Wrong::new(line_number, "written as: now SETTING = VALUE"))?;
            script.steps.push(Step { line: line_number, who: String::new(), act: Act::Configure { name, value } });
            continue;
        }
        let (who, act) = step(line, &mut programs).map_err(|what| Wrong::new(line_number, what))?;
        script.steps.push(Step { line: line_number, who, act });
    }
    check_order(&mut script.steps)?;
    Ok(script)
}

fn step(line: &str, programs: &mut BTreeMap<String, Program>) -> Result<(String, Act), String> {
    let end = line.find(['<', '>', ' ']).ok_or("who does what?")?;
    let (who, rest) = (line[..end].to_owned(), &line[end..]);
    if let Some(how) = rest.strip_prefix(" connects over IRC as ") {
        let (nick, caps) = how.split_once(" with ").unwrap_or((how, ""));
        programs.insert(who.clone(), IRC);
        return Ok((who, Act::Introduce { nick: nick.to_owned(), caps: caps.to_owned() }));
    }
    if let Some(how) = rest.strip_prefix(" connects") {
        let program = program(how)?;
        programs.insert(who.clone(), program);
        return Ok((who, Act::Connect { program, greeted: true }));
    }
    let Some(program) = programs.get(&who).copied() else { return Err(format!("{who} is not there")) };
    let send = |mut bytes: Vec<u8>, newline: bool| {
        if newline {
            bytes.extend_from_slice(if program.irc { b"\r\n" } else { b"\n" });
        }
        let whole = program.newlines && bytes.ends_with(b"\n");
        Act::Send { bytes, whole }
    };
    let act = match rest {
        " hears nothing" => Act::Nothing,
        " is welcomed" if program.irc => Act::Welcomed,
        " ends the input" => Act::End,
        " leaves" => Act::Leave,
        " is gone" => Act::Gone,
        _ => {
            if let Some(text) = rest.strip_prefix("> ") {
                send(bytes(&repeated(text), program.charset)?, program.newlines)
            } else if let Some(text) = rest.strip_prefix(" sends ") {
                send(bytes(&repeated(text), program.charset)?, false)
            } else if let Some(text) = rest.strip_prefix(" reads ") {
                Act::Read(bytes(text, None)?)
            } else if let Some(text) = rest.strip_prefix("< ") {
                Act::See(repeated(text))
            } else {
                return Err("this is no line of a transcript".to_owned());
            }
        }
    };
    if matches!(act, Act::Leave | Act::Gone) {
        programs.remove(&who);
    }
    Ok((who, act))
}

/// A value as the configuration file has it: a number, or a text in quotes.
fn written(value: &str) -> String {
    if value.parse::<u64>().is_ok() { value.to_owned() } else { format!("{value:?}") }
}

fn program(how: &str) -> Result<Program, String> {
    if how == " locally" {
        return Ok(Program { newlines: true, charset: None, local: true, irc: false });
    }
    if how == " over IRC" {
        return Ok(IRC);
    }
    let (newlines, how) = match how.strip_prefix(" without newlines") {
        Some(how) => (false, how),
        None => (true, how),
    };
    let charset = match how.strip_prefix(" in ") {
        Some(label) => Some(Encoding::for_label(label.as_bytes()).ok_or("which charset?")?),
        None if how.is_empty() => None,
        None => return Err("connects how?".to_owned()),
    };
    Ok(Program { newlines, charset, local: false, irc: false })
}

/// A program that speaks IRC.
pub(crate) const IRC: Program = Program { newlines: true, charset: None, local: false, irc: true };

/// The text with `{가 x 3}` written out as `가가가`.
fn repeated(text: &str) -> String {
    let mut whole = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let repeat = after.split_once('}').and_then(|(inside, after)| {
            let (what, times) = inside.rsplit_once(" x ")?;
            Some((what.repeat(times.parse().ok()?), after))
        });
        whole += before;
        match repeat {
            Some((repeated, after)) => {
                whole += &repeated;
                rest = after;
            }
            None => {
                whole.push('{');
                rest = after;
            }
        }
    }
    whole + rest
}

/// The bytes of a text, in which a byte may be written as `\xff`, and some of them as `\e`, `\r`, `\n`, `\t`, `\\`.
fn bytes(text: &str, charset: Option<&'static Encoding>) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            let c = c.to_string();
            match charset {
                Some(charset) => bytes.extend_from_slice(&charset.encode(&c).0),
                None => bytes.extend_from_slice(c.as_bytes()),
            }
            continue;
        }
        bytes.push(match chars.next() {
            Some('e') => 0x1b,
            Some('r') => b'\r',
            Some('n') => b'\n',
            Some('t') => b'\t',
            Some('\\') => b'\\',
            Some('x') => {
                let digits: String = chars.by_ref().take(2).collect();
                u8::from_str_radix(&digits, 16).map_err(|_| format!("\\x{digits} is no byte"))?
            }
            other => return Err(format!("what is \\{}?", other.unwrap_or(' '))),
        });
    }
    Ok(bytes)
}

/// Finds out who speaks at once, and refuses what could happen in two orders on a real network: what nobody can know to
/// have been taken has to be followed by something that is seen.
fn check_order(steps: &mut [Step]) -> Result<(), Wrong> {
    for at in 0..steps.len() {
        let (before, after) = steps.split_at_mut(at + 1);
        let (step, next) = (&mut before[at], after.first());
        let same = next.is_some_and(|next| next.who == step.who);
        let waits = next.is_some_and(|n| matches!(n.act, Act::See(_) | Act::Read(_) | Act::Gone));
        let fine = match &mut step.act {
            Act::Connect { greeted, .. } => {
                *greeted = !(same && next.is_some_and(|next| matches!(next.act, Act::Send { .. })));
                true
            }
            Act::Send { whole: false, .. } => {
                waits || (same && next.is_some_and(|n| matches!(n.act, Act::Send { .. } | Act::End)))
            }
            Act::End | Act::Leave => waits,
            _ => true,
        };
        if !fine {
            return Err(Wrong::new(step.line, "nobody sees what came of this before something else happens"));
        }
    }
    Ok(())
}
