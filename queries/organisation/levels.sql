/*
What    the four levels at which figures are given
Grain   level
For     ORG-01
Test    unique(level)
Column level: province, prefecture, county, school
*/
select 'province' as level
union all
select 'prefecture'
union all
select 'county'
union all
select 'school'
