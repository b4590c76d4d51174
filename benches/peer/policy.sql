-- What the marts read beside the facts, and the policy's numbers as small tables.
create table ledger as select * from read_parquet('{out}/ledger/*.parquet');
create table findings as
select pupil_id, school_id, rule, field, rule as detail, date '{day}' as first_seen_on from finding_rows;
create table rivals as
select pupil_id, school_id, 'registry' as source, 'registry' as holder_source, date '{day}' as since_on from students limit 0;
create table batches as select 'registry' as source, date '{day}' as day;
alter table students add column source varchar default 'registry';
create table _class_size_policy as
select * from (values ('小学', 45, 56, 66), ('初中', 50, 56, 66), ('高中', 50, 56, 66)) as t(stage, standard, large_from, oversize_from);
create table _school_years as select * from (values ('2012-2013', 2012, date '2012-08-01', date '2013-07-31'))
    as t(school_year, year_number, first_day, last_day);
create table _statistics_years as select * from (values ('2012-2013', 2012, date '2012-09-01', date '2013-08-31'))
    as t(school_year, year_number, first_day, last_day);
create table _fee_policy as select 0 as fee_year, date '{day}' as snapshot_on, date '{day}' as due_on, 5000 as rate_fen limit 0;
