//! The server's side of one connection, without a socket: what its task does when bytes come and when it may write.
//!
//! It follows the server's task for plain lines step by step, but for the rate limit, which is the gate's: one batch of
//! commands under way, a pause ends a message, answers that wait keep it from reading. The checks that hold for each
//! single write are made here, where it happens.

use std::ops::ControlFlow;

use auth::MachinePassword;
use hall::{Command, LogId, Seq, SessionId, Text, Time};
use wire::irc::{self, Disbelief, Heard, Webirc};
use wire::lines::{self, Frame, Framer, Names, Speaker};
use wire::outbox::Next;
use wire::{Asked, Codec, Lang, Outbox, Style};

use crate::{Plan, Rng};

/// The longest write to a client that sends no newlines, in bytes.
const RECV_BYTES: usize = 1024;

/// A connection.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // They are independent of each other.
pub(crate) struct Conn {
    pub(crate) outbox: Outbox,
    framer: Framer,
    speaker: Speaker,
    /// What makes messages of the bytes of a client that speaks IRC.
    irc: Option<irc::Framer>,
    /// Whether it has said anything yet over IRC.
    begun: bool,
    /// What gateways say to be believed for whom they speak. Where there is none, nobody is.
    pub(crate) gateway: Option<MachinePassword>,
    /// What has come and was not read.
    pub(crate) arrived: Vec<u8>,
    /// The client has sent its last byte.
    pub(crate) eof: bool,
    unread: Vec<u8>,
    pub(crate) asking: bool,
    pub(crate) paused: bool,
    extended: bool,
    ended: bool,
    done: bool,
    pub(crate) crowded: bool,
    pub(crate) closing: bool,
    /// When silence ends a message.
    pub(crate) pause_at_ms: Option<u64>,
    /// When the next paced write may be made.
    pub(crate) pace_at_ms: Option<u64>,
    /// A page of the ledger is on its way.
    pub(crate) paging: bool,
    /// What was written and the client has not taken.
    pub(crate) sent: Vec<u8>,
    /// How many bytes the network takes before the client has to read.
    pub(crate) window_bytes: usize,
    /// How many bytes one write takes at most.
    pub(crate) write_bytes: usize,
    /// Answers to telnet commands, which are to be given next.
    telnet: Vec<u8>,
    /// Whether there were any: then bytes that are no text are among those written.
    negotiates: bool,
    /// Whether the network takes each write wholly.
    pub(crate) whole_writes: bool,
    /// Whether something of `sent` was written in lines.
    pub(crate) mixed: bool,
    /// Bytes of a character that the network cut.
    cut: Vec<u8>,
}

/// What one round of writing came to.
#[derive(Debug)]
pub(crate) enum Pumped {
    /// Everything has been written.
    Idle,
    /// The network takes no more, or the client has to be given time.
    Later,
    /// The ledger has to be read.
    Page(LogId, Seq),
}

impl Conn {
    pub(crate) fn new(session: SessionId) -> Self {
        Self {
            outbox: Outbox::new(session, Style::default()),
            framer: Framer::default(),
            speaker: Speaker::default(),
            irc: None,
            begun: false,
            gateway: None,
            arrived: Vec::new(),
            eof: false,
            unread: Vec::new(),
            asking: false,
            paused: false,
            extended: false,
            ended: false,
            done: false,
            crowded: false,
            closing: false,
            pause_at_ms: None,
            pace_at_ms: None,
            paging: false,
            sent: Vec::new(),
            window_bytes: 0,
            write_bytes: 0,
            telnet: Vec::new(),
            negotiates: false,
            whole_writes: false,
            mixed: false,
            cut: Vec::new(),
        }
    }

    /// Speaks IRC from now on, in a hall of this language.
    pub(crate) fn speak_irc(&mut self, lang: Lang) {
        self.irc = Some(irc::Framer::default());
        self.outbox.set_style(Style::Irc(irc::Style { lang, ..irc::Style::default() }));
    }

    /// The next batch of commands, if there is one to ask.
    pub(crate) fn next_batch(&mut self, now_ms: u64, plan: &Plan, codec: &Codec) -> Option<Vec<Asked>> {
        while !self.asking {
            let batch = self.take_unread(now_ms, plan, codec);
            if !batch.is_empty() {
                self.asking = true;
                return Some(batch);
            }
            // Lines that ask for nothing are taken too, and what stands behind them is not forgotten.
            if !self.unread.is_empty() && !self.done {
                continue;
            }
            if self.ended || self.closing || self.crowded || !self.read() {
                break;
            }
        }
        None
    }

    fn read(&mut self) -> bool {
        self.unread.append(&mut self.arrived);
        if self.unread.is_empty() && self.eof && !self.ended {
            self.ended = true;
            return true;
        }
        !self.unread.is_empty()
    }

    fn take_irc(&mut self, plan: &Plan) -> Vec<Asked> {
        let mut batch = Vec::new();
        let Some(framer) = self.irc.as_mut().filter(|_| !self.done) else { return batch };
        let used = framer.feed(&self.unread, &mut |frame| {
            let heard = Heard::of(frame);
            let first = !std::mem::replace(&mut self.begun, true);
            let heard = match heard.webirc().filter(|_| first) {
                Some(webirc) => Heard::Vouched(believe(self.gateway, webirc)),
                None => heard,
            };
            batch.push(Asked::Irc(Box::new(heard)));
            if batch.len() < plan.batch_commands { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        self.unread.drain(..used);
        if self.unread.is_empty() && self.ended {
            self.done = true;
            batch.push(Asked::Do(Command::Quit(Text::new(""))));
        }
        batch
    }

    fn take_unread(&mut self, now_ms: u64, plan: &Plan, codec: &Codec) -> Vec<Asked> {
        if self.irc.is_some() {
            return self.take_irc(plan);
        }
        let mut batch = Vec::new();
        if self.done || (self.unread.is_empty() && !self.paused && !self.ended) {
            return batch;
        }
        if self.paused && self.unread.is_empty() && !self.ended {
            self.read();
        }
        let (names, limits) = (Names::of(&plan.hall), &plan.wire);
        let mut taken = 0;
        let (speaker, mut each) = (&mut self.speaker, |asked| batch.push(asked));
        let telnet = &mut self.telnet;
        let mut hear = |frame: Frame<'_>| {
            if let Frame::Telnet(answer) = frame {
                telnet.extend_from_slice(answer);
            }
            speaker.hear(frame, codec, names, limits, Time(now_ms), &mut each);
            taken += 1;
            if taken < plan.batch_commands { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        let had = self.unread.len();
        let used = self.framer.feed(&self.unread, limits.line_bytes, &mut hear);
        let whole = !self.framer.is_within_char() || self.extended;
        if used == had && (self.ended || (had == 0 && self.paused && whole)) {
            self.framer.pause(limits.line_bytes, &mut hear);
        }
        self.unread.drain(..used);
        if used == had {
            self.extended = self.paused && had == 0;
            self.paused = false;
            self.pause_at_ms = self.framer.is_partial().then_some(now_ms + limits.pause_ms);
            if self.ended {
                self.done = true;
                batch.push(Asked::Do(Command::Quit(Text::new(""))));
            }
        }
        let before = self.outbox.style();
        let (legacy, unframed) = (self.speaker.is_legacy(), self.speaker.is_unframed());
        let style = Style::Lines(lines::Style { legacy, unframed, ..before.as_lines() });
        if style != before {
            self.outbox.set_style(style);
        }
        batch
    }

    /// Answers to telnet commands, which now wait to be written.
    pub(crate) fn answer_telnet(&mut self) -> Option<Vec<u8>> {
        if self.telnet.is_empty() {
            return None;
        }
        self.negotiates = true;
        let answer = std::mem::take(&mut self.telnet);
        self.outbox.answer(Seq(0), answer.clone());
        Some(answer)
    }

    /// Writes what waits, as far as the network takes it; `wrote` is given each piece.
    pub(crate) fn pump(
        &mut self,
        now_ms: u64,
        plan: &Plan,
        codec: &Codec,
        rng: &mut Rng,
        mut wrote: impl FnMut(&[u8]),
    ) -> Pumped {
        // A network that takes no more is not tried again before the client has read.
        while self.sent.len() < self.window_bytes {
            let gathered = match self.outbox.next(now_ms, plan.write_bytes, codec) {
                Next::Idle => {
                    self.crowded = self.outbox.answer_bytes() > plan.reply_bytes;
                    return Pumped::Idle;
                }
                Next::Wait(at_ms) => {
                    assert!(at_ms > now_ms, "a wait is for a moment to come");
                    self.pace_at_ms = Some(at_ms);
                    break;
                }
                Next::Page(log, after) => return Pumped::Page(log, after),
                Next::Write(gathered) => gathered,
            };
            let bytes: Vec<u8> = self.outbox.slices(&gathered).iter().flat_map(|s| s.to_vec()).collect();
            assert!(!bytes.is_empty() && bytes.len() == gathered.bytes(), "a write has the bytes it says");
            self.check_write(&bytes);
            let room = self.window_bytes.saturating_sub(self.sent.len()).min(self.write_bytes).min(bytes.len());
            let taken = if !self.whole_writes && rng.chance(30) { rng.below(room + 1) } else { room };
            self.outbox.wrote(gathered, taken);
            self.sent.extend_from_slice(&bytes[..taken]);
            wrote(&bytes[..taken]);
            self.keep_cut(&bytes[..taken]);
        }
        self.crowded = self.outbox.answer_bytes() > plan.reply_bytes;
        Pumped::Later
    }

    fn check_write(&self, bytes: &[u8]) {
        if self.negotiates {
            return;
        }
        let shown = || bytes.escape_ascii().to_string();
        if self.irc.is_some() {
            return check_irc(bytes);
        }
        assert!(bytes.iter().all(|&b| b == b'\n' || (b >= b' ' && b != 0x7f)), "a control byte: {}", shown());
        let lines::Style { legacy, unframed, .. } = self.outbox.style().as_lines();
        if unframed {
            assert!(bytes.len() <= RECV_BYTES, "{} bytes in one write", bytes.len());
        }
        // What follows a character that the network cut may be cut once more: a rest of it that fits into no write.
        if !legacy && (!unframed || self.cut.is_empty()) {
            let whole = [&self.cut[..], bytes].concat();
            let text = std::str::from_utf8(&whole).unwrap_or_else(|e| panic!("{e} in {}", shown()));
            assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "a control character: {}", shown());
        }
    }

    /// Keeps what the network took of a character whose rest it did not take.
    fn keep_cut(&mut self, taken: &[u8]) {
        self.cut.extend_from_slice(taken);
        let whole = match std::str::from_utf8(&self.cut) {
            Err(e) if e.error_len().is_none() => e.valid_up_to(),
            _ => self.cut.len(),
        };
        self.cut.drain(..whole);
    }
}

/// What comes of what a gateway says first.
fn believe(gateway: Option<MachinePassword>, webirc: Result<Webirc, Disbelief>) -> Result<Webirc, Disbelief> {
    let (webirc, gateway) = (webirc?, gateway.ok_or(Disbelief::NoGateway)?);
    if gateway.is(&webirc.password) { Ok(webirc) } else { Err(Disbelief::Password) }
}

/// Whatever a client of IRC is written has neither NUL nor a line that ends in anything but CR LF.
fn check_irc(bytes: &[u8]) {
    let shown = || bytes.escape_ascii().to_string();
    assert!(!bytes.contains(&0), "a NUL: {}", shown());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let text = line.strip_suffix(b"\n").map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(b"\n"));
        assert!(!text.contains(&b'\n'), "a line without its end: {}", shown());
    }
}
