//! The data dictionary: every fact table, mart and table function in Markdown, drawn from the declarations themselves.

use std::fmt::Write;

use warehouse::table::{FACTS, Kind, Table};

use crate::model::{self, Model, ModelError};

/// The whole dictionary.
pub fn markdown() -> Result<String, ModelError> {
    let models = model::all()?;
    let mut text = String::from("# 数据字典 · Data dictionary\n\n");
    text.push_str("## 事实表 · Facts\n\n");
    for table in FACTS {
        fact(&mut text, table);
    }
    text.push_str("## 统计表 · Marts\n\n");
    for model in models.iter().filter(|model| model.is_public()) {
        mart(&mut text, model);
    }
    text.push_str("## 表函数 · Table functions\n\n");
    for model in models.iter().filter(|model| !model.takes.is_empty()) {
        mart(&mut text, model);
    }
    Ok(text)
}

fn fact(text: &mut String, table: &Table) {
    let vault = if table.personal { " 个人信息，仅限授权读取 (personal, in the vault)." } else { "" };
    heading(text, table.name, table.what, table.grain);
    if !vault.is_empty() {
        text.push_str(vault.trim_start());
        text.push_str("\n\n");
    }
    text.push_str("| 字段 column | 类型 type | 可空 nullable | 含义 meaning |\n|---|---|---|---|\n");
    for column in table.columns {
        let nullable = if column.nullable { "是 yes" } else { "否 no" };
        line(text, &[&format!("`{}`", column.name), word(column.kind), nullable, column.what]);
    }
    text.push('\n');
}

fn mart(text: &mut String, model: &Model) {
    let name = match model.takes.as_slice() {
        [] => model.name.clone(),
        takes => format!("{}({})", model.name, takes.join(", ")),
    };
    heading(text, &name, &model.what, &model.grain.join(", "));
    if !model.requirements.is_empty() {
        let _ = writeln!(text, "- 依据 requirements: {}", model.requirements.join(", "));
    }
    let _ = writeln!(text, "- 定义 definition: `queries/{}`\n", model.path());
    if !model.columns.is_empty() {
        text.push_str("| 字段 column | 含义 meaning |\n|---|---|\n");
        for (column, what) in &model.columns {
            line(text, &[&format!("`{column}`"), what]);
        }
        text.push('\n');
    }
    if !model.tests.is_empty() {
        text.push_str("发布前检验 checks before publication:\n\n");
        for test in &model.tests {
            let _ = writeln!(text, "- `{test}`");
        }
        text.push('\n');
    }
}

fn heading(text: &mut String, name: &str, what: &str, grain: &str) {
    let _ = writeln!(text, "### `{name}`\n\n{what}\n\n- 粒度 grain: {grain}");
    if !text.ends_with("\n\n") {
        text.push('\n');
    }
}

fn line(text: &mut String, cells: &[&str]) {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "文本 text",
        Kind::Int => "整数 int32",
        Kind::Long => "长整数 int64",
        Kind::Real => "小数 double",
        Kind::Day => "日期 date",
        Kind::Instant => "时刻 timestamp (UTC)",
        Kind::Bool => "是否 boolean",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_its_chapter() {
        let text = markdown().unwrap();
        for table in FACTS {
            assert!(text.contains(&format!("### `{}`", table.name)), "{}", table.name);
        }
        for name in ["enrolment", "balance", "rates", "headcount_on(day, run_id)"] {
            assert!(text.contains(&format!("### `{name}`")), "{name}");
        }
        assert!(!text.contains("### `_"));
    }
}
