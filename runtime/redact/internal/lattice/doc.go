// Package lattice finds values in text whose characters may be written as escapes, in
// any mixture and several times.
//
// A place in a text has several readings: `%5E` is three characters, or a caret, and a
// caret may escape what follows. A [Reader] has all of them, each with the place where
// it ends, and looks for paths through the text that read as a value. Start with
// [NewIndex], the set of values by their first bytes, and [Reader.Search].
//
// The package knows only single characters and the quotes of shells. It decodes no text as
// a whole, such as base64. An Index keeps seeded hashes; a Reader has plaintext until
// [Reader.Wipe].
package lattice
