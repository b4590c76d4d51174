//! Papers of a unit: the list of a class, the form for newcomers, the hand-over of migrant children who dropped out.

use std::collections::BTreeMap;

use domain::{
    calendar::{Day, SchoolYear},
    movement::Status,
    organisation::{Division, SchoolId},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use super::{Found, Reading, missing, on_record, term_text};
use crate::{
    purpose::Purpose,
    refusal::Refusal,
    store::{
        StoreError, read,
        table::{notices, pupils},
    },
    unit::Unit,
};

/// How long a list is posted (公示天数), the first day counted.
const POSTED_DAYS: i32 = 7;

impl Reading<'_> {
    pub(super) async fn class_list(&self) -> Found {
        let school = self.wanted_school()?;
        let class = self.wanted.class.as_deref().ok_or_else(|| missing("班号", "the class"))?;
        let class = read::class(self.look, school, class).await?.ok_or_else(|| {
            Refusal::invalid(
                "paper.class",
                &format!("学校 {school} 没有这个班"),
                &format!("school {school} has no such class"),
            )
            .remedy("请核对班号", "check the number of the class")
        })?;
        let listed = pupils::Entity::find()
            .filter(pupils::Column::SchoolId.eq(school.as_str()))
            .filter(pupils::Column::ClassId.eq(class.id.as_str()))
            .filter(pupils::Column::Status.is_in([Status::Enrolled.label(), Status::Suspended.label()]))
            .order_by_asc(pupils::Column::RegionalNo)
            .order_by_asc(pupils::Column::Id)
            .all(self.look)
            .await
            .map_err(StoreError::from)?;
        if listed.is_empty() {
            return Err(missing("在籍学生（该班没有学生）", "pupils: nobody is in the class").into());
        }
        let names = ["whole", "middle", "first"].into_iter().find(|how| self.policy.says("class_list.names", how));
        let listed: Vec<Value> =
            listed.iter().map(|row| json!({ "name": row.name, "student_no": row.student_no })).collect();
        let day = self.wanted.issued_on;
        let facts = json!({
            "number": format!("公示{:04}{:02}{:02}-{}", day.year(), day.month(), day.day_of_month(), class.id),
            "measure": self.wanted.measure,
            "school": self.tree.name(Unit::School(school)),
            "term": self.term(Some(school), day),
            "grade": class.grade,
            "class": class.name,
            "homeroom_teacher": class.teacher,
            "pupils": listed,
            "names": names.unwrap_or("middle"),
            "posted_from": day,
            "posted_until": day.plus_days(POSTED_DAYS - 1),
            "contact": self.contact(Unit::School(school))?,
            "issued_on": day,
        });
        Ok((vec![facts], format!("class:{school}:{}", class.id)))
    }

    /// The form of the season to come: it comes back by the day on which newcomers are reviewed.
    pub(super) fn collection_form(&self) -> Found {
        let school = self.wanted_school()?;
        let day = self.wanted.issued_on;
        let in_year = |year: i32| {
            let reviewed = self.policy.snapshots().find(|(name, _, _)| *name == "entrants_reviewed");
            reviewed.map_or_else(|| Day::from_ymd(year, 9, 30), |(_, due, _)| Some(due.in_year(year)))
        };
        let return_by =
            in_year(day.year()).filter(|due| day <= *due).or_else(|| in_year(day.year() + 1)).unwrap_or(day);
        let facts = json!({
            "number": format!("{school}-{}", return_by.year()),
            "measure": self.wanted.measure,
            "school": self.tree.name(Unit::School(school)),
            "term": term_text(return_by.year(), false),
            "return_by": return_by,
            "contact": self.contact(Unit::School(school))?,
            "issued_on": day,
        });
        Ok((vec![facts], format!("school:{school}")))
    }

    /// One list for each home county; the notices stay open until somebody settles them.
    pub(super) async fn migrant_handover(&self) -> Found {
        let text = self.wanted.authority.as_deref().ok_or_else(|| missing("主管单位代码", "the authority"))?;
        let authority = Division::read(text).ok_or_else(|| {
            Refusal::invalid("authority", "主管单位代码为 6 位数字", "an authority has a code of 6 digits")
        })?;
        let unit = Unit::Authority(authority);
        self.scope.unit(unit)?;
        self.tree.authority(authority).ok_or_else(Refusal::out_of_scope)?;
        let open = notices::Entity::find()
            .filter(notices::Column::Unit.eq(authority.as_str()))
            .filter(notices::Column::Kind.eq("migrant_handover"))
            .filter(notices::Column::DoneOn.is_null())
            .order_by_asc(notices::Column::Id)
            .all(self.look)
            .await
            .map_err(StoreError::from)?;
        let mut homes: BTreeMap<Division, Vec<Value>> = BTreeMap::new();
        let (mut without_home, mut a_school) = (0, None);
        for notice in &open {
            let Some(pupil) = notice.pupil_id else { continue };
            let Some(pupil) = read::pupil(self.look, pupil).await? else { continue };
            if pupil.standing.status != Status::DroppedOut {
                continue;
            }
            a_school = a_school.or(Some(pupil.standing.school));
            let Some(home) = pupil.basic.hukou_division else {
                without_home += 1;
                continue;
            };
            let case = match notice.case_id {
                Some(case) => read::case(self.look, case).await?,
                None => None,
            };
            let (left_on, reason, school, grade) = match &case {
                Some(case) => {
                    let (school, _, grade) = self.place_before(&pupil, case.id).await?;
                    let since =
                        if let Purpose::Dropout(dropout) = &case.purpose { dropout.since } else { pupil.since_on };
                    (since, case.reason.as_str(), school, grade)
                }
                None => (pupil.since_on, "辍学", pupil.standing.school, pupil.standing.grade),
            };
            homes.entry(home).or_default().push(json!({
                "pupil": Self::pupil(&pupil.key, pupil.student_no.as_str(), false),
                "school": self.tree.name(Unit::School(school)),
                "grade": grade,
                "guardian": Self::guardian(&pupil.basic)?,
                "address": on_record(&pupil.basic.address, "住址", "the address")?,
                "left_on": left_on,
                "reason": reason,
                "files": ["学籍卡", "辍学登记及劝返记录"],
            }));
        }
        if 0 < without_home {
            return Err(missing(
                &format!("{without_home} 名辍学随迁子女的户口所在地行政区划"),
                &format!("the home county of {without_home} migrant pupil(s) who dropped out"),
            )
            .remedy("请先在基本信息中补录 hukou_division", "let their schools enter `hukou_division` first")
            .into());
        }
        let Some(school) = a_school else {
            return Err(
                missing("待移交的辍学随迁子女", "migrant pupils who dropped out and wait to be handed over").into()
            );
        };
        let (term, ended_on) = self.last_term(school);
        let contact = self.contact(unit)?;
        let day = self.wanted.issued_on;
        let lists = homes.into_iter().map(|(home, handed)| {
            json!({
                "number": format!("YJ{authority}-{:04}{:02}{:02}-{home}", day.year(), day.month(), day.day_of_month()),
                "measure": self.wanted.measure,
                "authority": self.tree.name(unit),
                "home_authority": self.county_name(home),
                "home_division": home,
                "term": term,
                "term_ended_on": ended_on,
                "pupils": handed,
                "handed_by": contact["name"],
                "contact": contact,
                "issued_on": day,
            })
        });
        Ok((lists.collect(), format!("authority:{authority}")))
    }

    /// The term that has ended last, and the day on which it did; a list drawn up within a term counts to the term before it.
    fn last_term(&self, school: SchoolId) -> (String, Day) {
        let day = self.wanted.issued_on;
        let year = SchoolYear::of(day, self.policy.school_year_start()).start_year();
        let ends = [year, year - 1].into_iter().flat_map(|year| {
            let [autumn, spring] = self.tree.terms_at(school, year, &self.policy);
            [(year, true, spring.1), (year, false, autumn.1)]
        });
        let last = ends.filter(|(_, _, end)| *end <= day).max_by_key(|(_, _, end)| *end);
        last.map_or_else(|| (self.term(Some(school), day), day), |(year, second, end)| (term_text(year, second), end))
    }
}
