//! From the province down to a school: nested disclosures, so that a reader opens only what is asked for.

use std::collections::BTreeMap;

use super::table::table;
use crate::{
    figures::{ClassSize, Fee, Figures, Node, Rate, School, Totals, Tree, all_stages},
    format::{self, count, escape},
    label,
};

/// Schools beyond which the page shows a line per school but no details, so that it stays a few megabytes.
const DETAILED_SCHOOLS: usize = 4_000;
/// Rates that a unit's line of the page shows.
const IN_LINE: [&str; 3] = ["dropout_persons", "transfer_in", "transfer_out"];

/// Level and code: a prefecture's code stands at county level too, for the schools it runs itself (直管学校).
type Place<'a> = (&'a str, &'a str);

struct Lookup<'a> {
    rates: BTreeMap<Place<'a>, Vec<&'a Rate>>,
    fees: BTreeMap<Place<'a>, &'a Fee>,
    crowded: BTreeMap<&'a str, Vec<&'a ClassSize>>,
    detailed: bool,
}

/// Writes the section.
pub(super) fn section(page: &mut String, figures: &Figures, tree: &Tree) {
    page.push_str("<section id=\"drill\">\n<h2>逐级查看</h2>\n");
    let mut lookup = Lookup {
        rates: BTreeMap::new(),
        fees: BTreeMap::new(),
        crowded: BTreeMap::new(),
        detailed: figures.schools.len() <= DETAILED_SCHOOLS,
    };
    let (year, complete) = figures.school_year().unwrap_or(("", true));
    for rate in figures.rates.iter().filter(|rate| rate.school_year == year) {
        lookup.rates.entry((&rate.level, &rate.unit_id)).or_default().push(rate);
    }
    let fee_year = figures.fee_year();
    for fee in figures.fees.iter().filter(|fee| Some(fee.fee_year) == fee_year) {
        lookup.fees.insert((&fee.level, &fee.unit_id), fee);
    }
    for class in figures.class_sizes.iter().filter(|class| class.grading != "within") {
        lookup.crowded.entry(&class.school_id).or_default().push(class);
    }
    let rates = if year.is_empty() {
        String::new()
    } else {
        format!("比率为 {} 学年{}。", escape(year), if complete { "" } else { "截至数据日的数" })
    };
    let fees = fee_year.map(|year| format!("维护费为 {year} 年度。")).unwrap_or_default();
    page.push_str(&format!("<p>点开单位可看下级；点开学校可看年级、班额与比率。{rates}{fees}</p>\n"));
    if !lookup.detailed {
        page.push_str(&format!(
            "<p>学校超过 {} 所，本页每校一行；逐校明细请按单位代码另出报告。</p>\n",
            count(DETAILED_SCHOOLS as i64)
        ));
    }
    for root in &tree.roots {
        unit(page, root, &lookup, true);
    }
    page.push_str("</section>\n");
}

fn unit(page: &mut String, node: &Node, lookup: &Lookup, open: bool) {
    let totals = &node.totals;
    let id = escape(&node.authority.authority_id);
    page.push_str(&format!(
        "<details class=\"unit\" id=\"u{id}\"{}><summary><b>{}</b> <span>{} 所学校 · 在读 {} · {} 个班 · 大班额 {}</span></summary>\n",
        if open { " open" } else { "" },
        escape(&node.authority.name),
        count(totals.schools),
        count(totals.pupils),
        count(totals.classes),
        count(totals.large),
    ));
    if !node.children.is_empty() {
        let mut rows: Vec<Vec<String>> = node
            .children
            .iter()
            .map(|child| line(&child.authority.name, place(child), &child.totals, lookup))
            .collect();
        if !node.schools.is_empty() {
            let mut own = Totals::default();
            node.schools.iter().for_each(|(_, totals)| own.add(totals));
            rows.push(line("直管学校", ("county", &node.authority.authority_id), &own, lookup));
        }
        rows.push(line("合计", place(node), totals, lookup));
        table(page, &format!("{}：下级单位", node.authority.name), &heads(), rows);
    }
    page.push_str(&format!(
        "<details class=\"more\"><summary>{}：年级与性别、比率、维护费</summary>\n",
        escape(&node.authority.name)
    ));
    grades(page, totals);
    rates_and_fee(page, place(node), lookup);
    page.push_str("</details>\n");
    if !node.schools.is_empty() {
        schools(page, node, lookup);
    }
    for child in &node.children {
        unit(page, child, lookup, false);
    }
    page.push_str("</details>\n");
}

fn place(node: &Node) -> Place<'_> {
    (&node.authority.level, &node.authority.authority_id)
}

fn heads() -> Vec<(&'static str, bool)> {
    let fixed = [
        ("单位", false),
        ("学校", true),
        ("在读", true),
        ("男", true),
        ("女", true),
        ("班级", true),
        ("超标准", true),
        ("大班额", true),
        ("超大", true),
    ];
    let rates = IN_LINE.iter().map(|key| (label::indicator(key).map_or(*key, |known| known.name), true));
    fixed.into_iter().chain(rates).chain([("维护费（元）", true)]).collect()
}

fn line(name: &str, unit: Place, totals: &Totals, lookup: &Lookup) -> Vec<String> {
    let counts = [
        totals.schools,
        totals.pupils,
        totals.boys,
        totals.girls,
        totals.classes,
        totals.over,
        totals.large,
        totals.oversize,
    ];
    let rates = IN_LINE.iter().map(|indicator| format::rate(of_all_stages(unit, indicator, lookup)));
    let fee = lookup.fees.get(&unit).map_or_else(|| "—".to_owned(), |fee| format::yuan(fee.amount_fen));
    std::iter::once(name.to_owned()).chain(counts.into_iter().map(count)).chain(rates).chain([fee]).collect()
}

fn of_all_stages(unit: Place, indicator: &str, lookup: &Lookup) -> Option<f64> {
    let rates = lookup.rates.get(&unit)?.iter().copied().filter(|rate| rate.indicator == indicator);
    let (above, below) = all_stages(rates);
    (below > 0).then(|| above as f64 / below as f64)
}

fn grades(page: &mut String, totals: &Totals) {
    let rows = totals.grades().into_iter().map(|(stage, grade, [boys, girls, all])| {
        vec![stage, label::grade(grade), count(boys), count(girls), count(all)]
    });
    table(page, "", &[("学段", false), ("年级", false), ("男", true), ("女", true), ("合计", true)], rows);
}

fn rates_and_fee(page: &mut String, unit: Place, lookup: &Lookup) {
    let mut rates: Vec<&&Rate> =
        lookup.rates.get(&unit).into_iter().flatten().filter(|rate| rate.denominator > 0).collect();
    let order = |key: &str| label::INDICATORS.iter().position(|indicator| indicator.key == key);
    rates.sort_by_key(|rate| (order(&rate.indicator), label::stage_order(&rate.stage)));
    if !rates.is_empty() {
        let rows = rates.iter().map(|rate| {
            vec![
                label::indicator(&rate.indicator).map_or(rate.indicator.as_str(), |known| known.name).to_owned(),
                rate.stage.clone(),
                count(rate.numerator),
                count(rate.denominator),
                format::rate(rate.value),
            ]
        });
        table(page, "", &[("比率", false), ("学段", false), ("分子", true), ("分母", true), ("值", true)], rows);
    }
    if let Some(fee) = lookup.fees.get(&unit) {
        page.push_str(&format!(
            "<p>{} 年度维护费：{} 人 × {} 元 ＝ <strong>{}</strong> 元（{} 在读，{} 前缴纳）。</p>\n",
            fee.fee_year,
            count(fee.pupils),
            format::yuan(fee.rate_fen),
            format::yuan(fee.amount_fen),
            format::day(fee.snapshot_on),
            format::day(fee.due_on),
        ));
    }
}

fn schools(page: &mut String, node: &Node, lookup: &Lookup) {
    page.push_str("<div class=\"schools\">\n");
    for (school, totals) in &node.schools {
        if lookup.detailed {
            page.push_str(&format!("<details class=\"school\" id=\"s{}\"><summary>", escape(&school.school_id)));
            school_line(page, school, totals);
            page.push_str("</summary>\n");
            grades(page, totals);
            crowded(page, school, totals, lookup);
            rates_and_fee(page, ("school", &school.school_id), lookup);
            page.push_str("</details>\n");
        } else {
            page.push_str("<p class=\"school\">");
            school_line(page, school, totals);
            page.push_str("</p>\n");
        }
    }
    page.push_str("</div>\n");
}

fn school_line(page: &mut String, school: &School, totals: &Totals) {
    page.push_str(&format!(
        "<b>{}</b> <span>{} · 在读 {} · {} 个班{}</span>",
        escape(&school.name),
        escape(&school.kind),
        count(totals.pupils),
        count(totals.classes),
        if totals.large > 0 { format!(" · <em>大班额 {}</em>", count(totals.large)) } else { String::new() },
    ));
}

fn crowded(page: &mut String, school: &School, totals: &Totals, lookup: &Lookup) {
    page.push_str(&format!("<p>标识码 {}", escape(&school.school_id)));
    if let Some(central) = &school.parent_school_id {
        page.push_str(&format!("；中心校 {}", escape(central)));
    }
    if totals.problems > 0 {
        page.push_str(&format!("；问题记录 {} 条", count(totals.problems)));
    }
    let classes = lookup.crowded.get(school.school_id.as_str());
    match classes {
        None => page.push_str("；没有超标准的班级。</p>\n"),
        Some(classes) => {
            let words: Vec<String> = classes
                .iter()
                .map(|class| {
                    let name = if class.name.is_empty() { &class.class_id } else { &class.name };
                    let name = escape(&label::class(class.grade, name));
                    format!("{name} {} 人（{}）", count(class.pupils), escape(label::grading(&class.grading)))
                })
                .collect();
            page.push_str(&format!("；超标准的班级：{}。</p>\n", words.join("、")));
        }
    }
}
