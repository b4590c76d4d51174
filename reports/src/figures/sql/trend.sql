select effective_on as day, stage, sum(sign) as pupils
from ledger
where
    status = '在读'
    and effective_on <= (select max(day) from _run)
    and school_id in (select school_id from schools where {within})
group by effective_on, stage
