//! Where a warehouse lies: a local folder, or a bucket of an S3 store, by the same code.

use std::{
    error::Error as _,
    fmt,
    path::{Path as FilePath, PathBuf},
    sync::{Arc, Once},
    time::Duration,
};

use deltalake_core::logstore::logstore_factories;
use object_store::{
    BackoffConfig, ClientOptions, ObjectStore, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    path::Path,
    prefix::PrefixStore,
};
use url::Url;

use crate::{durable::Durable, error::Error, probe, remote::Remote};

/// How a store at the other end of a network is reached. A folder needs none of it.
#[derive(Clone)]
pub struct Access {
    /// The store's settings by their usual names: `AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID`, …; names that mean nothing are passed over.
    pub options: Vec<(String, String)>,
    /// How long one request is tried before it has failed.
    pub patience: Duration,
    /// How long the lease of a run stands without being renewed.
    pub lease: Duration,
}

impl Default for Access {
    fn default() -> Self {
        Access { options: Vec::new(), patience: Duration::from_secs(180), lease: Duration::from_secs(120) }
    }
}

impl fmt::Debug for Access {
    /// Names without values: some are secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.options.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Access")
            .field("options", &names)
            .field("patience", &self.patience)
            .field("lease", &self.lease)
            .finish()
    }
}

/// A location and the store that keeps it.
#[derive(Debug, Clone)]
pub struct Place {
    /// The root as a URL that ends with `/`.
    pub url: Url,
    /// The store whose `/` is the storage system's.
    pub system: Arc<dyn ObjectStore>,
    /// The store whose `/` is the warehouse's root.
    pub root: Arc<dyn ObjectStore>,
    /// The folder, where the warehouse is a local one.
    pub folder: Option<PathBuf>,
    /// How it is reached, where it is not.
    pub access: Access,
}

/// The longest that one exchange with the store may take; a longer one is broken off and tried again.
const LONGEST_EXCHANGE: Duration = Duration::from_secs(90);

impl Place {
    /// Understands a folder, a `file://` URL and an `s3://bucket/prefix` URL.
    pub fn at(location: &str, access: &Access) -> Result<Place, Error> {
        let refuse = |reason: &str| Error::Location { location: location.to_owned(), reason: reason.to_owned() };
        let folder = match Url::parse(location) {
            Ok(url) if url.scheme() == "s3" => return Self::bucket(&url, access),
            Ok(url) if url.scheme() == "file" => {
                url.to_file_path().map_err(|()| refuse("the URL names no local folder"))?
            }
            Ok(url) if location.contains("://") => {
                let scheme = url.scheme();
                return Err(refuse(&format!("`{scheme}` stores are not supported, only folders, file:// and s3://")));
            }
            _ => PathBuf::from(location),
        };
        let folder = std::path::absolute(&folder).map_err(|source| Error::File { path: folder, source })?;
        if folder.exists() && !folder.is_dir() {
            return Err(refuse("it is not a folder"));
        }
        Self::local(&folder, access)
    }

    fn local(folder: &FilePath, access: &Access) -> Result<Place, Error> {
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let refuse = |reason: String| Error::Location { location: folder.display().to_string(), reason };
        let url = Url::from_directory_path(&folder).map_err(|()| refuse("it cannot be written as a URL".to_owned()))?;
        let prefix = Path::from_absolute_path(&folder).map_err(|source| refuse(source.to_string()))?;
        let system: Arc<dyn ObjectStore> = Arc::new(Durable::new());
        let root: Arc<dyn ObjectStore> = Arc::new(PrefixStore::new(Arc::clone(&system), prefix));
        Ok(Place { url, system, root, folder: Some(folder), access: access.clone() })
    }

    fn bucket(url: &Url, access: &Access) -> Result<Place, Error> {
        let refuse = |reason: String| Error::Location { location: url.to_string(), reason };
        let plain = url.username().is_empty() && url.password().is_none() && url.port().is_none();
        let bucket = match url.host_str() {
            Some(bucket) if plain && url.query().is_none() && url.fragment().is_none() => bucket,
            _ => return Err(Error::Location {
                location: format!("s3://{}{}", url.host_str().unwrap_or_default(), url.path()),
                reason:
                    "an S3 location is s3://bucket/prefix and nothing more; keys and endpoint are settings of their own"
                        .to_owned(),
            }),
        };
        let prefix = Path::from_url_path(url.path()).map_err(|source| refuse(source.to_string()))?;
        let mut root_url = url.clone();
        root_url.set_path(&format!("{}/", url.path().trim_end_matches('/')));

        let endpoint_is_plain = |(name, value): &(String, String)| {
            name.to_ascii_uppercase().contains("ENDPOINT") && value.starts_with("http://")
        };
        let exchange = ClientOptions::new()
            .with_timeout(access.patience.min(LONGEST_EXCHANGE))
            .with_allow_http(access.options.iter().any(endpoint_is_plain));
        let retry = RetryConfig { max_retries: 10, retry_timeout: access.patience, backoff: BackoffConfig::default() };
        let mut builder = AmazonS3Builder::new().with_client_options(exchange).with_retry(retry);
        for (name, value) in &access.options {
            if let Ok(key) = name.to_ascii_lowercase().parse::<AmazonS3ConfigKey>() {
                let is_endpoint = matches!(key, AmazonS3ConfigKey::Endpoint | AmazonS3ConfigKey::S3Endpoint);
                builder = builder.with_config(key, if is_endpoint { value.trim_end_matches('/') } else { value });
            }
        }
        let s3 = builder.with_bucket_name(bucket).build().map_err(|source| refuse(source.to_string()))?;
        let system: Arc<dyn ObjectStore> = Arc::new(Remote::new(Arc::new(s3), access.patience));
        let root: Arc<dyn ObjectStore> = Arc::new(PrefixStore::new(Arc::clone(&system), prefix));
        teach_delta();
        Ok(Place { url: root_url, system, root, folder: None, access: access.clone() })
    }

    /// The same place by connections of its own, with requests that may take so long.
    pub(crate) fn again(&self, patience: Duration) -> Result<Place, Error> {
        Self::at(self.url.as_str(), &Access { patience, ..self.access.clone() })
    }

    /// Whether it lies at the other end of a network.
    pub fn is_remote(&self) -> bool {
        self.folder.is_none()
    }

    /// Whether the store keeps the promises on which a run rests; of a folder that is known.
    pub async fn check(&self) -> Result<(), Error> {
        if self.is_remote() {
            probe::probe(self).await?;
        }
        Ok(())
    }

    /// What a failure of the store means for whoever has to put it right.
    pub(crate) fn explain(&self, source: object_store::Error) -> Error {
        if !self.is_remote() {
            return source.into();
        }
        let mut told = source.to_string();
        let mut cause = source.source();
        while let Some(deeper) = cause {
            told.push_str(&deeper.to_string());
            cause = deeper.source();
        }
        let says = |words: &[&str]| words.iter().any(|word| told.contains(word));
        let reason = if says(&["NoSuchBucket"]) {
            "there is no such bucket; make it, or correct --warehouse"
        } else if says(&["401 Unauthorized", "403 Forbidden"]) {
            "it refuses us; correct the keys (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY), or let them read and write there"
        } else if says(&["invalid peer certificate"]) {
            "this machine does not trust its certificate; name the issuer's by SSL_CERT_FILE"
        } else {
            "it does not answer as it should; is AWS_ENDPOINT_URL right, and is the store up?"
        };
        Error::Unusable { location: self.url.to_string(), reason, source }
    }
}

/// Delta finds the keeper of a log by the scheme of its URL; the one it has for folders commits by create-if-absent, which is right for S3 too.
fn teach_delta() {
    static TAUGHT: Once = Once::new();
    TAUGHT.call_once(|| {
        let factories = logstore_factories();
        let scheme = |name: &str| Url::parse(name).expect("a scheme is a URL");
        let folders = factories.get(&scheme("file://")).map(|entry| Arc::clone(entry.value()));
        if let Some(factory) = folders {
            factories.insert(scheme("s3://"), factory);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(location: &str) -> String {
        Place::at(location, &Access::default()).unwrap_err().to_string()
    }

    #[test]
    fn a_bucket_is_a_place_with_and_without_a_prefix() {
        for (location, url) in [("s3://office", "s3://office/"), ("s3://office/a/b", "s3://office/a/b/")] {
            let place = Place::at(location, &Access::default()).unwrap();
            assert_eq!((place.url.as_str(), place.is_remote()), (url, true));
        }
    }

    #[test]
    fn keys_in_the_url_are_refused_and_not_repeated() {
        let told = refused("s3://key:secret@office/a");
        assert!(told.contains("s3://office/a") && !told.contains("secret"), "{told}");
        assert!(refused("gs://office/a").contains("`gs` stores are not supported"));
    }

    #[test]
    fn secrets_do_not_show_in_what_is_printed_for_finding_faults() {
        let options = vec![("AWS_SECRET_ACCESS_KEY".to_owned(), "hush".to_owned())];
        let printed = format!("{:?}", Access { options, ..Access::default() });
        assert!(printed.contains("AWS_SECRET_ACCESS_KEY") && !printed.contains("hush"), "{printed}");
    }
}
