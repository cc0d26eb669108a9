//! Compares the numbers of this crate with the tables of SPEC.md.

use postern_guest::Status;
use postern_guest::tlv::Tag;

/// The first two cells of each row whose first cell is a number.
fn rows(section: &str) -> Vec<(u32, String)> {
    let spec = include_str!("../../SPEC.md");
    let start = spec.find(section).expect("a section of the specification");
    let body = &spec[start + section.len()..];
    let body = &body[..body.find("\n## ").unwrap_or(body.len())];
    let row = |line: &str| {
        let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
        let number = cells.next()?.parse().ok()?;
        Some((number, cells.next()?.trim_matches('`').replace('_', "")))
    };
    body.lines().filter_map(row).collect()
}

#[test]
fn statuses_are_those_of_the_specification() {
    let rows = rows("## 5. Status codes");
    assert_eq!(rows.len(), Status::ALL.len() + 1);
    for (number, name) in rows {
        match Status::from_code(number) {
            Ok(()) => assert_eq!((number, name.as_str()), (0, "ok")),
            Err(status) => {
                assert_eq!(status.code(), number);
                assert_eq!(format!("{status:?}").to_lowercase(), name);
            }
        }
    }
    assert_eq!(Status::from_code(17), Err(Status::Internal));
}

#[test]
fn tags_are_those_of_the_specification() {
    let rows = rows("## 6. Encoding");
    assert!(!rows.is_empty());
    for (number, name) in &rows {
        let tag = Tag::from_number(*number as u16);
        assert_eq!(u32::from(tag.number()), *number);
        assert_eq!(format!("{tag:?}").to_lowercase(), *name);
    }
    let next = rows.len() as u16 + 1;
    assert_eq!(Tag::from_number(next), Tag::Unknown(next));
}
