/*
What    the stages for which rates are given: each 学段 by itself, 义务教育 and 全部
Grain   stage, stage_group
For     WH-05
*/
select '小学' as stage, '小学' as stage_group
union all select '小学', '义务教育'
union all select '小学', '全部'
union all select '初中', '初中'
union all select '初中', '义务教育'
union all select '初中', '全部'
union all select '高中', '高中'
union all select '高中', '全部'
