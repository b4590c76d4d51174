//! 学籍变动: the papers of a source.

use domain::calendar::Day;

use crate::{
    dialect::{Dialect, parts, push_number},
    paper::{Kind, Paper},
    roster::{Province, Seat},
    table::{Row, students, tree::push_school},
    words::{OUTSIDE, REASONS},
};

/// Writes a paper, the `serial`-th of its source on that day.
pub(crate) fn change(province: &Province, paper: &Paper, day: Day, serial: u32, dialect: &Dialect, row: &mut Row) {
    let dice = usize::from(paper.dice);
    row.clear();
    row.write(|out| {
        let day = parts(day);
        push_number(out, day.year * 10_000 + day.month * 100 + day.day, 8);
        push_number(out, serial, 7);
    });
    row.put_ascii(&students::number(paper.person, paper.flaw, province.dice(paper.person)));
    row.put(dialect.label("change_kind", paper.kind.label()));
    row.write(|out| dialect.day(paper.effective, out));
    row.put(match paper.kind {
        Kind::Promotion | Kind::Graduation | Kind::Enrolment => "",
        _ => REASONS[dice % REASONS.len()],
    });
    write_seat(province, paper.from, dialect, row);
    write_seat(province, paper.to, dialect, row);
    row.put(match paper.kind {
        Kind::FromOutside | Kind::ToOutside => OUTSIDE[dice % OUTSIDE.len()],
        _ => "",
    });
    row.write(|out| dialect.day(paper.effective.plus_days(-(dice as i32 % 9) - 3), out));
    row.write(|out| dialect.day(paper.effective, out));
    row.put(dialect.label("approval_result", "同意"));
    let silent = paper.kind == Kind::Transfer && dice.is_multiple_of(11);
    row.put(dialect.label("approval_mode", if silent { "超时默认" } else { "人工" }));
}

fn write_seat(province: &Province, seat: Option<Seat>, dialect: &Dialect, row: &mut Row) {
    match seat {
        Some(seat) => {
            let school = &province.schools[seat.school as usize];
            row.write(|out| push_school(out, school.id));
            row.write(|out| push_number(out, school.classes[usize::from(seat.class)].id, 6));
            row.put(dialect.grade(seat.grade));
        }
        None => {
            row.blank();
            row.blank();
            row.blank();
        }
    }
}
