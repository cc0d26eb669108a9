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
)

// node is a place in the tree. Its methods read it strictly: a value of another
// type is an error, never converted.
type node struct {
	c     *Config
	l     *layers
	path  []string
	value any
}

func (n node) child(name string, value any) node {
	return node{n.c, n.l, append(slices.Clone(n.path), name), value}
}

// fault is an error about this place, naming who set it.
func (n node) fault(format string, args ...any) *secret.Error {
	from := n.c.name()
	if o := n.l.origin(n.path); o != "file" && o != "default" {
		from = o
	}
	place := ""
	if len(n.path) > 0 {
		place = n.place() + ": "
	}
	return fault("%s: "+place+format, append([]any{from}, args...)...)
}

// place is the path as people write it. Names with odd bytes are quoted, and a
// percent sign is doubled since place is part of a format.
func (n node) place() string {
	var b strings.Builder
	for i, name := range n.path {
		switch {
		case strings.HasPrefix(name, "["):
		case i > 0:
			b.WriteByte('.')
		}
		if !plainName(strings.Trim(name, "[]")) {
			name = quoted(name)
		}
		b.WriteString(strings.ReplaceAll(name, "%", "%%"))
	}
	return b.String()
}

// mismatch says what was wanted and what is there, without the value.
func (n node) mismatch(want string) error {
	return n.fault("want %s, got %s", want, typeName(n.value))
}

func typeName(v any) string {
	switch v := v.(type) {
	case nil:
		return "nothing"
	case string:
		return "a text"
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

// object returns the children by name and refuses names that are not known.
func (n node) object(known ...string) (map[string]node, error) {
	children, err := n.mapping()
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(children)) {
		if !slices.Contains(known, name) {
			return nil, n.fault("unknown key %s%s", quoted(name), didYouMean(name, known))
		}
	}
	return children, nil
}

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
		return "", n.mismatch("a text")
	case strings.ContainsRune(s, 0):
		return "", n.fault("the text holds a zero byte")
	}
	return s, nil
}

// filled is text that is not empty.
func (n node) filled() (string, error) {
	s, err := n.text()
	if err == nil && s == "" {
		err = n.fault("the text is empty")
	}
	return s, err
}

func (n node) texts() ([]string, error) {
	list, err := n.list()
	if err != nil {
		return nil, err
	}
	out := make([]string, len(list))
	for i, item := range list {
		if out[i], err = item.filled(); err != nil {
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

// whole is a number from 1 to most.
func (n node) whole(most int64) (int64, error) {
	var v int64
	switch x := n.value.(type) {
	case int:
		v = int64(x)
	case int64:
		v = x
	case uint64:
		v = int64(min(x, math.MaxInt64))
	case float64: // JSON has no other numbers
		if x != math.Trunc(x) || math.Abs(x) > 1<<53 {
			return 0, n.mismatch("a whole number")
		}
		v = int64(x)
	default:
		return 0, n.mismatch("a whole number")
	}
	if v < 1 || v > most {
		return 0, n.fault("want 1 to %d, got %d", most, v)
	}
	return v, nil
}

// duration is a text such as 500ms, 10s or 2m.
func (n node) duration(most time.Duration) (time.Duration, error) {
	s, err := n.text()
	if err != nil {
		return 0, n.mismatch(`a time such as "10s"`)
	}
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		return 0, n.fault(`%s is no time; want one such as "10s"`, quoted(s))
	case d <= 0 || d > most:
		return 0, n.fault("want more than nothing and at most %v", most)
	}
	return d, nil
}

// oneOf is one of a few words.
func (n node) oneOf(words ...string) (string, error) {
	s, err := n.text()
	if err == nil && !slices.Contains(words, s) {
		err = n.fault("unknown word %s%s; want one of %s", quoted(s), didYouMean(s, words), strings.Join(words, ", "))
	}
	return s, err
}

// plainName reports whether s is a name as providers have: [A-Za-z0-9_-]+.
func plainName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return s != "" && len(s) <= 64
}
