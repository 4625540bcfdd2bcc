//! Reading a configuration file: TOML, with the place of everything in it, so that what is wrong can be found.
//!
//! Nothing here knows a key by name. A table's names are looked up in [`keys`](super::keys) as they come, and reading goes
//! on after something wrong: whoever mends the file is told of everything at once, from its top to its end.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{KEYS, Key, Kind};
use super::value::{self, Given};
use super::{Setup, nearest};
use crate::env::Env;
use crate::wrong::{Place, Wrong};

/// Longest piece of a file that is shown in a message, in characters.
const SHOWN_CHARS: usize = 40;

/// A file while it is read.
struct File<'a> {
    name: &'a str,
    text: &'a str,
    env: &'a Env,
    setup: &'a mut Setup,
    /// What is wrong, and where.
    wrongs: Vec<(usize, Wrong)>,
}

/// Puts what the file says into `setup`, and what is wrong with it, from its top to its end, into `wrongs`.
pub(super) fn apply(name: &str, text: &str, env: &Env, setup: &mut Setup, wrongs: &mut Vec<Wrong>) {
    // Some editors put a byte order mark before UTF-8; TOML 1.1 allows none.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut file = File { name, text, env, setup, wrongs: Vec::new() };
    match DeTable::parse(text) {
        Ok(root) => file.table("", root.get_ref()),
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            let line = line_of(text, at);
            let message = error.message().replace('\n', ", ");
            file.wrongs.push((at, Wrong::Syntax { name: name.to_owned(), line, message }));
        }
    }
    file.wrongs.sort_by_key(|(at, _)| *at);
    wrongs.extend(file.wrongs.into_iter().map(|(_, wrong)| wrong));
}

impl File<'_> {
    /// A table's keys; `prefix` is empty or ends with a dot.
    fn table(&mut self, prefix: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let key_name = format!("{prefix}{}", name.get_ref());
            let inside = format!("{key_name}.");
            let is_table = KEYS.iter().any(|key| key.name.starts_with(&inside));
            let at = name.span().start;
            match (Key::named(&key_name), value.get_ref()) {
                (_, DeValue::Table(table)) if is_table => self.table(&inside, table),
                (Some(key), _) => self.value(key, at, value),
                (None, _) if is_table => {
                    let place = self.place(at, key_name);
                    self.wrongs.push((at, Wrong::NotATable { place, got: self.shown(value.span()) }));
                }
                (None, _) => {
                    let near = near_key(&key_name);
                    let place = self.place(at, key_name);
                    self.wrongs.push((at, Wrong::UnknownKey { place, near }));
                }
            }
        }
    }

    fn value(&mut self, key: &'static Key, at: usize, value: &Spanned<DeValue<'_>>) {
        let Err(bad) = value::set(self.setup, key, &given(value.get_ref()), self.env) else { return };
        // Of a list, the wrong one of its values is shown.
        let item = bad.index.and_then(|index| value.get_ref().as_array()?.get(index));
        let at = item.map_or(at, |item| item.span().start);
        let got = match key.kind {
            // Even what will not do for a password may be one.
            Kind::Password => "`…`".to_owned(),
            Kind::Gateways => bad.got.clone().unwrap_or_else(|| "`…`".to_owned()),
            _ => self.shown(item.map_or(value.span(), Spanned::span)),
        };
        let place = self.place(at, key.name.to_owned());
        self.wrongs.push((at, Wrong::value(place, key, got, bad.tip)));
    }

    fn place(&self, at: usize, key: String) -> Place {
        Place::File { name: self.name.to_owned(), line: line_of(self.text, at), key }
    }

    /// A piece of the file, in one line and not too long.
    fn shown(&self, span: Range<usize>) -> String {
        let piece = self.text.get(span).unwrap_or("").split_whitespace().collect::<Vec<_>>().join(" ");
        match piece.char_indices().nth(SHOWN_CHARS) {
            Some((cut, _)) => format!("`{}…`", &piece[..cut]),
            None => format!("`{piece}`"),
        }
    }
}

/// The line, from 1, in which a byte is.
fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|&byte| byte == b'\n').count() + 1
}

fn given(value: &DeValue<'_>) -> Given {
    match value {
        DeValue::String(text) => Given::Text(text.to_string()),
        DeValue::Integer(number) => {
            i128::from_str_radix(number.as_str(), number.radix()).map_or(Given::Other, Given::Number)
        }
        DeValue::Boolean(is) => Given::Bool(*is),
        DeValue::Array(items) => {
            // What is no text in a list becomes a text that will not do, in its place.
            Given::Texts(items.iter().map(|item| item.get_ref().as_str().unwrap_or("").to_owned()).collect())
        }
        _ => Given::Other,
    }
}

/// The key somebody probably meant: one with a name like it, or one of that name in another table.
fn near_key(name: &str) -> Option<String> {
    let last = |name: &str| name.rsplit('.').next().unwrap_or("").to_owned();
    let elsewhere = KEYS.iter().map(|key| key.name).find(|known| last(known) == last(name));
    elsewhere.or_else(|| nearest(name, KEYS.iter().map(|key| key.name))).map(str::to_owned)
}
