//! Certificates for a third party: of enrolment, and of schooling in place of a lost certificate.

use domain::{
    calendar::Day,
    identity::StudentNo,
    movement::{MovementKind, Status},
    organisation::{AuthorityLevel, Stage},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use super::{Found, Reading, missing};
use crate::{
    certificate::Kind,
    office::OfficeError,
    pupil::{Pupil, Standing},
    refusal::Refusal,
    store::{
        StoreError, rows,
        table::{certificates, changes},
    },
    unit::Unit,
};

impl Reading<'_> {
    async fn wanted_pupil(&self) -> Result<Pupil, OfficeError> {
        let text = self.wanted.student_no.as_deref().ok_or_else(|| missing("学籍号", "the registration number"))?;
        let number = StudentNo::read(text)
            .ok_or_else(|| Refusal::invalid("student_no", "学籍号格式有误", "a registration number has 19 places"))?;
        self.scope.record(self.look, number).await
    }

    pub(super) async fn enrolment_certificate(&self) -> Found {
        let pupil = self.wanted_pupil().await?;
        let standing = &pupil.standing;
        if standing.status != Status::Enrolled {
            return Err(Refusal::barred(
                "paper.status",
                "本系统约定",
                &format!("该生当前状态为{}，不能出具在读证明", standing.status.label()),
                &format!("the pupil's status is {}; the certificate is of those enrolled", standing.status.label()),
            )
            .into());
        }
        let day = self.wanted.issued_on;
        let number = format!("ZD{:04}{:02}{:02}{:07}", day.year(), day.month(), day.day_of_month(), pupil.id);
        let facts = json!({
            "number": number,
            "measure": self.wanted.measure,
            "pupil": Self::pupil(&pupil.key, pupil.student_no.as_str(), true),
            "grade": standing.grade,
            "class": self.class_name(standing.school, &standing.class).await?,
            "entered_on": pupil.entry_month.first_day(),
            "school": self.tree.name(Unit::School(standing.school)),
            "school_id": standing.school,
            "issued_on": day,
        });
        Ok((vec![facts], format!("record:{}", pupil.id)))
    }

    pub(super) async fn schooling_certificate(&self) -> Found {
        let pupil = self.wanted_pupil().await?;
        let issued = certificates::Entity::find()
            .filter(certificates::Column::PupilId.eq(pupil.id))
            .order_by_desc(certificates::Column::IssuedOn)
            .order_by_desc(certificates::Column::Number)
            .all(self.look)
            .await
            .map_err(StoreError::from)?;
        let named = |kind: Kind, stage: Option<&str>| {
            issued.iter().find(|row| {
                row.kind
                    .split_once(':')
                    .is_some_and(|(of, at)| of == kind.name() && stage.is_none_or(|stage| at == stage))
            })
        };
        let replacement = named(Kind::Replacement, None).ok_or_else(|| {
            missing("已登记的学历证明", "a certificate of schooling on record")
                .remedy("请先登记补发学历证明", "let the school certify a `replacement` first")
        })?;
        let stage = replacement.kind.split_once(':').map(|(_, stage)| stage);
        let lost = named(Kind::Certificate, stage)
            .ok_or_else(|| missing("原毕业证书编号", "the number of the lost certificate"))?;
        let standing: Standing = rows::parsed("certificates", &replacement.number, &replacement.data)?;
        let school = self.tree.school(standing.school).ok_or_else(Refusal::out_of_scope)?;
        let finished =
            school.stage_of(standing.grade).filter(|_| standing.status == Status::Graduated).ok_or_else(|| {
                Refusal::barred(
                    "paper.status",
                    "某省中小学生学籍管理办法 第十七条",
                    "学历证明只证明毕业",
                    "only a graduation is certified",
                )
            })?;
        let (entered_on, graduated_on) = self.years_at(&pupil, &standing).await?;
        let facts = json!({
            "number": replacement.number,
            "measure": self.wanted.measure,
            "pupil": Self::pupil(&pupil.key, pupil.student_no.as_str(), true),
            "stage": finished.label(),
            "entered_on": entered_on,
            "graduated_on": graduated_on,
            "lost_certificate": lost.number,
            "school": school.name,
            "verified_by": self.verifier(&standing, finished)?,
            "issued_on": Day::from(replacement.issued_on),
        });
        Ok((vec![facts], format!("record:{}", pupil.id)))
    }

    /// The days of entry into a stage and of its end.
    async fn years_at(&self, pupil: &Pupil, standing: &Standing) -> Result<(Day, Day), OfficeError> {
        let moved = changes::Entity::find()
            .filter(changes::Column::PupilId.eq(pupil.id))
            .order_by_asc(changes::Column::Id)
            .all(self.look)
            .await
            .map_err(StoreError::from)?;
        let ended = moved
            .iter()
            .rposition(|row| {
                row.kind == MovementKind::Graduation.label()
                    && row.to_school.as_deref() == Some(standing.school.as_str())
                    && row.to_grade == Some(i16::from(standing.grade))
            })
            .ok_or_else(|| missing("毕业日期（无毕业记录）", "the day of graduation"))?;
        let enrolled = |row: &&changes::Model| row.kind == MovementKind::Enrolment.label();
        let entry = moved.iter().take(ended).rev().find(enrolled).map(|row| Day::from(row.effective_on));
        let entered_on = if pupil.standing == *standing {
            pupil.entry_month.first_day()
        } else {
            entry.unwrap_or(pupil.entry_month.first_day())
        };
        let graduated_on = moved.get(ended).map_or(pupil.since_on, |row| Day::from(row.effective_on));
        Ok((entered_on, graduated_on))
    }

    /// Who puts a seal to it: the authority of the school, of senior pupils that of the prefecture.
    fn verifier(&self, standing: &Standing, stage: Stage) -> Result<&str, Refusal> {
        let authority = self.tree.authority_of(standing.school).ok_or_else(Refusal::out_of_scope)?;
        let prefecture = authority.prefecture();
        let above = stage == Stage::Senior && authority.level() == AuthorityLevel::County;
        let verifier = if above && self.tree.authority(prefecture).is_some() { prefecture } else { authority };
        Ok(self.tree.name(Unit::Authority(verifier)))
    }
}
