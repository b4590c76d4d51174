//! The steps of the schema, dated; a database goes from one to the next in one transaction.

use sea_orm_migration::prelude::*;

mod m20261127_000001_office;

/// All steps.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m20261127_000001_office::Migration)]
    }
}
