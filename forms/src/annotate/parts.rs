//! How the parts of a workbook hang together: the list of sheets, relationships, content types.

use std::{
    collections::HashSet,
    io::{BufRead, Read, Seek, Write},
};

use quick_xml::{escape::escape, events::Event};

use super::{
    fault::Fault,
    markup::{Markup, add_at_end, attribute, prefixed_attribute},
    package::{Edits, Package},
};

/// Which of the two editions of ECMA-376 a workbook is written in; they differ in the names of namespaces only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Transitional,
    Strict,
}

impl Dialect {
    /// The namespace of sheets, styles and comments.
    pub(super) fn main(self) -> &'static str {
        match self {
            Dialect::Transitional => "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
            Dialect::Strict => "http://purl.oclc.org/ooxml/spreadsheetml/main",
        }
    }

    /// The namespace of `r:id`, and the stem of the types of relationships.
    pub(super) fn relationships(self) -> &'static str {
        match self {
            Dialect::Transitional => "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            Dialect::Strict => "http://purl.oclc.org/ooxml/officeDocument/relationships",
        }
    }
}

/// A relationship of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) id: String,
    kind: String,
    target: String,
}

impl Link {
    /// Whether it is of a kind, such as `comments`.
    pub(super) fn is(&self, kind: &str) -> bool {
        self.kind.rsplit('/').next() == Some(kind)
    }

    /// The part it leads to from the part it belongs to.
    pub(super) fn part(&self, from: &str) -> String {
        let target = self.target.replace('\\', "/");
        let mut steps: Vec<&str> = Vec::new();
        if !target.starts_with('/') {
            steps.extend(from.split('/'));
            steps.pop();
        }
        for step in target.split('/') {
            match step {
                "" | "." => {}
                ".." => {
                    steps.pop();
                }
                step => steps.push(step),
            }
        }
        steps.join("/")
    }
}

/// A sheet in the list of sheets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ListedSheet {
    pub(super) name: String,
    number: u32,
    link: String,
}

/// The workbook part.
#[derive(Debug)]
pub(super) struct Book {
    part: String,
    pub(super) sheets: Vec<ListedSheet>,
    links: Vec<Link>,
    /// The styles part, if there is one.
    pub(super) styles: Option<String>,
    pub(super) dialect: Dialect,
}

impl Book {
    /// The part of a sheet that has cells.
    pub(super) fn part_of(&self, sheet: &ListedSheet) -> Option<String> {
        let link = self.links.iter().find(|link| link.id == sheet.link)?;
        link.is("worksheet").then(|| link.part(&self.part))
    }

    /// The name, with a number if a sheet bears it already.
    pub(super) fn free_sheet_name(&self, name: &str) -> String {
        let taken: HashSet<String> = self.sheets.iter().map(|sheet| sheet.name.to_lowercase()).collect();
        let numbered = (2_u32..).map(|n| format!("{name}{n}"));
        std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or_default()
    }
}

/// Reads the workbook part.
pub(super) fn book<R: Read + Seek>(package: &mut Package<R>) -> Result<Book, Fault> {
    let root = relationships(package, "")?;
    let no_workbook = || Fault::WrongType("别的 Office 文件 / another kind of Office file".into());
    let link = root.iter().find(|link| link.is("officeDocument")).ok_or_else(no_workbook)?;
    let dialect = if link.kind.starts_with("http://purl.oclc.org/") { Dialect::Strict } else { Dialect::Transitional };
    let part = link.part("");
    let links = relationships(package, &part)?;
    let mut sheets = Vec::new();
    let mut markup = package.markup(&part)?;
    loop {
        let (depth, event) = markup.next()?;
        match event {
            Event::Eof => break,
            Event::Start(start) if depth == 1 && start.local_name().as_ref() != "workbook" => return Err(no_workbook()),
            Event::Start(start) | Event::Empty(start) if depth == 3 && start.local_name().as_ref() == "sheet" => {
                let (Some(name), Some(link)) = (attribute(&start, "name"), prefixed_attribute(&start, "id")) else {
                    return Err(markup.damaged("工作表没有名称 / a sheet without a name"));
                };
                let number = attribute(&start, "sheetId").and_then(|number| number.parse().ok()).unwrap_or(0);
                sheets.push(ListedSheet { name, number, link });
            }
            _ => {}
        }
    }
    drop(markup);
    let styles = links.iter().find(|link| link.is("styles")).map(|link| link.part(&part));
    Ok(Book { styles: styles.filter(|part| package.has(part)), part, sheets, links, dialect })
}

/// The part of the relationships of a part; of the package itself for the empty name.
fn relationships_part(part: &str) -> String {
    match part.rsplit_once('/') {
        Some((folder, name)) => format!("{folder}/_rels/{name}.rels"),
        None => format!("_rels/{part}.rels"),
    }
}

/// The relationships of a part within the package.
pub(super) fn relationships<R: Read + Seek>(package: &mut Package<R>, part: &str) -> Result<Vec<Link>, Fault> {
    let name = relationships_part(part);
    if !package.has(&name) {
        return Ok(Vec::new());
    }
    let mut markup = package.markup(&name)?;
    let mut links = Vec::new();
    loop {
        let (depth, event) = markup.next()?;
        match event {
            Event::Eof => return Ok(links),
            Event::Start(start) | Event::Empty(start)
                if depth == 2 && start.local_name().as_ref() == "Relationship" =>
            {
                let (Some(id), Some(kind), Some(target)) =
                    (attribute(&start, "Id"), attribute(&start, "Type"), attribute(&start, "Target"))
                else {
                    return Err(markup.damaged("关系不完整 / an incomplete relationship"));
                };
                // What leads outside keeps its id and leads nowhere.
                let external = attribute(&start, "TargetMode").is_some_and(|mode| mode == "External");
                let kind = if external { String::new() } else { kind };
                links.push(Link { id, kind, target });
            }
            _ => {}
        }
    }
}

/// An id that no relationship of the list has.
pub(super) fn free_id(links: &[Link], stem: &str) -> String {
    let free = |id: &String| links.iter().all(|link| &link.id != id);
    (1_u32..).map(|n| format!("{stem}{n}")).find(free).unwrap_or_default()
}

/// Adds relationships to a part: id, kind, part.
pub(super) fn add_relationships<R: Read + Seek>(
    package: &mut Package<R>,
    edits: &mut Edits,
    part: &str,
    added: &[(String, &str, String)],
    dialect: Dialect,
) -> Result<(), Fault> {
    if added.is_empty() {
        return Ok(());
    }
    let name = relationships_part(part);
    let stem = dialect.relationships();
    let lines = |prefix: &str| -> String {
        let line = |(id, kind, target): &(String, &str, String)| {
            format!(r#"<{prefix}Relationship Id="{}" Type="{stem}/{kind}" Target="/{}"/>"#, escape(id), escape(target))
        };
        added.iter().map(line).collect()
    };
    if package.has(&name) {
        return append(package, edits, &name, (1, "Relationships"), lines);
    }
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
         <Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{}</Relationships>",
        lines("")
    );
    edits.put(&name, text.as_bytes())
}

/// The parts that were added.
pub(super) struct NewParts<'a> {
    pub(super) comments: Option<&'a str>,
    pub(super) drawing: Option<&'a str>,
    pub(super) listing: &'a str,
    pub(super) listing_name: &'a str,
    pub(super) styles: Option<&'a str>,
}

/// Makes the added parts known to the workbook and to the package.
pub(super) fn register<R: Read + Seek>(
    package: &mut Package<R>,
    edits: &mut Edits,
    book: &Book,
    new: &NewParts<'_>,
) -> Result<(), Fault> {
    let listing_id = free_id(&book.links, "rIdRemarkList");
    let mut links = vec![(listing_id.clone(), "worksheet", new.listing.to_owned())];
    if let Some(styles) = new.styles {
        links.push((free_id(&book.links, "rIdRemarkStyles"), "styles", styles.to_owned()));
    }
    add_relationships(package, edits, &book.part, &links, book.dialect)?;

    let number = book.sheets.iter().map(|sheet| sheet.number).max().unwrap_or(0).saturating_add(1);
    append(package, edits, &book.part, (2, "sheets"), |prefix| {
        let (name, space) = (escape(new.listing_name), book.dialect.relationships());
        format!(r#"<{prefix}sheet name="{name}" sheetId="{number}" xmlns:r="{space}" r:id="{listing_id}"/>"#)
    })?;

    let types = "[Content_Types].xml";
    let vml = vml_default(&mut package.markup(types)?)?;
    append(package, edits, types, (1, "Types"), |prefix| {
        let own = "application/vnd.openxmlformats-officedocument.spreadsheetml";
        let line = |part: &str, kind: &str| {
            format!(r#"<{prefix}Override PartName="/{}" ContentType="{kind}"/>"#, escape(part))
        };
        let mut lines = line(new.listing, &format!("{own}.worksheet+xml"));
        if let Some(comments) = new.comments {
            lines.push_str(&line(comments, &format!("{own}.comments+xml")));
        }
        if let Some(styles) = new.styles {
            lines.push_str(&line(styles, &format!("{own}.styles+xml")));
        }
        if let Some(drawing) = new.drawing {
            match vml {
                VmlDefault::Right => {}
                VmlDefault::Other => lines.push_str(&line(drawing, VML)),
                VmlDefault::None => {
                    lines.push_str(&format!(r#"<{prefix}Default Extension="vml" ContentType="{VML}"/>"#));
                }
            }
        }
        lines
    })
}

const VML: &str = "application/vnd.openxmlformats-officedocument.vmlDrawing";

/// What the package takes files that end with `.vml` for.
#[derive(Debug, Clone, Copy)]
enum VmlDefault {
    Right,
    Other,
    None,
}

fn vml_default<R: BufRead>(markup: &mut Markup<R>) -> Result<VmlDefault, Fault> {
    let mut found = VmlDefault::None;
    loop {
        let (depth, event) = markup.next()?;
        match event {
            Event::Eof => return Ok(found),
            Event::Start(start) | Event::Empty(start)
                if depth == 2
                    && start.local_name().as_ref() == "Default"
                    && attribute(&start, "Extension").is_some_and(|end| end.eq_ignore_ascii_case("vml")) =>
            {
                let right = attribute(&start, "ContentType").as_deref() == Some(VML);
                found = if right { VmlDefault::Right } else { VmlDefault::Other };
            }
            _ => {}
        }
    }
}

/// Rewrites a part with more at the end of one of its elements.
fn append<R: Read + Seek>(
    package: &mut Package<R>,
    edits: &mut Edits,
    part: &str,
    place: (usize, &str),
    more: impl Fn(&str) -> String,
) -> Result<(), Fault> {
    let added = edits
        .rewrite(package, part, |markup, out: &mut dyn Write| Ok(add_at_end(markup, out, place, more)?))
        .map_err(|stop| stop.fault)?;
    if added { Ok(()) } else { Err(Fault::damaged(part, &format!("缺少 {0} / has no {0}", place.1))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_followed_from_where_they_stand() {
        let part = |target: &str| Link { id: String::new(), kind: String::new(), target: target.into() };
        assert_eq!(part("../comments1.xml").part("xl/worksheets/sheet1.xml"), "xl/comments1.xml");
        assert_eq!(part("/xl/comments1.xml").part("xl/worksheets/sheet1.xml"), "xl/comments1.xml");
        assert_eq!(part("worksheets\\sheet1.xml").part("xl/workbook.xml"), "xl/worksheets/sheet1.xml");
        assert_eq!(part("xl/workbook.xml").part(""), "xl/workbook.xml");
        assert_eq!(part("../../../etc/passwd").part("xl/workbook.xml"), "etc/passwd");
    }
}
