/*
What    the pupil ledger without pupils: how many moved between which accounts on which day, up to the run's day
Grain   effective_on, kind, explained, direction, school_id, stage, grade, status, other_school_id, other_grade, other_status
For     WH-03, WH-05, WH-07
Test    unique(effective_on, kind, explained, direction, school_id, stage, grade, status, other_school_id, other_grade, other_status)
Test    not_null(effective_on, kind, direction, school_id, stage, grade, status, movements, net)
Test    accepted(direction, in, out, within)
Column effective_on: the day on which the movements took effect
Column kind: 变动类别, or 期初, 无据出现, 无据变动, 无据消失
Column explained: whether somebody's change record (or the opening of a source) explains them
Column direction: into or out of the account; `within` where school, grade and status stay (调班, a corrected description)
Column school_id: the account: 学校标识码
Column stage: the account: 学段
Column grade: the account: 年级
Column status: the account: 学籍状态
Column other_school_id: the other account: 学校标识码; none where the pupils came from or went outside
Column other_grade: the other account: 年级
Column other_status: the other account: 学籍状态
Column movements: number of movements, those taken back deducted; `within` counts each pupil once
Column net: what they add to the headcount of the account
*/
with

entries as (

    select
        ledger.*,
        case when ledger.reverses then -1 else 1 end as times,
        case when (ledger.sign > 0) <> ledger.reverses then 'in' else 'out' end as side,
        (ledger.school_id is not distinct from ledger.other_school_id)
            and (ledger.grade is not distinct from ledger.other_grade)
            and (ledger.status is not distinct from ledger.other_status) as stays

    from ledger
    cross join _run
    where ledger.effective_on <= _run.day

)

select
    ---------- keys
    effective_on,
    kind,
    explained,
    case when stays then 'within' else side end as direction,
    school_id,
    stage,
    grade,
    status,
    other_school_id,
    other_grade,
    other_status,
    ---------- counts
    sum(case when stays and side = 'out' then 0 else times end) as movements,
    sum(sign) as net

from entries
group by
    effective_on, kind, explained, case when stays then 'within' else side end,
    school_id, stage, grade, status, other_school_id, other_grade, other_status
having sum(case when stays and side = 'out' then 0 else times end) <> 0 or sum(sign) <> 0
