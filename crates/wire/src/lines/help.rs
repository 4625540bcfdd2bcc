//! The commands of plain lines: one table from which parsing, usage lines and `/help` follow.

use hall::{List, Rank};

use crate::Lang;

/// What a command is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Nick,
    Join,
    Part,
    Rooms,
    Who,
    Msg,
    Me,
    Topic,
    History,
    Search,
    Redact,
    Resume,
    Lang,
    Ping,
    Help,
    Quit,
    Register,
    Login,
    Logout,
    Password,
    Unregister,
    Account,
    Ignore,
    Unignore,
    Read,
    Unread,
    Auth,
    Pass,
    Rules,
    Set,
    Rank(Option<Rank>),
    Kick,
    Rename,
    Listed(List, bool),
    Invite,
    Own,
    Transfer,
    Admin,
}

/// What a command is about: `/help` lists one topic at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// Talking.
    Talk,
    /// One's own account.
    Account,
    /// Keeping a room in order.
    Room,
    /// Keeping the hall in order.
    Admin,
}

impl Topic {
    /// The topic that a word stands for; none stands for talking.
    pub(super) fn of(word: &str) -> Option<Self> {
        match word.to_lowercase().as_str() {
            "" => Some(Self::Talk),
            "account" | "accounts" | "계정" => Some(Self::Account),
            "room" | "rooms" | "방" => Some(Self::Room),
            "admin" | "관리" => Some(Self::Admin),
            _ => None,
        }
    }
}

/// A command's line in the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Info {
    pub(super) name: Name,
    pub(super) topic: Topic,
    /// How it may be written, the usual way first.
    pub(super) words: &'static [&'static str],
    usage_en: &'static str,
    usage_ko: &'static str,
    what_en: &'static str,
    what_ko: &'static str,
}

macro_rules! commands {
    ($($topic:ident $name:ident $(($($of:expr),*))? [$($word:literal),+] $usage_en:literal / $usage_ko:literal: $en:literal / $ko:literal;)*) => {
        pub(super) static COMMANDS: &[Info] = &[$(Info {
            name: Name::$name $(($($of),*))?, topic: Topic::$topic, words: &[$($word),+], usage_en: $usage_en, usage_ko: $usage_ko, what_en: $en, what_ko: $ko,
        }),*];
    };
}

commands! {
    Talk Nick ["nick", "닉", "이름"] " NAME" / " 이름": "be called NAME" / "이름을 정합니다";
    Talk Join ["join", "j", "입장"] " #ROOM [KEY]" / " #방 [열쇠]": "come into a room, or speak there if you are in it" / "방에 들어갑니다. 이미 있는 방이면 그 방에서 말합니다";
    Talk Part ["part", "leave", "퇴장"] " [#ROOM]" / " [#방]": "leave a room" / "방에서 나갑니다";
    Talk Rooms ["rooms", "list", "방"] "" / "": "the rooms there are" / "방 목록을 봅니다";
    Talk Who ["who", "names", "누구"] " [#ROOM]" / " [#방]": "who is in a room" / "방에 누가 있는지 봅니다";
    Talk Msg ["msg", "w", "귓"] " NAME TEXT" / " 이름 내용": "a message to one person alone" / "한 사람에게만 보냅니다";
    Talk Me ["me"] " TEXT" / " 내용": "say what you do" / "하는 행동을 보여 줍니다";
    Talk Topic ["topic", "주제"] " [TEXT|-]" / " [내용|-]": "show, set or clear the room's topic" / "방의 주제를 보거나 정하거나 지웁니다";
    Talk History ["history", "기록"] " [N|since TIME]" / " [개수|시각부터]": "the last N messages of the room (20), or those since 10:30, 2h or 2026-11-25" / "방의 지난 메시지를 봅니다(20개). 시각은 10:30, 2시간 전, 2026-11-25처럼";
    Talk Search ["search", "찾기"] " WORDS [from:NAME] [in:#ROOM] [after:TIME] [before:TIME]" / " 낱말 [누가:이름] [방:#방] [부터:시각] [까지:시각]": "messages of your rooms with all these words" / "내가 있는 방에서 낱말이 모두 든 메시지를 찾습니다";
    Talk Redact ["redact", "undo", "거두기"] " [N]" / " [번째]": "take back what you said last, or the Nth from the end" / "마지막에(또는 뒤에서 N번째로) 한 말을 거둡니다";
    Talk Resume ["resume"] " [now|HALL N]" / " [now|서버 번호]": "for programs: number the lines, go on behind line N" / "프로그램용: 줄마다 번호를 붙이고 N번 다음부터 이어 갑니다";
    Talk Lang ["lang", "언어"] " en|ko" / " ko|en": "the language I speak to you (한국어: /lang ko)" / "안내 언어를 고릅니다 (English: /lang en)";
    Talk Ping ["ping"] " [TOKEN]" / " [표시]": "answered when all you sent before it is recorded" / "앞서 보낸 것이 모두 기록되면 답합니다";
    Talk Help ["help", "h", "?", "도움말"] " [account|room|admin]" / " [계정|방|관리]": "this list, or that of accounts, rooms, admins" / "이 목록을 봅니다. 계정, 방, 관리의 목록은 따로 있습니다";
    Talk Quit ["quit", "exit", "bye", "끝"] "" / "": "leave" / "나갑니다";
    Account Register ["register", "등록"] " PASSWORD" / " 암호": "make an account of your nick: from then on it is yours" / "지금 이름으로 계정을 만듭니다. 그 이름은 이제 내 것입니다";
    Account Login ["login", "로그인"] " [NAME] PASSWORD" / " [이름] 암호": "be the person of an account" / "계정의 주인으로 들어옵니다";
    Account Logout ["logout", "로그아웃"] " [others]" / " [다른곳]": "be a guest again, or close your other connections" / "다시 손님이 됩니다. 다른곳이라고 쓰면 다른 접속을 모두 끊습니다";
    Account Password ["password", "passwd", "암호"] " OLD NEW" / " 지금암호 새암호": "change your password" / "암호를 바꿉니다";
    Account Account ["account", "계정"] " [nick|unnick NAME|certificate on|off|always-on on|off]" / " [이름추가|이름빼기 이름|인증서 켜기|끄기|항상 켜기|끄기]": "show your account, or change it" / "내 계정을 보거나 고칩니다";
    Account Unregister ["unregister", "탈퇴"] " PASSWORD" / " 암호": "delete your account" / "계정을 지웁니다";
    Account Ignore ["ignore", "차단"] " [NAME]" / " [이름]": "do not hear somebody; or whom you do not hear" / "그 사람의 말을 듣지 않습니다. 이름이 없으면 목록을 봅니다";
    Account Unignore ["unignore", "차단해제"] " NAME" / " 이름": "hear somebody again" / "그 사람의 말을 다시 듣습니다";
    Account Read ["read", "읽음"] " [#ROOM]" / " [#방]": "you have read everything here" / "여기까지 다 읽은 것으로 합니다";
    Account Unread ["unread", "안읽음"] " [#ROOM]" / " [#방]": "what you have not read here" / "여기서 아직 읽지 않은 메시지를 봅니다";
    Account Pass ["pass", "입장암호"] " PASSWORD" / " 암호": "the server's password, where it asks for one" / "서버가 암호를 물을 때 씁니다";
    Account Auth ["auth"] " MECHANISM [BASE64]|BASE64|*" / " 방식 [BASE64]|BASE64|*": "for programs: SASL (PLAIN, SCRAM-SHA-256, EXTERNAL)" / "프로그램용: SASL (PLAIN, SCRAM-SHA-256, EXTERNAL)";
    Room Rules ["rules", "규칙"] " [#ROOM]" / " [#방]": "the room's rules" / "방의 규칙을 봅니다";
    Room Set ["set", "설정"] " RULE on|off|VALUE" / " 규칙 on|off|값": "invite-only, members-only, accounts-only, moderated, secret, topic-locked; key WORD, limit N, slow SECONDS" / "초대만, 회원만, 계정만, 발언권, 비밀, 주제고정, 열쇠 낱말, 인원 수, 느리게 초";
    Room Own ["own", "소유"] " [off]" / " [off]": "make the room yours: it keeps its rules" / "방을 내 것으로 하여 규칙을 간직합니다";
    Room Transfer ["transfer", "넘기기"] " NAME" / " 이름": "give your room to another account" / "내 방을 다른 계정에 넘깁니다";
    Room Rank(Some(Rank::Operator)) ["op", "운영자"] " NAME" / " 이름": "NAME keeps the room in order" / "방을 관리할 사람을 정합니다";
    Room Rank(Some(Rank::Voice)) ["voice", "발언권"] " NAME" / " 이름": "NAME may speak in a moderated room" / "발언권이 있어야 말하는 방에서 말할 수 있게 합니다";
    Room Rank(Some(Rank::Member)) ["member", "회원"] " NAME" / " 이름": "NAME may come in where only members may" / "회원만 들어오는 방에 들어올 수 있게 합니다";
    Room Rank(None) ["unrank", "deop", "devoice", "해임"] " NAME" / " 이름": "NAME is none of these any more" / "맡긴 자리를 거둡니다";
    Room Kick ["kick", "내보내기"] " NAME [REASON]" / " 이름 [까닭]": "put somebody out of the room" / "방에서 내보냅니다";
    Room Rename ["rename", "방이름"] " #NEW [REASON]" / " #새이름 [까닭]": "give the room another name; all of it goes with it" / "방의 이름을 바꿉니다. 사람도 규칙도 지난 대화도 그대로입니다";
    Room Invite ["invite", "초대"] " NAME [#ROOM]" / " 이름 [#방]": "ask somebody in" / "방에 부릅니다";
    Room Listed(List::Ban, true) ["ban", "금지"] " [NAME|MASK [TIME] [REASON]]" / " [이름|마스크 [시간] [까닭]]": "keep somebody out; or who is (MASK: nick*, account:NAME, 10.0.0.0/8; TIME: 10m, 2h, 7d)" / "못 들어오게 합니다. 이름이 없으면 목록을 봅니다(마스크: 이름*, account:이름, 10.0.0.0/8, 시간: 10분, 2시간, 7일)";
    Room Listed(List::Ban, false) ["unban", "금지해제"] " NAME|MASK" / " 이름|마스크": "keep them out no longer" / "금지를 풉니다";
    Room Listed(List::Quiet, true) ["quiet", "침묵"] " [NAME|MASK [TIME] [REASON]]" / " [이름|마스크 [시간] [까닭]]": "let somebody listen, not speak" / "듣기만 하게 합니다";
    Room Listed(List::Quiet, false) ["unquiet", "침묵해제"] " NAME|MASK" / " 이름|마스크": "let them speak again" / "다시 말할 수 있게 합니다";
    Room Listed(List::Exception, true) ["except", "예외"] " [NAME|MASK]" / " [이름|마스크]": "bans and quiets are not for them" / "금지와 침묵이 미치지 않게 합니다";
    Room Listed(List::Exception, false) ["unexcept", "예외해제"] " NAME|MASK" / " 이름|마스크": "they are for them again" / "예외를 풉니다";
    Room Listed(List::Invited, true) ["allow", "늘초대"] " [NAME|MASK]" / " [이름|마스크]": "they always come in uninvited" / "늘 초대 없이 들어올 수 있게 합니다";
    Room Listed(List::Invited, false) ["unallow", "늘초대해제"] " NAME|MASK" / " 이름|마스크": "they do no longer" / "늘 초대를 풉니다";
    Admin Admin ["admin", "관리"] " accounts|rooms|who|bans|ban WHOM [TIME] [REASON]|unban WHOM|announce TEXT|kill NAME [REASON]|grant NAME|revoke NAME|create NAME PASSWORD|password NAME PASSWORD|delete NAME|drop #ROOM|drain" / " accounts|rooms|who|bans|ban 대상 [시간] [까닭]|unban 대상|announce 글|kill 이름 [까닭]|grant 이름|revoke 이름|create 이름 암호|password 이름 암호|delete 이름|drop #방|drain": "keep the hall in order (WHOM: an account, 10.0.0.1, 2001:db8::/48)" / "서버를 관리합니다(대상: 계정, 10.0.0.1, 2001:db8::/48)";
}

/// Whether a word is the usual name of a command.
pub(crate) fn is_command(word: &str) -> bool {
    COMMANDS.iter().any(|info| info.words[0] == word)
}

impl Info {
    /// The command that a word stands for, in any case.
    pub(super) fn find(word: &str) -> Option<&'static Self> {
        COMMANDS.iter().find(|info| info.words.iter().any(|w| w.eq_ignore_ascii_case(word)))
    }

    /// How it is written, with what it takes.
    pub(super) fn usage(&self, lang: Lang) -> String {
        format!("/{}{}", self.words[0], lang.pick(self.usage_en, self.usage_ko))
    }

    /// What it does.
    pub(super) fn what(&self, lang: Lang) -> &'static str {
        lang.pick(self.what_en, self.what_ko)
    }
}
