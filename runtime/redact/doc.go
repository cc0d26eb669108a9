// Package redact finds secret values in text and puts a mask in their place.
//
// Start with [Registry]: the set of live values. [Registry.Writer] masks a
// stream, [NewHandler] masks log records, [Registry.Bytes] and
// [Registry.String] mask one piece of text. Package mask is for showing one known
// value as a policy's redact rule asks for.
//
// A value is found as it is and in the forms in which programs print it: three
// alignments of base64 in both alphabets, hex, percent and form encoding, JSON,
// Go and shell quoting, XML, UTF-16, other line ends, single lines of a value
// of many lines. Every occurrence is masked, overlapping ones by one mask, and
// the output does not depend on how the input was cut into writes.
//
// What it does not do: it finds nothing that was reversed, cut up, encoded
// twice (but for JSON in JSON), spread over two streams, or written before the
// value was added. It guards against accident, not against a program that means
// to give a value away.
package redact
