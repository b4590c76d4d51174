//! Builds every model over one run, tests it, and hands back marts to publish or the failures that forbid it.

use std::{collections::BTreeSet, sync::Arc, time::Instant};

use datafusion::{
    arrow::{array::RecordBatch, datatypes::SchemaRef, util::pretty::pretty_format_batches},
    datasource::MemTable,
    prelude::col,
};
use futures::TryStreamExt;
use tracing::debug;

use crate::{
    error::Error,
    graph::{self, GraphError},
    model::{self, Model, ModelError},
    rows,
    session::Session,
};

/// Why no marts came about at all. A failed test is no error but a [`Failure`].
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A model's header.
    #[error(transparent)]
    Header(#[from] ModelError),
    /// The order of the models.
    #[error(transparent)]
    Order(#[from] GraphError),
    /// The session.
    #[error("the tables of the run cannot be read")]
    Session(#[from] Error),
    /// A model.
    #[error("the model {path} cannot be built")]
    Model {
        /// Its file.
        path: String,
        /// Why.
        #[source]
        source: Error,
    },
    /// A test that does not run.
    #[error("the test `{test}` of {path} does not run")]
    Test {
        /// The model's file.
        path: String,
        /// The test as its header has it.
        test: String,
        /// Why.
        #[source]
        source: Error,
    },
}

/// What building came to.
#[derive(Debug)]
pub struct Built {
    /// The marts, by name.
    pub marts: Vec<Mart>,
    /// Tests that found rows; as long as there are any, nothing may be published.
    pub failures: Vec<Failure>,
}

/// A published result of a model.
#[derive(Debug, Clone)]
pub struct Mart {
    /// The table's name.
    pub name: String,
    /// What it answers.
    pub what: String,
    /// The columns that name a row and by which the rows are sorted.
    pub grain: Vec<String>,
    /// Its columns: text, 64-bit whole numbers, doubles, days and booleans.
    pub schema: SchemaRef,
    /// Its rows in the order of the grain.
    pub batches: Vec<RecordBatch>,
}

impl Mart {
    /// How many rows it has.
    pub fn n_rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }
}

/// A test of a model that found rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The model.
    pub model: String,
    /// The test as its header has it.
    pub test: String,
    /// The first of the rows, as a table in text.
    pub rows_shown: String,
    /// How many there are.
    pub count: usize,
}

/// How many rows of a failed test are shown.
const SHOWN: usize = 5;

/// Builds and tests every model over the tables of the session, in which the results then stand under their names.
pub async fn build(session: &Session) -> Result<Built, BuildError> {
    build_models(session, model::all()?).await
}

/// Builds and tests these models; [`build`] does it for all there are.
pub async fn build_models(session: &Session, models: Vec<Model>) -> Result<Built, BuildError> {
    let models = graph::order(models)?;
    session.register_years().await?;
    for model in &models {
        session.deregister(&model.name)?;
    }
    let mut marts = Vec::new();
    for model in &models {
        let began = Instant::now();
        let made = make(session, model).await.map_err(|source| BuildError::Model { path: model.path(), source })?;
        debug!(model = model.name, elapsed_ms = began.elapsed().as_millis() as u64, "built {}", model.name);
        marts.extend(made);
    }
    let mut failures = Vec::new();
    let began = Instant::now();
    for model in &models {
        for test in &model.tests {
            let found = offenders(session, &test.sql(&model.name)).await.map_err(|source| BuildError::Test {
                path: model.path(),
                test: test.to_string(),
                source,
            })?;
            failures.extend(found.map(|(rows_shown, count)| Failure {
                model: model.name.clone(),
                test: test.to_string(),
                rows_shown,
                count,
            }));
        }
    }
    debug!(elapsed_ms = began.elapsed().as_millis() as u64, "tested the models");
    marts.sort_by(|a: &Mart, b: &Mart| a.name.cmp(&b.name));
    Ok(Built { marts, failures })
}

/// Puts one model in its place: a table function, a mart, or a step, which is kept in memory since its readers may read it often.
async fn make(session: &Session, model: &Model) -> Result<Option<Mart>, Error> {
    if !model.takes.is_empty() {
        session.register_function(model).await?;
        return Ok(None);
    }
    let frame = session.context().sql(&model.sql).await?;
    let by_grain = model.grain.iter().map(|column| col(format!("\"{column}\"")).sort(true, false)).collect();
    let frame = frame.sort(by_grain)?;
    let schema = rows::plain_schema(frame.schema().as_arrow());
    let collected = frame.collect().await?;
    let batches = rows::plain(&schema, collected).map_err(|error| Error::Query(error.into()))?;
    session.register(&model.name, Arc::new(MemTable::try_new(Arc::clone(&schema), vec![batches.clone()])?))?;
    Ok(model.is_public().then(|| Mart {
        name: model.name.clone(),
        what: model.what.clone(),
        grain: model.grain.clone(),
        schema,
        batches,
    }))
}

/// The first rows that break a test, as text, and how many there are.
async fn offenders(session: &Session, sql: &str) -> Result<Option<(String, usize)>, Error> {
    let mut stream = session.stream(sql).await?;
    let (mut shown, mut count) = (Vec::new(), 0);
    while let Some(batch) = stream.try_next().await? {
        let room = SHOWN.saturating_sub(count).min(batch.num_rows());
        if room > 0 {
            shown.push(batch.slice(0, room));
        }
        count += batch.num_rows();
    }
    if count == 0 {
        return Ok(None);
    }
    let text = pretty_format_batches(&shown).map_err(|error| Error::Query(error.into()))?.to_string();
    Ok(Some((text, count)))
}

/// The names of all marts that the models publish.
pub fn mart_names() -> Result<BTreeSet<String>, ModelError> {
    Ok(model::all()?.into_iter().filter(Model::is_public).map(|model| model.name).collect())
}
