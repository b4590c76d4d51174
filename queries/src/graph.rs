//! The order in which models are built: each after the models it reads.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::sql::{parser::DFParser, resolve::resolve_table_references};

use crate::model::Model;

/// Models that cannot be put in order.
#[derive(Debug, thiserror::Error)]
pub enum GraphError {
    /// A model's SQL does not parse.
    #[error("{path} does not parse")]
    Syntax {
        /// The file.
        path: String,
        /// What the parser said.
        #[source]
        source: Box<datafusion::error::DataFusionError>,
    },
    /// Models that wait for each other.
    #[error("these models read each other in a circle: {names}")]
    Cycle {
        /// Their names.
        names: String,
    },
}

/// Puts models in order, each after all that it reads. Equal input gives equal order.
pub fn order(models: Vec<Model>) -> Result<Vec<Model>, GraphError> {
    let mut reads = BTreeMap::new();
    for model in &models {
        reads.insert(model.name.clone(), tables_read(model)?);
    }
    let mut waiting: BTreeMap<String, Model> = models.into_iter().map(|model| (model.name.clone(), model)).collect();
    let mut ordered = Vec::new();
    while !waiting.is_empty() {
        let next = waiting
            .keys()
            .find(|name| !reads.get(*name).is_some_and(|read| read.iter().any(|other| waiting.contains_key(other))))
            .cloned();
        let Some(model) = next.and_then(|name| waiting.remove(&name)) else {
            let names: Vec<String> = waiting.into_keys().collect();
            return Err(GraphError::Cycle { names: names.join(", ") });
        };
        ordered.push(model);
    }
    Ok(ordered)
}

/// The tables that a model reads, its own steps (`with`) left out.
fn tables_read(model: &Model) -> Result<BTreeSet<String>, GraphError> {
    let syntax = |source| GraphError::Syntax { path: model.path(), source: Box::new(source) };
    let mut read = BTreeSet::new();
    for statement in DFParser::parse_sql(&model.sql).map_err(syntax)? {
        let (tables, _) = resolve_table_references(&statement, true).map_err(syntax)?;
        read.extend(tables.into_iter().map(|table| table.table().to_owned()));
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(name: &str, sql: &str) -> Model {
        Model::read(&format!("a/{name}.sql"), &format!("/*\nWhat    x\nGrain   x\n*/\n{sql}")).unwrap()
    }

    #[test]
    fn a_model_comes_after_what_it_reads() {
        let order = order(vec![
            model("a", "with b as (select * from c) select * from b"),
            model("c", "select * from d join ledger using (x) where x in (select x from e)"),
            model("d", "select 1 as x"),
            model("e", "select * from f()"),
            model("f", "select 1 as x"),
        ])
        .unwrap();
        let names: Vec<&str> = order.iter().map(|model| model.name.as_str()).collect();
        assert_eq!(names, ["d", "f", "e", "c", "a"]);
    }

    #[test]
    fn a_circle_is_refused() {
        let error = order(vec![model("a", "select * from b"), model("b", "select * from a"), model("c", "select 1")])
            .unwrap_err();
        assert_eq!(error.to_string(), "these models read each other in a circle: a, b");
    }
}
