//! The Chinese words for names that tables keep in English, and the definition of each figure.

use std::borrow::Cow;

/// 学段 in their order.
pub const STAGES: [&str; 3] = ["小学", "初中", "高中"];

/// Where a stage stands among the others; a stage that nobody knows comes last.
pub fn stage_order(stage: &str) -> usize {
    STAGES.iter().position(|known| *known == stage).unwrap_or(STAGES.len())
}

/// 年级: `1` is 一年级, `7` 七年级, `10` 高一.
pub fn grade(grade: i64) -> String {
    const NAMES: [&str; 12] = [
        "一年级",
        "二年级",
        "三年级",
        "四年级",
        "五年级",
        "六年级",
        "七年级",
        "八年级",
        "九年级",
        "高一",
        "高二",
        "高三",
    ];
    usize::try_from(grade - 1)
        .ok()
        .and_then(|place| NAMES.get(place))
        .map_or_else(|| format!("{grade}年级"), |name| (*name).to_owned())
}

/// The level of an authority or a school in the tree.
pub fn level(level: &str) -> &str {
    match level {
        "province" => "省",
        "prefecture" => "市（州）",
        "county" => "县（市、区）",
        "school" => "学校",
        other => other,
    }
}

/// How a class stands against its standard.
pub fn grading(grading: &str) -> &str {
    match grading {
        "within" => "不超标准",
        "over" => "超过标准",
        "large" => "大班额",
        "oversize" => "超大班额",
        other => other,
    }
}

/// A line of the trial balance (在校生变动情况).
pub fn line(line: &str) -> Cow<'_, str> {
    match line.split_once(':') {
        Some(("in", kind)) => Cow::Owned(format!("增加：{kind}")),
        Some(("out", kind)) => Cow::Owned(format!("减少：{kind}")),
        _ if line == "opening" => Cow::Borrowed("期初在校生"),
        _ if line == "closing" => Cow::Borrowed("期末在校生"),
        _ => Cow::Borrowed(line),
    }
}

/// A kind of problem record or a rule of the checks, in words.
pub fn problem(kind: &str) -> &str {
    match kind {
        "missing" => "必填项为空",
        "unreadable" => "值无法识读",
        "unknown_code" => "不在代码表内（必填项）",
        "unknown_school" => "学校未登记",
        "unknown_class" => "班级未登记",
        "mangled_number" => "号码被表格软件改坏",
        "column_count" => "列数与表头不符",
        "conflicting_key" => "同一主键的另一行",
        "kindergarten" => "幼儿园不在学籍范围",
        "id_checksum" => "身份证号校验不通过",
        "id_division" => "身份证号行政区划不存在",
        "id_birth_date" => "出生日期与身份证号不符",
        "id_sex" => "性别与身份证号不符",
        "id_missing" => "缺身份证件号",
        "number_differs" => "学籍号与身份证号不符",
        "age_for_grade" => "年龄与年级不符",
        "entry_after_day" => "入学年月晚于数据日",
        "optional_code" => "选填项不在代码表内",
        "optional_unreadable" => "选填项无法识读",
        "two_schools" => "一人两校在籍",
        "same_id_number" => "同一身份证号两条学籍",
        "key_changed" => "关键信息无据变更",
        "unknown_pupil" => "变动记录查无此人",
        "unexplained_appearance" => "无据出现",
        "unexplained_change" => "无据变动",
        "unexplained_disappearance" => "无据消失",
        "in_transit" => "转学在途未接收",
        "dated_twice" => "同一转学两处日期不同",
        "attends_elsewhere" => "人籍分离：在他处就读",
        "attends_without_record" => "人籍分离：无籍就读",
        "never_attends" => "人籍分离：有籍无人",
        other => other,
    }
}

/// Whether a kind of problem is a movement that no change record explains.
pub fn is_unexplained(kind: &str) -> bool {
    kind.starts_with("unexplained")
}

/// A rate: its name, and what is divided by what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Indicator {
    /// The name of `rates.indicator`.
    pub key: &'static str,
    /// 名称
    pub name: &'static str,
    /// 分子与分母
    pub definition: &'static str,
}

const fn indicator_of(key: &'static str, name: &'static str, definition: &'static str) -> Indicator {
    Indicator { key, name, definition }
}

/// Every rate of `spec/warehouse.md`, in the order of the books.
pub const INDICATORS: [Indicator; 14] = [
    indicator_of(
        "dropout_persons",
        "辍学率（按人）",
        "学年内未毕业结业而离校的学生（含休学、退学、开除及转出后无处登记者）÷ 学年初在校生",
    ),
    indicator_of(
        "dropout_net",
        "辍学率（“两基”净额）",
        "（休学＋退学＋死亡＋转出＋其他减少－转入－复学－其他增加）÷ 学年初在校生；净流入的地方为负，只宜看全省",
    ),
    indicator_of(
        "dropout_registered",
        "辍学率（台账）",
        "现登记为辍学且未复学的学生 ÷ 学年初在校生；不含休学、死亡和已办结的转学",
    ),
    indicator_of("transfer_in", "转入率", "学年内办结的转入 ÷ 学年初在校生；本单位范围内的互转不计"),
    indicator_of("transfer_out", "转出率", "学年内办结的转出 ÷ 学年初在校生；本单位范围内的互转不计"),
    indicator_of("net_transfer", "净转移率", "转入率－转出率"),
    indicator_of("suspension", "休学率", "学年内休学 ÷ 学年初在校生"),
    indicator_of("resumption", "复学率", "学年内复学 ÷ 应复学的休学学生"),
    indicator_of("retention", "巩固率", "毕业班学生 ÷ 该届入学时学生（含正常流动）"),
    indicator_of("progression", "升学率", "毕业生中年底前在上一学段有在籍学籍者 ÷ 毕业生"),
    indicator_of("graduation", "毕业率", "毕业生 ÷ 毕业班学生"),
    indicator_of("completion", "结业率", "结业生 ÷ 毕业班学生"),
    indicator_of("repetition", "留级率", "本学年留在原年级的学生 ÷ 该年级上学年初在校生；义务教育阶段不得留级"),
    indicator_of("promotion", "升级率", "本学年升入上一年级的学生 ÷ 学年初在校生"),
];

/// The rate of this name, if the books know it.
pub fn indicator(key: &str) -> Option<&'static Indicator> {
    INDICATORS.iter().find(|indicator| indicator.key == key)
}

/// A class's name with its grade, which is left out where the name already tells it.
pub fn class(grade_of_class: i64, name: &str) -> String {
    let grade = grade(grade_of_class);
    if name.contains(&grade) { name.to_owned() } else { format!("{grade}{name}") }
}

/// A school's name with its county, which is left out where the name already tells it.
pub fn school(county: &str, name: &str) -> String {
    let place = place(county);
    if place.is_empty() || name.contains(place) { name.to_owned() } else { format!("{place} {name}") }
}

/// The place an authority administers, short enough for an axis: 蜀山区教育体育局 is 蜀山区.
pub fn place(name: &str) -> &str {
    const OFFICES: [&str; 8] =
        ["教育和体育局", "教育体育局", "教育与体育局", "教育委员会", "教育体育厅", "教体局", "教育局", "教育厅"];
    OFFICES.iter().find_map(|office| name.strip_suffix(office)).filter(|place| !place.is_empty()).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rate_has_one_definition() {
        for (place, indicator) in INDICATORS.iter().enumerate() {
            assert!(!indicator.definition.is_empty());
            assert!(!INDICATORS[..place].iter().any(|earlier| earlier.key == indicator.key));
        }
    }

    #[test]
    fn every_rule_of_the_checks_has_a_name() {
        for rule in domain::rule::RuleId::ALL {
            assert_ne!(problem(rule.as_str()), rule.as_str());
        }
    }

    #[test]
    fn words_fall_back_to_the_name_itself() {
        assert_eq!(grade(7), "七年级");
        assert_eq!(grade(13), "13年级");
        assert_eq!(line("in:招生入学"), "增加：招生入学");
        assert_eq!(line("opening"), "期初在校生");
        assert_eq!(problem("a_new_rule"), "a_new_rule");
        assert_eq!(place("蜀山区教育体育局"), "蜀山区");
        assert_eq!(place("教育局"), "教育局");
        assert_eq!(class(9, "九年级(6)班"), "九年级(6)班");
        assert_eq!(class(9, "(6)班"), "九年级(6)班");
        assert_eq!(school("南陵县教育局", "南陵县第一小学"), "南陵县第一小学");
        assert_eq!(school("南陵县教育局", "第一小学"), "南陵县 第一小学");
    }
}
