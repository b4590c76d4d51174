//! A paper as one HTML page: style inside, nothing fetched, printed on A4, readable on a phone.

use askama::Template;

use crate::{Block, Paper, Signature, font, missing_glyphs, paper, words};

/// askama escapes every text of a template whose name ends in `.html`.
#[derive(Template)]
#[template(path = "paper.html")]
struct Page {
    paper: Paper,
    day: String,
    copies: String,
    foot: Vec<String>,
}

/// The paper as a page that stands alone. Text is escaped and shown as it was written; equal papers give equal pages.
pub fn html(paper: &Paper) -> String {
    let mut foot: Vec<String> = paper.masked_note().into_iter().map(str::to_owned).collect();
    foot.extend(font::note(&missing_glyphs(paper), |_, character| format!("“{character}”")));
    let shown = paper.clone().with_text(&mut words::plain);
    let page = Page { day: words::day(shown.issued_on), copies: shown.copies.join("，"), paper: shown, foot };
    page.render().expect("writing to memory does not fail")
}

fn signed_on(signature: &Signature) -> String {
    words::day_or_blank(signature.signed_on)
}
