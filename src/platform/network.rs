//! Which of this computer's addresses a connection to the outside would start from: what changes
//! when a cable is pulled, another wireless network is joined or a tunnel comes up.
//!
//! Promises: nothing is sent; costs a few microseconds.
//!
//! A datagram socket that is connected only looks up the route.
//! Source: <https://man7.org/linux/man-pages/man7/udp.7.html>; the addresses are those kept for
//! documentation, <https://www.rfc-editor.org/rfc/rfc5737>, <https://www.rfc-editor.org/rfc/rfc3849>.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Somewhere outside; nothing is ever sent there.
const OUTSIDE_V4: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const OUTSIDE_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);

/// The addresses connections to the outside start from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Route {
    v4: Option<IpAddr>,
    v6: Option<IpAddr>,
}

impl Route {
    /// As it is now.
    pub fn now() -> Self {
        Self {
            v4: from_here(Ipv4Addr::UNSPECIFIED.into(), OUTSIDE_V4.into()),
            v6: from_here(Ipv6Addr::UNSPECIFIED.into(), OUTSIDE_V6.into()),
        }
    }

    /// Whether there is any way to the outside.
    pub const fn leads_outside(self) -> bool {
        self.v4.is_some() || self.v6.is_some()
    }

    /// A route that starts at this address.
    #[cfg(test)]
    pub const fn from(v4: Option<IpAddr>) -> Self {
        Self { v4, v6: None }
    }
}

fn from_here(any: IpAddr, outside: IpAddr) -> Option<IpAddr> {
    let socket = UdpSocket::bind(SocketAddr::new(any, 0)).ok()?;
    // Port 9 throws away what it gets, should anything ever be sent.
    socket.connect(SocketAddr::new(outside, 9)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_twice_gives_the_same_answer() {
        assert_eq!(Route::now(), Route::now());
    }

    #[test]
    fn the_way_to_this_computer_itself_starts_here() {
        let here = IpAddr::from(Ipv4Addr::LOCALHOST);
        assert_eq!(from_here(Ipv4Addr::UNSPECIFIED.into(), here), Some(here));
    }
}
