//! The words a sample is made of: places, names and labels. The places are real codes, the people and schools are not.

/// A place with a division code (GB/T 2260).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// The 6-digit code.
    pub(crate) code: u32,
    /// Its name.
    pub(crate) name: &'static str,
}

const fn place(code: u32, name: &'static str) -> Place {
    Place { code, name }
}

/// The province.
pub(crate) const PROVINCE: Place = place(340_000, "安徽省");

/// The prefectures.
pub(crate) const PREFECTURES: [Place; 5] = [
    place(340_100, "合肥市"),
    place(340_200, "芜湖市"),
    place(340_300, "蚌埠市"),
    place(340_400, "淮南市"),
    place(340_500, "马鞍山市"),
];

/// Where pupils were born and registered: the province's counties first, then places in other provinces.
pub(crate) const PLACES: [Place; 38] = [
    place(340_102, "瑶海区"),
    place(340_103, "庐阳区"),
    place(340_104, "蜀山区"),
    place(340_111, "包河区"),
    place(340_121, "长丰县"),
    place(340_122, "肥东县"),
    place(340_123, "肥西县"),
    place(340_124, "庐江县"),
    place(340_181, "巢湖市"),
    place(340_202, "镜湖区"),
    place(340_207, "鸠江区"),
    place(340_209, "弋江区"),
    place(340_223, "南陵县"),
    place(340_302, "龙子湖区"),
    place(340_303, "蚌山区"),
    place(340_304, "禹会区"),
    place(340_321, "怀远县"),
    place(340_322, "五河县"),
    place(340_323, "固镇县"),
    place(340_402, "大通区"),
    place(340_403, "田家庵区"),
    place(340_404, "谢家集区"),
    place(340_405, "八公山区"),
    place(340_406, "潘集区"),
    place(340_421, "凤台县"),
    place(340_422, "寿县"),
    place(340_503, "花山区"),
    place(340_504, "雨山区"),
    place(340_521, "当涂县"),
    place(340_522, "含山县"),
    place(340_523, "和县"),
    place(411_525, "河南省固始县"),
    place(320_114, "江苏省雨花台区"),
    place(330_106, "浙江省西湖区"),
    place(310_115, "上海市浦东新区"),
    place(440_306, "广东省宝安区"),
    place(370_102, "山东省历下区"),
    place(420_106, "湖北省武昌区"),
];

/// How many of `PLACES` lie in the province.
pub(crate) const HOME_PLACES: usize = 31;

/// Surnames.
pub(crate) const SURNAMES: [&str; 48] = [
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "郭", "何", "林", "高",
    "罗", "郑", "梁", "谢", "宋", "唐", "许", "韩", "冯", "邓", "曹", "彭", "曾", "肖", "田", "董", "袁", "潘", "于",
    "蒋", "蔡", "余", "杜", "叶", "程", "魏", "欧阳", "诸葛", "司马",
];

/// Characters of given names.
pub(crate) const GIVEN: [&str; 64] = [
    "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明", "超", "秀", "霞",
    "平", "刚", "桂", "英", "华", "玉", "萍", "红", "鹏", "慧", "子", "涵", "雨", "欣", "怡", "梓", "轩", "浩", "宇",
    "博", "文", "思", "佳", "嘉", "俊", "琪", "晨", "晓", "雪", "梦", "诗", "天", "乐", "安", "宁", "志", "远", "海",
    "峰", "亮", "婷", "瑶", "翔", "凯", "睿",
];

/// Names of schools and streets.
pub(crate) const SCHOOL_NAMES: [&str; 32] = [
    "望江",
    "青松",
    "白鹭",
    "梧桐",
    "清溪",
    "南岗",
    "北湖",
    "东风",
    "枫林",
    "月桥",
    "石塘",
    "柳河",
    "新桥",
    "龙泉",
    "凤凰",
    "翠微",
    "桃园",
    "杏花",
    "双墩",
    "三河",
    "庐山口",
    "长岭",
    "高店",
    "古城",
    "红旗",
    "朝阳",
    "文昌",
    "育才",
    "启明",
    "育英",
    "江淮",
    "大别山",
];

/// Ethnic groups with their weight in a thousand.
pub(crate) const ETHNICITIES: [(&str, u64); 8] =
    [("汉族", 966), ("回族", 16), ("满族", 5), ("苗族", 4), ("畲族", 3), ("壮族", 3), ("彝族", 2), ("维吾尔族", 1)];

/// Sexes, female first, so that the index is the parity of an ID number's seventeenth digit.
pub(crate) const SEXES: [&str; 2] = ["女", "男"];

/// Ways of attending (就读方式).
pub(crate) const STUDY_MODES: [&str; 3] = ["走读", "住校", "借宿"];

/// Kinds of disability that a special school teaches.
pub(crate) const DISABILITIES: [&str; 4] = ["无残疾", "视力残疾", "听力残疾", "智力残疾"];

/// The guardian's relation to the pupil.
pub(crate) const RELATIONS: [&str; 3] = ["父亲", "母亲", "祖父母或外祖父母"];

/// Provinces that pupils come from and go to.
pub(crate) const OUTSIDE: [&str; 7] = ["河南省", "江苏省", "浙江省", "上海市", "广东省", "山东省", "湖北省"];

/// Reasons of a change of the procedure's own words.
pub(crate) const REASONS: [&str; 4] = ["家庭住址变迁", "随父母务工", "身体原因", "其他"];
