use super::*;

const F: Format = Format::Dotenv;

#[test]
fn reads() {
    holds(
        F,
        &[
            ("", &[]),
            ("\n# c\n  # c\r\n", &[]),
            ("A=1", &["A=1"]),
            ("A=1\nB=2\n", &["A=1", "B=2"]),
            ("A=1\r\nB=2\r\n", &["A=1", "B=2"]),
            ("\u{feff}A=1\n", &["A=1"]),
            ("export A=1\nexport\tB=2\n", &["A=1", "B=2"]),
            ("exportA=1\n", &["exportA=1"]),
            ("  A = 1 \n", &["A=1"]),
            ("A=\n", &["A="]),
            ("A= # c\n", &["A="]),
            ("A=#x\n", &["A=#x"]),
            ("A=a#b\n", &["A=a#b"]),
            ("A=a #b\n", &["A=a"]),
            ("A=a\t#b\n", &["A=a"]),
            ("A=a b c\n", &["A=a b c"]),
            ("A='a #b' # c\n", &["A=a #b"]),
            ("A='a\\nb'\n", &["A=a\\nb"]),
            ("A=\"a\\nb\\r\\t\\\"\\\\\\$\\d\"\n", &["A=a\nb\r\t\"\\$\\d"]),
            ("A=\"a\nb\"\nB=2\n", &["A=a\nb", "B=2"]),
            ("A='a\nb'\n", &["A=a\nb"]),
            ("A=$B ${C}\n", &["A=$B ${C}"]),
            ("A=a=b\n", &["A=a=b"]),
            ("A=1\nA=2\n", &["A=2"]),
            ("db/password=x\na.b-c=y\n", &["a.b-c=y", "db/password=x"]),
            ("a//b=x\n~=y\nA=1\n", &["A=1"]),
            ("A=it's\n", &["A=it's"]),
            ("A=\"\\é\"\n", &["A=\\é"]),
        ],
    );
}

#[test]
fn rejects() {
    refused(
        F,
        &[
            ("A=1\nhello\n", "line 2, column 1: not an assignment"),
            ("=x\n", "line 1, column 1: not an assignment"),
            ("A B=x\n", "line 1, column 1: not an assignment"),
            ("A=1\nB=\"x\nC=2\n", "line 2, column 3: unclosed quote"),
            ("A='x\\'y'\n", "line 1, column 7: text after the closing quote"),
        ],
    );
}

#[test]
fn sets_in_place() {
    sets(
        F,
        &[
            ("", "A", "1", "A=1\n"),
            ("B=2", "A", "1", "B=2\nA=1\n"),
            ("B=2\r\n", "A", "1", "B=2\r\nA=1\r\n"),
            ("# c\nexport A = old # note\n\nB='x'\n", "A", "new", "# c\nexport A = new # note\n\nB='x'\n"),
            ("A='old'\n", "A", "new", "A='new'\n"),
            ("A=\"old\"\n", "A", "n$w", "A=\"n\\$w\"\n"),
            ("A=old\n", "A", "a b", "A='a b'\n"),
            ("A='old'\n", "A", "it's", "A=\"it's\"\n"),
            ("A=\"a\nb\"\nB=2\n", "A", "c", "A=\"c\"\nB=2\n"),
            ("A=1\nA=2\n", "A", "3", "A=1\nA=3\n"),
            ("A=\nB=2\n", "A", "1", "A=1\nB=2\n"),
            ("A= # c\n", "A", "1", "A=1 # c\n"),
            ("\u{feff}A=1\n", "A", "2", "\u{feff}A=2\n"),
        ],
    );
}

#[test]
fn deletes_lines() {
    deletes(
        F,
        &[
            ("A=1\n", "A", ""),
            ("# c\nA=1 # x\nB=2\n", "A", "# c\nB=2\n"),
            ("A=1\nB=2\nA=3\n", "A", "B=2\n"),
            ("A=\"x\ny\"\nB=2\n", "A", "B=2\n"),
            ("B=2\nA=1", "A", "B=2\n"),
        ],
    );
}

#[test]
fn hard_values_round_trip() {
    round_trips(
        F,
        &["", "X=1\n# c\nA=old\nY=2\n", "A='q' # c\r\nX=1\r\n", "A=\"d\"\nX='\n'"],
        &["A", "new", "a/b"],
    );
}
