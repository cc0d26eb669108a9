package encodings

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"unicode/utf16"
	"unicode/utf8"
)

// base64At is base64 of data in which the value starts skip bytes into a group
// of three.
func base64At(enc *base64.Encoding, skip int) appendFunc {
	return func(dst, v []byte) ([]byte, uint8) { return appendBase64(dst, v, enc, skip) }
}

// base64UTF16 is base64At of the value as little-endian UTF-16.
func base64UTF16(skip int) appendFunc {
	return func(dst, v []byte) ([]byte, uint8) {
		wide := appendUTF16(make([]byte, 0, 2*len(v)), v, false)
		defer clear(wide)
		if len(wide) == 0 {
			return dst, 0
		}
		return appendBase64(dst, wide, base64.StdEncoding, skip)
	}
}

// appendBase64 appends the characters that are in every base64 text in which v
// starts skip bytes into a group of three. The last character also depends on
// what follows v, so it belongs to the tails: it is there, with the padding
// after it, if v is the end of the data.
func appendBase64(dst, v []byte, enc *base64.Encoding, skip int) ([]byte, uint8) {
	total := skip + len(v)
	lead := [...]int{0, 2, 3}[skip] // characters that the bytes before v have a share in
	if total*8/6 <= lead {
		return dst, 0
	}
	if skip > 0 {
		var group [3]byte
		var chars [4]byte
		n := copy(group[skip:], v)
		enc.Encode(chars[:], group[:skip+n])
		dst = append(dst, chars[lead:]...)
		v = v[n:]
		clear(group[:])
		clear(chars[:])
	}
	dst = enc.AppendEncode(dst, v)
	switch total % 3 {
	case 1:
		return dst, 1 | 1<<1 | 1<<3 // core, one shared character, "=="
	case 2:
		return dst, 1 | 1<<1 | 1<<2 // core, one shared character, "="
	}
	return dst, 1
}

// utf16Text is UTF-16 without a byte order mark, and without the line breaks around
// the value.
func utf16Text(bigEndian bool) appendFunc {
	return fixed(func(dst, v []byte) []byte { return appendUTF16(dst, bytes.Trim(v, lineBreaks), bigEndian) })
}

// appendUTF16 writes v as UTF-16, or nothing if v is not UTF-8.
func appendUTF16(dst, v []byte, bigEndian bool) []byte {
	if !utf8.Valid(v) {
		return dst
	}
	var pair [2]uint16
	for len(v) > 0 {
		r, n := utf8.DecodeRune(v)
		for _, u := range utf16.AppendRune(pair[:0], r) {
			if bigEndian {
				dst = append(dst, byte(u>>8), byte(u))
			} else {
				dst = append(dst, byte(u), byte(u>>8))
			}
		}
		v = v[n:]
	}
	return dst
}

// base32Text is base32 of the value alone. What follows the value in the data also
// has a share in the character after the last whole one.
func base32Text(dst, v []byte) ([]byte, uint8) {
	dst = base32.StdEncoding.AppendEncode(dst, v)
	switch len(v) % 5 {
	case 1:
		return dst, 1 | 1<<1 | 1<<7 // core, one shared character, "======"
	case 2:
		return dst, 1 | 1<<1 | 1<<5
	case 3:
		return dst, 1 | 1<<1 | 1<<4
	case 4:
		return dst, 1 | 1<<1 | 1<<2
	}
	return dst, 1
}
