select stage, standard, large_from, oversize_from
from _class_size_policy
where not teaching_point
