select
    separation.county_id, separation.school_id, schools.name as school, separation.class_id, separation.pupil_id, separation.signal,
    separation.attendance_source, separation.days, separation.last_day
from separation
left join schools on separation.school_id = schools.school_id
order by separation.county_id, separation.school_id, separation.signal, separation.pupil_id
