// Package redact finds secret values in text and puts a mask in their place.
//
// Start with [Registry], the set of values to mask. [Registry.Writer] masks a
// stream, [NewHandler] masks log records, [Registry.Bytes] and
// [Registry.String] mask one piece of text. Package mask is for showing one known
// value as a policy's redact rule asks for.
//
// A value is found as it is and as programs encode it: base64 at any alignment and
// in both alphabets, hex, percent and form encoding, JSON, Go and shell quoting,
// XML, UTF-16, other line endings, and single lines of a multi-line value. Every
// occurrence is masked, overlapping ones by one mask. The output does not depend
// on how the input is split into writes.
//
// It does not find a value that was reversed, split, encoded twice (except JSON in
// JSON), spread over two streams, or written before it was added. It protects
// against accidents, not against a program that wants to reveal a value.
package redact
