//! `proxy`: keeps the proxy's login in the keychain, so that it is in no file.

use std::io::{IsTerminal, Read};

use clap::{Args, Subcommand};

use super::{Done, Failed, out};
use crate::base::{Home, Problem, Secret};
use crate::secrets::{self, ProxyLogin};
use crate::settings::Settings;

#[derive(Subcommand)]
pub enum Proxy {
    /// Store the user and password for the proxy of the settings; the password is typed unseen, or piped in
    Login(Login),
    /// Remove them
    Logout,
}

#[derive(Args)]
pub struct Login {
    /// The proxy's user name
    #[arg(long, value_name = "NAME")]
    user: String,
}

pub fn run(proxy: Proxy, home: &Home) -> Done {
    let Some(url) = Settings::load(home)?.network.proxy else {
        return Err(Failed::Told(
            Problem::new("The settings name no proxy")
                .next("set proxy = \"http://host:port\" under [network] in settings.toml first"),
        ));
    };
    match proxy {
        Proxy::Login(login) => {
            let password = read_secret("The proxy's password")?;
            secrets::store_proxy_login(&url, &ProxyLogin { user: login.user, password })?;
            out::tell("The proxy's login is in the keychain.");
        }
        Proxy::Logout => {
            secrets::forget_proxy_login(&url)?;
            out::tell("The proxy's login has been removed.");
        }
    }
    Ok(())
}

/// Reads a secret: typed without being shown on a terminal, or all of what is piped in.
pub fn read_secret(what: &str) -> Result<Secret, Problem> {
    let unreadable = |error: std::io::Error| {
        Problem::new(format!("{what} could not be read from standard input")).because(error)
    };
    let mut text = String::new();
    if std::io::stdin().is_terminal() {
        text = rpassword::prompt_password(format!("{what} (not shown): ")).map_err(unreadable)?;
    } else {
        std::io::stdin().lock().take(4096).read_to_string(&mut text).map_err(unreadable)?;
    }
    let secret = Secret::new(text.trim().to_owned());
    zeroize::Zeroize::zeroize(&mut text);
    if secret.expose().is_empty() {
        return Err(Problem::new(format!("{what} is missing"))
            .because("nothing came on standard input")
            .next("pipe it in: printf %s \"$SECRET\" | duo-integrator …"));
    }
    Ok(secret)
}
