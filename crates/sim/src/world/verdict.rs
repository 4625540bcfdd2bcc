//! The verdict on a world: what holds at every moment, and what has to hold when it has come to rest.

use hall::{Entry, Event, LogId, Read, RoomName, Seq};

use super::{World, index};
use crate::check;
use crate::client::Kind;

/// What an answer may have around the texts of the entries it holds, in bytes an entry.
const AROUND_BYTES: usize = 400;

impl World {
    /// What holds at every moment: memory is within its limits.
    pub(super) fn check_limits(&self) {
        for (log, feed) in &self.hub.feeds {
            let Read::Blocks(blocks) = feed.read(feed.floor(), usize::MAX) else {
                panic!("{log:?} is not there from its floor on");
            };
            let entries: usize = blocks.iter().map(|b| b.entries().len()).sum();
            let bytes: usize = blocks.iter().flat_map(|b| b.entries()).map(|e| e.text_bytes()).sum();
            let within = entries <= self.plan.hall.tail_entries && bytes <= self.plan.hall.tail_bytes;
            assert!(within || blocks.len() == 1, "{log:?} keeps {entries} entries, {bytes} bytes");
        }
        let answer = (self.plan.hall.history_entries + 30) * (self.plan.wire.line_bytes + AROUND_BYTES);
        let most = self.plan.reply_bytes + (self.plan.batch_commands + 2) * answer;
        for conn in self.conns.of.values() {
            assert!(conn.outbox.answer_bytes() <= most, "{} bytes of answers", conn.outbox.answer_bytes());
        }
    }

    /// What has to hold when the world has come to rest.
    pub(super) fn judge(&mut self) {
        assert!(self.hub.is_idle() && self.jobs.is_empty() && self.outcomes.is_empty(), "something is still under way");
        let entries = &self.truth.entries;
        assert_eq!(self.hub.hall.head().0, entries.len() as u64, "the hall is at the head");
        for (session, record) in &self.conns.records {
            let there = self.conns.of.contains_key(session);
            check::stream(record, entries, there);
            let client = &self.plan.clients[index(*session)];
            let prompt = matches!(client.kind, Kind::Framed | Kind::Telnet | Kind::Silent) && self.plan.is_prompt();
            if prompt && self.always_fast[index(*session)] {
                check::latency(record, entries, &self.truth.applied_ms);
            }
            if there {
                self.check_marks(*session);
                self.check_answers(*session);
            }
        }
        self.check_directs();
        self.sum_up();
    }

    /// What a client sent that no refusal stopped is on the ledger once, or its sender was told that it is not.
    fn check_marks(&self, session: hall::SessionId) {
        let record = &self.conns.records[&session];
        if record.answers.iter().any(|a| String::from_utf8_lossy(&a.bytes).starts_with("! not sent: a message has")) {
            return;
        }
        for mark in &self.plan.clients[index(session)].marks {
            let (taken, lost) = self.truth.count(mark);
            assert_eq!(taken + lost, 1, "{mark} of {} was taken {taken} times, lost {lost} times", record.name);
        }
    }

    fn check_answers(&self, session: hall::SessionId) {
        let record = &self.conns.records[&session];
        let answers: Vec<_> = record.answers.iter().map(|a| String::from_utf8_lossy(&a.bytes)).collect();
        let sent = answers.iter().filter(|a| a.starts_with("* sent to ") || a.ends_with("님에게 보냈습니다\n")).count();
        let is_there = |entry: &&Entry| self.truth.addressee(entry).is_some_and(|s| self.conns.of.contains_key(&s));
        let (least, most) =
            (self.truth.directs_of(session).filter(is_there).count(), self.truth.directs_of(session).count());
        assert!((least..=most).contains(&sent), "{} was told {sent} times of {least} to {most}", record.name);
        let kind = self.plan.clients[index(session)].kind;
        if kind == Kind::Silent {
            return;
        }
        assert!(answers.iter().any(|a| a == "* pong end\n"), "{} got no answer to its ping: {answers:?}", record.name);
        if kind == Kind::Unframed {
            return;
        }
        let lobby = RoomName::new("#lobby", 50).expect("a room's name");
        let asked = record.answers.iter().rev().find(|a| a.bytes.starts_with(b"* #lobby: "));
        // Somebody may have come since it was answered.
        let members = self.truth.members(&lobby, asked.map_or(Seq(u64::MAX), |answer| answer.after));
        let log = LogId::Room(lobby);
        let inside = |s| self.conns.records[s].periods.iter().any(|p| p.log == log && p.until.0 == u64::MAX);
        let listening = self.conns.of.keys().filter(|s| inside(s)).count() - members.len();
        let more = members.len().saturating_sub(self.plan.hall.history_entries);
        let mut expected = members[..members.len() - more].join(", ");
        if expected.is_empty() {
            "nobody".clone_into(&mut expected);
        }
        if more > 0 {
            expected += &format!(" and {more} more");
        }
        if listening > 0 {
            expected += &format!(" ({listening} listening)");
        }
        let who = answers.iter().rev().find(|a| a.starts_with("* #lobby: ")).map(|a| a.trim_end().to_owned());
        let expected = format!("* #lobby: {expected}");
        if kind == Kind::Legacy {
            // Its answer is in its charset: only the count of names is compared.
            let names = |text: &str| text.matches(", ").count();
            assert_eq!(who.as_deref().map(names), Some(names(&expected)), "{}", record.name);
        } else {
            assert_eq!(who.as_deref(), Some(&*expected), "{}", record.name);
        }
    }

    /// A direct message reaches its addressee, unless they follow as many conversations as they may.
    fn check_directs(&self) {
        for entry in &self.truth.entries {
            if let Some(session) = self.truth.addressee(entry)
                && self.conns.of.contains_key(&session)
                && self.plan.clients.len() <= self.plan.hall.rooms_per_session
            {
                let record = &self.conns.records[&session];
                assert!(!record.logs_showing(entry).is_empty(), "{} was not to hear {entry:?}", record.name);
            }
        }
    }

    fn sum_up(&mut self) {
        self.summary.entries = self.truth.entries.len();
        self.summary.failed = self.truth.failed.len();
        let renames = |entry: &&std::sync::Arc<Entry>| matches!(entry.event, Event::Rename { .. });
        self.summary.renames = self.truth.entries.iter().filter(renames).count();
        self.summary.survivors = self.conns.of.len();
        // FNV-1a, over everything that was written to anyone.
        let mut print = 0xCBF2_9CE4_8422_2325_u64;
        for record in self.conns.records.values() {
            self.summary.bytes += record.stream.len();
            for byte in &record.stream {
                print = (print ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3);
            }
        }
        self.summary.print = print;
    }
}
