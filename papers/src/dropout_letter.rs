//! 学生辍学书面报告: the school tells the township of the compulsory-stage pupils who left.

use domain::calendar::Day;
use serde::{Deserialize, Serialize};

use crate::{
    Block, Column, Contact, Facts, Guardian, Kind, Measure, Paper, Pupil, SealLine, Table, measure::Topic, words,
};

/// The written report to the 乡镇人民政府, with copies to the 县级教育行政部门 and the 学籍主管部门 (皖教基〔2013〕20号 art. 27, 某省办法
/// art. 26). One letter for the pupils of one township. Numbers are masked; addresses are not, since somebody has to go there.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DropoutLetter {
    /// 文号
    #[serde(default)]
    pub number: Option<String>,
    /// 依据办法
    #[serde(default)]
    pub measure: Measure,
    /// 乡镇人民政府（街道办事处）
    pub township: String,
    /// 县级教育行政部门
    pub county_authority: String,
    /// 学籍主管部门, where it is another office than the county's
    #[serde(default)]
    pub registration_authority: Option<String>,
    /// 学校名称
    pub school: String,
    /// 辍学学生
    pub pupils: Vec<Dropout>,
    /// 联系人
    pub contact: Contact,
    /// 成文日期
    pub issued_on: Day,
    /// 电子章编号
    #[serde(default)]
    pub electronic_seal: Option<String>,
}

/// A pupil who left (辍学学生).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dropout {
    /// 学生
    pub pupil: Pupil,
    /// 年级
    pub grade: u8,
    /// 班级
    pub class: String,
    /// 监护人
    pub guardian: Guardian,
    /// 户籍地址（现住址）
    pub address: String,
    /// 离校日期
    pub left_on: Day,
    /// 辍学原因
    pub reason: String,
    /// 劝返经过
    #[serde(default)]
    pub visits: Vec<Visit>,
}

/// An attempt to bring a pupil back (劝返记录).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Visit {
    /// 日期
    pub on: Day,
    /// 经办人
    pub by: String,
    /// 方式: 家访, 电话
    pub how: String,
    /// 结果
    pub result: String,
}

impl Facts for DropoutLetter {
    const KIND: Kind = Kind::DropoutLetter;

    fn empty_list(&self) -> Option<&'static str> {
        self.pupils.is_empty().then_some("pupils")
    }

    fn paper(&self) -> Paper {
        let mut paper = Paper::new(Self::KIND, &self.school, self.issued_on);
        paper.title = "关于义务教育阶段学生辍学情况的书面报告".to_owned();
        paper.number.clone_from(&self.number);
        paper.addressee = Some(self.township.clone());
        paper.copies.push(self.county_authority.clone());
        paper.copies.extend(self.registration_authority.clone().filter(|office| *office != self.county_authority));
        paper.seal = Some(SealLine { of: "学校公章".to_owned(), electronic: self.electronic_seal.clone() });
        paper.blocks = vec![
            Block::Paragraph(format!(
                "根据《中华人民共和国义务教育法》和{}的规定，现将我校义务教育阶段学生辍学情况书面报告如下。",
                self.measure.cite(Topic::Dropout)
            )),
            Block::Heading("一、辍学学生情况".to_owned()),
            Block::Paragraph(format!(
                "截至{}，我校共有下列学生{}人未完成义务教育而停止就读：",
                words::day(self.issued_on),
                self.pupils.len()
            )),
            Block::Table(self.pupils()),
            Block::Heading("二、学校劝返情况".to_owned()),
        ];
        if self.pupils.iter().all(|dropout| dropout.visits.is_empty()) {
            paper.blocks.push(Block::Paragraph("至本报告之日，尚无劝返记录。".to_owned()));
        } else {
            paper.blocks.push(Block::Paragraph("我校已采取下列措施，学生仍未返校：".to_owned()));
            paper.blocks.push(Block::Table(self.visits()));
        }
        let retained = match self.measure {
            Measure::Anhui2013 => "在义务教育阶段年限内为其保留学籍，并利用电子学籍系统进行分类管理",
            Measure::ProvinceB => "在义务教育年限内为其保留学籍，并利用电子学籍系统进行管理",
        };
        paper.blocks.extend([
            Block::Heading("三、学籍处理与请求事项".to_owned()),
            Block::Paragraph(format!("我校已将上述情况录入电子学籍系统，{retained}。")),
            Block::Paragraph(
                "请依照《中华人民共和国义务教育法》第十三条、第五十八条，督促上述学生的父母或者其他法定监护人送其返校完成义务教育，并将处理情况告知我校。"
                    .to_owned(),
            ),
            Block::Paragraph("特此报告。".to_owned()),
            Block::Paragraph(self.contact.line()),
        ]);
        paper
    }
}

impl DropoutLetter {
    fn pupils(&self) -> Table {
        let row = |(at, dropout): (usize, &Dropout)| {
            let age = dropout.pupil.birth_date.age_on(self.issued_on);
            vec![
                (at + 1).to_string(),
                format!("{}\n{}，{age}周岁", dropout.pupil.name, dropout.pupil.sex.label()),
                format!(
                    "{}\n{}",
                    words::grade_and_class(dropout.grade, &dropout.class),
                    dropout.pupil.student_no.masked()
                ),
                format!("{}\n{}", dropout.guardian.with_relation(), dropout.guardian.masked_phone())
                    .trim_end()
                    .to_owned(),
                dropout.address.clone(),
                format!("{}\n{}", words::day(dropout.left_on), dropout.reason),
            ]
        };
        Table {
            columns: vec![
                Column::new("序号", 3),
                Column::new("姓名、性别、\n年龄", 9),
                Column::new("年级班级、学籍号", 13),
                Column::new("监护人、电话", 9),
                Column::text("户籍地址（现住址）", 11),
                Column::text("离校日期、原因", 10),
            ],
            rows: self.pupils.iter().enumerate().map(row).collect(),
        }
    }

    fn visits(&self) -> Table {
        let row = |(dropout, visit): (&Dropout, &Visit)| {
            vec![
                visit.on.to_string(),
                dropout.pupil.name.clone(),
                visit.how.clone(),
                visit.by.clone(),
                visit.result.clone(),
            ]
        };
        let visits = self.pupils.iter().flat_map(|dropout| dropout.visits.iter().map(move |visit| (dropout, visit)));
        Table {
            columns: vec![
                Column::new("日期", 6),
                Column::new("学生", 6),
                Column::new("方式", 5),
                Column::new("经办人", 6),
                Column::text("结果", 14),
            ],
            rows: visits.map(row).collect(),
        }
    }
}
