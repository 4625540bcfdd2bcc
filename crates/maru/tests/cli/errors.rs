//! What goes wrong is one clear line and a hint on standard error, and an exit code; never a panic.
//!
//! The words are compared whole: they are what a person has to go by.

use std::net::TcpListener;

use crate::harness::{Outcome, User};

/// The program ends with this code, and has said exactly this on standard error and nothing on standard output.
fn check(user: &User, args: &[&str], code: i32, said: &str) {
    let expect = Outcome { code: Some(code), stdout: String::new(), stderr: said.trim_start().to_owned() };
    assert_eq!(user.run(args), expect, "{args:?}");
}

#[test]
fn a_wrong_configuration_file() {
    let user = User::new();
    user.write("maru.toml", "[log]\nformat = \"json\"\n\n[limits]\nline_byte = 100\nrooms = 0\n");
    let said = "
error: unknown key `limits.line_byte` at maru.toml:5
hint: did you mean `limits.line_bytes`?
error: `limits.rooms` at maru.toml:6 must be a whole number from 1 to 1000000, not `0`
hint: the default is 1000
";
    check(&user, &["config", "check", "maru.toml"], 1, said);
    check(&user, &["serve", "--config", "maru.toml"], 1, said);
    check(&user, &["health", "--config", "maru.toml"], 1, said);
    let user = User::korean();
    user.write("maru.toml", "[limits]\nline_byte = 100\n");
    let said = "
오류: 모르는 항목입니다: maru.toml:2의 `limits.line_byte`
도움말: `limits.line_bytes` 말씀이신가요?
";
    check(&user, &["config", "check", "maru.toml"], 1, said);
}

#[test]
fn no_such_configuration_file() {
    let said = "
error: can't read the configuration nowhere.toml: there is no such file or directory
hint: `maru config print > FILE` makes one to start from
";
    check(&User::new(), &["config", "check", "nowhere.toml"], 1, said);
    check(&User::new(), &["serve", "--config", "nowhere.toml"], 1, said);
    check(&User::new().with("MARU_CONFIG", "nowhere.toml"), &["serve"], 1, said);
}

#[test]
fn a_wrong_command_line() {
    check(&User::new(), &["sevre"], 2, "error: unknown command `sevre`\nhint: did you mean `serve`?\n");
    check(&User::korean(), &["sevre"], 2, "오류: 모르는 명령입니다: `sevre`\n도움말: `serve` 말씀이신가요?\n");
    let said = "
error: `--listen` must be addresses with ports, such as `0.0.0.0:55555`, not `7000`
hint: did you mean `0.0.0.0:7000`?
";
    check(&User::new(), &["serve", "--listen", "7000"], 2, said);
}

#[test]
fn a_wrong_variable() {
    let said = "
error: `MARU_LEGACY_CHARSET` must be a charset, such as `euc-kr`, not `euc-k`
hint: did you mean `euc-kr`?
";
    check(&User::new().with("MARU_LEGACY_CHARSET", "euc-k"), &["serve"], 1, said);
    let said = "
error: unknown variable `MARU_LIMITS_NICK`
hint: did you mean `MARU_LIMITS_NICK_CHARS`?
";
    check(&User::new().with("MARU_LIMITS_NICK", "9"), &["serve"], 1, said);
}

#[test]
fn a_port_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap();
    let other = addr.port().checked_add(1).unwrap_or(55555);
    check(
        &User::new(),
        &["serve", "--listen", &addr.to_string()],
        1,
        &format!(
            "error: {addr} is in use\nhint: is another maru running? Choose another port: `--listen 127.0.0.1:{other}`\n"
        ),
    );
    check(
        &User::korean(),
        &["serve", "--listen", &addr.to_string()],
        1,
        &format!(
            "오류: 이미 쓰이고 있는 주소입니다: {addr}\n도움말: 마루가 이미 실행 중인가요? 다른 포트를 고를 수도 있습니다: \
             `--listen 127.0.0.1:{other}`\n"
        ),
    );
}

#[test]
fn an_address_of_another_host() {
    // RFC 5737: an address for documentation, which no host has.
    let said = "
error: this host has no address 203.0.113.254
hint: `--listen 0.0.0.0:7000` listens on every address of this host
";
    check(&User::new(), &["serve", "--listen", "203.0.113.254:7000"], 1, said);
}

#[test]
fn a_data_directory_that_cannot_be() {
    let user = User::new();
    user.write("file", "");
    let said = "
error: can't write to the data directory HOME/file/data: a part of the path is not a directory
hint: choose one that this user may write to: `--data-dir DIR`
";
    let said = said.replace("HOME", user.home.path().to_str().unwrap());
    check(&user, &["serve", "--listen", "127.0.0.1:0", "--data-dir", "file/data"], 1, &said);
}

#[test]
fn nowhere_to_keep_the_data() {
    let user = User::new().with("HOME", "");
    let said = "
error: there is no home directory to keep the data in
hint: say where: `--data-dir DIR` or MARU_DATA_DIR
";
    check(&user, &["serve", "--listen", "127.0.0.1:0"], 1, said);
}

#[test]
fn a_data_directory_of_another_server() {
    let user = User::new();
    let mut first = user.serve(&[]);
    first.address();
    let said = "
error: another server uses the data directory HOME/.local/share/maru
hint: stop that one first, or give this one its own: `--data-dir DIR`
";
    let said = said.replace("HOME", user.home.path().to_str().unwrap());
    check(&user, &["serve", "--listen", "127.0.0.1:0"], 1, &said);
}

#[test]
fn nobody_to_ask_for_health() {
    // Bound and never listened on by anyone else: what connects is refused once it is dropped.
    let addr = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let user = User::new().with("MARU_LISTEN", &addr.to_string());
    check(&user, &["health"], 1, &format!("error: {addr} is not healthy: connection refused\n"));
    check(
        &User::new(),
        &["health", &addr.to_string()],
        1,
        &format!("error: {addr} is not healthy: connection refused\n"),
    );
    let said = "
error: the configuration leaves the port open (port 0)
hint: give the address: `maru health 127.0.0.1:PORT`
";
    check(&User::new().with("MARU_LISTEN", "127.0.0.1:0"), &["health"], 1, said);
}

#[test]
fn no_server_to_chat_with() {
    let addr = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let outcome = User::new().run(&["chat", &addr.to_string(), "--nick", "bot"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(1), ""));
    assert!(outcome.stderr.starts_with("error: ") && outcome.stderr.contains(&addr.to_string()), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("\nhint: "), "{}", outcome.stderr);
}
