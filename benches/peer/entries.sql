select movement_id::bigint as movement_id, effective_on, {{run}}::bigint as run_id, pupil_id, kind, explained, sign::integer as sign,
    account.school_id as school_id, account.class_id as class_id, account.grade as grade, account.stage as stage, account.status as status,
    account.sex as sex, account.ethnicity as ethnicity, account.hukou_kind as hukou_kind, account.study_mode as study_mode, account.migrant as migrant,
    account.left_behind as left_behind, account.disability as disability, false as reverses,
    other.school_id as other_school_id, other.grade as other_grade, other.status as other_status
from (
    select *, -1 as sign, left_account as account, entered as other from movements_tonight where left_account is not null
    union all
    select *, 1, entered, left_account from movements_tonight where entered is not null
)
