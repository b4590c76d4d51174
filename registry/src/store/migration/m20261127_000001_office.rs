//! The office as it begins.

use sea_orm::{DbBackend, EntityTrait, Schema};
use sea_orm_migration::prelude::*;

use crate::store::table;

/// The step.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261127_000001_office"
    }
}

async fn create<E: EntityTrait>(manager: &SchemaManager<'_>, entity: E) -> Result<(), DbErr> {
    let schema = Schema::new(manager.get_database_backend());
    manager.create_table(schema.create_table_from_entity(entity)).await
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(manager, table::office_state::Entity).await?;
        create(manager, table::authorities::Entity).await?;
        create(manager, table::schools::Entity).await?;
        create(manager, table::classes::Entity).await?;
        create(manager, table::officers::Entity).await?;
        create(manager, table::terms::Entity).await?;
        create(manager, table::delegations::Entity).await?;
        create(manager, table::cases::Entity).await?;
        create(manager, table::newcomers::Entity).await?;
        create(manager, table::notices::Entity).await?;
        create(manager, table::facts::Entity).await?;
        create(manager, table::seals::Entity).await?;
        create(manager, table::audit::Entity).await?;
        create(manager, table::answers::Entity).await?;
        create(manager, table::certificates::Entity).await?;
        create(manager, table::duties::Entity).await?;
        create(manager, table::promotions::Entity).await?;
        create(manager, table::pupils::Entity).await?;
        create(manager, table::changes::Entity).await?;
        create(manager, table::field_changes::Entity).await?;
        create(manager, table::promotion_lines::Entity).await?;
        create(manager, table::portraits::Entity).await?;
        let connection = manager.get_connection();
        for statement in KEYS {
            connection.execute_unprepared(statement).await?;
        }
        let guards = if manager.get_database_backend() == DbBackend::Sqlite { SQLITE } else { POSTGRES };
        for statement in guards {
            connection.execute_unprepared(statement).await?;
        }
        connection.execute_unprepared("insert into office_state (id, data) values (1, '{}')").await?;
        Ok(())
    }

    /// SQLite would else be left half-way by a kill.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("the office's records are not removed".to_owned()))
    }
}

/// What the office relies on, and what it looks by.
const KEYS: &[&str] = &[
    "create unique index pupils_student_no on pupils (student_no)",
    "create unique index pupils_regional_no on pupils (regional_no)",
    "create unique index pupils_person_key on pupils (person_key)",
    "create index pupils_place on pupils (school_id, class_id)",
    "create unique index cases_one_of_a_kind on cases (pupil_id, kind) where state in ('open', 'returned')",
    "create unique index cases_one_that_moves on cases (holds_pupil)",
    "create index cases_turn on cases (turn, state)",
    "create index cases_due on cases (due_on) where state = 'open'",
    "create index cases_pupil on cases (pupil_id)",
    "create unique index newcomers_person on newcomers (case_id, person_key)",
    "create index changes_pupil on changes (pupil_id, id)",
    "create index changes_recorded on changes (recorded_on)",
    "create index field_changes_pupil on field_changes (pupil_id, id)",
    "create index notices_unit on notices (unit, done_on)",
    "create index notices_pupil on notices (pupil_id)",
    "create index seals_waiting on seals (sealed) where not sealed",
    "create unique index certificates_once on certificates (pupil_id, kind)",
    "create unique index duties_once on duties (kind, unit, period)",
];

/// What has happened is neither changed nor removed (SQLite).
const SQLITE: &[&str] = &[
    "create trigger audit_kept_u before update on audit begin select raise(abort, 'the audit chain is append-only'); end",
    "create trigger audit_kept_d before delete on audit begin select raise(abort, 'the audit chain is append-only'); end",
    "create trigger changes_kept_u before update on changes begin select raise(abort, 'changes are append-only'); end",
    "create trigger changes_kept_d before delete on changes begin select raise(abort, 'changes are append-only'); end",
    "create trigger field_changes_kept_u before update on field_changes begin select raise(abort, 'history is append-only'); end",
    "create trigger field_changes_kept_d before delete on field_changes begin select raise(abort, 'history is append-only'); end",
];

/// The same on PostgreSQL.
const POSTGRES: &[&str] = &[
    "create function kept() returns trigger language plpgsql as $$ begin raise exception '% is append-only', tg_table_name; end $$",
    "create trigger audit_kept before update or delete or truncate on audit for each statement execute function kept()",
    "create trigger changes_kept before update or delete or truncate on changes for each statement execute function kept()",
    "create trigger field_changes_kept before update or delete or truncate on field_changes for each statement execute function kept()",
];
