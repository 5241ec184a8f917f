//! Records as objects in a bucket: `type = "s3"`.
//!
//! Sources: names of buckets,
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>; the two ways to
//! address one, <https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>.

use std::path::PathBuf;
use std::time::Duration;

use super::connection;
use crate::settings::account::not_allowed;
use crate::settings::section::Section;

/// A bucket of an object store that speaks S3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Output {
    /// Where the store is; Amazon's, in the bucket's region, without it.
    pub url: Option<String>,
    /// The bucket.
    pub bucket: String,
    /// The bucket's region.
    pub region: String,
    /// What the names of all objects begin with; empty, or with a slash at its end.
    pub prefix: String,
    /// Whether the bucket stands in the path of an address, not in its host name.
    pub path_style: bool,
    /// The public half of the credentials; the secret half lives in the keychain.
    pub access_key_id: String,
    /// What an object holds.
    pub objects: Objects,
    /// How long records are gathered for one object.
    pub gather: Duration,
    /// Certificates (PEM) trusted beside the system's roots and the one of `[network]`.
    pub ca_file: Option<PathBuf>,
}

/// What an object holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objects {
    /// A Parquet file: the fields worth asking for as columns, and the record itself.
    Parquet,
    /// Records one a line, compressed with Zstandard.
    JsonLines,
}

/// Small objects make every later question slow, and each costs money.
const GATHER: Duration = Duration::from_secs(300);

impl Objects {
    const ALL: [Self; 2] = [Self::Parquet, Self::JsonLines];

    /// The fixed name: `parquet`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::JsonLines => "json_lines",
        }
    }

    /// What the names of objects end with.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::JsonLines => "jsonl.zst",
        }
    }
}

impl S3Output {
    /// Where it leads, for people.
    pub fn destination(&self) -> String {
        let at = self.url.as_deref().map_or_else(String::new, |url| format!(" at {url}"));
        format!("s3://{}/{}{at}", self.bucket, self.prefix)
    }

    /// Where the store is.
    pub fn endpoint(&self) -> String {
        let amazon = || format!("https://s3.{}.amazonaws.com", self.region);
        self.url.clone().unwrap_or_else(amazon)
    }

    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let bucket = section.text("bucket").unwrap_or_default().trim().to_owned();
        if bucket.is_empty() {
            section.wrong("bucket", "name the bucket");
        } else if !is_bucket(&bucket) {
            section.wrong("bucket", "a bucket's name has 3 to 63 letters, digits, dots and dashes");
        }
        let has_url = section.has("url");
        let url = has_url.then(|| connection::url(section, "https://minio.example.com:9000"));
        if !has_url {
            // Means nothing without an address, but is no unknown key.
            section.flag("unsafe_allow_no_tls");
        }
        let region = match section.text("region").map(|region| region.trim().to_owned()) {
            Some(region) => {
                if !is_region(&region) {
                    section.wrong("region", "write the region as Amazon does: eu-central-1");
                }
                region
            }
            None => {
                if !has_url {
                    section.wrong("region", "say in which region the bucket is: eu-central-1");
                }
                "us-east-1".to_owned()
            }
        };
        let prefix = section.text("prefix").unwrap_or_default();
        let prefix = prefix.trim().trim_matches('/');
        if !is_prefix(prefix) {
            let what = "a prefix has letters, digits, dots, dashes, underscores, = and slashes \
                        only, and no part of it is . or ..";
            section.wrong("prefix", what);
        }
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        let path_style = section.flag("path_style").unwrap_or(has_url || bucket.contains('.'));
        let key = section.text("access_key_id").unwrap_or_default().trim().to_owned();
        if key.is_empty() || !key.chars().all(|c| c.is_ascii_graphic() && c != '/') {
            let what = "name the access key; the secret that belongs to it lives in the keychain";
            section.wrong("access_key_id", what);
        }
        section.forbidden(
            &["secret_access_key"],
            "a secret is never kept in this file; remove the line, and store it with: \
             duo-integrator output add",
        );
        let objects = match section.text("objects") {
            None => Objects::Parquet,
            Some(name) => {
                let found = Objects::ALL.into_iter().find(|one| one.name() == name.trim());
                found.unwrap_or_else(|| {
                    section.wrong("objects", not_allowed(&name, &Objects::ALL.map(Objects::name)));
                    Objects::Parquet
                })
            }
        };
        let format = section.text("format");
        if objects == Objects::Parquet && format.is_some_and(|format| format.trim() != "raw") {
            let what = "Parquet has columns of its own and the record as Duo sent it; for another \
                        format write objects = \"json_lines\"";
            section.wrong("format", what);
        }
        let gather = section.span("gather", Duration::from_secs(1)).unwrap_or(GATHER);
        let ca_file = connection::path(section, "ca_file");
        let url = match url {
            Some(url) => Some(url?),
            None => None,
        };
        Some(Self {
            url,
            bucket,
            region,
            prefix,
            path_style,
            access_key_id: key,
            objects,
            gather,
            ca_file,
        })
    }
}

fn is_bucket(name: &str) -> bool {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    (3..=63).contains(&name.len())
        && name.chars().all(is_fine)
        && name.chars().next().is_some_and(|c| c.is_ascii_alphanumeric())
        && !name.contains("..")
}

fn is_region(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

/// What addresses can hold without being changed on the way.
fn is_prefix(prefix: &str) -> bool {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '=');
    prefix.is_empty()
        || prefix.split('/').all(|part| {
            !part.is_empty() && part != "." && part != ".." && part.chars().all(is_fine)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Destination, Mistake, Output, RecordFormat, Target};

    fn read(text: &str) -> Result<(S3Output, RecordFormat), Vec<Mistake>> {
        let table = format!("name = \"S\"\ntype = \"s3\"\n{text}").parse().unwrap();
        Output::check(&table).map(|output| match output.target {
            Target::Records(records) => match records.to {
                Destination::S3(s3) => (s3, records.format),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        })
    }

    const AMAZON: &str = "bucket = \"logs\"\nregion = \"eu-central-1\"\naccess_key_id = \"AKIAX\"";

    #[test]
    fn amazon_needs_a_bucket_a_region_and_a_key() {
        let (s3, format) = read(AMAZON).unwrap();
        assert_eq!(s3.endpoint(), "https://s3.eu-central-1.amazonaws.com");
        assert!(!s3.path_style && s3.prefix.is_empty());
        assert_eq!((s3.objects, format), (Objects::Parquet, RecordFormat::Raw));
    }

    #[test]
    fn other_stores_have_an_address_and_the_bucket_in_the_path() {
        let (s3, _) = read(
            "bucket = \"logs\"\nurl = \"https://minio.example.com:9000\"\nprefix = \"/duo/x/\"\n\
             access_key_id = \"key\"\nobjects = \"json_lines\"\nformat = \"ocsf\"",
        )
        .unwrap();
        assert!(s3.path_style);
        assert_eq!((s3.region.as_str(), s3.prefix.as_str()), ("us-east-1", "duo/x/"));
        assert_eq!(s3.destination(), "s3://logs/duo/x/ at https://minio.example.com:9000");
    }

    #[test]
    fn each_mistake_is_told_at_its_key() {
        let wrong = [
            ("region", "bucket = \"logs\"\naccess_key_id = \"AKIAX\"".to_owned()),
            ("bucket", AMAZON.replace("logs", "a/b")),
            ("access_key_id", AMAZON.replace("AKIAX", "")),
            ("prefix", format!("{AMAZON}\nprefix = \"a/../b\"")),
            ("format", format!("{AMAZON}\nformat = \"ecs\"")),
            ("objects", format!("{AMAZON}\nobjects = \"csv\"")),
            ("url", format!("{AMAZON}\nurl = \"http://minio.example.com\"")),
            ("secret_access_key", format!("{AMAZON}\nsecret_access_key = \"hunter2\"")),
        ];
        for (key, text) in wrong {
            let mistakes = read(&text).unwrap_err();
            assert!(mistakes.iter().any(|one| one.key.ends_with(key)), "{key}: {mistakes:?}");
            assert!(!format!("{mistakes:?}").contains("hunter2"));
        }
    }
}
