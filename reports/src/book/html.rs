//! The report as one HTML file: style, pictures and figures inside, nothing fetched, readable without JavaScript.

mod drill;
mod overview;
mod table;

use crate::{
    chart::Chart,
    chart::picture::RenderError,
    figures::{Figures, Tree},
    format::{self, escape},
    label,
    standout::Standouts,
};

/// Writes the page.
///
/// # Errors
/// When a picture cannot be drawn.
pub fn page(figures: &Figures, tree: &Tree, charts: &[Chart]) -> Result<String, RenderError> {
    let title = tree.title(figures);
    let day = format::day(figures.run.day);
    let mut page = String::with_capacity(1 << 20);
    page.push_str("<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.push_str("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n");
    page.push_str("<meta name=\"referrer\" content=\"no-referrer\">\n");
    page.push_str(&format!("<title>{}学籍报告 {}</title>\n<style>\n", escape(&title), figures.run.day));
    page.push_str(include_str!("html/style.css"));
    page.push_str("</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#figures\">跳到关键数字</a>\n");
    page.push_str(&format!(
        "<header>\n<p class=\"kind\">学籍数据报告</p>\n<h1>{}</h1>\n<p>数据日 <strong>{day}</strong> · 第 <strong>{}</strong> 次发布 · {} 所学校 · {} 个数据来源</p>\n",
        escape(&title),
        figures.run.run_id,
        format::count(tree.totals.schools),
        Standouts::of(figures).sources,
    ));
    page.push_str("<nav aria-label=\"目录\"><a href=\"#figures\">关键数字</a><a href=\"#standouts\">值得注意</a><a href=\"#charts\">图</a><a href=\"#drill\">逐级查看</a><a href=\"#balance\">变动平衡表</a><a href=\"#sources\">数据来源</a><a href=\"#definitions\">指标说明</a></nav>\n</header>\n<main>\n");
    overview::key_figures(&mut page, figures, tree);
    overview::standouts(&mut page, &Standouts::of(figures));
    pictures(&mut page, charts)?;
    drill::section(&mut page, figures, tree);
    overview::balance(&mut page, figures);
    overview::sources(&mut page, figures);
    definitions(&mut page, figures);
    page.push_str(&format!(
        "</main>\n<footer><p>本报告由学籍数据仓库第 {} 次发布生成，数据日 {day}。报告不含学生姓名、证件号码和学籍号。</p></footer>\n<script>\n",
        figures.run.run_id
    ));
    page.push_str(include_str!("html/page.js"));
    page.push_str("</script>\n</body>\n</html>\n");
    Ok(page)
}

fn pictures(page: &mut String, charts: &[Chart]) -> Result<(), RenderError> {
    page.push_str("<section id=\"charts\">\n<h2>图</h2>\n");
    for chart in charts {
        let name = escape(&chart.name);
        page.push_str(&format!("<figure id=\"chart-{name}\">\n<div class=\"wide\">{}</div>\n", chart.wide.svg()?));
        page.push_str(&format!("<div class=\"narrow\">{}</div>\n</figure>\n", chart.narrow.svg()?));
    }
    page.push_str("</section>\n");
    Ok(())
}

fn definitions(page: &mut String, figures: &Figures) {
    page.push_str("<section id=\"definitions\">\n<h2>指标说明</h2>\n<dl>\n");
    let mut define = |term: &str, meaning: &str| {
        page.push_str(&format!("<dt>{}</dt><dd>{}</dd>\n", escape(term), escape(meaning)));
    };
    define("在读学生", "数据日当天学籍状态为“在读”的学生；休学、保留学籍的辍学学生不计。");
    define("班级与班额", "行政班；班额为班内在读学生数；没有学生的班级另计，不入比例。");
    for standard in &figures.standards {
        define(
            &format!("{}班额标准", standard.stage),
            &format!(
                "不超过 {} 人；{} 人及以上为大班额，{} 人及以上为超大班额。",
                standard.standard, standard.large_from, standard.oversize_from
            ),
        );
    }
    define("变动平衡表", "期初在校生＋增加－减少＝期末在校生，按学年、县、学段核对；升级为年级之间的流动，合计为零。");
    define("学籍管理维护费", "统计日在读学生数 × 每生标准，精确到分；由市、县从学校公用经费缴纳，不得向学生收取。");
    define("无据变动", "学生出现、变动或消失而没有任何单位的学籍变动记录。");
    for indicator in &label::INDICATORS {
        define(indicator.name, indicator.definition);
    }
    define("比率的合计", "先分别合计分子与分母，再相除；不对比率求平均。分母为零时不计算，以“—”表示。");
    page.push_str("</dl>\n</section>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_of_nothing_is_still_a_report() {
        let figures = Figures::default();
        let tree = Tree::of(&figures);
        let page = page(&figures, &tree, &crate::chart::all(&figures, &tree)).unwrap();
        assert!(page.contains("没有可画的数据"));
        assert!(page.ends_with("</html>\n"));
    }
}
