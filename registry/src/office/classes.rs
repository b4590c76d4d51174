//! Classes at the desk: founded, kept, closed, and none of them virtual (CLS-02).

use domain::{calendar::Day, organisation::Stage};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::{
    Now,
    desk::{Desk, Done},
};
use crate::{
    actor::{Actor, Right},
    command::Answer,
    organisation::{Class, School},
    refusal::Refusal,
    store::{
        StoreError, read, rows,
        table::{classes, pupils},
        write,
    },
};

impl Desk<'_> {
    pub(super) async fn enter_class(&mut self, actor: &Actor, class: &Class, now: &Now) -> Done<Answer> {
        self.for_school(actor, class.school, Right::Maintain, now)?;
        let school = self.tree.school(class.school).cloned().ok_or_else(Refusal::out_of_scope)?;
        if read::class(self.tx, class.school, &class.id).await?.is_some() {
            return Err(Refusal::conflict("class.there", "数据规范", "班号已使用", "the class number is taken").into());
        }
        check_class(class, &school, now.today())?;
        self.put_class(class).await?;
        Ok(Answer { id: Some(format!("class:{}:{}", class.school, class.id)), ..Answer::default() })
    }

    pub(super) async fn change_class(&mut self, actor: &Actor, class: &Class, now: &Now) -> Done<Answer> {
        self.for_school(actor, class.school, Right::Maintain, now)?;
        let school = self.tree.school(class.school).cloned().ok_or_else(Refusal::out_of_scope)?;
        let before = read::class(self.tx, class.school, &class.id).await?.ok_or_else(Refusal::out_of_scope)?;
        if class.grade != before.grade || class.founded != before.founded {
            return Err(Refusal::barred(
                "class.grade",
                "皖教基〔2013〕20号 第十八条",
                "年级由学年升级变更，建班年月不得修改",
                "the grade changes with the school year; the founding month does not",
            )
            .into());
        }
        if class.closed && !before.closed {
            let inside = pupils::Entity::find()
                .filter(pupils::Column::SchoolId.eq(class.school.as_str()))
                .filter(pupils::Column::ClassId.eq(class.id.as_str()))
                .filter(pupils::Column::Status.is_in(["在读", "休学"]))
                .count(self.tx)
                .await?;
            if 0 < inside {
                return Err(Refusal::barred(
                    "class.pupils",
                    "数据规范",
                    "班内尚有学生，不能停用",
                    "pupils are still in the class",
                )
                .into());
            }
        }
        check_class(&Class { founded: before.founded, ..class.clone() }, &school, now.today())
            .or_else(|refusal| if refusal.code == "class.season" { Ok(()) } else { Err(refusal) })?;
        self.put_class(class).await?;
        Ok(Answer { id: Some(format!("class:{}:{}", class.school, class.id)), ..Answer::default() })
    }

    pub(super) async fn put_class(&mut self, class: &Class) -> Result<(), StoreError> {
        let row = classes::ActiveModel {
            school_id: Set(class.school.to_string()),
            class_id: Set(class.id.clone()),
            grade: Set(class.grade.into()),
            closed: Set(class.closed),
            data: Set(rows::json("classes", &class.id, class)?),
        };
        write::put(self.tx, row, &[classes::Column::SchoolId, classes::Column::ClassId]).await
    }
}

/// No virtual class (虚拟班级, art. 16): a teacher, a kind of its stage, a grade that the school teaches, founded in the season of its
/// entry and not in the future.
fn check_class(class: &Class, school: &School, today: Day) -> Result<(), Refusal> {
    const ARTICLE: &str = "皖教基〔2013〕20号 第十六条";
    let barred = |code: &str, zh: &str, en: &str| Err(Refusal::barred(code, ARTICLE, zh, en));
    if class.id.is_empty() || 10 < class.id.len() || !class.id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Refusal::invalid(
            "class.id",
            "班号为 1–10 位字母数字",
            "a class number has 1 to 10 letters or digits",
        ));
    }
    if class.id == crate::dropout::KEPT_CLASS {
        return Err(Refusal::invalid("class.id", "该班号留作辍学保留专用", "the number is kept for dropouts"));
    }
    if class.teacher.trim().is_empty() {
        return barred(
            "class.teacher",
            "没有班主任的班级按虚拟班级处理",
            "a class without a homeroom teacher is a virtual class",
        );
    }
    if !school.teaches(class.grade) {
        return barred("class.grade", "学校不设该年级", "the school does not teach the grade");
    }
    let stage = school.stage_of(class.grade);
    let of_stage = |kind: &str| match stage {
        Some(Stage::Primary) => kind.contains("小学"),
        Some(Stage::Junior) => kind.contains("初中"),
        Some(Stage::Senior) => kind.contains("高中"),
        None => false,
    };
    if !of_stage(&class.kind) && !matches!(class.kind.as_str(), "普通班" | "特教班") {
        return barred("class.kind", "班级类型与学段不符", "the kind of the class is not of its stage");
    }
    let founded = class.founded.first_day();
    if today < founded {
        return barred("class.season", "建班年月晚于今天", "the class is founded in the future");
    }
    let months = (today.year() - founded.year()) * 12 + i32::try_from(today.month()).unwrap_or(0)
        - i32::try_from(founded.month()).unwrap_or(0);
    if months > 12 * i32::from(class.grade) + 12 {
        return barred("class.season", "建班年月与年级不符", "the founding month does not go with the grade");
    }
    Ok(())
}
