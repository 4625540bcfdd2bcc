//! What every ledger must do, as one suite. A ledger's own tests call [`check`].

mod events;
mod renames;
mod stretches;

use std::sync::Arc;

use hall::{
    Author, Beginning, Entry, Event, Flag, Keep, Kind, LogId, Nick, PersonId, Proposal, RoomName, Rule, Search, Secret,
    Seq, SessionId, Span, Standing, Subject, Text, Time, Topic,
};

use crate::{Found, Ledger, Reader, Stretch};
pub use events::everything;

/// The log of a room.
///
/// # Panics
/// When the name is none.
#[must_use]
pub fn room(name: &str) -> LogId {
    LogId::Room(room_name(name))
}

fn room_name(name: &str) -> RoomName {
    RoomName::new(name, 50).expect("a room's name")
}

/// A message to a room.
///
/// # Panics
/// When the name of the room is none.
#[must_use]
pub fn message(to: &str, text: &str) -> Proposal {
    proposal(&[to], Event::Message(Kind::Say, Text::new(text)))
}

/// Something that somebody wants to happen in these rooms.
///
/// # Panics
/// When the name of a room is none.
#[must_use]
pub fn proposal(rooms: &[&str], event: Event) -> Proposal {
    let author = Author::guest(PersonId(1), SessionId(1), nick("민수"));
    Proposal::new(author, rooms.iter().map(|r| room(r)).collect(), event)
}

/// A nick.
fn nick(raw: &str) -> Nick {
    Nick::new(raw, 30).expect("a nick")
}

/// Something that is remembered, and forgotten, with an entry of the room `#a`.
///
/// # Panics
/// Never.
#[must_use]
pub fn keeping(keeps: Vec<Keep>) -> Proposal {
    Proposal { keeps, ..proposal(&["#a"], Event::Rule(Rule::Flag(Flag::Moderated, true))) }
}

/// A field that has this value from now on.
#[must_use]
pub fn set(subject: Subject, field: &str, value: &str) -> Keep {
    Keep::Set(subject, field.to_owned(), Secret::new(value))
}

fn from(called: &str, to: &str, text: &str) -> Proposal {
    let mut message = message(to, text);
    message.author.nick = nick(called);
    message
}

/// Runs the suite; each part on a ledger made anew.
///
/// # Panics
/// When the ledger does not do what every ledger must.
pub fn check(make: impl Fn() -> Box<dyn Ledger>) {
    numbers_without_a_hole(&mut *make());
    reads_a_log_and_no_other(&mut *make());
    an_entry_of_several_logs_is_in_each(&mut *make());
    events::check(&make);
    ends_a_replay_where_somebody_came(&mut *make());
    stretches::check(&make);
    finds_words_of_any_length(&mut *make());
    finds_by_author_and_time(&mut *make());
    takes_a_message_back(&mut *make());
    finds_a_notice_and_takes_it_back(&mut *make());
    remembers_what_a_hall_begins_with(&mut *make());
    remembers_what_is_beside_the_log(&mut *make());
    forgets_what_it_is_told_to(&mut *make());
    renames::check(&make);
    tells_no_secret_again(&mut *make());
    knows_whose_account_it_was_and_whom_it_was_for(&mut *make());
    let (one, other) = (begun(&*make()), begun(&*make()));
    assert_ne!(one.hall, other.hall, "each ledger is of a hall of its own");
    assert_ne!(one.secret, other.secret, "and has a secret of its own");
}

fn seqs(entries: &[Arc<Entry>]) -> Vec<u64> {
    entries.iter().map(|e| e.seq.0).collect()
}

fn commit(ledger: &mut dyn Ledger, group: Vec<Proposal>) -> Vec<Arc<Entry>> {
    commit_at(ledger, 7, group)
}

fn commit_at(ledger: &mut dyn Ledger, at: u64, group: Vec<Proposal>) -> Vec<Arc<Entry>> {
    ledger.commit(Time(at), group).expect("the ledger takes it")
}

fn reader(ledger: &dyn Ledger) -> Box<dyn Reader> {
    ledger.reader().expect("a reader")
}

fn begun(ledger: &dyn Ledger) -> Beginning {
    ledger.beginning(10).expect("a beginning")
}

fn numbers_without_a_hole(ledger: &mut dyn Ledger) {
    assert_eq!(ledger.head(), Seq(0));
    assert_eq!(seqs(&commit(ledger, vec![message("#a", "1"), message("#b", "2")])), [1, 2]);
    assert!(commit(ledger, Vec::new()).is_empty());
    assert_eq!(seqs(&commit(ledger, vec![message("#a", "3")])), [3]);
    assert_eq!(ledger.head(), Seq(3));
}

fn reads_a_log_and_no_other(ledger: &mut dyn Ledger) {
    let reader = reader(ledger);
    let group = (0..20).map(|n| message(if n % 2 == 0 { "#a" } else { "#b" }, &n.to_string())).collect();
    let given = commit(ledger, group);
    let page = reader.read(&room("#a"), Seq(4), 3).expect("readable");
    assert_eq!((seqs(&page.entries), page.gap), (vec![5, 7, 9], false));
    assert_eq!(page.entries[0], given[4], "what is read again is what was committed");
    assert_eq!(seqs(&reader.read(&room("#A"), Seq(16), 3).expect("readable").entries), [17, 19], "names are folded");
    assert!(reader.read(&room("#a"), ledger.head(), 3).expect("readable").entries.is_empty());
    assert!(reader.read(&room("#none"), Seq(0), 3).expect("readable").entries.is_empty());
    let last = reader.last_messages(&room("#b"), Seq(u64::MAX), 2).expect("readable");
    assert_eq!((seqs(&last.entries), last.gap), (vec![18, 20], false));
}

fn an_entry_of_several_logs_is_in_each(ledger: &mut dyn Ledger) {
    commit(ledger, vec![message("#a", "x"), proposal(&["#a", "#b"], Event::Quit(Text::new("")))]);
    let reader = reader(ledger);
    for (log, expect) in [("#a", vec![1, 2]), ("#b", vec![2])] {
        let page = reader.read(&room(log), Seq(0), 9).expect("readable");
        assert_eq!(seqs(&page.entries), expect);
        assert_eq!(page.entries.last().map(|e| e.logs.len()), Some(2), "and knows all of them");
    }
    let last = reader.last_messages(&room("#a"), Seq(u64::MAX), 9).expect("readable");
    assert_eq!(seqs(&last.entries), [1], "only messages");
}

fn ends_a_replay_where_somebody_came(ledger: &mut dyn Ledger) {
    commit(
        ledger,
        vec![
            message("#a", "1"),
            message("#a", "2"),
            proposal(&["#a"], Event::Join(Standing::None)),
            message("#a", "4"),
        ],
    );
    let reader = reader(ledger);
    let last = |until, most| seqs(&reader.last_messages(&room("#a"), Seq(until), most).expect("readable").entries);
    assert_eq!(last(3, 50), [1, 2]);
    assert_eq!(last(3, 1), [2]);
    assert_eq!(last(4, 2), [2, 4]);
    assert!(last(0, 50).is_empty());
}

/// What a search finds once what has to be indexed has been.
fn find(ledger: &dyn Ledger, search: &Search, most: usize) -> Vec<u64> {
    let before = seqs(&look(ledger, search, most).entries);
    if let Some(mut indexer) = ledger.indexer().expect("an indexer") {
        while indexer.work().expect("the indexer works") {}
    }
    let found = look(ledger, search, most);
    assert_eq!((seqs(&found.entries), found.unindexed), (before.clone(), 0), "the same as before it was indexed");
    before
}

fn look(ledger: &dyn Ledger, search: &Search, most: usize) -> Found {
    reader(ledger).search(search, most).expect("searchable")
}

fn finds_words_of_any_length(ledger: &mut dyn Ledger) {
    let texts =
        [("#a", "학교에서 Build OK"), ("#b", "학교"), ("#c", "학교"), ("#a", "강"), ("#a", "東京タワー k8s에서")];
    commit(ledger, texts.iter().map(|(room, text)| message(room, text)).collect());
    commit(ledger, vec![proposal(&["#a"], Event::Topic(Text::new("학교")))]);
    let found = |words: &[&str]| {
        let words: Vec<_> = words.iter().map(|w| (*w).to_owned()).collect();
        let search = Search { logs: vec![room("#a"), room("#b"), room("#none")], words, ..Search::default() };
        find(ledger, &search, 10)
    };
    assert_eq!(found(&["학교"]), [2, 1], "newest first, only messages, only in the logs asked for");
    assert_eq!(found(&["학교", "build"]), [1]);
    assert_eq!(found(&["강"]), [4]);
    assert_eq!(found(&["\u{1112}\u{1161}\u{11a8}\u{1100}\u{116d}"]), [2, 1], "decomposed");
    assert_eq!(found(&["京タ"]), [5]);
    assert_eq!(found(&["K8S에"]), [5]);
    assert_eq!(found(&["bui"]), [1], "what begins so");
    assert!(found(&["uild"]).is_empty(), "not what ends so");
    assert!(found(&["없음"]).is_empty() && found(&[]).is_empty() && found(&["학\0"]).is_empty());
    assert!(found(&["\" OR *"]).is_empty() && found(&["NEAR("]).is_empty(), "words are only words");
}

fn finds_by_author_and_time(ledger: &mut dyn Ledger) {
    commit_at(ledger, 10, vec![from("Bob", "#a", "hello"), from("zoe", "#a", "hello")]);
    commit_at(ledger, 20, vec![from("bob", "#a", "bye"), from("bob", "#b", "hello")]);
    let nick = |nick| Nick::new(nick, 30).ok();
    let by = |search: Search| find(ledger, &Search { logs: vec![room("#a")], ..search }, 10);
    assert_eq!(by(Search { from: nick("BOB"), ..Search::default() }), [3, 1]);
    assert_eq!(by(Search { from: nick("bob"), words: vec!["hello".into()], ..Search::default() }), [1]);
    assert_eq!(by(Search { after: Some(Time(20)), ..Search::default() }), [3]);
    assert_eq!(by(Search { before: Some(Time(20)), words: vec!["hello".into()], ..Search::default() }), [2, 1]);
    assert!(by(Search { after: Some(Time(21)), ..Search::default() }).is_empty());
    let most = Search { logs: vec![room("#a"), room("#b")], from: nick("bob"), ..Search::default() };
    assert_eq!(find(ledger, &most, 2), [4, 3]);
}

fn takes_a_message_back(ledger: &mut dyn Ledger) {
    commit(
        ledger,
        vec![message("#a", "secret word"), message("#a", "other word"), proposal(&["#a"], Event::Join(Standing::None))],
    );
    let search = Search { logs: vec![room("#a")], words: vec!["word".into()], ..Search::default() };
    assert_eq!(find(ledger, &search, 9), [2, 1]);
    let redact = |target| proposal(&["#a"], Event::Redact(Seq(target), Text::new("")));
    assert_eq!(seqs(&commit(ledger, vec![redact(1), redact(3), redact(99)])), [4, 5, 6]);
    assert_eq!(find(ledger, &search, 9), [2], "gone from what is found");
    let reader = reader(ledger);
    let page = reader.read(&room("#a"), Seq(0), 9).expect("readable");
    assert_eq!(page.entries[0].event, Event::Redacted, "a tombstone in its place");
    assert_eq!(page.entries[2].event, Event::Join(Standing::None), "only messages are taken back");
    assert_eq!(page.entries.len(), 6);
    assert_eq!(seqs(&reader.last_messages(&room("#a"), Seq(9), 9).expect("readable").entries), [1, 2]);
    let text = format!("{:?}", page.entries);
    assert!(!text.contains("secret"), "{text}");
}

fn finds_a_notice_and_takes_it_back(ledger: &mut dyn Ledger) {
    let notice = proposal(&["#a"], Event::Message(Kind::Notice, Text::of_lines("첫 줄\n둘째 줄")));
    commit(ledger, vec![notice, message("#a", "다른 줄")]);
    let search = Search { logs: vec![room("#a")], words: vec!["줄".into()], ..Search::default() };
    assert_eq!(find(ledger, &search, 9), [2, 1]);
    commit(ledger, vec![proposal(&["#a"], Event::Redact(Seq(1), Text::new("잘못")))]);
    assert_eq!(find(ledger, &search, 9), [2]);
    let last = reader(ledger).last_messages(&room("#a"), Seq(9), 9).expect("readable").entries;
    assert_eq!(last[0].event, Event::Redacted, "in its place");
}

fn remembers_what_a_hall_begins_with(ledger: &mut dyn Ledger) {
    let began = begun(ledger);
    assert_eq!((began.head, began.person, began.session), (Seq(0), 0, 0));
    assert!(began.topics.is_empty() && began.hall.len() == 32, "{began:?}");
    let topic = |room: &str, text: &str| proposal(&[room], Event::Topic(Text::new(text)));
    let mut last = message("#a", "x");
    (last.author.person, last.author.session) = (PersonId(77), SessionId(78));
    commit(ledger, vec![topic("#a", "1"), topic("#b", "2"), topic("#c", "3"), topic("#b", ""), topic("#A", "4"), last]);
    let began = begun(ledger);
    assert!(began.head == Seq(6) && began.person >= 77 && began.session >= 78, "{began:?}");
    let topics = |most| ledger.beginning(most).expect("a beginning").topics;
    let set = |text| Topic { text: Text::new(text), by: Some(nick("민수")), at: Some(Time(7)) };
    assert_eq!(topics(9), [(room_name("#c"), Seq(3), set("3")), (room_name("#a"), Seq(5), set("4"))]);
    assert_eq!(topics(1), [(room_name("#a"), Seq(5), set("4"))]);
}

/// What a ledger remembers, as it can be compared and shown.
fn kept(ledger: &dyn Ledger) -> Vec<(Subject, String, String)> {
    let kept = begun(ledger).kept.into_iter();
    kept.map(|(subject, field, value)| (subject, field, value.expose().to_owned())).collect()
}

fn kept_are(ledger: &dyn Ledger, expect: &[(&Subject, &str, &str)]) {
    let expect: Vec<_> =
        expect.iter().map(|(s, field, value)| ((*s).clone(), (*field).into(), (*value).into())).collect();
    assert_eq!(kept(ledger), expect);
}

fn remembers_what_is_beside_the_log(ledger: &mut dyn Ledger) {
    let began = begun(ledger);
    assert!(began.kept.is_empty(), "{began:?}");
    let secret = began.secret.expect("there is one");
    assert!(secret.expose().len() == 64 && secret.expose().bytes().all(|b| b.is_ascii_hexdigit()));
    let (lobby, person) = (Subject::Room(room_name("#Lobby")), |n| Subject::Account(PersonId(n)));
    let group = vec![
        keeping(vec![set(Subject::Hall, "motd", ""), set(lobby.clone(), "key", "열려라 참깨")]),
        keeping(vec![set(person(10), "name", "b"), set(person(9), "name", "a"), set(person(9), "Name", "A")]),
        keeping(vec![set(Subject::Room(room_name("#a")), "x", "1"), set(lobby.clone(), "flag:secret", "on")]),
    ];
    assert_eq!(commit(ledger, group.clone())[1].keeps, group[1].keeps, "who commits is given them back");
    let all = [
        (&Subject::Room(room_name("#a")), "x", "1"),
        (&lobby, "flag:secret", "on"),
        (&lobby, "key", "열려라 참깨"),
        (&person(9), "Name", "A"),
        (&person(9), "name", "a"),
        (&person(10), "name", "b"),
        (&Subject::Hall, "motd", ""),
    ];
    kept_are(ledger, &all);
    assert_eq!(format!("{:?}", kept(ledger)[1].0), format!("{lobby:?}"), "the name as it was written");
    assert_eq!(begun(ledger).secret, Some(secret), "it stays the same");
}

fn forgets_what_it_is_told_to(ledger: &mut dyn Ledger) {
    let (lobby, person) = (Subject::Room(room_name("#Lobby")), |n| Subject::Account(PersonId(n)));
    let unset = |subject: &Subject, field: &str| Keep::Unset(subject.clone(), field.to_owned());
    commit(ledger, vec![keeping(vec![set(lobby.clone(), "a", "1"), set(lobby.clone(), "b", "2")])]);
    let shouted = Subject::Room(room_name("#LOBBY"));
    commit(ledger, vec![keeping(vec![set(shouted.clone(), "a", "3"), unset(&shouted, "b"), unset(&person(9), "x")])]);
    kept_are(ledger, &[(&lobby, "a", "3")]);
    // Each after the one before, in one entry and in one group.
    let again = vec![
        set(person(1), "a", "1"),
        set(person(10), "a", "1"),
        Keep::Forget(person(1)),
        set(person(1), "b", "1"),
        unset(&person(1), "b"),
        set(person(1), "b", "2"),
    ];
    commit(ledger, vec![keeping(again), keeping(vec![Keep::Forget(lobby.clone()), set(lobby.clone(), "c", "4")])]);
    kept_are(ledger, &[(&lobby, "c", "4"), (&person(1), "b", "2"), (&person(10), "a", "1")]);
    commit(ledger, vec![keeping(vec![Keep::Forget(person(10)), unset(&lobby, "c"), Keep::Forget(Subject::Hall)])]);
    kept_are(ledger, &[(&person(1), "b", "2")]);
}

fn tells_no_secret_again(ledger: &mut dyn Ledger) {
    let mut said = message("#a", "x");
    said.keeps = vec![set(Subject::Hall, "password", "hunter2")];
    let given = commit(ledger, vec![said]);
    assert!(!format!("{given:?}").contains("hunter2"));
    let reader = reader(ledger);
    let page = reader.read(&room("#a"), Seq(0), 9).expect("readable");
    assert!(page.entries[0].keeps.is_empty(), "what is read again keeps nothing");
    let bare = Entry { keeps: Vec::new(), ..(*given[0]).clone() };
    assert_eq!(*page.entries[0], bare);
}

fn knows_whose_account_it_was_and_whom_it_was_for(ledger: &mut dyn Ledger) {
    let mut said = message("#a", "둘만의 말");
    said.author.account = Some(nick("Minsu"));
    said.logs = [LogId::direct(PersonId(1), PersonId(2))].into_iter().collect();
    said.to = Some(nick("영희"));
    let log = said.logs[0].clone();
    let invited = Proposal { event: Event::Invite(room_name("#b")), ..said.clone() };
    let given = commit(ledger, vec![said, invited]);
    let search = Search { logs: vec![log.clone()], words: vec!["둘만".into()], ..Search::default() };
    let found = look(ledger, &search, 9).entries;
    let reader = reader(ledger);
    let read = reader.read(&log, Seq(0), 9).expect("readable").entries;
    let last = reader.last_messages(&log, Seq(9), 9).expect("readable").entries;
    let since = reader.stretch(&log, &Stretch::of(Span::Since(Time(0)), false), 9).expect("readable").entries;
    assert_eq!(read, given);
    for entries in [found, last, since] {
        assert_eq!(entries, given[..1], "a message and nothing else");
    }
    assert_eq!(format!("{:?}", read[0]), format!("{:?}", given[0]), "names as they were written");
    commit(ledger, vec![proposal_in(&log, Event::Redact(Seq(1), Text::new("")))]);
    let stone = &reader.last_messages(&log, Seq(9), 9).expect("readable").entries[0];
    assert_eq!((&stone.event, &stone.to), (&Event::Redacted, &given[0].to));
}

fn proposal_in(log: &LogId, event: Event) -> Proposal {
    Proposal { logs: [log.clone()].into_iter().collect(), ..proposal(&[], event) }
}
