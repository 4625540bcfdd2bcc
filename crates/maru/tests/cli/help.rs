//! Help in both languages, and the small commands.
//!
//! What is asked for goes to standard output, alone, and the program ends with 0.

use std::process::Stdio;

use crate::harness::{Running, User};

/// The program says these things on standard output, nothing else anywhere, and ends with 0.
fn check(user: &User, args: &[&str], parts: &[&str]) -> String {
    let outcome = user.run(args);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""), "{args:?}");
    for part in parts {
        assert!(outcome.stdout.contains(part), "{args:?}: no {part:?} in\n{}", outcome.stdout);
    }
    outcome.stdout
}

#[test]
fn alone_it_shows_the_way() {
    check(&User::new(), &[], &["Usage: maru <COMMAND>", "maru serve ", "maru chat ", "Start here:"]);
    check(&User::korean(), &[], &["사용법: maru <명령>", "maru serve ", "maru chat ", "시작하기:"]);
}

#[test]
fn every_command_has_its_help() {
    for (args, en, ko) in [
        (&["serve", "--help"][..], "--data-dir <DIR>      Where the hall keeps its data", "자료를 두는 폴더"),
        (&["chat", "-h"], "--nick <NICK>", "닉네임"),
        (&["health", "--help"], "Ask a running server", "정상인지"),
        (&["config"], "print  Print the default configuration", "기본 설정을 설명과 함께 출력합니다"),
        (&["help", "config", "check"], "The file to check", "검사할 파일"),
    ] {
        check(&User::new(), args, &["Usage: maru ", en, "Options:", "Show this help"]);
        let korean = check(&User::korean(), args, &["사용법: maru ", ko, "옵션:", "이 도움말을 봅니다"]);
        assert!(!korean.contains("Usage") && !korean.contains("Options"), "{korean}");
    }
}

#[test]
fn the_language_is_that_of_the_locale_unless_it_is_asked_for() {
    check(&User::korean().with("LC_ALL", "en_US.UTF-8"), &[], &["Usage:"]);
    check(&User::korean().with("LC_MESSAGES", "C"), &[], &["Usage:"]);
    check(&User::korean().with("LC_ALL", "").with("LC_MESSAGES", ""), &[], &["사용법:"]);
    check(&User::korean().with("MARU_LANGUAGE", "en"), &[], &["Usage:"]);
    check(&User::new().with("LC_ALL", "C").with("MARU_LANGUAGE", "ko"), &[], &["사용법:"]);
}

#[test]
fn the_version_is_that_of_the_package() {
    assert_eq!(check(&User::new(), &["--version"], &[]), format!("maru {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_printed_configuration_is_valid() {
    for (user, comment) in [(User::new(), "# Longest nick"), (User::korean(), "# 닉네임의 최대 글자 수")] {
        let printed = check(&user, &["config", "print"], &[comment, "\n[limits]\n", "\nline_bytes = 8192\n"]);
        user.write("maru.toml", &printed);
        check(&user, &["config", "check", "maru.toml"], &["maru.toml"]);
    }
}

#[test]
fn completions_know_the_commands() {
    for (shell, flag) in [("bash", "--data-dir"), ("zsh", "--data-dir"), ("fish", "-l data-dir")] {
        check(&User::new(), &["completions", shell], &["serve", flag, "health"]);
    }
}

#[test]
fn nobody_reading_is_no_error() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let user = User::new();
    let mut command = user.command(&["config", "print"]);
    command.stdout(Stdio::from(writer));
    let mut running = Running::start(command);
    assert_eq!(running.ended().code(), Some(0));
    assert_eq!(running.stderr.rest(), "");
}
