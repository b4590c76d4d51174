select school_year, level, unit_id, stage, indicator, numerator, denominator, value, complete
from rates
where level <> 'school' or school_year = (select max(school_year) from rates)
