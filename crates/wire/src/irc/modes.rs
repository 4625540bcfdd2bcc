//! MODE: the rules of a room, and what holds for oneself, one letter each.

use hall::{Change, Command, Flag, List, Look, Mask, Rank, RoomName, Secret, Text};

use super::client::{Around, Asking, Client, Step};
use super::commands::shown;
use super::message::Message;
use super::numeric as n;
use super::show::{flag_letter, list_letter};

/// Changes that take something, in one message.
pub(crate) const MODES: usize = 6;
/// Changes at all, in one message.
const CHANGES: usize = 40;
/// The modes of a room as ISUPPORT sorts them: lists; what always takes something; what does so when it is set; flags.
pub(crate) const CHANMODES: &str = "IQbe,k,Sl,MRimnst";
/// Those of people in a room, and their signs.
pub(crate) const PREFIX: &str = "(qov)~@+";
/// Modes that one may have oneself.
pub(crate) const USER_MODES: &str = "BZiow";

const LISTS: [List; 4] = [List::Ban, List::Quiet, List::Exception, List::Invited];

impl Client {
    pub(crate) fn mode(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        let target = message.param(0).unwrap_or("");
        if !target.starts_with('#') {
            return self.own_mode(message, around);
        }
        let room = match self.room_so(target, around) {
            Ok(room) => room,
            Err(refused) => return vec![refused],
        };
        self.asking = Asking::Room(room.to_string());
        let Some(changes) = message.param(1) else { return vec![Step::Do(Command::Rules(Some(room)))] };
        let mut params = message.params().skip(2);
        let (mut on, mut taken, mut steps) = (true, 0, Vec::new());
        for letter in changes.chars().take(CHANGES) {
            match letter {
                '+' => on = true,
                '-' => on = false,
                letter => {
                    let takes = match letter {
                        'k' | 'q' | 'o' | 'v' => true,
                        'l' | 'S' => on,
                        letter => LISTS.iter().any(|list| list_letter(*list) == letter),
                    };
                    let param = if takes { params.next() } else { None };
                    taken += usize::from(param.is_some());
                    if taken > MODES {
                        break;
                    }
                    steps.extend(self.room_mode(&room, letter, on, param, around));
                }
            }
        }
        steps
    }

    /// One change of a room's modes, or a list that is asked for.
    fn room_mode(
        &self,
        room: &RoomName,
        letter: char,
        on: bool,
        param: Option<&str>,
        around: &Around<'_>,
    ) -> Option<Step> {
        let change = |change| Some(Step::Do(Command::Rule { room: Some(room.clone()), change }));
        let wrong = |what: &str| {
            let letter = shown_letter(letter);
            let text = self.lang().pick("That is not what the mode takes", "쓸 수 없는 값입니다");
            Some(self.numeric(around, n::ERR_INVALIDMODEPARAM, &[room.as_str(), &letter, shown(what)], text))
        };
        if let Some(flag) = Flag::ALL.iter().find(|flag| flag_letter(**flag) == letter) {
            return change(Change::Flag(*flag, on));
        }
        if let Some(list) = LISTS.into_iter().find(|list| list_letter(*list) == letter) {
            let Some(raw) = param else { return Some(Step::Do(Command::List(Some(room.clone()), list))) };
            return match raw.parse::<Mask>() {
                Ok(mask) => change(Change::List(list, mask.into(), on.then(|| (None, Text::new(""))))),
                Err(_) => wrong(raw),
            };
        }
        match (letter, param) {
            // Nobody speaks in a room from outside.
            ('n', _) => None,
            ('k', Some(key)) if on => change(Change::Key(Some(Secret::new(key)))),
            ('k', _) if !on => change(Change::Key(None)),
            ('l', Some(most)) => most.parse().map_or_else(|_| wrong(most), |most| change(Change::Limit(Some(most)))),
            ('l', None) if !on => change(Change::Limit(None)),
            ('S', Some(s)) => s.parse().map_or_else(|_| wrong(s), |s| change(Change::Slow(Some(s)))),
            ('S', None) if !on => change(Change::Slow(None)),
            ('o' | 'v' | 'q', Some(raw)) => match self.called_so(raw, around) {
                Ok(nick) if letter == 'q' => {
                    change(if on { Change::Transfer(nick) } else { Change::Disown(Some(nick)) })
                }
                Ok(nick) => {
                    let rank = if letter == 'o' { Rank::Operator } else { Rank::Voice };
                    change(Change::Raise(nick, rank, on))
                }
                Err(refused) => Some(refused),
            },
            ('k' | 'l' | 'S' | 'o' | 'v' | 'q', None) => Some(self.need_more(around, "MODE")),
            _ => {
                let text = self.lang().pick("is not a recognised channel mode.", "그런 설정은 없습니다");
                Some(self.numeric(around, n::ERR_UNKNOWNMODE, &[&shown_letter(letter)], text))
            }
        }
    }

    fn own_mode(&mut self, message: &Message, around: &Around<'_>) -> Vec<Step> {
        let target = message.param(0).unwrap_or("");
        match self.called_so(target, around) {
            Err(refused) => return vec![refused],
            // Whether there is anybody of that name, the hall knows.
            Ok(nick) if nick != around.me.nick => {
                self.asking = Asking::ModesOf(shown(target).to_owned());
                return vec![Step::Do(Command::Look(Look::These(vec![nick])))];
            }
            Ok(_) => {}
        }
        let Some(changes) = message.param(1) else { return vec![Step::Do(Command::Modes)] };
        let (mut on, mut steps, mut unknown) = (true, Vec::new(), false);
        for letter in changes.chars().take(CHANGES) {
            match letter {
                '+' => on = true,
                '-' => on = false,
                'B' => steps.push(Step::Do(Command::Bot(on))),
                'w' => steps.push(Step::Do(Command::Wallops(on))),
                'o' if !on => steps.push(Step::Do(Command::NoOper)),
                // Everybody is hidden from those who share no room with them; nobody makes themselves an admin.
                'i' | 'o' | 'Z' => {}
                _ => unknown = true,
            }
        }
        if unknown {
            let text = self.lang().pick("Unknown MODE flag", "그런 설정은 없습니다");
            steps.push(self.numeric(around, n::ERR_UMODEUNKNOWNFLAG, &[], text));
        }
        self.asking = Asking::OwnModes;
        steps
    }

    /// Modes of others are neither told nor changed, if there are others of that name.
    pub(crate) fn put_modes_of(&self, target: &str, is_here: bool, around: &Around<'_>, out: &mut Vec<u8>) {
        if is_here {
            let text = self.lang().pick("Can't change mode for other users", "남의 설정은 바꿀 수 없습니다");
            self.put(out, around, n::ERR_USERSDONTMATCH, &[], text);
        } else {
            let text = self.lang().pick("No such nick/channel", "그런 사람이나 방은 없습니다");
            self.put(out, around, n::ERR_NOSUCHNICK, &[target], text);
        }
    }
}

/// A letter as it is told back.
fn shown_letter(letter: char) -> String {
    shown(&letter.to_string()).to_owned()
}
