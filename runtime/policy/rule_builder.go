package policy

import (
	"errors"
	"fmt"
	"slices"
	"unicode"

	"github.com/postern-project/postern/runtime/glob"
	"github.com/postern-project/postern/runtime/policy/internal/luabox"
	"github.com/postern-project/postern/runtime/policy/internal/window"
	"github.com/postern-project/postern/runtime/redact/mask"
	"github.com/postern-project/postern/runtime/suggest"
)

const (
	maxName   = 128 // length of a rule's name in bytes
	maxReason = 256 // length of a reason in bytes
)

// ruleBuilder reads the fields of a rule. Its parse methods are in the table
// fields, one for each field.
type ruleBuilder struct {
	rule
	known    []string        // known providers; nil accepts any
	given    map[string]bool // fields that were read
	schedule window.Window   // hours, days and zone; the rule's window if hours or days are given
}

// newRuleBuilder returns a builder for the rule that c declares.
func newRuleBuilder(c luabox.Call, providers []string) *ruleBuilder {
	b := &ruleBuilder{known: providers, given: map[string]bool{}, schedule: window.Always()}
	b.kind = kind(slices.Index(kindNames[:], c.Name()))
	b.file, b.line = c.Place()
	b.ops = opsAll
	return b
}

// loadError adds the position and the rule to err.
func (b *ruleBuilder) loadError(err error) *LoadError {
	le := &LoadError{File: b.file, Line: b.line, Rule: b.kind.String(), Msg: err.Error()}
	if b.name != "" {
		le.Rule = b.describe()
	}
	var h *hinted
	if errors.As(err, &h) {
		le.Hint = h.hint
	}
	return le
}

// fill reads the name and every field.
func (b *ruleBuilder) fill(t luabox.Table) error {
	name, _ := t.Item(1).AsString()
	if name == "" || len(name) > maxName || !printable(name) {
		return fmt.Errorf("the first item must be the rule's name: one line of at most %d bytes", maxName)
	}
	b.name = name
	for k, v := range t.All() {
		if i, ok := k.AsNumber(); ok && i == 1 {
			continue
		}
		key, ok := k.AsString()
		if !ok {
			return errors.New("only the name has no field; is there a comma instead of an equals sign?")
		}
		if err := b.parseField(key, v); err != nil {
			return err
		}
	}
	for _, f := range fields {
		if f.must.has(b.kind) && !b.given[f.name] {
			return fmt.Errorf("%s is missing", f.name)
		}
	}
	return b.checkCombination()
}

func (b *ruleBuilder) parseField(name string, v luabox.Value) error {
	f, ok := fieldOf(b.kind, name)
	if !ok {
		return unknownWord("field", name, fieldNamesOf(b.kind))
	}
	b.given[f.name] = true
	err := f.parse(b, v)
	var h *hinted
	if err == nil || errors.As(err, &h) { // a hinted error names the field's kind of word itself
		return err
	}
	return fmt.Errorf("%s: %w", f.name, err)
}

// checkCombination checks fields against each other, and sets the window.
func (b *ruleBuilder) checkCombination() error {
	if b.given["tz"] && !b.given["hours"] && !b.given["days"] {
		return errors.New("tz needs hours or days")
	}
	if b.given["hours"] || b.given["days"] {
		w := b.schedule
		b.window = &w
	}
	partial := b.mask.Mode == mask.First || b.mask.Mode == mask.Last
	if b.kind == kindRedact && partial != b.given["keep"] {
		return errors.New(`keep goes with mode "first" or "last", and only with them`)
	}
	return nil
}

// unknownWord returns the error about a word that is not one of known.
func unknownWord(what, word string, known []string) error {
	return &hinted{fmt.Sprintf("unknown %s %.64q", what, word), suggest.Closest(word, known)}
}

func printable(s string) bool {
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// parseGlobs reads a list of patterns with parse.
func parseGlobs(v luabox.Value, parse func(string) (*glob.Glob, error)) (glob.List, error) {
	patterns, err := v.Strings()
	if err != nil {
		return nil, err
	}
	out := make(glob.List, len(patterns))
	for i, p := range patterns {
		if out[i], err = parse(p); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (b *ruleBuilder) parseKeys(v luabox.Value) (err error) {
	b.keys, err = parseGlobs(v, glob.ParseKey)
	return err
}

func (b *ruleBuilder) parseCallers(v luabox.Value) (err error) {
	b.callers, err = parseGlobs(v, glob.Parse)
	return err
}

func (b *ruleBuilder) parseRoles(v luabox.Value) (err error) {
	b.roles, err = v.Strings()
	return err
}

func (b *ruleBuilder) parseOps(v luabox.Value) error {
	words, err := v.Strings()
	if err != nil {
		return err
	}
	b.ops = 0
	for _, word := range words {
		set, ok := parseOpSet(word)
		if !ok {
			return unknownWord("operation", word, append(slices.Clone(opNames[1:]), "read", "write", "*"))
		}
		b.ops |= set
	}
	return nil
}

func (b *ruleBuilder) parseLabels(v luabox.Value) (err error) {
	b.labels, err = v.Pairs()
	return err
}

func (b *ruleBuilder) parseHours(v luabox.Value) error { return parseText(v, b.schedule.ParseHours) }
func (b *ruleBuilder) parseDays(v luabox.Value) error  { return parseText(v, b.schedule.ParseDays) }

func (b *ruleBuilder) parseZone(v luabox.Value) error {
	return parseText(v, func(name string) (err error) {
		b.schedule.Location, err = window.ParseZone(name)
		return err
	})
}

func parseText(v luabox.Value, parse func(string) error) error {
	s, err := v.Text()
	if err != nil {
		return err
	}
	return parse(s)
}

func (b *ruleBuilder) parseWhen(v luabox.Value) error {
	fn, ok := v.AsFunction()
	if !ok || fn.Native() {
		return errors.New("want function(req) ... end")
	}
	b.when = fn
	return nil
}

func (b *ruleBuilder) parseReason(v luabox.Value) error {
	s, err := v.Text()
	if err != nil {
		return err
	}
	if s == "" || len(s) > maxReason || !printable(s) {
		return fmt.Errorf("want one line of at most %d bytes", maxReason)
	}
	b.reason = s
	return nil
}

func (b *ruleBuilder) parseProviders(v luabox.Value) error {
	if fn, ok := v.AsFunction(); ok && !fn.Native() {
		b.hook = fn
		return nil
	}
	names, err := v.Strings()
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := b.checkProvider(name); err != nil {
			return err
		}
	}
	b.providers = names
	return nil
}

func (b *ruleBuilder) parseProvider(v luabox.Value) error {
	name, err := v.Text()
	if err != nil {
		return err
	}
	b.providers = []string{name}
	return b.checkProvider(name)
}

func (b *ruleBuilder) checkProvider(name string) error {
	if b.known == nil || slices.Contains(b.known, name) {
		return nil
	}
	return unknownWord("provider", name, b.known)
}

func (b *ruleBuilder) parseMode(v luabox.Value) error {
	s, err := v.Text()
	if err != nil {
		return err
	}
	modes := []string{string(MaskNone), string(mask.Full), string(mask.First), string(mask.Last), string(mask.Hash)}
	if !slices.Contains(modes, s) {
		return unknownWord("mode", s, modes)
	}
	b.mask.Mode = mask.Mode(s)
	return nil
}

func (b *ruleBuilder) parseKeep(v luabox.Value) error {
	n, ok := v.AsNumber()
	if !ok || n < 1 || n > mask.MaxKeep || n != float64(int(n)) {
		return fmt.Errorf("want a whole number from 1 to %d", mask.MaxKeep)
	}
	b.mask.Keep = int(n)
	return nil
}
