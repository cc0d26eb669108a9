package config

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/runtime/suggest"
)

// node is a place in the tree. Its methods read the value strictly: a value of
// another type is an error and is not converted.
type node struct {
	c     *Config
	l     *layers
	path  []string
	value any
}

func (n node) child(name string, value any) node {
	return node{n.c, n.l, append(slices.Clone(n.path), name), value}
}

// errorf returns an error about this place that names what set it: the file, a
// variable or a flag.
func (n node) errorf(format string, args ...any) *secret.Error {
	from, place := n.c.source(), ""
	if len(n.path) > 0 {
		place = n.place() + ": "
	}
	o, setting := n.l.origin(n.path)
	if o == "file" || o == "default" {
		return errorf("%s: "+place+format, append([]any{from}, args...)...)
	}
	if slices.Equal(setting, n.path) { // the name says it already
		place = ""
	}
	err := errorf("%s: "+place+format, append([]any{o}, args...)...)
	if strings.HasPrefix(o, "--") {
		return err.Wrap(InvalidFlag(o))
	}
	return err
}

// place is the path as users write it. A name with special characters is quoted,
// and a percent sign is doubled since place becomes part of a format.
func (n node) place() string {
	var b strings.Builder
	for i, name := range n.path {
		switch {
		case strings.HasPrefix(name, "["):
		case i > 0:
			b.WriteByte('.')
		}
		if !isPlainName(strings.Trim(name, "[]")) {
			name = quote(name)
		}
		b.WriteString(strings.ReplaceAll(name, "%", "%%"))
	}
	return b.String()
}

// mismatch says which type is wanted and which is there. It does not repeat the
// value.
func (n node) mismatch(want string) error {
	return n.errorf("want %s, got %s", want, typeName(n.value))
}

func typeName(v any) string {
	switch v := v.(type) {
	case nil:
		return "nothing"
	case string:
		return "a string"
	case bool:
		return "true or false"
	case float32, float64:
		if f, ok := v.(float64); ok && f == math.Trunc(f) {
			return "a number"
		}
		return "a fraction"
	case int, int64, uint64, json.Number:
		return "a number"
	case []any:
		return "a list"
	case map[string]any, map[any]any:
		return "a mapping"
	}
	return "a date or time"
}

// object returns the children by name. Other names than those in known are an
// error.
func (n node) object(known ...string) (map[string]node, error) {
	children, err := n.mapping()
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(children)) {
		if !slices.Contains(known, name) {
			near := didYouMean(name, known)
			if near == "" {
				near = suggest.WantOneOf(known)
			}
			if len(n.path) > 0 && slices.Contains(topLevel, name) {
				near = `; "` + name + `" stands at the top of the file, beside "providers"`
			}
			return nil, n.errorf("unknown key %s%s", quote(name), near)
		}
	}
	return children, nil
}

// mapping returns the children by name, with any names.
func (n node) mapping() (map[string]node, error) {
	m, ok := n.value.(map[string]any)
	if !ok {
		return nil, n.mismatch("a mapping")
	}
	out := make(map[string]node, len(m))
	for name, value := range m {
		out[name] = n.child(name, value)
	}
	return out, nil
}

func (n node) list() ([]node, error) {
	values, ok := n.value.([]any)
	if !ok {
		return nil, n.mismatch("a list")
	}
	out := make([]node, len(values))
	for i, v := range values {
		out[i] = n.child("["+strconv.Itoa(i)+"]", v)
	}
	return out, nil
}

func (n node) text() (string, error) {
	s, ok := n.value.(string)
	switch {
	case !ok:
		return "", n.mismatch("a string")
	case strings.ContainsRune(s, 0):
		return "", n.errorf("the string contains a NUL byte")
	}
	return s, nil
}

// nonEmpty is text that is not empty.
func (n node) nonEmpty() (string, error) {
	s, err := n.text()
	if err == nil && s == "" {
		err = n.errorf("the string is empty")
	}
	return s, err
}

// nonEmptyList is a list of texts that are not empty.
func (n node) nonEmptyList() ([]string, error) {
	list, err := n.list()
	if err != nil {
		return nil, err
	}
	out := make([]string, len(list))
	for i, item := range list {
		if out[i], err = item.nonEmpty(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// textMap is a mapping of names to texts.
func (n node) textMap() (map[string]string, error) {
	entries, err := n.mapping()
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(entries))
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		if out[name], err = entries[name].text(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (n node) boolean() (bool, error) {
	b, ok := n.value.(bool)
	if !ok {
		return false, n.mismatch("true or false")
	}
	return b, nil
}

// integer is a number from least to most.
func (n node) integer(least, most int64) (int64, error) {
	var v int64
	switch x := n.value.(type) {
	case int:
		v = int64(x)
	case int64:
		v = x
	case uint64:
		v = int64(min(x, math.MaxInt64))
	case float64: // every number in JSON
		if x != math.Trunc(x) || math.Abs(x) > 1<<53 {
			return 0, n.mismatch("a whole number")
		}
		v = int64(x)
	default:
		return 0, n.mismatch("a whole number")
	}
	if v < least || v > most {
		return 0, n.errorf("want %d to %d, got %d", least, most, v)
	}
	return v, nil
}

// duration is a text such as 500ms, 10s or 2m, above zero.
func (n node) duration(most time.Duration) (time.Duration, error) {
	s, err := n.text()
	if err != nil {
		return 0, n.mismatch(`a duration such as "10s"`)
	}
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		return 0, n.errorf(`invalid duration %s; want one such as "10s"`, quote(s))
	case d <= 0 || d > most:
		return 0, n.errorf("want more than 0s and at most %v, got %v", most, d)
	}
	return d, nil
}

// oneOf is one of some words.
func (n node) oneOf(words ...string) (string, error) {
	s, err := n.text()
	if err != nil || slices.Contains(words, s) {
		return s, err
	}
	if near := didYouMean(s, words); near != "" {
		return "", n.errorf("unknown value %s%s", quote(s), near)
	}
	last := len(words) - 1
	want := words[last]
	if last > 0 {
		want = strings.Join(words[:last], ", ") + " or " + want
	}
	return "", n.errorf("unknown value %s; want %s", quote(s), want)
}

// isPlainName reports whether s has the form of a provider's name: 1 to 64 bytes
// of [A-Za-z0-9_-].
func isPlainName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return s != "" && len(s) <= 64
}
