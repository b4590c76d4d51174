/*
What    movements that no change record explains and no later run took back: a pupil who appeared, changed or vanished
Grain   movement_id
For     WH-08, SGN-03
Test    unique(movement_id)
Test    not_null(movement_id, pupil_id, kind, effective_on, school_id, county_id)
Test    accepted(kind, 无据出现, 无据变动, 无据消失)
Column movement_id: the movement of the ledger
Column pupil_id: the pupil's surrogate
Column kind: 无据出现, 无据变动 or 无据消失
Column effective_on: the day of the batch that showed it
Column county_id: the county-level unit of school_id
Column school_id: the school that has to explain it: where the pupil is now, or was last
Column class_id: 班号 there
Column grade: 年级 there
Column status: 学籍状态 there
Column other_school_id: the school on the other side of the movement; none where there was none
Column other_grade: 年级 there
Column other_status: 学籍状态 there
*/
with

sides as (

    select
        ledger.*,
        case when ledger.reverses then -1 else 1 end as times

    from ledger
    cross join _run
    where not ledger.explained
        and ledger.kind in ('无据出现', '无据变动', '无据消失')
        and ((ledger.sign > 0) <> ledger.reverses) = (ledger.kind <> '无据消失')
        and ledger.effective_on <= _run.day

),

standing as (

    select
        movement_id, pupil_id, kind, effective_on, school_id,
        min(class_id) as class_id,
        min(grade) as grade,
        min(status) as status,
        min(other_school_id) as other_school_id,
        min(other_grade) as other_grade,
        min(other_status) as other_status

    from sides
    group by movement_id, pupil_id, kind, effective_on, school_id
    having sum(times) > 0

)

select
    standing.movement_id,
    standing.pupil_id,
    standing.kind,
    standing.effective_on,
    coalesce(places.county_id, '未知') as county_id,
    standing.school_id,
    standing.class_id,
    standing.grade,
    standing.status,
    standing.other_school_id,
    standing.other_grade,
    standing.other_status

from standing
left join places on standing.school_id = places.school_id
