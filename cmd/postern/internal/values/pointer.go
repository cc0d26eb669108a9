package values

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/postern-project/postern/runtime/secret"
)

// pointInto returns the part of a JSON value that a pointer names: the text of a
// string, or a number or boolean as it is written. A missing part, null, an object
// and an array are not_found, as the file module does it.
func pointInto(value []byte, pointer string) ([]byte, error) {
	if !json.Valid(value) {
		return nil, &secret.Error{Code: secret.ErrInvalidValue, Detail: "the value is not JSON; a pointer needs JSON"}
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
