//! Addresses as Duo writes them, taken apart.
//!
//! Promises: what is returned as an address is one; anything else is nothing here and stays a text
//! elsewhere.
//!
//! RADIUS devices and proxies bring ports along, in the spellings that RFC 5952, section 6, lists.

use std::net::{IpAddr, Ipv6Addr};

/// An address and the port beside it.
pub fn split(text: &str) -> Option<(IpAddr, Option<u16>)> {
    let text = text.trim();
    if let Ok(address) = text.parse() {
        return Some((address, None));
    }
    if let Some(inside) = text.strip_prefix('[') {
        let (address, rest) = inside.split_once(']')?;
        let address: Ipv6Addr = address.parse().ok()?;
        return Some((address.into(), rest.strip_prefix(':').and_then(|port| port.parse().ok())));
    }
    for separator in [" port ", ":", "p", "#", "."] {
        if let Some((address, port)) = text.rsplit_once(separator)
            && let Ok(address) = address.parse::<IpAddr>()
            && let Ok(port) = port.parse()
            && (address.is_ipv6() || separator == ":")
        {
            return Some((address, Some(port)));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_beside_their_ports() {
        for (text, address, port) in [
            ("192.0.2.1", "192.0.2.1", None),
            (" 192.0.2.1:443", "192.0.2.1", Some(443)),
            ("[2001:db8::1]:443", "2001:db8::1", Some(443)),
            ("[2001:db8::1]", "2001:db8::1", None),
            ("2001:db8::1", "2001:db8::1", None),
            ("2001:db8:0:0:0:0:0:1:443", "2001:db8::1", Some(443)),
            ("2001:db8::1 port 443", "2001:db8::1", Some(443)),
            ("2001:db8::1.443", "2001:db8::1", Some(443)),
            ("2001:db8::1#443", "2001:db8::1", Some(443)),
            ("2001:db8::1p443", "2001:db8::1", Some(443)),
        ] {
            assert_eq!(split(text), Some((address.parse().unwrap(), port)), "{text}");
        }
        for text in ["", "-", "host", "192.0.2", "192.0.2.1.443", "192.0.2.300", "192.0.2.1:99999"]
        {
            assert_eq!(split(text), None, "{text}");
        }
    }
}
