//! The commands of plain lines: one table from which parsing, usage lines and `/help` follow.

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
}

/// A command's line in the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Info {
    pub(super) name: Name,
    /// How it may be written, the usual way first.
    pub(super) words: &'static [&'static str],
    usage_en: &'static str,
    usage_ko: &'static str,
    what_en: &'static str,
    what_ko: &'static str,
}

macro_rules! commands {
    ($($name:ident [$($word:literal),+] $usage_en:literal / $usage_ko:literal: $en:literal / $ko:literal;)*) => {
        pub(super) static COMMANDS: &[Info] = &[$(Info {
            name: Name::$name, words: &[$($word),+], usage_en: $usage_en, usage_ko: $usage_ko, what_en: $en, what_ko: $ko,
        }),*];
    };
}

commands! {
    Nick ["nick", "닉", "이름"] " NAME" / " 이름": "be called NAME" / "이름을 정합니다";
    Join ["join", "j", "입장"] " #ROOM" / " #방": "come into a room, or speak there if you are in it" / "방에 들어갑니다. 이미 있는 방이면 그 방에서 말합니다";
    Part ["part", "leave", "퇴장"] " [#ROOM]" / " [#방]": "leave a room" / "방에서 나갑니다";
    Rooms ["rooms", "list", "방"] "" / "": "the rooms there are" / "방 목록을 봅니다";
    Who ["who", "names", "누구"] " [#ROOM]" / " [#방]": "who is in a room" / "방에 누가 있는지 봅니다";
    Msg ["msg", "w", "귓"] " NAME TEXT" / " 이름 내용": "a message to one person alone" / "한 사람에게만 보냅니다";
    Me ["me"] " TEXT" / " 내용": "say what you do" / "하는 행동을 보여 줍니다";
    Topic ["topic", "주제"] " [TEXT|-]" / " [내용|-]": "show, set or clear the room's topic" / "방의 주제를 보거나 정하거나 지웁니다";
    History ["history", "기록"] " [N|since TIME]" / " [개수|시각부터]": "the last N messages of the room (20), or those since 10:30, 2h or 2026-11-25" / "방의 지난 메시지를 봅니다(20개). 시각은 10:30, 2시간 전, 2026-11-25처럼";
    Search ["search", "찾기"] " WORDS [from:NAME] [in:#ROOM] [after:TIME] [before:TIME]" / " 낱말 [누가:이름] [방:#방] [부터:시각] [까지:시각]": "messages of your rooms with all these words" / "내가 있는 방에서 낱말이 모두 든 메시지를 찾습니다";
    Redact ["redact", "undo", "거두기"] " [N]" / " [번째]": "take back what you said last, or the Nth from the end" / "마지막에(또는 뒤에서 N번째로) 한 말을 거둡니다";
    Resume ["resume"] " [now|HALL N]" / " [now|서버 번호]": "for programs: number the lines, go on behind line N" / "프로그램용: 줄마다 번호를 붙이고 N번 다음부터 이어 갑니다";
    Lang ["lang", "언어"] " en|ko" / " ko|en": "the language I speak to you (한국어: /lang ko)" / "안내 언어를 고릅니다 (English: /lang en)";
    Ping ["ping"] " [TOKEN]" / " [표시]": "answered when all you sent before it is recorded" / "앞서 보낸 것이 모두 기록되면 답합니다";
    Help ["help", "h", "?", "도움말"] "" / "": "this list" / "이 목록을 봅니다";
    Quit ["quit", "exit", "bye", "끝"] "" / "": "leave" / "나갑니다";
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
