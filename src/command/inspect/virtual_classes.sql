select virtual_classes.county_id, virtual_classes.school_id, schools.name as school, virtual_classes.class_id, virtual_classes.signal, virtual_classes.pupils
from virtual_classes
left join schools on virtual_classes.school_id = schools.school_id
order by virtual_classes.county_id, virtual_classes.school_id, virtual_classes.class_id, virtual_classes.signal
