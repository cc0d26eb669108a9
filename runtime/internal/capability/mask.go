package capability

import (
	"bytes"
	"hash/maphash"
	"slices"
	"strings"
	"unsafe"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability/guesttext"
	"github.com/postern-project/postern/runtime/secret"
)

// A guest may repeat in its text what it was given, whether or not the call
// returns it. The runtime masks the values that calls returned; everything else is
// known only here. So the text of a call is masked before it leaves the call: what
// the guest was given in this call, and what it was given before and may still
// have in its memory.

// Disclosed takes what a guest was given.
type Disclosed = guesttext.Disclosed

// Discloser knows values that the text of a guest must not show.
type Discloser interface {
	// Disclose calls add with each value, under the name that the mask shows, until add
	// reports false. complete is false if values are left that add did not get: then
	// none of the text is shown. Disclose may be called several times.
	Disclose(add Disclosed) (complete bool)
}

// disclosed is what the guest was given in this call, besides what is in a State.
type disclosed struct {
	names  []string
	values []string // not copies
	copies []byte   // one after the other, in a buffer that calls reuse
	ends   []int    // where each of them ends
	large  [][]byte // copies that do not fit into the buffer

	seed maphash.Seed
	have map[uint64]struct{} // hashes of what is noted, except of the first fewNotes strings: it is noted once
}

const (
	// noteCost is what a note is counted as, besides the bytes of its value.
	noteCost = 64
	// maxNotes is how many notes a Call keeps room for from one guest call to the next.
	maxNotes = 4096
	// fewNotes are compared faster than they are hashed.
	fewNotes = 8
)

// DiscloseString notes a value that the guest was given. Name is its key in the
// mask. It charges what the note costs, now and at the end of the call.
func (c *Call) DiscloseString(name, value string) {
	c.Charge(EntryUnits + 2*Copied(len(value)))
	d := &c.disclosed
	for i, n := range d.names[:min(len(d.names), fewNotes)] {
		if n == name && d.values[i] == value {
			return
		}
	}
	if len(d.names) >= fewNotes && !d.first(maphash.String(d.seed, name)^31*maphash.String(d.seed, value)) {
		return
	}
	c.Hold(len(name) + len(value) + noteCost)
	d.names, d.values = append(d.names, name), append(d.values, value)
}

// DiscloseBytes notes a copy of a value that the guest was given. It charges what the note
// costs, now and at the end of the call.
func (c *Call) DiscloseBytes(value []byte) {
	c.Charge(EntryUnits + 4*Copied(len(value)))
	d := &c.disclosed
	if !d.first(maphash.Bytes(d.seed, value)) {
		return
	}
	c.Hold(len(value) + noteCost)
	if len(d.copies)+len(value) > maxScratch {
		copied := make([]byte, len(value))
		d.large = append(d.large, copied)
		c.Copy(copied, value)
		return
	}
	if old := d.copies; len(old)+len(value) > cap(old) {
		d.copies = append(make([]byte, 0, min(maxScratch, 2*(len(old)+len(value)))), old...)
		clear(old)
	}
	d.copies = append(d.copies, value...)
	d.ends = append(d.ends, len(d.copies))
}

// first reports whether a value with that hash is not noted yet.
func (d *disclosed) first(hash uint64) bool {
	if _, ok := d.have[hash]; ok {
		return false
	}
	d.have[hash] = struct{}{}
	return true
}

func (d *disclosed) wipe() {
	clear(d.names)
	clear(d.values)
	clear(d.copies)
	for _, value := range d.large {
		Wipe(value)
	}
	d.names, d.values, d.copies, d.ends, d.large = d.names[:0], d.values[:0], d.copies[:0], d.ends[:0], nil
	if cap(d.names) > maxNotes {
		d.names, d.values = nil, nil
	}
	if cap(d.ends) > maxNotes {
		d.ends = nil
	}
	if len(d.have) > maxNotes {
		d.have = map[uint64]struct{}{}
	}
	clear(d.have)
}

// given calls add with what the guest was given in this call.
func (c *Call) given(add Disclosed) (complete bool) {
	for i, name := range c.disclosed.names {
		// A view: a copy would be one more that is not wiped.
		if v := c.disclosed.values[i]; !add(name, unsafe.Slice(unsafe.StringData(v), len(v))) {
			return false
		}
	}
	for i, start := 0, 0; i < len(c.disclosed.ends); i++ {
		if !add("state", c.disclosed.copies[start:c.disclosed.ends[i]]) {
			return false
		}
		start = c.disclosed.ends[i]
	}
	for _, value := range c.disclosed.large {
		if !add("state", value) {
			return false
		}
	}
	for f, err := range abi.Fields(c.exchange.input) {
		more := true
		switch {
		case err != nil:
		case f.Tag == abi.TagValue:
			more = add("value", f.Value)
		case f.Tag == abi.TagConfig:
			more = discloseSetting(f.Value, c.set.opt.Public, add)
		}
		if !more {
			return false
		}
	}
	for _, s := range c.states {
		if !s.Disclose(add) {
			return false
		}
	}
	return true
}

// discloseSetting calls add with the value of a setting of the module, unless it is
// public.
func discloseSetting(setting []byte, public []string, add Disclosed) (more bool) {
	var name, value []byte
	for f, err := range abi.Fields(setting) {
		switch {
		case err != nil:
			return true
		case f.Tag == abi.TagName:
			name = f.Value
		case f.Tag == abi.TagText:
			value = f.Value
		}
	}
	return slices.Contains(public, string(name)) || add(string(name), value)
}

// Limits of what is remembered for one instance.
const (
	maxRemembered      = 4096
	maxRememberedBytes = 1 << 20
)

// remembered is what a guest was given in earlier calls and may still have in its
// memory.
type remembered struct {
	seed  maphash.Seed
	have  map[uint64]bool // by the hash of name and value
	items []secretItem
	bytes int
	over  bool // there is more than items
}

type secretItem struct {
	name  string
	value secret.Secret
}

// Remember keeps what the guest was given in this call for the masking of later
// ones. Call it before End of every call whose effect on the memory of the guest
// stays. It reports false once there is too much to remember: from then on, none of
// the guest's text is shown.
func (c *Call) Remember() bool {
	r := &c.remembered
	if !c.given(c.remember) {
		r.over = true
	}
	return !r.over
}

func (r *remembered) add(name string, value []byte) (more bool) {
	if r.over || len(value) < guesttext.MinPart {
		return !r.over
	}
	if r.have == nil {
		r.seed, r.have = maphash.MakeSeed(), map[uint64]bool{}
	}
	var h maphash.Hash
	h.SetSeed(r.seed)
	_, _ = h.WriteString(name)
	_ = h.WriteByte(0)
	_, _ = h.Write(value)
	hash := h.Sum64()
	if r.have[hash] {
		return true
	}
	if len(r.items) >= maxRemembered || r.bytes+len(value) > maxRememberedBytes {
		r.over = true
		return false
	}
	s, err := secret.FromBytes(bytes.Clone(value))
	if err != nil {
		r.over = true
		return false
	}
	r.have[hash] = true
	r.items = append(r.items, secretItem{name, s})
	r.bytes += len(value)
	return true
}

func (r *remembered) disclose(add Disclosed) (complete bool) {
	for _, i := range r.items {
		more := true
		if err := i.value.Expose(func(b []byte) error { more = add(i.name, b); return nil }); err != nil || !more {
			return false
		}
	}
	return !r.over
}

// Close wipes what was remembered. Call it when the instance is gone.
func (c *Call) Close() {
	for _, i := range c.remembered.items {
		i.value.Destroy()
	}
	c.remembered = remembered{}
}

// disclose calls add with everything that the text of this call must not show.
func (c *Call) disclose(add Disclosed) (complete bool) {
	return c.given(add) && c.remembered.disclose(add) && (c.emitted == nil || c.emitted.Disclose(add))
}

// maskGuestText masks the texts of a call. The lines of one level are masked as one
// text, since a value may continue over several of them. If there is too much to compare,
// the first line of each level says so, and the others are counted as dropped.
func (c *Call) maskGuestText(r *Result) {
	texts := make([]*string, 0, 2+len(r.Logs))
	for _, t := range []*string{&r.GuestText, &r.Tail} {
		if *t != "" {
			texts = append(texts, t)
		}
	}
	together := joinLevels(r.Logs)
	for i := range together {
		texts = append(texts, &together[i].text)
	}
	shown := true
	if len(texts) > 0 {
		shown = guesttext.Mask(c.pays, texts, c.disclose)
	}
	lines := len(r.Logs)
	r.Logs = split(r.Logs, together)
	if !shown {
		c.set.DropLogs(lines - len(r.Logs))
	}
}

// joined is a text of some lines of the log.
type joined struct {
	text string
	at   []int // where the lines stand in the log
}

// joinLevels joins the lines of each level. One that has a line break is a text of
// its own.
func joinLevels(lines []LogLine) []joined {
	var out []joined
	open := map[abi.Level]int{} // where in out the lines of a level are
	for i, line := range lines {
		at, ok := open[line.Level]
		switch {
		case strings.Contains(line.Text, "\n"):
			out = append(out, joined{line.Text, []int{i}})
		case ok:
			out[at].text, out[at].at = out[at].text+"\n"+line.Text, append(out[at].at, i)
		default:
			open[line.Level] = len(out)
			out = append(out, joined{line.Text, []int{i}})
		}
	}
	return out
}

// split puts the lines of the texts back. A text may have lost lines.
func split(lines []LogLine, together []joined) []LogLine {
	gone := make([]bool, len(lines))
	for _, j := range together {
		if len(j.at) == 1 {
			lines[j.at[0]].Text = j.text
			continue
		}
		rest, more := j.text, true
		for _, i := range j.at {
			if gone[i] = !more; more {
				lines[i].Text, rest, more = strings.Cut(rest, "\n")
			}
		}
	}
	kept := lines[:0]
	for i, line := range lines {
		if !gone[i] {
			kept = append(kept, line)
		}
	}
	return kept
}
