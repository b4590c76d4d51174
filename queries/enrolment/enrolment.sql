/*
What    headcount of pupils 在读 on the run's day, by school and every dimension
Grain   prefecture_id, county_id, school_id, central_school_id, school_kind, ownership, urban_rural, stage, grade, sex, ethnicity, hukou_kind, study_mode, migrant, left_behind, disability
For     WH-04, ORG-01, ORG-02
Test    unique(prefecture_id, county_id, school_id, central_school_id, school_kind, ownership, urban_rural, stage, grade, sex, ethnicity, hukou_kind, study_mode, migrant, left_behind, disability)
Test    not_null(prefecture_id, county_id, school_id, central_school_id, stage, grade, sex, ethnicity, pupils)
Test    accepted(stage, 小学, 初中, 高中)
Test    relates_to(school_id, places.school_id)
Test    no_rows: select * from enrolment where pupils < 0
Column prefecture_id: the prefecture the school is counted under
Column county_id: the county-level unit the school is counted under
Column school_id: 学校标识码
Column central_school_id: group by this instead of school_id to fold branches (分校, 教学点) into the central school
Column school_kind: 学校类别
Column ownership: 学校办别
Column urban_rural: 驻地城乡类型
Column stage: 学段
Column grade: 年级
Column sex: 性别
Column ethnicity: 民族
Column hukou_kind: 户口性质
Column study_mode: 就读方式
Column migrant: 是否随迁子女
Column left_behind: 是否留守儿童
Column disability: 残疾类型
Column pupils: headcount
*/
select * from headcount_on()
