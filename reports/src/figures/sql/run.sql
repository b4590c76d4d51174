select run_id, day
from _run
