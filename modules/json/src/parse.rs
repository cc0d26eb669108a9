//! A strict JSON parser (RFC 8259) that records the position of every value. The
//! tests compare it with serde_json, which would take a sixth of the module's size.

use alloc::string::String;
use alloc::vec::Vec;

use text::limit;
use text::problem::Problem;
use text::tree::{Kind, Member};

/// A value of JSON, whose spelling has no variants.
pub type Node = text::tree::Node<()>;

/// Parses a document, which must be an object.
pub fn parse(text: &str) -> Result<Node, Problem> {
    let mut reader = Reader { text, at: 0, members: 0 };
    reader.blanks();
    let root = reader.value(0)?;
    reader.blanks();
    if reader.at < text.len() {
        return Err(reader.syntax());
    }
    match root.kind {
        Kind::Table(_) => Ok(root),
        _ => Err(Problem::At { offset: root.span.start, what: "the document is not an object" }),
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    members: usize,
}

impl Reader<'_> {
    fn syntax(&self) -> Problem {
        Problem::At { offset: self.at, what: "not JSON" }
    }

    fn peek(&self) -> u8 {
        // NUL, which is allowed nowhere, also stands for the end of the text.
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    /// Consumes a byte if it is next.
    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == byte;
        self.at += usize::from(found);
        found
    }

    fn need(&mut self, byte: u8) -> Result<(), Problem> {
        if self.take(byte) { Ok(()) } else { Err(self.syntax()) }
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node, Problem> {
        if depth > limit::DEPTH {
            return Err(Problem::TooLarge(limit::DEPTH_EXCEEDED));
        }
        let start = self.at;
        let kind = match self.peek() {
            b'{' => Kind::Table(self.object(depth)?),
            b'[' => self.list(depth)?,
            b'n' => self.word("null", Kind::Null)?,
            b'"' => {
                let text = self.string()?;
                return Ok(Node::scalar(start..self.at, text, false, ()));
            }
            first => {
                match first {
                    b't' => self.word("true", ())?,
                    b'f' => self.word("false", ())?,
                    _ => self.number()?,
                }
                return Ok(Node::scalar(start..self.at, self.text[start..self.at].into(), true, ()));
            }
        };
        Ok(Node { span: start..self.at, kind, form: () })
    }

    fn object(&mut self, depth: usize) -> Result<Vec<Member<()>>, Problem> {
        let mut members = Vec::new();
        self.need(b'{')?;
        self.blanks();
        if self.take(b'}') {
            return Ok(members);
        }
        loop {
            self.members += 1;
            if self.members > limit::MEMBERS {
                return Err(Problem::TooLarge(limit::MEMBERS_EXCEEDED));
            }
            let start = self.at;
            let name = self.string()?;
            let key = start..self.at;
            self.blanks();
            self.need(b':')?;
            self.blanks();
            let node = self.value(depth + 1)?;
            members.push(Member { name, key, node });
            self.blanks();
            if self.take(b'}') {
                return Ok(members);
            }
            self.need(b',')?;
            self.blanks();
        }
    }

    fn list(&mut self, depth: usize) -> Result<Kind<()>, Problem> {
        self.need(b'[')?;
        self.blanks();
        if self.take(b']') {
            return Ok(Kind::Opaque);
        }
        loop {
            self.value(depth + 1)?;
            self.blanks();
            if self.take(b']') {
                return Ok(Kind::Opaque);
            }
            self.need(b',')?;
            self.blanks();
        }
    }

    fn word<T>(&mut self, word: &str, value: T) -> Result<T, Problem> {
        for byte in word.bytes() {
            self.need(byte)?;
        }
        Ok(value)
    }

    fn number(&mut self) -> Result<(), Problem> {
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Problem> {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        if self.at == start { Err(self.syntax()) } else { Ok(()) }
    }

    fn string(&mut self) -> Result<String, Problem> {
        self.need(b'"')?;
        let mut text = String::new();
        let mut run = self.at;
        loop {
            match self.peek() {
                b'"' => {
                    text.push_str(&self.text[run..self.at]);
                    self.at += 1;
                    return Ok(text);
                }
                b'\\' => {
                    text.push_str(&self.text[run..self.at]);
                    self.at += 1;
                    text.push(self.escape()?);
                    run = self.at;
                }
                ..=0x1f => return Err(self.syntax()),
                _ => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<char, Problem> {
        let c = match self.peek() {
            c @ (b'"' | b'\\' | b'/') => char::from(c),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                self.at += 1;
                return self.unicode();
            }
            _ => return Err(self.syntax()),
        };
        self.at += 1;
        Ok(c)
    }

    /// Reads what follows `\u`. Half of a surrogate pair is an error.
    fn unicode(&mut self) -> Result<char, Problem> {
        let mut code = self.hex()?;
        if (0xd800..0xdc00).contains(&code) {
            self.need(b'\\')?;
            self.need(b'u')?;
            let low = self.hex()?;
            if !(0xdc00..0xe000).contains(&low) {
                return Err(self.syntax());
            }
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        }
        char::from_u32(code).ok_or(self.syntax())
    }

    fn hex(&mut self) -> Result<u32, Problem> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = char::from(self.peek()).to_digit(16).ok_or(self.syntax())?;
            code = code << 4 | digit;
            self.at += 1;
        }
        Ok(code)
    }
}
