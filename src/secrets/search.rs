//! The search itself, over ways that are given, so that a test can give others.

use std::path::PathBuf;

use super::{
    CREDENTIALS_VARIABLE, Found, Keychain, KeychainError, ProxyLogin, SECRET_VARIABLE, Source,
    output_user, output_variable, proxy_user,
};
use crate::base::{Problem, Secret, files};

/// Everywhere a secret may be.
pub struct Ways<'a> {
    /// Asked first.
    pub keychain: &'a dyn Keychain,
    /// Then a file in here, named like the integration key.
    pub credentials_dir: Option<PathBuf>,
    /// Then this: the text of the environment variable.
    pub environment: Option<Secret>,
}

impl<'a> Ways<'a> {
    /// What this process was given by whoever started it.
    pub fn of_this_process(keychain: &'a dyn Keychain) -> Self {
        let credentials_dir =
            std::env::var_os(CREDENTIALS_VARIABLE).filter(|dir| !dir.is_empty()).map(PathBuf::from);
        let environment = std::env::var(SECRET_VARIABLE).ok().map(Secret::new);
        Self { keychain, credentials_dir, environment }
    }

    /// Finds a secret key.
    pub fn find(&self, integration_key: &str) -> Result<Found, Problem> {
        // It becomes the name of a file below.
        if integration_key.is_empty() || !integration_key.chars().all(|c| c.is_ascii_alphanumeric())
        {
            return Err(Problem::new("This is not an integration key")
                .because("it has other characters than letters and digits")
                .next("copy it from the application's page in the Duo Admin Panel"));
        }
        let trouble = match self.keychain.get(integration_key) {
            Ok(Some(secret)) => return Ok(Found { secret, source: Source::Keychain }),
            Ok(None) => "the keychain has no entry for it".to_owned(),
            Err(error) => error.reason(),
        };
        if let Some(secret) = self.credential(integration_key)? {
            return Ok(Found { secret, source: Source::CredentialFile });
        }
        if let Some(secret) = self.environment.as_ref().and_then(trimmed) {
            return Ok(Found { secret, source: Source::Environment });
        }
        Err(Problem::new(format!("No secret key was found for {integration_key}"))
            .because(format!("{trouble}, and neither a credential file nor the environment has it"))
            .next(format!(
                "give it in one of three ways: unlock the keychain and store it there with \
                 \u{201c}duo-integrator account add --secret-key-stdin\u{201d}; or as a systemd credential, \
                 LoadCredential={integration_key}:FILE; or in the environment variable \
                 {SECRET_VARIABLE}"
            )))
    }

    /// Finds the login of a proxy; most need none.
    pub fn find_proxy_login(&self, proxy_url: &str) -> Result<Option<ProxyLogin>, Problem> {
        let both = match self.keychain.get(&proxy_user(proxy_url)?) {
            Ok(Some(both)) => Some(both),
            Ok(None) | Err(KeychainError::Absent) => self.credential("proxy")?,
            Err(error) => {
                let found = self.credential("proxy")?;
                if found.is_none() {
                    tracing::warn!("The proxy is used without a login: {}", error.reason());
                }
                found
            }
        };
        let Some(both) = both else { return Ok(None) };
        let Some((user, password)) = both.expose().split_once(':') else {
            return Err(Problem::new("The stored proxy login cannot be read")
                .because("it is not of the form user:password")
                .next("store it again"));
        };
        let password = Secret::new(password.to_owned());
        Ok(Some(ProxyLogin { user: user.to_owned(), password }))
    }

    /// Finds what an output needs to be let in.
    pub fn find_output_secret(&self, output: &str) -> Result<Found, Problem> {
        let trouble = match self.keychain.get(&output_user(output)) {
            Ok(Some(secret)) => return Ok(Found { secret, source: Source::Keychain }),
            Ok(None) => "the keychain has no entry for it".to_owned(),
            Err(error) => error.reason(),
        };
        // It becomes the name of a file.
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if output.chars().all(is_plain)
            && let Some(secret) = self.credential(&format!("output-{output}"))?
        {
            return Ok(Found { secret, source: Source::CredentialFile });
        }
        let variable = output_variable(output);
        let text = std::env::var(&variable).ok().map(Secret::new);
        if let Some(secret) = text.as_ref().and_then(trimmed) {
            return Ok(Found { secret, source: Source::Environment });
        }
        Err(Problem::new(format!("No secret was found for the output \u{201c}{output}\u{201d}"))
            .because(format!("{trouble}, and neither a credential file nor the environment has it"))
            .next(format!(
                "unlock the keychain, or remove the output and add it again; or give its secret \
                 as a systemd credential, LoadCredential=output-NAME:FILE, or in the environment \
                 variable {variable}"
            )))
    }

    /// A file in the credentials folder. One that is there has to be readable and hold something.
    fn credential(&self, name: &str) -> Result<Option<Secret>, Problem> {
        let Some(dir) = &self.credentials_dir else { return Ok(None) };
        let path = dir.join(name);
        let unusable = |reason: &dyn std::fmt::Display| {
            Problem::new("A credential file cannot be used")
                .because(reason)
                .next(format!("correct this file or remove it: {}", path.display()))
        };
        let Some(bytes) = files::read_if_there(&path).map_err(|error| unusable(&error))? else {
            return Ok(None);
        };
        let text = String::from_utf8(bytes).map_err(|_| unusable(&"it is not UTF-8 text"))?;
        match trimmed(&Secret::new(text)) {
            Some(secret) => Ok(Some(secret)),
            None => Err(unusable(&"it is empty")),
        }
    }
}

/// Without the line end that editors and `echo` leave; `None` when nothing remains.
fn trimmed(secret: &Secret) -> Option<Secret> {
    let text = secret.expose().trim();
    (!text.is_empty()).then(|| Secret::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "DIXXXXXXXXXXXXXXXXXX";

    /// A keychain that always gives the same answer.
    struct Says(Result<Option<&'static str>, KeychainError>);

    impl Keychain for Says {
        fn get(&self, _user: &str) -> Result<Option<Secret>, KeychainError> {
            self.0.clone().map(|found| found.map(|text| Secret::new(text.to_owned())))
        }

        fn set(&self, _user: &str, _secret: &Secret) -> Result<(), KeychainError> {
            Err(KeychainError::Absent)
        }

        fn delete(&self, _user: &str) -> Result<(), KeychainError> {
            Err(KeychainError::Absent)
        }
    }

    fn ways<'a>(
        keychain: &'a Says,
        dir: Option<&std::path::Path>,
        environment: Option<&str>,
    ) -> Ways<'a> {
        Ways {
            keychain,
            credentials_dir: dir.map(PathBuf::from),
            environment: environment.map(|text| Secret::new(text.to_owned())),
        }
    }

    #[test]
    fn the_keychain_comes_first_then_the_credential_then_the_environment() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(KEY), "from-file\n").unwrap();
        let dir = Some(folder.path());
        let has = Says(Ok(Some("from-keychain")));
        for (keychain, dir, environment, text, source) in [
            (&has, dir, Some("from-env"), "from-keychain", Source::Keychain),
            (&Says(Ok(None)), dir, Some("from-env"), "from-file", Source::CredentialFile),
            (&Says(Ok(None)), None, Some(" from-env\n"), "from-env", Source::Environment),
            (&Says(Err(KeychainError::Absent)), dir, None, "from-file", Source::CredentialFile),
            (&Says(Err(KeychainError::Locked)), None, Some("e"), "e", Source::Environment),
            (&Says(Err(KeychainError::TimedOut)), None, Some("e"), "e", Source::Environment),
        ] {
            let found = ways(keychain, dir, environment).find(KEY).unwrap();
            assert_eq!((found.secret.expose(), found.source), (text, source));
        }
    }

    #[test]
    fn finding_nothing_names_all_three_ways() {
        for (answer, reason) in [
            (Ok(None), "no entry"),
            (Err(KeychainError::Absent), "no keychain can be reached"),
            (Err(KeychainError::Locked), "the keychain is locked"),
        ] {
            let told = ways(&Says(answer), None, Some("  ")).find(KEY).unwrap_err().to_string();
            for part in [reason, "unlock the keychain", "LoadCredential=", SECRET_VARIABLE] {
                assert!(told.contains(part), "{part}: {told}");
            }
        }
    }

    #[test]
    fn a_credential_file_that_cannot_be_used_stops_the_search() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(KEY);
        for bytes in [&b" \n"[..], b"\xff\xff"] {
            std::fs::write(&path, bytes).unwrap();
            let keychain = Says(Ok(None));
            let problem = ways(&keychain, Some(folder.path()), Some("e")).find(KEY).unwrap_err();
            assert_eq!(problem.what, "A credential file cannot be used");
        }
    }

    #[test]
    fn an_integration_key_is_never_a_path() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        std::fs::write(folder.path().join("other"), "stolen").unwrap();
        for key in ["../other", "", "/etc/passwd"] {
            assert!(ways(&Says(Ok(None)), Some(&inner), None).find(key).is_err(), "{key}");
        }
    }

    #[test]
    fn an_outputs_secret_is_found_by_its_name_and_never_by_a_path() {
        let has = Says(Ok(Some("from-keychain")));
        let found = ways(&has, None, None).find_output_secret("Chat").unwrap();
        assert_eq!((found.secret.expose(), found.source), ("from-keychain", Source::Keychain));

        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("output-Chat"), "from-file\n").unwrap();
        std::fs::create_dir(folder.path().join("output-..")).unwrap();
        std::fs::write(folder.path().join("stolen"), "stolen").unwrap();
        let locked = Says(Err(KeychainError::Locked));
        let ways = ways(&locked, Some(folder.path()), None);
        let found = ways.find_output_secret("Chat").unwrap();
        assert_eq!((found.secret.expose(), found.source), ("from-file", Source::CredentialFile));
        let problem = ways.find_output_secret("../stolen").unwrap_err().to_string();
        assert!(problem.contains("DUO_INTEGRATOR_OUTPUT____STOLEN"), "{problem}");
        assert!(problem.contains("the keychain is locked"), "{problem}");
    }

    #[test]
    fn a_proxy_login_is_split_at_its_first_colon() {
        let keychain = Says(Ok(Some("me:a:b")));
        let login = ways(&keychain, None, None).find_proxy_login("http://p:1").unwrap().unwrap();
        assert_eq!((login.user.as_str(), login.password.expose()), ("me", "a:b"));

        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("proxy"), "you:c\n").unwrap();
        let locked = Says(Err(KeychainError::Locked));
        let from_file = ways(&locked, Some(folder.path()), None);
        let login = from_file.find_proxy_login("http://p:1").unwrap().unwrap();
        assert_eq!((login.user.as_str(), login.password.expose()), ("you", "c"));

        assert!(ways(&locked, None, None).find_proxy_login("http://p:1").unwrap().is_none());
        let problem = ways(&Says(Ok(Some("hunter2"))), None, None)
            .find_proxy_login("http://p:1")
            .unwrap_err();
        assert!(!problem.to_string().contains("hunter2"));
    }
}
