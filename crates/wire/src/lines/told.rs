//! What is told of rooms' rules, of accounts and of what admins do.

use hall::{Deed, Flag, List, Listing, Mask, Rank, Rule};

use super::show::Codec;
use crate::Lang;
use crate::text::printable;

/// What a rule says from now on, without its end.
pub(super) fn rule(rule: &Rule, lang: Lang, codec: &Codec) -> String {
    let fixed = |en: &str, ko: &str| lang.pick(en, ko).to_owned();
    match rule {
        Rule::Flag(flag, on) => flagged(*flag, *on, lang).to_owned(),
        Rule::Key(true) => fixed("who comes in has to know the key", "열쇠를 알아야 들어올 수 있습니다"),
        Rule::Key(false) => fixed("no key is needed", "열쇠 없이 들어올 수 있습니다"),
        Rule::Limit(Some(n)) => {
            lang.pick(format!("at most {n} people come in"), format!("{n}명까지 들어올 수 있습니다"))
        }
        Rule::Limit(None) => fixed("any number of people come in", "인원 제한이 없습니다"),
        Rule::Slow(Some(n)) => {
            lang.pick(format!("everybody speaks once in {n} seconds"), format!("{n}초에 한 번씩 말할 수 있습니다"))
        }
        Rule::Slow(None) => fixed("nobody has to wait before speaking", "기다리지 않고 말할 수 있습니다"),
        Rule::Rank(_, nick, Some(Rank::Operator), _) => {
            lang.pick(format!("{nick} is an operator"), format!("{nick} 님은 운영자입니다"))
        }
        Rule::Rank(_, nick, Some(Rank::Voice), _) => {
            lang.pick(format!("{nick} has a voice"), format!("{nick} 님에게 발언권이 있습니다"))
        }
        Rule::Rank(_, nick, Some(Rank::Member), _) => {
            lang.pick(format!("{nick} is a member"), format!("{nick} 님은 회원입니다"))
        }
        Rule::Rank(_, nick, None, _) => {
            lang.pick(format!("{nick} holds no rank any more"), format!("{nick} 님의 권한을 거두었습니다"))
        }
        Rule::List(list, mask, listing) => listed(*list, mask, listing.as_ref(), lang, codec),
        Rule::Owner(Some(nick), _) => {
            lang.pick(format!("the room belongs to {nick}"), format!("방의 주인은 {nick} 님입니다"))
        }
        Rule::Owner(None, _) => fixed("the room belongs to nobody", "방의 주인이 없습니다"),
    }
}

fn flagged(flag: Flag, on: bool, lang: Lang) -> &'static str {
    match (flag, on) {
        (Flag::InviteOnly, true) => lang.pick("only who is invited comes in", "초대받은 사람만 들어올 수 있습니다"),
        (Flag::InviteOnly, false) => lang.pick("nobody needs an invitation", "초대 없이 들어올 수 있습니다"),
        (Flag::Moderated, true) => lang.pick("only those with a voice speak", "발언권이 있는 사람만 말할 수 있습니다"),
        (Flag::Moderated, false) => lang.pick("everybody may speak", "누구나 말할 수 있습니다"),
        (Flag::Secret, true) => lang.pick("nobody outside sees the room", "밖에서는 방이 보이지 않습니다"),
        (Flag::Secret, false) => lang.pick("everybody sees the room", "방이 누구에게나 보입니다"),
        (Flag::MembersOnly, true) => lang.pick("only members come in", "회원만 들어올 수 있습니다"),
        (Flag::MembersOnly, false) => lang.pick("not only members come in", "회원이 아니어도 들어올 수 있습니다"),
        (Flag::AccountsOnly, true) => {
            lang.pick("only those with an account come in", "계정이 있는 사람만 들어올 수 있습니다")
        }
        (Flag::AccountsOnly, false) => lang.pick("guests may come in", "손님도 들어올 수 있습니다"),
        (Flag::TopicLocked, true) => lang.pick("only operators set the topic", "운영자만 주제를 정할 수 있습니다"),
        (Flag::TopicLocked, false) => lang.pick("everybody may set the topic", "누구나 주제를 정할 수 있습니다"),
    }
}

fn listed(list: List, mask: &Mask, listing: Option<&Listing>, lang: Lang, codec: &Codec) -> String {
    let Some(listing) = listing else {
        let (en, ko) = match list {
            List::Ban => ("is banned no longer", "출입 금지가 풀렸습니다"),
            List::Quiet => ("may speak again", "발언 금지가 풀렸습니다"),
            List::Exception => ("is exempt from bans no longer", "더는 금지 예외가 아닙니다"),
            List::Invited => ("needs an invitation again", "이제 초대를 받아야 들어올 수 있습니다"),
        };
        return lang.pick(format!("{mask} {en}"), format!("{mask}: {ko}"));
    };
    let (en, ko) = match list {
        List::Ban => ("is banned", "들어올 수 없습니다"),
        List::Quiet => ("may not speak", "말할 수 없습니다"),
        List::Exception => ("is exempt from bans", "금지에서 제외됩니다"),
        List::Invited => ("may always come in", "늘 들어올 수 있습니다"),
    };
    let how = how_long_and_why(listing, lang, codec);
    lang.pick(format!("{mask} {en}{how}"), format!("{mask}: {ko}{how}"))
}

/// Until when something holds, and why.
pub(super) fn how_long_and_why(listing: &Listing, lang: Lang, codec: &Codec) -> String {
    let mut how = String::new();
    if let Some(until) = listing.until {
        let time = super::answers::time(until, codec);
        how += &lang.pick(format!(" until {time}"), format!(" ({time}까지)"));
    }
    if !listing.reason.as_str().is_empty() {
        how += &format!(": {}", printable(listing.reason.as_str()));
    }
    how
}

/// What was done to one's own account, without its end.
pub(crate) fn deed(deed: &Deed, lang: Lang) -> String {
    let fixed = |en: &str, ko: &str| lang.pick(en, ko).to_owned();
    match deed {
        Deed::Registered(name) => {
            lang.pick(format!("the account {name} is yours"), format!("{name} 계정을 만들었습니다"))
        }
        Deed::Password => fixed("the password is changed", "암호를 바꿨습니다"),
        Deed::Nick(nick, true) => {
            lang.pick(format!("the name {nick} is yours too"), format!("이제 {nick}(이)라는 이름도 쓸 수 있습니다"))
        }
        Deed::Nick(nick, false) => lang
            .pick(format!("the name {nick} is not yours any more"), format!("이제 {nick}(이)라는 이름은 내놓았습니다")),
        Deed::Certificate(print, true) => lang.pick(
            format!("the certificate {print} proves that it is you"),
            format!("이제 이 인증서로 로그인할 수 있습니다: {print}"),
        ),
        Deed::Certificate(_, false) => {
            fixed("no certificate proves that it is you", "이제 인증서로 로그인할 수 없습니다")
        }
        Deed::AlwaysOn(true) => {
            fixed("you are here without a connection, too", "이제 접속을 끊어도 방에 남아 있습니다")
        }
        Deed::AlwaysOn(false) => {
            fixed("you are here only while you are connected", "이제 접속해 있는 동안만 방에 있습니다")
        }
        Deed::Ignored(_, nick, on) => ignoring(nick.as_str(), *on, lang),
        Deed::Read(room, _) => lang.pick(format!("{room} is read so far"), format!("{room} 방을 여기까지 읽었습니다")),
        Deed::ReadUntil(target, _) => {
            lang.pick(format!("{target} is read so far"), format!("여기까지 읽었습니다: {target}"))
        }
        Deed::Waiting => fixed("something is kept for you", "전해 드릴 말이 있습니다"),
        Deed::Fetched => fixed("what was said while you were away is shown", "없는 동안 온 말을 모두 보여 드렸습니다"),
        Deed::Deleted => fixed("the account is deleted", "계정을 지웠습니다"),
    }
}

/// Whether somebody is heard.
pub(super) fn ignoring(nick: &str, on: bool, lang: Lang) -> String {
    if on {
        lang.pick(format!("you do not hear {nick}"), format!("이제 {nick} 님의 말을 듣지 않습니다"))
    } else {
        lang.pick(format!("you hear {nick} again"), format!("{nick} 님의 말을 다시 듣습니다"))
    }
}
