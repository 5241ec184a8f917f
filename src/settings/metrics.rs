//! Figures for a monitoring system, told to whoever asks on this computer.

use std::net::SocketAddr;

use toml::Table;

use super::{Mistake, Section};

/// Whether and where figures are told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
    /// An address of this computer's loopback; `None`: nobody is told.
    pub listen: Option<SocketAddr>,
}

impl Metrics {
    pub(super) fn read(table: &Table, mistakes: &mut Vec<Mistake>) -> Self {
        let mut section = Section::new("metrics.", table, mistakes);
        let listen = section.text("listen").and_then(|text| match text.trim().parse() {
            Ok(address) if SocketAddr::ip(&address).is_loopback() => Some(address),
            Ok(_) => {
                let what = "only this computer may ask: write 127.0.0.1 or [::1] and a port; what \
                            asks from elsewhere goes through a proxy of your own";
                section.wrong("listen", what);
                None
            }
            Err(_) => {
                section.wrong("listen", "write an address and a port: 127.0.0.1:9464");
                None
            }
        });
        section.finish();
        Self { listen }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Metrics, String> {
        let mut mistakes = Vec::new();
        let metrics = Metrics::read(&text.parse().unwrap(), &mut mistakes);
        let told: Vec<String> = mistakes.iter().map(Mistake::to_string).collect();
        if told.is_empty() { Ok(metrics) } else { Err(told.join("; ")) }
    }

    #[test]
    fn figures_are_told_on_this_computer_only_and_only_when_wanted() {
        assert_eq!(read("").unwrap().listen, None);
        let listens = |text: &str| read(text).unwrap().listen.unwrap().to_string();
        assert_eq!(listens("listen = \"127.0.0.1:9464\""), "127.0.0.1:9464");
        assert_eq!(listens("listen = \"[::1]:9464\""), "[::1]:9464");
        assert!(read("listen = \"0.0.0.0:9464\"").unwrap_err().contains("only this computer"));
        assert!(read("listen = \"9464\"").unwrap_err().contains("127.0.0.1:9464"));
        assert!(read("port = 1").unwrap_err().contains("no such key"));
    }
}
