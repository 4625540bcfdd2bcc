//! What is asked of the server as a whole, what admins ask of it, and being away.

use hall::{Admin, Census, Command, Look, Nick, Secret, Text};

use super::client::{Around, Asking, Client, Step};
use super::commands::{COMMANDS, Info, shown};
use super::message::Message;
use super::numeric as n;
use super::support;
use super::who::in_lines;

/// Longest token of a PING that is told back, in characters.
const TOKEN_CHARS: usize = 300;

impl Client {
    pub(crate) fn ping(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        let token: String = message.param(0).unwrap_or("").chars().take(TOKEN_CHARS).collect();
        if !self.inside {
            let server = around.house().server.clone();
            return vec![self.tell(around, |to| to.command("PONG").param(&server).trailing(&token))];
        }
        vec![Step::Do(Command::Ping(token))]
    }

    pub(crate) fn away(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        let reason = message.param(0).filter(|reason| !reason.is_empty());
        let knows = self.style.caps.has(super::caps::Cap::PreAway);
        if !self.inside && !knows {
            return vec![self.numeric(
                around,
                n::ERR_NOTREGISTERED,
                &[],
                self.lang().pick("You have not registered", "먼저 NICK과 USER로 누구인지 밝혀야 합니다"),
            )];
        }
        if reason == Some(hall::UNATTENDED) && knows {
            return vec![Step::Do(Command::Unattended)];
        }
        vec![Step::Do(Command::Away(reason.map(|reason| self.reason(Some(reason), around))))]
    }

    pub(crate) fn of_server(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        let mut out = Vec::new();
        match message.command() {
            "MOTD" => self.put_motd(around, &mut out),
            "VERSION" => {
                let house = around.house();
                let params = [format!("maru-{}", house.version), house.server.clone()];
                self.put(&mut out, around, n::RPL_VERSION, &[&params[0], &params[1]], &house.network);
                support::put(self, around, &mut out);
            }
            "TIME" => {
                let time = super::show::server_time(around.now);
                let second = (around.now.0 / 1_000).to_string();
                let server = around.house().server.clone();
                self.put(&mut out, around, n::RPL_TIME, &[&server, &second, "0"], &time);
            }
            "INFO" => self.put_info(around, &mut out),
            "ADMIN" => self.put_admin(around, &mut out),
            "LINKS" => {
                let server = around.house().server.clone();
                let about = format!("0 {}", around.house().network);
                self.put(&mut out, around, n::RPL_LINKS, &["*", &server], &about);
                self.put(
                    &mut out,
                    around,
                    n::RPL_ENDOFLINKS,
                    &["*"],
                    self.lang().pick("End of /LINKS list", "LINKS 목록 끝"),
                );
            }
            "STATS" => self.put_stats(message.param(0).unwrap_or("*"), around, &mut out),
            "ISUPPORT" => return vec![self.isupport(around)],
            "HELP" | "HELPOP" => self.put_help(message.param(0), around, &mut out),
            "LUSERS" => return vec![Step::Do(Command::Look(Look::Census))],
            _ => return self.of_admins(message, around),
        }
        vec![Step::Tell(out)]
    }

    /// What may be spoken here, whether one has come in or not (draft/extended-isupport).
    fn isupport(&mut self, around: &Around<'_>) -> Step {
        let mut out = Vec::new();
        support::put(self, around, &mut out);
        Step::Tell(out)
    }

    fn of_admins(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        match message.command() {
            "OPER" => {
                self.asking = Asking::Oper;
                match Nick::new(message.param(0).unwrap_or(""), around.hall.nick_chars) {
                    Ok(account) => {
                        let password = Secret::new(message.param(1).unwrap_or(""));
                        vec![Step::Do(Command::Oper { account, password })]
                    }
                    Err(_) => vec![self.numeric(
                        around,
                        n::ERR_NOOPERHOST,
                        &[],
                        self.lang().pick("No O-lines for your host", "관리자가 아닙니다"),
                    )],
                }
            }
            "KILL" => match self.called_so(message.param(0).unwrap_or(""), around) {
                Ok(nick) => {
                    let reason = self.reason(message.param(1), around);
                    vec![Step::Do(Command::Admin(Admin::Kill(nick, reason)))]
                }
                Err(refused) => vec![refused],
            },
            "WALLOPS" => vec![Step::Do(Command::Admin(Admin::Wallops(Text::new(message.param(0).unwrap_or("")))))],
            "REHASH" => {
                self.asking = Asking::Rehash;
                vec![Step::Do(Command::Admin(Admin::Rehash))]
            }
            _ => vec![],
        }
    }

    pub(crate) fn put_motd(&self, around: &Around<'_>, out: &mut Vec<u8>) {
        let house = around.house();
        if house.motd.is_empty() {
            let text = self.lang().pick("MOTD File is missing", "오늘의 말이 없습니다");
            return self.put(out, around, n::ERR_NOMOTD, &[], text);
        }
        self.put(
            out,
            around,
            n::RPL_MOTDSTART,
            &[],
            &self
                .lang()
                .pick(format!("- {} Message of the day - ", house.server), format!("- {} 오늘의 말 - ", house.server)),
        );
        for line in &house.motd {
            self.put(out, around, n::RPL_MOTD, &[], &format!("- {line}"));
        }
        self.put(out, around, n::RPL_ENDOFMOTD, &[], self.lang().pick("End of /MOTD command.", "오늘의 말 끝"));
    }

    fn put_info(&self, around: &Around<'_>, out: &mut Vec<u8>) {
        let house = around.house();
        let lines = [
            format!("Maru {}", house.version),
            self.lang()
                .pick(
                    "A chat hall: one port, every client, nothing lost.",
                    "누구나 한 곳에서, 아무것도 잃지 않고 이야기하는 마루입니다.",
                )
                .to_owned(),
            format!("{}: {}", self.lang().pick("running since", "서버를 연 때"), super::show::server_time(house.since)),
        ];
        for line in lines {
            self.put(out, around, n::RPL_INFO, &[], &line);
        }
        self.put(out, around, n::RPL_ENDOFINFO, &[], self.lang().pick("End of /INFO list", "INFO 목록 끝"));
    }

    fn put_admin(&self, around: &Around<'_>, out: &mut Vec<u8>) {
        let house = around.house();
        if house.admin.is_empty() {
            let text = self.lang().pick("No administrative info available", "관리자에 대한 정보가 없습니다");
            return self.put(out, around, n::ERR_NOADMININFO, &[&house.server], text);
        }
        self.put(out, around, n::RPL_ADMINME, &[&house.server], self.lang().pick("Administrative info", "관리자 정보"));
        self.put(out, around, n::RPL_ADMINLOC1, &[], &house.network);
        self.put(out, around, n::RPL_ADMINLOC2, &[], &format!("Maru {}", house.version));
        self.put(out, around, n::RPL_ADMINEMAIL, &[], &house.admin);
    }

    fn put_stats(&self, letter: &str, around: &Around<'_>, out: &mut Vec<u8>) {
        let letter = shown(letter);
        if letter == "u" {
            let up_s = around.now.0.saturating_sub(around.house().since.0) / 1_000;
            let (days, rest) = (up_s / 86_400, up_s % 86_400);
            let (hours, minutes, seconds) = (rest / 3_600, rest / 60 % 60, rest % 60);
            let text = self.lang().pick(
                format!("Server Up {days} days {hours}:{minutes:02}:{seconds:02}"),
                format!("서버를 연 지 {days}일 {hours}:{minutes:02}:{seconds:02}"),
            );
            self.put(out, around, n::RPL_STATSUPTIME, &[], &text);
        }
        self.put(out, around, n::RPL_ENDOFSTATS, &[letter], self.lang().pick("End of /STATS report", "STATS 끝"));
    }

    fn put_help(&self, about: Option<&str>, around: &Around<'_>, out: &mut Vec<u8>) {
        let lang = self.lang();
        let what = |info: &Info| lang.pick(info.help[1], info.help[2]);
        let Some(word) = about.filter(|word| !word.is_empty()) else {
            let names: Vec<String> = COMMANDS.iter().map(|info| info.name.to_owned()).collect();
            self.put(
                out,
                around,
                n::RPL_HELPSTART,
                &["*"],
                lang.pick("Commands: HELP COMMAND tells of one", "명령. HELP 명령으로 자세히 봅니다"),
            );
            for line in in_lines(&names) {
                self.put(out, around, n::RPL_HELPTXT, &["*"], &line);
            }
            let service = lang
                .pick("What plain lines can do too: /msg maru help", "그 밖의 명령(계정, 방, 검색): /msg maru help");
            self.put(out, around, n::RPL_HELPTXT, &["*"], service);
            return self.put(out, around, n::RPL_ENDOFHELP, &["*"], lang.pick("End of HELP", "도움말 끝"));
        };
        match Info::find(&word.to_ascii_uppercase()) {
            Some(info) => {
                self.put(out, around, n::RPL_HELPSTART, &[info.name], info.help[0]);
                self.put(out, around, n::RPL_HELPTXT, &[info.name], what(info));
                self.put(out, around, n::RPL_ENDOFHELP, &[info.name], lang.pick("End of HELP", "도움말 끝"));
            }
            None => {
                let text = lang.pick("No help on that", "그런 도움말은 없습니다");
                self.put(out, around, n::ERR_HELPNOTFOUND, &[shown(word)], text);
            }
        }
    }

    pub(crate) fn put_census(&self, census: &Census, around: &Around<'_>, out: &mut Vec<u8>) {
        let Census { sessions, at_door, admins, rooms, most } = census;
        let lang = self.lang();
        let text = lang.pick(
            format!("There are {sessions} users and 0 invisible on 1 servers"),
            format!("서버 한 곳에 {sessions}명이 있습니다"),
        );
        self.put(out, around, n::RPL_LUSERCLIENT, &[], &text);
        self.put(
            out,
            around,
            n::RPL_LUSEROP,
            &[&admins.to_string()],
            self.lang().pick("operator(s) online", "접속한 관리자"),
        );
        self.put(
            out,
            around,
            n::RPL_LUSERUNKNOWN,
            &[&at_door.to_string()],
            self.lang().pick("unknown connection(s)", "아직 들어오지 않은 접속"),
        );
        self.put(out, around, n::RPL_LUSERCHANNELS, &[&rooms.to_string()], self.lang().pick("channels formed", "방"));
        self.put(
            out,
            around,
            n::RPL_LUSERME,
            &[],
            &lang
                .pick(format!("I have {sessions} clients and 0 servers"), format!("이 서버에 {sessions}명이 있습니다")),
        );
        let (now, most) = (sessions.to_string(), most.to_string());
        self.put(
            out,
            around,
            n::RPL_LOCALUSERS,
            &[&now, &most],
            &lang
                .pick(format!("Current local users {now}, max {most}"), format!("지금 {now}명, 가장 많을 때 {most}명")),
        );
        self.put(
            out,
            around,
            n::RPL_GLOBALUSERS,
            &[&now, &most],
            &lang.pick(
                format!("Current global users {now}, max {most}"),
                format!("모두 {now}명, 가장 많을 때 {most}명"),
            ),
        );
    }
}
