//! The fuzz targets' bodies over their stored corpus and over bytes made of the pieces that matter, without a fuzzer.

use std::path::Path;

use sim::{Rng, probe};

const PIECES: [&[u8]; 40] = [
    b"\n",
    b"\r\n",
    b" ",
    b": ",
    b"bob: ",
    b"/",
    b"//",
    b"/nick ",
    b"/join #x\n",
    b"/join #lobby\n",
    b"/part\n",
    b"/msg ",
    b"/me ",
    b"/topic ",
    b"/history 3\n",
    b"/search ",
    b"/who\n",
    b"/rooms\n",
    b"/lang ko\n",
    b"/ping ",
    b"/quit\n",
    b"#",
    b"* ",
    b"! ",
    b"[",
    b"] ",
    b"\x1b[31m",
    b"\x1b]0;",
    b"\x07",
    b"\xff",
    b"\xff\xfa",
    b"\xff\xf0",
    b"\xff\xfb",
    b"\0",
    b"\xbe\xc8\xb3\xe7",
    "안녕".as_bytes(),
    "듣는이".as_bytes(),
    "👋".as_bytes(),
    b"\xe2\x80",
    b"GET ",
];

/// Pieces of exports.
const LINES: [&[u8]; 24] = [
    b"{\"maru\":1,\"hall\":\"0123456789abcdef0123456789abcdef\",\"head\":9,\"after\":0}\n",
    b"{\"seq\":1,\"at\":\"2026-11-25T12:00:00Z\",\"in\":[\"#a\"],\"nick\":\"a\",\"person\":1,\"session\":1,\"event\":\"join\"}\n",
    b"{\"seq\":2,\"at\":\"2026-11-25T12:00:00Z\",\"in\":[\"#a\"],\"nick\":\"a\",\"person\":1,\"session\":1,\"event\":\"say\",\"text\":\"x\"}\n",
    b"{\"seq\":3,\"at\":\"2026-11-25T12:00:00Z\",\"in\":[\"#A\",\"#b\"],\"nick\":\"a\",\"person\":1,\"session\":1,\"event\":\"nick\",\"text\":\"b\"}\n",
    b"{\"seq\":4,\"at\":\"2026-11-25T12:00:00Z\",\"in\":[\"#a\"],\"nick\":\"a\",\"person\":1,\"session\":1,\"event\":\"redact\",\"target\":2}\n",
    b"{\"seq\":5,\"at\":\"2026-11-25T12:00:00Z\",\"between\":[1,2],\"nick\":\"a\",\"person\":1,\"session\":1,\"event\":\"say\",\"text\":\"y\"}\n",
    b"{\"seq\":6,\"at\":\"2026-11-25T12:00:00Z\",\"in\":[\"#a\"],\"nick\":\"a\",\"person\":1,\"session\":1,\"event\":\"topic\",\"text\":\"t\"}\n",
    b"{\"seq\":7,\"at\":\"2026-11-25T12:00:00Z\",\"in\":[\"#a\"],\"nick\":\"a\",\"person\":1,\"session\":1,\"event\":\"redacted\"}\n",
    b"{\"seq\":8,\"at\":\"2026-11-25T12:00:00Z\",\"in\":[\"#a\"],\"nick\":\"a\",\"person\":1,\"session\":1,\"account\":\"A\",\"event\":\"rule\",\"text\":\"limit 30\"}\n",
    b"{\"seq\":9,\"at\":\"2026-11-25T12:00:00Z\",\"in\":[\"#a\"],\"nick\":\"a\",\"person\":1,\"session\":1,\"event\":\"kick\",\"text\":\"t\",\"target\":2,\"target_nick\":\"b\"}\n",
    b"{\"seq\":10,\"at\":\"2026-11-25T12:00:00Z\",\"between\":[1,2],\"nick\":\"a\",\"person\":1,\"session\":1,\"to\":\"b\",\"event\":\"invite\",\"text\":\"#a\"}\n",
    b"{\"seq\":11,\"at\":\"2026-11-25T12:00:00Z\",\"between\":[1,1],\"nick\":\"a\",\"person\":1,\"session\":1,\"event\":\"account\",\"text\":\"password set\"}\n",
    b"{\"seq\":",
    b"18446744073709551615",
    b"\"at\":\"",
    b"}\n",
    b"\n",
    b"\xff",
    b"\xef\xbb\xbf",
    b"[[[[[[",
    b"\\u0000",
    b"\\ud800",
    b"9",
    b"\"",
];

fn replay(target: &str, probe: fn(&[u8])) {
    replay_pieces(target, &PIECES, 400, probe);
}

fn replay_pieces(target: &str, of: &[&[u8]], seeds: u64, probe: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut count = 0;
    for file in std::fs::read_dir(&folder).expect("the corpus can be read") {
        let path = file.expect("the corpus can be read").path();
        println!("{}", path.display());
        probe(&std::fs::read(&path).expect("the corpus can be read"));
        count += 1;
    }
    assert!(count >= 10, "the corpus is there");
    for seed in 0..seeds {
        println!("seed {seed}");
        let mut rng = Rng::new(seed);
        let pieces = rng.below(60);
        let bytes: Vec<u8> = (0..pieces).flat_map(|_| piece(of, &mut rng)).collect();
        probe(&bytes);
    }
}

fn piece(of: &[&[u8]], rng: &mut Rng) -> Vec<u8> {
    if rng.chance(20) {
        vec![u8::try_from(rng.below(256)).unwrap_or(0); 1 + rng.below(90)]
    } else {
        rng.pick(of).to_vec()
    }
}

#[test]
fn detection_never_changes_its_mind() {
    replay("detect", probe::detect);
}

#[test]
fn no_input_gets_a_foreign_line_to_anybody() {
    replay("lines", probe::lines);
}

#[test]
fn whatever_is_stored_is_an_entry_or_is_refused() {
    replay("record", probe::record);
}

#[test]
fn a_file_is_read_in_whole_or_changes_nothing() {
    replay_pieces("import", &LINES, 60, probe::import);
}
