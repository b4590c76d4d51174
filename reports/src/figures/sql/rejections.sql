with

latest as (select source, max(day) as day from batches group by source),
refused as (select distinct source, day, "table", file, sheet, "row", rule from quarantine)

select refused.source, refused.rule, count(*) as "rows"
from refused
inner join latest on refused.source = latest.source and refused.day = latest.day
group by refused.source, refused.rule
