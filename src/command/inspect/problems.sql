select county_id, school_id, pupil_id, kind, field, detail, first_seen_on
from problems
order by county_id, school_id, kind, pupil_id, field
