//! What a person may not, and why: the words of refusals.

use hall::{NoNote, Refusal, Unfit};

use super::answers::{bad_mask, bad_name};
use crate::Lang;
use crate::text::printable;

/// The words, without the sign before them.
#[allow(clippy::too_many_lines)] // One line each.
pub(crate) fn refused(refusal: &Refusal, lang: Lang) -> String {
    match refusal {
        Refusal::BadNick(name, why) => bad_name(name, *why, lang),
        Refusal::BadRoom(name, why) => bad_name(name, *why, lang),
        Refusal::NickInUse(nick) => {
            lang.pick(format!("{nick} is in use"), format!("이미 누가 쓰는 이름입니다: {nick}"))
        }
        Refusal::TooManyRooms(most, _) => lang.pick(
            format!("you are in {most} rooms, the most there may be"),
            format!("들어갈 수 있는 방은 {most}개까지입니다"),
        ),
        Refusal::HallFull(most, _) => lang.pick(
            format!("there are {most} rooms, the most there may be"),
            format!("방은 {most}개까지만 만들 수 있습니다"),
        ),
        Refusal::NoSuchRoom(room) => lang.pick(format!("there is no room {room}"), format!("{room} 방은 없습니다")),
        Refusal::NotInRoom(room) => lang
            .pick(format!("you are not in {room}; /join {room}"), format!("{room} 방에 있지 않습니다. /join {room}")),
        Refusal::Nowhere => {
            lang.pick("you are in no room; /join #ROOM", "지금 있는 방이 없습니다. /join #방").to_owned()
        }
        Refusal::NoSuchPerson(nick) => {
            lang.pick(format!("nobody here is called {nick}"), format!("그런 사람은 없습니다: {nick}"))
        }
        Refusal::ToYourself => lang.pick("that is you", "자기 자신에게는 할 수 없습니다").to_owned(),
        Refusal::ReasonTooLong(most) => {
            lang.pick(format!("a reason has at most {most} characters"), format!("까닭은 {most}자까지입니다"))
        }
        Refusal::TopicTooLong(most) => {
            lang.pick(format!("a topic has at most {most} characters"), format!("주제는 {most}자까지입니다"))
        }
        Refusal::NotRead => lang
            .pick("the records can't be read now; try again", "지금은 기록을 읽을 수 없습니다. 다시 해 보세요")
            .to_owned(),
        Refusal::NotRecorded => lang
            .pick("not sent: it could not be recorded; try again", "기록할 수 없어 보내지 못했습니다. 다시 해 보세요")
            .to_owned(),
        Refusal::DiskFull => lang
            .pick(
                "not sent: the server's disk is full; try again later",
                "서버의 디스크가 가득 차서 보내지 못했습니다. 나중에 다시 해 보세요",
            )
            .to_owned(),
        Refusal::ReadOnly => lang
            .pick(
                "not sent: the server's disk is read-only; try again later",
                "서버의 디스크가 읽기 전용이어서 보내지 못했습니다. 나중에 다시 해 보세요",
            )
            .to_owned(),
        Refusal::NoSuchMessage(_) => lang
            .pick(
                "there is no such message here, or none that can still be taken back",
                "그런 메시지가 없거나, 이제는 거둘 수 없습니다",
            )
            .to_owned(),
        Refusal::TooManyMonitored(most, _) => lang.pick(
            format!("you may be told of the comings and goings of {most} people"),
            format!("드나드는 것을 알려 드릴 수 있는 사람은 {most}명까지입니다"),
        ),
        Refusal::NothingToRedact => {
            lang.pick("there is no such message of yours to take back", "거둘 수 있는 내 메시지가 없습니다").to_owned()
        }
        Refusal::NotLetIn => lang
            .pick(
                "closed: you have not given what was asked of you",
                "들어오는 데 필요한 것을 대지 않아 접속을 끊습니다",
            )
            .to_owned(),
        Refusal::PasswordFirst => lang
            .pick("the server's password first: /pass PASSWORD", "서버의 암호부터 필요합니다: /pass 암호")
            .to_owned(),
        Refusal::AccountFirst => {
            lang.pick("an account first: /login NAME PASSWORD", "계정이 있어야 합니다: /login 이름 암호").to_owned()
        }
        Refusal::GuestsListen => lang
            .pick("guests only listen here: /login NAME PASSWORD", "손님은 듣기만 할 수 있습니다: /login 이름 암호")
            .to_owned(),
        Refusal::WrongPassword => lang
            .pick("there is no such account, or that is not its password", "그런 계정이 없거나 암호가 다릅니다")
            .to_owned(),
        Refusal::TooManyFailures => lang
            .pick("too many wrong passwords; try again later", "암호를 너무 많이 틀렸습니다. 나중에 다시 해 보세요")
            .to_owned(),
        Refusal::Busy => lang
            .pick("too many log in at the moment; try again", "지금 로그인이 몰려 있습니다. 다시 해 보세요")
            .to_owned(),
        Refusal::Unfit(Unfit::TooShort(least)) => lang
            .pick(format!("a password has at least {least} characters"), format!("암호는 {least}자 이상이어야 합니다")),
        Refusal::Unfit(Unfit::TooLong(most)) => {
            lang.pick(format!("a password has at most {most} characters"), format!("암호는 {most}자까지입니다"))
        }
        Refusal::Unfit(Unfit::Refused) => {
            lang.pick("a password can't hold such characters", "암호에 쓸 수 없는 글자가 들어 있습니다").to_owned()
        }
        Refusal::RegistrationClosed => {
            lang.pick("accounts are made by admins here", "계정은 관리자가 만들어 줍니다").to_owned()
        }
        Refusal::TooManyRegistrations => lang
            .pick(
                "too many accounts were made from your address; try again later",
                "같은 주소에서 계정을 너무 많이 만들었습니다. 나중에 다시 해 보세요",
            )
            .to_owned(),
        Refusal::TooManyAccounts(most) => lang.pick(
            format!("there are {most} accounts, the most there may be"),
            format!("계정은 {most}개까지만 만들 수 있습니다"),
        ),
        Refusal::ChooseNick => lang.pick("take a name first: /nick NAME", "이름부터 정하세요: /nick 이름").to_owned(),
        Refusal::HasAccount(name) => {
            lang.pick(format!("you are logged in as {name}"), format!("이미 {name} 계정으로 로그인해 있습니다"))
        }
        Refusal::NoAccount => {
            lang.pick("that takes an account: /register PASSWORD", "계정이 있어야 합니다: /register 암호").to_owned()
        }
        Refusal::NickRegistered(nick) => lang.pick(
            format!("{nick} belongs to an account; if it is yours: /login {nick} PASSWORD"),
            format!("{nick}은(는) 주인이 있는 이름입니다. 주인이라면 /login {nick} 암호"),
        ),
        Refusal::LooksLike(nick, other) => lang.pick(
            format!("{nick} looks too much like {other}, which belongs to an account"),
            format!("주인이 있는 이름 {other}과(와) 너무 비슷합니다: {nick}"),
        ),
        Refusal::TooManyNicks(most) => lang.pick(
            format!("you change your name too often: {most} times a minute at most"),
            format!("이름을 너무 자주 바꿉니다. 1분에 {most}번까지 바꿀 수 있습니다"),
        ),
        Refusal::TooMany(most) | Refusal::ListFull(most, ..) => {
            lang.pick(format!("no more than {most} of these are allowed"), format!("{most}개까지만 할 수 있습니다"))
        }
        Refusal::NotYourNick(nick) => lang.pick(
            format!("{nick} is not one of your other names"),
            format!("{nick}은(는) 뺄 수 있는 내 이름이 아닙니다"),
        ),
        Refusal::NoCertificate => {
            lang.pick("your connection has shown no certificate", "이 접속은 인증서를 보이지 않았습니다").to_owned()
        }
        Refusal::CertificateTaken => {
            lang.pick("that certificate is another account's", "다른 계정이 쓰는 인증서입니다").to_owned()
        }
        Refusal::OwnsRooms(rooms) => {
            let names = rooms.iter().map(hall::RoomName::as_str).collect::<Vec<_>>().join(", ");
            lang.pick(
                format!("you own {names}: /transfer or /own off first"),
                format!("가지고 있는 방이 있습니다: {names}. 먼저 /transfer나 /own off로 넘기거나 내놓으세요"),
            )
        }
        Refusal::NoSuchAccount(nick) => {
            lang.pick(format!("there is no account {nick}"), format!("그런 계정은 없습니다: {nick}"))
        }
        Refusal::AccountBarred(reason) => {
            let why =
                if reason.as_str().is_empty() { String::new() } else { format!(": {}", printable(reason.as_str())) };
            lang.pick(format!("this account is kept out{why}"), format!("이 계정은 출입이 막혀 있습니다{why}"))
        }
        Refusal::InviteOnly(room) => lang
            .pick(format!("only who is invited comes into {room}"), format!("{room} 방은 초대받은 사람만 들어갑니다")),
        Refusal::WrongKey(room) => lang.pick(
            format!("{room} has a key: /join {room} KEY"),
            format!("{room} 방은 열쇠가 있어야 들어갑니다: /join {room} 열쇠"),
        ),
        Refusal::RoomFull(room) => lang.pick(format!("{room} is full"), format!("{room} 방이 가득 찼습니다")),
        Refusal::MembersOnly(room) => {
            lang.pick(format!("only members come into {room}"), format!("{room} 방은 회원만 들어갑니다"))
        }
        Refusal::AccountsOnly(room) => lang.pick(
            format!("only those with an account come into {room}"),
            format!("{room} 방은 계정이 있는 사람만 들어갑니다"),
        ),
        Refusal::Banned(room) => {
            lang.pick(format!("you are banned from {room}"), format!("{room} 방에 들어갈 수 없게 되어 있습니다"))
        }
        Refusal::MayNotSpeak(room) => {
            lang.pick(format!("you may not speak in {room}"), format!("{room} 방에서 말할 수 없습니다"))
        }
        Refusal::SlowDown(seconds) => lang
            .pick(format!("not sent: wait {seconds} s more"), format!("보내지 못했습니다. {seconds}초 더 기다리세요")),
        Refusal::NotOperator(room) => {
            lang.pick(format!("only operators of {room} can do that"), format!("{room} 방의 운영자만 할 수 있습니다"))
        }
        Refusal::NotOwner(room) => {
            lang.pick(format!("only the owner of {room} can do that"), format!("{room} 방의 주인만 할 수 있습니다"))
        }
        Refusal::NotAdmin => lang.pick("only admins can do that", "관리자만 할 수 있습니다").to_owned(),
        Refusal::NotAbove(nick) => {
            lang.pick(format!("{nick} ranks too high for that"), format!("{nick} 님의 자리가 더 높거나 같습니다"))
        }
        Refusal::NotThere(nick, room) => {
            lang.pick(format!("{nick} is not in {room}"), format!("{nick} 님은 {room} 방에 없습니다"))
        }
        Refusal::AlreadyThere(nick, room) => {
            lang.pick(format!("{nick} is in {room} already"), format!("{nick} 님은 이미 {room} 방에 있습니다"))
        }
        Refusal::RoomOwned(room) => {
            lang.pick(format!("{room} has an owner already"), format!("{room} 방은 이미 주인이 있습니다"))
        }
        Refusal::RoomNotOwned(room) => {
            lang.pick(format!("{room} has no owner"), format!("{room} 방은 주인이 없습니다"))
        }
        Refusal::NotWithThis(room) => {
            lang.pick(format!("that can't be done with {room}"), format!("{room} 방으로는 할 수 없습니다"))
        }
        Refusal::RoomNameInUse(_, to) => {
            lang.pick(format!("there is a room {to} already"), format!("이미 있는 방의 이름입니다: {to}"))
        }
        Refusal::NotToBeRenamed(from, to) => lang
            .pick(format!("{from} can't be called {to}"), format!("{from} 방의 이름은 그렇게 바꿀 수 없습니다: {to}")),
        Refusal::RenamedLately(from, _, seconds) => lang.pick(
            format!("{from} was renamed a short time ago: wait {seconds} s more"),
            format!("{from} 방은 이름을 바꾼 지 얼마 안 되었습니다. {seconds}초 더 기다리세요"),
        ),
        Refusal::RoomRenamed(from, to) => {
            lang.pick(format!("{from} is called {to} now"), format!("{from} 방의 이름이 이제 {to}입니다"))
        }
        Refusal::BadMask(mask, why) => bad_mask(mask, *why, lang),
        Refusal::NotListed(what) => lang.pick(format!("{what} is not in the list"), format!("목록에 없습니다: {what}")),
        Refusal::NotNoted(why) => not_noted(why, lang),
        Refusal::BadNetwork(text) => lang.pick(
            format!("{} is no address and no account", printable(text)),
            format!("주소도 계정도 아닙니다: {}", printable(text)),
        ),
    }
}

/// Why something cannot be noted about somebody or a room, or asked for.
fn not_noted(why: &NoNote, lang: Lang) -> String {
    match why {
        NoNote::Target(name) => lang
            .pick(format!("there is nobody and no room called {name}"), format!("그런 사람이나 방은 없습니다: {name}")),
        NoNote::Denied(of, _) => {
            lang.pick(format!("you may not note anything about {of}"), format!("{of}에 대해서는 적어 둘 수 없습니다"))
        }
        NoNote::Value(key) => lang.pick(format!("{key} is too long"), format!("너무 깁니다: {key}")),
        NoNote::TooOften(seconds) => lang.pick(
            format!("too much was noted lately; again in {seconds} s"),
            format!("너무 자주 적고 있습니다. {seconds}초 뒤에 다시 해 보세요"),
        ),
        NoNote::Full(of, most) => lang.pick(
            format!("at most {most} things can be noted about {of}"),
            format!("{of}에 대해 적어 둘 수 있는 것은 {most}개까지입니다"),
        ),
    }
}
