-- Rows that need a closer look, cell by cell: each different cell of a kind is read once. `odd` holds them as (tbl, row, raw).

create or replace temp table cells as
select odd.n, contract.pos, contract.field, contract.header, contract.required, contract.key, contract.holds, contract.list, odd.raw[contract.pos] as value
from odd inner join contract on odd.tbl = contract.tbl;

create or replace temp table readings as
with words as (select distinct required, key, holds, list, value, normal(value) as plain from cells where value is not null),
labelled as (
    select words.*, coalesce(a.label, b.label, c.label) as label
    from words
    left join spellings a on a.text = words.plain and a.list = case words.holds when 'grade' then '(grade)' when 'yes_no' then '(yes_no)' else words.list end
    left join spellings b on b.list = words.list and b.text = case when words.holds = 'label' then tidied(words.value) end
    left join spellings c on c.list = words.list and c.text = case when words.holds = 'label' then upper(tidied(words.value)) end
),
read as (
    select *, case
        when holds = 'text' then free_text(value)
        when plain = '' then ''
        when holds = 'digits' then case when is_mangled(value) then '!mangled' else plain end
        when holds = 'student_no' then case when regexp_full_match(places(value), '[GLJ][0-9]{17}[0-9X]') then places(value) when is_mangled(value) then '!mangled' end
        when holds = 'id_no' then case when is_mangled(value) then '!mangled' when is_id_shape(places(value)) then places(value) else plain end
        when holds = 'school_id' then case when regexp_full_match(plain, '[0-9]{10}') then plain when is_mangled(value) then '!mangled' end
        when holds = 'division' then case when regexp_full_match(plain, '[1-9][0-9]{5}([0-9]{6})?') then plain[1:6] when is_mangled(value) and (required or key) then '!mangled' end
        when holds = 'month' then as_month(plain)
        when holds = 'day' then as_day(plain)::varchar
        when holds = 'grade' then coalesce(label, case when regexp_matches(plain, '大班|中班|小班|托班|学前|幼儿') then '!kindergarten' end)
        when holds = 'count' then case when regexp_full_match(plain, '[0-9]+(\.0*)?') then try_cast(split_part(plain, '.', 1) as integer)::varchar end
        when holds = 'yes_no' then label
        when list = 'school_kind' and (coalesce(label, plain) in ('幼儿园', '附设幼儿班', '学前班', '学前教育', '托儿所', '11', '111', '119') or contains(coalesce(label, plain), '幼儿')) then '!kindergarten'
        when label is not null then label
        when required then '!unlisted'
        else '?' || plain end as got
    from labelled
)
select required, key, holds, list, value,
    case when got = '' or starts_with(got, '!') then null when holds = 'label' and starts_with(got, '?') then got[2:] else got end as text,
    case
        when got = '' then case when required then 'missing' end
        when got is null then case when required then 'unreadable' else 'optional_unreadable' end
        when got = '!mangled' then case when holds = 'digits' and not (required or key) then 'optional_unreadable' else 'mangled_number' end
        when got = '!kindergarten' then 'kindergarten'
        when got = '!unlisted' then 'unknown_code'
        when holds = 'label' and starts_with(got, '?') then 'optional_code'
    end as rule
from read;

create or replace temp table read_cells as
select cells.n, cells.pos, cells.field, cells.header, cells.value, readings.text,
    case when cells.value is null then case when cells.required then 'missing' end else readings.rule end as rule
from cells
left join readings on cells.required = readings.required and cells.key = readings.key and cells.holds = readings.holds
    and cells.list = readings.list and cells.value = readings.value;

insert into marks select '{{table}}', n, pos, header, rule, value, '' from read_cells where rule is not null;
