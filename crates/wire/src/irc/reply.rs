//! What the hall answers, in numerics and lines.

use hall::{Coming, Command, Look, Me, Nick, Noting, OwnMode, Reply, RoomName, Rules, Target, Topic};

use super::caps::Cap;
use super::client::{Around, Asking, Client};
use super::line::Line;
use super::numeric as n;
use super::show::{flag_letter, list_letter, mask, prefix, real_name, signal};
use super::support;
use crate::{Codec, Lang};

/// An answer in lines, and what is to be asked next to complete it.
#[derive(Debug, Default)]
pub struct Told {
    /// The lines.
    pub bytes: Vec<u8>,
    /// What is asked next.
    pub then: Option<Command>,
}

impl Client {
    /// A numeric to the client, begun.
    pub(crate) fn begin<'o>(&self, out: &'o mut Vec<u8>, around: &Around<'_>, number: u16) -> Line<'o> {
        Line::new(out).source(&around.house().server).numeric(number).param(self.called(around))
    }

    /// A numeric to the client, with the last parameter as a text.
    pub(crate) fn put(&self, out: &mut Vec<u8>, around: &Around<'_>, number: u16, params: &[&str], text: &str) {
        params.iter().fold(self.begin(out, around, number), |line, param| line.param(param)).trailing(text).end();
    }

    /// A notice of the server's to the client.
    pub(crate) fn put_notice(&self, out: &mut Vec<u8>, around: &Around<'_>, text: &str) {
        let line = Line::new(out).source(&around.house().server).command("NOTICE");
        line.param(self.called(around)).trailing(text).end();
    }

    /// The lines of an answer.
    pub fn reply(&mut self, reply: &Reply, around: &Around<'_>) -> Told {
        let mut told = Told::default();
        let out = &mut told.bytes;
        if matches!(self.asking, Asking::Service(_)) && !is_of_dialect(reply) {
            self.put_service_reply(reply, around, out);
            return told;
        }
        match reply {
            Reply::Entered { census, always_on, admin, notes } => {
                self.inside = true;
                support::put_welcome(self, around, census, *always_on, notes, out);
                self.put_own_modes(*admin, around, out);
            }
            Reply::Named { nick, old, .. } => self.is_named(nick, old.as_ref(), around, out),
            Reply::Joined { room, topic, how, read, .. } => {
                if matches!(how, Coming::There | Coming::Unrecorded) {
                    self.put_own_join(room, around, out);
                }
                if let Some(topic) = topic {
                    self.put_topic(room, topic, around, out);
                }
                self.put_marker(room.as_str(), *read, around, out);
                told.then = self.then_names(room);
            }
            Reply::Renamed { .. } => told.then = self.put_renamed(reply, around, out),
            Reply::Topic(room, None) => {
                let text = self.lang().pick("No topic is set", "주제가 없습니다");
                self.put(out, around, n::RPL_NOTOPIC, &[room.as_str()], text);
            }
            Reply::Topic(room, Some(topic)) => self.put_topic(room, topic, around, out),
            Reply::Names { room, names, more, secret } => {
                self.put_names(room, names, *secret, more.is_some(), around, out);
                let guises = self.style.caps.has(Cap::UserhostInNames);
                told.then = more.map(|more| Command::Look(Look::Names(room.clone(), Some(more), guises)));
                if more.is_none() && self.to_sync.contains(room) {
                    self.to_sync.retain(|other| other != room);
                    told.then = Some(Command::Metadata(Some(Target::Room(room.clone())), Noting::SyncSoon));
                }
            }
            Reply::People { people, more } => {
                self.put_people(people, more.is_some(), around, out);
                told.then = more.and_then(|more| self.look_on(more, around));
            }
            Reply::Noted(noted) => told.then = self.put_noted(noted, around, out),
            Reply::Monitor { here, absent } => {
                self.put_monitored(here, absent, around, out);
                told.then = self.sync_monitored(here, around, out);
            }
            other => self.reply_rest(other, around, out),
        }
        told
    }

    /// What is asked to be told of more people.
    fn look_on(&self, after: hall::PersonId, around: &Around<'_>) -> Option<Command> {
        let Asking::Who { mask, .. } = &self.asking else { return None };
        Some(Command::Look(match RoomName::new(mask, around.hall.room_name_chars) {
            Ok(room) => Look::Members(room, Some(after)),
            Err(_) => Look::Masked(hall::Glob::new(if mask == "0" { "*" } else { mask }), Some(after)),
        }))
    }

    fn is_named(&mut self, nick: &Nick, old: Option<&Nick>, around: &Around<'_>, out: &mut Vec<u8>) {
        self.named = true;
        // Before it has come in, it is told what it is called when it does. Otherwise an entry says so, if others see it.
        if let Some(old) = old.filter(|old| self.inside && old.as_str() != nick.as_str()) {
            let from = format!("{old}!{}", around.me.guise.seen());
            Line::new(out).source(&from).command("NICK").trailing(nick.as_str()).end();
        }
    }

    /// The client's person is another, who is called otherwise.
    fn is_renamed(&self, was: &Nick, nick: &Nick, around: &Around<'_>, out: &mut Vec<u8>) {
        if self.inside && was.as_str() != nick.as_str() {
            let from = format!("{was}!{}", around.me.guise.seen());
            Line::new(out).source(&from).command("NICK").trailing(nick.as_str()).end();
        }
    }

    pub(crate) fn put_own_join(&self, room: &RoomName, around: &Around<'_>, out: &mut Vec<u8>) {
        let me = around.me;
        let line =
            Line::new(out).source(&format!("{}!{}", me.nick, me.guise.seen())).command("JOIN").param(room.as_str());
        if self.style.caps.has(Cap::ExtendedJoin) {
            line.param(me.account.as_ref().map_or("*", Nick::as_str)).trailing(real_name(&me.guise, &me.nick)).end();
        } else {
            line.end();
        }
    }

    pub(crate) fn put_topic(&self, room: &RoomName, topic: &Topic, around: &Around<'_>, out: &mut Vec<u8>) {
        self.put(out, around, n::RPL_TOPIC, &[room.as_str()], topic.text.as_str());
        if let (Some(by), Some(at)) = (&topic.by, topic.at) {
            let line = self.begin(out, around, n::RPL_TOPICWHOTIME).param(room.as_str()).param(by.as_str());
            line.param(&(at.0 / 1_000).to_string()).end();
        }
    }

    fn put_own_modes(&self, admin: bool, around: &Around<'_>, out: &mut Vec<u8>) {
        let modes = own_modes(around.me.guise.is_bot(), admin, false, around.secure);
        let line = Line::new(out).source(around.me.nick.as_str()).command("MODE").param(around.me.nick.as_str());
        line.param(&modes).end();
    }

    /// The rest of the answers, of which most are one line.
    #[allow(clippy::too_many_lines)] // One arm each.
    fn reply_rest(&mut self, reply: &Reply, around: &Around<'_>, out: &mut Vec<u8>) {
        let (lang, me) = (self.lang(), around.me);
        match reply {
            Reply::Census(census) => self.put_census(census, around, out),
            Reply::Gone(gone) => self.put_gone(gone, around, out),
            Reply::Monitored(list) => self.put_monitor_list(list, around, out),
            Reply::Rooms { rooms, .. } => self.put_list(rooms, around, out),
            Reply::Rules { room, rules, since, .. } => {
                let (modes, params) = room_modes(rules);
                let line = self.begin(out, around, n::RPL_CHANNELMODEIS).param(room.as_str()).param(&modes);
                params.iter().fold(line, |line, param| line.param(param)).end();
                if let Some(since) = since {
                    let line = self.begin(out, around, n::RPL_CREATIONTIME).param(room.as_str());
                    line.param(&(since.0 / 1_000).to_string()).end();
                }
            }
            Reply::Redirected(old, new) => {
                let text = lang.pick("The channel has been renamed", "방의 이름이 바뀌었습니다");
                self.put(out, around, n::ERR_LINKCHANNEL, &[old.as_str(), new.as_str()], text);
            }
            Reply::List(room, list, masks) => self.put_masks(room, *list, masks, around, out),
            Reply::Invitations(rooms) => {
                for room in rooms {
                    self.begin(out, around, n::RPL_INVITELIST_SELF).param(room.as_str()).end();
                }
                self.put(
                    out,
                    around,
                    n::RPL_ENDOFINVITELIST_SELF,
                    &[],
                    self.lang().pick("End of /INVITE list", "INVITE 목록 끝"),
                );
            }
            Reply::Invited(nick, room) => {
                self.begin(out, around, n::RPL_INVITING).param(nick.as_str()).param(room.as_str()).end();
            }
            Reply::Invites { by, who, room } if self.style.caps.has(Cap::InviteNotify) => {
                Line::new(out).source(&prefix(by)).command("INVITE").param(who.as_str()).param(room.as_str()).end();
            }
            Reply::Delivered(nick, Some(away)) => self.put(out, around, n::RPL_AWAY, &[nick.as_str()], away.as_str()),
            Reply::Kept(nick) => {
                self.put(out, around, n::RPL_AWAY, &[nick.as_str()], kept(lang));
            }
            Reply::Away(true) => {
                let text = lang.pick("You have been marked as being away", "자리를 비운 것으로 알립니다");
                self.put(out, around, n::RPL_NOWAWAY, &[], text);
            }
            Reply::Away(false) => {
                let text = lang.pick("You are no longer marked as being away", "돌아온 것으로 알립니다");
                self.put(out, around, n::RPL_UNAWAY, &[], text);
            }
            Reply::Guise(guise) => {
                let from = format!("{}!{}", me.nick, guise.seen());
                if self.asking == Asking::Setname && self.style.caps.has(Cap::Setname) {
                    Line::new(out).source(&from).command("SETNAME").trailing(guise.real_name()).end();
                } else if !matches!(self.asking, Asking::Setname | Asking::OwnModes) && self.inside {
                    self.put(
                        out,
                        around,
                        n::RPL_VISIBLEHOST,
                        &[guise.host()],
                        self.lang().pick("is now your displayed host", "이제 이렇게 보입니다"),
                    );
                }
            }
            Reply::Seen(seen) if self.style.caps.has(Cap::ExtendedMonitor) => {
                let (author, event) = &**seen;
                self.put_seen(author, event, around, out);
            }
            Reply::Beside(seen) => {
                let (author, event) = &**seen;
                self.put_seen(author, event, around, out);
            }
            Reply::Passed(passed) if self.style.caps.has(Cap::EchoMessage) => {
                let (author, target, tags) = &**passed;
                out.extend_from_slice(&signal(author, target, tags, around.now, self.style));
            }
            Reply::Modes { bot, admin, wallops, secure, changed: None } => {
                let modes = own_modes(*bot, *admin, *wallops, *secure);
                self.begin(out, around, n::RPL_UMODEIS).param(&modes).end();
            }
            Reply::Modes { bot, admin, wallops, changed: Some(changed), .. } => {
                let (on, letter) = match changed {
                    OwnMode::Bot => (*bot, 'B'),
                    OwnMode::Admin => (*admin, 'o'),
                    OwnMode::Wallops => (*wallops, 'w'),
                };
                let line = Line::new(out).source(me.nick.as_str()).command("MODE").param(me.nick.as_str());
                line.param(&format!("{}{letter}", if on { '+' } else { '-' })).end();
            }
            Reply::Oper => {
                let text = lang.pick("You are now an IRC operator", "이제 관리자입니다");
                self.put(out, around, n::RPL_YOUREOPER, &[], text);
                let line = Line::new(out).source(me.nick.as_str()).command("MODE").param(me.nick.as_str());
                line.param("+o").end();
            }
            Reply::Wallops(author, text) => {
                Line::new(out).source(&prefix(author)).command("WALLOPS").trailing(text.as_str()).end();
            }
            Reply::Pong(token) if token.is_empty() => {}
            Reply::Pong(token) => {
                let server = &around.house().server;
                Line::new(out).source(server).command("PONG").param(server).trailing(token).end();
            }
            Reply::LoggedIn { account, nick, was } => {
                self.is_renamed(was, nick, around, out);
                self.is_logged_in(account, around, out);
            }
            Reply::Left(room, was) if self.inside => {
                let from = format!("{was}!{}", me.guise.seen());
                Line::new(out).source(&from).command("PART").param(room.as_str()).end();
            }
            Reply::LoggedOut(nick, was) => {
                self.is_renamed(was, nick, around, out);
                self.put(
                    out,
                    around,
                    n::RPL_LOGGEDOUT,
                    &[&self.own_prefix(around)],
                    self.lang().pick("You are now logged out", "로그아웃했습니다"),
                );
            }
            Reply::Registered(account) if self.asking == Asking::Register => {
                let text = lang.pick("Account created", "계정을 만들었습니다");
                let line = Line::new(out).source(&around.house().server).command("REGISTER").param("SUCCESS");
                line.param(account.as_str()).trailing(text).end();
                self.is_logged_in(account, around, out);
            }
            Reply::Account(info) if self.asking == Asking::Persistence => {
                self.put_persistence(info.always_on, around, out)
            }
            Reply::Deed(hall::Deed::AlwaysOn(on)) if self.asking == Asking::Persistence => {
                self.put_persistence(*on, around, out);
            }
            Reply::NoAccount if self.asking == Asking::Persistence => {
                let text = lang.pick("That takes an account", "계정이 있어야 합니다");
                self.put_fail(out, around, "FAIL", "PERSISTENCE", "ACCOUNT_REQUIRED", &[], text);
            }
            Reply::Announced(by, text) => {
                let text = text.as_str();
                let told = lang.pick(format!("Announcement by {by}: {text}"), format!("{by} 님의 공지: {text}"));
                self.put_notice(out, around, &told);
            }
            Reply::Killed(reason) => {
                let why = if reason.as_str().is_empty() { "-" } else { reason.as_str() };
                let killed = lang.pick("Killed", "쫓겨남");
                Line::new(out).command("ERROR").trailing(&format!("Closing Link: {} ({killed}: {why})", me.nick)).end();
            }
            Reply::SentAway => {
                let text =
                    lang.pick("Closing Link: logged out elsewhere", "Closing Link: 다른 곳에서 로그아웃했습니다");
                Line::new(out).command("ERROR").trailing(text).end();
            }
            Reply::Closing => {
                let text = lang.pick("Closing Link: the hall is closing", "Closing Link: 서버를 닫습니다");
                Line::new(out).command("ERROR").trailing(text).end();
            }
            Reply::Flooded => {
                let text = lang.pick("Closing Link: Excess Flood", "Closing Link: 너무 많이 보냈습니다");
                Line::new(out).command("ERROR").trailing(text).end();
            }
            Reply::Done(_) if self.asking == Asking::Rehash => {
                self.put(out, around, n::RPL_REHASHING, &["maru.toml"], lang.pick("Rehashing", "설정을 다시 읽습니다"));
            }
            Reply::Replay(entries) => self.put_replay(entries, around, out),
            Reply::History { entries, .. } => self.put_history(entries, around, out),
            Reply::Found { entries, .. } => self.put_found(entries, around, out),
            Reply::Conversations(targets) => self.put_targets(targets, around, out),
            Reply::Marker(target, until) if !matches!(self.asking, Asking::Service(_)) => {
                self.put_marker(target, *until, around, out);
            }
            Reply::Gap => {
                let text =
                    lang.pick("Some messages here are no longer kept", "이 사이의 메시지 일부는 남아 있지 않습니다");
                self.put_notice(out, around, text);
            }
            Reply::Slowed(rate) => {
                let text = lang.pick(
                    format!("Not so fast: your messages are taken at {rate} a second; none is lost"),
                    format!("너무 빠릅니다. 1초에 {rate}개씩 받습니다. 버려지는 메시지는 없습니다"),
                );
                self.put_notice(out, around, &text);
            }
            // What an entry says that the client is shown, and what only plain lines say.
            _ => {}
        }
    }

    pub(crate) fn put_persistence(&self, on: bool, around: &Around<'_>, out: &mut Vec<u8>) {
        let word = if on { "ON" } else { "OFF" };
        let line = Line::new(out).source(&around.house().server).command("PERSISTENCE").param("STATUS");
        line.param(word).param(word).end();
    }

    /// Something that somebody did whom the client is told of, and shares no room with.
    fn put_seen(&self, author: &hall::Author, event: &hall::Event, around: &Around<'_>, out: &mut Vec<u8>) {
        let entry = hall::Entry {
            seq: hall::Seq(0),
            at: around.now,
            author: author.clone(),
            logs: hall::Logs::new(),
            event: event.clone(),
            to: None,
            tags: None,
            keeps: Vec::new(),
        };
        if self.style.shows(&entry, None) {
            let caps = self.style.caps.with(Cap::MessageTags, false);
            let style = super::Style { caps, ..self.style };
            super::show::put(&entry, style, around.codec, super::show::Place::Live, out);
        }
    }

    pub(crate) fn own_prefix(&self, around: &Around<'_>) -> String {
        format!("{}!{}", self.called(around), around.me.guise.seen())
    }

    fn is_logged_in(&mut self, account: &Nick, around: &Around<'_>, out: &mut Vec<u8>) {
        // Whoever has an account has a name.
        self.named = true;
        let text = self.lang().pick("You are now logged in as", "이 계정으로 들어왔습니다:");
        let from = self.own_prefix(around);
        self.put(out, around, n::RPL_LOGGEDIN, &[&from, account.as_str()], &format!("{text} {account}"));
        if self.is_proved() {
            self.put(
                out,
                around,
                n::RPL_SASLSUCCESS,
                &[],
                self.lang().pick("SASL authentication successful", "인증했습니다"),
            );
        }
    }

    fn put_masks(
        &self,
        room: &RoomName,
        list: hall::List,
        masks: &[(hall::Mask, hall::Listed)],
        around: &Around<'_>,
        out: &mut Vec<u8>,
    ) {
        let (each, end) = match list {
            hall::List::Ban => (n::RPL_BANLIST, n::RPL_ENDOFBANLIST),
            hall::List::Quiet => (n::RPL_QUIETLIST, n::RPL_ENDOFQUIETLIST),
            hall::List::Exception => (n::RPL_EXCEPTLIST, n::RPL_ENDOFEXCEPTLIST),
            hall::List::Invited => (n::RPL_INVEXLIST, n::RPL_ENDOFINVEXLIST),
        };
        let letter = list_letter(list).to_string();
        let quiet = list == hall::List::Quiet;
        for (masked, listed) in masks {
            let line = self.begin(out, around, each).param(room.as_str());
            let line = if quiet { line.param(&letter) } else { line };
            line.param(&mask(masked)).param(&listed.by).param(&(listed.at.0 / 1_000).to_string()).end();
        }
        let line = self.begin(out, around, end).param(room.as_str());
        let line = if quiet { line.param(&letter) } else { line };
        line.trailing(self.lang().pick("End of list", "목록 끝")).end();
    }
}

/// What a client is told by whoever reads from it and writes to it, and knows no more of it.
#[must_use]
pub fn aside(reply: &Reply, style: super::Style, codec: &Codec) -> Vec<u8> {
    let me = Me {
        nick: Nick::new("a", 1).expect("it is a nick"),
        guise: hall::Guise::unknown(),
        account: None,
        inside: true,
    };
    let (hall, wire) = (hall::Limits::default(), crate::Limits::default());
    let around = Around {
        codec,
        hall: &hall,
        wire: &wire,
        me: &me,
        now: hall::Time(0),
        secure: false,
        offer: &super::Offer::default(),
        lang: style.lang,
    };
    // Not knowing what it is called, one says `*`.
    Client { style, ..Client::default() }.reply(reply, &around).bytes
}

/// What is said of somebody who is away because they are not there, and to whom it will be given when they come.
#[must_use]
pub fn kept(lang: Lang) -> &'static str {
    lang.pick("is not here; it is kept for them", "지금 없어서, 들어오면 전해 드립니다")
}

/// Whether an answer is one that plain lines do not know, whoever has asked.
fn is_of_dialect(reply: &Reply) -> bool {
    matches!(
        reply,
        Reply::Joined { .. }
            | Reply::Renamed { .. }
            | Reply::Names { .. }
            | Reply::LoggedIn { .. }
            | Reply::LoggedOut(..)
            | Reply::Left(..)
            | Reply::Killed(_)
            | Reply::Closing
            | Reply::Monitor { .. }
            | Reply::Noted(_)
            | Reply::Seen(_)
            | Reply::Beside(_)
            | Reply::Guise(_)
            | Reply::Named { .. }
            | Reply::Replay(_)
            // What nobody has asked for, and the helper least of all.
            | Reply::PutOut { .. }
            | Reply::Announced(..)
            | Reply::Wallops(..)
            | Reply::Invites { .. }
            | Reply::Gap
            | Reply::Slowed(_)
            | Reply::Flooded
            | Reply::SentAway
    )
}

/// The modes of a room, and what they take.
fn room_modes(rules: &Rules) -> (String, Vec<String>) {
    let mut modes = "+n".to_owned();
    let mut params = Vec::new();
    modes.extend(rules.flags.iter().map(|flag| flag_letter(*flag)));
    if let Some(key) = &rules.key {
        modes.push('k');
        // It is shown to those who may change it; a key that is no word cannot be.
        let key = key.expose();
        params.push(if key.contains(' ') || key.starts_with(':') { "*".to_owned() } else { key.to_owned() });
    }
    if let Some(most) = rules.limit {
        modes.push('l');
        params.push(most.to_string());
    }
    if let Some(seconds) = rules.slow_s {
        modes.push('S');
        params.push(seconds.to_string());
    }
    (modes, params)
}

/// What holds for oneself.
fn own_modes(bot: bool, admin: bool, wallops: bool, secure: bool) -> String {
    let modes = [('B', bot), ('Z', secure), ('i', true), ('o', admin), ('w', wallops)];
    std::iter::once('+').chain(modes.iter().filter(|(_, on)| *on).map(|(letter, _)| *letter)).collect()
}
