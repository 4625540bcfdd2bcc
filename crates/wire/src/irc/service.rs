//! The house's own helper: whoever is written to under its name understands the commands of plain lines, so that everything
//! that the hall can do can be done with any client of IRC.

use hall::{Change, Command, Reply};

use super::caps::Cap;
use super::client::{Around, Asking, Client, Step};
use super::line::Line;
use super::typed;
use crate::Asked;
use crate::lines::{self, Codec, Misuse, Names, Said};

/// What the helper is called, and by what names those know it who come from elsewhere.
pub(crate) const SERVICES: [&str; 3] = hall::SERVICES;

/// By which of its names a message goes to the helper, if it does.
pub(crate) fn service(target: &str) -> Option<&'static str> {
    SERVICES.into_iter().find(|name| name.eq_ignore_ascii_case(target))
}

impl Client {
    /// Something is asked of the helper. Who is sent what they say is sent this, too (IRCv3 echo-message); it is no entry, and
    /// has nothing to be known again by.
    pub(crate) fn ask_service(&mut self, target: &'static str, text: &str, around: &Around<'_>) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.style.caps.has(Cap::EchoMessage) {
            let mut out = Vec::new();
            Line::new(&mut out).source(&self.own_prefix(around)).command("PRIVMSG").param(target).trailing(text).end();
            steps.push(Step::Tell(out));
        }
        steps.extend(self.asked_of_service(target, text, around));
        steps
    }

    fn asked_of_service(&mut self, target: &'static str, text: &str, around: &Around<'_>) -> Vec<Step> {
        self.asking = Asking::Service(target);
        let text = text.trim().trim_start_matches('/');
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        // What the services of other networks are asked to do. The one that rooms are registered with is told a room, and
        // never a password.
        if target == "ChanServ"
            && word.eq_ignore_ascii_case("register")
            && let Some(room) = rest.split_whitespace().next()
        {
            return match self.room_so(room, around) {
                Ok(room) => vec![Step::Do(Command::Rule { room: Some(room), change: Change::Own })],
                Err(refused) => vec![refused],
            };
        }
        let line = match (target == "NickServ", word.to_ascii_lowercase().as_str()) {
            (true, "identify") => format!("login {rest}"),
            (true, "register") => format!("register {}", rest.split_whitespace().next().unwrap_or("")),
            (true, "help") | (false, "") => "help".to_owned(),
            _ => text.to_owned(),
        };
        let names = Names::of(around.hall);
        let asked = lines::command(&line, &lines::Around { codec: around.codec, names, now: around.now });
        match asked {
            // Numbers before lines are nothing to a client of IRC.
            Asked::Do(Command::Resume { .. }) => vec![],
            Asked::Do(command) => vec![Step::Do(command)],
            Asked::Lang(lang) => {
                self.style.lang = lang;
                let said = self.words_of(&Said::LangSet, around);
                vec![Step::Restyle, self.service_says(&said, around)]
            }
            Asked::Help(topic) => vec![self.service_says(&typed::help(topic, self.lang()), around)],
            Asked::Misuse(Misuse::Unknown(word)) => {
                vec![self.service_says(&typed::unknown(&word, self.lang()), around)]
            }
            Asked::Misuse(misuse) => {
                let said = self.words_of(&Said::Misuse(misuse), around);
                vec![self.service_says(&typed::typed(&said), around)]
            }
            Asked::Auth(_) | Asked::Irc(_) | Asked::Step(_) => vec![],
        }
    }

    fn words_of(&self, said: &Said, around: &Around<'_>) -> String {
        let style = lines::Style { lang: self.lang(), ..lines::Style::default() };
        String::from_utf8_lossy(&said.lines(style, around.codec)).into_owned()
    }

    fn service_says(&self, text: &str, around: &Around<'_>) -> Step {
        let mut out = Vec::new();
        self.put_service(text.as_bytes(), around, &mut out);
        Step::Tell(out)
    }

    /// What plain lines say, in notices from the helper.
    pub(crate) fn put_service(&self, text: &[u8], around: &Around<'_>, out: &mut Vec<u8>) {
        let server = &around.house().server;
        // It answers by the name that it was asked by, since a client shows the answer where the question stands.
        let name = if let Asking::Service(name) = self.asking { name } else { SERVICES[0] };
        let from = format!("{name}!{}@{server}", SERVICES[0]);
        let nick = self.called(around);
        let most = super::line::trailing_bytes_max(&from, "NOTICE", &[nick]);
        for line in String::from_utf8_lossy(text).lines() {
            let line = line.strip_prefix("* ").unwrap_or(line);
            for piece in super::cut::cut(line, most) {
                Line::new(out).source(&from).command("NOTICE").param(nick).trailing(piece).end();
            }
        }
    }

    /// An answer of plain lines, in notices from the helper.
    pub(crate) fn put_service_reply(&self, reply: &Reply, around: &Around<'_>, out: &mut Vec<u8>) {
        let codec: &Codec = around.codec;
        let style = lines::Style { lang: self.lang(), ..lines::Style::default() };
        let told = lines::reply(reply, style, codec);
        // Of what other people have written nothing is changed.
        if matches!(reply, Reply::Registered(_) | Reply::NoAccount | Reply::Door { .. }) {
            self.put_service(typed::typed(&String::from_utf8_lossy(&told)).as_bytes(), around, out);
        } else {
            self.put_service(&told, around, out);
        }
    }
}
