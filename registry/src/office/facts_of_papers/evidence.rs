//! Evidence as papers name it.

use crate::case::Evidence;

/// What the words of the procedures are called in Chinese.
const NAMES: [(&str, &str); 22] = [
    ("admission_letter", "录取通知书"),
    ("court_declaration", "法院宣告判决书"),
    ("county_police_certificate", "县级公安机关证明"),
    ("death_certificate", "死亡证明"),
    ("fit_to_study", "可以正常学习的证明"),
    ("guardian_request", "监护人书面申请"),
    ("hospital_certificate", "县级以上医疗单位证明"),
    ("household_cancellation", "户口注销证明"),
    ("household_register", "居民户口簿"),
    ("household_register_certified", "经核验的户口簿页"),
    ("identity_change_approval", "公民身份信息变更审批表"),
    ("identity_document", "身份证件"),
    ("judicial_document", "司法机关文书"),
    ("other_certificate", "其他有效证明"),
    ("passport", "护照"),
    ("police_certificate", "公安派出所证明"),
    ("province_record", "外省学籍信息"),
    ("residence_certificate", "居住证明"),
    ("school_record", "原校学籍材料"),
    ("visa", "签证"),
    ("work_certificate", "工作调动证明"),
    ("work_contract", "劳动合同"),
];

/// Each piece by its description, else by what it shows.
pub(super) fn titles(evidence: &[Evidence]) -> Vec<&str> {
    evidence.iter().map(title).collect()
}

fn title(piece: &Evidence) -> &str {
    if !piece.title.trim().is_empty() {
        return &piece.title;
    }
    NAMES.iter().find(|(kind, _)| *kind == piece.kind).map_or(&piece.kind, |(_, name)| name)
}
