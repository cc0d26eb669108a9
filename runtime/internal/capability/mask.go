package capability

import (
	"bytes"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/secret"
)

// A guest may repeat in its text what it was given, whether or not the call
// returns it. The runtime masks the values that calls returned; everything else is
// known only here. So the text of a call is masked before it leaves the call: what
// the guest was given in this call, and what it was given before and may still
// have in its memory.

// Disclosed takes what a guest was given. It must not keep value.
type Disclosed func(name string, value []byte)

// Discloser knows values that the text of a guest must not show.
type Discloser interface {
	// Disclose calls add with each value, under the name that the mask shows. It
	// reports false if there are more than it kept: then none of the text is shown.
	// It may be called several times.
	Disclose(add Disclosed) (complete bool)
}

// disclosed is what the guest was given in this call, besides what is in a State.
type disclosed struct {
	names  []string
	values []string // not copies
	copies []byte   // one behind the other, in a buffer that calls reuse
	ends   []int    // where each of them ends
	large  [][]byte // copies that do not fit into the buffer
}

const (
	// recent is how many of the values that were noted last are compared with a new
	// one: a module that asks for the same values again has them noted once.
	recent = 8
	// noteCost is what a note is counted as, besides the bytes that were copied.
	noteCost = 64
	// maxNotes is how many notes a Call keeps room for from one guest call to the next.
	maxNotes = 4096
)

// DiscloseString notes a value that the guest was given. Name is its key in the
// mask.
func (c *Call) DiscloseString(name, value string) {
	d := &c.disclosed
	for i := len(d.names) - 1; i >= max(0, len(d.names)-recent); i-- {
		if d.names[i] == name && len(d.values[i]) == len(value) {
			c.Charge(Copied(len(value)))
			if d.values[i] == value {
				return
			}
		}
	}
	c.Hold(len(name) + noteCost)
	d.names, d.values = append(d.names, name), append(d.values, value)
}

// DiscloseBytes notes a copy of a value that the guest was given. The caller charges
// the copy.
func (c *Call) DiscloseBytes(value []byte) {
	d := &c.disclosed
	if d.has(value) {
		return
	}
	c.Hold(len(value) + noteCost)
	if len(d.copies)+len(value) > maxScratch {
		d.large = append(d.large, bytes.Clone(value))
		return
	}
	if old := d.copies; len(old)+len(value) > cap(old) {
		d.copies = append(make([]byte, 0, min(maxScratch, 2*(len(old)+len(value)))), old...)
		clear(old)
	}
	d.copies = append(d.copies, value...)
	d.ends = append(d.ends, len(d.copies))
}

// has reports whether value is one of those that were noted last.
func (d *disclosed) has(value []byte) bool {
	for i := len(d.ends) - 1; i >= max(0, len(d.ends)-recent); i-- {
		start := 0
		if i > 0 {
			start = d.ends[i-1]
		}
		if bytes.Equal(d.copies[start:d.ends[i]], value) {
			return true
		}
	}
	for i := len(d.large) - 1; i >= max(0, len(d.large)-recent); i-- {
		if bytes.Equal(d.large[i], value) {
			return true
		}
	}
	return false
}

func (d *disclosed) wipe() {
	clear(d.names)
	clear(d.values)
	clear(d.copies)
	for _, value := range d.large {
		clear(value)
	}
	d.names, d.values, d.copies, d.ends, d.large = d.names[:0], d.values[:0], d.copies[:0], d.ends[:0], nil
	if cap(d.names) > maxNotes {
		d.names, d.values = nil, nil
	}
	if cap(d.ends) > maxNotes {
		d.ends = nil
	}
}

// given calls add with what the guest was given in this call.
func (c *Call) given(add Disclosed) (complete bool) {
	for i, name := range c.disclosed.names {
		add(name, []byte(c.disclosed.values[i]))
	}
	for i, start := 0, 0; i < len(c.disclosed.ends); i++ {
		add("state", c.disclosed.copies[start:c.disclosed.ends[i]])
		start = c.disclosed.ends[i]
	}
	for _, value := range c.disclosed.large {
		add("state", value)
	}
	for f, err := range abi.Fields(c.exchange.input) {
		switch {
		case err != nil:
		case f.Tag == abi.TagValue:
			add("value", f.Value)
		case f.Tag == abi.TagConfig:
			discloseSetting(f.Value, c.set.opt.Public, add)
		}
	}
	complete = true
	for _, s := range c.states {
		complete = s.Disclose(add) && complete
	}
	return complete
}

// discloseSetting calls add with the value of a setting of the module, unless it is
// public.
func discloseSetting(setting []byte, public []string, add Disclosed) {
	var name, value []byte
	for f, err := range abi.Fields(setting) {
		switch {
		case err != nil:
			return
		case f.Tag == abi.TagName:
			name = f.Value
		case f.Tag == abi.TagText:
			value = f.Value
		}
	}
	if !slices.Contains(public, string(name)) {
		add(string(name), value)
	}
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
	if !c.given(r.add) {
		r.over = true
	}
	return !r.over
}

func (r *remembered) add(name string, value []byte) {
	if r.over || len(value) < minPart {
		return
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
		return
	}
	if len(r.items) >= maxRemembered || r.bytes+len(value) > maxRememberedBytes {
		r.over = true
		return
	}
	s, err := secret.FromBytes(bytes.Clone(value))
	if err != nil {
		r.over = true
		return
	}
	r.have[hash] = true
	r.items = append(r.items, secretItem{name, s})
	r.bytes += len(value)
}

func (r *remembered) disclose(add Disclosed) (complete bool) {
	for _, i := range r.items {
		if err := i.value.Expose(func(b []byte) error { add(i.name, b); return nil }); err != nil {
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
	complete = c.given(add)
	complete = c.remembered.disclose(add) && complete
	if c.emitted != nil {
		complete = c.emitted.Disclose(add) && complete
	}
	return complete
}

// maskGuestText masks the texts of a call. The lines of one level are masked as one
// text, since a value may go on over several of them.
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
	if len(texts) > 0 {
		maskTexts(texts, c.disclose)
	}
	r.Logs = split(r.Logs, together)
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
