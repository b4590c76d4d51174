select school_year, county_id, stage, line, sum(pupils) as pupils
from balance
where {within}
group by school_year, county_id, stage, line
