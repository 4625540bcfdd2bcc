//! What admins may ask for. Whatever changes something is an entry in the audit room, in the words in which it was asked for.

use smallvec::smallvec;

use super::{Pending, rule};
use crate::identity::AUDIT;
use crate::rule::listing;
use crate::state::Effects;
use crate::{
    AccountState, Effect, Entry, Event, Hall, Keep, Listing, LogId, Mask, Nick, PersonId, Proof, Refusal, Reply,
    RoomName, RoomState, Rules, Secret, SessionId, Subject, Text, Time, accounts, network,
};

/// What an admin asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admin {
    /// Which accounts there are.
    Accounts,
    /// Which rooms there are, hidden ones too.
    Rooms,
    /// Who is connected, and from where.
    Connected,
    /// Who is kept out of the hall.
    Bars,
    /// Keep somebody out of the hall, for so many seconds or for ever, for this reason.
    Bar(Whom, Option<u64>, Text),
    /// Keep them out no longer.
    Unbar(Whom),
    /// Say something to everybody.
    Announce(Text),
    /// Close somebody's connections.
    Kill(Nick, Text),
    /// Make an account an admin's, or no admin's.
    Grant(Nick, bool),
    /// Make an account.
    Create(Nick, Secret),
    /// Give an account another password.
    Reset(Nick, Secret),
    /// Delete an account; its rooms belong to nobody any more.
    Delete(Nick),
    /// Take a room from its owner, with all its rules.
    Drop(RoomName),
    /// Take nobody in any more, and stop.
    Drain,
    /// Read the configuration again.
    Rehash,
    /// Say something to admins and to whoever wants to hear it.
    Wallops(Text),
}

/// Who is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    /// Who is called so.
    Nick(Nick),
    /// Whom this mask fits.
    Mask(Mask),
    /// Who comes from this network, as it was written.
    Network(String),
}

/// Why and for how long somebody is kept out of the hall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Barred {
    /// Until when, and why.
    pub listing: Listing,
    /// Who decided it, as they were called.
    pub by: Box<str>,
    /// When.
    pub at: Time,
}

/// What stands before an account in the list of those who are kept out.
const ACCOUNT: &str = "account:";
const BAR: &str = "bar:";

impl Barred {
    /// The field in which it is remembered whom this is about.
    pub(crate) fn field(bar: &str) -> String {
        format!("{BAR}{bar}")
    }

    pub(crate) fn read(field: &str, value: &str) -> Option<(String, Self)> {
        let bar = field.strip_prefix(BAR)?;
        let mut words = value.splitn(4, ' ');
        let (until, at, by) = (words.next()?, words.next()?.parse().ok()?, words.next()?);
        let listing = listing(until, words.next()?).ok()?;
        Some((bar.to_owned(), Self { listing, by: by.into(), at: Time(at) }))
    }

    fn write(&self) -> String {
        let Listing { until, reason } = &self.listing;
        format!("{} {} {} {}", until.map_or(0, |t| t.0), self.at.0, self.by, reason.as_str())
    }

    fn holds(&self, now: Time) -> bool {
        self.listing.until.is_none_or(|until| now < until)
    }
}

impl Hall {
    pub(super) fn admin(&mut self, session: SessionId, asked: Admin, out: &mut Effects) -> Result<(), Refusal> {
        if !self.is_admin(session) {
            return Err(Refusal::NotAdmin);
        }
        match asked {
            Admin::Accounts => self.list_accounts(session, out),
            Admin::Rooms => self.list_all_rooms(session, out),
            Admin::Connected => self.list_connected(session, out),
            Admin::Bars => {
                let holds = self.barred.iter().filter(|(_, barred)| barred.holds(self.now));
                let bars = holds.map(|(bar, barred)| (bar.clone(), barred.clone())).collect();
                out.push(Effect::Reply(session, Reply::Bars(bars), self.head));
            }
            Admin::Bar(whom, seconds, reason) => self.bar(session, whom, seconds, reason, out)?,
            Admin::Unbar(whom) => self.unbar(session, whom, out)?,
            Admin::Announce(text) => self.audit(session, &format!("announce {}", text.as_str()), vec![], out),
            Admin::Kill(nick, reason) => {
                let id = self.nicks.get(&nick).ok_or_else(|| Refusal::NoSuchPerson(nick.clone()))?;
                let nick = self.people[id].called().clone();
                self.audit(session, format!("kill {nick} {}", reason.as_str()).trim_end(), vec![], out);
            }
            Admin::Grant(nick, on) => {
                let (id, name) = self.account_called(&nick)?;
                let mut keeps = vec![accounts::field(id, "admin", on.then(|| "on".to_owned()))];
                keeps.extend((!on).then(|| accounts::stays(id, &audit_room(), false)));
                let words = format!("{} {name}", if on { "grant" } else { "revoke" });
                self.audit(session, &words, keeps, out);
            }
            Admin::Create(nick, password) => {
                self.may_be_account(&nick)?;
                if self.nicks.contains_key(&nick) {
                    return Err(Refusal::NickInUse(nick));
                }
                self.prove(session, Pending::Create(nick), Proof::Derive(password), out);
            }
            Admin::Reset(nick, password) => {
                let (id, name) = self.account_called(&nick)?;
                self.prove(session, Pending::Reset(id, name), Proof::Derive(password), out);
            }
            Admin::Delete(nick) => {
                let (id, name) = self.account_called(&nick)?;
                let rooms = self.rooms_owned(id);
                let mut keeps = vec![Keep::Forget(accounts::subject(id)), unbarred(&name)];
                keeps.extend(rooms.iter().map(|room| rule::set(room, "owner", None)));
                self.audit(session, &format!("delete {name}"), keeps, out);
            }
            Admin::Drop(room) => {
                if self.rules.of(&room).is_none() {
                    return Err(Refusal::NoSuchRoom(room));
                }
                let words = format!("drop {room}");
                self.audit(session, &words, vec![Keep::Forget(Subject::Room(room))], out);
            }
            Admin::Drain => self.audit(session, "drain", vec![], out),
            Admin::Rehash => self.audit(session, "rehash", vec![], out),
            Admin::Wallops(text) => self.audit(session, &format!("wallops {}", text.as_str()), vec![], out),
        }
        Ok(())
    }

    fn bar(
        &mut self,
        session: SessionId,
        whom: Whom,
        seconds: Option<u64>,
        reason: Text,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        let bar = self.bar_of(whom)?;
        if self.barred.len() >= self.limits.watched_addresses {
            return Err(Refusal::TooMany(self.limits.watched_addresses));
        }
        let by = self.people[&self.person_of(session)].called().as_str().into();
        let for_time = seconds.map_or(String::new(), |s| format!(" {s}s"));
        let words = format!("ban {bar}{for_time} {}", reason.as_str());
        let barred = Barred { listing: Listing { until: self.until(seconds), reason }, by, at: self.now };
        // What has run out is forgotten when there is an occasion.
        let over = self.barred.iter().filter(|(other, b)| **other != bar && !b.holds(self.now));
        let mut keeps: Vec<_> = over.map(|(bar, _)| Keep::field(Subject::Hall, Barred::field(bar), None)).collect();
        keeps.push(Keep::field(Subject::Hall, Barred::field(&bar), Some(barred.write())));
        self.audit(session, words.trim_end(), keeps, out);
        Ok(())
    }

    fn unbar(&mut self, session: SessionId, whom: Whom, out: &mut Effects) -> Result<(), Refusal> {
        let bar = self.bar_of(whom)?;
        if !self.barred.contains_key(&bar) {
            return Err(Refusal::NotListed(bar));
        }
        let keep = Keep::field(Subject::Hall, Barred::field(&bar), None);
        self.audit(session, &format!("unban {bar}"), vec![keep], out);
        Ok(())
    }

    pub(super) fn create_account(
        &mut self,
        session: SessionId,
        nick: Nick,
        verifier: Secret,
        out: &mut Effects,
    ) -> Result<(), Refusal> {
        self.may_be_account(&nick)?;
        if self.nicks.contains_key(&nick) {
            return Err(Refusal::NickInUse(nick));
        }
        let id = PersonId(self.next_person);
        self.next_person += 1;
        self.reserved.push((id, nick.clone()));
        let keeps = self.new_account(id, &nick, verifier);
        self.audit(session, &format!("create {nick}"), keeps, out);
        Ok(())
    }

    /// Has something that an admin does recorded.
    pub(super) fn audit(&mut self, session: SessionId, words: &str, keeps: Vec<Keep>, out: &mut Effects) {
        let room = audit_room();
        self.propose_keeping(session, smallvec![LogId::Room(room)], Event::Audit(Text::new(words)), keeps, out);
    }

    /// Something that an admin did is on the record: what follows from it at once.
    pub(crate) fn audited(&mut self, entry: &Entry, words: &Text, out: &mut Effects) {
        let (session, by) = (entry.author.session, &entry.author.nick);
        let (what, rest) = words.as_str().split_once(' ').unwrap_or((words.as_str(), ""));
        out.push(Effect::Reply(session, Reply::Done(words.clone()), self.head));
        match what {
            "announce" => {
                // Who says it has been told that it was said.
                for session in self.sessions.keys().filter(|other| **other != session && !self.door(**other).any()) {
                    out.push(Effect::Reply(*session, Reply::Announced(by.clone(), Text::new(rest)), self.head));
                }
            }
            "kill" => {
                let (nick, reason) = rest.split_once(' ').unwrap_or((rest, ""));
                let id = Nick::recorded(nick, usize::MAX).ok().and_then(|nick| self.nicks.get(&nick).copied());
                let sessions = id.and_then(|id| self.people.get(&id)).map(|p| p.sessions.to_vec());
                self.put_away(&sessions.unwrap_or_default(), &Text::new(reason), out);
            }
            "ban" | "unban" => {
                out.push(Effect::Bars(self.bars()));
                let barred = self.sessions.keys().filter_map(|s| Some((*s, self.barred_session(*s)?)));
                let barred: Vec<_> = barred.map(|(s, b)| (s, b.listing.reason.clone())).collect();
                barred.iter().for_each(|(session, reason)| self.put_away(&[*session], reason, out));
            }
            "drain" => out.push(Effect::Drain),
            "rehash" => out.push(Effect::Reload),
            "wallops" => {
                let hears = |known: &crate::state::Session| known.rare.as_ref().is_some_and(|rare| rare.wallops);
                for (session, _) in self.sessions.iter().filter(|(session, s)| hears(s) || self.is_admin(**session)) {
                    let wallops = Reply::Wallops(Box::new(entry.author.clone()), Text::new(rest));
                    out.push(Effect::Reply(*session, wallops, self.head));
                }
            }
            "revoke" => self.leave_audit(rest, out),
            "delete" => {
                for keep in &entry.keeps {
                    if let Keep::Forget(Subject::Account(id)) = keep {
                        self.send_home(*id, out);
                    }
                }
            }
            _ => {}
        }
    }

    /// Which networks are kept out of the hall, each until a time or for ever.
    #[must_use]
    pub fn bars(&self) -> Vec<(ipnet::IpNet, Option<Time>)> {
        let nets = self.barred.iter().filter_map(|(bar, barred)| Some((network(bar)?, barred.listing.until)));
        nets.collect()
    }

    pub(super) fn put_away(&self, sessions: &[SessionId], reason: &Text, out: &mut Effects) {
        for session in sessions {
            out.push(Effect::Reply(*session, Reply::Killed(reason.clone()), self.head));
            out.push(Effect::Close(*session));
        }
    }

    pub(super) fn barred_session(&self, session: SessionId) -> Option<&Barred> {
        let known = self.sessions.get(&session).filter(|known| !known.origin.local)?;
        let account = self.accounts.get(known.person).and_then(|account| self.barred_account(&account.name));
        account.or_else(|| {
            let address = known.origin.address.to_canonical();
            let holds = self.barred.iter().filter(|(_, barred)| barred.holds(self.now));
            holds.filter(|(bar, _)| network(bar).is_some_and(|net| net.contains(&address))).map(|(_, b)| b).next()
        })
    }

    /// Whether an account is kept out of the hall.
    pub(crate) fn barred_account(&self, name: &Nick) -> Option<&Barred> {
        self.barred.get(&format!("{ACCOUNT}{}", name.key())).filter(|barred| barred.holds(self.now))
    }

    fn bar_of(&self, whom: Whom) -> Result<String, Refusal> {
        match whom {
            Whom::Network(text) => {
                network(&text).map(|net| net.to_string()).ok_or_else(|| Refusal::BadNetwork(text.clone()))
            }
            Whom::Nick(nick) => {
                let (_, name) = self.account_called(&nick)?;
                Ok(format!("{ACCOUNT}{}", name.key()))
            }
            Whom::Mask(mask) => Err(Refusal::BadNetwork(mask.to_string())),
        }
    }

    fn account_called(&self, nick: &Nick) -> Result<(PersonId, Nick), Refusal> {
        let id = self.accounts.owner(nick).ok_or_else(|| Refusal::NoSuchAccount(nick.clone()))?;
        let account = self.accounts.get(id).ok_or_else(|| Refusal::NoSuchAccount(nick.clone()))?;
        Ok((id, account.name.clone()))
    }

    /// Who is no admin any more is not in the audit room either.
    fn leave_audit(&mut self, name: &str, out: &mut Effects) {
        let id = Nick::recorded(name, usize::MAX).ok().and_then(|name| self.accounts.owner(&name));
        if let Some(id) = id.filter(|id| self.people.get(id).is_some_and(|p| p.presence(&audit_room()).is_some())) {
            let room = audit_room();
            let heard = self.rooms.get(&room).map_or(self.head, |r| r.feed.head());
            self.put_out(id, &room, heard, out);
        }
    }

    fn list_accounts(&self, session: SessionId, out: &mut Effects) {
        let mut accounts: Vec<_> = self
            .accounts
            .iter()
            .map(|(id, account)| AccountState {
                name: account.name.clone(),
                admin: account.admin,
                sessions: self.people.get(&id).map_or(0, |person| person.sessions.len()),
            })
            .collect();
        accounts.sort_by(|a, b| b.sessions.cmp(&a.sessions).then_with(|| a.name.cmp(&b.name)));
        let more = cut(&mut accounts, self.limits.history_entries);
        out.push(Effect::Reply(session, Reply::Accounts { accounts, more }, self.head));
    }

    fn list_all_rooms(&self, session: SessionId, out: &mut Effects) {
        let names: std::collections::BTreeSet<_> = self.rooms.keys().chain(self.rules.iter().map(|(n, _)| n)).collect();
        let state = |name: &RoomName| {
            let rules = self.rules.of(name);
            let owner = rules.and_then(|rules| rules.owner).and_then(|id| self.accounts.get(id));
            RoomState {
                name: name.clone(),
                people: self.rooms.get(name).map_or(0, |room| room.members.len()),
                owner: owner.map(|account| account.name.clone()),
                secret: rules.is_some_and(Rules::is_secret),
            }
        };
        let mut rooms: Vec<_> = names.into_iter().map(state).collect();
        rooms.sort_by(|a, b| b.people.cmp(&a.people).then_with(|| a.name.cmp(&b.name)));
        let more = cut(&mut rooms, self.limits.history_entries);
        out.push(Effect::Reply(session, Reply::AllRooms { rooms, more }, self.head));
    }

    fn list_connected(&self, session: SessionId, out: &mut Effects) {
        let most = self.limits.history_entries;
        let sessions = self.sessions.keys().take(most).filter_map(|s| self.session_info(*s)).collect();
        let more = self.sessions.len().saturating_sub(most);
        out.push(Effect::Reply(session, Reply::Connected { sessions, more }, self.head));
    }
}

/// Whoever registers the name next is not kept out for what its owner did.
pub(super) fn unbarred(name: &Nick) -> Keep {
    Keep::field(Subject::Hall, Barred::field(&format!("{ACCOUNT}{}", name.key())), None)
}

/// Where everything that admins do is recorded.
pub(crate) fn audit_room() -> RoomName {
    RoomName::recorded(AUDIT, usize::MAX).expect("it is a name")
}

fn cut<T>(list: &mut Vec<T>, most: usize) -> usize {
    let more = list.len().saturating_sub(most);
    list.truncate(most);
    more
}
