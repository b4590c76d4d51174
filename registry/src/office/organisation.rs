//! Units and accounts at the desk (ORG-01…ORG-10).

use domain::{calendar::Day, organisation::is_kindergarten};
use sea_orm::ActiveValue::Set;

use super::{
    Now,
    desk::{Desk, Done},
};
use crate::{
    actor::{Actor, Right, Role},
    command::{Answer, Command},
    event::{Event, Notice},
    officer::Officer,
    organisation::{Authority, School},
    refusal::Refusal,
    store::{
        StoreError, rows,
        table::{authorities, delegations, officers, schools, terms},
        write,
    },
    unit::Unit,
};

const ARTICLE_CREATION: &str = "皖教基〔2013〕20号 第六条";

impl Desk<'_> {
    pub(super) async fn organise(&mut self, actor: &Actor, command: &Command, now: &Now) -> Done<Answer> {
        match command {
            Command::EnterAuthority { authority } => self.enter_authority(actor, authority).await,
            Command::EnterSchool { school, account } => self.enter_school(actor, school, account, now).await,
            Command::ChangeSchool { school } => self.change_school(actor, school, now).await,
            Command::MergeSchool { school, into, reason } => {
                self.end_school(actor, *school, Unit::School(*into), reason, now).await
            }
            Command::CloseSchool { school, records_to, reason } => {
                self.end_school(actor, *school, *records_to, reason, now).await
            }
            Command::EnterOfficer { officer } => self.enter_officer(actor, officer, now).await,
            Command::TrainOfficer { account, on } => self.train(actor, account, *on, now).await,
            Command::DisableOfficer { account, reason } => self.disable(actor, account, reason, now).await,
            Command::Delegate { delegation } => {
                self.administers(actor, Unit::Authority(delegation.from))?;
                if delegation.document.trim().is_empty() || delegation.until < delegation.since {
                    return Err(Refusal::invalid(
                        "delegation",
                        "授权须有文号和起止日期",
                        "a delegation needs its paper and its days",
                    )
                    .into());
                }
                let id = self.state.next("delegation");
                let row =
                    delegations::ActiveModel { id: Set(id), data: Set(rows::json("delegations", "", delegation)?) };
                write::insert_all(self.tx, vec![row]).await?;
                self.changed(format!("delegation:{id}")).await
            }
            Command::SetTerms { terms: set } => {
                self.administers(actor, Unit::Authority(set.authority))?;
                let in_order =
                    set.autumn.0 < set.autumn.1 && set.autumn.1 < set.spring.0 && set.spring.0 < set.spring.1;
                if !in_order {
                    return Err(Refusal::invalid(
                        "terms",
                        "学期起止日先后有误",
                        "the days of the terms are out of order",
                    )
                    .into());
                }
                let row = terms::ActiveModel {
                    authority_id: Set(set.authority.to_string()),
                    year: Set(set.year),
                    data: Set(rows::json("terms", "", set)?),
                };
                write::put(self.tx, row, &[terms::Column::AuthorityId, terms::Column::Year]).await?;
                self.changed(format!("terms:{}:{}", set.authority, set.year)).await
            }
            Command::EnterClass { class } => self.enter_class(actor, class, now).await,
            Command::ChangeClass { class } => self.change_class(actor, class, now).await,
            _ => Err(Refusal::out_of_scope().into()),
        }
    }

    async fn changed(&mut self, id: String) -> Done<Answer> {
        self.organisation_changed().await?;
        Ok(Answer { id: Some(id), ..Answer::default() })
    }

    /// Administrators look after the units below their own.
    pub(super) fn administers(&self, actor: &Actor, unit: Unit) -> Result<(), Refusal> {
        actor.may(Right::Administer)?;
        actor.within(&self.tree, unit)
    }

    async fn enter_authority(&mut self, actor: &Actor, authority: &Authority) -> Done<Answer> {
        let parent = authority.parent.map(|parent| (parent, self.tree.authority(parent)));
        match parent {
            Some((_, None)) => {
                return Err(Refusal::invalid(
                    "authority.parent",
                    "没有这个上级单位",
                    "there is no such authority above",
                )
                .into());
            }
            Some((parent, _)) if authority.id.level() <= parent.level() => {
                return Err(Refusal::invalid(
                    "authority.parent",
                    "上级单位的级别须高于本单位",
                    "the authority above is of a higher level",
                )
                .into());
            }
            Some((parent, Some(_))) => self.administers(actor, Unit::Authority(parent))?,
            None if self.tree.authorities().next().is_none() => actor.may(Right::Administer)?,
            None => {
                return Err(Refusal::invalid(
                    "authority.parent",
                    "除省级外须有上级单位",
                    "only the province has no authority above",
                )
                .into());
            }
        }
        if self.tree.authority(authority.id).is_some() {
            return Err(Refusal::conflict(
                "authority.there",
                ARTICLE_CREATION,
                "单位已存在",
                "the authority is there already",
            )
            .into());
        }
        if authority.name.trim().is_empty() {
            return Err(Refusal::invalid("authority.name", "须有单位名称", "an authority has a name").into());
        }
        let row = authorities::ActiveModel {
            id: Set(authority.id.to_string()),
            data: Set(rows::json("authorities", authority.id.as_str(), authority)?),
        };
        write::insert_all(self.tx, vec![row]).await?;
        self.changed(format!("authority:{}", authority.id)).await
    }

    /// Only the provincial administrator creates schools (SC-2), each with its authority and its account.
    async fn enter_school(&mut self, actor: &Actor, school: &School, account: &Officer, now: &Now) -> Done<Answer> {
        actor.may(Right::Administer)?;
        if !actor.is_provincial() {
            return Err(Refusal::forbidden(
                ARTICLE_CREATION,
                "学校由省级管理员初始创建",
                "schools are created by the provincial administrator",
            )
            .into());
        }
        if self.tree.school(school.id).is_some() {
            return Err(Refusal::conflict(
                "school.there",
                ARTICLE_CREATION,
                "学校标识码已使用，不得重用",
                "the identifier is taken, for ever",
            )
            .into());
        }
        check_school(school)?;
        if self.tree.authority(school.authority).is_none() {
            return Err(Refusal::invalid("school.authority", "没有这个主管单位", "there is no such authority").into());
        }
        if school.parent.is_some_and(|parent| self.tree.school(parent).is_none_or(|parent| parent.parent.is_some())) {
            return Err(Refusal::invalid(
                "school.parent",
                "中心校不存在，或它本身是分校",
                "the central school is not there, or is a branch itself",
            )
            .into());
        }
        if school.closed_on.is_some() || school.successor.is_some() {
            return Err(
                Refusal::invalid("school.closed", "新建学校不得带撤并信息", "a new school is not closed").into()
            );
        }
        if account.unit != Unit::School(school.id) {
            return Err(
                Refusal::invalid("school.account", "账号须属于该校", "the account is to be the school's").into()
            );
        }
        // The account first: it may still be refused, and then the school is not there either.
        self.put_new_officer(account, now).await?;
        self.put_school(school).await?;
        self.changed(format!("school:{}", school.id)).await
    }

    pub(super) async fn put_school(&mut self, school: &School) -> Result<(), StoreError> {
        let row = schools::ActiveModel {
            id: Set(school.id.to_string()),
            data: Set(rows::json("schools", school.id.as_str(), school)?),
        };
        write::put(self.tx, row, &[schools::Column::Id]).await
    }

    async fn change_school(&mut self, actor: &Actor, school: &School, now: &Now) -> Done<Answer> {
        let before = self.tree.school(school.id).cloned().ok_or_else(Refusal::out_of_scope)?;
        self.was(&before);
        if actor.role == Role::Administrator {
            self.administers(actor, Unit::School(school.id))?;
        } else {
            self.for_school(actor, school.id, Right::Maintain, now)?;
        }
        check_school(school)?;
        let moved =
            school.authority != before.authority || school.parent != before.parent || school.kind != before.kind;
        if moved && actor.role != Role::Administrator {
            return Err(Refusal::forbidden(
                ARTICLE_CREATION,
                "主管单位、上级学校、学校类别由管理员变更",
                "authority, central school and kind are changed by an administrator",
            )
            .into());
        }
        if school.authority != before.authority {
            self.administers(actor, Unit::Authority(school.authority))?;
        }
        let is_central = self.tree.schools().any(|branch| branch.parent == Some(school.id));
        let no_central =
            |parent| self.tree.school(parent).is_none_or(|parent| parent.parent.is_some()) || parent == school.id;
        if school.parent.is_some_and(|parent| is_central || no_central(parent)) {
            return Err(Refusal::invalid(
                "school.parent",
                "中心校不存在，或它本身是分校",
                "the central school is not there, or is a branch itself",
            )
            .into());
        }
        let kept = School { closed_on: before.closed_on, successor: before.successor, ..school.clone() };
        self.put_school(&kept).await?;
        let answer = self.changed(format!("school:{}", school.id)).await?;
        if school.authority != before.authority {
            self.pass_steps_on(Unit::Authority(before.authority), actor, now).await?;
        }
        Ok(answer)
    }

    async fn enter_officer(&mut self, actor: &Actor, officer: &Officer, now: &Now) -> Done<Answer> {
        self.administers(actor, officer.unit)?;
        if self.is_new() && officer.role != Role::Administrator {
            return Err(Refusal::invalid(
                "officer.first",
                "第一个账号应为管理员",
                "the first account is an administrator's",
            )
            .into());
        }
        self.put_new_officer(officer, now).await?;
        self.report_registrar(officer, actor, now).await?;
        self.changed(format!("officer:{}", officer.account)).await
    }

    /// Registrars are reported to the level above (报送上一级备案, ORG-10).
    async fn report_registrar(&mut self, officer: &Officer, actor: &Actor, now: &Now) -> Done<()> {
        let above = match officer.unit {
            Unit::School(school) => self.tree.school(school).map(|school| school.authority),
            Unit::Authority(authority) => self.tree.authority(authority).and_then(|authority| authority.parent),
        };
        let Some(above) = above.filter(|_| officer.role == Role::Registrar) else { return Ok(()) };
        let notice = Notice {
            to: Unit::Authority(above),
            kind: "registrar_reported".to_owned(),
            pupil: None,
            case: None,
            due_on: None,
            article: "某省中小学生学籍管理办法 第二十七条".to_owned(),
        };
        self.persist(vec![Event::Notice { notice }], None, &actor.account, now).await?;
        Ok(())
    }

    async fn put_new_officer(&mut self, officer: &Officer, now: &Now) -> Done<()> {
        if self.officer(&officer.account).is_some() {
            return Err(Refusal::conflict(
                "officer.there",
                "皖教基〔2013〕20号 第三十条",
                "账号名已使用",
                "the account's name is taken",
            )
            .into());
        }
        let plain = officer.account.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        if officer.account.is_empty() || !plain || officer.account == "system" || officer.role == Role::System {
            return Err(Refusal::invalid(
                "officer.account",
                "账号名只用字母、数字、-_.，且不得为 system",
                "an account is of letters, digits, -, _ and ., and not `system`",
            )
            .into());
        }
        if officer.trained_on.is_some_and(|trained| now.today() < trained) {
            return Err(Refusal::invalid("future_date", "培训日期晚于今天", "the training lies in the future").into());
        }
        Ok(self.put_officer(officer).await?)
    }

    async fn put_officer(&mut self, officer: &Officer) -> Result<(), StoreError> {
        let row = officers::ActiveModel {
            account: Set(officer.account.clone()),
            unit: Set(officer.unit.to_string()),
            data: Set(rows::json("officers", &officer.account, officer)?),
        };
        write::put(self.tx, row, &[officers::Column::Account]).await
    }

    /// The training of a registrar, reported to the level above (ORG-10).
    async fn train(&mut self, actor: &Actor, account: &str, on: Day, now: &Now) -> Done<Answer> {
        let mut officer = self.officer(account).cloned().ok_or_else(Refusal::out_of_scope)?;
        self.was(&officer);
        if actor.role != Role::Registrar || !matches!(actor.unit, Unit::Authority(_)) {
            actor.may(Right::Administer)?;
        }
        actor.within(&self.tree, officer.unit)?;
        if now.today() < on {
            return Err(Refusal::invalid("future_date", "培训日期晚于今天", "the training lies in the future").into());
        }
        officer.trained_on = Some(on);
        self.put_officer(&officer).await?;
        self.report_registrar(&officer, actor, now).await?;
        self.changed(format!("officer:{account}")).await
    }

    async fn disable(&mut self, actor: &Actor, account: &str, reason: &str, now: &Now) -> Done<Answer> {
        let mut officer = self.officer(account).cloned().ok_or_else(Refusal::out_of_scope)?;
        self.was(&officer);
        self.administers(actor, officer.unit)?;
        if reason.trim().is_empty() {
            return Err(Refusal::invalid("reason", "须写明停用原因", "state why the account is disabled").into());
        }
        officer.disabled_on.get_or_insert(now.today());
        self.put_officer(&officer).await?;
        self.changed(format!("officer:{account}")).await
    }
}

fn check_school(school: &School) -> Result<(), Refusal> {
    if is_kindergarten(&school.kind) {
        return Err(Refusal::barred(
            "school.kindergarten",
            "皖教基〔2013〕20号 第十四条",
            "幼儿园不纳入中小学学籍管理",
            "pre-school education has no part in this registry",
        ));
    }
    let known = |list: &str, label: &str| {
        domain::code::CodeList::named(list).is_some_and(|list| list.label_of(label) == Some(label))
    };
    for (list, value, what) in [
        ("school_kind", &school.kind, "学校类别"),
        ("ownership", &school.ownership, "学校办别"),
        ("urban_rural", &school.urban_rural, "驻地城乡类型"),
    ] {
        if !known(list, value) {
            return Err(Refusal::invalid(
                &format!("school.{list}"),
                &format!("{what}不在代码表内"),
                &format!("`{list}` is not in its code list"),
            ));
        }
    }
    if school.name.trim().is_empty() {
        return Err(Refusal::invalid("school.name", "须有学校名称", "a school has a name"));
    }
    if school.kind == "高等学校" || school.grades().is_empty() {
        return Err(Refusal::invalid(
            "school.kind",
            "该类学校不在中小学学籍管理范围",
            "the kind has no grades of 1–12",
        ));
    }
    Ok(())
}
