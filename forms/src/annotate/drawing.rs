//! The shapes that programs show comments in. They are VML, which is not always XML: shapes are added before its end.

use memchr::memmem;

use super::address::{COLUMNS, Cell, ROWS};

/// What the id of a shape begins with.
const ID: &[u8] = b"_x0000_s";

/// Ids of shapes in one block.
const BLOCK: usize = 1024;

const TYPE: &str = "<v:shapetype id=\"_x0000_t202\" coordsize=\"21600,21600\" o:spt=\"202\" path=\"m,l,21600r21600,l21600,xe\">\
                    <v:stroke joinstyle=\"miter\"/><v:path gradientshapeok=\"t\" o:connecttype=\"rect\"/></v:shapetype>";

const SPACES: [(&str, &str); 3] = [
    ("v", "urn:schemas-microsoft-com:vml"),
    ("o", "urn:schemas-microsoft-com:office:office"),
    ("x", "urn:schemas-microsoft-com:office:excel"),
];

/// Shapes for the cells, hidden until the pointer is over the cell.
pub(super) fn create(cells: &[Cell]) -> String {
    let blocks: Vec<String> = (1..=cells.len() / BLOCK + 1).map(|block| block.to_string()).collect();
    let mut text = format!(
        "<xml{}><o:shapelayout v:ext=\"edit\"><o:idmap v:ext=\"edit\" data=\"{}\"/></o:shapelayout>{TYPE}",
        spaces(""),
        blocks.join(",")
    );
    add_shapes(&mut text, cells, BLOCK + 1);
    text.push_str("</xml>");
    text
}

/// The sender's shapes with those for the cells; `None` if they have no end.
pub(super) fn append(bytes: &[u8], cells: &[Cell]) -> Option<Vec<u8>> {
    let (shapes, end) = bytes.split_at(memmem::rfind(bytes, b"</xml")?);
    let number = |at: usize| -> Option<usize> {
        let digits = shapes.get(at + ID.len()..)?;
        let digits = digits.get(..digits.iter().take_while(|byte| byte.is_ascii_digit()).count())?;
        std::str::from_utf8(digits).ok()?.parse().ok()
    };
    let taken = memmem::find_iter(shapes, ID).filter_map(number).max();
    let next = taken.unwrap_or(BLOCK).max(BLOCK).checked_add(1)?;
    let root = memmem::find(shapes, b"<xml")
        .and_then(|at| shapes.get(at..))
        .and_then(|rest| rest.split(|byte| *byte == b'>').next());
    let missing = spaces(&String::from_utf8_lossy(root.unwrap_or_default()));
    let mut more = String::new();
    if memmem::find(shapes, b"\"_x0000_t202\"").is_none() {
        more.push_str(TYPE);
    }
    add_shapes(&mut more, cells, next);
    if !missing.is_empty() {
        more = more
            .replace("<v:shape id", &format!("<v:shape{missing} id"))
            .replace("<v:shapetype id", &format!("<v:shapetype{missing} id"));
    }
    Some([shapes, more.as_bytes(), end].concat())
}

/// The declarations of name spaces that a root doesn't make.
fn spaces(root: &str) -> String {
    SPACES
        .iter()
        .filter(|(prefix, _)| !root.contains(&format!("xmlns:{prefix}=")))
        .map(|(prefix, space)| format!(" xmlns:{prefix}=\"{space}\""))
        .collect()
}

fn add_shapes(text: &mut String, cells: &[Cell], first: usize) {
    for (id, cell) in (first..).zip(cells) {
        let (row, column) = (cell.row.saturating_sub(1), cell.column.saturating_sub(1));
        // To the right of the cell and a little above; to its left at the edge of the sheet.
        let left = if column + 4 < COLUMNS { column + 1 } else { column.saturating_sub(4) };
        let top = row.saturating_sub(1).min(ROWS.saturating_sub(6));
        let (right, bottom) = (left + 3, top + 5);
        text.push_str(&format!(
            "<v:shape id=\"_x0000_s{id}\" type=\"#_x0000_t202\" \
             style=\"position:absolute;margin-left:59.25pt;margin-top:1.5pt;width:192pt;height:75pt;z-index:1;visibility:hidden\" \
             fillcolor=\"#ffffe1\" o:insetmode=\"auto\"><v:fill color2=\"#ffffe1\"/>\
             <v:shadow on=\"t\" color=\"black\" obscured=\"t\"/><v:path o:connecttype=\"none\"/>\
             <v:textbox style=\"mso-direction-alt:auto\"><div style=\"text-align:left\"></div></v:textbox>\
             <x:ClientData ObjectType=\"Note\"><x:MoveWithCells/><x:SizeWithCells/>\
             <x:Anchor>{left}, 15, {top}, 2, {right}, 15, {bottom}, 4</x:Anchor><x:AutoFill>False</x:AutoFill>\
             <x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_added_under_new_ids_and_known_name_spaces() {
        let cells = [Cell { row: 1, column: 1 }, Cell { row: ROWS, column: COLUMNS }];
        let made = create(&cells);
        assert!(made.contains("_x0000_s1025") && made.contains("_x0000_s1026") && !made.contains("_x0000_s1027"));
        let more = String::from_utf8(append(made.as_bytes(), &cells).unwrap()).unwrap();
        assert!(more.contains("id=\"_x0000_s1028\"") && more.ends_with("</xml>"));
        assert_eq!(more.matches("xmlns:v").count(), 1);
        let bare = append(b"<xml><br>\xd5\xc5</xml>", &cells[..1]).unwrap();
        let bare = String::from_utf8_lossy(&bare);
        assert_eq!(bare.matches("xmlns:v").count(), 2);
        assert_eq!(append(b"<xml>", &cells), None);
    }

    #[test]
    fn thousands_of_shapes_have_blocks_enough() {
        let cells: Vec<Cell> = (1..=3_000).map(|row| Cell { row, column: 1 }).collect();
        assert!(create(&cells).contains("data=\"1,2,3\""));
    }
}
