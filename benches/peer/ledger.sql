-- Movements: each is explained by the paper that leads nearest to where the pupil now is; what no paper explains is a movement without papers.

create temp table papers as
select pupil_id, change_id, kind, effective_on, from_school_id, to_school_id, to_class_id, to_grade,
    case when kind in ('毕业', '结业', '肄业') then 0 when kind in ('升级', '留级', '跳级') then 1 when kind = '招生入学' then 2 else 3 end as step_order
from changes
where coalesce(result, '同意') = '同意' and effective_on <= {{day}} and pupil_id in (select pupil_id from moves)
    and change_id not in (select change_id from papers_used);

create temp table began as
select pupil_id, min(effective_on) as since, arg_min(kind, effective_on) as kind
from ledger_before semi join moves using (pupil_id) group by pupil_id;

create macro is_registered(a) as coalesce(a.status in ('在读', '休学', '辍学保留'), false);
create macro with_status(a, s) as struct_pack(school_id := a.school_id, class_id := a.class_id, grade := a.grade, stage := a.stage, status := s, sex := a.sex, ethnicity := a.ethnicity, hukou_kind := a.hukou_kind, study_mode := a.study_mode, migrant := a.migrant, left_behind := a.left_behind, disability := a.disability);
create macro stage_of(g) as case when g <= 6 then '小学' when g <= 9 then '初中' else '高中' end;
create macro moved(a, s, c, g, t) as struct_pack(school_id := s, class_id := c, grade := g, stage := stage_of(g), status := t, sex := a.sex, ethnicity := a.ethnicity, hukou_kind := a.hukou_kind, study_mode := a.study_mode, migrant := a.migrant, left_behind := a.left_behind, disability := a.disability);
-- After a placement; what the paper leaves open is read from where the pupil then stands in the same school.
create macro placed(a, t, p, b) as moved(a, coalesce(p.to_school_id, a.school_id),
    coalesce(p.to_class_id, case when b.school_id = coalesce(p.to_school_id, a.school_id) then b.class_id end, a.class_id),
    coalesce(p.to_grade, case when b.school_id = coalesce(p.to_school_id, a.school_id) and p.kind <> '调班' then b.grade end, a.grade), t);
create macro described(a, b) as struct_pack(school_id := a.school_id, class_id := a.class_id, grade := a.grade, stage := a.stage, status := a.status, sex := a.sex, ethnicity := b.ethnicity, hukou_kind := b.hukou_kind, study_mode := b.study_mode, migrant := b.migrant, left_behind := b.left_behind, disability := b.disability);
create macro resexed(a, b) as struct_pack(school_id := a.school_id, class_id := a.class_id, grade := a.grade, stage := a.stage, status := a.status, sex := b.sex, ethnicity := a.ethnicity, hukou_kind := a.hukou_kind, study_mode := a.study_mode, migrant := a.migrant, left_behind := a.left_behind, disability := a.disability);
create macro person(a) as [a.sex, a.ethnicity, a.hukou_kind, a.study_mode, a.migrant, a.left_behind, a.disability];
create macro nearness(a, b) as case
    when a is null and b is null then 5 when a is null then 0 when b is null then case when is_registered(a) then 0 else 5 end
    else (a.school_id = b.school_id)::integer + (a.school_id = b.school_id and a.class_id = b.class_id)::integer + (a.grade = b.grade)::integer
        + (a.status = b.status)::integer + (person(a) is not distinct from person(b))::integer end;
create macro enters(kind, to_school, now) as now is not null
    and kind in ('招生入学', '省内转学', '跨省转入', '跨境转入', '复学', '辍学复学') and coalesce(to_school = now.school_id, true);

create temp table steps as
with fitting as (
    select m.pupil_id, m.was, m.now, p.change_id, p.kind, p.effective_on, p.step_order,
        case
            when m.was is null or not is_registered(m.was) then case when enters(p.kind, p.to_school_id, m.now) then m.now end
            when p.from_school_id <> m.was.school_id then null
            when p.kind = '省内转学' then case
                when m.now is null then with_status(m.was, '转出')
                when is_registered(m.now) and m.now.school_id <> m.was.school_id and coalesce(p.to_school_id = m.now.school_id, true) then m.now
                when m.now.status = '转出' then m.now end
            when p.kind in ('跨省转出', '跨境转出') then with_status(m.was, '转出')
            when p.kind = '休学' and m.was.status = '在读' then with_status(m.was, '休学')
            when p.kind = '辍学' and m.was.status <> '辍学保留' then with_status(m.was, '辍学保留')
            when p.kind = '复学' and m.was.status = '休学' then placed(m.was, '在读', p, m.now)
            when p.kind = '辍学复学' and m.was.status = '辍学保留' then placed(m.was, '在读', p, m.now)
            when p.kind in ('退学', '死亡', '毕业', '结业', '肄业') then with_status(m.was, p.kind)
            when p.kind in ('升级', '留级', '跳级', '调班') then placed(m.was, m.was.status, p, m.now)
            when p.kind = '基本信息变更' and m.now is not null then described(m.was, m.now)
            when p.kind = '关键信息变更' and m.now is not null then resexed(m.was, m.now)
        end as step
    from moves m inner join papers p on m.pupil_id = p.pupil_id
    left join began b on m.pupil_id = b.pupil_id
    where b.since is null or b.since < p.effective_on or (b.since = p.effective_on and b.kind <> '期初')
)
select * from fitting
where step is not null and step is distinct from was and nearness(was, now) < nearness(step, now)
qualify row_number() over (partition by pupil_id order by case when was is null then 0 else -nearness(step, now) end, effective_on, step_order, change_id) = 1;

create temp table movements_tonight as
with firsts as (
    select pupil_id, effective_on, kind, true as explained, was as left_account,
        case when step.school_id = now.school_id and step.class_id = now.class_id and step.grade = now.grade and step.status = now.status then now else step end as entered
    from steps
),
rest as (
    select m.pupil_id, {{day}} as effective_on, coalesce(f.entered, m.was) as left_account, m.now as entered, m.was as first_left, f.pupil_id is not null as stepped
    from moves m left join firsts f on m.pupil_id = f.pupil_id
    where coalesce(f.entered, m.was) is distinct from m.now
        and not (m.now is null and (coalesce(f.entered, m.was) is null or not is_registered(coalesce(f.entered, m.was))))
)
select *, hash(pupil_id, effective_on, kind, left_account, entered) >> 1 as movement_id
from (
    select pupil_id, effective_on, kind, explained, left_account, entered from firsts
    union all
    select pupil_id, effective_on,
        case when entered is null then '无据消失'
            when is_registered(left_account) or not is_registered(entered) or is_registered(first_left) then '无据变动'
            else '无据出现' end,
        false, left_account, entered
    from rest
);
