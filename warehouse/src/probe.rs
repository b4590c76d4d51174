//! Before the first write to an object store: does it keep the two promises on which everything rests?
//!
//! A run is published, and a table committed, by creating an object that must not be there; the lease is renewed by replacing an
//! object that must still be the one that was read. A store that takes such a write without looking would lose runs silently.

use chrono::{DateTime, Utc};
use object_store::{ObjectStoreExt, PutMode, PutOptions, PutPayload, PutResult, path::Path};

use crate::{error::Error, store::Place};

/// Tries both promises on an object of our own, which is removed again; returns the time by the store's own clock.
pub(crate) async fn probe(place: &Place) -> Result<DateTime<Utc>, Error> {
    let path = Path::from(format!(".probe/{}", uuid::Uuid::new_v4()));
    let answer = try_out(place, &path).await;
    if let Err(source) = place.root.delete(&path).await {
        tracing::debug!(%source, "the probe {path} could not be removed");
    }
    answer
}

async fn try_out(place: &Place, path: &Path) -> Result<DateTime<Utc>, Error> {
    let put = async |text: &'static str, mode: PutMode| -> Result<PutResult, object_store::Error> {
        let options = PutOptions { mode, ..Default::default() };
        place.root.put_opts(path, PutPayload::from(text), options).await
    };
    let lacks = |promise| Error::Unconditional { location: place.url.to_string(), promise };
    let first = match put("first", PutMode::Create).await {
        Err(object_store::Error::NotImplemented { .. }) => return Err(lacks(CREATE)),
        answer => answer.map_err(|source| place.explain(source))?,
    };
    match put("second", PutMode::Create).await {
        Err(object_store::Error::AlreadyExists { .. }) => {}
        Ok(_) => return Err(lacks(CREATE)),
        Err(source) => return Err(place.explain(source)),
    }
    if first.e_tag.is_none() {
        return Err(lacks(UPDATE));
    }
    put("third", PutMode::Update(first.clone().into())).await.map_err(|source| place.explain(source))?;
    match put("fourth", PutMode::Update(first.into())).await {
        Err(object_store::Error::Precondition { .. }) => {}
        Ok(_) => return Err(lacks(UPDATE)),
        Err(source) => return Err(place.explain(source)),
    }
    let meta = place.root.head(path).await.map_err(|source| place.explain(source))?;
    Ok(meta.last_modified)
}

const CREATE: &str = "create-if-absent (PUT with `If-None-Match: *`)";
const UPDATE: &str = "conditional replacement (PUT with `If-Match`)";
