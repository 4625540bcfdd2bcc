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

fn replay(target: &str, probe: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut count = 0;
    for file in std::fs::read_dir(&folder).expect("the corpus can be read") {
        let path = file.expect("the corpus can be read").path();
        println!("{}", path.display());
        probe(&std::fs::read(&path).expect("the corpus can be read"));
        count += 1;
    }
    assert!(count >= 10, "the corpus is there");
    for seed in 0..400 {
        println!("seed {seed}");
        let mut rng = Rng::new(seed);
        let pieces = rng.below(60);
        let bytes: Vec<u8> = (0..pieces).flat_map(|_| piece(&mut rng)).collect();
        probe(&bytes);
    }
}

fn piece(rng: &mut Rng) -> Vec<u8> {
    if rng.chance(20) {
        vec![u8::try_from(rng.below(256)).unwrap_or(0); 1 + rng.below(90)]
    } else {
        rng.pick(&PIECES).to_vec()
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
