//! How people come into a hall that runs in a container.
//!
//! What a container sees of itself is no use to those outside: its addresses are those of a network inside its host, and
//! the port is whatever the host publishes. So the greeting names the host and its port in place of the container's own
//! address, which is for its neighbours only. The image says that it is a container (`container`, as systemd's container
//! interface has it), and compose.yaml says what it publishes.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use wire::Lang;

use crate::env::{self, Env};

/// A container around the server.
#[derive(Debug, Default)]
pub(crate) struct Container {
    /// Where its host publishes the port, if somebody said.
    published: Option<Published>,
}

/// What of its host leads to the container, as Docker writes it: `[ADDR:]PORT`.
#[derive(Debug, PartialEq, Eq)]
struct Published {
    /// None for every address of the host.
    ip: Option<IpAddr>,
    port: u16,
}

impl FromStr for Published {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (ip, port) = match text.rsplit_once(':') {
            Some((ip, port)) => (Some(ip.trim_start_matches('[').trim_end_matches(']')), port),
            None => (None, text),
        };
        let ip: Option<IpAddr> = ip.filter(|ip| !ip.is_empty()).map(str::parse).transpose().map_err(|_| ())?;
        let port = port.parse().ok().filter(|&port| port != 0).ok_or(())?;
        Ok(Self { ip: ip.filter(|ip| !ip.is_unspecified()), port })
    }
}

impl Container {
    /// The one that the process is in, if it is in one.
    pub(crate) fn around(env: &Env) -> Option<Self> {
        let published = env.text(env::PUBLISHED);
        let inside = published.is_some() || env.get(env::CONTAINER).is_some();
        // Anything else that it may be, such as a range of ports, is told as if nothing were known.
        inside.then(|| Self { published: published.and_then(|text| text.parse().ok()) })
    }

    /// The ways in: those by the host, then the one for its neighbours. `inside` is its address on its own network.
    pub(super) fn ways(&self, inside: SocketAddr, lang: Lang) -> String {
        let neighbours = lang.pick("From other containers of its network:\n", "같은 네트워크의 다른 컨테이너에서는:\n");
        self.by_host(inside.port(), lang) + neighbours + &super::chat(inside)
    }

    fn by_host(&self, port: u16, lang: Lang) -> String {
        match self.published {
            None => unknown(port, lang),
            Some(Published { ip: None, port }) => on_any_address(port, lang),
            Some(Published { ip: Some(ip), port }) => {
                let head = match ip.is_loopback() {
                    true => lang.pick(
                        "\nThis is a container, and only its host can reach it. On the host:\n",
                        "\n컨테이너 안이며, 컨테이너를 띄운 컴퓨터에서만 들어올 수 있습니다. 그 컴퓨터에서는:\n",
                    ),
                    false => lang.pick(
                        "\nThis is a container. Others come in by its host:\n",
                        "\n컨테이너 안입니다. 다른 사람은 컨테이너를 띄운 컴퓨터로 들어옵니다:\n",
                    ),
                };
                head.to_owned() + &super::commands(SocketAddr::new(ip, port))
            }
        }
    }
}

/// The host publishes the port on all its addresses, which are not known here.
fn on_any_address(port: u16, lang: Lang) -> String {
    let head = lang.pick(
        "\nThis is a container. Others come in by its host's address:\n",
        "\n컨테이너 안입니다. 다른 사람은 컨테이너를 띄운 컴퓨터의 주소로 들어옵니다:\n",
    );
    let host = host(lang);
    let chat = if port == server::PORT { host.to_owned() } else { format!("{host}:{port}") };
    let ways = format!("  nc {host} {port}\n  telnet {host} {port}\n  maru chat {chat}\n");
    let here = lang.pick("On the host itself:\n", "그 컴퓨터에서는:\n");
    head.to_owned() + &ways + here + &super::chat(SocketAddr::from(([127, 0, 0, 1], port)))
}

/// Nobody said what the host publishes.
fn unknown(port: u16, lang: Lang) -> String {
    let head = lang.pick(
        format!("\nThis is a container. Others come in by its host's address and the port published there for {port}:\n"),
        format!(
            "\n컨테이너 안입니다. 다른 사람은 컨테이너를 띄운 컴퓨터의 주소와, 거기서 {port}번에 이어 준 포트로 들어옵니다:\n"
        ),
    );
    let (host, port) = (host(lang), lang.pick("PORT", "포트"));
    head + &format!("  nc {host} {port}\n  telnet {host} {port}\n  maru chat {host}:{port}\n")
}

/// What stands for the host's address.
fn host(lang: Lang) -> &'static str {
    lang.pick("HOST", "주소")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(env: Env, lang: Lang, expect: &str) {
        let container = Container::around(&env).unwrap();
        let text = container.ways("172.18.0.2:55555".parse().unwrap(), lang);
        assert_eq!(text.trim(), expect.trim(), "\n{text}");
    }

    #[test]
    fn only_a_container_is_one() {
        assert!(Container::around(&Env::default()).is_none());
        assert!(Container::around(&[("container", "")].into()).is_none());
        assert!(Container::around(&[("container", "oci")].into()).is_some());
    }

    #[test]
    fn the_published_port_is_told() {
        check(
            [("container", "oci"), ("MARU_PUBLISHED", "7777")].into(),
            Lang::En,
            "
This is a container. Others come in by its host's address:
  nc HOST 7777
  telnet HOST 7777
  maru chat HOST:7777
On the host itself:
  maru chat localhost:7777
From other containers of its network:
  maru chat 172.18.0.2",
        );
        check(
            [("MARU_PUBLISHED", "55555")].into(),
            Lang::Ko,
            "
컨테이너 안입니다. 다른 사람은 컨테이너를 띄운 컴퓨터의 주소로 들어옵니다:
  nc 주소 55555
  telnet 주소 55555
  maru chat 주소
그 컴퓨터에서는:
  maru chat
같은 네트워크의 다른 컨테이너에서는:
  maru chat 172.18.0.2",
        );
    }

    #[test]
    fn a_port_published_on_one_address_is_told_with_it() {
        check(
            [("MARU_PUBLISHED", "127.0.0.1:7777")].into(),
            Lang::En,
            "
This is a container, and only its host can reach it. On the host:
  nc 127.0.0.1 7777
  telnet 127.0.0.1 7777
  maru chat localhost:7777
From other containers of its network:
  maru chat 172.18.0.2",
        );
        check(
            [("MARU_PUBLISHED", "203.0.113.7:55555")].into(),
            Lang::En,
            "
This is a container. Others come in by its host:
  nc 203.0.113.7 55555
  telnet 203.0.113.7 55555
  maru chat 203.0.113.7
From other containers of its network:
  maru chat 172.18.0.2",
        );
    }

    #[test]
    fn an_unknown_port_is_not_guessed() {
        check(
            [("container", "oci")].into(),
            Lang::En,
            "
This is a container. Others come in by its host's address and the port published there for 55555:
  nc HOST PORT
  telnet HOST PORT
  maru chat HOST:PORT
From other containers of its network:
  maru chat 172.18.0.2",
        );
    }

    #[test]
    fn what_is_published_is_read_as_docker_writes_it() {
        let check = |text: &str, expect: Option<(Option<&str>, u16)>| {
            let expect = expect.map(|(ip, port)| Published { ip: ip.map(|ip| ip.parse().unwrap()), port });
            assert_eq!(text.parse().ok(), expect, "{text}");
        };
        check("7777", Some((None, 7777)));
        check("0.0.0.0:7777", Some((None, 7777)));
        check("[::]:7777", Some((None, 7777)));
        check("127.0.0.1:7777", Some((Some("127.0.0.1"), 7777)));
        check("[::1]:7777", Some((Some("::1"), 7777)));
        check("7000-7010", None);
        check("0", None);
        check("name:7777", None);
    }
}
