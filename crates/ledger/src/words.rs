//! What a search asks for, prepared once, and whether an entry fits it; and the pieces of words that an index knows.
//!
//! Every ledger asks here, so that all find the same. Text is compared in NFC and lower case. Scripts differ in what a
//! word is: where spaces part words, a search finds what begins with its word; Korean hangs particles on its words and
//! Japanese, Chinese and others have no spaces at all, so there it finds its word anywhere. The index holds whole words for
//! the former and, for the latter, every character and every two that stand together; it only names candidates, and
//! [`Wanted::fits`] decides. However many words somebody sends and however long they are, what is prepared of them is
//! bounded.

use std::collections::{BTreeSet, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use hall::{Entry, Event, LogId, Nick, Search, Time};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::SearchLimits;

/// A search, prepared.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) logs: &'a [LogId],
    pub(crate) words: Vec<String>,
    pub(crate) from: Option<&'a Nick>,
    pub(crate) after: Option<Time>,
    pub(crate) before: Option<Time>,
}

/// The words of a search that count: those to be marked where they were found.
pub(crate) fn used(search: &Search, limits: &SearchLimits) -> Vec<String> {
    let mut words: Vec<String> = search.words.iter().filter(|w| !w.is_empty()).take(limits.words).cloned().collect();
    words.sort();
    words.dedup();
    words
}

/// How the index is asked for a piece of a word.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Piece {
    /// This piece.
    Whole(String),
    /// Whatever begins with this.
    Begins(String),
}

impl<'a> Wanted<'a> {
    /// The search, prepared; `None` when it can find nothing.
    pub(crate) fn new(search: &'a Search, limits: &SearchLimits) -> Option<Self> {
        let mut words = Vec::new();
        for word in search.words.iter().filter(|w| !w.is_empty()).take(limits.words) {
            // No text holds a NUL, and none is as long as that.
            if word.contains('\0') || word.chars().nth(limits.word_chars).is_some() {
                return None;
            }
            let word = folded(word);
            if !words.contains(&word) {
                words.push(word);
            }
        }
        let asks = !words.is_empty() || search.from.is_some() || search.after.is_some() || search.before.is_some();
        (asks && !search.logs.is_empty()).then(|| Self {
            logs: &search.logs,
            words,
            from: search.from.as_ref(),
            after: search.after,
            before: search.before,
        })
    }

    /// Whether an entry is a message that is looked for.
    pub(crate) fn fits(&self, entry: &Entry) -> bool {
        let Event::Message(_, text) = &entry.event else { return false };
        self.after.is_none_or(|after| entry.at >= after)
            && self.before.is_none_or(|before| entry.at < before)
            && self.from.is_none_or(|nick| *nick == entry.author.nick)
            && entry.logs.iter().any(|log| self.logs.contains(log))
            && self.in_text(text.as_str())
    }

    /// Whether a text holds all the words.
    fn in_text(&self, text: &str) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let text = folded(text);
        self.words.iter().all(|word| holds(&text, word))
    }

    /// What the index has to have of an entry, at most so many pieces.
    pub(crate) fn pieces(&self, most: usize) -> Vec<Piece> {
        let mut pieces = BTreeSet::new();
        for word in &self.words {
            for run in runs(word) {
                match run {
                    Run::Word(run, last) => {
                        let (run, last) = (shortened(run), last && shortened(run) == run);
                        match (last, run.len()) {
                            // One letter begins too much; alone, it is a word.
                            (true, 1) if word.len() > 1 => {}
                            (true, 2..) if BEGINNING_CHARS.contains(&run.chars().count()) => {
                                pieces.insert(Piece::Whole(format!("{BEGINNING}{run}")));
                            }
                            (true, 2..) => drop(pieces.insert(Piece::Begins(run.to_owned()))),
                            _ => drop(pieces.insert(Piece::Whole(run.to_owned()))),
                        }
                    }
                    Run::Dense(run) => {
                        let chars: Vec<char> = run.chars().collect();
                        match &chars[..] {
                            [one] => drop(pieces.insert(Piece::Whole(one.to_string()))),
                            many => pieces.extend(many.windows(2).map(|two| Piece::Whole(two.iter().collect()))),
                        }
                    }
                }
            }
        }
        let mut pieces: Vec<_> = pieces.into_iter().collect();
        // Longer pieces are rarer.
        pieces.sort_by_key(|piece| match piece {
            Piece::Whole(piece) => std::cmp::Reverse(piece.len() + 1),
            Piece::Begins(piece) => std::cmp::Reverse(piece.len()),
        });
        pieces.truncate(most);
        pieces
    }
}

/// Whether a folded text holds a folded word: where words are parted by spaces, at the beginning of one. A single ASCII
/// letter or digit is a word of its own.
fn holds(text: &str, word: &str) -> bool {
    let first_is_word = word.chars().next().is_some_and(|c| class(c) == Class::Word);
    let alone = word.len() == 1 && first_is_word;
    let ends_word = |c: Option<char>| c.is_none_or(|c| class(c) != Class::Word);
    text.match_indices(word).any(|(at, _)| {
        (!first_is_word || ends_word(text[..at].chars().next_back()))
            && (!alone || ends_word(text[at + word.len()..].chars().next()))
    })
}

/// What a character is to words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Part of a word between spaces.
    Word,
    /// A script without spaces or with particles, or a sign that stands for itself.
    Dense,
    /// Between words.
    Between,
}

fn class(c: char) -> Class {
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' => Class::Word,
        '\0'..='\u{7f}' => Class::Between,
        // Thai and its neighbours; Hangul Jamo; Khmer; what follows the European scripts in East Asia; Hangul, Han and the
        // half- and full-width forms; everything beyond the first plane.
        '\u{0E00}'..='\u{0FFF}'
        | '\u{1000}'..='\u{109F}'
        | '\u{1100}'..='\u{11FF}'
        | '\u{1780}'..='\u{17FF}'
        | '\u{2E80}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FF66}'..='\u{FFDC}'
        | '\u{10000}'..='\u{10FFFF}'
            if !matches!(c, '\u{3000}'..='\u{3004}' | '\u{3008}'..='\u{3020}') =>
        {
            Class::Dense
        }
        c if c.is_alphanumeric() => Class::Word,
        // Marks that belong to the letter before.
        '\u{0300}'..='\u{036F}' | '\u{0900}'..='\u{0DFF}' => Class::Word,
        '\u{2190}'..='\u{2BFF}' => Class::Dense,
        _ => Class::Between,
    }
}

/// A stretch of one kind within a text.
enum Run<'a> {
    /// A word; and whether nothing but a space or a sign, or the end, comes after it.
    Word(&'a str, bool),
    Dense(&'a str),
}

fn runs(text: &str) -> impl Iterator<Item = Run<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c| class(c) == Class::Between);
        let kind = class(rest.chars().next()?);
        let end = rest.find(|c| class(c) != kind).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        rest = after;
        Some(match kind {
            Class::Word => Run::Word(run, after.is_empty()),
            _ => Run::Dense(run),
        })
    })
}

/// Characters of a word that are indexed; nobody writes longer ones to be found by their end.
const WORD_CHARS: usize = 64;
/// Beginnings of words that are indexed as pieces of their own: so many words begin with them that the index could not be
/// asked for each.
const BEGINNING_CHARS: std::ops::RangeInclusive<usize> = 2..=3;
/// What stands before them: nothing that is in a text.
const BEGINNING: char = '\u{F8F2}';

fn shortened(word: &str) -> &str {
    word.char_indices().nth(WORD_CHARS).map_or(word, |(end, _)| &word[..end])
}

/// The first characters of a word, if it has as many.
fn beginning(word: &str, chars: usize) -> Option<&str> {
    word.char_indices().nth(chars.checked_sub(1)?).map(|(at, c)| &word[..at + c.len_utf8()])
}

/// The pieces of a text that an index keeps, each once, parted by spaces.
pub(crate) fn pieces_of(text: &str, out: &mut String) {
    let text = folded(text);
    let mut pieces = Pieces { out, ends: Vec::with_capacity(64), many: HashSet::new() };
    for run in runs(&text) {
        match run {
            Run::Word(run, _) => {
                let run = shortened(run);
                pieces.put("", run);
                for begun in BEGINNING_CHARS.map_while(|chars| beginning(run, chars)) {
                    pieces.put(BEGINNING.encode_utf8(&mut [0; 4]), begun);
                }
            }
            Run::Dense(run) => {
                let mut before: Option<usize> = None;
                for (at, c) in run.char_indices() {
                    let end = at + c.len_utf8();
                    pieces.put("", &run[at..end]);
                    if let Some(before) = before {
                        pieces.put("", &run[before..end]);
                    }
                    before = Some(at);
                }
            }
        }
    }
}

/// Pieces as they are written down, each once. Most texts have few, and those are compared with each other; of a long text
/// they are kept by their hash.
struct Pieces<'a> {
    out: &'a mut String,
    /// Where each of them begins and ends.
    ends: Vec<(usize, usize)>,
    many: HashSet<u64>,
}

/// Pieces that are compared with each other.
const FEW_PIECES: usize = 48;

impl Pieces<'_> {
    fn put(&mut self, mark: &str, piece: &str) {
        let begin = self.out.len();
        self.out.push_str(mark);
        self.out.push_str(piece);
        if self.is_there(begin) {
            self.out.truncate(begin);
            return;
        }
        self.ends.push((begin, self.out.len()));
        self.out.push(' ');
    }

    /// Whether what stands at the end is there already.
    fn is_there(&mut self, begin: usize) -> bool {
        let new = &self.out[begin..];
        if self.ends.len() < FEW_PIECES {
            return self.ends.iter().any(|(from, to)| to - from == new.len() && &self.out[*from..*to] == new);
        }
        let hash = |text: &str| BuildHasherDefault::<DefaultHasher>::default().hash_one(text);
        if self.many.is_empty() {
            self.many.extend(self.ends.iter().map(|(from, to)| hash(&self.out[*from..*to])));
        }
        // Two in a long text may share a hash once in a very long while: then one of them is not indexed.
        !self.many.insert(hash(new))
    }
}

/// A text as it is compared: NFC, lower case.
pub(crate) fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut out = String::with_capacity(text.len());
    if is_nfc_quick(text.chars()) == IsNormalized::Yes {
        text.chars().for_each(|c| lower(c, &mut out));
    } else {
        text.nfc().for_each(|c| lower(c, &mut out));
    }
    out
}

fn lower(c: char, out: &mut String) {
    // Nearly all of what is written here has no case.
    if matches!(c, '\u{3040}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}') {
        out.push(c);
    } else if c.is_ascii() {
        out.push(c.to_ascii_lowercase());
    } else {
        out.extend(c.to_lowercase());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> String {
        let mut out = String::new();
        pieces_of(text, &mut out);
        // Beginnings of words are left out here.
        out.split_whitespace().filter(|piece| !piece.starts_with(BEGINNING)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_text_is_kept_in_words_and_in_pairs() {
        assert_eq!(pieces("Build OK, build"), "build ok");
        assert_eq!(pieces("학교에서"), "학 교 학교 에 교에 서 에서");
        assert_eq!(pieces("3학년 k8s에서!"), "3 학 년 학년 k8s 에 서 에서");
        assert_eq!(pieces("東京へ ひらがな"), "東 京 東京 へ 京へ ひ ら ひら が らが な がな");
        assert_eq!(pieces("👍 좋아"), "👍 좋 아 좋아");
        assert_eq!(pieces("...  \t"), "");
        assert_eq!(pieces("\u{1112}\u{1161}\u{11a8}\u{1100}\u{116d}"), "학 교 학교", "decomposed");
    }

    #[test]
    fn what_is_asked_for_is_what_is_kept() {
        let search = Search {
            logs: vec![LogId::direct(hall::PersonId(1), hall::PersonId(2))],
            words: ["학교에서", "Buil", "3학년", "c++"].map(str::to_owned).to_vec(),
            ..Search::default()
        };
        let wanted = Wanted::new(&search, &SearchLimits::default()).unwrap();
        let whole = |piece: &str| Piece::Whole(piece.to_owned());
        let pieces = wanted.pieces(16);
        for piece in [whole("학교"), whole("교에"), whole("에서"), whole("학년"), whole("3"), whole("c")] {
            assert!(pieces.contains(&piece), "{piece:?} in {pieces:?}");
        }
        assert!(pieces.contains(&Piece::Begins("buil".into())) && pieces.len() == 7, "{pieces:?}");
        assert_eq!(wanted.pieces(2).len(), 2);
    }

    #[test]
    fn a_word_is_found_as_its_script_has_it() {
        for (text, word) in [
            ("우리는 학교에서 만났다", "학교"),
            ("우리는 학교에서 만났다", "교"),
            ("the builder", "build"),
            ("re-build", "build"),
            ("k8s에서", "에서"),
            ("learn c++ now", "c++"),
            ("plan b.", "b"),
            ("ÉCOLE", "école"),
        ] {
            assert!(holds(&folded(text), &folded(word)), "{word} in {text}");
        }
        for (text, word) in [("rebuild", "build"), ("abc", "b"), ("a bc", "b"), ("학교", "교학")] {
            assert!(!holds(&folded(text), &folded(word)), "{word} in {text}");
        }
    }
}
