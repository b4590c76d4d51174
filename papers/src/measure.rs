//! Which measures a paper cites, and which of their articles.

use serde::{Deserialize, Serialize};

/// The measures (办法) under which a paper is written; their names are those of the policy packs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Measure {
    /// 安徽省中小学生学籍信息化管理办法（皖教基〔2013〕20号）
    #[default]
    #[serde(rename = "anhui-2013")]
    Anhui2013,
    /// 某省中小学生学籍管理办法: the second province's
    #[serde(rename = "province-b")]
    ProvinceB,
}

/// What a paper is about, as far as the measures have an article for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topic {
    /// 新生信息采集
    Collection,
    /// 学历证明
    Certificate,
    /// 转学
    Transfer,
    /// 转学审批时限
    TransferTerm,
    /// 休学、复学
    Suspension,
    /// 辍学报告与移交
    Dropout,
    /// 保密
    Secrecy,
    /// 审签与公示
    SignOff,
}

impl Measure {
    /// The title as papers cite it.
    pub const fn title(self) -> &'static str {
        match self {
            Measure::Anhui2013 => "《安徽省中小学生学籍信息化管理办法》（皖教基〔2013〕20号）",
            Measure::ProvinceB => "《某省中小学生学籍管理办法》",
        }
    }

    /// Title and article, or the rules in general where these measures have no article.
    pub(crate) fn cite(self, topic: Topic) -> String {
        match self.article(topic) {
            Some(article) => format!("{}{article}", self.title()),
            None => "学籍管理有关规定".to_owned(),
        }
    }

    pub(crate) const fn article(self, topic: Topic) -> Option<&'static str> {
        Some(match (self, topic) {
            (Measure::Anhui2013, Topic::Collection) => "第十二条、第十五条",
            (Measure::Anhui2013, Topic::Transfer) => "第二十条、第二十一条",
            (Measure::Anhui2013, Topic::TransferTerm) => "第二十四条",
            (Measure::Anhui2013, Topic::Suspension) => "第二十六条",
            (Measure::Anhui2013, Topic::Dropout) => "第二十七条",
            (Measure::Anhui2013, Topic::Secrecy) => "第三十条",
            (Measure::Anhui2013, Topic::SignOff) => "第三十一条",
            (Measure::ProvinceB, Topic::Collection) => "第五条",
            (Measure::ProvinceB, Topic::Certificate) => "第十七条",
            (Measure::ProvinceB, Topic::Transfer) => "第十三条、第十八条",
            (Measure::ProvinceB, Topic::TransferTerm) => "第十九条",
            (Measure::ProvinceB, Topic::Suspension) => "第十五条",
            (Measure::ProvinceB, Topic::Dropout) => "第二十六条",
            (Measure::ProvinceB, Topic::Secrecy) => "第二十九条",
            (Measure::Anhui2013, Topic::Certificate) | (Measure::ProvinceB, Topic::SignOff) => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_titles_are_those_of_the_policy_packs() {
        for measure in [Measure::Anhui2013, Measure::ProvinceB] {
            let name = serde_json::to_value(measure).unwrap();
            let policy = domain::policy::Policy::named(name.as_str().unwrap()).unwrap();
            assert!(measure.title().starts_with(&format!("《{}》", policy.title())), "{}", measure.title());
        }
    }

    #[test]
    fn no_article_is_made_up() {
        assert_eq!(Measure::Anhui2013.cite(Topic::Certificate), "学籍管理有关规定");
        assert_eq!(Measure::ProvinceB.cite(Topic::Dropout), "《某省中小学生学籍管理办法》第二十六条");
    }
}
