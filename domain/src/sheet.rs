//! The comma-separated files of `data/`, which are compiled in: rows of borrowed cells.

/// The rows below the header. A cell in quotes may hold commas; quotes inside a cell are not used in `data/`.
pub(crate) fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.trim_start_matches('\u{feff}').lines().skip(1).filter(|line| !line.trim().is_empty()).map(cells)
}

fn cells(line: &'static str) -> Vec<&'static str> {
    let mut cells = Vec::with_capacity(6);
    let mut rest = line.trim_end_matches('\r');
    loop {
        let quoted = rest.strip_prefix('"').and_then(|inner| inner.split_once('"'));
        let (cell, after) = match quoted {
            Some((cell, after)) => (cell, after.strip_prefix(',')),
            None => match rest.split_once(',') {
                Some((cell, after)) => (cell, Some(after)),
                None => (rest, None),
            },
        };
        cells.push(cell);
        match after {
            Some(after) => rest = after,
            None => return cells,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_cell_keeps_its_commas() {
        let read: Vec<_> = rows("a,b,c\n1,\"2,3\",\r\n\n4,5,6\n").collect();
        assert_eq!(read, [vec!["1", "2,3", ""], vec!["4", "5", "6"]]);
    }
}
