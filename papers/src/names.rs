//! What the fields of facts are called in Chinese and in English, for errors and forms.

/// Field names that are the same everywhere they stand.
const NAMES: &[(&str, &str)] = &[
    ("address", "户籍地址"),
    ("addressee", "报送对象"),
    ("applied_on", "申请日期"),
    ("authority", "学籍主管部门"),
    ("birth_date", "出生日期"),
    ("by", "经办人"),
    ("class", "班级"),
    ("clerk", "学籍管理员"),
    ("completed_on", "办结日期"),
    ("contact", "联系人"),
    ("count", "数量"),
    ("county_authority", "县级教育行政部门"),
    ("decided_on", "办理日期"),
    ("digest", "数据摘要"),
    ("electronic_seal", "电子章编号"),
    ("entered_on", "入学日期"),
    ("evidence", "证明材料"),
    ("extension", "是否延长休学"),
    ("figures", "上报内容"),
    ("files", "移交材料"),
    ("from", "转出学校或休学起始日期"),
    ("grade", "年级"),
    ("grade_before", "休学时年级"),
    ("graduated_on", "毕业日期"),
    ("guardian", "监护人"),
    ("handed_by", "移交人"),
    ("head", "负责人审签"),
    ("home_authority", "户籍所在地县级教育行政部门"),
    ("home_division", "户籍所在地行政区划"),
    ("homeroom_teacher", "班主任"),
    ("how", "方式"),
    ("id_kind", "身份证件类型"),
    ("id_no", "身份证件号"),
    ("issued_on", "成文日期"),
    ("issuer", "填表单位"),
    ("item", "项目"),
    ("left_on", "离校日期"),
    ("level", "报送单位层级"),
    ("lost_certificate", "原毕业证书编号"),
    ("measure", "依据办法"),
    ("mode", "审批方式"),
    ("name", "姓名或名称"),
    ("names", "姓名公示方式"),
    ("number", "编号"),
    ("office", "办理单位"),
    ("on", "日期"),
    ("opinion", "意见"),
    ("ordered_by_school", "是否学校令其休学"),
    ("phone", "联系电话"),
    ("posted_from", "公示起始日期"),
    ("posted_until", "公示截止日期"),
    ("pupil", "学生"),
    ("pupils", "学生名单"),
    ("purpose", "用途"),
    ("reason", "原因"),
    ("received_on", "收到日期"),
    ("registered_on", "登记日期"),
    ("registration_authority", "学籍主管部门"),
    ("relation", "关系"),
    ("remark", "备注"),
    ("result", "结果"),
    ("resumes_on", "复学日期"),
    ("return_by", "交回日期"),
    ("reviews", "上级审签"),
    ("school", "学校"),
    ("school_id", "学校标识码"),
    ("scope", "转学类别"),
    ("sex", "性别"),
    ("stage", "学段或办理环节"),
    ("steps", "办理环节"),
    ("student_no", "学籍号"),
    ("suspended_from", "休学起始日期"),
    ("suspended_until", "休学期满日期"),
    ("term", "学年学期"),
    ("term_ended_on", "学期结束日期"),
    ("to", "转入学校"),
    ("township", "乡镇人民政府"),
    ("until", "休学期满日期"),
    ("valid_until", "有效期至"),
    ("verdict", "审批结果"),
    ("verified_by", "验印机关"),
    ("verified_on", "验印日期"),
    ("visits", "劝返经过"),
];

/// The Chinese name of a field. All fields are ours, so every one has a name; a test sees to it.
pub(crate) fn chinese(field: &str) -> &'static str {
    NAMES.iter().find(|(name, _)| *name == field).map_or("所填事实", |(_, chinese)| chinese)
}

/// The English name: `student_no` is the student number.
pub(crate) fn english(field: &str) -> String {
    let name = match field.rsplit_once('_') {
        Some((stem, "no")) => format!("{stem} number"),
        Some((stem, "id")) => format!("{stem} identifier"),
        Some((stem, "on")) => format!("{stem} on which day"),
        _ => field.to_owned(),
    };
    name.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_in_order_and_none_stands_twice() {
        assert!(NAMES.is_sorted_by(|left, right| left.0 < right.0));
    }

    #[test]
    fn english_names_are_words() {
        assert_eq!(english("student_no"), "student number");
        assert_eq!(english("school_id"), "school identifier");
        assert_eq!(english("county_authority"), "county authority");
    }
}
