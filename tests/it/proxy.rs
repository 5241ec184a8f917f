//! Collection through a real CONNECT proxy: with and without a password, from the settings and
//! from the environment.

use std::fs;
use std::io::{BufRead, BufReader, Write, copy};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use data_encoding::BASE64;
use duo_integrator::simulator::World;

use crate::support::lab::Lab;

/// A proxy that only tunnels, as a company's does for HTTPS.
struct Proxy {
    port: u16,
    tunnels: Arc<AtomicUsize>,
    refusals: Arc<AtomicUsize>,
}

impl Proxy {
    /// Starts a proxy; with a login, it refuses whoever does not give it.
    fn start(login: Option<&str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tunnels, refusals) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let expected = login.map(|login| format!("Basic {}", BASE64.encode(login.as_bytes())));
        let counts = (Arc::clone(&tunnels), Arc::clone(&refusals));
        // Ends with the test's process: it waits in accept.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (expected, counts) = (expected.clone(), counts.clone());
                thread::spawn(move || serve(client, expected.as_deref(), &counts.0, &counts.1));
            }
        });
        Self { port, tunnels, refusals }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn tunnels(&self) -> usize {
        self.tunnels.load(Ordering::SeqCst)
    }

    fn refusals(&self) -> usize {
        self.refusals.load(Ordering::SeqCst)
    }
}

fn serve(
    mut client: TcpStream,
    expected: Option<&str>,
    tunnels: &AtomicUsize,
    refusals: &AtomicUsize,
) {
    let mut reader = BufReader::new(client.try_clone().unwrap());
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
            break;
        }
        lines.push(line);
    }
    let Some(target) = lines.first().and_then(|line| line.strip_prefix("CONNECT ")) else { return };
    let target = target.split(' ').next().unwrap_or_default().to_owned();
    let given = lines.iter().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("proxy-authorization").then(|| value.trim())
    });
    if expected.is_some() && given != expected {
        refusals.fetch_add(1, Ordering::SeqCst);
        let _ = client.write_all(
            b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n",
        );
        return;
    }
    let Ok(mut server) = TcpStream::connect(target) else { return };
    tunnels.fetch_add(1, Ordering::SeqCst);
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
    let (mut from_client, mut to_server) =
        (client.try_clone().unwrap(), server.try_clone().unwrap());
    let upward = thread::spawn(move || {
        let _ = copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Write);
    });
    let _ = copy(&mut server, &mut client);
    let _ = client.shutdown(Shutdown::Write);
    let _ = upward.join();
}

fn lab() -> Lab {
    Lab::new(World::demo(duo_integrator::base::UnixMillis::now()))
}

fn through(lab: &Lab, proxy: &Proxy) {
    lab.change_settings(
        "ca_file = \"ca.pem\"",
        &format!("ca_file = \"ca.pem\"\nproxy = \"{}\"", proxy.url()),
    );
}

#[test]
fn collection_goes_through_the_proxy_of_the_settings() {
    let (lab, proxy) = (lab(), Proxy::start(None));
    through(&lab, &proxy);
    lab.run_collect().exits(0);
    assert!(proxy.tunnels() > 0);
}

#[test]
fn a_proxys_login_comes_from_the_credentials_folder_and_stays_out_of_the_settings() {
    let (lab, proxy) = (lab(), Proxy::start(Some("clerk:open sesame")));
    through(&lab, &proxy);
    let credentials = lab.folder().join("credentials");
    fs::create_dir(&credentials).unwrap();
    fs::write(credentials.join("proxy"), "clerk:open sesame\n").unwrap();
    let mut command = lab.command(&["collect", "--once", "--json"]);
    command.env("CREDENTIALS_DIRECTORY", &credentials);
    assert!(command.output().unwrap().status.success());
    assert!(proxy.tunnels() > 0);
}

#[test]
fn a_proxy_that_wants_a_login_is_named_as_the_cause() {
    let (lab, proxy) = (lab(), Proxy::start(Some("clerk:open sesame")));
    through(&lab, &proxy);
    let run = lab.run(&["account", "validate"]).exits(1);
    assert!(run.out.contains("proxy"), "{}", run.out);
    assert!(proxy.refusals() > 0);
    assert_eq!(proxy.tunnels(), 0);
}

#[test]
fn the_environments_proxy_is_used_unless_it_excepts_the_host() {
    let (lab, proxy) = (lab(), Proxy::start(Some("clerk:secret")));
    let with_login = format!("http://clerk:secret@127.0.0.1:{}", proxy.port);
    let run = |no_proxy: Option<&str>| {
        let mut command = lab.command(&["collect", "--once", "--json"]);
        command.env("HTTPS_PROXY", &with_login);
        if let Some(hosts) = no_proxy {
            command.env("NO_PROXY", hosts);
        }
        assert!(command.output().unwrap().status.success());
    };
    run(Some("127.0.0.1"));
    assert_eq!(proxy.tunnels(), 0);
    run(None);
    assert!(proxy.tunnels() > 0);
}
