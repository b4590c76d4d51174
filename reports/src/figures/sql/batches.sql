with

latest as (select source, max(day) as day from batches group by source)

select
    batches.run_id,
    batches.source,
    batches.day,
    batches."table",
    batches.file,
    batches.encoding,
    batches."rows",
    batches.accepted,
    batches.flagged,
    batches.rejected,
    batches.duplicates_dropped
from batches
inner join latest on batches.source = latest.source and batches.day = latest.day
