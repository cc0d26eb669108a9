// Package encodings knows how a secret value looks in text: which parts of it
// count as the value, in which encodings programs print it, and what a reader
// sees of text with terminal control sequences in it.
//
// Start with [Speller], which writes a value in every way that is worth a
// search. [Classify] says which values cannot be searched because ordinary text
// is full of them. [View] is text without its control sequences, [Decoded] a part
// of it without its escapes.
//
// The package keeps no value: plaintext is in the memory of a Speller or a View
// until it is wiped or used again.
package encodings
