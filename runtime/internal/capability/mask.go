package capability

import (
	"bytes"
	"fmt"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// A guest may repeat in its text what it was given, whether or not the call
// returns it. The runtime masks the values that calls returned; everything else is
// known only here and only until the call ends. So a call with any text masks
// what the guest was given before the text leaves the call.

const (
	// maxMasked is how many bytes of one file are split into tokens for masking.
	maxMasked = 256 << 10
	// maxTokens is how many values and parts of files are masked.
	maxTokens = 4096
	// minToken is the shortest part of a file, in bytes, that is masked.
	minToken = 4
)

// disclosed is what the guest was given in this call, besides what is in a State.
type disclosed struct {
	names  []string
	values []string // not copies
	copies []byte   // one behind the other, in a buffer that calls reuse
	ends   []int    // where each of them ends
}

// DiscloseString notes a value that the guest was given. Name is its key in the
// mask.
func (c *Call) DiscloseString(name, value string) {
	c.disclosed.names, c.disclosed.values = append(c.disclosed.names, name), append(c.disclosed.values, value)
}

// DiscloseBytes notes a copy of a value that the guest was given.
func (c *Call) DiscloseBytes(value []byte) {
	d := &c.disclosed
	if old := d.copies; len(old)+len(value) > cap(old) {
		d.copies = append(make([]byte, 0, 2*(len(old)+len(value))), old...)
		clear(old)
	}
	d.copies = append(d.copies, value...)
	d.ends = append(d.ends, len(d.copies))
}

func (d *disclosed) wipe() {
	clear(d.names)
	clear(d.values)
	clear(d.copies)
	d.names, d.values, d.copies, d.ends = d.names[:0], d.values[:0], d.copies[:0], d.ends[:0]
	if cap(d.copies) > maxScratch {
		d.copies = nil
	}
}

// maskGuestText masks the texts of a call.
func (c *Call) maskGuestText(r *Result) {
	if len(r.Logs) == 0 && r.GuestText == "" && r.Tail == "" {
		return
	}
	m := &Masker{}
	for i, name := range c.disclosed.names {
		m.Value(name, []byte(c.disclosed.values[i]))
	}
	for i, start := 0, 0; i < len(c.disclosed.ends); i++ {
		m.Value("state", bytes.Clone(c.disclosed.copies[start:c.disclosed.ends[i]]))
		start = c.disclosed.ends[i]
	}
	for f, err := range abi.Fields(c.exchange.input) {
		if err == nil && f.Tag == abi.TagValue {
			m.Value("value", bytes.Clone(f.Value))
		}
	}
	for _, s := range c.states {
		s.Disclose(m)
	}
	if c.emitted != nil {
		c.emitted.Disclose(m)
	}
	mask := m.function()
	defer m.close()
	r.GuestText, r.Tail = mask(r.GuestText), mask(r.Tail)
	for i := range r.Logs {
		r.Logs[i].Text = mask(r.Logs[i].Text)
	}
}

// Masker collects what is masked in the text of a guest.
type Masker struct {
	entries  []redact.Entry
	registry *redact.Registry
	tooMuch  bool
}

// Value adds a value under the name that the mask shows. The bytes are moved into
// protected memory and cleared.
func (m *Masker) Value(name string, value []byte) {
	s, err := secret.FromBytes(value)
	if err != nil {
		m.tooMuch = true
		return
	}
	m.entries = append(m.entries, redact.Entry{Key: name, Secret: s})
}

// TooMuch says that there are values which are not among those that were added:
// none of the guest's text is shown.
func (m *Masker) TooMuch() { m.tooMuch = true }

// File adds the content of a file: as a whole, and every part of it that could be
// a value in one of the formats that modules read. It copies data.
func (m *Masker) File(data []byte) {
	if len(data) == 0 {
		return
	}
	if len(data) > maxMasked {
		m.tooMuch = true
		return
	}
	m.Value("file", bytes.Clone(data))
	complete := fileValues(data, func(value []byte) {
		if len(m.entries) <= maxTokens {
			m.Value("file", bytes.Clone(value))
		}
	})
	m.tooMuch = m.tooMuch || !complete
}

// function returns the function that masks. If there is too much to search for, it
// lets none of the guest's text pass.
func (m *Masker) function() func(string) string {
	if m.tooMuch || len(m.entries) > maxTokens {
		return func(text string) string {
			if text == "" {
				return ""
			}
			return fmt.Sprintf("[%d bytes were left out: the call read more than can be masked]", len(text))
		}
	}
	m.registry = redact.New(redact.Options{JSONLeaves: true})
	// Secrets that were just made are open, so there is no error to handle.
	_ = m.registry.AddAll(m.entries)
	return m.registry.String
}

func (m *Masker) close() {
	if m.registry != nil {
		m.registry.Close()
	}
	for _, e := range m.entries {
		e.Secret.Destroy()
	}
}
