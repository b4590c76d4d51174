-- What the law and the field's habits say, as small tables and macros: the columns of the contract, every spelling of a label, policy, calendar.

create table contract as
select "table" as tbl, header, field, required::boolean as required, key::boolean as key, holds, list,
    row_number() over (partition by "table" order by rowid)::integer as pos
from (select row_number() over () as rowid, * from read_csv('{{here}}/contract.csv', all_varchar = true, header = true, nullstr = '-'));

create type stage_t as enum ('小学', '初中', '高中');
create type yes_no_t as enum ('是', '否');
create type holder_t as enum ('self', 'guardian');

-- Full-width forms and their plain ones; digits and letters alone for free text, everything for numbers and labels.
set variable wide = (select string_agg(chr((65281 + i)::integer), '' order by i) || chr(12288) from range(94) r(i));
set variable narrow = (select string_agg(chr((33 + i)::integer), '' order by i) || ' ' from range(94) r(i));

create macro cut_edges(x) as regexp_replace(x, '^[\s\pZ\p{Cc}\x{FEFF}\x{200B}\x{2060}]+|[\s\pZ\p{Cc}\x{FEFF}\x{200B}\x{2060}]+$', '', 'g');
-- Most text is as it should be, which a look at its ends and its width tells for less than putting it right costs.
create macro normal(x) as case when strlen(x) = length(x) and x[1] > ' ' and x[-1] > ' ' then x
    when regexp_matches(x, '[\s\pZ\p{Cc}\x{FEFF}\x{200B}\x{2060}\x{FF01}-\x{FF5E}]') then cut_edges(translate(x, getvariable('wide'), getvariable('narrow')))
    else x end;
create macro tidied(x) as regexp_replace(replace(normal(x), '其它', '其他'), '[\s\pZ]', '', 'g');
create macro places(x) as upper(regexp_replace(normal(x), '[\s\pZ\p{Cf}]', '', 'g'));
create macro free_text(x) as case when not regexp_matches(x, '[\s\pZ\p{Cc}\x{FEFF}\x{200B}\x{2060}０-９Ａ-Ｚａ-ｚ]') then x else translate(cut_edges(x),
    '０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ',
    '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz') end;
create macro is_id_shape(x) as regexp_full_match(x, '[0-9]{17}[0-9X]');
-- The last of 18 places by ISO/IEC 7064 MOD 11-2.
create macro checksum_ok(x) as is_id_shape(x) and x[18] = '10X98765432'[1 + list_sum(list_transform(
    [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], lambda w, i: w * (ascii(x[i]) - 48)))::integer % 11];
create macro is_mangled(x) as regexp_full_match(normal(x), '[0-9]+(\.[0-9]+)?[eE][+-]?[0-9]+|[0-9]+\.0+')
    or (regexp_full_match(normal(x), '[0-9]{15}000') and not checksum_ok(normal(x)));

create macro in_our_times(d) as case when year(d) between 1900 and 2199 then d end;
create macro plain_day(d) as case
    when regexp_full_match(d, '[0-9]{5}') then case when d::integer between 20000 and 80000 then date '1899-12-30' + d::integer end
    when regexp_full_match(d, '[0-9]{8}') then in_our_times(try_cast(d[1:4] || '-' || d[5:6] || '-' || d[7:8] as date))
    when regexp_full_match(d, '[0-9]{4}(-[0-9]{1,2}-[0-9]{1,2}|/[0-9]{1,2}/[0-9]{1,2}|\.[0-9]{1,2}\.[0-9]{1,2}|年[0-9]{1,2}月[0-9]{1,2}日)')
        then in_our_times(try_cast(regexp_replace(rtrim(d, '日'), '[/.年月]', '-', 'g') as date))
    end;
create macro as_day(n) as plain_day(regexp_replace(n, '[ T] *(0?0:00(:00)?(\.0*)?Z?)?$', ''));
create macro as_month(n) as case
    when regexp_full_match(n, '20[0-9]{3}') then null
    when regexp_full_match(n, '[0-9]{6}') then strftime(in_our_times(try_cast(n[1:4] || '-' || n[5:6] || '-01' as date)), '%Y-%m')
    when regexp_full_match(n, '[0-9]{4}([-/.][0-9]{1,2}|年[0-9]{1,2}月)')
        then strftime(in_our_times(try_cast(regexp_replace(rtrim(n, '月'), '[/.年]', '-') || '-01' as date)), '%Y-%m')
    else strftime(as_day(n), '%Y-%m') end;

-- Every text that stands for a label; of two readings the one that comes first holds: labels, codes, variants, shortened codes.
create table code_lists as
select regexp_extract(filename, '([a-z_]+)\.csv$', 1) as list, code, label, origin, row_number() over () as nth
from read_csv('{{data}}/codes/*.csv', columns = {'code': 'VARCHAR', 'label': 'VARCHAR', 'origin': 'VARCHAR'},
    header = true, auto_detect = false, delim = ',', nullstr = '-', filename = true);

create table spellings as
with aliases as (
    select a.list, a.alias, a.label, row_number() over () as nth
    from read_csv('{{data}}/aliases/values.csv', columns = {'list': 'VARCHAR', 'alias': 'VARCHAR', 'label': 'VARCHAR'},
        header = true, auto_detect = false, delim = ',') a
    semi join code_lists c on a.list = c.list and a.label = c.label
),
numbers(word, n) as (
    select unnest(['一', '二', '三', '四', '五', '六', '七', '八', '九', '十', '十一', '十二']), unnest(range(1, 13))
    union all select unnest(list_transform(range(1, 13), lambda i: i::varchar)), unnest(range(1, 13))
    union all select unnest(list_transform(range(1, 10), lambda i: '0' || i)), unnest(range(1, 10))
),
prefixes(prefix, base, years, short) as (values ('', 0, 12, false), ('小学', 0, 6, true), ('小', 0, 6, true), ('初中', 6, 3, true), ('初', 6, 3, true), ('高中', 9, 3, true), ('高', 9, 3, true)),
grades as (
    select prefix || word || suffix as text, case when n <= years then base + n else n end as grade
    from numbers, prefixes, (values ('年级'), ('')) s(suffix)
    where (suffix <> '' or short or regexp_full_match(word, '[0-9]+')) and (n <= years or (base < n and n <= base + years))
),
offered as (
    select list, label as text, label, 1 as rank, nth from code_lists
    union all select list, code, label, 2, nth from code_lists where code <> ''
    union all select list, tidied(alias), label, 3, nth from aliases
    union all select list, upper(tidied(alias)), label, 3, nth from aliases
    union all select list, code::integer::varchar, label, 4, nth from code_lists where regexp_full_match(code, '[0-9]+')
    union all select list, printf('%02d', code::integer), label, 4, nth from code_lists where regexp_full_match(code, '[0-9]+')
    union all select list, tidied(label), label, 5, nth from code_lists
    union all select '(grade)', text, grade::varchar, 1, 1 from grades
    union all select '(yes_no)', unnest(['是', '1', 'Y', 'y', 'true', 'TRUE', 'True', '有']), '是', 1, 1
    union all select '(yes_no)', unnest(['否', '0', 'N', 'n', 'false', 'FALSE', 'False', '无']), '否', 1, 1
)
select list, text, arg_min(label, (rank, nth)) as label from offered group by list, text;

-- Divisions with which an ID number may begin, and what their six digits add to its check sum; the same of the eight of every day.
create table id_divisions as
select code::integer as code, list_sum(list_transform([7, 9, 10, 5, 8, 4], lambda w, i: w * (ascii(code[i]) - 48)))::integer % 11 as part
from (
    select code from read_csv('{{data}}/divisions/current.csv', all_varchar = true, header = true)
    where (level = 'county' and note is distinct from 'statistical') or note = 'no_counties'
    union select code from read_csv('{{data}}/divisions/historical.csv', all_varchar = true, header = true)
);
create table id_days as
select ymd::integer as ymd, day, list_sum(list_transform([2, 1, 6, 3, 7, 9, 10, 5], lambda w, i: w * (ascii(ymd[i]) - 48)))::integer % 11 as part
from (select d::date as day, strftime(d, '%Y%m%d') as ymd from range(timestamp '1900-01-01', timestamp '2030-01-01', interval 1 day) r(d));

-- Ages by grade at the cut-off of the day's school year.
create table grades as
with spans as (
    select g::integer as grade,
        case when g <= 6 then '小学' when g <= 9 then '初中' else '高中' end::stage_t as stage,
        {{entry_age}} + g - 1 - case when g <= 6 then {{younger_primary}} when g <= 9 then {{younger_junior}} else {{younger_senior}} end as youngest,
        {{entry_age}} + g - 1 + case when g <= 6 then {{older_primary}} when g <= 9 then {{older_junior}} else {{older_senior}} end as eldest
    from range(1, 13) r(g)
)
select grade, stage, youngest, eldest,
    make_date({{year}} - youngest, {{cut_month}}, {{cut_day}}) as born_by,
    make_date({{year}} - eldest - 1, {{cut_month}}, {{cut_day}}) + 1 as born_from,
    case when grade = 1 then make_date({{year}} - {{entry_age}}, {{cut_month}}, {{cut_day}}) else date '9999-12-31' end as old_enough_by
from spans;
create macro age_on(birth, day) as (year(day) * 10000 + month(day) * 100 + day(day) - year(birth) * 10000 - month(birth) * 100 - day(birth)) // 10000;

-- The same by place in a dictionary.
create type division_t as enum (select code::varchar from id_divisions order by code);
create type day_t as enum (select ymd::varchar from id_days order by ymd);
create type grade_t as enum (select grade::varchar from grades order by grade);
set variable division_parts = (select list(part order by code) from id_divisions);
set variable day_parts = (select list(part order by ymd) from id_days);
set variable stages = (select list(stage::varchar order by grade) from grades);
set variable born_from = (select list(born_from order by grade) from grades);
set variable born_by = (select list(born_by order by grade) from grades);
set variable old_enough_by = (select list(old_enough_by order by grade) from grades);
