//! Complete and incomplete fields.

use postern_guest::Status;
use postern_guest::tlv::{Fields, Tag, append};

#[test]
fn encodes_the_example_of_the_specification() {
    let mut bytes = Vec::new();
    append(&mut bytes, Tag::Key, b"a");
    assert_eq!(bytes, [1, 0, 1, 0, 0, 0, 0x61]);
}

#[test]
fn decodes_what_it_encoded() {
    let mut bytes = Vec::new();
    append(&mut bytes, Tag::Value, b"");
    append(&mut bytes, Tag::Unknown(999), &[0xff; 300]);
    append(&mut bytes, Tag::Size, &7u64.to_le_bytes());
    let fields: Vec<_> = Fields::new(&bytes).map(Result::unwrap).collect();
    assert_eq!(fields.len(), 3);
    assert_eq!((fields[0].tag, fields[0].content), (Tag::Value, &b""[..]));
    assert_eq!((fields[1].tag, fields[1].content.len()), (Tag::Unknown(999), 300));
    assert_eq!(fields[1].text(), Err(Status::Internal));
    assert_eq!(fields[2].u64(), Ok(7));
    assert_eq!(fields[2].u32(), Err(Status::Internal));
}

#[test]
fn an_incomplete_field_is_one_error_and_the_end() {
    let mut bytes = Vec::new();
    append(&mut bytes, Tag::Key, b"abc");
    for len in 1..bytes.len() {
        let mut fields = Fields::new(&bytes[..len]);
        assert_eq!(fields.next(), Some(Err(Status::Internal)), "{len} bytes");
        assert_eq!(fields.next(), None);
    }
    let mut huge = Fields::new(&[1, 0, 0xff, 0xff, 0xff, 0xff, 0]);
    assert_eq!(huge.next(), Some(Err(Status::Internal)));
}
