package values

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/postern-project/postern/runtime/secret"
)

// pointInto returns the part of a JSON value that a pointer names: the text of a
// string, or a number or boolean as it is written. A missing part, null, an object
// and an array are not_found, as the file module does it.
func pointInto(value []byte, pointer string) ([]byte, error) {
	value = bytes.TrimPrefix(value, []byte("\ufeff")) // which editors of Windows put before it
	if fault := faultOf(value); fault != "" {
		return nil, &secret.Error{Code: secret.ErrInvalidValue, Detail: "the value is " + fault + "; a pointer needs JSON"}
	}
	at := json.RawMessage(value)
	for step := range strings.SplitSeq(pointer[1:], "/") {
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		next, ok := stepInto(at, step)
		if !ok {
			return nil, &secret.Error{Code: secret.ErrNotFound, Detail: fmt.Sprintf("the value has nothing at %q", pointer)}
		}
		at = next
	}
	at = bytes.TrimSpace(at)
	switch at[0] {
	case '{', '[', 'n':
		return nil, &secret.Error{Code: secret.ErrNotFound, Detail: fmt.Sprintf("the value has no string, number or boolean at %q", pointer)}
	case '"':
		var text string
		if err := json.Unmarshal(at, &text); err != nil {
			return nil, &secret.Error{Code: secret.ErrInvalidValue, Detail: "the value is not JSON"}
		}
		return []byte(text), nil
	}
	return bytes.Clone(at), nil
}

// faultOf says why text is not JSON that all readers read alike, as the json module
// refuses it; "" if it is. What it refuses, package json reads nevertheless: it takes
// U+FFFD for what is not UTF-8 and for half of a surrogate pair, and the last of two
// members with one name. The answer quotes nothing of text.
func faultOf(text []byte) string {
	switch {
	case !json.Valid(text):
		return "not JSON"
	case !utf8.Valid(text):
		return "not JSON: it is not UTF-8"
	case halfPair(text):
		return "JSON with half of a surrogate pair"
	case repeats(text):
		return "JSON with two members of one name"
	}
	return ""
}

// halfPair reports whether valid JSON has a \u escape of one half of a surrogate pair
// without the other.
func halfPair(text []byte) bool {
	for len(text) > 0 {
		if text[0] != '\\' {
			text = text[1:]
			continue
		}
		if text[1] != 'u' {
			text = text[2:]
			continue
		}
		unit := escaped(text)
		text = text[6:]
		if !utf16.IsSurrogate(unit) {
			continue
		}
		if utf16.DecodeRune(unit, escaped(text)) == utf8.RuneError {
			return true
		}
		text = text[6:]
	}
	return false
}

// escaped returns the code unit of the \u escape that text begins with; 0 if it begins
// with something else.
func escaped(text []byte) rune {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0
	}
	unit, _ := strconv.ParseUint(string(text[2:6]), 16, 16)
	return rune(unit)
}

// repeats reports whether an object in valid JSON has two members of one name.
func repeats(text []byte) bool {
	type level struct {
		names map[string]bool // nil in an array
		value bool            // a value follows, not a name
	}
	var levels []level
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	for {
		token, err := d.Token()
		if err != nil {
			return false // the end: the text is valid
		}
		in := len(levels) - 1
		switch token {
		case json.Delim('}'), json.Delim(']'):
			levels = levels[:in]
			continue
		}
		if in >= 0 && levels[in].names != nil {
			at := &levels[in]
			if !at.value {
				name := token.(string)
				if at.names[name] {
					return true
				}
				at.names[name], at.value = true, true
				continue
			}
			at.value = false
		}
		switch token {
		case json.Delim('{'):
			levels = append(levels, level{names: map[string]bool{}})
		case json.Delim('['):
			levels = append(levels, level{})
		}
	}
}

func stepInto(at json.RawMessage, step string) (json.RawMessage, bool) {
	at = bytes.TrimSpace(at)
	switch at[0] {
	case '{':
		var object map[string]json.RawMessage
		if json.Unmarshal(at, &object) != nil {
			return nil, false
		}
		next, ok := object[step]
		return next, ok
	case '[':
		var array []json.RawMessage
		i, err := strconv.Atoi(step)
		if err != nil || step != strconv.Itoa(i) || json.Unmarshal(at, &array) != nil || i < 0 || i >= len(array) {
			return nil, false
		}
		return array[i], true
	}
	return nil, false
}
