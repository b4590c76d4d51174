select county_id, school_id, pupil_id, kind, detail, first_seen_on
from problems
where kind in ('same_id_number', 'two_schools')
order by detail, county_id, school_id, pupil_id
