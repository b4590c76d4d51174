select fee_year, level, unit_id, snapshot_on, pupils, rate_fen, amount_fen, due_on
from fees
where level <> 'school' or fee_year = (select max(fee_year) from fees)
