//! Being told when somebody comes and goes, by the name.

use smallvec::SmallVec;

use crate::command::Monitor;
use crate::state::Effects;
use crate::{Author, Effect, Event, Guise, Hall, LogId, Nick, PersonId, Refusal, Reply, SessionId};

impl Hall {
    pub(super) fn monitor(&mut self, session: SessionId, asked: Monitor, out: &mut Effects) -> Result<(), Refusal> {
        match asked {
            Monitor::Add(nicks) => return self.monitor_more(session, nicks, out),
            Monitor::Remove(nicks) => nicks.iter().for_each(|nick| self.monitor_less(session, nick)),
            Monitor::Clear => self.monitor_nobody(session),
            Monitor::List => {
                let list = self.monitored_by(session).to_vec();
                out.push(Effect::Reply(session, Reply::Monitored(list), self.head));
            }
            Monitor::Status => {
                let list = self.monitored_by(session).to_vec();
                self.tell_whether_here(session, list, out);
            }
        }
        Ok(())
    }

    fn monitored_by(&self, session: SessionId) -> &[Nick] {
        let rare = self.sessions.get(&session).and_then(|known| known.rare.as_ref());
        rare.map(|rare| rare.monitored.as_slice()).unwrap_or_default()
    }

    fn monitor_more(&mut self, session: SessionId, nicks: Vec<Nick>, out: &mut Effects) -> Result<(), Refusal> {
        let most = self.limits.monitored_people;
        let Some(known) = self.sessions.get_mut(&session) else { return Ok(()) };
        let monitored = &mut known.rare_mut().monitored;
        let (mut added, mut over) = (Vec::new(), Vec::new());
        for nick in nicks {
            if monitored.contains(&nick) {
                added.push(nick);
            } else if monitored.len() >= most {
                over.push(nick);
            } else {
                monitored.push(nick.clone());
                added.push(nick);
            }
        }
        for nick in &added {
            let sessions: &mut SmallVec<[SessionId; 1]> = self.monitors.entry(nick.clone()).or_default();
            if !sessions.contains(&session) {
                sessions.push(session);
            }
        }
        self.tell_whether_here(session, added, out);
        if over.is_empty() { Ok(()) } else { Err(Refusal::TooManyMonitored(most, over)) }
    }

    fn monitor_less(&mut self, session: SessionId, nick: &Nick) {
        if let Some(rare) = self.sessions.get_mut(&session).and_then(|known| known.rare.as_mut()) {
            rare.monitored.retain(|known| known != nick);
        }
        if let Some(sessions) = self.monitors.get_mut(nick) {
            sessions.retain(|known| *known != session);
            if sessions.is_empty() {
                self.monitors.remove(nick);
            }
        }
    }

    /// A session is told of nobody any more.
    pub(crate) fn monitor_nobody(&mut self, session: SessionId) {
        for nick in self.monitored_by(session).to_vec() {
            self.monitor_less(session, &nick);
        }
    }

    fn tell_whether_here(&self, session: SessionId, nicks: Vec<Nick>, out: &mut Effects) {
        let (mut here, mut absent) = (Vec::new(), Vec::new());
        for nick in nicks {
            match self.seen_as(&nick) {
                Some(id) => here.push((self.people[&id].nick.clone(), self.guise_of(id))),
                None => absent.push(nick),
            }
        }
        if !here.is_empty() || !absent.is_empty() {
            out.push(Effect::Reply(session, Reply::Monitor { here, absent }, self.head));
        }
    }

    /// Somebody is called so from now on.
    pub(crate) fn nick_here(&self, nick: &Nick, id: PersonId, out: &mut Effects) {
        for session in self.monitors.get(nick).into_iter().flatten() {
            let here: Vec<(Nick, Guise)> = vec![(nick.clone(), self.guise_of(id))];
            out.push(Effect::Reply(*session, Reply::Monitor { here, absent: Vec::new() }, self.head));
        }
    }

    /// Nobody is called so any more.
    pub(crate) fn nick_gone(&self, nick: &Nick, out: &mut Effects) {
        for session in self.monitors.get(nick).into_iter().flatten() {
            let absent = vec![nick.clone()];
            out.push(Effect::Reply(*session, Reply::Monitor { here: Vec::new(), absent }, self.head));
        }
    }

    /// Those who are told of somebody's coming and going are told what else they do, unless they see it in a room.
    pub(crate) fn tell_monitors(&self, author: &Author, event: &Event, out: &mut Effects) {
        for session in self.monitors.get(&author.nick).into_iter().flatten() {
            let Some(known) = self.sessions.get(session).filter(|known| known.person != author.person) else {
                continue;
            };
            let rooms = self.rooms_shown(author.person);
            let sees = |log: &LogId| match log {
                LogId::Room(room) => self.people[&known.person].presence(room).is_some(),
                LogId::Direct(..) | LogId::Operators(_) => false,
            };
            if !rooms.iter().any(sees) {
                let seen = Box::new((author.clone(), event.clone()));
                out.push(Effect::Reply(*session, Reply::Seen(seen), self.head));
            }
        }
    }
}
