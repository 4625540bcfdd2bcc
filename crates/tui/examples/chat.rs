//! The terminal client alone: `cargo run -p tui --example chat -- [HOST[:PORT]] [--nick NAME] [--lines] [--lang ko|en]
//! [--known-hosts FILE] [--accept-fingerprint sha256:HEX]`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut options = tui::Options::default();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--nick" => options.nick = args.next(),
            "--lines" => options.lines = true,
            "--known-hosts" => options.known_hosts = args.next().map(Into::into),
            "--accept-fingerprint" => options.accept_fingerprint = args.next(),
            "--lang" => options.lang = args.next().and_then(|lang| lang.parse().ok()).unwrap_or_default(),
            _ => options.server = arg,
        }
    }
    match tui::run(&options) {
        Ok(ended) => ExitCode::from(ended.code()),
        Err(error) => {
            eprintln!("{}", error.describe(options.lang));
            ExitCode::FAILURE
        }
    }
}
