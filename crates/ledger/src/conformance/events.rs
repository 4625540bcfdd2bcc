//! Every event and every field of an entry: what is read again is what was committed.

use hall::{
    Author, Deed, Entry, Event, Guise, Kind, LogId, Notes, PersonId, Proposal, Rank, Rule, Seq, SessionId, Standing,
    Text,
};

use super::{commit, nick, proposal, reader, room, room_name};
use crate::Ledger;

pub(super) fn check(make: &impl Fn() -> Box<dyn Ledger>) {
    every_event_is_read_as_it_was_committed(&mut *make());
    tags_are_taken_back_with_the_message(&mut *make());
    authors_are_seen_as_they_were_then(&mut *make());
}

/// Somebody of whom everything is known.
fn known() -> Author {
    Author {
        account: Some(nick("Minsu")),
        guise: Guise::new("minsu", "ab12.cd", true, "김 민수  "),
        ..Author::guest(PersonId(2), SessionId(9), nick("민수"))
    }
}

/// One of every event there is, in the room `#Lobby`, with all that an entry can have. Nothing comes of it beside the log but
/// that the topic is set and unset.
///
/// # Panics
/// Never.
#[must_use]
pub fn everything() -> Vec<Proposal> {
    let said = |kind, text| Event::Message(kind, Text::of_lines(text));
    let why = || Text::new("안녕히  계세요 ");
    let none = || Text::new("");
    let seen = || Guise::new("~", "host.example", false, "");
    let events = [
        said(Kind::Say, "안녕 👋🏽 \u{1b}[31m"),
        said(Kind::Action, "손을 흔든다"),
        said(Kind::Notice, "첫 줄\n둘째 줄"),
        Event::Nick(nick("Ζωή")),
        Event::Topic(Text::new("시험")),
        Event::Topic(none()),
        Event::Rename { from: room_name("#여기"), to: room_name("#Lobby"), reason: none() },
        Event::Rename { from: room_name("#여기"), to: room_name("#Lobby"), reason: why() },
        // There is no message of that number.
        Event::Redact(Seq(1), none()),
        Event::Redact(Seq(1), why()),
        Event::Part(none()),
        Event::Part(why()),
        Event::Quit(none()),
        Event::Quit(why()),
        Event::Away(none()),
        Event::Away(why()),
        Event::Guise(seen(), None),
        Event::Guise(known().guise, Some(nick("Minsu"))),
        Event::Guise(Guise::unknown(), None),
        Event::Rule(Rule::Rank(PersonId(7), nick("영희"), Some(Rank::Operator), Some(Rank::Voice))),
        Event::Kick(PersonId(7), nick("영희"), Text::new("시끄럽다  정말 ")),
        Event::Kick(PersonId(8), nick("bob"), none()),
        Event::Audit(Text::new("ban  * 비밀")),
        Event::Noted(Notes::recorded("url https://예.example/ 둘\navatar").expect("notes")),
    ];
    let joins = Standing::ALL.iter().map(|standing| Event::Join(*standing));
    let mut all: Vec<_> = joins.chain(events).map(|event| proposal(&["#Lobby"], event)).collect();
    for tags in ["+draft/react=👋", "+a=b\\:c;+example.com/d"] {
        all.push(Proposal { tags: Some(tags.into()), ..proposal(&["#Lobby"], Event::Tags) });
    }
    let seen = all.clone().into_iter().map(|seen| Proposal { author: known(), ..seen });
    let tagged = Proposal { author: known(), tags: Some("+x".into()), ..proposal(&["#Lobby"], said(Kind::Say, "x")) };
    let all: Vec<_> = all.iter().cloned().chain(seen).chain([tagged]).collect();
    all
}

fn every_event_is_read_as_it_was_committed(ledger: &mut dyn Ledger) {
    let mut group = everything();
    let count = group.len();
    let mut direct = super::message("#a", "둘만");
    direct.logs = [LogId::direct(PersonId(u64::from(u32::MAX)), PersonId(2))].into_iter().collect();
    group.push(direct.clone());
    let mut own = direct.clone();
    own.logs = [LogId::direct(PersonId(5), PersonId(5))].into_iter().collect();
    for event in [Event::Account(Deed::Registered(nick("Ζωή"))), Event::Invite(room_name("#Lobby"))] {
        group.push(Proposal { event, ..own.clone() });
    }
    let given = commit(ledger, group);
    let reader = reader(ledger);
    let page = reader.read(&room("#lobby"), Seq(0), 99).expect("readable");
    assert_eq!(page.entries, given[..count], "each event");
    let shown = |entry: &Entry| format!("{entry:?}");
    for (read, given) in page.entries.iter().zip(&given) {
        assert_eq!(shown(read), shown(given), "names as they were written");
    }
    let direct = reader.read(&direct.logs[0], Seq(0), 99).expect("readable");
    assert_eq!(direct.entries, given[count..=count], "direct messages");
    let alone = reader.read(&LogId::Direct(PersonId(5), PersonId(5)), Seq(0), 99).expect("readable");
    assert_eq!(alone.entries, given[count + 1..], "what concerns one alone");
    assert_eq!(shown(&alone.entries[1]), shown(&given[count + 2]), "names as they were written");
}

fn tags_are_taken_back_with_the_message(ledger: &mut dyn Ledger) {
    let said = |text| Proposal { author: known(), tags: Some("+secret=1".into()), ..super::message("#a", text) };
    let reaction = Proposal { event: Event::Tags, ..said("") };
    commit(ledger, vec![said("하나"), said("둘"), reaction]);
    let redact = |target| proposal(&["#a"], Event::Redact(Seq(target), Text::new("")));
    commit(ledger, vec![redact(1), redact(3)]);
    let read = reader(ledger).read(&room("#a"), Seq(0), 9).expect("readable").entries;
    let tags: Vec<_> = read.iter().map(|entry| entry.tags.as_deref()).collect();
    assert_eq!(
        tags,
        [None, Some("+secret=1"), Some("+secret=1"), None, None],
        "only of the message that was taken back"
    );
    assert_eq!((&read[0].event, &read[0].author), (&Event::Redacted, &known()), "whose it was is still known");
}

fn authors_are_seen_as_they_were_then(ledger: &mut dyn Ledger) {
    let guises: Vec<_> = (0..5).map(|n| Guise::new("minsu", &format!("host{n}"), false, "민수")).collect();
    let mut expect = Vec::new();
    for round in 0..3 {
        for guise in guises.iter().skip(round).chain([&Guise::unknown()]) {
            let author = Author { guise: guise.clone(), ..known() };
            expect.extend(commit(ledger, vec![Proposal { author, ..super::message("#a", "x") }]));
        }
    }
    assert_eq!(reader(ledger).read(&room("#a"), Seq(0), 99).expect("readable").entries, expect);
}
