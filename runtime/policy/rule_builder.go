package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/postern-project/postern/runtime/glob"
	"github.com/postern-project/postern/runtime/policy/internal/lint"
	"github.com/postern-project/postern/runtime/policy/internal/luabox"
	"github.com/postern-project/postern/runtime/policy/internal/patterns"
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
	schedule window.Window   // hours, days, dates and zone; the rule's window if one of them is given
	from     string          // dates are read when the zone is known
	until    string
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
		if given, ok := t.Get("name").AsString(); ok {
			return fmt.Errorf("the first item must be the rule's name, without a field; write %s { %.64q, ... }", b.kind, given)
		}
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
	timed := b.given["hours"] || b.given["days"] || b.given["from"] || b.given["until"]
	if b.given["tz"] && !timed {
		return errors.New("tz needs hours, days, from or until")
	}
	if err := b.schedule.SetDates(b.from, b.until); err != nil {
		return err
	}
	if timed {
		w := b.schedule
		if b.window = &w; !w.Ever() {
			return fmt.Errorf("never matches: no moment is in %s", &w)
		}
	}
	if b.kind == kindChain && b.ops.splitsSet() {
		return errors.New(`create and update of a key take the same route; want ops "set"`)
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

// unknownOf is like unknownWord, and lists what is known. It ignores case for the hint. For
// several words in one text, the error says to write a list.
func unknownOf(what, word string, known []string) error {
	msg := fmt.Sprintf("unknown %s %.64q; want %s", what, word, strings.Join(known, ", "))
	if parts := strings.FieldsFunc(word, func(r rune) bool { return r == ',' || r == ' ' || r == '|' }); len(parts) > 1 {
		return fmt.Errorf("%s; several are a list", msg)
	}
	if lower := strings.ToLower(word); slices.Contains(known, lower) {
		return &hinted{msg, lower}
	}
	return &hinted{msg, suggest.Closest(word, known)}
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

// parseRoles reads names and globs, of which a caller needs one, and the fields any,
// all and none of a table.
func (b *ruleBuilder) parseRoles(v luabox.Value) (err error) {
	t, ok := v.AsTable()
	if !ok || !t.Named() {
		return b.parseAnyRole(v)
	}
	b.groups = &patterns.Roles{}
	for k, item := range t.All() {
		field, named := k.AsString()
		if !named {
			if !t.Get("any").IsNil() {
				return errors.New("want all names of any in any, or none")
			}
			field = "any"
		}
		switch field {
		case "any":
			err = b.parseAnyRole(item)
		case "all":
			b.groups.All, err = parseGlobs(item, glob.Parse)
		case "none":
			b.groups.None, err = parseGlobs(item, glob.Parse)
		default:
			return unknownWord("field of roles", field, []string{"any", "all", "none"})
		}
		if err != nil {
			return fmt.Errorf("%s: %w", field, err)
		}
	}
	return lint.Roles(b.roles, b.groups.Any, b.groups.All, b.groups.None)
}

func (b *ruleBuilder) parseAnyRole(v luabox.Value) error {
	globs, err := parseGlobs(v, glob.Parse)
	if err != nil {
		return err
	}
	for _, g := range globs {
		switch {
		case g.Literal():
			b.roles = append(b.roles, g.String())
		case b.groups == nil:
			b.groups = &patterns.Roles{Any: glob.List{g}}
		default:
			b.groups.Any = append(b.groups.Any, g)
		}
	}
	return nil
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
			return unknownOf("operation", word, append(slices.Clone(opNames[1:]), "read", "write", "*"))
		}
		b.ops |= set
	}
	b.ops = b.ops.complete()
	return nil
}

func (b *ruleBuilder) parseLabels(v luabox.Value) error {
	pairs, err := v.Pairs()
	if err != nil {
		return err
	}
	for _, p := range pairs {
		if p.Name == "" {
			return errors.New("the name of a label is empty")
		}
		if strings.Contains(p.Name, "*") {
			return fmt.Errorf("%.64q: the name of a label cannot be a glob", p.Name)
		}
		g, err := parseLabel(p.Value)
		if err != nil {
			return fmt.Errorf("%.64s: %w", p.Name, err)
		}
		b.labels = append(b.labels, labelGlob{p.Name, g})
	}
	return nil
}

// parseLabel accepts the empty value, which a label can have.
func parseLabel(value string) (*glob.Glob, error) {
	if value == "" {
		return glob.Empty(), nil
	}
	return glob.Parse(value)
}

func (b *ruleBuilder) parseHours(v luabox.Value) error { return parseText(v, b.schedule.ParseHours) }

func (b *ruleBuilder) parseDays(v luabox.Value) error {
	if list, err := v.Strings(); err == nil && v.Type() == "table" {
		return fmt.Errorf("want a string, not a list; write %q", strings.Join(list, ","))
	}
	return parseText(v, b.schedule.ParseDays)
}

// parseFrom and parseUntil keep the text: an empty one is an error here, and would be
// no limit later.
func (b *ruleBuilder) parseFrom(v luabox.Value) error  { return parseText(v, b.keepDate(&b.from)) }
func (b *ruleBuilder) parseUntil(v luabox.Value) error { return parseText(v, b.keepDate(&b.until)) }

func (b *ruleBuilder) keepDate(to *string) func(string) error {
	return func(s string) error {
		if s == "" {
			return errors.New(`want a date such as "2026-06-30"`)
		}
		*to = s
		return nil
	}
}

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
	return unknownOf("provider", name, b.known)
}

func (b *ruleBuilder) parseMode(v luabox.Value) error {
	s, err := v.Text()
	if err != nil {
		return err
	}
	modes := []string{string(MaskNone), string(mask.Full), string(mask.First), string(mask.Last), string(mask.Hash)}
	if !slices.Contains(modes, s) {
		return unknownOf("mode", s, modes)
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
