//! Real syslog receivers on the loopback: rsyslog and syslog-ng, each writing down the fields it
//! read as JSON.
//!
//! `installer/linux/setup.sh test` unpacks them; without them the tests that need one say so and are
//! skipped.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic like the test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use serde_json::Value;

use super::ports::free_ports;
use super::waiting::wait_for;

const PLACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/syslog/usr");

/// A receiver, ended when dropped.
pub struct Receiver {
    child: Child,
    folder: tempfile::TempDir,
    pub tcp_port: u16,
    pub tls_port: u16,
    pub udp_port: u16,
}

/// Which receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Rsyslog,
    SyslogNg,
}

/// Whether there are receivers to be had; tells the reader of the tests' output when not.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub fn are_there() -> bool {
    let there = Path::new(PLACE).join("sbin/rsyslogd").exists();
    if !there {
        eprintln!("skipped: no rsyslog and syslog-ng; installer/linux/setup.sh test brings them");
    }
    there
}

impl Receiver {
    /// Starts one on ports of its own.
    pub fn start(kind: Kind) -> Self {
        let folder = tempfile::Builder::new().prefix("syslog-").tempdir().unwrap();
        certificates(folder.path());
        let [tcp_port, tls_port, udp_port] = free_ports();
        let text = match kind {
            Kind::Rsyslog => rsyslog(folder.path(), tcp_port, tls_port, udp_port),
            Kind::SyslogNg => syslog_ng(folder.path(), tcp_port, tls_port, udp_port),
        };
        let config = folder.path().join("config");
        fs::write(&config, text).unwrap();
        let own = |name: &str| folder.path().join(name);
        let mut command = match kind {
            Kind::Rsyslog => {
                let mut command = Command::new(format!("{PLACE}/sbin/rsyslogd"));
                command.env("RSYSLOG_MODDIR", rsyslog_modules());
                command.arg("-n").arg("-f").arg(&config).arg("-i").arg(own("pid"));
                command
            }
            Kind::SyslogNg => {
                let modules = format!("{PLACE}/lib/syslog-ng/3.38");
                let mut command = Command::new(format!("{PLACE}/sbin/syslog-ng"));
                command.env("LD_LIBRARY_PATH", format!("{modules}:{PLACE}/lib/syslog-ng"));
                command.arg("-F").arg("-f").arg(&config).arg("--module-path").arg(modules);
                command.arg("-R").arg(own("persist")).arg("-c").arg(own("ctl"));
                command.arg("-p").arg(own("pid"));
                command
            }
        };
        let said = fs::File::create(own("said")).unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said);
        let child = command.spawn().unwrap();
        let receiver = Self { child, folder, tcp_port, tls_port, udp_port };
        let listens = wait_for(|| {
            std::net::TcpStream::connect(("127.0.0.1", tcp_port)).is_ok().then_some(())
        });
        let said = || fs::read_to_string(receiver.folder.path().join("said"));
        assert!(listens.is_some(), "{kind:?} does not listen: {:?}", said());
        receiver
    }

    /// A file of its folder: `ca.pem`, and `client.pem` and `client.key` for whoever comes to it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What it has read so far: an object with the fields of each message.
    pub fn read(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.folder.path().join("out")).unwrap_or_default();
        // The last line may be on its way.
        let whole = text.rfind('\n').map_or("", |end| text.split_at(end).0);
        whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn rsyslog_modules() -> PathBuf {
    let found = fs::read_dir(format!("{PLACE}/lib")).unwrap().flatten();
    let mut found = found.map(|entry| entry.path().join("rsyslog"));
    found.find(|path| path.join("imtcp.so").exists()).unwrap()
}

fn rsyslog(folder: &Path, tcp: u16, tls: u16, udp: u16) -> String {
    let folder = folder.display();
    format!(
        r#"module(load="imtcp" MaxSessions="50")
module(load="imudp")
global(workDirectory="{folder}" maxMessageSize="64k"
       DefaultNetstreamDriverCAFile="{folder}/ca.pem"
       DefaultNetstreamDriverCertFile="{folder}/leaf.pem"
       DefaultNetstreamDriverKeyFile="{folder}/leaf.key")
template(name="fields" type="list" option.jsonf="on") {{
  property(outname="pri" name="pri" format="jsonf")
  property(outname="time" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="host" name="hostname" format="jsonf")
  property(outname="app" name="app-name" format="jsonf")
  property(outname="msgid" name="msgid" format="jsonf")
  property(outname="data" name="structured-data" format="jsonf")
  property(outname="message" name="msg" format="jsonf")
}}
ruleset(name="all") {{
  action(type="omfile" file="{folder}/out" template="fields" asyncWriting="off" flushOnTXEnd="on")
}}
input(type="imtcp" port="{tcp}" ruleset="all" address="127.0.0.1")
input(type="imudp" port="{udp}" ruleset="all" address="127.0.0.1")
input(type="imtcp" port="{tls}" ruleset="all" address="127.0.0.1"
      streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="anon")
"#
    )
}

fn syslog_ng(folder: &Path, tcp: u16, tls: u16, udp: u16) -> String {
    let folder = folder.display();
    format!(
        r#"@version: 3.38
options {{ keep-hostname(yes); frac-digits(3); log-msg-size(65536); }};
source s {{
  syslog(ip(127.0.0.1) transport(tcp) port({tcp}));
  syslog(ip(127.0.0.1) transport(udp) port({udp}));
  syslog(ip(127.0.0.1) transport(tls) port({tls})
         tls(key-file("{folder}/leaf.key") cert-file("{folder}/leaf.pem")
             ca-file("{folder}/ca.pem") peer-verify(required-trusted)));
}};
destination d {{
  file("{folder}/out" template("$(format-json pri=$PRI time=$ISODATE host=$HOST app=$PROGRAM msgid=$MSGID id=${{.SDATA.duo@32473.id}} account=${{.SDATA.duo@32473.account}} message=$MESSAGE)\n"));
}};
log {{ source(s); destination(d); }};
"#
    )
}

/// An authority, and what it has signed: for the receiver and for whoever comes to it.
fn certificates(folder: &Path) {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, "The tests' authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    fs::write(folder.join("ca.pem"), ca.pem()).unwrap();
    for (file, name) in [("leaf", "localhost"), ("client", "collector.example.com")] {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let signed = params.signed_by(&key, &ca).unwrap();
        fs::write(folder.join(format!("{file}.pem")), signed.pem()).unwrap();
        fs::write(folder.join(format!("{file}.key")), key.serialize_pem()).unwrap();
    }
}
