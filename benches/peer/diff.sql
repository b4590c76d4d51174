-- Last night against tonight: `fresh` are tonight's records that last night did not have in these words, `gone` those of last night that tonight has not.

create temp table gone as
select p.* from read_parquet({{students_before}}) p
anti join (select digest from tonight_live) t on p.record_digest = t.digest;

create temp table fresh as select * from fresh_rows;

-- Who leaves under one number and comes under another the same night is one pupil: known by his own ID number, each exactly once.
create temp table renumbered_tonight as
with left_off as (select g.person_key, min(g.pupil_id) as pupil_id from gone g anti join fresh f on g.pupil_id = f.pupil_id
        where g.person_key is not null group by g.person_key having count(*) = 1),
    came as (select f.person_key, min(f.student_no) as student_no from fresh f anti join gone g on f.pupil_id = g.pupil_id
        where f.person_key is not null group by f.person_key having count(*) = 1)
select came.student_no, left_off.pupil_id, {{day}} as since_on, '{{source}}' as source
from left_off inner join came on left_off.person_key = came.person_key;

update fresh set pupil_id = r.pupil_id from renumbered_tonight r where fresh.student_no = r.student_no;

-- Every pupil whose account is another than before, with the account before and now.
create temp table moves as
select coalesce(f.pupil_id, g.pupil_id) as pupil_id, case when g.pupil_id is not null then {{account_of_g}} end as was, g.since_on,
    case when f.pupil_id is not null then {{account_of_f}} end as now
from fresh f full outer join gone g on f.pupil_id = g.pupil_id
where was is distinct from now;
