//! irssi and WeeChat as Debian has them, each in a terminal of its own, and how each of them words what it shows.
//!
//! Each has a home of its own, comes in TLS to the certificate whose fingerprint it was told, and logs in with SASL.
//! What is set beside that only lets them be typed to by a program: they do not wait between two lines that they send,
//! nor ask whether what comes in fast is to be pasted, and they come back a second after they were cut off.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::common::{Server, Terminal};

/// The account with which the clients come.
pub(crate) const NICK: &str = "minsu";
/// Its password.
pub(crate) const PASSWORD: &str = "열려라참깨열려라";

/// Pages up, from wherever one is in a window, that are enough to be at its top.
const PAGES: usize = 20;

/// Which client it is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Irssi,
    Weechat,
}

impl Kind {
    fn command(self, home: &Path, server: &Server) -> Command {
        let fingerprint = fingerprint(server);
        let mut command = match self {
            Self::Irssi => {
                std::fs::write(home.join("config"), irssi_config(server, &fingerprint)).unwrap();
                let mut command = Command::new("irssi");
                command.arg("--home").arg(home);
                command
            }
            Self::Weechat => {
                std::fs::write(home.join("weechat.conf"), WEECHAT_CONF).unwrap();
                std::fs::write(home.join("irc.conf"), weechat_irc_conf(server, &fingerprint)).unwrap();
                let mut command = Command::new("weechat-curses");
                command.arg("--dir").arg(home);
                command
            }
        };
        command.env("HOME", home).env("LANG", "C.UTF-8").env("LC_ALL", "C.UTF-8").env("TZ", "UTC");
        command.env_remove("IRCNICK").env_remove("IRCUSER").env_remove("WEECHAT_EXTRA_LIBDIR");
        command
    }

    /// What its status bar says of somebody who was let in, under this name and in TLS.
    pub(crate) fn is_in(self, nick: &str) -> String {
        match self {
            Self::Irssi => format!("[{nick}(+Zi)]"),
            Self::Weechat => format!("[{nick}(Zi)]"),
        }
    }

    /// How it shows that what is typed goes to this room.
    fn speaks_in(self, room: &str) -> String {
        match self {
            Self::Irssi => format!("\n[{room}]"),
            Self::Weechat => format!(":{room}"),
        }
    }

    /// How it shows that what is typed goes to this person alone.
    pub(crate) fn query(self, nick: &str) -> String {
        self.speaks_in(nick)
    }

    /// How it shows what was said by somebody who is nothing special in the room.
    pub(crate) fn said(self, nick: &str, text: &str) -> String {
        match self {
            Self::Irssi => format!("< {nick}> {text}"),
            Self::Weechat => format!(" {nick} | {text}"),
        }
    }

    /// How it shows an action.
    pub(crate) fn acted(self, nick: &str, text: &str) -> String {
        match self {
            Self::Irssi => format!(" * {nick} {text}"),
            Self::Weechat => format!(" * | {nick} {text}"),
        }
    }

    /// How it shows that one was put out of a room.
    pub(crate) fn kicked(self, room: &str, whom: &str, by: &str, why: &str) -> String {
        match self {
            Self::Irssi => format!("{whom} was kicked from {room} by {by} [{why}]"),
            Self::Weechat => format!("{by} has kicked {whom} ({why})"),
        }
    }

    /// How it shows that one has another name now.
    pub(crate) fn renamed(self, nick: &str) -> String {
        match self {
            Self::Irssi => format!("You're now known as {nick}"),
            Self::Weechat => format!("You are now known as {nick}"),
        }
    }

    /// How it shows with which account somebody is logged in.
    pub(crate) fn account(self, account: &str) -> String {
        match self {
            Self::Irssi => format!("account  : {account}"),
            Self::Weechat => format!("is logged in as {account}"),
        }
    }

    /// How it shows that somebody's account was proved when it came in.
    pub(crate) fn authenticated(self) -> &'static str {
        match self {
            Self::Irssi => "SASL authentication succeeded",
            Self::Weechat => "SASL authentication successful",
        }
    }

    /// How it shows, beside a room, that the server has gone.
    pub(crate) fn cut_off(self) -> &'static str {
        match self {
            // Its status bar names nobody any more, though the second window is still there.
            Self::Irssi => "[] [2]",
            Self::Weechat => "irc: disconnected from server",
        }
    }
}

/// A client in its terminal.
pub(crate) struct Client {
    pub(crate) kind: Kind,
    terminal: Terminal,
    _home: TempDir,
}

impl Client {
    /// Starts one and waits until it was let in.
    #[track_caller]
    pub(crate) fn comes(kind: Kind, server: &Server) -> Self {
        let home = tempfile::tempdir().unwrap();
        let terminal = Terminal::start(&kind.command(home.path(), server));
        let client = Self { kind, terminal, _home: home };
        client.sees(&kind.is_in(NICK));
        client
    }

    /// One that has come, and is in this room.
    #[track_caller]
    pub(crate) fn joins(kind: Kind, server: &Server, room: &str) -> Self {
        let mut client = Self::comes(kind, server);
        client.join(room);
        client
    }

    /// Goes to a room.
    #[track_caller]
    pub(crate) fn join(&mut self, room: &str) {
        self.types(&format!("/join {room}"));
        self.sees(&self.kind.speaks_in(room));
    }

    /// Types a line.
    pub(crate) fn types(&mut self, line: &str) {
        self.terminal.type_line(line);
    }

    /// Waits until `needle` is on the screen, and returns the screen.
    #[track_caller]
    pub(crate) fn sees(&self, needle: &str) -> String {
        self.terminal.until(needle)
    }

    /// Looks for a text in what has gone by in its window. What is found is longer than what is typed.
    pub(crate) fn looks_for(&mut self, text: &str) {
        match self.kind {
            Kind::Irssi => self.types(&format!("/lastlog {text}")),
            Kind::Weechat => self.types(&format!("\x12{text}")),
        }
    }

    /// Goes to the top of what is in its window.
    pub(crate) fn scroll_to_the_top(&mut self) {
        (0..PAGES).for_each(|_| self.terminal.press("\x1b[5~"));
    }
}

/// The fingerprint of the server's certificate, in hexadecimal.
fn fingerprint(server: &Server) -> String {
    let greeting = server.greeting();
    let (_, rest) = greeting.split_once("sha256:").expect("it tells its fingerprint");
    rest.chars().take_while(char::is_ascii_hexdigit).collect()
}

fn irssi_config(server: &Server, fingerprint: &str) -> String {
    // It compares text, in the form that it shows: pairs of digits with colons between them.
    let pairs = fingerprint.to_uppercase().into_bytes();
    let pairs: Vec<_> = pairs.chunks(2).map(String::from_utf8_lossy).collect();
    format!(
        r#"
servers = ({{
  address = "127.0.0.1"; port = "{port}"; chatnet = "maru"; autoconnect = "yes";
  use_tls = "yes"; tls_verify = "no"; tls_pinned_cert = "{pinned}";
}});
chatnets = {{
  maru = {{
    type = "IRC"; nick = "{NICK}";
    sasl_mechanism = "PLAIN"; sasl_username = "{NICK}"; sasl_password = "{PASSWORD}";
  }};
}};
settings = {{
  core = {{ real_name = "민수"; user_name = "{NICK}"; nick = "{NICK}"; server_reconnect_time = "1s"; }};
  "irc/core" = {{ cmd_queue_speed = "10msec"; }};
  "fe-common/core" = {{ term_charset = "UTF-8"; }};
  "fe-text" = {{ paste_detect_time = "0"; }};
}};
"#,
        port = server.port(),
        pinned = pairs.join(":"),
    )
}

/// Nothing but what IRC needs is loaded, and its greeting leaves the screen to the hall.
const WEECHAT_CONF: &str = r#"
[startup]
display_logo = off
display_version = off

[look]
paste_max_lines = -1

[plugin]
autoload = "alias,buflist,irc"
"#;

fn weechat_irc_conf(server: &Server, fingerprint: &str) -> String {
    format!(
        r#"
[look]
server_buffer = independent

[network]
autoreconnect_delay_growing = 1

[server]
maru.addresses = "127.0.0.1/{port}"
maru.ssl = on
maru.ssl_fingerprint = "{fingerprint}"
maru.sasl_mechanism = plain
maru.sasl_username = "{NICK}"
maru.sasl_password = "{PASSWORD}"
maru.nicks = "{NICK}"
maru.username = "{NICK}"
maru.realname = "민수"
maru.autoconnect = on
maru.autoreconnect_delay = 1
maru.anti_flood_prio_high = 0
maru.anti_flood_prio_low = 0
"#,
        port = server.port(),
    )
}
