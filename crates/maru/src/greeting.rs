//! What a started server tells its operator: where it listens, where its data is, and the very words by which others come
//! in, with this host's addresses.
//!
//! Programs read the bound addresses here too, so they come first and exactly as `ADDR:PORT`.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use server::Fingerprint;
use wire::Lang;

mod container;
pub(crate) use container::Container;

/// Addresses for which the commands are written out; any more are not shown.
const SHOWN_MAX: usize = 3;

/// A network interface's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Interface {
    /// Its name: `eth0`.
    pub(crate) name: String,
    /// Its address.
    pub(crate) ip: IpAddr,
}

/// This host's addresses. None at all where the system doesn't tell.
pub(crate) fn interfaces() -> Vec<Interface> {
    let all = if_addrs::get_if_addrs().unwrap_or_default();
    all.into_iter().map(|found| Interface { ip: found.ip(), name: found.name }).collect()
}

/// What is told of a server.
#[derive(Debug)]
pub(crate) struct Told<'a> {
    /// Where it listens.
    pub(crate) bound: &'a [SocketAddr],
    /// Where its data is.
    pub(crate) data_dir: &'a Path,
    /// What its certificate is known by.
    pub(crate) fingerprint: Fingerprint,
    /// Whether others have to come in TLS.
    pub(crate) tls_only: bool,
}

/// The greeting; other ways in are told inside a container than on a host.
pub(crate) fn greeting(told: &Told<'_>, interfaces: &[Interface], container: Option<&Container>, lang: Lang) -> String {
    let Told { bound, data_dir, fingerprint, tls_only } = *told;
    let listed = bound.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let mut text = format!("{}: {listed}\n", lang.pick("Maru is running on", "마루가 열렸습니다"));
    text += &format!("{}: {}\n", lang.pick("Data directory", "자료 폴더"), data_dir.display());
    text += &format!("{}: {fingerprint}\n", lang.pick("TLS certificate", "TLS 인증서"));

    let from_outside = reachable(bound, interfaces);
    if from_outside.is_empty() {
        text += lang.pick(
            "\nOnly this computer can reach it. On this computer:\n",
            "\n이 컴퓨터에서만 들어올 수 있습니다. 이 컴퓨터에서는:\n",
        );
        for address in bound.iter().take(1) {
            text += &commands(local(*address));
        }
        return text;
    }
    let ways = match (container, from_outside.first()) {
        (Some(container), Some(inside)) => container.ways(*inside, lang),
        _ => {
            let others =
                lang.pick("\nOthers come in by any of these:\n", "\n다른 사람은 이 가운데 하나로 들어옵니다:\n");
            let commands: String = from_outside.iter().take(SHOWN_MAX).map(|address| commands(*address)).collect();
            let here_is = lang.pick("On this computer:\n", "이 컴퓨터에서는:\n");
            others.to_owned() + &commands + here_is + &chat(here(bound))
        }
    };
    // These two speak no TLS.
    let speaks_none = |line: &&str| line.starts_with("  nc ") || line.starts_with("  telnet ");
    text.extend(ways.split_inclusive('\n').filter(|line| !(tls_only && speaks_none(line))));
    text
}

/// The addresses by which others reach what is bound, the likeliest first.
fn reachable(bound: &[SocketAddr], interfaces: &[Interface]) -> Vec<SocketAddr> {
    let mut found: Vec<(u8, SocketAddr)> = Vec::new();
    for address in bound {
        if !address.ip().is_unspecified() {
            found.extend((!address.ip().is_loopback()).then_some((0, *address)));
            continue;
        }
        let same = interfaces.iter().filter(|interface| interface.ip.is_ipv4() == address.is_ipv4());
        found.extend(same.filter_map(|i| Some((rank(i)?, SocketAddr::new(i.ip, address.port())))));
    }
    found.sort_by_key(|(rank, _)| *rank);
    // An interface of containers and virtual machines is shown only where there is nothing else.
    let best_is_real = found.first().is_some_and(|(rank, _)| *rank < VIRTUAL);
    found.retain(|(rank, _)| !best_is_real || *rank < VIRTUAL);
    let mut addresses = Vec::new();
    for (_, address) in found {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    addresses
}

/// The rank from which an address is that of a virtual network inside this host.
const VIRTUAL: u8 = 10;

/// How likely others are to reach an address; lower is likelier. None for those that nobody else can use.
fn rank(interface: &Interface) -> Option<u8> {
    let by_address = match interface.ip {
        ip if ip.is_loopback() => return None,
        IpAddr::V4(v4) if v4.is_link_local() => return None,
        IpAddr::V4(v4) if v4.is_private() => 1,
        IpAddr::V4(_) => 2,
        IpAddr::V6(v6) if v6.is_unicast_link_local() => return None,
        IpAddr::V6(v6) if v6.is_unique_local() => 4,
        IpAddr::V6(_) => 3,
    };
    let inside = ["docker", "br-", "veth", "virbr", "cni", "podman", "lxc"];
    let is_virtual = inside.iter().any(|prefix| interface.name.starts_with(prefix));
    Some(if is_virtual { VIRTUAL + by_address } else { by_address })
}

/// The loopback address where the bound one is any.
fn local(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(_) if address.ip().is_unspecified() => SocketAddr::new([127, 0, 0, 1].into(), address.port()),
        SocketAddr::V6(_) if address.ip().is_unspecified() => {
            SocketAddr::new(std::net::Ipv6Addr::LOCALHOST.into(), address.port())
        }
        _ => address,
    }
}

/// The address to use on this host: one that listens on loopback if there is one, the house's port before others.
fn here(bound: &[SocketAddr]) -> SocketAddr {
    let on_loopback = |address: &&SocketAddr| local(**address).ip().is_loopback();
    let of_house = |address: &&SocketAddr| address.port() == server::PORT;
    let best = bound.iter().filter(on_loopback).find(of_house).or_else(|| bound.iter().find(on_loopback));
    local(*best.or(bound.first()).unwrap_or(&SocketAddr::new([127, 0, 0, 1].into(), server::PORT)))
}

fn commands(address: SocketAddr) -> String {
    let (ip, port) = (address.ip(), address.port());
    format!("  nc {ip} {port}\n  telnet {ip} {port}\n{}", chat(address))
}

fn chat(address: SocketAddr) -> String {
    // Alone, `maru chat` goes to localhost, and a bare host means the house's port.
    match (address.ip(), address.port()) {
        (ip, server::PORT) if ip.is_loopback() => "  maru chat\n".to_owned(),
        (ip, port) if ip == IpAddr::from([127, 0, 0, 1]) => format!("  maru chat localhost:{port}\n"),
        (IpAddr::V4(ip), server::PORT) => format!("  maru chat {ip}\n"),
        (IpAddr::V4(ip), port) => format!("  maru chat {ip}:{port}\n"),
        // Shells take brackets for a pattern.
        (IpAddr::V6(ip), server::PORT) => format!("  maru chat '[{ip}]'\n"),
        (IpAddr::V6(ip), port) => format!("  maru chat '[{ip}]:{port}'\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bound: &[&str], interfaces: &[(&str, &str)], lang: Lang, expect: &str) {
        let bound: Vec<SocketAddr> = bound.iter().map(|text| text.parse().unwrap()).collect();
        let interfaces: Vec<Interface> = interfaces
            .iter()
            .map(|(name, ip)| Interface { name: (*name).to_owned(), ip: ip.parse().unwrap() })
            .collect();
        let told = Told { bound: &bound, data_dir: Path::new("/data"), fingerprint: FINGERPRINT, tls_only: false };
        let text = greeting(&told, &interfaces, None, lang);
        assert_eq!(text.trim_end(), expect.trim(), "\n{text}");
        // Whoever speaks no TLS is not told to come in where that is needed.
        let in_tls = greeting(&Told { tls_only: true, ..told }, &interfaces, None, lang);
        let others = expect.contains("maru chat 1");
        assert_eq!((text.contains("  nc "), in_tls.contains("  nc ")), (true, !others), "{in_tls}");
    }

    const FINGERPRINT: Fingerprint = Fingerprint([0xab; 32]);

    const HOST: &[(&str, &str)] = &[
        ("lo", "127.0.0.1"),
        ("docker0", "172.17.0.1"),
        ("eth0", "fe80::1"),
        ("eth0", "2001:db8::5"),
        ("wwan0", "203.0.113.7"),
        ("eth0", "192.168.0.5"),
        ("eth1", "169.254.3.4"),
    ];

    #[test]
    fn on_every_address_the_hosts_own_are_told() {
        check(
            &["0.0.0.0:55555", "[::]:55555"],
            HOST,
            Lang::En,
            "
Maru is running on: 0.0.0.0:55555, [::]:55555
Data directory: /data
TLS certificate: sha256:abababababababababababababababababababababababababababababababab

Others come in by any of these:
  nc 192.168.0.5 55555
  telnet 192.168.0.5 55555
  maru chat 192.168.0.5
  nc 203.0.113.7 55555
  telnet 203.0.113.7 55555
  maru chat 203.0.113.7
  nc 2001:db8::5 55555
  telnet 2001:db8::5 55555
  maru chat '[2001:db8::5]'
On this computer:
  maru chat",
        );
    }

    #[test]
    fn another_port_is_named_and_korean_is_korean() {
        check(
            &["0.0.0.0:7000"],
            &[("lo", "127.0.0.1"), ("eth0", "10.0.0.9")],
            Lang::Ko,
            "
마루가 열렸습니다: 0.0.0.0:7000
자료 폴더: /data
TLS 인증서: sha256:abababababababababababababababababababababababababababababababab

다른 사람은 이 가운데 하나로 들어옵니다:
  nc 10.0.0.9 7000
  telnet 10.0.0.9 7000
  maru chat 10.0.0.9:7000
이 컴퓨터에서는:
  maru chat localhost:7000",
        );
    }

    #[test]
    fn loopback_is_the_last_resort() {
        check(
            &["127.0.0.1:40123"],
            HOST,
            Lang::En,
            "
Maru is running on: 127.0.0.1:40123
Data directory: /data
TLS certificate: sha256:abababababababababababababababababababababababababababababababab

Only this computer can reach it. On this computer:
  nc 127.0.0.1 40123
  telnet 127.0.0.1 40123
  maru chat localhost:40123",
        );
    }

    #[test]
    fn a_virtual_network_is_told_where_there_is_no_other() {
        let bound = ["0.0.0.0:55555".parse().unwrap()];
        let docker = Interface { name: "docker0".into(), ip: [172, 17, 0, 1].into() };
        assert_eq!(reachable(&bound, std::slice::from_ref(&docker)), ["172.17.0.1:55555".parse().unwrap()]);
        let lan = Interface { name: "eth0".into(), ip: [8, 8, 4, 4].into() };
        assert_eq!(reachable(&bound, &[docker, lan]), ["8.8.4.4:55555".parse().unwrap()]);
    }

    #[test]
    fn one_address_is_one_address() {
        check(
            &["192.168.0.5:55555"],
            HOST,
            Lang::En,
            "
Maru is running on: 192.168.0.5:55555
Data directory: /data
TLS certificate: sha256:abababababababababababababababababababababababababababababababab

Others come in by any of these:
  nc 192.168.0.5 55555
  telnet 192.168.0.5 55555
  maru chat 192.168.0.5
On this computer:
  maru chat 192.168.0.5",
        );
    }
}
