//! The words of `--help`, in both languages: one table of commands, one of their arguments.
//!
//! The form of the page and the usage lines are here too, because clap has its own in English only. A command or argument
//! without an entry fails the tests.

use wire::Lang;

/// The texts of a command.
#[derive(Debug)]
pub(crate) struct Text {
    path: &'static str,
    about: [&'static str; 2],
    usage: [&'static str; 2],
    after: [&'static str; 2],
}

impl Text {
    /// What it does.
    pub(crate) fn about(&self, lang: Lang) -> &'static str {
        one(self.about, lang)
    }

    /// How it is written.
    pub(crate) fn usage(&self, lang: Lang) -> &'static str {
        one(self.usage, lang)
    }

    /// What else is good to know.
    pub(crate) fn after(&self, lang: Lang) -> &'static str {
        one(self.after, lang)
    }
}

fn one([en, ko]: [&'static str; 2], lang: Lang) -> &'static str {
    lang.pick(en, ko)
}

/// The texts of the command that is written so.
pub(crate) fn of(path: &str) -> &'static Text {
    COMMANDS.iter().find(|text| text.path == path).unwrap_or_else(|| panic!("no help for `{path}`"))
}

/// The text of a command's argument.
pub(crate) fn argument(path: &str, id: &str, lang: Lang) -> &'static str {
    let mut found = ARGUMENTS.iter().filter(|(of, name, _)| *name == id && (*of == path || of.is_empty()));
    let (_, _, text) = found.next().unwrap_or_else(|| panic!("no help for `{id}` of `{path}`"));
    one(*text, lang)
}

/// The page's form, in clap's placeholders.
pub(crate) fn template(subcommands: bool, positionals: bool, lang: Lang) -> String {
    let mut page = format!("{{about}}\n\n{}: {{usage}}", lang.pick("Usage", "사용법"));
    let mut part = |shown: bool, en, ko, what: &str| {
        if shown {
            page += &format!("\n\n{}:\n{{{what}}}", lang.pick(en, ko));
        }
    };
    part(subcommands, "Commands", "명령", "subcommands");
    part(positionals, "Arguments", "인자", "positionals");
    part(true, "Options", "옵션", "options");
    page + "{after-help}\n"
}

static COMMANDS: &[Text] = &[
    Text {
        path: "maru",
        about: [
            "Maru: a chat hall of your own. One program, one port, every client.",
            "마루: 직접 여는 대화방. 프로그램 하나, 포트 하나로 누구나 들어옵니다.",
        ],
        usage: ["maru <COMMAND>", "maru <명령>"],
        after: [
            "\
Start here:
  maru serve        open a hall on this computer
  maru chat         come into it
  maru chat HOST    come into somebody else's
  nc HOST 55555     come in without Maru",
            "\
시작하기:
  maru serve        이 컴퓨터에 대화방을 엽니다
  maru chat         그 대화방에 들어갑니다
  maru chat HOST    다른 컴퓨터의 대화방에 들어갑니다
  nc HOST 55555     마루 없이 들어갑니다",
        ],
    },
    Text {
        path: "maru serve",
        about: ["Open a hall: run the chat server", "대화방을 엽니다(채팅 서버 실행)"],
        usage: ["maru serve [OPTIONS]", "maru serve [옵션]"],
        after: [
            "\
Every option can also be set by a variable (MARU_LISTEN, MARU_DATA_DIR, MARU_CONFIG,
MARU_LIMITS, ...) or in the configuration file; `maru config print` shows all there is.
Options go over variables, variables over the file.",
            "\
옵션은 환경 변수(MARU_LISTEN, MARU_DATA_DIR, MARU_CONFIG, MARU_LIMITS 등)나
설정 파일로도 정할 수 있습니다. 모든 항목은 `maru config print`로 볼 수 있습니다.
옵션이 환경 변수보다, 환경 변수가 설정 파일보다 우선합니다.",
        ],
    },
    Text {
        path: "maru chat",
        about: ["Come into a hall: the chat client", "대화방에 들어갑니다(채팅 클라이언트)"],
        usage: ["maru chat [[tls://]HOST[:PORT]] [OPTIONS]", "maru chat [[tls://]HOST[:PORT]] [옵션]"],
        after: [
            "\
`exit` or Ctrl-D leaves. What is piped in is sent, and then it ends.

On the way to another computer the conversation is encrypted (TLS) if the server can do it,
and if it cannot, that is said. tls://HOST takes nothing else; tcp://HOST does not try, nor
does --lines for a server that is not known. A server is known again by the fingerprint of
its certificate, kept in ~/.local/state/maru/known_hosts.",
            "\
`exit`나 Ctrl-D로 나갑니다. 파이프로 넣은 글은 다 보낸 뒤 끝납니다.

다른 컴퓨터와는 서버가 할 수 있으면 암호화(TLS)해서 이야기하고, 할 수 없으면 그렇다고
알려 줍니다. tls://HOST는 암호화만 받아들이고, tcp://HOST는 암호화하지 않습니다. 처음 보는
서버라면 --lines도 암호화하지 않습니다. 서버는 인증서 지문으로 다시 알아보며, 지문은
~/.local/state/maru/known_hosts에 적어 둡니다.",
        ],
    },
    Text {
        path: "maru health",
        about: ["Ask a running server whether it is well", "실행 중인 서버가 정상인지 묻습니다"],
        usage: ["maru health [HOST[:PORT]] [OPTIONS]", "maru health [HOST[:PORT]] [옵션]"],
        after: [
            "Exits with 0 when it is well, with 1 when it is not or does not answer in time.",
            "정상이면 0, 정상이 아니거나 제때 대답이 없으면 1로 끝납니다.",
        ],
    },
    Text {
        path: "maru search",
        about: ["Find messages in all rooms of this computer's hall", "이 컴퓨터의 모든 방에서 메시지를 찾습니다"],
        usage: ["maru search [WORDS]... [OPTIONS]", "maru search [낱말]... [옵션]"],
        after: [
            "A message is found when it holds all the words. Times are written as 10:30, 2h, yesterday,
2026-11-25 or 2026-11-25T10:30.",
            "낱말이 모두 든 메시지를 찾습니다. 시각은 10:30, 2시간, 어제, 2026-11-25, 2026-11-25T10:30처럼 씁니다.",
        ],
    },
    Text {
        path: "maru export",
        about: ["Write everything that was said as JSON Lines", "오간 말을 모두 JSON Lines로 내보냅니다"],
        usage: ["maru export [FILE] [OPTIONS]", "maru export [FILE] [옵션]"],
        after: [
            "The server may go on running. To go on with an export that broke off, name the same file and give
the number of its last line with --after. docs/export.md describes the format.",
            "서버가 실행 중이어도 됩니다. 끊긴 내보내기를 이으려면 같은 파일에 마지막 줄의 번호를 --after로
주세요. 형식은 docs/export.md에 있습니다.",
        ],
    },
    Text {
        path: "maru import",
        about: ["Read in what `maru export` wrote", "`maru export`로 내보낸 것을 들여옵니다"],
        usage: ["maru import <FILE> [OPTIONS]", "maru import <FILE> [옵션]"],
        after: [
            "The server must not be running. Either the whole file is read in or, when a line is wrong,
nothing; what is there already is left as it is. `-` reads standard input.",
            "서버를 멈추고 쓰세요. 틀린 줄이 하나라도 있으면 아무것도 들여오지 않고, 이미 있는 항목은
그대로 둡니다. `-`는 표준 입력을 읽습니다.",
        ],
    },
    Text {
        path: "maru backup",
        about: ["Copy the ledger to a file, while the server runs", "서버를 멈추지 않고 기록을 파일로 백업합니다"],
        usage: ["maru backup <FILE> [OPTIONS]", "maru backup <FILE> [옵션]"],
        after: [
            "The copy is whole, and as the ledger was at one moment. `-` writes to standard output.
`maru restore` puts it back.",
            "한순간의 모습 그대로 온전히 복사합니다. `-`는 표준 출력으로 씁니다.
`maru restore`로 되돌립니다.",
        ],
    },
    Text {
        path: "maru restore",
        about: ["Put a backup in the ledger's place", "백업으로 되돌립니다"],
        usage: ["maru restore <FILE> [OPTIONS]", "maru restore <FILE> [옵션]"],
        after: [
            "The server must not be running. The ledger that is there is replaced by a whole one or not at
all. `-` reads standard input.",
            "서버를 멈추고 쓰세요. 온전한 백업이 아니면 지금 기록을 그대로 둡니다. `-`는 표준 입력을 읽습니다.",
        ],
    },
    Text {
        path: "maru verify",
        about: ["Look through the ledger for damage", "기록이 온전한지 살펴봅니다"],
        usage: ["maru verify [OPTIONS]", "maru verify [옵션]"],
        after: ["Exits with 0 when all is well and with 1 when it is not.", "이상이 없으면 0, 있으면 1로 끝납니다."],
    },
    Text {
        path: "maru redact",
        about: ["Take a message back, by its number", "번호로 메시지를 거둡니다"],
        usage: ["maru redact <N> [OPTIONS]", "maru redact <N> [옵션]"],
        after: [
            "The server must not be running. The text is gone from the files as well; a line says that it
was taken back. `maru export` shows the numbers.",
            "서버를 멈추고 쓰세요. 글은 파일에서도 사라지고, 거두었다는 줄만 남습니다.
번호는 `maru export`로 볼 수 있습니다.",
        ],
    },
    Text {
        path: "maru admin",
        about: ["Keep a running server in order", "실행 중인 서버를 관리합니다"],
        usage: ["maru admin [OPTIONS] <WORDS>...", "maru admin [옵션] <명령>..."],
        after: [
            "\
What there is to ask for, also from inside for admins (/admin ...):
  accounts, rooms, who, bans           what there is
  create NAME [PASSWORD]               make an account; the password is asked for if it is left out
  password NAME [PASSWORD]             give an account another one
  grant NAME, revoke NAME              make it an admin's, or no admin's
  delete NAME, drop #ROOM              delete an account, or the rules of a room
  ban WHOM [TIME] [REASON], unban WHOM keep out an account, an address or a network (10m, 2h, 7d)
  kill NAME [REASON]                   close somebody's connections
  announce TEXT                        say something to everybody
  drain                                take nobody in any more, and stop
Everything that changes something is recorded in the room #audit, which admins can read.",
            "\
할 수 있는 것(관리자는 대화방 안에서도 /admin ...):
  accounts, rooms, who, bans           무엇이 있는지 봅니다
  create 이름 [암호]                   계정을 만듭니다. 암호를 적지 않으면 묻습니다
  password 이름 [암호]                 계정의 암호를 바꿉니다
  grant 이름, revoke 이름              관리자로 삼거나 그만두게 합니다
  delete 이름, drop #방                계정을, 또는 방의 규칙을 지웁니다
  ban 대상 [시간] [까닭], unban 대상   계정, 주소, 네트워크의 출입을 막습니다(10분, 2시간, 7일)
  kill 이름 [까닭]                     접속을 끊습니다
  announce 글                          모두에게 알립니다
  drain                                새 연결을 받지 않고 서버를 멈춥니다
무언가를 바꾸는 일은 모두 관리자만 볼 수 있는 #audit 방에 남습니다.",
        ],
    },
    Text {
        path: "maru config",
        about: [
            "Check a configuration file, or print the default one",
            "설정 파일을 검사하거나 기본 설정을 출력합니다",
        ],
        usage: ["maru config <COMMAND>", "maru config <명령>"],
        after: ["", ""],
    },
    Text {
        path: "maru config check",
        about: ["Check a configuration file", "설정 파일을 검사합니다"],
        usage: ["maru config check <FILE>", "maru config check <FILE>"],
        after: ["", ""],
    },
    Text {
        path: "maru config print",
        about: ["Print the default configuration, with comments", "기본 설정을 설명과 함께 출력합니다"],
        usage: ["maru config print", "maru config print"],
        after: ["", ""],
    },
    Text {
        path: "maru completions",
        about: ["Print a script that completes commands in a shell", "셸의 자동 완성 스크립트를 출력합니다"],
        usage: ["maru completions <SHELL>", "maru completions <SHELL>"],
        after: ["", ""],
    },
    Text {
        path: "maru help",
        about: ["Show the help of a command", "명령의 도움말을 봅니다"],
        usage: ["maru help [COMMAND]...", "maru help [명령]..."],
        after: ["", ""],
    },
];

/// Command (empty: any), argument, texts.
static ARGUMENTS: &[(&str, &str, [&str; 2])] = &[
    ("", "help", ["Show this help", "이 도움말을 봅니다"]),
    ("", "version", ["Show the version", "버전을 봅니다"]),
    (
        "",
        "config",
        [
            "The configuration file [default: maru.toml in the user's folder for it]",
            "설정 파일 [기본값: 사용자 설정 폴더의 maru/maru.toml]",
        ],
    ),
    (
        "maru serve",
        "listen",
        [
            "An address to listen on; may be repeated [default: port 55555 on all]",
            "연결을 받을 주소와 포트. 여러 번 쓸 수 있습니다 [기본값: 모든 주소의 55555]",
        ],
    ),
    (
        "maru serve",
        "data_dir",
        [
            "Where the hall keeps its data [default: ~/.local/share/maru]",
            "자료를 두는 폴더 [기본값: ~/.local/share/maru]",
        ],
    ),
    (
        "maru serve",
        "limits",
        [
            "Lift the limits on single connections and addresses (closed networks, benchmarks)",
            "연결 하나, 주소 하나에 대한 제한을 풉니다(닫힌 네트워크, 성능 측정용)",
        ],
    ),
    (
        "maru chat",
        "server",
        ["The server [default: localhost:55555; MARU_SERVER]", "서버 [기본값: localhost:55555, 환경 변수 MARU_SERVER]"],
    ),
    (
        "maru chat",
        "nick",
        ["Your nickname; asked for if it is missing [MARU_NICK]", "닉네임. 없으면 물어봅니다 [환경 변수 MARU_NICK]"],
    ),
    (
        "maru chat",
        "lines",
        [
            "Speak plain lines, for the simplest of chat servers too",
            "보통 줄로만 말합니다. 아주 단순한 채팅 서버와도 통합니다",
        ],
    ),
    (
        "maru chat",
        "accept_fingerprint",
        [
            "Take the server for known by this certificate and no other, from now on",
            "이 지문의 인증서만 받아들이고, 앞으로 이 지문으로 서버를 알아봅니다",
        ],
    ),
    (
        "maru health",
        "addr",
        ["The server [default: the configured port on this computer]", "서버 [기본값: 이 컴퓨터의, 설정에 적힌 포트]"],
    ),
    ("", "data_dir", ["The data directory [default: ~/.local/share/maru]", "자료 폴더 [기본값: ~/.local/share/maru]"]),
    ("maru search", "words", ["Words that the messages hold", "메시지에 든 낱말"]),
    ("maru search", "from", ["Said under this nick", "이 닉네임이 한 말"]),
    ("", "rooms", ["Only in this room; may be repeated", "이 방에서만. 여러 번 쓸 수 있습니다"]),
    ("maru search", "after", ["Said at this time or later", "이 시각부터"]),
    ("maru search", "before", ["Said before this time", "이 시각 전까지"]),
    ("maru search", "most", ["How many at most, the newest", "보여 줄 개수. 새것부터 셉니다"]),
    ("maru export", "file", ["The file to write [default: standard output]", "쓸 파일 [기본값: 표준 출력]"]),
    ("maru export", "after", ["Only what comes after this number", "이 번호 다음부터"]),
    ("maru export", "since", ["Only from this time on", "이 시각부터"]),
    ("maru export", "until", ["Only before this time", "이 시각 전까지"]),
    ("maru import", "file", ["The file to read, or -", "읽을 파일 또는 -"]),
    (
        "maru backup",
        "file",
        ["The file to write, or -; one of that name is replaced", "쓸 파일 또는 -. 같은 이름의 파일은 바뀝니다"],
    ),
    ("maru restore", "file", ["The backup", "백업 파일"]),
    ("maru admin", "words", ["What is asked for", "시킬 일"]),
    ("maru redact", "seq", ["The message's number", "메시지의 번호"]),
    ("maru config check", "file", ["The file to check", "검사할 파일"]),
    (
        "maru completions",
        "shell",
        ["bash, elvish, fish, powershell or zsh", "bash, elvish, fish, powershell, zsh 가운데 하나"],
    ),
    ("maru help", "command", ["The command", "명령"]),
];
