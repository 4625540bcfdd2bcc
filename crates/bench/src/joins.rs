//! Many join one room, one after another: what that costs the server, and whether all get in and stay.
//!
//! IRC tells everybody in a room of everybody who comes and tells whoever comes of everybody who is there, so a server
//! that does it to the letter does work that grows with the square of the room. Everybody is registered before anything
//! is measured. The next one joins when the one before has been told who is there, so that no server wins by letting
//! people in late; and everybody reads all the time, so that nothing has to wait for a slow reader. The measurement
//! ends when nothing more comes, so that no server wins by telling people late either.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::crowd::{Crowd, QUIET};
use crate::dialect::{self, Dialect, Said};
use crate::net::Target;
use crate::os::CpuClock;
use crate::patience::Patience;
use crate::process::{self, own_cpu};

/// Time for one to be let in.
const JOIN_LIMIT: Duration = Duration::from_secs(10);

/// What joining cost.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Report {
    /// How many were registered and were to join.
    pub(crate) clients: usize,
    /// How many of them were not let in, or were in and disconnected.
    pub(crate) lost: usize,
    /// CPU time of the server's process from before the first join until nothing more came.
    pub(crate) server_cpu: Duration,
    /// The same of our own.
    pub(crate) own_cpu: Duration,
    /// From before the first join to the last byte.
    pub(crate) elapsed: Duration,
    /// How often anybody was told that somebody else had joined.
    pub(crate) told: u64,
    /// Bytes that came for all together in that time.
    pub(crate) received: u64,
}

impl Report {
    /// How often somebody is told when everybody hears of everybody who comes later.
    pub(crate) fn told_max(&self) -> u64 {
        let clients = self.clients as u64;
        clients * clients.saturating_sub(1) / 2
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "clients                  {}", self.clients)?;
        writeln!(f, "server CPU               {:.3} s", self.server_cpu.as_secs_f64())?;
        writeln!(f, "load generator's own     {:.3} s", self.own_cpu.as_secs_f64())?;
        writeln!(f, "elapsed                  {:.3} s", self.elapsed.as_secs_f64())?;
        writeln!(f, "told of others' joins    {} of at most {}", self.told, self.told_max())?;
        writeln!(f, "received                 {} bytes", self.received)?;
        write!(f, "lost                     {}", self.lost)
    }
}

/// Registers `clients` connections and has them join `room` one after another.
pub(crate) fn measure(target: Target, pid: u32, clients: usize, room: &str) -> Result<Report> {
    process::allow_files(clients + 64)?;
    let server = CpuClock::of(pid).with_context(|| format!("cannot read the CPU clock of process {pid}"))?;
    let mut crowd = Crowd::new(target, Dialect::Irc)?;
    crowd.admit(clients)?;
    crowd.quiet(|_| false)?;
    crowd.ensure_whole()?;

    let mut entrance = Entrance::new(&crowd, clients, room);
    let (received, own, began) = (crowd.received(), own_cpu(), Instant::now());
    let cpu = server.now()?;
    for who in 0..clients {
        if !entrance.let_in(&mut crowd, who)? {
            break;
        }
    }
    crowd.quiet(|heard| entrance.hear(heard.who, heard.line))?;
    Ok(Report {
        clients,
        lost: (0..clients).filter(|&who| !entrance.inside[who] || !crowd.is_open(who)).count(),
        server_cpu: server.now().context("the server has ended")?.saturating_sub(cpu),
        own_cpu: own_cpu().saturating_sub(own),
        elapsed: began.elapsed().saturating_sub(QUIET),
        told: entrance.told,
        received: crowd.received() - received,
    })
}

/// Who is in the room, and what they have been told.
struct Entrance<'a> {
    room: &'a str,
    nicks: Vec<String>,
    inside: Vec<bool>,
    refused: Vec<bool>,
    told: u64,
}

impl<'a> Entrance<'a> {
    fn new(crowd: &Crowd, clients: usize, room: &'a str) -> Self {
        let nicks = (0..clients).map(|index| dialect::nick(crowd.run(), index)).collect();
        Self { room, nicks, inside: vec![false; clients], refused: vec![false; clients], told: 0 }
    }

    /// Has one join and waits until it is in, or will not be. Whether there is any use in going on: a server that has
    /// stopped answering loses all who are left.
    fn let_in(&mut self, crowd: &mut Crowd, who: usize) -> Result<bool> {
        crowd.queue(who).extend_from_slice(format!("JOIN {}\r\n", self.room).as_bytes());
        let patience = Patience::new("somebody to be let in", JOIN_LIMIT);
        while !self.inside[who] && !self.refused[who] && crowd.is_open(who) {
            if patience.is_over()? {
                return Ok(false);
            }
            crowd.turn(|heard| self.hear(heard.who, heard.line))?;
        }
        Ok(true)
    }

    /// Enters what a line means. Whether it was one of those that are counted.
    fn hear(&mut self, who: usize, line: &[u8]) -> bool {
        match Said::of(line) {
            Said::Join(nick) => self.told += u64::from(nick != self.nicks[who].as_bytes()),
            said if said.is_inside(self.room) => self.inside[who] = true,
            Said::Refused => {
                self.refused[who] = true;
                return false;
            }
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entrance() -> Entrance<'static> {
        let nicks = vec!["b1".to_owned(), "b2".to_owned()];
        Entrance { room: "#bench", nicks, inside: vec![false; 2], refused: vec![false; 2], told: 0 }
    }

    /// Who is inside, who was refused, and how often somebody was told of somebody else, after these were heard.
    #[track_caller]
    fn check(heard: &[(usize, &str)], inside: [bool; 2], refused: [bool; 2], told: u64) {
        let mut entrance = entrance();
        for &(who, line) in heard {
            entrance.hear(who, line.as_bytes());
        }
        assert_eq!((&entrance.inside[..], &entrance.refused[..], entrance.told), (&inside[..], &refused[..], told));
    }

    #[test]
    fn whoever_is_told_who_is_there_is_inside() {
        check(&[(0, ":irc.test 366 b1 #Bench :End")], [true, false], [false; 2], 0);
        check(&[(0, ":irc.test 366 b1 #other :End")], [false; 2], [false; 2], 0);
        check(&[(1, ":irc.test 471 b2 #bench :full")], [false; 2], [false, true], 0);
    }

    #[test]
    fn only_the_joins_of_others_are_counted() {
        check(
            &[(0, ":b1!b@h JOIN :#bench"), (0, ":b2!b@h JOIN #bench"), (1, ":b2!b@h JOIN #bench")],
            [false; 2],
            [false; 2],
            1,
        );
    }

    #[test]
    fn everybody_can_be_told_of_everybody_who_comes_later() {
        let told_max = |clients| Report { clients, ..Report::default() }.told_max();
        assert_eq!([0, 1, 2, 3000].map(told_max), [0, 0, 1, 4_498_500]);
    }
}
