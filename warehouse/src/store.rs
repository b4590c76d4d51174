//! Where a warehouse lies: a local folder today, any object store by the same code.

use std::{
    path::{Path as FilePath, PathBuf},
    sync::Arc,
};

use object_store::{ObjectStore, path::Path, prefix::PrefixStore};
use url::Url;

use crate::{durable::Durable, error::Error};

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
    pub folder: PathBuf,
}

impl Place {
    /// Understands a folder or a `file://` URL.
    pub fn at(location: &str) -> Result<Place, Error> {
        let refuse = |reason: &str| Error::Location { location: location.to_owned(), reason: reason.to_owned() };
        let folder = match Url::parse(location) {
            Ok(url) if url.scheme() == "file" => {
                url.to_file_path().map_err(|()| refuse("the URL names no local folder"))?
            }
            Ok(url) if location.contains("://") => {
                return Err(refuse(&format!("`{}` stores are not supported, only folders and file://", url.scheme())));
            }
            _ => PathBuf::from(location),
        };
        let folder = std::path::absolute(&folder).map_err(|source| Error::File { path: folder, source })?;
        if folder.exists() && !folder.is_dir() {
            return Err(refuse("it is not a folder"));
        }
        Self::local(&folder)
    }

    fn local(folder: &FilePath) -> Result<Place, Error> {
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let refuse = |reason: String| Error::Location { location: folder.display().to_string(), reason };
        let url = Url::from_directory_path(&folder).map_err(|()| refuse("it cannot be written as a URL".to_owned()))?;
        let prefix = Path::from_absolute_path(&folder).map_err(|source| refuse(source.to_string()))?;
        let system: Arc<dyn ObjectStore> = Arc::new(Durable::new());
        let root: Arc<dyn ObjectStore> = Arc::new(PrefixStore::new(Arc::clone(&system), prefix));
        Ok(Place { url, system, root, folder })
    }
}
