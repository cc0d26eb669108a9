// Package redact finds secret values in text and puts a mask in their place.
//
// Start with [Registry], the set of values to mask. [Registry.Writer] masks a
// stream, [NewHandler] masks log records, [Registry.Bytes] and
// [Registry.String] mask one piece of text. Package mask is for showing one known
// value as a policy's redact rule asks for.
//
// A value is found as it is and as programs encode it: with any of its characters
// escaped (backslashes, percent signs, character references, doubled quotes; also
// mixed, and several times), in base64 at any alignment, in both alphabets and in
// lines of any width from 40 on, base32, hex, quoted-printable and UTF-16, with other
// line endings, and single lines of a multi-line value. Every occurrence is masked,
// overlapping ones by one mask. The output does not depend on how the input is split
// into writes. The line break that ends a value stays.
//
// It does not find a value that was reversed, split, encoded twice (except by
// escapes), spread over two streams, or written before it was added. It protects
// against accidents, not against a program that wants to reveal a value.
package redact
