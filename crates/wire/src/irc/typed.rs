//! What is typed in a client of IRC where the texts of plain lines name a command: the client's own, where it has one that
//! does the same, and else a message to the helper. The texts themselves are the same in both dialects.

use super::service::SERVICES;
use crate::Lang;
use crate::lines::{self, Topic};

/// Commands that clients of IRC have under the same name and for the same thing.
const ALIKE: [&str; 9] = ["nick", "join", "part", "who", "msg", "me", "quit", "kick", "invite"];
/// Commands that say something of lines, or of how one comes in by them.
const OF_LINES: [&str; 4] = ["resume", "ping", "auth", "pass"];

/// A text of plain lines, with what is typed here for each command that it names.
pub(crate) fn typed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('/') {
        let (before, command) = rest.split_at(at);
        out.push_str(before);
        let end = command[1..].find(|c: char| !c.is_ascii_alphabetic()).map_or(command.len(), |end| end + 1);
        let word = &command[1..end];
        // A slash inside of a word is a network's, say.
        let begins = out.chars().next_back().is_none_or(|c| c == ' ' || c == '(');
        if begins && lines::is_command(word) && !ALIKE.contains(&word) {
            out.push_str(&format!("/msg {} ", SERVICES[0]));
        } else {
            out.push('/');
        }
        out.push_str(word);
        rest = &command[end..];
    }
    out.push_str(rest);
    out
}

/// The commands that there are about something, as they are typed here.
pub(crate) fn help(topic: Topic, lang: Lang) -> String {
    let commands = lines::help_of(topic, lang, |word| !OF_LINES.contains(&word));
    typed(&commands)
}

/// That there is no such command, and where the others are listed.
pub(crate) fn unknown(word: &str, lang: Lang) -> String {
    let help = typed("/help");
    lang.pick(
        format!("! there is no command {word}; {help} lists them"),
        format!("! {word} 명령은 없습니다. 목록은 {help}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_named_as_they_are_typed_here() {
        let check = |text: &str, expect: &str| assert_eq!(typed(text), expect);
        check("you are not in #a; /join #a", "you are not in #a; /join #a");
        check("that takes an account: /register PASSWORD", "that takes an account: /msg maru register PASSWORD");
        check("먼저 /transfer나 /own off로", "먼저 /msg maru transfer나 /msg maru own off로");
        check("the language (한국어: /lang ko)", "the language (한국어: /msg maru lang ko)");
        check("10.0.0.0/8, 2001:db8::/48, and/or, //own, /fly, /", "10.0.0.0/8, 2001:db8::/48, and/or, //own, /fly, /");
    }

    #[test]
    fn help_lists_what_can_be_done_here() {
        let listed = help(Topic::Talk, Lang::En);
        assert!(listed.contains("  /join #ROOM [KEY] - ") && listed.contains("  /msg maru history [N"), "{listed}");
        assert!(!listed.contains("resume") && !listed.contains("anything else"), "{listed}");
    }
}
