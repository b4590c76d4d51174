select pupil_id, school_id, county_id, kind, field, detail, first_seen_on
from problems
