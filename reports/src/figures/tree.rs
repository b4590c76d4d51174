//! The tree of authorities with the sums of each, so that every figure is read from the same roll-up.

use std::collections::{BTreeMap, BTreeSet};

use super::{Authority, Figures, School};

/// What is counted for a unit and all below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Schools.
    pub schools: i64,
    /// 在读 pupils.
    pub pupils: i64,
    /// Of them 男.
    pub boys: i64,
    /// Of them 女.
    pub girls: i64,
    /// By 学段 (in its order), 年级 and 性别.
    pub by_grade: BTreeMap<(usize, String, i64, String), i64>,
    /// Classes with pupils.
    pub classes: i64,
    /// Classes without pupils.
    pub empty_classes: i64,
    /// Classes over the standard, the large ones among them.
    pub over: i64,
    /// Classes that are large, the oversize ones among them (the headline 大班额).
    pub large: i64,
    /// Oversize classes.
    pub oversize: i64,
    /// 住校
    pub boarding: i64,
    /// 随迁子女
    pub migrant: i64,
    /// 留守儿童
    pub left_behind: i64,
    /// With a 残疾类型.
    pub disabled: i64,
    /// Problem records.
    pub problems: i64,
}

impl Totals {
    /// Adds another unit's counts.
    pub fn add(&mut self, other: &Totals) {
        self.schools += other.schools;
        self.pupils += other.pupils;
        self.boys += other.boys;
        self.girls += other.girls;
        self.classes += other.classes;
        self.empty_classes += other.empty_classes;
        self.over += other.over;
        self.large += other.large;
        self.oversize += other.oversize;
        self.boarding += other.boarding;
        self.migrant += other.migrant;
        self.left_behind += other.left_behind;
        self.disabled += other.disabled;
        self.problems += other.problems;
        for (key, pupils) in &other.by_grade {
            *self.by_grade.entry(key.clone()).or_default() += pupils;
        }
    }

    /// Pupils of a stage.
    pub fn of_stage(&self, stage: &str) -> i64 {
        self.by_grade.iter().filter(|((_, other, _, _), _)| other == stage).map(|(_, pupils)| pupils).sum()
    }

    /// Stages and grades that have pupils, in their order, with (男, 女, all).
    pub fn grades(&self) -> Vec<(String, i64, [i64; 3])> {
        let mut rows: BTreeMap<(usize, &str, i64), [i64; 3]> = BTreeMap::new();
        for ((order, stage, grade, sex), pupils) in &self.by_grade {
            let row = rows.entry((*order, stage, *grade)).or_default();
            match sex.as_str() {
                "男" => row[0] += pupils,
                "女" => row[1] += pupils,
                _ => {}
            }
            row[2] += pupils;
        }
        rows.into_iter().map(|((_, stage, grade), row)| (stage.to_owned(), grade, row)).collect()
    }
}

/// A unit of the tree: an authority with what hangs below it.
#[derive(Debug, Clone, Default)]
pub struct Node {
    /// The authority; a made-up one where a school names an authority that no batch has named.
    pub authority: Authority,
    /// Authorities below, by their code.
    pub children: Vec<Node>,
    /// Schools counted directly under it, with their own counts.
    pub schools: Vec<(School, Totals)>,
    /// Counts of the unit and all below it.
    pub totals: Totals,
}

/// The subtree that a report is about.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// Its uppermost units: one, except where authorities hang in the air.
    pub roots: Vec<Node>,
    /// Counts of everything.
    pub totals: Totals,
}

impl Tree {
    /// Hangs schools under counties, counties under prefectures, and adds everything up.
    pub fn of(figures: &Figures) -> Tree {
        let mut totals = school_totals(figures);
        let known: BTreeMap<&str, &Authority> =
            figures.authorities.iter().map(|authority| (authority.authority_id.as_str(), authority)).collect();
        let mut schools: BTreeMap<&str, Vec<(School, Totals)>> = BTreeMap::new();
        for school in &figures.schools {
            let own = totals.remove(school.school_id.as_str()).unwrap_or_default();
            let own = Totals { schools: 1, ..own };
            schools.entry(&school.county_id).or_default().push((school.clone(), own));
        }

        let mut children: BTreeMap<Option<&str>, BTreeSet<&str>> = BTreeMap::new();
        let mut queue: Vec<&str> = schools.keys().copied().collect();
        let mut seen = BTreeSet::new();
        while let Some(unit) = queue.pop() {
            if !seen.insert(unit) {
                continue;
            }
            let is_top = figures.unit.as_deref() == Some(unit);
            let parent = known
                .get(unit)
                .and_then(|authority| authority.parent_id.as_deref())
                .filter(|parent| !is_top && *parent != unit && known.contains_key(parent));
            children.entry(parent).or_default().insert(unit);
            queue.extend(parent);
        }
        let mut nodes = Builder { known: &known, children: &children, schools, open: BTreeSet::new() };
        let mut roots: Vec<Node> = children.get(&None).into_iter().flatten().map(|unit| nodes.node(unit)).collect();
        while let Some(unreached) = nodes.schools.keys().next().copied() {
            roots.push(nodes.node(unreached));
        }
        let mut sum = Totals::default();
        roots.iter().for_each(|root| sum.add(&root.totals));
        Tree { roots, totals: sum }
    }

    /// The name of the subtree: the place of its unit or of its only root, or its school's name.
    pub fn title(&self, figures: &Figures) -> String {
        let school = figures.schools.iter().find(|school| Some(school.school_id.as_str()) == figures.unit.as_deref());
        let authority = figures
            .authorities
            .iter()
            .find(|authority| Some(authority.authority_id.as_str()) == figures.unit.as_deref());
        match (school, authority, self.roots.as_slice()) {
            (Some(school), _, _) => school.name.clone(),
            (None, Some(authority), _) => crate::label::place(&authority.name).to_owned(),
            (None, None, [root]) => crate::label::place(&root.authority.name).to_owned(),
            _ => "全部单位".to_owned(),
        }
    }

    /// Every unit, parents before children.
    pub fn units(&self) -> Vec<&Node> {
        fn walk<'a>(node: &'a Node, into: &mut Vec<&'a Node>) {
            into.push(node);
            node.children.iter().for_each(|child| walk(child, into));
        }
        let mut units = Vec::new();
        self.roots.iter().for_each(|root| walk(root, &mut units));
        units
    }
}

struct Builder<'a> {
    known: &'a BTreeMap<&'a str, &'a Authority>,
    children: &'a BTreeMap<Option<&'a str>, BTreeSet<&'a str>>,
    schools: BTreeMap<&'a str, Vec<(School, Totals)>>,
    open: BTreeSet<&'a str>,
}

impl<'a> Builder<'a> {
    fn node(&mut self, unit: &'a str) -> Node {
        let authority = self.known.get(unit).map_or_else(
            || Authority {
                authority_id: unit.to_owned(), name: format!("未登记单位 {unit}"), ..Authority::default()
            },
            |authority| (*authority).clone(),
        );
        let mut children = Vec::new();
        if self.open.insert(unit) {
            let below: Vec<&str> = self.children.get(&Some(unit)).into_iter().flatten().copied().collect();
            children = below.into_iter().map(|child| self.node(child)).collect();
            self.open.remove(unit);
        }
        let schools = self.schools.remove(unit).unwrap_or_default();
        let mut totals = Totals::default();
        children.iter().for_each(|child: &Node| totals.add(&child.totals));
        schools.iter().for_each(|(_, own)| totals.add(own));
        Node { authority, children, schools, totals }
    }
}

fn school_totals(figures: &Figures) -> BTreeMap<&str, Totals> {
    let mut totals: BTreeMap<&str, Totals> = BTreeMap::new();
    for row in &figures.enrolment {
        let own = totals.entry(&row.school_id).or_default();
        own.pupils += row.pupils;
        match row.sex.as_str() {
            "男" => own.boys += row.pupils,
            "女" => own.girls += row.pupils,
            _ => {}
        }
        let key = (crate::label::stage_order(&row.stage), row.stage.clone(), row.grade, row.sex.clone());
        *own.by_grade.entry(key).or_default() += row.pupils;
    }
    for row in &figures.circumstances {
        let own = totals.entry(&row.school_id).or_default();
        own.boarding += row.boarding;
        own.migrant += row.migrant;
        own.left_behind += row.left_behind;
        own.disabled += row.disabled;
    }
    for class in &figures.class_sizes {
        let own = totals.entry(&class.school_id).or_default();
        own.classes += i64::from(class.pupils > 0);
        own.empty_classes += i64::from(class.pupils <= 0);
        own.over += i64::from(class.grading != "within");
        own.large += i64::from(matches!(class.grading.as_str(), "large" | "oversize"));
        own.oversize += i64::from(class.grading == "oversize");
    }
    for problem in &figures.problems {
        if let Some(school) = problem.school_id.as_deref() {
            totals.entry(school).or_default().problems += 1;
        }
    }
    totals
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::{ClassSize, Enrolment};

    fn authority(id: &str, parent: Option<&str>) -> Authority {
        Authority { authority_id: id.into(), name: id.into(), level: String::new(), parent_id: parent.map(Into::into) }
    }

    fn school(id: &str, county: &str) -> School {
        School { school_id: id.into(), county_id: county.into(), ..School::default() }
    }

    fn pupils(school: &str, sex: &str, pupils: i64) -> Enrolment {
        Enrolment { school_id: school.into(), stage: "小学".into(), grade: 1, sex: sex.into(), pupils }
    }

    #[test]
    fn sums_agree_at_each_level_and_a_prefectures_own_school_counts_there() {
        // REQ: ORG-01
        let figures = Figures {
            authorities: vec![
                authority("340000", None),
                authority("340100", Some("340000")),
                authority("340102", Some("340100")),
            ],
            schools: vec![school("1", "340102"), school("2", "340100"), school("3", "340199")],
            enrolment: vec![pupils("1", "男", 3), pupils("1", "女", 2), pupils("2", "男", 7), pupils("3", "女", 1)],
            class_sizes: vec![ClassSize { school_id: "1".into(), grading: "oversize".into(), ..ClassSize::default() }],
            ..Figures::default()
        };
        let tree = Tree::of(&figures);
        assert_eq!(tree.totals.pupils, 13);
        assert_eq!((tree.totals.boys, tree.totals.girls, tree.totals.schools), (10, 3, 3));
        let names: Vec<(&str, i64)> =
            tree.units().iter().map(|node| (node.authority.name.as_str(), node.totals.pupils)).collect();
        assert_eq!(names, [("340000", 12), ("340100", 12), ("340102", 5), ("未登记单位 340199", 1)]);
        assert_eq!((tree.totals.over, tree.totals.large, tree.totals.oversize), (1, 1, 1));
    }

    #[test]
    fn authorities_that_name_each_other_as_parents_do_not_hang_the_report() {
        let figures = Figures {
            authorities: vec![authority("1", Some("2")), authority("2", Some("1"))],
            schools: vec![school("9", "1")],
            ..Figures::default()
        };
        assert_eq!(Tree::of(&figures).totals.schools, 1);
    }
}
