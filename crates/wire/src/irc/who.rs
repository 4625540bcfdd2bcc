//! Who somebody is, who is somewhere, who comes and goes: what is asked, and how it is answered.

use hall::{Command, Gone, Look, Monitor, Nick, PersonInfo, RoomName};

use super::BODY_BYTES_MAX;
use super::caps::Cap;
use super::client::{Around, Asking, Client, Step};
use super::commands::{listed, shown};
use super::line::trailing_bytes_max;
use super::message::Message;
use super::metadata::read_by_people;
use super::numeric as n;
use super::show::{real_name, sign};
use crate::lines::refused;

/// People whom one message may ask about.
pub(crate) const PEOPLE: usize = 20;
/// People of USERHOST, as RFC 2812 has it (section 4.8).
const USERHOSTS: usize = 5;

/// What WHO is to tell (WHOX): the letters asked for and, if it is, the number to be told with them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Fields {
    letters: String,
    token: String,
}

impl Client {
    pub(crate) fn who(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        let raw = message.param(0).unwrap_or("*");
        let mask = if raw == "0" || raw.is_empty() { "*" } else { raw };
        let (flags, fields) =
            message.param(1).unwrap_or("").split_once('%').unwrap_or((message.param(1).unwrap_or(""), ""));
        let (letters, token) = fields.split_once(',').unwrap_or((fields, ""));
        // One to three digits; what is none of that is not told back.
        let is_token = (1..=3).contains(&token.len()) && token.bytes().all(|b| b.is_ascii_digit());
        let token = if is_token { token } else { "0" };
        let fields = Fields { letters: letters.to_ascii_lowercase(), token: token.to_owned() };
        self.asking = Asking::Who { mask: shown(raw).to_owned(), fields, admins: flags.contains('o') };
        let look = match RoomName::new(mask, around.hall.room_name_chars) {
            Ok(room) => Look::Members(room, None),
            Err(_) if mask.contains(['*', '?', '!', '@']) => Look::Masked(hall::Glob::new(mask), None),
            Err(_) => match Nick::new(mask, around.hall.nick_chars) {
                Ok(nick) => Look::These(vec![nick]),
                Err(_) => Look::These(Vec::new()),
            },
        };
        vec![Step::Do(Command::Look(look))]
    }

    pub(crate) fn whois(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        // With two parameters the first names a server, of which there is one.
        let raw = if message.param_count() > 1 { message.param(1) } else { message.param(0) };
        let Some(raw) = raw.filter(|raw| !raw.is_empty()) else {
            let text = self.lang().pick("No nickname given", "이름이 없습니다");
            return vec![self.numeric(around, n::ERR_NONICKNAMEGIVEN, &[], text)];
        };
        let names: Vec<_> = listed(raw).take(PEOPLE).map(|name| shown(name).to_owned()).collect();
        let nicks = names.iter().filter_map(|name| Nick::new(name, around.hall.nick_chars).ok()).collect();
        self.asking = Asking::Whois(names);
        vec![Step::Do(Command::Look(Look::These(nicks)))]
    }

    pub(crate) fn whowas(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        let Some(raw) = message.param(0).filter(|raw| !raw.is_empty()) else {
            let text = self.lang().pick("No nickname given", "이름이 없습니다");
            return vec![self.numeric(around, n::ERR_NONICKNAMEGIVEN, &[], text)];
        };
        let count =
            message.param(1).and_then(|count| count.parse().ok()).filter(|count| *count > 0).unwrap_or(usize::MAX);
        self.asking = Asking::Whowas(shown(raw).to_owned(), count);
        match Nick::new(raw, around.hall.nick_chars) {
            Ok(nick) => vec![Step::Do(Command::Look(Look::Gone(nick)))],
            Err(_) => {
                let mut out = Vec::new();
                self.put_gone(&[], around, &mut out);
                vec![Step::Tell(out)]
            }
        }
    }

    pub(crate) fn which_of(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        let names: Vec<String> = message.params().flat_map(str::split_ascii_whitespace).map(str::to_owned).collect();
        let (asking, most) = match message.command() {
            "USERHOST" => (Asking::Userhost, USERHOSTS),
            "USERIP" => (Asking::Userip, USERHOSTS),
            _ => (Asking::Ison(names.clone()), around.hall.people_per_answer),
        };
        self.asking = asking;
        let nicks = names.iter().filter_map(|name| Nick::new(name, around.hall.nick_chars).ok()).take(most).collect();
        vec![Step::Do(Command::Look(Look::These(nicks)))]
    }

    pub(crate) fn monitor(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        let nicks = || {
            let named = listed(message.param(1).unwrap_or(""));
            named.filter_map(|name| Nick::new(name, around.hall.nick_chars).ok()).collect::<Vec<_>>()
        };
        let asked = match message.param(0).unwrap_or("") {
            "+" => Monitor::Add(nicks()),
            "-" => Monitor::Remove(nicks()),
            "C" | "c" => Monitor::Clear,
            "L" | "l" => Monitor::List,
            "S" | "s" => Monitor::Status,
            _ => return vec![self.need_more(around, "MONITOR")],
        };
        vec![Step::Do(Command::Monitor(asked))]
    }

    /// The lines about people who were asked about; with `more`, there are more to come.
    pub(crate) fn put_people(&self, people: &[PersonInfo], more: bool, around: &Around<'_>, out: &mut Vec<u8>) {
        match &self.asking {
            Asking::Who { mask, fields, admins } => {
                for person in people.iter().filter(|person| !admins || person.admin) {
                    let room = if mask.starts_with('#') { mask.as_str() } else { "*" };
                    if fields.letters.is_empty() {
                        self.put_who(person, room, around, out);
                    } else {
                        self.put_whox(person, room, fields, around, out);
                    }
                }
                if !more {
                    self.put(out, around, n::RPL_ENDOFWHO, &[mask], self.lang().pick("End of WHO list", "WHO 목록 끝"));
                }
            }
            Asking::Whois(names) => self.put_whois(names, people, around, out),
            Asking::ModesOf(target) => self.put_modes_of(target, !people.is_empty(), around, out),
            Asking::Ison(_) => {
                let here: Vec<_> = people.iter().map(|person| person.nick.to_string()).collect();
                self.put_words(n::RPL_ISON, &here, around, out);
            }
            Asking::Userhost | Asking::Userip => {
                let number = if self.asking == Asking::Userip { n::RPL_USERIP } else { n::RPL_USERHOST };
                let seen = |person: &PersonInfo| {
                    let (admin, away) =
                        (if person.admin { "*" } else { "" }, if person.away.is_some() { '-' } else { '+' });
                    format!("{}{admin}={away}{}", person.nick, person.guise.seen())
                };
                self.put_words(number, &people.iter().map(seen).collect::<Vec<_>>(), around, out);
            }
            _ => {}
        }
    }

    /// Words in one line, as clients expect, or in several where they do not fit: half a name is somebody else's.
    fn put_words(&self, number: u16, words: &[String], around: &Around<'_>, out: &mut Vec<u8>) {
        let most = trailing_bytes_max(&around.house().server, "000", &[self.called(around)]);
        let line = words.join(" ");
        let lines = if line.len() <= most { vec![line] } else { in_lines(words) };
        for line in lines {
            self.put(out, around, number, &[], &line);
        }
    }

    /// Whether somebody is here or away, an admin or a bot, and what they are in the room: in the signs of WHO.
    fn flags(&self, person: &PersonInfo) -> String {
        let here = if person.away.is_some() { 'G' } else { 'H' };
        let (admin, bot) = (if person.admin { "*" } else { "" }, if person.guise.is_bot() { "B" } else { "" });
        format!("{here}{admin}{}{bot}", sign(person.standing))
    }

    fn put_who(&self, person: &PersonInfo, room: &str, around: &Around<'_>, out: &mut Vec<u8>) {
        let (guise, server) = (&person.guise, &around.house().server);
        let params = [room, guise.user(), guise.host(), server, person.nick.as_str(), &self.flags(person)];
        self.put(out, around, n::RPL_WHOREPLY, &params, format!("0 {}", real_name(guise, &person.nick)).trim_end());
    }

    fn put_whox(&self, person: &PersonInfo, room: &str, fields: &Fields, around: &Around<'_>, out: &mut Vec<u8>) {
        let address = person.address.map_or("255.255.255.255".to_owned(), |address| address.to_canonical().to_string());
        let idle_s = person.active.map_or(0, |at| around.now.0.saturating_sub(at.0) / 1_000).to_string();
        let value = |letter: char| match letter {
            't' => fields.token.clone(),
            'c' => room.to_owned(),
            'u' => person.guise.user().to_owned(),
            // An address may begin with the sign by which IRC knows the last parameter.
            'i' if address.starts_with(':') => format!("0{address}"),
            'i' => address.clone(),
            'h' => person.guise.host().to_owned(),
            's' => around.house().server.clone(),
            'n' => person.nick.as_str().to_owned(),
            'f' => self.flags(person),
            'd' => "0".to_owned(),
            'l' => idle_s.clone(),
            'a' => person.account.as_ref().map_or("0", Nick::as_str).to_owned(),
            'o' => "n/a".to_owned(),
            _ => real_name(&person.guise, &person.nick).to_owned(),
        };
        // They come in this order, however they were asked for.
        let asked: Vec<char> = "tcuihsnfdlaor".chars().filter(|letter| fields.letters.contains(*letter)).collect();
        let values: Vec<String> = asked.iter().map(|letter| value(*letter)).collect();
        let Some((last, first)) = values.split_last() else { return };
        let line = self.begin(out, around, n::RPL_WHOSPCRPL);
        let line = first.iter().fold(line, |line, value| line.param(if value.is_empty() { "0" } else { value }));
        if asked.last() == Some(&'r') {
            line.trailing(last).end()
        } else {
            line.param(if last.is_empty() { "0" } else { last }).end()
        }
    }

    fn put_whois(&self, names: &[String], people: &[PersonInfo], around: &Around<'_>, out: &mut Vec<u8>) {
        for name in names {
            let nick = Nick::new(name, around.hall.nick_chars).ok();
            match people.iter().find(|person| Some(&person.nick) == nick.as_ref()) {
                Some(person) => self.put_person(person, around, out),
                None => {
                    let text = self.lang().pick("No such nick/channel", "그런 사람이나 방은 없습니다");
                    self.put(out, around, n::ERR_NOSUCHNICK, &[shown(name)], text);
                }
            }
        }
        let text = self.lang().pick("End of /WHOIS list", "WHOIS 목록 끝");
        // As many of the names as there is room for.
        let names = in_lines_with(names, ",").into_iter().next().unwrap_or_default();
        self.put(out, around, n::RPL_ENDOFWHOIS, &[&names], text);
    }

    fn put_person(&self, person: &PersonInfo, around: &Around<'_>, out: &mut Vec<u8>) {
        let (nick, guise, lang) = (person.nick.as_str(), &person.guise, self.lang());
        let mut put = |number, params: &[&str], text: &str| {
            let params: Vec<&str> = std::iter::once(nick).chain(params.iter().copied()).collect();
            self.put(out, around, number, &params, text);
        };
        put(n::RPL_WHOISUSER, &[guise.user(), guise.host(), "*"], real_name(guise, &person.nick));
        let rooms: Vec<String> = person.rooms.iter().map(|(room, is)| format!("{}{room}", sign(*is))).collect();
        for rooms in in_lines(&rooms) {
            put(n::RPL_WHOISCHANNELS, &[], &rooms);
        }
        put(n::RPL_WHOISSERVER, &[&around.house().server], &around.house().network);
        if person.admin {
            put(n::RPL_WHOISOPERATOR, &[], lang.pick("is an IRC operator", "관리자입니다"));
        }
        if let Some(account) = &person.account {
            put(n::RPL_WHOISACCOUNT, &[account.as_str()], lang.pick("is logged in as", "이 계정으로 들어와 있습니다"));
        }
        if guise.is_bot() {
            put(n::RPL_WHOISBOT, &[], lang.pick("is a bot", "봇입니다"));
        }
        if person.secure {
            put(n::RPL_WHOISSECURE, &[], lang.pick("is using a secure connection", "암호화된 접속을 쓰고 있습니다"));
        }
        for (key, value) in read_by_people(&person.notes) {
            put(n::RPL_WHOISKEYVALUE, &[key.as_str(), "*"], value.as_str());
        }
        if let Some(address) = person.address {
            let text = lang.pick("is connecting from", "접속한 주소:");
            put(n::RPL_WHOISHOST, &[], &format!("{text} *@{0} {0}", address.to_canonical()));
        }
        if let Some(certificate) = &person.certificate {
            let text = lang.pick("has client certificate fingerprint", "클라이언트 인증서의 지문:");
            put(n::RPL_WHOISCERTFP, &[], &format!("{text} {certificate}"));
        }
        if let Some(away) = &person.away {
            put(n::RPL_AWAY, &[], away.as_str());
        }
        if let (Some(since), Some(active)) = (person.since, person.active) {
            let idle_s = (around.now.0.saturating_sub(active.0) / 1_000).to_string();
            let since_s = (since.0 / 1_000).to_string();
            put(
                n::RPL_WHOISIDLE,
                &[&idle_s, &since_s],
                self.lang().pick("seconds idle, signon time", "말이 없었던 시간(초), 들어온 때"),
            );
        }
    }

    /// The lines about those who were here under a name.
    pub(crate) fn put_gone(&self, gone: &[Gone], around: &Around<'_>, out: &mut Vec<u8>) {
        let Asking::Whowas(name, count) = &self.asking else { return };
        if gone.is_empty() {
            let text = self.lang().pick("There was no such nickname", "그런 이름을 쓴 사람은 없었습니다");
            self.put(out, around, n::ERR_WASNOSUCHNICK, &[name], text);
        }
        for Gone { nick, guise, at } in gone.iter().take(*count) {
            let params = [nick.as_str(), guise.user(), guise.host(), "*"];
            self.put(out, around, n::RPL_WHOWASUSER, &params, guise.real_name());
            let when = super::show::server_time(*at);
            self.put(out, around, n::RPL_WHOISSERVER, &[nick.as_str(), &around.house().server], &when);
        }
        self.put(out, around, n::RPL_ENDOFWHOWAS, &[name], self.lang().pick("End of WHOWAS", "WHOWAS 끝"));
    }

    /// The names of those in a room; with `more`, there are more to come.
    pub(crate) fn put_names(
        &self,
        room: &RoomName,
        names: &[(Nick, hall::Standing, Option<hall::Guise>)],
        secret: bool,
        more: bool,
        around: &Around<'_>,
        out: &mut Vec<u8>,
    ) {
        let full = self.style.caps.has(Cap::UserhostInNames);
        let mut line = Vec::with_capacity(BODY_BYTES_MAX + 2);
        let kind = if secret { "@" } else { "=" };
        self.begin(&mut line, around, n::RPL_NAMREPLY).param(kind).param(room.as_str()).trailing("").end();
        line.truncate(line.len() - 2);
        let head = line.len();
        // Every one of many who come is told of all who are there: this is written without a detour.
        for (nick, standing, guise) in names {
            let (sign, nick) = (sign(*standing), nick.as_str());
            let seen = guise.as_ref().filter(|_| full).map_or("", hall::Guise::seen);
            if line.len() > head && line.len() + sign.len() + nick.len() + seen.len() + 2 > BODY_BYTES_MAX {
                out.extend_from_slice(&line);
                out.extend_from_slice(b"\r\n");
                line.truncate(head);
            }
            if line.len() > head {
                line.push(b' ');
            }
            line.extend_from_slice(sign.as_bytes());
            line.extend_from_slice(nick.as_bytes());
            if !seen.is_empty() {
                line.push(b'!');
                line.extend_from_slice(seen.as_bytes());
            }
        }
        if line.len() > head {
            out.extend_from_slice(&line);
            out.extend_from_slice(b"\r\n");
        }
        if !more {
            self.put(
                out,
                around,
                n::RPL_ENDOFNAMES,
                &[room.as_str()],
                self.lang().pick("End of NAMES list", "NAMES 목록 끝"),
            );
        }
    }

    /// Who of those is here whose coming and going the client is told of, and who is not.
    pub(crate) fn put_monitored(
        &self,
        here: &[(Nick, hall::Guise)],
        absent: &[Nick],
        around: &Around<'_>,
        out: &mut Vec<u8>,
    ) {
        let here: Vec<_> = here.iter().map(|(nick, guise)| format!("{nick}!{}", guise.seen())).collect();
        let absent: Vec<_> = absent.iter().map(ToString::to_string).collect();
        for (number, names) in [(n::RPL_MONONLINE, here), (n::RPL_MONOFFLINE, absent)] {
            for line in in_lines_with(&names, ",") {
                self.put(out, around, number, &[], &line);
            }
        }
    }

    pub(crate) fn put_monitor_list(&self, list: &[Nick], around: &Around<'_>, out: &mut Vec<u8>) {
        let names: Vec<_> = list.iter().map(ToString::to_string).collect();
        for line in in_lines_with(&names, ",") {
            self.put(out, around, n::RPL_MONLIST, &[], &line);
        }
        self.put(out, around, n::RPL_ENDOFMONLIST, &[], self.lang().pick("End of MONITOR list", "MONITOR 목록 끝"));
    }

    /// Of whom the client cannot be told any more.
    pub(crate) fn too_many_monitored(&self, refusal: &hall::Refusal, around: &Around<'_>, out: &mut Vec<u8>) {
        let hall::Refusal::TooManyMonitored(most, over) = refusal else { return };
        let over: Vec<_> = over.iter().map(ToString::to_string).collect();
        let text = refused(refusal, self.lang());
        for over in in_lines_with(&over, ",") {
            self.put(out, around, n::ERR_MONLISTFULL, &[&most.to_string(), &over], &text);
        }
    }
}

/// Words in lines that leave room for what stands before them.
pub(crate) fn in_lines(words: &[String]) -> Vec<String> {
    in_lines_with(words, " ")
}

fn in_lines_with(words: &[String], between: &str) -> Vec<String> {
    const LINE_BYTES: usize = 320;
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(last) if last.len() + word.len() < LINE_BYTES => {
                last.push_str(between);
                last.push_str(word);
            }
            _ => lines.push(word.clone()),
        }
    }
    lines
}
