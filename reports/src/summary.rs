//! The night in a screenful: what came in, how many pupils there are, what stands out. For the terminal, aligned for Chinese.

use chrono::NaiveDate;

use crate::{
    figures::{Figures, Tree},
    format::{self, count},
    label,
    standout::Standouts,
};

/// The widest line.
const COLUMNS: usize = 78;

/// What the summary tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// The unit or province.
    pub title: String,
    /// The run's day.
    pub day: NaiveDate,
    /// The published run; none where nothing was published.
    pub run_id: Option<u64>,
    /// Batches taken.
    pub taken: usize,
    /// Batches held: source and reason.
    pub held: Vec<(String, String)>,
    /// Batches refused: source and reason.
    pub refused: Vec<(String, String)>,
    /// Rows in.
    pub rows: Rows,
    /// Pupils 在读 by stage; the sum is shown as well.
    pub pupils: Vec<(String, i64)>,
    /// What stands out, one line each.
    pub standouts: Vec<String>,
    /// Where to look next: what it is, and the path.
    pub files: Vec<(String, String)>,
}

/// Rows of a night.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rows {
    /// Rows in.
    pub received: i64,
    /// Rows counted, flagged ones among them.
    pub accepted: i64,
    /// Rows counted with a remark.
    pub flagged: i64,
    /// Rows in quarantine.
    pub rejected: i64,
    /// Identical rows dropped.
    pub duplicates_dropped: i64,
}

impl Summary {
    /// The summary of a published run's figures. Held and refused batches are not in them: the caller adds those.
    pub fn of(figures: &Figures, tree: &Tree) -> Summary {
        let found = Standouts::of(figures);
        let mut rows = Rows::default();
        let mut sources = std::collections::BTreeSet::new();
        for batch in figures.batches.iter().filter(|batch| batch.day == figures.run.day) {
            sources.insert(&batch.source);
            rows.received += batch.rows;
            rows.accepted += batch.accepted;
            rows.flagged += batch.flagged;
            rows.rejected += batch.rejected;
            rows.duplicates_dropped += batch.duplicates_dropped;
        }
        let mut stages: Vec<String> = tree.totals.grades().into_iter().map(|(stage, _, _)| stage).collect();
        stages.dedup();
        Summary {
            title: tree.title(figures),
            day: figures.run.day,
            run_id: Some(figures.run.run_id),
            taken: sources.len(),
            rows,
            pupils: stages.into_iter().map(|stage| (stage.clone(), tree.totals.of_stage(&stage))).collect(),
            standouts: sentences(&found, tree),
            ..Summary::default()
        }
    }

    /// The summary as plain text, lines ending in a line feed.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |words: &str| {
            text.push_str(words.trim_end());
            text.push('\n');
        };
        let run = self.run_id.map_or_else(|| "没有发布".to_owned(), |run| format!("第 {run} 次发布"));
        line(&format!("{}  {}  {run}", format::printable(&self.title), format::day(self.day)));
        line(&"─".repeat(COLUMNS));
        line(&pair(
            "批次",
            &[("已收", self.taken as i64), ("暂存", self.held.len() as i64), ("退回", self.refused.len() as i64)],
        ));
        let rows = &self.rows;
        line(&pair("数据行", &[("收到", rows.received), ("计入", rows.accepted), ("隔离", rows.rejected)]));
        line(&pair("", &[("存疑", rows.flagged), ("重复", rows.duplicates_dropped)]));
        if !self.pupils.is_empty() {
            let all = self.pupils.iter().map(|(_, pupils)| pupils).sum();
            let stages: Vec<(&str, i64)> =
                self.pupils.iter().map(|(stage, pupils)| (stage.as_str(), *pupils)).collect();
            line(&pair("在读学生", &[("合计", all)]));
            for part in stages.chunks(3) {
                line(&pair("", part));
            }
        }
        let mut list = |head: &str, items: &[String]| {
            for (place, item) in items.iter().enumerate() {
                let head = if place == 0 { head } else { "" };
                for (part, words) in format::wrap(item, COLUMNS - 14).iter().enumerate() {
                    let (head, mark) = if part == 0 { (head, "·") } else { ("", " ") };
                    line(&format!("{}{mark} {words}", format::left(head, 12)));
                }
            }
        };
        let reasons = |batches: &[(String, String)]| -> Vec<String> {
            batches
                .iter()
                .map(|(source, reason)| format!("{}：{}", format::printable(source), format::printable(reason)))
                .collect()
        };
        list("退回", &reasons(&self.refused));
        list("暂存", &reasons(&self.held));
        list("值得注意", &self.standouts);
        let files: Vec<String> =
            self.files.iter().map(|(what, path)| format!("{}{path}", format::left(what, 10))).collect();
        for (place, file) in files.iter().enumerate() {
            line(&format!("{}  {file}", format::left(if place == 0 { "文件" } else { "" }, 12)));
        }
        text
    }
}

/// A heading and up to three counts, in columns.
fn pair(head: &str, counts: &[(&str, i64)]) -> String {
    let mut line = format::left(head, 12);
    for (name, number) in counts {
        line.push_str(&format!("{}{}    ", format::left(name, 6), format::right(&count(*number), 12)));
    }
    line
}

fn sentences(found: &Standouts, tree: &Tree) -> Vec<String> {
    let mut sentences = Vec::new();
    let totals = &tree.totals;
    if totals.large > 0 {
        let share = format::percent(totals.large as f64 / totals.classes.max(1) as f64);
        sentences.push(format!(
            "大班额 {} 个（占 {share}），其中超大班额 {} 个",
            count(totals.large),
            count(totals.oversize)
        ));
    }
    if let Some(first) = found.crowded.first() {
        let name = if first.class.name.is_empty() { &first.class.class_id } else { &first.class.name };
        let class = label::class(first.class.grade, name);
        sentences.push(format!(
            "人数最多的班：{} {class}，{} 人（标准 {}）",
            first.school, first.class.pupils, first.class.standard
        ));
    }
    let unexplained: i64 = found.unexplained.iter().map(|(_, records)| records).sum();
    if unexplained > 0 {
        let kinds: Vec<String> = found
            .unexplained
            .iter()
            .map(|(kind, records)| format!("{} {}", label::problem(kind), count(*records)))
            .collect();
        sentences.push(format!("没有变动记录的变动 {} 条：{}", count(unexplained), kinds.join("，")));
    }
    for (rule, rows) in found.rejected.iter().take(3) {
        sentences.push(format!("隔离 {} 行：{}", count(*rows), label::problem(rule)));
    }
    for (kind, records) in found.problems.iter().take(3) {
        sentences.push(format!("问题记录 {} 条：{}", count(*records), label::problem(kind)));
    }
    if !found.late.is_empty() {
        let names: Vec<String> =
            found.late.iter().take(4).map(|late| format!("{}（落后 {} 天）", late.name, late.behind)).collect();
        let more = if found.late.len() > 4 { " 等" } else { "" };
        sentences.push(format!("迟到的来源 {} 个：{}{more}", found.late.len(), names.join("、")));
    }
    if sentences.is_empty() {
        sentences.push("没有".to_owned());
    }
    sentences
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_night_reads_at_a_glance() {
        let summary = Summary {
            title: "安徽省".into(),
            day: NaiveDate::from_ymd_opt(2015, 3, 1).unwrap(),
            run_id: Some(42),
            taken: 16,
            held: vec![("340111".into(), "students.csv 仍在写入".into())],
            refused: vec![("340222".into(), "students.csv 没有“学校标识码”列".into())],
            rows: Rows { received: 1_234_567, accepted: 1_234_000, flagged: 321, rejected: 560, duplicates_dropped: 7 },
            pupils: vec![("小学".into(), 600_000), ("初中".into(), 300_000), ("高中".into(), 250_001)],
            standouts: vec!["大班额 12 个（占 1.20%），其中超大班额 3 个".into()],
            files: vec![
                ("报告".into(), "/tmp/demo/report.html".into()),
                ("工作簿".into(), "/tmp/demo/report.xlsx".into()),
            ],
        };
        expect![[r#"
            安徽省  2015年3月1日  第 42 次发布
            ──────────────────────────────────────────────────────────────────────────────
            批次        已收            16    暂存             1    退回             1
            数据行      收到     1,234,567    计入     1,234,000    隔离           560
                        存疑           321    重复             7
            在读学生    合计     1,150,001
                        小学       600,000    初中       300,000    高中       250,001
            退回        · 340222：students.csv 没有“学校标识码”列
            暂存        · 340111：students.csv 仍在写入
            值得注意    · 大班额 12 个（占 1.20%），其中超大班额 3 个
            文件          报告      /tmp/demo/report.html
                          工作簿    /tmp/demo/report.xlsx
        "#]]
        .assert_eq(&summary.text());
    }

    #[test]
    fn a_quiet_night_says_so() {
        let figures = Figures::default();
        let summary = Summary::of(&figures, &Tree::of(&figures));
        assert_eq!(summary.standouts, ["没有"]);
        assert!(summary.text().lines().all(|line| format::width(line) <= COLUMNS));
    }
}
