package steering

import (
	_ "embed"
	"iter"
	"slices"
	"strings"
	"sync"
)

// Entry is a row of the table.
type Entry struct {
	Pattern string // in upper case, with "*" for any text
	Family  string // such as "loaders"
	Reason  string // what a variable of the family does, such as "loads code into programs"
	Example string // a variable that matches

	// Runs reports that programs run the value, or find it in place of another
	// program, so that it must not come from a file either, unless it is allowed by name.
	Runs bool

	credentials bool     // a name that ends in a word for a credential does not match
	oneWord     bool     // a name with "_" does not match
	except      []string // patterns of names that do not match
}

// Find returns the entry for a variable, and whether there is one. The name may be in
// any case, since programs read http_proxy as well as HTTP_PROXY, and Windows makes no
// difference. It may begin with "_", which programs put before names for themselves.
func Find(name string) (Entry, bool) {
	name = strings.ToUpper(name)
	var found Entry
	for e := range rows(name) {
		switch {
		case e.Pattern == name:
			return e, true
		case found.Pattern == "" || e.Runs && !found.Runs:
			found = e
		}
	}
	return found, found.Pattern != ""
}

// Runs reports whether the table has an entry for a variable whose Runs is set.
func Runs(name string) bool {
	for e := range rows(strings.ToUpper(name)) {
		if e.Runs {
			return true
		}
	}
	return false
}

// Entries returns the table.
func Entries() []Entry {
	var all []Entry
	for _, r := range table().rows {
		all = append(all, r.parse())
	}
	return all
}

// rows returns the entries for a name in upper case, with or without its first "_".
func rows(name string) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		if slices.ContainsFunc(table().honest, func(pattern string) bool { return match(pattern, name) }) {
			return
		}
		bare := strings.TrimLeft(name, "_")
		for _, r := range table().rows {
			if !match(r.pattern, name) && (bare == name || !match(r.pattern, bare)) {
				continue
			}
			e := r.parse()
			if (e.matches(name) || bare != name && e.matches(bare)) && !yield(e) {
				return
			}
		}
	}
}

func (e *Entry) matches(name string) bool {
	return match(e.Pattern, name) && !(e.oneWord && strings.Contains(name, "_")) && !(e.credentials && isCredential(name)) &&
		!slices.ContainsFunc(e.except, func(pattern string) bool { return match(pattern, name) })
}

// match reports whether a pattern matches a whole name.
func match(pattern, name string) bool {
	if pattern != "" && name != "" && pattern[0] != '*' && pattern[0] != name[0] { // most patterns begin otherwise: this saves the rest
		return false
	}
	head, rest, open := strings.Cut(pattern, "*")
	if !strings.HasPrefix(name, head) {
		return false
	}
	if name = name[len(head):]; !open {
		return name == ""
	}
	for {
		middle, next, more := strings.Cut(rest, "*")
		if !more {
			return strings.HasSuffix(name, middle)
		}
		i := strings.Index(name, middle)
		if i < 0 {
			return false
		}
		name, rest = name[i+len(middle):], next
	}
}

// isCredential reports whether a name ends in a word for a credential, perhaps before
// one for a stage or an encoding: NODE_AUTH_TOKEN, GIT_DEPLOY_KEY_PROD.
func isCredential(name string) bool {
	words := strings.Split(name, "_")
	last := len(words) - 1
	if last > 0 && (slices.Contains(stages, words[last]) || isNumber(words[last])) {
		last--
	}
	if last == 0 {
		return slices.ContainsFunc(endings, func(ending string) bool { return strings.HasSuffix(words[0], ending) })
	}
	return slices.Contains(credential, words[last])
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// credential are the words for credentials.
var credential = []string{
	"ALIAS", "APIKEY", "AUTHTOKEN", "CREDENTIALS", "CREDS", "DSN", "EMAIL", "FINGERPRINT", "ID", "KEY", "KEYS", "KEYSTORE", "LOGIN", "OTP",
	"PASS", "PASSPHRASE", "PASSWD", "PASSWORD", "PASSWORDS", "PAT", "PIN", "PSK", "PWD", "SALT", "SECRET", "SECRETS", "TOKEN", "TOKENS",
	"USER", "USERNAME", "WEBHOOK",
}

// stages are the words that may follow them.
var stages = []string{
	"B64", "BASE64", "CI", "CURRENT", "DEV", "HEX", "JSON", "LIVE", "NEW", "NEXT", "OLD", "PEM", "PREV", "PREVIOUS", "PROD", "PRODUCTION",
	"QA", "RO", "RW", "STAGE", "STAGING", "TEST",
}

// endings are those of names without "_" for credentials.
var endings = []string{"APIKEY", "PASSWORD", "SECRET", "TOKEN"}

//go:embed families.txt
var families string

// parsed is the table. A row is parsed further for the names that its pattern matches: most
// match none.
type parsed struct {
	rows   []row
	honest []string // patterns of names that no entry is for
}

// row is a line of the table.
type row struct {
	pattern, line string
	family        *family
}

type family struct{ name, reason string }

// table reads the table once.
var table = sync.OnceValue(func() (all parsed) {
	all.rows = make([]row, 0, strings.Count(families, "\n"))
	var in *family
	for line := range strings.Lines(families) {
		line = strings.TrimSpace(line)
		if title, ok := strings.CutPrefix(line, "= "); ok {
			in = new(family)
			in.name, in.reason, _ = strings.Cut(title, ": ")
		} else if pattern, ok := strings.CutPrefix(line, "-"); ok {
			all.honest = append(all.honest, pattern)
		} else if line != "" && line[0] != '#' {
			pattern, _, _ := strings.Cut(line, " ")
			all.rows = append(all.rows, row{pattern, line, in})
		}
	}
	return all
})

// parse reads a row. What is wrong with the table, a test finds.
func (r row) parse() Entry {
	e := Entry{Pattern: r.pattern, Family: r.family.name, Reason: r.family.reason, Example: r.pattern}
	for _, field := range strings.Fields(r.line)[1:] {
		if pattern, ok := strings.CutPrefix(field, "-"); ok {
			e.except = append(e.except, pattern)
		} else if strings.Trim(field, "!~1") == "" {
			e.Runs, e.credentials, e.oneWord = strings.Contains(field, "!"), strings.Contains(field, "~"), strings.Contains(field, "1")
		} else {
			e.Example = field
		}
	}
	return e
}
