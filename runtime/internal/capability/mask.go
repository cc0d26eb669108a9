package capability

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// What a guest was handed may be in its words, whether the call returns it or
// not: the runtime learns of returned values only. So a call that says anything
// masks what it was handed before its words leave it.

const (
	// maxMasked is how many bytes of handed content are taken apart for masking.
	maxMasked = 256 << 10
	// maxTokens is how many parts they may have.
	maxTokens = 4096
	// minToken is the shortest part in bytes that is masked.
	minToken = 4
)

// handed is what the guest got in this call besides files, which the disk keeps.
type handed struct {
	names  []string // of variables
	values []string // of variables; parts of the call's environment, not copies
	state  [][]byte // values of postern_kv_v1, copied
	files  [][]byte // contents that were read before the call changed a file
}

// handText notes a variable that the guest got.
func (c *Call) handText(name, value string) {
	if c.speaks() {
		c.handed.names, c.handed.values = append(c.handed.names, name), append(c.handed.values, value)
	}
}

// handState notes a stored value that the guest got.
func (c *Call) handState(value []byte) {
	if c.speaks() {
		c.handed.state = append(c.handed.state, bytes.Clone(value))
	}
}

// speaks reports whether anybody would read a line of this guest.
func (c *Call) speaks() bool { return c.set.log.enabled(c, abi.LevelError) }

func (h *handed) wipe() {
	for _, v := range slices.Concat(h.state, h.files) {
		clear(v)
	}
	*h = handed{}
}

// maskWords masks the words of a call.
func (c *Call) maskWords(r *Result) {
	if len(r.Logs) == 0 && r.GuestText == "" && r.Tail == "" {
		return
	}
	m := &masker{}
	for i, name := range c.handed.names {
		m.whole(name, []byte(c.handed.values[i]))
	}
	for _, v := range c.handed.state {
		m.whole("state", v)
	}
	for f, err := range abi.Fields(c.input) {
		if err == nil && f.Tag == abi.TagValue {
			m.whole("value", f.Value)
		}
	}
	for _, data := range c.handed.files {
		m.content(data)
	}
	for _, k := range c.disk.kept {
		m.content(k.data)
	}
	mask := m.done()
	defer m.close()
	r.GuestText, r.Tail = mask(r.GuestText), mask(r.Tail)
	for i := range r.Logs {
		r.Logs[i].Text = mask(r.Logs[i].Text)
	}
}

// masker gathers what is to be masked.
type masker struct {
	entries  []redact.Entry
	registry *redact.Registry
	tooMuch  bool
}

// whole adds a value. A copy is needed: what is added is cleared when it moves
// into protected memory.
func (m *masker) whole(key string, value []byte) {
	s, err := secret.FromBytes(bytes.Clone(value))
	if err != nil {
		m.tooMuch = true
		return
	}
	m.entries = append(m.entries, redact.Entry{Key: key, Secret: s})
}

// content adds a file: as a whole, and every part of it that could be a value
// in one of the formats that modules read.
func (m *masker) content(data []byte) {
	if len(data) == 0 {
		return
	}
	if len(data) > maxMasked {
		m.tooMuch = true
		return
	}
	m.whole("file", data)
	for _, token := range bytes.FieldsFunc(data, separates) {
		if len(token) >= minToken {
			m.whole("file", token)
		}
	}
}

// separates reports whether r ends a value in dotenv, TOML, JSON or YAML.
func separates(r rune) bool {
	switch r {
	case ' ', '\t', '\r', '\n', '"', '\'', '=', ':', ',', '{', '}', '[', ']':
		return true
	}
	return false
}

// done returns the function that masks. When there is too much to look for,
// nothing that the guest said is let out.
func (m *masker) done() func(string) string {
	if m.tooMuch || len(m.entries) > maxTokens {
		return func(text string) string {
			if text == "" {
				return ""
			}
			return fmt.Sprintf("[%d bytes were left out: the call read more than can be masked]", len(text))
		}
	}
	m.registry = redact.New(redact.Options{JSONLeaves: true})
	// Values that were just made cannot be gone: there is no error to handle.
	_ = m.registry.AddAll(m.entries)
	return m.registry.String
}

func (m *masker) close() {
	if m.registry != nil {
		m.registry.Close()
	}
	for _, e := range m.entries {
		e.Secret.Destroy()
	}
}
