//! Host names and proxy addresses as people paste them, cleaned or refused.
//!
//! Promises: pure; what comes back is lower-case and holds no user name, password or path; a
//! refusal never repeats a text that may hold a password.

/// Cleans `https://API-xxx.duosecurity.com/` into `api-xxx.duosecurity.com`; a port stays.
pub fn clean_hostname(text: &str) -> Result<String, String> {
    let text = text.trim();
    let rest = match text.split_once("://") {
        Some(("https" | "http" | "HTTPS" | "HTTP", rest)) => rest,
        Some(_) => return Err("only a host name is needed, without the part before ://".to_owned()),
        None => text,
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = split_authority(authority)?;
    Ok(match port {
        Some(port) => format!("{host}:{port}"),
        None => host,
    })
}

/// Checks a proxy address such as `http://proxy.example:3128` and cleans it.
pub fn clean_proxy(text: &str) -> Result<String, String> {
    const SCHEMES: [&str; 4] = ["http", "https", "socks5", "socks5h"];
    let (scheme, rest) = text
        .trim()
        .split_once("://")
        .ok_or("write it with its kind in front: http://proxy.example:3128")?;
    let scheme = scheme.to_ascii_lowercase();
    if !SCHEMES.contains(&scheme.as_str()) {
        return Err(format!("the kinds of proxy are {}", SCHEMES.join(", ")));
    }
    if rest.contains('@') {
        return Err("the user and password of a proxy are not kept in this file; remove \
                    everything up to the @ and store them in the keychain instead"
            .to_owned());
    }
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    let (host, port) = split_authority(authority)?;
    Ok(match port {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    })
}

/// `host:port` of a proxy address, with the usual port of its kind when it names none.
pub fn proxy_host_and_port(proxy_url: &str) -> Option<String> {
    let (scheme, rest) = proxy_url.trim().split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority.rsplit_once('@').map_or(authority, |(_, after)| after);
    let (host, port) = split_authority(authority).ok()?;
    let usual = match scheme.to_ascii_lowercase().as_str() {
        "http" => 80,
        "https" => 443,
        _ => 1080,
    };
    Some(format!("{host}:{}", port.unwrap_or(usual)))
}

/// `host`, `host:port`, `[v6]` or `[v6]:port`.
fn split_authority(authority: &str) -> Result<(String, Option<u16>), String> {
    if authority.contains('@') {
        return Err("a host name holds no user name; remove everything up to the @".to_owned());
    }
    let (host, port) = if authority.starts_with('[') {
        let end = authority.find(']').ok_or("the closing ] is missing")?;
        let (host, rest) = authority.split_at(end + 1);
        (host, rest.strip_prefix(':').or((!rest.is_empty()).then_some(rest)))
    } else {
        match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        }
    };
    let port = match port {
        None => None,
        Some(port) => match port.parse::<u16>() {
            Ok(number) if number > 0 => Some(number),
            _ => return Err("the port after the : is a number from 1 to 65535".to_owned()),
        },
    };
    let host = host.strip_suffix('.').unwrap_or(host).to_lowercase();
    check_host(&host)?;
    Ok((host, port))
}

fn check_host(host: &str) -> Result<(), String> {
    if host.is_empty() {
        return Err("the host name is empty".to_owned());
    }
    if let Some(v6) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return v6
            .parse::<std::net::Ipv6Addr>()
            .map(|_| ())
            .map_err(|_| "between [ and ] stands an IPv6 address".to_owned());
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if let Some(wrong) = host.chars().find(|c| !allowed(*c)) {
        return Err(format!("a host name cannot hold \u{201c}{}\u{201d}", wrong.escape_debug()));
    }
    if host.len() > 253 || host.split('.').any(|label| label.is_empty() || label.len() > 63) {
        return Err("this is not a host name".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostnames_are_cleaned_as_people_paste_them() {
        for (pasted, clean) in [
            (" api-1a2b3c4d.duosecurity.com ", "api-1a2b3c4d.duosecurity.com"),
            ("https://API-1A2B.duosecurity.com/", "api-1a2b.duosecurity.com"),
            ("https://api-1.duosecurity.com/admin/v2/logs?x=1", "api-1.duosecurity.com"),
            ("api-1.duosecurity.com.", "api-1.duosecurity.com"),
            ("127.0.0.1:8443", "127.0.0.1:8443"),
            ("[::1]:8443", "[::1]:8443"),
        ] {
            assert_eq!(clean_hostname(pasted).as_deref(), Ok(clean), "{pasted}");
        }
        for wrong in ["", "a b", "host:0", "host:99999", "ftp://host", "me:pw@host", "a..b", "[::1"]
        {
            assert!(clean_hostname(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_proxy_with_a_password_is_refused_without_repeating_it() {
        let refusal = clean_proxy("http://me:hunter2@proxy.example:3128").unwrap_err();
        assert!(refusal.contains("keychain") && !refusal.contains("hunter2"), "{refusal}");
        let half = clean_proxy("http://me:hunter2/x@proxy.example").unwrap_err();
        assert!(!half.contains("hunter2"), "{half}");
        assert_eq!(
            clean_proxy("HTTP://Proxy.Example:3128/").as_deref(),
            Ok("http://proxy.example:3128")
        );
        assert!(clean_proxy("proxy.example:3128").is_err());
        assert!(clean_proxy("gopher://proxy.example").is_err());
    }

    #[test]
    fn a_proxy_is_known_by_host_and_port() {
        for (url, known_by) in [
            ("http://proxy.example:3128", Some("proxy.example:3128")),
            ("http://proxy.example", Some("proxy.example:80")),
            ("socks5h://u:p@Proxy.example/", Some("proxy.example:1080")),
            ("proxy.example", None),
        ] {
            assert_eq!(proxy_host_and_port(url).as_deref(), known_by, "{url}");
        }
    }
}
