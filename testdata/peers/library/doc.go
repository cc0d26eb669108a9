// Command library times operations of the library beside the least that each of them can
// cost, and beside the same with other libraries: a map of Go, reading a file, a handler of
// log/slog without masking, godotenv, strings.Replacer. In every round each contender of an
// operation takes one turn. The table shows medians over the rounds.
package main
