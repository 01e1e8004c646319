//! Which addresses may be called.
//!
//! The table is IANA's registries of special-purpose addresses, with the metadata services of clouds that lie elsewhere.
//! An address that holds another one (IPv4 mapped into IPv6, NAT64) is judged by the one inside.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whom a call may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// URLs from the operator's configuration: private networks are fine, the machine's own metadata service is not.
    Operator,
    /// URLs that came from outside: public addresses only.
    Public,
}

/// Why an address may not be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Blocked {
    /// It names no machine: unspecified, multicast, broadcast, reserved.
    #[error("it is the address of no machine")]
    Unusable,
    /// Link-local addresses and the metadata services of clouds.
    #[error("it is link-local, or a cloud's metadata service")]
    Metadata,
    /// The machine itself.
    #[error("it is this machine")]
    Loopback,
    /// Networks that are not part of the internet.
    #[error("it is in a private or special-purpose network")]
    Private,
}

impl Reach {
    /// Judges an address.
    pub fn check(self, address: IpAddr) -> Result<(), Blocked> {
        let blocked = match embedded_v4(address) {
            Some(v4) => judge_v4(v4),
            None => match address {
                IpAddr::V4(v4) => judge_v4(v4),
                IpAddr::V6(v6) => judge_v6(v6),
            },
        };
        match (self, blocked) {
            (_, None) => Ok(()),
            (Reach::Operator, Some(Blocked::Loopback | Blocked::Private)) => Ok(()),
            (_, Some(blocked)) => Err(blocked),
        }
    }
}

/// Whether it is the machine itself, where plain HTTP is safe.
pub(super) fn is_loopback(address: IpAddr) -> bool {
    Reach::Public.check(address) == Err(Blocked::Loopback)
}

/// The IPv4 address that the network, or the operating system, would take out of an IPv6 one.
fn embedded_v4(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(v6) = address else { return None };
    let [.., a, b] = v6.segments();
    let v4 = || Ipv4Addr::from((u32::from(a) << 16) | u32::from(b));
    match v6.segments() {
        [0, 0, 0, 0, 0, 0xffff, _, _] | [0x64, 0xff9b, 0, 0, 0, 0, _, _] => Some(v4()),
        _ => None,
    }
}

fn judge_v4(address: Ipv4Addr) -> Option<Blocked> {
    /// Network, bits, verdict.
    const TABLE: [([u8; 4], u32, Blocked); 19] = [
        ([0, 0, 0, 0], 8, Blocked::Unusable),
        ([10, 0, 0, 0], 8, Blocked::Private),
        ([100, 100, 100, 200], 32, Blocked::Metadata), // Alibaba Cloud
        ([100, 64, 0, 0], 10, Blocked::Private),
        ([127, 0, 0, 0], 8, Blocked::Loopback),
        ([168, 63, 129, 16], 32, Blocked::Metadata), // Azure
        ([169, 254, 0, 0], 16, Blocked::Metadata),
        ([172, 16, 0, 0], 12, Blocked::Private),
        ([192, 0, 0, 192], 32, Blocked::Metadata), // Oracle Cloud
        ([192, 0, 0, 0], 24, Blocked::Private),
        ([192, 0, 2, 0], 24, Blocked::Unusable),
        ([192, 31, 196, 0], 24, Blocked::Private),
        ([192, 88, 99, 0], 24, Blocked::Private),
        ([192, 168, 0, 0], 16, Blocked::Private),
        ([198, 18, 0, 0], 15, Blocked::Private),
        ([198, 51, 100, 0], 24, Blocked::Unusable),
        ([203, 0, 113, 0], 24, Blocked::Unusable),
        ([224, 0, 0, 0], 4, Blocked::Unusable),
        ([240, 0, 0, 0], 4, Blocked::Unusable),
    ];
    let address = u32::from(address);
    let inside = |network: [u8; 4], bits: u32| (address ^ u32::from(Ipv4Addr::from(network))) >> (32 - bits) == 0;
    TABLE.iter().find(|(network, bits, _)| inside(*network, *bits)).map(|(_, _, blocked)| *blocked)
}

fn judge_v6(address: Ipv6Addr) -> Option<Blocked> {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Some(Blocked::Loopback),
        [0, 0, 0, 0, 0, 0, _, _] => Some(Blocked::Unusable), // unspecified; IPv4-compatible, long dead
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] => Some(Blocked::Metadata), // AWS
        [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254] => Some(Blocked::Metadata), // Google Cloud
        [0xfe80..=0xfebf, ..] => Some(Blocked::Metadata),
        [0xfec0..=0xfeff, ..] | [0xfc00..=0xfdff, ..] | [0x64, 0xff9b, 1, ..] => Some(Blocked::Private),
        [0xff00..=0xffff, ..] => Some(Blocked::Unusable),
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0x0fff, ..] => Some(Blocked::Unusable), // documentation
        // Protocol assignments (Teredo, ORCHID...) and 6to4: tunnels to an IPv4 address of the caller's choice.
        [0x2001, 0..=0x01ff, ..] | [0x2002, ..] => Some(Blocked::Private),
        [0x2000..=0x3fff, ..] => None,
        // INVARIANT: what is not assigned as global unicast is not called.
        _ => Some(Blocked::Unusable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_reaches_what() {
        use Blocked::{Loopback, Metadata, Private, Unusable};
        let table = [
            ("93.184.215.14", None),
            ("1.1.1.1", None),
            ("100.63.255.255", None),
            ("100.128.0.0", None),
            ("172.15.255.255", None),
            ("172.32.0.0", None),
            ("2606:4700:4700::1111", None),
            ("2001:4860:4860::8888", None),
            ("::ffff:1.1.1.1", None),
            ("64:ff9b::1.1.1.1", None),
            ("0.0.0.0", Some(Unusable)),
            ("0.1.2.3", Some(Unusable)),
            ("10.255.255.255", Some(Private)),
            ("100.64.0.1", Some(Private)),
            ("100.100.100.200", Some(Metadata)),
            ("127.0.0.1", Some(Loopback)),
            ("127.255.255.254", Some(Loopback)),
            ("168.63.129.16", Some(Metadata)),
            ("169.254.169.254", Some(Metadata)),
            ("172.16.0.1", Some(Private)),
            ("172.31.255.255", Some(Private)),
            ("192.0.0.8", Some(Private)),
            ("192.0.0.192", Some(Metadata)),
            ("192.0.2.1", Some(Unusable)),
            ("192.88.99.1", Some(Private)),
            ("192.168.0.1", Some(Private)),
            ("198.19.255.255", Some(Private)),
            ("198.51.100.7", Some(Unusable)),
            ("203.0.113.7", Some(Unusable)),
            ("224.0.0.1", Some(Unusable)),
            ("255.255.255.255", Some(Unusable)),
            ("::", Some(Unusable)),
            ("::1", Some(Loopback)),
            ("::127.0.0.1", Some(Unusable)),
            ("::ffff:127.0.0.1", Some(Loopback)),
            ("::ffff:169.254.169.254", Some(Metadata)),
            ("::ffff:10.0.0.1", Some(Private)),
            ("64:ff9b::169.254.169.254", Some(Metadata)),
            ("64:ff9b::10.0.0.1", Some(Private)),
            ("64:ff9b:1::1", Some(Private)),
            ("100::1", Some(Unusable)),
            ("2001::1", Some(Private)),
            ("2001:db8::1", Some(Unusable)),
            ("2002:7f00:1::", Some(Private)),
            ("3fff::1", Some(Unusable)),
            ("5f00::1", Some(Unusable)),
            ("fc00::1", Some(Private)),
            ("fd00:ec2::254", Some(Metadata)),
            ("fe80::1", Some(Metadata)),
            ("fec0::1", Some(Private)),
            ("ff02::1", Some(Unusable)),
        ];
        for (text, blocked) in table {
            let address: IpAddr = text.parse().expect(text);
            assert_eq!(Reach::Public.check(address).err(), blocked, "{text} from outside");
            let operator = blocked.filter(|blocked| !matches!(blocked, Private | Loopback));
            assert_eq!(Reach::Operator.check(address).err(), operator, "{text} by the operator");
        }
    }
}
