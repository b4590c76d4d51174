//! The tables as SeaORM entities, one module each.

/// A table of documents: a key, a few columns to look by, and the whole as JSON.
macro_rules! documents {
    ($(#[doc = $doc:literal])* $module:ident = $name:literal { $($(#[$meta:meta])* $column:ident: $type:ty),* $(,)? }) => {
        $(#[doc = $doc])*
        pub mod $module {
            #![allow(missing_docs, reason = "columns are told in docs/registry.md")]
            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
            #[sea_orm(table_name = $name)]
            pub struct Model {
                $($(#[$meta])* pub $column: $type,)*
                #[sea_orm(column_type = "Text")]
                pub data: String,
            }

            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}

            impl ActiveModelBehavior for ActiveModel {}
        }
    };
}

documents!(
    /// The one row of counters, the head of the audit chain, marks of the clock (办公状态).
    office_state = "office_state" { #[sea_orm(primary_key, auto_increment = false)] id: i32 }
);
documents!(
    /// 主管单位
    authorities = "authorities" { #[sea_orm(primary_key, auto_increment = false)] id: String }
);
documents!(
    /// 学校
    schools = "schools" { #[sea_orm(primary_key, auto_increment = false)] id: String }
);
documents!(
    /// 班级
    classes = "classes" {
        #[sea_orm(primary_key, auto_increment = false)] school_id: String,
        #[sea_orm(primary_key, auto_increment = false)] class_id: String,
        grade: i16,
        closed: bool,
    }
);
documents!(
    /// 账号与学籍管理员
    officers = "officers" { #[sea_orm(primary_key, auto_increment = false)] account: String, unit: String }
);
documents!(
    /// 学期起止日
    terms = "terms" {
        #[sea_orm(primary_key, auto_increment = false)] authority_id: String,
        #[sea_orm(primary_key, auto_increment = false)] year: i32,
    }
);
documents!(
    /// 授权
    delegations = "delegations" { #[sea_orm(primary_key, auto_increment = false)] id: i64 }
);
documents!(
    /// 业务
    cases = "cases" {
        #[sea_orm(primary_key, auto_increment = false)] id: i64,
        kind: String,
        state: String,
        pupil_id: Option<i64>,
        holds_pupil: Option<i64>,
        applicant: String,
        turn: Option<String>,
        due_on: Option<Date>,
        overdue: bool,
        opened_on: Date,
        closed_on: Option<Date>,
        version: i32,
    }
);
documents!(
    /// 新生 of a batch
    newcomers = "newcomers" {
        #[sea_orm(primary_key, auto_increment = false)] case_id: i64,
        #[sea_orm(primary_key, auto_increment = false)] row: i32,
        person_key: String,
    }
);
documents!(
    /// 通知、待办
    notices = "notices" {
        #[sea_orm(primary_key, auto_increment = false)] id: i64,
        unit: String,
        kind: String,
        pupil_id: Option<i64>,
        case_id: Option<i64>,
        due_on: Option<Date>,
        raised_on: Date,
        done_on: Option<Date>,
    }
);
documents!(
    /// 学生维护信息: résumé, scores, awards, sanctions … (INF-01, ORG-06)
    facts = "facts" {
        #[sea_orm(primary_key, auto_increment = false)] pupil_id: i64,
        #[sea_orm(primary_key, auto_increment = false)] kind: String,
        #[sea_orm(primary_key, auto_increment = false)] key: String,
        recorded_on: Date,
    }
);
documents!(
    /// 电子印章
    seals = "seals" {
        #[sea_orm(primary_key, auto_increment = false)] id: i64,
        case_id: Option<i64>,
        unit: String,
        sealed: bool,
    }
);
documents!(
    /// 审计链
    audit = "audit" { #[sea_orm(primary_key, auto_increment = false)] seq: i64, at: i64, actor: String, action: String }
);
documents!(
    /// 幂等键: what was answered to a command that may come again
    answers = "answers" { #[sea_orm(primary_key, auto_increment = false)] key: String, command: String, at: i64 }
);
documents!(
    /// 毕业证书、学历证明
    certificates = "certificates" {
        #[sea_orm(primary_key, auto_increment = false)] number: String,
        pupil_id: i64,
        kind: String,
        issued_on: Date,
    }
);
documents!(
    /// 学期复核, 上报签章, 责任事项: what a unit signs or answers for
    duties = "duties" {
        #[sea_orm(primary_key, auto_increment = false)] id: i64,
        kind: String,
        unit: String,
        period: String,
        state: String,
    }
);
documents!(
    /// 学年升级: one row a school year
    promotions = "promotions" { #[sea_orm(primary_key, auto_increment = false)] year: i32, state: String }
);

/// 学籍
pub mod pupils {
    #![allow(missing_docs, reason = "columns are told in docs/registry.md")]
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "pupils")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub student_no: String,
        pub regional_no: Option<String>,
        pub person_key: String,
        pub name: String,
        pub sex: String,
        pub birth_on: Date,
        pub id_kind: String,
        pub id_no: Option<String>,
        pub holder: String,
        pub portrait: Option<String>,
        pub school_id: String,
        pub class_id: String,
        pub grade: i16,
        pub status: String,
        pub since_on: Date,
        pub entry_month: String,
        pub taught_at: Option<String>,
        #[sea_orm(column_type = "Text")]
        pub basic: String,
        pub changed_on: Date,
        pub version: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// 学籍变动: every movement, never changed afterwards
pub mod changes {
    #![allow(missing_docs, reason = "columns are told in docs/registry.md")]
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "changes")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub pupil_id: i64,
        pub kind: String,
        pub effective_on: Date,
        pub from_school: Option<String>,
        pub from_class: Option<String>,
        pub from_grade: Option<i16>,
        pub from_status: Option<String>,
        pub to_school: Option<String>,
        pub to_class: Option<String>,
        pub to_grade: Option<i16>,
        pub to_status: Option<String>,
        pub reason: String,
        pub counterpart: String,
        pub applied_on: Option<Date>,
        pub decided_on: Option<Date>,
        pub mode: String,
        pub case_id: Option<i64>,
        pub recorded_on: Date,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// 历史值: every value of a record that was replaced (INF-02)
pub mod field_changes {
    #![allow(missing_docs, reason = "columns are told in docs/registry.md")]
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "field_changes")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub pupil_id: i64,
        pub field: String,
        pub old: String,
        pub new: String,
        pub effective_on: Date,
        pub case_id: Option<i64>,
        pub by_account: String,
        pub recorded_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// 升级明细: what became of each open record on 1 August
pub mod promotion_lines {
    #![allow(missing_docs, reason = "columns are told in docs/registry.md")]
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "promotion_lines")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub year: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub pupil_id: i64,
        pub outcome: String,
        pub grade: i16,
        pub since_on: Date,
        pub regional_no: Option<String>,
        pub new_regional_no: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// 照片
pub mod portraits {
    #![allow(missing_docs, reason = "columns are told in docs/registry.md")]
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "portraits")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub digest: String,
        pub school_id: String,
        pub taken_on: Date,
        pub picture: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
