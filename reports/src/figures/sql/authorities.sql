select authority_id, min(name) as name, min(level) as level, min(parent_id) as parent_id
from authorities
group by authority_id
