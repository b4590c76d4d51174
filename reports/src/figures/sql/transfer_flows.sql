select school_year, from_unit, to_unit, kind, stage, sum(pupils) as pupils
from transfer_flows
group by school_year, from_unit, to_unit, kind, stage
