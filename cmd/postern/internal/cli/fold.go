package cli

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/urfave/cli/v3"
)

// helpWidth is the number of columns of the widest line of a help page.
const helpWidth = 80

// leftWidth is the width of the left column of a table of a help page. What is wider
// has a line of its own.
const leftWidth = 30

// setHelpPrinter makes the flag library print its pages by printHelp. The library has
// one printer for the whole process.
var setHelpPrinter = sync.OnceFunc(func() { cli.HelpPrinter = printHelp })

// printHelp is the printer of help pages of the flag library with folded lines.
func printHelp(w io.Writer, template string, data any) {
	var page bytes.Buffer
	cli.DefaultPrintHelp(&page, template, data)
	_, _ = io.WriteString(w, fold(page.String())) // w keeps its error
}

// tableRow is a line with a left and a right column.
var tableRow = regexp.MustCompile(`^( +)(\S.*?)  +(\S.*)$`)

// fold breaks the lines of a help page that are too wide. Sections with a table of
// options or commands, and paragraphs of the description, are laid out as a whole; what
// is indented more is left as it is.
func fold(page string) string {
	var out strings.Builder
	section, lines := "", strings.Split(strings.TrimSuffix(page, "\n"), "\n")
	for len(lines) > 0 {
		line := lines[0]
		switch {
		case line != "" && line[0] != ' ':
			section = line
			fallthrough
		case line == "":
			out.WriteString(line + "\n")
			lines = lines[1:]
			continue
		}
		n, table := 0, strings.HasSuffix(section, "OPTIONS:") || section == "COMMANDS:"
		for n < len(lines) && (table && lines[n] != "" || !table && indented(lines[n]) == indented(line)) {
			n++
		}
		n = max(n, 1)
		switch {
		case widest(lines[:n]) <= helpWidth:
			out.WriteString(strings.Join(lines[:n], "\n") + "\n")
		case table:
			foldTable(&out, lines[:n])
		case indented(line) == 3:
			foldText(&out, "   ", "   ", strings.Fields(strings.Join(lines[:n], " ")))
		default:
			out.WriteString(strings.Join(lines[:n], "\n") + "\n")
		}
		lines = lines[n:]
	}
	return out.String()
}

// foldTable writes the rows of a table.
func foldTable(out *strings.Builder, lines []string) {
	left := 0
	for _, line := range lines {
		if row := tableRow.FindStringSubmatch(line); row != nil && len(row[2]) <= leftWidth {
			left = max(left, len(row[2]))
		}
	}
	for _, line := range lines {
		row := tableRow.FindStringSubmatch(line)
		if row == nil {
			out.WriteString(line + "\n")
			continue
		}
		next := row[1] + strings.Repeat(" ", left+2)
		first := row[1] + row[2] + strings.Repeat(" ", max(left+2-len(row[2]), 0))
		if len(row[2]) > left {
			out.WriteString(row[1] + row[2] + "\n")
			first = next
		}
		foldText(out, first, next, words(row[3]))
	}
}

// words returns the words of the text of an option. What brackets hold is one word.
func words(text string) (all []string) {
	rest, variable, _ := strings.Cut(text, " [$")
	all = strings.Fields(rest)
	if variable != "" {
		all = append(all, "[$"+variable)
	}
	return all
}

// foldText writes words in lines that begin with first and then with next.
func foldText(out *strings.Builder, first, next string, words []string) {
	line, empty := first, true
	for _, word := range words {
		switch {
		case empty:
			line += word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > helpWidth:
			out.WriteString(line + "\n")
			line = next + word
		default:
			line += " " + word
		}
		empty = false
	}
	out.WriteString(line + "\n")
}

// indented returns the number of spaces that a line begins with, -1 for an empty one.
func indented(line string) int {
	if line == "" {
		return -1
	}
	return len(line) - len(strings.TrimLeft(line, " "))
}

func widest(lines []string) (columns int) {
	for _, line := range lines {
		columns = max(columns, utf8.RuneCountInString(line))
	}
	return columns
}
