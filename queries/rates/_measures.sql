/*
What    the numbers rates are made of: stocks at the start of each statistical school year and the movements in it
Grain   school_year, level, unit_id, stage
For     WH-05
*/
select
    ---------- keys
    years.school_year,
    years.first_day as counted_on,
    years.last_day,
    years.year_number,
    units.level,
    units.unit_id,
    units.stage,
    ---------- stocks
    sum(case when units.school_year < years.school_year then units.enrolled_net else units.enrolled_start end) as enrolled,
    sum(case when units.school_year < years.school_year then units.suspended_net else units.suspended_start end) as suspended,
    sum(case when units.school_year < years.school_year then units.first_net else units.first_start end) as first_grade,
    sum(case when units.school_year < years.school_year then units.leaving_net else units.leaving_start end) as leaving_grade,
    sum(units.dropped_net) as dropped,
    ---------- movements of the year
    sum(case when units.school_year = years.school_year then units.transfer_in else 0 end) as transfer_in,
    sum(case when units.school_year = years.school_year then units.transfer_out else 0 end) as transfer_out,
    sum(case when units.school_year = years.school_year then units.suspension else 0 end) as suspension,
    sum(case when units.school_year = years.school_year then units.resumption else 0 end) as resumption,
    sum(case when units.school_year = years.school_year then units.graduation else 0 end) as graduation,
    sum(case when units.school_year = years.school_year then units.completion else 0 end) as completion,
    sum(case when units.school_year = years.school_year then units.repetition else 0 end) as repetition,
    sum(case when units.school_year = years.school_year then units.promotion else 0 end) as promotion,
    sum(case when units.school_year = years.school_year then units.net_loss else 0 end) as net_loss,
    sum(case when units.school_year = years.school_year then units.entered_in_august else 0 end) as entered_in_august,
    sum(case when units.school_year = years.school_year then units.entered_in_autumn else 0 end) as entered_in_autumn

from _unit_years as units
inner join _statistics_years as years on units.school_year <= years.school_year
group by
    years.school_year, years.first_day, years.last_day, years.year_number, units.level, units.unit_id, units.stage
