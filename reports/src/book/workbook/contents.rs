//! What stands on the sheets of the report's workbook.

use std::collections::BTreeMap;

use super::{
    ChartRows, Meta,
    sheet::{Cell, Sheet},
};
use crate::{
    book::problem_list,
    figures::{Fee, Figures, Node, School, Totals, Tree},
    label,
    standout::Standouts,
};

/// The sheets in their order, and the rows of the first from which the native chart is drawn.
pub(super) fn sheets(figures: &Figures, tree: &Tree, meta: &Meta) -> (Vec<Sheet>, ChartRows) {
    let names = Names::of(figures);
    let (overview, grades) = overview(figures, tree, meta);
    let sheets = vec![
        overview,
        enrolment(tree, &names),
        balance(figures, &names),
        rates(figures, &names),
        class_sizes(figures, &names),
        flows(figures, &names),
        problem_list::fees_sheet(&fee_rows(figures, &names)),
        problems(figures, &names),
        sources(figures),
    ];
    (sheets, grades)
}

/// Names of units and schools by code.
struct Names<'a> {
    units: BTreeMap<&'a str, &'a str>,
    schools: BTreeMap<&'a str, &'a School>,
}

impl<'a> Names<'a> {
    fn of(figures: &'a Figures) -> Names<'a> {
        Names {
            units: figures.authorities.iter().map(|unit| (unit.authority_id.as_str(), unit.name.as_str())).collect(),
            schools: figures.schools.iter().map(|school| (school.school_id.as_str(), school)).collect(),
        }
    }

    fn name(&self, unit: &str) -> Cell {
        let school = self.schools.get(unit).map(|school| school.name.as_str());
        Cell::from(self.units.get(unit).copied().or(school).unwrap_or(""))
    }

    /// Prefecture, county, code and name of a school.
    fn place(&self, school: &str) -> Vec<Cell> {
        match self.schools.get(school) {
            Some(known) => vec![
                self.name(&known.prefecture_id),
                self.name(&known.county_id),
                Cell::from(school),
                Cell::from(known.name.as_str()),
            ],
            None => vec![Cell::Blank, Cell::Blank, Cell::from(school), Cell::Blank],
        }
    }
}

fn overview(figures: &Figures, tree: &Tree, meta: &Meta) -> (Sheet, ChartRows) {
    let mut sheet = Sheet::new("概览", &[("项目", 34.0), ("男 / 数值", 16.0), ("女", 12.0), ("合计", 14.0)]);
    sheet.filtered = false;
    let totals = &tree.totals;
    let first = sheet.rows.len() as u32 + 1;
    for (stage, grade, [boys, girls, all]) in totals.grades() {
        let name =
            if label::STAGES.contains(&stage.as_str()) { label::grade(grade) } else { format!("{stage}{grade}年级") };
        sheet.rows.push(vec![Cell::from(name), Cell::Count(boys), Cell::Count(girls), Cell::Count(all)]);
    }
    let len = sheet.rows.len() as u32;
    sheet.rows.push(vec![
        Cell::from("在读学生合计"),
        Cell::Count(totals.boys),
        Cell::Count(totals.girls),
        Cell::Count(totals.pupils),
    ]);
    sheet.rows.push(Vec::new());
    let mut fact = |name: &str, value: Cell| sheet.rows.push(vec![Cell::from(name), value]);
    fact("报告", Cell::from(meta.title.as_str()));
    fact("数据日", Cell::Day(meta.day));
    fact("发布次序", Cell::Count(i64::try_from(meta.run_id).unwrap_or(i64::MAX)));
    fact("学校", Cell::Count(totals.schools));
    fact("有学生的班级", Cell::Count(totals.classes));
    fact("没有学生的班级", Cell::Count(totals.empty_classes));
    fact("超过班额标准的班级", Cell::Count(totals.over));
    fact("大班额（含超大班额）", Cell::Count(totals.large));
    fact("超大班额", Cell::Count(totals.oversize));
    fact("住校生", Cell::Count(totals.boarding));
    fact("随迁子女", Cell::Count(totals.migrant));
    fact("留守儿童", Cell::Count(totals.left_behind));
    fact("有残疾类型的学生", Cell::Count(totals.disabled));
    let found = Standouts::of(figures);
    fact("最近一批未收行（隔离）", Cell::Count(found.rejected_rows));
    fact("数据来源", Cell::Count(found.sources as i64));
    fact("迟到的来源", Cell::Count(found.late.len() as i64));
    for (kind, records) in found.unexplained.iter().chain(&found.problems) {
        fact(&format!("问题记录：{}", label::problem(kind)), Cell::Count(*records));
    }
    for (rule, rows) in &found.rejected {
        fact(&format!("未收行：{}", label::problem(rule)), Cell::Count(*rows));
    }
    fact("说明", Cell::from(meta.note.as_str()));
    (sheet, ChartRows { first, len })
}

fn enrolment(tree: &Tree, names: &Names) -> Sheet {
    let columns = [
        ("市（州）", 16.0),
        ("县（市、区）", 18.0),
        ("学校标识码", 14.0),
        ("学校", 30.0),
        ("学校类别", 16.0),
        ("中心校标识码", 14.0),
        ("学段", 8.0),
        ("年级", 10.0),
        ("男", 9.0),
        ("女", 9.0),
        ("合计", 10.0),
    ];
    let mut sheet = Sheet::new("在校生", &columns);
    let mut schools: Vec<(&School, &Totals)> = tree
        .units()
        .into_iter()
        .flat_map(|node: &Node| &node.schools)
        .map(|(school, totals)| (school, totals))
        .collect();
    schools.sort_by(|a, b| {
        (&a.0.prefecture_id, &a.0.county_id, &a.0.school_id).cmp(&(&b.0.prefecture_id, &b.0.county_id, &b.0.school_id))
    });
    for (school, totals) in schools {
        for (stage, grade, [boys, girls, all]) in totals.grades() {
            let mut row = names.place(&school.school_id);
            row.extend([
                Cell::from(school.kind.as_str()),
                Cell::from(school.parent_school_id.clone()),
                Cell::from(stage),
                Cell::from(label::grade(grade)),
                Cell::Count(boys),
                Cell::Count(girls),
                Cell::Count(all),
            ]);
            sheet.rows.push(row);
        }
    }
    sheet
}

fn balance(figures: &Figures, names: &Names) -> Sheet {
    let columns = [("学年", 12.0), ("单位代码", 12.0), ("单位", 22.0), ("学段", 8.0), ("项目", 24.0), ("人数", 12.0)];
    let mut sheet = Sheet::new("变动平衡表", &columns);
    sheet.rows.extend(figures.balance.iter().map(|line| {
        vec![
            Cell::from(line.school_year.as_str()),
            Cell::from(line.county_id.as_str()),
            names.name(&line.county_id),
            Cell::from(line.stage.as_str()),
            Cell::from(label::line(&line.line).as_ref()),
            Cell::Count(line.pupils),
        ]
    }));
    sheet
}

fn rates(figures: &Figures, names: &Names) -> Sheet {
    let columns = [
        ("学年", 12.0),
        ("级别", 14.0),
        ("代码", 14.0),
        ("单位", 28.0),
        ("学段", 10.0),
        ("指标", 20.0),
        ("分子", 10.0),
        ("分母", 12.0),
        ("值", 10.0),
        ("定义", 60.0),
    ];
    let mut sheet = Sheet::new("比率", &columns);
    let counties = figures.county_names();
    sheet.rows.extend(figures.rates.iter().map(|rate| {
        let known = label::indicator(&rate.indicator);
        vec![
            Cell::from(rate.school_year.as_str()),
            Cell::from(label::level(&rate.level)),
            Cell::from(rate.unit_id.as_str()),
            match counties.get(rate.unit_id.as_str()) {
                Some(county) if rate.level == "county" => Cell::from(county.as_str()),
                _ => names.name(&rate.unit_id),
            },
            Cell::from(rate.stage.as_str()),
            Cell::from(known.map_or(rate.indicator.as_str(), |known| known.name)),
            Cell::Count(rate.numerator),
            Cell::Count(rate.denominator),
            rate.value.map_or(Cell::Blank, Cell::Ratio),
            Cell::from(known.map_or("", |known| known.definition)),
        ]
    }));
    sheet
}

fn class_sizes(figures: &Figures, names: &Names) -> Sheet {
    let columns = [
        ("市（州）", 16.0),
        ("县（市、区）", 18.0),
        ("学校标识码", 14.0),
        ("学校", 30.0),
        ("班号", 12.0),
        ("班级", 18.0),
        ("学段", 8.0),
        ("年级", 10.0),
        ("人数", 8.0),
        ("标准", 8.0),
        ("超出", 8.0),
        ("分级", 12.0),
    ];
    let mut sheet = Sheet::new("班额", &columns);
    sheet.rows.extend(figures.class_sizes.iter().map(|class| {
        let mut row = names.place(&class.school_id);
        row.extend([
            Cell::from(class.class_id.as_str()),
            Cell::from(class.name.as_str()),
            Cell::from(class.stage.as_str()),
            Cell::from(label::grade(class.grade)),
            Cell::Count(class.pupils),
            Cell::Count(class.standard),
            Cell::Count(class.excess),
            Cell::from(label::grading(&class.grading)),
        ]);
        row
    }));
    sheet
}

fn flows(figures: &Figures, names: &Names) -> Sheet {
    let columns = [
        ("学年", 12.0),
        ("转出代码", 12.0),
        ("转出单位", 22.0),
        ("转入代码", 12.0),
        ("转入单位", 22.0),
        ("变动类别", 14.0),
        ("学段", 8.0),
        ("人数", 10.0),
    ];
    let mut sheet = Sheet::new("转学流向", &columns);
    sheet.rows.extend(figures.transfer_flows.iter().map(|flow| {
        vec![
            Cell::from(flow.school_year.as_str()),
            Cell::from(flow.from_unit.as_str()),
            names.name(&flow.from_unit),
            Cell::from(flow.to_unit.as_str()),
            names.name(&flow.to_unit),
            Cell::from(flow.kind.as_str()),
            Cell::from(flow.stage.as_str()),
            Cell::Count(flow.pupils),
        ]
    }));
    sheet
}

fn fee_rows(figures: &Figures, names: &Names) -> Vec<problem_list::FeeRow> {
    let counties = figures.county_names();
    let name = |fee: &Fee| match names.name(&fee.unit_id) {
        _ if fee.level == "county" => counties.get(fee.unit_id.as_str()).cloned().unwrap_or_default(),
        Cell::Text(name) => name,
        _ => String::new(),
    };
    figures.fees.iter().map(|fee| problem_list::FeeRow { fee: fee.clone(), unit_name: name(fee) }).collect()
}

fn problems(figures: &Figures, names: &Names) -> Sheet {
    let columns = [
        ("种类", 24.0),
        ("市（州）", 16.0),
        ("县（市、区）", 18.0),
        ("学校标识码", 14.0),
        ("学校", 30.0),
        ("学生代号 pupil_id", 22.0),
        ("字段", 14.0),
        ("说明", 60.0),
        ("首次发现", 12.0),
    ];
    let mut sheet = Sheet::new("问题记录", &columns);
    sheet.rows.extend(figures.problems.iter().map(|problem| {
        let mut row = vec![Cell::from(label::problem(&problem.kind))];
        let mut place = problem.school_id.as_deref().map_or_else(|| vec![Cell::Blank; 4], |school| names.place(school));
        if let (Some(cell @ Cell::Blank), Some(county)) = (place.get_mut(1), &problem.county_id) {
            *cell = names.name(county);
        }
        row.extend(place);
        row.extend([
            problem.pupil_id.map_or(Cell::Blank, |pupil| Cell::Text(pupil.to_string())),
            Cell::from(problem.field.clone()),
            Cell::from(problem.detail.as_str()),
            problem.first_seen_on.map_or(Cell::Blank, Cell::Day),
        ]);
        row
    }));
    sheet
}

fn sources(figures: &Figures) -> Sheet {
    let columns = [
        ("来源", 16.0),
        ("数据日", 12.0),
        ("表", 14.0),
        ("文件", 26.0),
        ("编码", 14.0),
        ("行", 10.0),
        ("计入", 10.0),
        ("其中存疑", 10.0),
        ("隔离", 10.0),
        ("重复", 10.0),
        ("迟到", 8.0),
    ];
    let mut sheet = Sheet::new("数据来源", &columns);
    sheet.rows.extend(figures.batches.iter().map(|batch| {
        vec![
            Cell::from(batch.source.as_str()),
            Cell::Day(batch.day),
            Cell::from(batch.table.as_str()),
            Cell::from(batch.file.as_str()),
            Cell::from(batch.encoding.as_str()),
            Cell::Count(batch.rows),
            Cell::Count(batch.accepted),
            Cell::Count(batch.flagged),
            Cell::Count(batch.rejected),
            Cell::Count(batch.duplicates_dropped),
            if batch.day < figures.run.day { Cell::from("迟到") } else { Cell::Blank },
        ]
    }));
    sheet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_book_of_nothing_has_all_its_sheets() {
        let figures = Figures::default();
        let (sheets, grades) = sheets(&figures, &Tree::of(&figures), &Meta::default());
        let names: Vec<&str> = sheets.iter().map(|sheet| sheet.name.as_str()).collect();
        assert_eq!(
            names,
            ["概览", "在校生", "变动平衡表", "比率", "班额", "转学流向", "维护费", "问题记录", "数据来源"]
        );
        assert_eq!(grades.len, 0);
    }
}
