package module

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// fields are the members that an object may have, and the variables that take them.
type fields map[string]any

// parseStrict reads one JSON object and nothing after it. Unlike encoding/json, it
// accepts each member once, in its exact spelling, and no null. The text of an error
// continues a sentence that begins with the name of the document.
func parseStrict(b []byte, known fields) error {
	if !utf8.Valid(b) {
		return errors.New("is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(b))
	err := members(d, func(name string) error {
		into, ok := known[name]
		if !ok {
			return fmt.Errorf("has the unknown member %s", quote(name))
		}
		return value(d, name, into)
	})
	if err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("has text after its end")
	}
	return nil
}

// members calls visit for each member of the next value, which must be an
// object; visit reads the member's value.
func members(d *json.Decoder, visit func(name string) error) error {
	if t, err := d.Token(); err != nil {
		return errors.New("is not JSON")
	} else if t != json.Delim('{') {
		return errors.New("is not an object")
	}
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return errors.New("is not JSON")
		}
		name, _ := t.(string) // the decoder accepts nothing else here
		if seen[name] {
			return fmt.Errorf("has the member %s twice", quote(name))
		}
		seen[name] = true
		if err := visit(name); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return errors.New("is not JSON")
	}
	return nil
}

// value reads the next value into a Go value. It drops the text of encoding/json
// about a mismatch, which repeats text of the document.
func value(d *json.Decoder, name string, into any) error {
	var raw json.RawMessage
	if err := d.Decode(&raw); err != nil {
		return errors.New("is not JSON")
	}
	if string(raw) == "null" {
		return fmt.Errorf("has null for %s", quote(name))
	}
	if bytes.Contains(raw, []byte("null")) && hasNull(raw) {
		return fmt.Errorf("has null within %s", quote(name))
	}
	var nested *nestedError
	if err := json.Unmarshal(raw, into); errors.As(err, &nested) {
		return fmt.Errorf("at %s: %s", quote(name), nested.detail)
	} else if err != nil {
		return fmt.Errorf("has a value of the wrong type for %s", quote(name))
	}
	return nil
}

// hasNull reports whether an array contains null, which encoding/json would read as
// an empty element.
func hasNull(raw json.RawMessage) bool {
	var all []json.RawMessage
	if json.Unmarshal(raw, &all) != nil {
		return false
	}
	for _, v := range all {
		if string(v) == "null" {
			return true
		}
	}
	return false
}

// nestedError carries the error of an inner object through encoding/json.
type nestedError struct{ detail string }

func (e *nestedError) Error() string { return e.detail }

func nested(err error) error {
	if err == nil {
		return nil
	}
	return &nestedError{err.Error()}
}
