//! The table of the IRC dialect: Maru as it comes, in IRC, against the floor, which relays plain lines.
//!
//! A message has the same 64 bytes in both. In IRC a server has more to write: who speaks, the command and the room,
//! and to those who asked for tags the time and more; that is a part of what the ratio shows. The floor knows neither
//! registration nor rooms, so for what these cost the bars are bytes and seconds.

use anyhow::Result;

use super::server::{Kind, Server};
use super::table::{Bar, Row, Unit};
use super::{Course, Pair};
use crate::cli::{ROOM, RunArgs};
use crate::dialect::Dialect;
use crate::{idle, joins};

/// Messages in flight, and the most that Maru's CPU per delivery may be of the floor's: for clients that asked for
/// nothing, and for those that asked for tags.
const WINDOWS: [(u64, f64, f64); 2] = [(1, 1.2, 1.3), (32, 1.7, 2.0)];
/// The most resident memory that an idle registered connection may cost.
const IDLE_BYTES_MAX: f64 = 2560.0;
/// How many join a room one after another, and the most of the server's CPU that they may cost, in seconds.
const JOINS: usize = 3000;
const JOINS_CPU_S_MAX: f64 = 3.6;

const PLAIN: Pair = Pair { kinds: Kind::BOTH, dialect: Dialect::Irc, label: "IRC: " };
const TAGGED: Pair = Pair { dialect: Dialect::IrcTags, label: "IRC with tags: ", ..PLAIN };

/// Measures all of it.
pub(super) fn rows(course: &mut Course<'_>, args: &RunArgs) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (window, plain_bar, tagged_bar) in WINDOWS {
        rows.extend(course.closed_loop(PLAIN, window, plain_bar)?);
        rows.extend(course.closed_loop(TAGGED, window, tagged_bar)?);
    }
    rows.extend(idle(course, args.connections)?);
    rows.extend(joins(course)?);
    Ok(rows)
}

/// What a registered connection costs that is in no room.
fn idle(course: &Course<'_>, connections: usize) -> Result<[Row; 2]> {
    eprintln!("measuring {connections} idle registered connections");
    let name = |what| format!("IRC: {what} per idle connection, {connections}");
    let mut resident = Row::new(name("memory"), Unit::Bytes, Bar::AtMost(IDLE_BYTES_MAX));
    let mut anonymous = Row::new(name("anonymous memory"), Unit::Bytes, Bar::None);
    let server = Server::start(Kind::Maru, course.maru)?;
    let report = idle::measure(server.target(), server.pid(), Dialect::Irc, connections)
        .map_err(|error| server.explain(error))?;
    resident.push(Kind::Maru, report.resident_bytes());
    anonymous.push(Kind::Maru, report.anonymous_bytes());
    Ok([resident, anonymous])
}

/// What it costs that many join one room.
fn joins(course: &Course<'_>) -> Result<[Row; 3]> {
    eprintln!("measuring {JOINS} joins");
    let name = |what| format!("IRC: {what}, {JOINS} join one room");
    let mut cpu = Row::new(name("server CPU"), Unit::Seconds, Bar::AtMost(JOINS_CPU_S_MAX));
    let mut lost = Row::new(name("lost"), Unit::Count, Bar::AtMost(0.0));
    let mut told = Row::new(name("told of others"), Unit::Count, Bar::None);
    let server = Server::start(Kind::Maru, course.maru)?;
    let report = joins::measure(server.target(), server.pid(), JOINS, ROOM).map_err(|error| server.explain(error))?;
    cpu.push(Kind::Maru, report.server_cpu.as_secs_f64());
    lost.push(Kind::Maru, report.lost as f64);
    told.push(Kind::Maru, report.told as f64);
    Ok([cpu, lost, told])
}
