//! Who reads which logs from where, and where they speak.

use std::sync::Arc;

use smallvec::smallvec;

use crate::state::{Direct, Effects};
use crate::{Effect, Feed, Hall, LogId, Query, RoomName, Seq, SessionId};

impl Hall {
    /// Has a session told what was said last in a log, up to an entry, before it is shown anything else.
    pub(crate) fn replay(&self, session: SessionId, log: LogId, until: Seq, out: &mut Effects) {
        let last = self.limits.replay_entries;
        if last > 0 {
            out.push(Effect::Ask(session, Query::Replay { log, until, last }));
        }
    }

    /// Puts a session into a room's log behind an entry, and has it speak there.
    pub(crate) fn follow_room(&mut self, session: SessionId, room: &RoomName, at: Seq, out: &mut Effects) {
        let Some(there) = self.rooms.get(room) else { return };
        out.push(Effect::Follow(session, LogId::Room(room.clone()), Arc::clone(&there.feed), at, false));
        self.focus(session, Some(room.clone()), out);
    }

    pub(crate) fn focus(&mut self, session: SessionId, room: Option<RoomName>, out: &mut Effects) {
        if let Some(s) = self.sessions.get_mut(&session) {
            s.focus.clone_from(&room);
            out.push(Effect::Focus(session, room));
        }
    }

    /// After a room was left: speak in the one joined last, if the room left was the one spoken in.
    pub(crate) fn refocus(&mut self, session: SessionId, left: &RoomName, out: &mut Effects) -> Option<RoomName> {
        let current = self.sessions.get(&session)?.focus.clone();
        if current.as_ref() != Some(left) {
            return current;
        }
        let next = self.rooms_of(self.person_of(session)).pop();
        self.focus(session, next.clone(), out);
        next
    }

    /// Has a session follow a direct conversation, from an entry on or from now on. If there are too many, the one that was
    /// quiet longest makes room.
    pub(crate) fn follow_direct(&mut self, session: SessionId, log: &LogId, since: Option<Seq>, out: &mut Effects) {
        let Some(s) = self.sessions.get_mut(&session) else { return };
        let person = s.person;
        let followed = &mut s.rare_mut().directs;
        if let Some(at) = followed.iter().position(|l| l == log) {
            let log = followed.remove(at);
            followed.push(log);
            return;
        }
        let mut left = Vec::new();
        while followed.len() >= self.limits.rooms_per_session {
            let own = LogId::direct(person, person);
            let idle = |log: &LogId| *log != own && self.directs.get(log).is_none_or(|direct| direct.pending == 0);
            let Some(oldest) = followed.iter().position(idle) else { break };
            left.push(followed.remove(oldest));
        }
        followed.push(log.clone());
        let head = self.head;
        let direct = self.directs.entry(log.clone()).or_insert_with(|| Direct {
            feed: Arc::new(Feed::after(head)),
            sessions: 0,
            pending: 0,
            called: smallvec![],
        });
        direct.sessions += 1;
        let second = matches!(log, LogId::Direct(first, _) if *first != person);
        let at = since.unwrap_or_else(|| direct.feed.head());
        out.push(Effect::Follow(session, log.clone(), Arc::clone(&direct.feed), at, second));
        for oldest in left {
            let until = self.directs.get(&oldest).map_or(head, |d| d.feed.head());
            self.unfollow_direct(&oldest);
            out.push(Effect::Unfollow(session, oldest, until));
        }
    }

    pub(crate) fn unfollow_direct(&mut self, log: &LogId) {
        if let Some(direct) = self.directs.get_mut(log) {
            direct.sessions -= 1;
            if direct.sessions == 0 {
                self.directs.remove(log);
            }
        }
    }
}
