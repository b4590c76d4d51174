select
    school_id,
    min(name) as name,
    min(county_id) as county_id,
    min(prefecture_id) as prefecture_id,
    min(parent_school_id) as parent_school_id,
    min(kind) as kind,
    min(ownership) as ownership
from schools
group by school_id
