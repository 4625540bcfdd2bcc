//! Parts of a log: between which marks, from which end, with what else happened or without.

use hall::{Event, LogId, Mark, PersonId, Proposal, Query, Reply, Seq, Span, Standing, Text, Time};

use super::{commit_at, message, proposal, reader, room, seqs};
use crate::{Ledger, answer};

pub(super) fn check(make: &impl Fn() -> Box<dyn Ledger>) {
    let mut ledger = make();
    fill(&mut *ledger);
    both_marks_are_left_out(&*ledger);
    times_are_marks_to_the_millisecond(&*ledger);
    the_end_that_is_meant_is_told(&*ledger);
    what_else_happened_is_told_when_asked_for(&*ledger);
    other_spans_are_stretches(&*ledger);
    where_nothing_is_nothing_is_found(&*ledger);
    logs_are_told_by_when_something_was_said_last(&mut *ledger);
    where_nothing_is_nothing_is_found(&*make());
    conversations_are_told_whoever_they_were_with(&mut *make());
}

/// At 1000, 1010, … 1090, a message to `#a`, somebody who comes there, and a message to `#b`: those of `#a` are 1, 4, … 28.
fn fill(ledger: &mut dyn Ledger) {
    for n in 0..10 {
        let joined = proposal(&["#a"], Event::Join(Standing::None));
        commit_at(ledger, 1_000 + n * 10, vec![message("#a", "x"), joined, message("#b", "y")]);
    }
}

fn ask(ledger: &dyn Ledger, log: &str, span: Span, most: usize, events: bool) -> (Vec<u64>, bool) {
    let query = Query::History { log: room(log), span, most, events };
    match answer(&*reader(ledger), &query).expect("readable") {
        Reply::History { entries, more } => (seqs(&entries), more),
        other => panic!("no answer to {query:?}: {other:?}"),
    }
}

fn seq(n: u64) -> Mark {
    Mark::Seq(Seq(n))
}

fn time(ms: u64) -> Mark {
    Mark::Time(Time(ms))
}

/// All messages of `#a` between two marks, which are the same from either end.
fn between(ledger: &dyn Ledger, after: Mark, before: Mark) -> Vec<u64> {
    let from = |newest| ask(ledger, "#a", Span::Between { after, before, newest }, 99, false);
    let (oldest, newest) = (from(false), from(true));
    assert_eq!(oldest, newest, "{after:?} {before:?}");
    assert!(!oldest.1, "there is no more");
    oldest.0
}

const ALL: [u64; 10] = [1, 4, 7, 10, 13, 16, 19, 22, 25, 28];

fn both_marks_are_left_out(ledger: &dyn Ledger) {
    let between = |after, before| between(ledger, after, before);
    assert_eq!(between(Mark::Beginning, Mark::End), ALL);
    assert_eq!(between(seq(4), seq(13)), [7, 10]);
    assert_eq!(between(seq(5), seq(12)), [7, 10], "marks that are no message of this log");
    assert_eq!(between(seq(0), seq(900)), ALL, "marks that there are not");
    assert_eq!(between(seq(25), Mark::End), [28]);
    assert_eq!(between(Mark::Beginning, seq(4)), [1]);
    for (after, before) in [
        (seq(28), Mark::End),
        (seq(u64::MAX), Mark::End),
        (Mark::Beginning, seq(1)),
        (Mark::Beginning, seq(0)),
        (seq(4), seq(7)),
        (seq(4), seq(4)),
        (seq(13), seq(4)),
        (Mark::End, Mark::End),
        (Mark::Beginning, Mark::Beginning),
        (Mark::End, Mark::Beginning),
    ] {
        assert!(between(after, before).is_empty(), "{after:?} {before:?}");
    }
}

fn times_are_marks_to_the_millisecond(ledger: &dyn Ledger) {
    let between = |after, before| between(ledger, after, before);
    assert_eq!(between(time(1_010), time(1_040)), [7, 10]);
    assert_eq!(between(time(1_009), time(1_041)), [4, 7, 10, 13]);
    assert_eq!(between(time(0), time(u64::MAX)), ALL);
    assert_eq!(between(time(1_000), Mark::End), ALL[1..]);
    assert_eq!(between(Mark::Beginning, time(1_090)), ALL[..9]);
    assert_eq!(between(seq(4), time(1_040)), [7, 10]);
    assert_eq!(between(time(1_010), seq(10)), [7]);
    for (after, before) in [
        (time(1_090), Mark::End),
        (time(u64::MAX), Mark::End),
        (Mark::Beginning, time(1_000)),
        (Mark::Beginning, time(0)),
        (time(1_010), time(1_020)),
        (time(1_040), time(1_010)),
    ] {
        assert!(between(after, before).is_empty(), "{after:?} {before:?}");
    }
}

fn the_end_that_is_meant_is_told(ledger: &dyn Ledger) {
    let ask = |newest, most| {
        let span = Span::Between { after: seq(4), before: time(1_080), newest };
        ask(ledger, "#a", span, most, false)
    };
    assert_eq!(ask(false, 2), (vec![7, 10], true));
    assert_eq!(ask(true, 2), (vec![19, 22], true));
    assert_eq!(ask(true, 5), (vec![10, 13, 16, 19, 22], true), "one does not fit");
    for newest in [true, false] {
        assert_eq!(ask(newest, 6), (vec![7, 10, 13, 16, 19, 22], false), "all of them fit");
        assert_eq!(ask(newest, 0), (vec![], true));
    }
}

fn what_else_happened_is_told_when_asked_for(ledger: &dyn Ledger) {
    let ask = |after, before, newest, most| ask(ledger, "#a", Span::Between { after, before, newest }, most, true);
    assert_eq!(ask(seq(1), seq(8), false, 9), (vec![2, 4, 5, 7], false));
    assert_eq!(ask(seq(1), seq(8), false, 3), (vec![2, 4, 5], true));
    assert_eq!(ask(seq(1), seq(8), true, 3), (vec![4, 5, 7], true));
    assert_eq!(ask(time(1_070), Mark::End, false, 9), (vec![25, 26, 28, 29], false));
    assert_eq!(ask(Mark::Beginning, Mark::End, true, 1), (vec![29], true));
}

fn other_spans_are_stretches(ledger: &dyn Ledger) {
    let ask = |span, most, events| ask(ledger, "#a", span, most, events);
    assert_eq!(ask(Span::Last(2), 9, false), (vec![25, 28], false));
    assert_eq!(ask(Span::Last(3), 9, true), (vec![26, 28, 29], false));
    assert_eq!(ask(Span::Last(9), 2, false), (vec![25, 28], true), "more than may be told");
    assert_eq!(ask(Span::Since(Time(1_080)), 9, false), (vec![25, 28], false));
    assert_eq!(ask(Span::Since(Time(1_075)), 9, false), (vec![25, 28], false));
    assert_eq!(ask(Span::Since(Time(1_075)), 1, false), (vec![25], true));
    assert_eq!(ask(Span::Since(Time(1_080)), 9, true), (vec![25, 26, 28, 29], false));
    assert_eq!(ask(Span::Since(Time(0)), 1, false), (vec![1], true));
    assert_eq!(ask(Span::Since(Time(1_091)), 9, false), (vec![], false));
    assert_eq!(ask(Span::After(Seq(22)), 9, false), (vec![25, 28], false));
    assert_eq!(ask(Span::After(Seq(22)), 1, false), (vec![25], true));
    assert_eq!(ask(Span::After(Seq(28)), 9, true), (vec![29], false));
    assert_eq!(ask(Span::After(Seq(29)), 9, true), (vec![], false));
}

fn where_nothing_is_nothing_is_found(ledger: &dyn Ledger) {
    for (newest, events) in [(false, false), (false, true), (true, false), (true, true)] {
        let span = Span::Between { after: Mark::Beginning, before: time(1_050), newest };
        assert_eq!(ask(ledger, "#none", span, 9, events), (vec![], false));
    }
    assert!(targets(ledger, &["#none"], Mark::Beginning, Mark::End, 9).is_empty());
}

fn targets(ledger: &dyn Ledger, logs: &[&str], after: Mark, before: Mark, most: usize) -> Vec<(LogId, u64)> {
    let query = Query::Targets { logs: logs.iter().map(|log| room(log)).collect(), of: None, after, before, most };
    match answer(&*reader(ledger), &query).expect("readable") {
        Reply::Targets(found) => found.into_iter().map(|(log, at)| (log, at.0)).collect(),
        other => panic!("no answer to {query:?}: {other:?}"),
    }
}

fn logs_are_told_by_when_something_was_said_last(ledger: &mut dyn Ledger) {
    commit_at(ledger, 2_000, vec![message("#c", "x"), proposal(&["#d"], Event::Join(Standing::None))]);
    let is = |ledger: &dyn Ledger, after, before, most, expect: &[(&str, u64)]| {
        let found = targets(ledger, &["#c", "#none", "#b", "#d", "#a"], after, before, most);
        let expect: Vec<_> = expect.iter().map(|(name, at)| (room(name), *at)).collect();
        assert_eq!(found, expect, "{after:?} {before:?} {most}");
    };
    let all = [("#a", 1_090), ("#b", 1_090), ("#c", 2_000)];
    is(ledger, Mark::Beginning, Mark::End, 9, &all);
    is(ledger, Mark::Beginning, Mark::End, 2, &all[..2]);
    is(ledger, Mark::Beginning, Mark::End, 0, &[]);
    is(ledger, time(1_090), Mark::End, 9, &all[2..]);
    is(ledger, time(1_089), time(2_000), 9, &all[..2]);
    is(ledger, Mark::Beginning, time(1_090), 9, &[]);
    is(ledger, seq(28), Mark::End, 9, &all[1..]);
    is(ledger, Mark::Beginning, seq(30), 9, &all[..1]);
    is(ledger, Mark::End, Mark::End, 9, &[]);
    is(ledger, Mark::Beginning, Mark::Beginning, 9, &[]);
    // What happens otherwise does not count; what was taken back was said.
    let again =
        vec![proposal(&["#a"], Event::Quit(Text::new(""))), proposal(&["#c"], Event::Redact(Seq(31), Text::new("")))];
    commit_at(ledger, 3_000, again);
    is(ledger, Mark::Beginning, Mark::End, 9, &all);
    assert!(targets(ledger, &[], Mark::Beginning, Mark::End, 9).is_empty());
}

fn conversations_are_told_whoever_they_were_with(ledger: &mut dyn Ledger) {
    let between = |a: u64, b: u64| LogId::direct(PersonId(a), PersonId(b));
    let said = |log: LogId| Proposal { logs: std::iter::once(log).collect(), ..message("#a", "psst") };
    for (at, log) in [(1, between(7, 9)), (2, between(3, 7)), (3, between(7, 7)), (4, between(17, 77)), (5, room("#a"))]
    {
        commit_at(ledger, at, vec![said(log)]);
    }
    let asked = |of| {
        let query = Query::Targets { logs: vec![room("#a")], of, after: Mark::Beginning, before: Mark::End, most: 9 };
        match answer(&*reader(ledger), &query).expect("readable") {
            Reply::Targets(found) => found.into_iter().map(|(log, _)| log).collect::<Vec<_>>(),
            other => panic!("no answer to {query:?}: {other:?}"),
        }
    };
    assert_eq!(asked(Some(PersonId(7))), [between(7, 9), between(3, 7), room("#a")]);
    assert_eq!(asked(Some(PersonId(1))), [room("#a")]);
    assert_eq!(asked(None), [room("#a")]);
}
