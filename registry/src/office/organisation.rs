//! Units, accounts and classes at the desk (ORG-01…ORG-10, CLS-02).

use domain::{
    calendar::Day,
    organisation::{AuthorityLevel, SchoolId, Stage, is_kindergarten},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, sea_query::Expr};

use super::{
    Now,
    desk::{Desk, Done},
};
use crate::{
    actor::{Actor, Right, Role},
    command::{Answer, Command},
    event::{Event, Notice},
    officer::Officer,
    organisation::{Authority, Class, School},
    pupil::{Mode, Movement, Pupil, Standing},
    refusal::Refusal,
    store::{
        StoreError, read, rows,
        table::{authorities, cases, classes, delegations, notices, officers, pupils, schools, terms},
        write,
    },
    unit::Unit,
};

const ARTICLE_CREATION: &str = "皖教基〔2013〕20号 第六条";
const ARTICLE_END: &str = "某省中小学生学籍管理办法 第十条";

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
    fn administers(&self, actor: &Actor, unit: Unit) -> Result<(), Refusal> {
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
        let provincial = matches!(actor.unit, Unit::Authority(unit) if unit.level() == AuthorityLevel::Province);
        if !provincial {
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

    async fn put_school(&mut self, school: &School) -> Result<(), StoreError> {
        let row = schools::ActiveModel {
            id: Set(school.id.to_string()),
            data: Set(rows::json("schools", school.id.as_str(), school)?),
        };
        write::put(self.tx, row, &[schools::Column::Id]).await
    }

    async fn change_school(&mut self, actor: &Actor, school: &School, now: &Now) -> Done<Answer> {
        let before = self.tree.school(school.id).cloned().ok_or_else(Refusal::out_of_scope)?;
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

    /// Steps that waited for a unit pass to whoever they belong to now; their periods stay (TR-16).
    async fn pass_steps_on(&mut self, before: Unit, actor: &Actor, now: &Now) -> Done<()> {
        let waiting = cases::Entity::find()
            .filter(cases::Column::Turn.eq(before.as_str()))
            .filter(cases::Column::State.is_in(["open", "returned"]))
            .all(self.tx)
            .await?;
        let (tree, books) = (std::sync::Arc::clone(&self.tree), self.books);
        for row in waiting {
            let mut case = rows::case(&row)?;
            let mut scene = self.scene(&tree, books, actor, now);
            self.load(&mut scene, &case).await?;
            let unit = crate::application::turn(&scene, &case)?;
            let (at, id) = (case.at, case.id);
            if case.state == crate::case::State::Returned {
                // Nothing of it changes but whose it is to complete.
                self.persist(vec![Event::Advanced { case }], Some(id), &actor.account, now).await?;
            } else if let Some(step) = case.steps.get_mut(at).filter(|step| step.unit != unit) {
                step.unit = unit;
                case.version += 1;
                self.persist(vec![Event::Advanced { case }], Some(id), &actor.account, now).await?;
            }
        }
        Ok(())
    }

    /// Merger or closure: records, open cases, notices and archives go to the successor; nothing is orphaned (ORG-08, TR-16).
    async fn end_school(&mut self, actor: &Actor, id: SchoolId, heir: Unit, reason: &str, now: &Now) -> Done<Answer> {
        self.administers(actor, Unit::School(id))?;
        let school = self.tree.school(id).cloned().ok_or_else(Refusal::out_of_scope)?;
        if school.closed_on.is_some() {
            return Err(
                Refusal::conflict("school.closed", ARTICLE_END, "学校已撤并", "the school is closed already").into()
            );
        }
        if reason.trim().is_empty() {
            return Err(Refusal::invalid("reason", "须写明撤并依据", "state the ground").into());
        }
        match heir {
            Unit::School(into) => {
                self.administers(actor, heir)?;
                let open = self.tree.school(into).is_some_and(|into| into.is_open(now.today()));
                if !open || into == id {
                    return Err(Refusal::invalid(
                        "school.into",
                        "并入的学校不存在或已撤并",
                        "the absorbing school is not there or not open",
                    )
                    .into());
                }
            }
            Unit::Authority(authority) => {
                if self.tree.authority(authority).is_none() {
                    return Err(Refusal::invalid(
                        "school.records_to",
                        "接管单位不存在",
                        "there is no such unit to take the records",
                    )
                    .into());
                }
                let left = self.open_records(id).await?;
                if 0 < left {
                    return Err(Refusal::barred(
                        "school.pupils",
                        ARTICLE_END,
                        &format!("还有 {left} 名学生的学籍在校，不能撤销"),
                        &format!("{left} open records are still at the school"),
                    )
                    .remedy("请先转出，或按合并办理", "transfer them first, or merge the school")
                    .into());
                }
            }
        }
        if self.tree.schools().any(|branch| branch.parent == Some(id) && branch.closed_on.is_none()) {
            return Err(Refusal::barred(
                "school.branches",
                ARTICLE_END,
                "尚有分校或教学点",
                "the school still has branches",
            )
            .into());
        }
        let mut moved = 0;
        if let Unit::School(into) = heir {
            moved = self.move_records(&school, into, reason, actor, now).await?;
        }
        let authority = school.authority;
        let ended = School { closed_on: Some(now.today()), successor: Some(heir), ..school };
        self.put_school(&ended).await?;
        self.organisation_changed().await?;
        self.pass_steps_on(Unit::School(id), actor, now).await?;
        // Another authority may look after the records now.
        self.pass_steps_on(Unit::Authority(authority), actor, now).await?;
        notices::Entity::update_many()
            .col_expr(notices::Column::Unit, Expr::value(heir.to_string()))
            .filter(notices::Column::Unit.eq(id.as_str()))
            .filter(notices::Column::DoneOn.is_null())
            .exec(self.tx)
            .await?;
        let notice = Notice {
            to: heir,
            kind: "archives_handed_over".to_owned(),
            pupil: None,
            case: None,
            due_on: None,
            article: ARTICLE_END.to_owned(),
        };
        self.persist(vec![Event::Notice { notice }], None, &actor.account, now).await?;
        Ok(Answer { id: Some(format!("school:{id}")), pupils: moved, ..Answer::default() })
    }

    async fn open_records(&self, school: SchoolId) -> Result<u64, StoreError> {
        Ok(pupils::Entity::find()
            .filter(pupils::Column::SchoolId.eq(school.as_str()))
            .filter(pupils::Column::Status.is_in(["在读", "休学", "辍学保留"]))
            .count(self.tx)
            .await?)
    }

    /// Classes come along under new numbers where theirs are taken; every open record moves.
    async fn move_records(
        &mut self,
        school: &School,
        into: SchoolId,
        reason: &str,
        actor: &Actor,
        now: &Now,
    ) -> Done<u64> {
        let absorbing = self.tree.school(into).cloned().ok_or_else(Refusal::out_of_scope)?;
        let rows = pupils::Entity::find().filter(pupils::Column::SchoolId.eq(school.id.as_str())).all(self.tx).await?;
        let records = rows.into_iter().map(rows::pupil).collect::<Result<Vec<Pupil>, _>>()?;
        // Before anything is written, for a refusal undoes nothing.
        let untaught =
            |pupil: &&Pupil| pupil.standing.status.is_registered() && !absorbing.teaches(pupil.standing.grade);
        if let Some(pupil) = records.iter().find(untaught) {
            return Err(Refusal::barred(
                "school.grades",
                ARTICLE_END,
                &format!("并入学校不设 {} 年级", pupil.standing.grade),
                &format!("the absorbing school does not teach grade {}", pupil.standing.grade),
            )
            .remedy("请先变更并入学校的学校类别", "change the kind of the absorbing school first")
            .into());
        }
        let there = read::classes_of(self.tx, into).await?;
        let mut renamed = std::collections::HashMap::new();
        let mut own: Vec<Class> = read::classes_of(self.tx, school.id).await?.into_values().collect();
        own.sort_by(|a, b| a.id.cmp(&b.id));
        for class in own {
            let mut id = class.id.clone();
            let mut n = 1;
            while there.contains_key(&id) || renamed.values().any(|taken| *taken == id) {
                id = format!("{}{n:02}", class.id);
                n += 1;
            }
            renamed.insert(class.id.clone(), id.clone());
            self.put_class(&Class { school: into, id, ..class }).await?;
        }
        classes::Entity::delete_many().filter(classes::Column::SchoolId.eq(school.id.as_str())).exec(self.tx).await?;
        let mut events = Vec::new();
        for pupil in records {
            let class = renamed.get(&pupil.standing.class).cloned().unwrap_or_else(|| pupil.standing.class.clone());
            let to = Standing { school: into, class, ..pupil.standing.clone() };
            let movement = Movement {
                kind: domain::movement::MovementKind::TransferWithinProvince,
                effective_on: now.today().max(pupil.since_on),
                from: Some(pupil.standing.clone()),
                to: Some(to.clone()),
                reason: reason.to_owned(),
                counterpart: "学校合并".to_owned(),
                applied_on: Some(now.today()),
                decided_on: Some(now.today()),
                mode: Mode::Manual,
            };
            let since_on = now.today().max(pupil.since_on);
            let pupil = Pupil { standing: to, since_on, version: pupil.version + 1, ..pupil };
            events.push(Event::Moved { pupil, movement, new_stage: false });
        }
        Ok(self.persist(events, None, &actor.account, now).await?)
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
        self.administers(actor, officer.unit)?;
        if reason.trim().is_empty() {
            return Err(Refusal::invalid("reason", "须写明停用原因", "state why the account is disabled").into());
        }
        officer.disabled_on.get_or_insert(now.today());
        self.put_officer(&officer).await?;
        self.changed(format!("officer:{account}")).await
    }

    async fn enter_class(&mut self, actor: &Actor, class: &Class, now: &Now) -> Done<Answer> {
        self.for_school(actor, class.school, Right::Maintain, now)?;
        let school = self.tree.school(class.school).cloned().ok_or_else(Refusal::out_of_scope)?;
        if read::class(self.tx, class.school, &class.id).await?.is_some() {
            return Err(Refusal::conflict("class.there", "数据规范", "班号已使用", "the class number is taken").into());
        }
        check_class(class, &school, now.today())?;
        self.put_class(class).await?;
        Ok(Answer { id: Some(format!("class:{}:{}", class.school, class.id)), ..Answer::default() })
    }

    async fn change_class(&mut self, actor: &Actor, class: &Class, now: &Now) -> Done<Answer> {
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
