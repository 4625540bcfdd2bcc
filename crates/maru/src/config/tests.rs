//! Each wrong thing and what is said about it, word for word; who goes over whom; printing and reading are inverse.
//!
//! Variables and files are given as values, so nothing here depends on, or touches, the process's own.

use wire::Lang;

use super::*;
use crate::texts;

fn home() -> Env {
    [("HOME", "/home/u")].into()
}

/// What a file of this text makes of the configuration.
fn of_file(text: &str, env: &Env) -> Result<Setup, Vec<Wrong>> {
    let mut setup = Setup::default_in(env);
    let mut wrongs = Vec::new();
    file::apply("maru.toml", text, env, &mut setup, &mut wrongs);
    finish(setup, wrongs)
}

fn told(wrongs: &[Wrong], lang: Lang) -> String {
    wrongs.iter().map(|wrong| texts::lines(&texts::say(wrong, lang), lang)).collect()
}

/// What is said about a file.
fn check(text: &str, expect: &str) {
    check_in(Lang::En, text, expect);
}

fn check_in(lang: Lang, text: &str, expect: &str) {
    let wrongs = of_file(text, &home()).expect_err("something is wrong with it");
    assert_eq!(told(&wrongs, lang).trim(), expect.trim(), "{text}");
}

/// What is said about variables.
fn check_variables<const N: usize>(variables: [(&str, &str); N], expect: &str) {
    let wrongs = load(&Flags::default(), &variables.into()).expect_err("something is wrong with them");
    assert_eq!(told(&wrongs, Lang::En).trim(), expect.trim());
}

/// What is said about flags.
fn check_flag(flag: &'static str, words: &[&str], expect: &str) {
    let flags = Flags { values: vec![(flag, words.iter().map(|&w| w.to_owned()).collect())], ..Flags::default() };
    let wrongs = load(&flags, &Env::default()).expect_err("something is wrong with it");
    assert_eq!(told(&wrongs, Lang::En).trim(), expect.trim());
}

#[test]
fn a_wrong_key_names_the_line_and_the_nearest_key() {
    check(
        "# a comment\nlanguage = \"en\"\n\n[limits]\n\n\nline_byte = 7\n",
        "
error: unknown key `limits.line_byte` at maru.toml:7
hint: did you mean `limits.line_bytes`?",
    );
    check(
        "port = 7000",
        "
error: unknown key `port` at maru.toml:1
hint: `maru config print` shows every key",
    );
    // In the wrong table, dotted, and a table that does not exist.
    check(
        "line_bytes = 7000",
        "
error: unknown key `line_bytes` at maru.toml:1
hint: did you mean `limits.line_bytes`?",
    );
    check(
        "limits.rooms = 5\nlimits.romms = 5",
        "
error: unknown key `limits.romms` at maru.toml:2
hint: did you mean `limits.rooms`?",
    );
    check(
        "[limit]\nrooms = 5",
        "
error: unknown key `limit` at maru.toml:1
hint: did you mean `limits`?",
    );
    check_in(
        Lang::Ko,
        "[limits]\nline_byte = 7",
        "
오류: 모르는 항목입니다: maru.toml:2의 `limits.line_byte`
도움말: `limits.line_bytes` 말씀이신가요?",
    );
}

#[test]
fn a_wrong_number_says_what_was_expected() {
    let number = |value: &str, got: &str| {
        check(
            &format!("[limits]\nline_bytes = {value}"),
            &format!(
                "
error: `limits.line_bytes` at maru.toml:2 must be a whole number from 512 to 1048576, not {got}
hint: the default is 8192"
            ),
        );
    };
    number("\"many\"", "`\"many\"`");
    number("511", "`511`");
    number("-1", "`-1`");
    number("1_048_577", "`1_048_577`");
    number("99999999999999999999999", "`99999999999999999999999`");
    number("8192.0", "`8192.0`");
    number("true", "`true`");
    number("\"off\"", "`\"off\"`");
    number("[8192]", "`[8192]`");
    number("{ is = 8192 }", "`{ is = 8192 }`");
    number(
        "\"\"\"\nfar too long to be shown in a message in one line\"\"\"",
        "`\"\"\" far too long to be shown in a messag…`",
    );
    check(
        "[limits]\nconnections = \"unlimited\"",
        "
error: `limits.connections` at maru.toml:2 must be a whole number from 1 to 10000000, or \"off\", not `\"unlimited\"`
hint: the default is 10000",
    );
    check_in(
        Lang::Ko,
        "limits.line_bytes = 1",
        "
오류: maru.toml:1의 `limits.line_bytes` 값이 맞지 않습니다: `1` (필요한 값: 512부터 1048576까지의 정수)
도움말: 기본값: 8192",
    );
}

#[test]
fn a_wrong_address_says_what_was_probably_meant() {
    let address = |value: &str, got: &str, line: usize, hint: &str| {
        let message = "must be addresses with ports, such as `0.0.0.0:55555`, not";
        check(
            &format!("listen = {value}"),
            &format!("\nerror: `listen` at maru.toml:{line} {message} {got}\nhint: {hint}"),
        );
    };
    address("[\"[::]:1\",\n \"7000\"]", "`\"7000\"`", 2, "did you mean `0.0.0.0:7000`?");
    address("\":7000\"", "`\":7000\"`", 1, "did you mean `0.0.0.0:7000`?");
    address("[\"localhost:7000\"]", "`\"localhost:7000\"`", 1, "did you mean `127.0.0.1:7000`?");
    address("[\"192.168.0.5\"]", "`\"192.168.0.5\"`", 1, "did you mean `192.168.0.5:55555`?");
    address("[\"::\"]", "`\"::\"`", 1, "did you mean `[::]:55555`?");
    let no_name = "names of hosts are not looked up here; write an address, or `0.0.0.0` for all of them";
    address("[\"example.org:7000\"]", "`\"example.org:7000\"`", 1, no_name);
    address("[\"0.0.0.0:1\", \"0.0.0.0:1\"]", "`\"0.0.0.0:1\"`", 1, "it is there twice; leave one out");
    let default = "the default is [\"0.0.0.0:55555\", \"[::]:55555\"]";
    address("[]", "`[]`", 1, default);
    address("[7000]", "`7000`", 1, default);
    address("7000", "`7000`", 1, default);
    address("[\"1.2.3.4:99999\"]", "`\"1.2.3.4:99999\"`", 1, default);
}

#[test]
fn other_values_are_checked_too() {
    check(
        "language = \"kr\"\nlegacy_charset = \"CP949\"\n[log]\nformat = \"jsn\"\nlevel = \"inof\"",
        "
error: `language` at maru.toml:1 must be `en` or `ko`, not `\"kr\"`
error: `legacy_charset` at maru.toml:2 must be a charset, such as `euc-kr`, not `\"CP949\"`
hint: did you mean `euc-kr`?
error: `log.format` at maru.toml:4 must be `text` or `json`, not `\"jsn\"`
hint: did you mean `json`?
error: `log.level` at maru.toml:5 must be a level (error, warn, info, debug, trace) or a filter, such as `info,server=debug`, not `\"inof\"`
hint: did you mean `info`?",
    );
    check(
        "legacy_charset = \"utf-16\"\nlog.level = \"server=loud\"\ndata_dir = \"\"",
        "
error: `legacy_charset` at maru.toml:1 must be a charset, such as `euc-kr`, not `\"utf-16\"`
hint: the default is \"euc-kr\"
error: `log.level` at maru.toml:2 must be a level (error, warn, info, debug, trace) or a filter, such as `info,server=debug`, not `\"server=loud\"`
hint: the default is \"info\"
error: `data_dir` at maru.toml:3 must be a directory, not `\"\"`",
    );
    check(
        "log = \"debug\"\nlimits = 5",
        "
error: `log` at maru.toml:1 must be a table, not `\"debug\"`
hint: write a line `[log]`, and the keys of the table below it
error: `limits` at maru.toml:2 must be `on` or `off`, not `5`
hint: the default is \"on\"",
    );
}

#[test]
fn networks_switches_and_halves_are_checked() {
    check(
        "[tls]\nonly = \"yes\"\nplain_networks = [\"10.0.0.1/8\", \"::1\"]\n[proxy]\ntrusted = [\"10.0.0.0/8\", \"proxy.example\"]",
        "
error: `tls.only` at maru.toml:2 must be `on` or `off`, not `\"yes\"`
hint: the default is \"off\"
error: `tls.plain_networks` at maru.toml:3 must be networks, such as `10.0.0.0/8`, not `\"10.0.0.1/8\"`
hint: did you mean `10.0.0.0/8`?
error: `proxy.trusted` at maru.toml:5 must be networks, such as `10.0.0.0/8`, not `\"proxy.example\"`
hint: names of hosts are not looked up here; write an address, or `0.0.0.0` for all of them",
    );
    check(
        "[tls]\ncertificate = \"/etc/maru/chain.pem\"",
        "
error: `tls.certificate` is set and `tls.key` is not
hint: set both, or neither: then the server has a certificate of its own",
    );
    let env = [("HOME", "/home/u"), ("MARU_PROXY_TRUSTED", "10.0.0.0/8, 192.0.2.1"), ("MARU_TLS_ONLY", "on")].into();
    let settings = load(&Flags::default(), &env).expect("nothing is wrong").settings;
    assert!(settings.tls.only && settings.proxies.contain([192, 0, 2, 1].into()));
    assert!(!settings.proxies.contain([192, 0, 2, 2].into()));
    let file = "[tls]\nonly = true\ncertificate = \"~/chain.pem\"\nkey = \"key.pem\"\nplain_networks = []";
    let tls = of_file(file, &home()).expect("nothing is wrong").settings.tls;
    assert_eq!((tls.certificate, tls.key), (Some("/home/u/chain.pem".into()), Some("key.pem".into())));
    assert!(tls.only && tls.plain_networks.0.is_empty());
}

#[test]
fn gateways_are_checked_and_their_passwords_shown_to_nobody() {
    let hash = format!("sha256:{}", "0a".repeat(32));
    let gateways = "\nerror: `irc.gateways` at maru.toml:1 must be networks, each with a password of 8 to 128 characters, \
                    such as `192.0.2.7 PASSWORD`, not ";
    for (given, got) in [
        ("[\"192.0.2.7 hunter2\"]", "`192.0.2.7…`"),
        ("[\"192.0.2.7 hunter2 hunter2\"]", "`192.0.2.7…`"),
        ("[\"192.0.2.7 :hunter2hunter2\"]", "`192.0.2.7…`"),
        ("[\"192.0.2.7 sha256:0a0a\"]", "`192.0.2.7…`"),
        ("[\"hunter2hunter2\"]", "`…`"),
        ("[{ network = \"192.0.2.7\", password = \"hunter2hunter2\" }]", "`…`"),
        ("5", "`…`"),
    ] {
        check(&format!("irc.gateways = {given}"), &format!("{gateways}{got}\nhint: the default is []"));
    }
    let file = format!("[irc]\ngateways = [\"192.0.2.7 hunter2hunter2\", \"10.0.0.0/8 {hash}\"]");
    let of_file = of_file(&file, &home()).expect("nothing is wrong").settings.gateways;
    let variable = format!("192.0.2.7 hunter2hunter2, 10.0.0.0/8 {hash}");
    let env = [("HOME", "/home/u"), ("MARU_IRC_GATEWAYS", variable.as_str())].into();
    let of_variable = load(&Flags::default(), &env).expect("nothing is wrong").settings.gateways;
    assert_eq!(of_file, of_variable);
    assert_eq!(of_file.0.iter().map(|gateway| gateway.network.prefix_len()).collect::<Vec<_>>(), [32, 8]);
    assert!(!format!("{of_file:?}").contains("hunter2"));
}

#[test]
fn what_is_no_toml_is_told_with_its_line() {
    let wrongs = of_file("language = \"en\"\n[limits\nrooms = 5", &home()).expect_err("it is no TOML");
    let told = told(&wrongs, Lang::En);
    assert!(told.starts_with("error: maru.toml:2 is not valid TOML: "), "{told}");
    assert_eq!(told.lines().count(), 2, "{told}");
    let wrongs = of_file("[limits]\nrooms = 5\nrooms = 6", &home()).expect_err("a key is there twice");
    assert!(texts::say(&wrongs[0], Lang::En).0.starts_with("maru.toml:3 is not valid TOML: "));
}

#[test]
fn wrong_variables_and_flags_are_told_by_their_names() {
    check_variables(
        [("MARU_LIMITS_LINE_BYTES", "many"), ("MARU_LISTEN", "127.0.0.1:7000, 7001")],
        "
error: `MARU_LISTEN` must be addresses with ports, such as `0.0.0.0:55555`, not `7001`
hint: did you mean `0.0.0.0:7001`?
error: `MARU_LIMITS_LINE_BYTES` must be a whole number from 512 to 1048576, not `many`
hint: the default is 8192",
    );
    check_variables(
        [("MARU_LIMITS_LINE_BYTE", "8192"), ("MARU_LISTN", "127.0.0.1:7000"), ("MARU_LANGUAGE", "korea")],
        "
error: `MARU_LANGUAGE` must be `en` or `ko`, not `korea`
error: unknown variable `MARU_LIMITS_LINE_BYTE`
hint: did you mean `MARU_LIMITS_LINE_BYTES`?
error: unknown variable `MARU_LISTN`
hint: did you mean `MARU_LISTEN`?",
    );
    check_flag(
        "--listen",
        &["127.0.0.1:7000", "7001"],
        "
error: `--listen` must be addresses with ports, such as `0.0.0.0:55555`, not `7001`
hint: did you mean `0.0.0.0:7001`?",
    );
    check_flag(
        "--limits",
        &["of"],
        "
error: `--limits` must be `on` or `off`, not `of`
hint: did you mean `off`?",
    );
}

#[test]
fn variables_of_others_are_left_alone() {
    let env = [
        ("MARU_IMAGE", "x"),
        ("MARU_PORT", "tcp://10.0.0.1:55555"),
        ("MARU_SERVICE_HOST", "x"),
        ("MARU_SERVER", "h"),
        ("MARU_LISTEN", ""),
    ];
    load(&Flags::default(), &env.into()).expect("nothing is wrong with them");
}

#[test]
fn flags_go_over_variables_and_variables_over_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("maru.toml");
    let file = "listen = \"127.0.0.1:1\"\ndata_dir = \"/file\"\nlanguage = \"ko\"\n[limits]\nrooms = 11\nrooms_per_session = 12\n";
    std::fs::write(&path, file).unwrap();
    let config = path.to_str().unwrap();
    let env: Env = [
        ("HOME", "/home/u"),
        ("MARU_CONFIG", config),
        ("MARU_DATA_DIR", "/variable"),
        ("MARU_LISTEN", "127.0.0.1:2,[::1]:2"),
        ("MARU_LIMITS_ROOMS", "1_022"),
        ("MARU_LIMITS_CONNECTIONS", "off"),
    ]
    .into();
    let values = vec![("--listen", vec!["127.0.0.1:3".to_owned(), "127.0.0.1:4".to_owned()])];
    let setup = load(&Flags { config: None, values }, &env).expect("nothing is wrong");

    assert_eq!(setup.listen, ["127.0.0.1:3".parse().unwrap(), "127.0.0.1:4".parse().unwrap()]);
    assert_eq!(setup.data_dir, Some("/variable".into()));
    assert_eq!(setup.settings.language, Lang::Ko);
    assert_eq!(setup.settings.hall.rooms, 1_022);
    assert_eq!(setup.settings.hall.rooms_per_session, 12);
    assert_eq!(setup.settings.gate.connections, None);
    assert_eq!(setup.settings.hall.nick_chars, 30);

    let fewer: Env = [("HOME", "/home/u"), ("MARU_LISTEN", "127.0.0.1:2")].into();
    let flags = Flags { config: Some(path), values: Vec::new() };
    let setup = load(&flags, &fewer).expect("nothing is wrong");
    assert_eq!(
        (setup.listen.as_slice(), setup.data_dir),
        (&["127.0.0.1:2".parse().unwrap()][..], Some("/file".into()))
    );
}

#[test]
fn limits_are_lifted_from_anywhere_and_last() {
    let lifted = |setup: Result<Setup, Vec<Wrong>>| {
        let gate = setup.expect("nothing is wrong").settings.gate;
        (gate.connections, gate.connections_per_address, gate.messages_per_second)
    };
    let off = |word: &str| Flags { values: vec![("--limits", vec![word.to_owned()])], ..Flags::default() };
    let none = Flags::default();
    let all = (Some(10_000), Some(128), Some(10));
    let few = (Some(10_000), None, None);
    assert_eq!(lifted(load(&none, &Env::default())), all);
    assert_eq!(lifted(load(&off("off"), &Env::default())), few);
    assert_eq!(lifted(load(&none, &[("MARU_LIMITS", "off")].into())), few);
    assert_eq!(lifted(load(&off("on"), &[("MARU_LIMITS", "off")].into())), all);
    assert_eq!(lifted(load(&none, &[("MARU_LIMITS", "off"), ("MARU_LIMITS_MESSAGES_PER_SECOND", "5")].into())), few);
    assert_eq!(lifted(of_file("limits = \"off\"", &home())), few);
}

#[test]
fn the_users_own_file_is_read_where_there_is_one() {
    let dir = tempfile::tempdir().unwrap();
    let env: Env = [("XDG_CONFIG_HOME", dir.path().to_str().unwrap())].into();
    assert_eq!(load(&Flags::default(), &env).expect("no file is fine").settings.hall.rooms, 1_000);
    std::fs::create_dir(dir.path().join("maru")).unwrap();
    std::fs::write(dir.path().join("maru/maru.toml"), "limits.rooms = 7").unwrap();
    assert_eq!(load(&Flags::default(), &env).expect("nothing is wrong").settings.hall.rooms, 7);

    let asked = Flags { config: Some("/nowhere/maru.toml".into()), ..Flags::default() };
    let wrongs = load(&asked, &env).expect_err("a file that was asked for must be there");
    assert_eq!(
        told(&wrongs, Lang::En),
        "error: can't read the configuration /nowhere/maru.toml: there is no such file or directory\n\
         hint: `maru config print > FILE` makes one to start from\n"
    );
}

#[test]
fn the_printed_default_is_the_default() {
    for lang in [Lang::En, Lang::Ko] {
        let env = home();
        let printed = print(&env, lang);
        let read = of_file(&printed, &env).unwrap_or_else(|wrongs| panic!("{}", told(&wrongs, Lang::En)));
        assert_eq!(format!("{read:?}"), format!("{:?}", Setup::default_in(&env)));
        // What is commented out can be taken in.
        let all: String = printed.lines().map(|line| uncommented(line).to_owned() + "\n").collect();
        let read = of_file(&all, &env).unwrap_or_else(|wrongs| panic!("{}", told(&wrongs, Lang::En)));
        assert_eq!(format!("{read:?}"), format!("{:?}", Setup::default_in(&env)));
        // Nothing is left out, and nothing is too wide for a terminal of a usual width.
        for key in keys::KEYS {
            let name = key.name.rsplit('.').next().unwrap();
            assert!(all.contains(&format!("\n{name} = ")) || all.contains(&format!("\n[{name}]\n")), "{name}");
        }
        assert!(printed.lines().all(|line| line.chars().count() <= 120), "{printed}");
    }
}

fn uncommented(line: &str) -> &str {
    line.strip_prefix("# ")
        .filter(|rest| rest.starts_with("data_dir = ") || rest.starts_with("language = "))
        .unwrap_or(line)
}

#[test]
fn every_value_that_is_printed_reads_back() {
    let env = home();
    let mut setup = Setup::default_in(&env);
    for key in keys::KEYS {
        if let Kind::Number(bounds, field) = &key.kind {
            field(&mut setup.settings).set(Some(*bounds.start()));
            if field(&mut setup.settings).can_be_off() {
                field(&mut setup.settings).set(None);
            }
        }
    }
    let file: String = keys::KEYS
        .iter()
        .filter(|key| !matches!(key.kind, Kind::Limits))
        .map(|key| format!("{} = {}\n", key.name, value::show(&mut setup, key)))
        .collect();
    let read = of_file(&file, &env).unwrap_or_else(|wrongs| panic!("{}", told(&wrongs, Lang::En)));
    assert_eq!(format!("{read:?}"), format!("{setup:?}"));
}
