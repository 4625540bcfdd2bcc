//! The commands of IRC, and what each of them comes to.

use hall::{Command, Nick, RoomName, Text};

use super::client::{Around, Client, Step};
use super::message::Message;
use super::numeric as n;

/// A command: its name, how many parameters it has to have, and whether it may come before the client has been let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Info {
    /// Its name.
    pub name: &'static str,
    /// Parameters that it has to have.
    pub params: usize,
    /// Whether it may come before the client has been let in.
    pub early: bool,
    /// How it is written, and what it does, in English and Korean.
    pub help: [&'static str; 3],
}

const fn info(name: &'static str, params: usize, early: bool, help: [&'static str; 3]) -> Info {
    Info { name, params, early, help }
}

/// All commands.
pub const COMMANDS: &[Info] = &[
    info("ADMIN", 0, false, ["ADMIN", "whom to turn to", "관리자에게 연락하는 방법"]),
    info("AUTHENTICATE", 1, true, ["AUTHENTICATE MECHANISM", "log in (SASL)", "로그인합니다(SASL)"]),
    info("AWAY", 0, true, ["AWAY [:REASON]", "be away, or back", "자리를 비우거나 돌아옵니다"]),
    info(
        "BATCH",
        1,
        false,
        ["BATCH +REF draft/multiline TARGET", "a message of several lines", "여러 줄로 된 메시지를 보냅니다"],
    ),
    info(
        "CAP",
        1,
        true,
        ["CAP LS|REQ|LIST|END", "what the client wants to be told", "클라이언트가 쓸 기능을 고릅니다"],
    ),
    info("CHATHISTORY", 0, false, ["CHATHISTORY LATEST TARGET * LIMIT", "what was said", "지난 대화를 봅니다"]),
    info("ERROR", 0, true, ["ERROR", "nothing: servers say it", "서버가 보내는 말입니다"]),
    info("HELP", 0, false, ["HELP [COMMAND]", "how a command is written", "명령을 쓰는 방법"]),
    info("HELPOP", 0, false, ["HELPOP [COMMAND]", "how a command is written", "명령을 쓰는 방법"]),
    info("INFO", 0, false, ["INFO", "what this is", "이 서버에 대하여"]),
    info(
        "INVITE",
        0,
        false,
        ["INVITE [NICK #ROOM]", "ask somebody in, or see where you are asked", "방에 부르거나, 불린 방을 봅니다"],
    ),
    info("ISON", 1, false, ["ISON NICK...", "who of these is here", "이 가운데 누가 있는지 봅니다"]),
    info("ISUPPORT", 0, true, ["ISUPPORT", "what may be spoken here", "여기서 쓸 수 있는 것"]),
    info("JOIN", 1, false, ["JOIN #ROOM[,#ROOM] [KEY[,KEY]]", "come into a room", "방에 들어갑니다"]),
    info("KICK", 2, false, ["KICK #ROOM NICK [:REASON]", "put somebody out", "방에서 내보냅니다"]),
    info("KILL", 1, false, ["KILL NICK [:REASON]", "close somebody's connections", "접속을 끊습니다(관리자)"]),
    info("LANGUAGE", 0, true, ["LANGUAGE en|ko", "the language I speak to you", "안내할 언어를 고릅니다"]),
    info("LINKS", 0, false, ["LINKS", "which servers there are", "서버 목록"]),
    info("LIST", 0, false, ["LIST [FILTERS]", "which rooms there are", "방 목록"]),
    info("LUSERS", 0, false, ["LUSERS", "how many there are", "접속자 수"]),
    info(
        "MARKREAD",
        0,
        false,
        ["MARKREAD TARGET [timestamp=TIME]", "how far you have read", "어디까지 읽었는지 남깁니다"],
    ),
    info(
        "METADATA",
        0,
        true,
        [
            "METADATA TARGET GET|LIST|SET|CLEAR|SUB|UNSUB|SUBS|SYNC [...]",
            "what clients note about people and rooms",
            "클라이언트가 사람과 방에 대해 적어 두는 것",
        ],
    ),
    info(
        "MODE",
        1,
        false,
        ["MODE TARGET [MODES [PARAMETERS]]", "rules of a room, or of yourself", "방이나 자신의 설정을 보고 바꿉니다"],
    ),
    info(
        "MONITOR",
        1,
        false,
        [
            "MONITOR +|-|C|L|S [NICK,...]",
            "whose coming and going to be told of",
            "드나드는 것을 알려 받을 사람을 정합니다",
        ],
    ),
    info("MOTD", 0, false, ["MOTD", "the message of the day", "오늘의 말"]),
    info("NAMES", 0, false, ["NAMES #ROOM[,#ROOM]", "who is in a room", "방에 있는 사람"]),
    info("NICK", 0, true, ["NICK NAME", "be called so", "이름을 정합니다"]),
    info("NOTICE", 0, false, ["NOTICE TARGET :TEXT", "say something that no program answers", "알림을 보냅니다"]),
    info("OPER", 2, false, ["OPER NAME PASSWORD", "be an admin", "관리자가 됩니다"]),
    info("PART", 1, false, ["PART #ROOM [:REASON]", "leave a room", "방에서 나갑니다"]),
    info("PASS", 1, true, ["PASS PASSWORD", "the server's password", "서버의 암호"]),
    info(
        "PERSISTENCE",
        1,
        false,
        ["PERSISTENCE GET|SET ON|OFF", "be here without a connection", "접속을 끊어도 방에 남습니다"],
    ),
    info("PING", 1, true, ["PING TOKEN", "are you there", "연결을 확인합니다"]),
    info("PONG", 0, true, ["PONG TOKEN", "yes", "연결 확인에 답합니다"]),
    info("PRIVMSG", 0, false, ["PRIVMSG TARGET :TEXT", "say something", "말합니다"]),
    info("QUIT", 0, true, ["QUIT [:REASON]", "leave", "나갑니다"]),
    info("REDACT", 2, false, ["REDACT TARGET MSGID [:REASON]", "take a message back", "메시지를 거둡니다"]),
    info(
        "REGISTER",
        3,
        true,
        ["REGISTER * * PASSWORD", "make an account of your nick", "지금 이름으로 계정을 만듭니다"],
    ),
    info("REHASH", 0, false, ["REHASH", "read the configuration again", "설정을 다시 읽습니다(관리자)"]),
    info("RENAME", 2, false, ["RENAME #ROOM #NEW [:REASON]", "give a room another name", "방의 이름을 바꿉니다"]),
    info("SEARCH", 1, false, ["SEARCH ATTRIBUTES", "look for what was said", "지난 대화에서 찾습니다"]),
    info("SETNAME", 1, false, ["SETNAME :REAL NAME", "have another real name", "실명을 바꿉니다"]),
    info("STATS", 0, false, ["STATS u", "how the server is", "서버 상태"]),
    info("TAGMSG", 0, false, ["TAGMSG TARGET", "tags without text", "글 없이 태그만 보냅니다"]),
    info("TIME", 0, false, ["TIME", "what time it is", "서버의 시각"]),
    info("TOPIC", 1, false, ["TOPIC #ROOM [:TOPIC]", "what the room is about", "방의 주제를 보고 바꿉니다"]),
    info("USER", 4, true, ["USER NAME 0 * :REAL NAME", "who you are", "누구인지 밝힙니다"]),
    info("USERHOST", 1, false, ["USERHOST NICK...", "where people come from", "어디에서 왔는지 봅니다"]),
    info("USERIP", 1, false, ["USERIP NICK...", "where people come from", "어디에서 왔는지 봅니다"]),
    info("VERIFY", 0, true, ["VERIFY", "nothing: accounts need no verification", "계정에는 확인이 필요 없습니다"]),
    info("VERSION", 0, false, ["VERSION", "which program this is", "서버 프로그램의 버전"]),
    info("WALLOPS", 1, false, ["WALLOPS :TEXT", "say something to admins", "관리자들에게 말합니다"]),
    info("WEBIRC", 4, true, ["WEBIRC", "for gateways", "게이트웨이가 씁니다"]),
    info("WHO", 0, false, ["WHO MASK [%FIELDS]", "who is in a room, or fits", "방에 있거나 맞는 사람"]),
    info("WHOIS", 0, false, ["WHOIS NICK", "who somebody is", "어떤 사람인지 봅니다"]),
    info("WHOWAS", 0, false, ["WHOWAS NICK", "who somebody was", "나간 사람이 누구였는지 봅니다"]),
];

impl Info {
    /// The command of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        COMMANDS.iter().find(|info| info.name == name)
    }
}

impl Client {
    pub(crate) fn message(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        let name = message.command();
        let Some(info) = Info::find(name) else {
            let shown: String = name.chars().take(around.hall.room_name_chars).collect();
            if !self.inside {
                return vec![self.not_registered(around)];
            }
            let text = self.lang().pick("Unknown command", "그런 명령은 없습니다");
            return vec![self.numeric(around, n::ERR_UNKNOWNCOMMAND, &[&shown], text)];
        };
        if !info.early && !self.inside {
            return vec![self.not_registered(around)];
        }
        if message.params().take(info.params).filter(|param| !param.is_empty()).count() < info.params {
            return vec![self.need_more(around, name)];
        }
        if message.tag("batch").is_some() {
            return self.line_of_batch(message, around);
        }
        self.command(message, around)
    }

    fn command(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        match message.command() {
            "CAP" => self.cap(message, around),
            "AUTHENTICATE" => self.authenticate(message, around),
            "NICK" => self.nick(message, around),
            "USER" => self.user(message, around),
            "PASS" => self.pass(message, around),
            "REGISTER" => self.register(message, around),
            "VERIFY" => vec![self.fail(
                around,
                "VERIFY",
                "INVALID_CODE",
                &["*"],
                self.lang().pick("No verification is needed", "확인할 필요가 없습니다"),
            )],
            "WEBIRC" => self.webirc(around),
            "LANGUAGE" => self.language(message, around),
            "PERSISTENCE" => self.persistence(message, around),
            "SETNAME" => self.setname(message, around),
            "QUIT" => {
                let reason = self.reason(message.param(0), around);
                self.quit(self.lang().pick("Client Quit", "나갔습니다"), reason, around)
            }
            "PING" => self.ping(message, around),
            "PONG" | "ERROR" => vec![],
            "AWAY" => self.away(message, around),
            "JOIN" => self.join(message, around),
            "PART" => self.part(message, around),
            "TOPIC" => self.topic(message, around),
            "NAMES" => self.names(message, around),
            "LIST" => self.list(message, around),
            "INVITE" => self.invite(message, around),
            "KICK" => self.kick(message, around),
            "RENAME" => self.rename(message, around),
            "MODE" => self.mode(message, around),
            "PRIVMSG" | "NOTICE" => self.say(message, around),
            "TAGMSG" => self.tag(message, around),
            "REDACT" => self.redact(message, around),
            "BATCH" => self.open_or_close_batch(message, around),
            "WHO" => self.who(message, around),
            "WHOIS" => self.whois(message, around),
            "WHOWAS" => self.whowas(message, around),
            "USERHOST" | "USERIP" | "ISON" => self.which_of(message, around),
            "MONITOR" => self.monitor(message, around),
            "CHATHISTORY" => self.chathistory(message, around),
            "MARKREAD" => self.markread(message, around),
            "SEARCH" => self.search(message, around),
            "METADATA" => self.metadata(message, around),
            _ => self.of_server(message, around),
        }
    }

    /// The connection is over, for this reason, and whatever has come behind that is not heard.
    pub(crate) fn quit(&mut self, why: &str, reason: Text, around: &Around<'_>) -> Vec<Step> {
        self.closing = true;
        let told = self.tell(around, |to| to.error().trailing(&format!("Closing Link: {why}")));
        vec![told, Step::Do(Command::Quit(reason))]
    }

    fn not_registered(&self, around: &Around<'_>) -> Step {
        let text = self.lang().pick("You have not registered", "먼저 NICK과 USER로 누구인지 밝혀야 합니다");
        self.numeric(around, n::ERR_NOTREGISTERED, &[], text)
    }

    pub(crate) fn need_more(&self, around: &Around<'_>, command: &str) -> Step {
        let text = self.lang().pick("Not enough parameters", "빠진 것이 있습니다");
        self.numeric(around, n::ERR_NEEDMOREPARAMS, &[command], text)
    }

    /// A reason, no longer than one may be.
    pub(crate) fn reason(&self, text: Option<&str>, around: &Around<'_>) -> Text {
        Text::new(&text.unwrap_or("").chars().take(around.hall.topic_chars).collect::<String>())
    }

    /// A nick that is named, or the refusal that there is nobody of that name.
    pub(crate) fn called_so(&self, raw: &str, around: &Around<'_>) -> Result<Nick, Step> {
        Nick::new(raw, around.hall.nick_chars).map_err(|_| self.no_such_nick(raw, around))
    }

    pub(crate) fn no_such_nick(&self, raw: &str, around: &Around<'_>) -> Step {
        let text = self.lang().pick("No such nick/channel", "그런 사람이나 방은 없습니다");
        self.numeric(around, n::ERR_NOSUCHNICK, &[shown(raw)], text)
    }

    /// A room that is named, or the refusal that there is no such room.
    pub(crate) fn room_so(&self, raw: &str, around: &Around<'_>) -> Result<RoomName, Step> {
        RoomName::new(raw, around.hall.room_name_chars).map_err(|_| {
            let text = self.lang().pick("No such channel", "그런 방은 없습니다");
            self.numeric(around, n::ERR_NOSUCHCHANNEL, &[shown(raw)], text)
        })
    }
}

/// A word of the client's as it is told back: it has to be one that can stand in the middle of a line.
pub(crate) fn shown(raw: &str) -> &str {
    let word = raw.split(char::is_whitespace).next().unwrap_or("");
    let end = word.char_indices().nth(64).map_or(word.len(), |(at, _)| at);
    let word = &word[..end];
    if word.is_empty() || word.starts_with(':') { "*" } else { word }
}

/// The words of a list that is written with commas.
pub(crate) fn listed(raw: &str) -> impl Iterator<Item = &str> {
    raw.split(',').filter(|word| !word.is_empty())
}
