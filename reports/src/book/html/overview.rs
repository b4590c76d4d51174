//! The first screens of the page: key figures, what stands out, the trial balance, where the data came from.

use std::collections::{BTreeMap, BTreeSet};

use super::table::table;
use crate::{
    figures::{Fee, Figures, Tree, line_order},
    format::{self, count, escape},
    label,
    standout::Standouts,
};

/// Numbers that answer the first question.
pub(super) fn key_figures(page: &mut String, figures: &Figures, tree: &Tree) {
    let totals = &tree.totals;
    page.push_str("<section id=\"figures\">\n<h2>关键数字</h2>\n<ul class=\"cards\">\n");
    let mut card = |name: &str, value: &str, note: &str| {
        page.push_str(&format!(
            "<li><span class=\"name\">{}</span><span class=\"value\">{}</span><span class=\"note\">{}</span></li>\n",
            escape(name),
            escape(value),
            escape(note)
        ));
    };
    card("在读学生", &count(totals.pupils), &format!("男 {}，女 {}", count(totals.boys), count(totals.girls)));
    let stages: BTreeSet<(usize, &str)> =
        totals.by_grade.keys().map(|(order, stage, _, _)| (*order, stage.as_str())).collect();
    for (_, stage) in stages {
        card(stage, &count(totals.of_stage(stage)), "在读学生");
    }
    let share =
        |part: i64, whole: i64| if whole > 0 { format::percent(part as f64 / whole as f64) } else { "—".to_owned() };
    let empty = match totals.empty_classes {
        0 => String::new(),
        empty => format!("，另有空班 {}", count(empty)),
    };
    card("班级", &count(totals.classes), &format!("{} 所学校{empty}", count(totals.schools)));
    card("超过班额标准", &count(totals.over), &format!("占班级 {}", share(totals.over, totals.classes)));
    card("大班额", &count(totals.large), &format!("其中超大班额 {}", count(totals.oversize)));
    card("随迁子女", &count(totals.migrant), &format!("占在读 {}", share(totals.migrant, totals.pupils)));
    card("留守儿童", &count(totals.left_behind), &format!("占在读 {}", share(totals.left_behind, totals.pupils)));
    card("住校生", &count(totals.boarding), &format!("占在读 {}", share(totals.boarding, totals.pupils)));
    if let (Some(year), [root]) = (figures.fee_year(), tree.roots.as_slice()) {
        // A prefecture's code stands at county level too, for the schools it runs itself.
        let own = match figures.unit.as_deref() {
            Some(unit) if unit != root.authority.authority_id => ("school", unit),
            _ => (root.authority.level.as_str(), root.authority.authority_id.as_str()),
        };
        let of_own = |fee: &&Fee| fee.fee_year == year && (fee.level.as_str(), fee.unit_id.as_str()) == own;
        if let Some(fee) = figures.fees.iter().find(of_own) {
            card(
                &format!("{year} 年度维护费（元）"),
                &format::yuan(fee.amount_fen),
                &format!("{} 人", count(fee.pupils)),
            );
        }
    }
    card("问题记录", &count(figures.problems.len() as i64), "待核查");
    page.push_str("</ul>\n</section>\n");
}

/// What should be looked at first.
pub(super) fn standouts(page: &mut String, found: &Standouts) {
    page.push_str("<section id=\"standouts\">\n<h2>值得注意</h2>\n<div class=\"columns\">\n");
    page.push_str("<section>\n<h3>人数最多的班级</h3>\n");
    if found.crowded.is_empty() {
        page.push_str("<p class=\"good\">没有大班额。</p>\n");
    } else {
        let rows = found.crowded.iter().map(|crowded| {
            let class = &crowded.class;
            vec![
                label::school(&crowded.county, &crowded.school),
                label::class(class.grade, if class.name.is_empty() { &class.class_id } else { &class.name }),
                count(class.pupils),
                class.standard.to_string(),
                label::grading(&class.grading).to_owned(),
            ]
        });
        table(page, "", &[("学校", false), ("班级", false), ("人数", true), ("标准", true), ("分级", false)], rows);
    }
    page.push_str("</section>\n<section>\n<h3>无据变动</h3>\n");
    if found.unexplained.is_empty() {
        page.push_str("<p class=\"good\">所有变动都有学籍变动记录。</p>\n");
    } else {
        counts(page, "种类", found.unexplained.iter().map(|(kind, n)| (label::problem(kind).to_owned(), *n)));
        counts(page, "最多的单位", found.unexplained_by_county.iter().take(8).cloned());
    }
    page.push_str("</section>\n<section>\n<h3>未收行（隔离）</h3>\n");
    if found.rejected_rows == 0 {
        page.push_str("<p class=\"good\">最近一批数据没有被拒收的行。</p>\n");
    } else {
        page.push_str(&format!("<p>最近一批数据有 <strong>{}</strong> 行未计入。</p>\n", count(found.rejected_rows)));
        if found.rejected.is_empty() {
            page.push_str("<p>原因在隔离库中，须有权限方可查看；各文件行数见<a href=\"#sources\">数据来源</a>。</p>\n");
        } else {
            counts(page, "原因", found.rejected.iter().map(|(rule, n)| (label::problem(rule).to_owned(), *n)));
        }
    }
    page.push_str("</section>\n<section>\n<h3>迟到的来源</h3>\n");
    if found.late.is_empty() {
        page.push_str("<p class=\"good\">所有来源都已送达当日数据。</p>\n");
    } else {
        let rows =
            found.late.iter().map(|late| vec![late.name.clone(), format::day(late.day), late.behind.to_string()]);
        table(page, "", &[("来源", false), ("最近一批", false), ("落后天数", true)], rows);
    }
    page.push_str("</section>\n");
    if !found.problems.is_empty() {
        page.push_str("<section>\n<h3>其他问题记录</h3>\n");
        counts(page, "种类", found.problems.iter().map(|(kind, n)| (label::problem(kind).to_owned(), *n)));
        page.push_str("</section>\n");
    }
    page.push_str("</div>\n</section>\n");
}

fn counts(page: &mut String, head: &str, rows: impl Iterator<Item = (String, i64)>) {
    table(page, "", &[(head, false), ("数量", true)], rows.map(|(name, number)| vec![name, count(number)]));
}

/// The trial balance of the latest school year, all counties together, a column for each stage.
pub(super) fn balance(page: &mut String, figures: &Figures) {
    page.push_str("<section id=\"balance\">\n<h2>在校生变动平衡表</h2>\n");
    let Some(year) = figures.balance.iter().map(|line| line.school_year.as_str()).max() else {
        page.push_str("<p>没有变动。</p>\n</section>\n");
        return;
    };
    let mut stages: BTreeSet<(usize, &str)> = BTreeSet::new();
    let mut lines: BTreeMap<(usize, &str), BTreeMap<&str, i64>> = BTreeMap::new();
    for line in figures.balance.iter().filter(|line| line.school_year == year) {
        stages.insert((label::stage_order(&line.stage), &line.stage));
        *lines.entry((line_order(&line.line), &line.line)).or_default().entry(&line.stage).or_default() += line.pupils;
    }
    let heads: Vec<(&str, bool)> = [("项目", false)]
        .into_iter()
        .chain(stages.iter().map(|(_, stage)| (*stage, true)))
        .chain([("合计", true)])
        .collect();
    let rows = lines.iter().map(|((_, line), by_stage)| {
        let cells = stages.iter().map(|(_, stage)| count(by_stage.get(stage).copied().unwrap_or(0)));
        std::iter::once(label::line(line).into_owned()).chain(cells).chain([count(by_stage.values().sum())]).collect()
    });
    table(page, &format!("{year} 学年，单位：人"), &heads, rows);
    page.push_str("</section>\n");
}

/// Where the data came from.
pub(super) fn sources(page: &mut String, figures: &Figures) {
    page.push_str("<section id=\"sources\">\n<h2>数据来源</h2>\n<p>每个来源最近一批数据：收到的行 ＝ 计入 ＋ 隔离 ＋ 相同的重复行。</p>\n");
    let rows = figures.batches.iter().map(|batch| {
        vec![
            batch.source.clone(),
            batch.day.to_string(),
            batch.table.clone(),
            batch.file.clone(),
            batch.encoding.clone(),
            count(batch.rows),
            count(batch.accepted),
            count(batch.flagged),
            count(batch.rejected),
            count(batch.duplicates_dropped),
        ]
    });
    let heads = [
        ("来源", false),
        ("数据日", false),
        ("表", false),
        ("文件", false),
        ("编码", false),
        ("行", true),
        ("计入", true),
        ("其中存疑", true),
        ("隔离", true),
        ("重复", true),
    ];
    page.push_str("<details><summary>逐个文件</summary>\n");
    table(page, "", &heads, rows);
    page.push_str("</details>\n</section>\n");
}
