//! Tables of the page: every cell escaped, numbers to the right, the first column a heading of its row.

use crate::format::escape;

/// A column's heading and whether it holds numbers.
pub(super) type Head<'a> = (&'a str, bool);

/// Writes a table that scrolls by itself where the page is too narrow.
pub(super) fn table(page: &mut String, caption: &str, heads: &[Head], rows: impl IntoIterator<Item = Vec<String>>) {
    page.push_str("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"");
    page.push_str(&escape(caption));
    page.push_str("\"><table>");
    if !caption.is_empty() {
        page.push_str(&format!("<caption>{}</caption>", escape(caption)));
    }
    page.push_str("<thead><tr>");
    for (head, number) in heads {
        page.push_str(if *number { "<th scope=\"col\" class=\"n\">" } else { "<th scope=\"col\">" });
        page.push_str(&escape(head));
        page.push_str("</th>");
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        page.push_str("<tr>");
        for (place, cell) in row.iter().enumerate() {
            let number = heads.get(place).is_some_and(|(_, number)| *number);
            let (open, close) = match (place, number) {
                (0, false) => ("<th scope=\"row\">", "</th>"),
                (_, true) => ("<td class=\"n\">", "</td>"),
                _ => ("<td>", "</td>"),
            };
            page.push_str(open);
            page.push_str(&escape(cell));
            page.push_str(close);
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody></table></div>\n");
}
