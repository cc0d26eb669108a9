package policytest

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/postern-project/postern/runtime/audit/record"
	"github.com/postern-project/postern/runtime/policy"
)

// DiffReport describes how two policies differ on the requests of a decision log. A set of
// which the log does not say whether the key existed may count as two changes.
type DiffReport struct {
	Old         string   `json:"old"` // revision
	New         string   `json:"new"`
	Requests    int      `json:"requests"`
	Same        int      `json:"same"`
	DenyToAllow int      `json:"deny_to_allow"`
	AllowToDeny int      `json:"allow_to_deny"`
	OtherResult int      `json:"other_result"` // allowed by both, but from other providers, or shown otherwise
	OtherReason int      `json:"other_reason"` // same effect by another rule or code
	Skipped     int      `json:"skipped"`      // lines that are not decisions, hide their key, or are too long
	TooLong     int      `json:"too_long"`     // of Skipped: of more than 1 MiB
	Uncertain   int      `json:"uncertain"`    // of Requests: the log lacks some of their labels
	OtherPolicy int      `json:"other_policy"` // of Requests: the log does not say that the revision Old decided them
	Groups      []Group  `json:"groups"`       // all changes by what decides: deny to allow first, then allow to deny
	Changes     []Change `json:"changes"`      // of all groups, in their order: at most 1,000 of each effect
	More        int      `json:"more"`         // changes that are not in Changes

	groups map[groupKey]*Group
}

// Group is all changes with the same effect and the same deciding rules, old and new.
type Group struct {
	Effect   Effect      `json:"effect"`
	OldCode  policy.Code `json:"old_code"`
	OldRule  string      `json:"old_rule"`
	NewCode  policy.Code `json:"new_code"`
	NewRule  string      `json:"new_rule"`
	Requests int         `json:"requests"`

	changes []Change
}

// Effect is what a change means for a caller.
type Effect string

// The effects, the most important one first.
const (
	DenyToAllow Effect = "deny-to-allow"
	AllowToDeny Effect = "allow-to-deny"
	OtherResult Effect = "other-result"
	OtherReason Effect = "other-reason"
)

// Effects lists all effects, in the order of a report.
func Effects() []Effect { return []Effect{DenyToAllow, AllowToDeny, OtherResult, OtherReason} }

// Count returns the number of requests with an effect.
func (r DiffReport) Count(e Effect) int {
	return map[Effect]int{DenyToAllow: r.DenyToAllow, AllowToDeny: r.AllowToDeny, OtherResult: r.OtherResult, OtherReason: r.OtherReason}[e]
}

type groupKey struct {
	effect           Effect
	oldCode, newCode policy.Code
	oldRule, newRule string
}

// Change is one request on which two policies differ.
type Change struct {
	Line    int         `json:"line"` // in the log
	Caller  string      `json:"caller"`
	Op      string      `json:"op"`
	Key     string      `json:"key"`
	OldCode policy.Code `json:"old_code"`
	OldRule string      `json:"old_rule"`
	NewCode policy.Code `json:"new_code"`
	NewRule string      `json:"new_rule"`
	Result  string      `json:"result,omitempty"` // of other-result: what is different, such as "providers f -> g"
}

const (
	maxChanges = 1000    // of one group, and of one effect in a report
	maxShown   = 5       // of one group, for people
	maxLine    = 1 << 20 // bytes of one line of the log; a longer one is skipped
)

// Diff decides every request of a decision log with both policies. The limits of
// each policy apply. The error is that of reading the log.
func Diff(older, newer *policy.Policy, log io.Reader) (DiffReport, error) {
	report := DiffReport{Old: older.Revision(), New: newer.Revision(), groups: map[groupKey]*Group{}}
	lines := lines{from: bufio.NewReader(log)}
	for n := 1; lines.next(); n++ {
		if len(bytes.TrimSpace(lines.line)) == 0 && !lines.tooLong {
			continue // blanks are in place of a record for which there was no room
		}
		var r record.Intent
		op, ok := policy.Op(0), false
		if !lines.tooLong && json.Unmarshal(lines.line, &r) == nil {
			op, ok = policy.ParseOp(r.Op)
		}
		if r.Kind == record.KindOutcome || r.Kind == record.KindPending || ok && r.Key == "" && r.KeyHMAC == "" {
			continue // how a request ended, that it was not decided yet, or a listing, whose keys have lines of their own
		}
		if !ok || r.Key == "" {
			report.Skipped++
			if lines.tooLong {
				report.TooLong++
			}
			continue
		}
		req := policy.Request{Caller: r.Caller, Roles: r.Roles, Op: op, Key: r.Key, Labels: r.Labels, Time: r.Time}
		report.Requests++
		if r.LabelsLeft > 0 {
			report.Uncertain++
		}
		if r.Revision != report.Old {
			report.OtherPolicy++
		}
		report.compare(n, req, older, newer)
	}
	report.sort()
	if lines.err != nil {
		return report, fmt.Errorf("decision log: %w", lines.err)
	}
	return report, nil
}

// lines reads a log line by line.
type lines struct {
	from    *bufio.Reader
	line    []byte // without its end, valid until the next call of next
	tooLong bool   // the line has more than maxLine bytes
	err     error  // why next returned false, nil at the end
}

// next reads a line. It returns false when there is none.
func (l *lines) next() bool {
	l.line, l.tooLong = l.line[:0], false
	for {
		part, err := l.from.ReadSlice('\n')
		if l.tooLong = l.tooLong || len(l.line)+len(part) > maxLine; !l.tooLong {
			l.line = append(l.line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case err == nil, errors.Is(err, io.EOF) && (len(l.line) > 0 || l.tooLong):
			l.line = bytes.TrimRight(l.line, "\r\n")
			return true
		default:
			if !errors.Is(err, io.EOF) {
				l.err = err
			}
			return false
		}
	}
}

// compare counts one request. If the log does not say whether the key of a set existed, the
// request counts as a create and as an update: once if both change alike, else with each
// effect, of which another reason counts for nothing beside one of the others.
func (r *DiffReport) compare(line int, req policy.Request, older, newer *policy.Policy) {
	forms := []policy.Op{req.Op}
	if req.Op == policy.OpSet && (older.SplitsSet() || newer.SplitsSet()) {
		forms = []policy.Op{policy.OpCreate, policy.OpUpdate}
	}
	changes := map[Effect]difference{}
	for _, form := range forms {
		asked := req
		asked.Op = form
		d := difference{asked, older.Decide(asked), newer.Decide(asked)}
		effect := effectOf(d.before, d.after)
		if _, known := changes[effect]; effect != "" && !known {
			changes[effect] = d
		}
	}
	if len(changes) > 1 {
		delete(changes, OtherReason)
	}
	if len(changes) == 0 {
		r.Same++
	}
	for effect, d := range changes {
		r.count(line, effect, d)
	}
}

// difference is one request and what two policies decide.
type difference struct {
	req           policy.Request
	before, after policy.Decision
}

// count adds one change to the counts and groups.
func (r *DiffReport) count(line int, effect Effect, d difference) {
	req, before, after := d.req, d.before, d.after
	switch effect {
	case DenyToAllow:
		r.DenyToAllow++
	case AllowToDeny:
		r.AllowToDeny++
	case OtherResult:
		r.OtherResult++
	case OtherReason:
		r.OtherReason++
	}
	key := groupKey{effect, before.Code, after.Code, before.Rule, after.Rule}
	g := r.groups[key]
	if g == nil {
		g = &Group{Effect: effect, OldCode: before.Code, OldRule: before.Rule, NewCode: after.Code, NewRule: after.Rule}
		r.groups[key] = g
	}
	g.Requests++
	if len(g.changes) < maxChanges {
		g.changes = append(g.changes, Change{
			line, req.Caller, req.Op.String(), req.Key, before.Code, before.Rule, after.Code, after.Rule, resultOf(before, after),
		})
	}
}

// effectOf returns what the change of a decision means, "" if there is none.
func effectOf(before, after policy.Decision) Effect {
	switch {
	case !before.Allow && after.Allow:
		return DenyToAllow
	case before.Allow && !after.Allow:
		return AllowToDeny
	case resultOf(before, after) != "":
		return OtherResult
	case before.Code != after.Code || before.Rule != after.Rule:
		return OtherReason
	}
	return ""
}

// resultOf returns in what two decisions that allow a request differ for its caller: who is
// asked, and how the value is shown. It is "" if in nothing.
func resultOf(before, after policy.Decision) string {
	if !before.Allow || !after.Allow {
		return ""
	}
	var all []string
	if was, is := strings.Join(before.Providers, ", "), strings.Join(after.Providers, ", "); was != is {
		all = append(all, "providers "+was+" -> "+is)
	}
	if was, is := shown(before.Mask), shown(after.Mask); was != is {
		all = append(all, "mask "+was+" -> "+is)
	}
	return strings.Join(all, "; ")
}

func shown(m policy.Mask) string {
	switch {
	case m.Mode == "":
		return "full"
	case m.Keep > 0:
		return fmt.Sprintf("%s %d", m.Mode, m.Keep)
	}
	return string(m.Mode)
}

// sort fills Groups and Changes: by effect, then the largest group first.
func (r *DiffReport) sort() {
	r.Groups, r.Changes = []Group{}, []Change{}
	for _, g := range r.groups {
		r.Groups = append(r.Groups, *g)
	}
	slices.SortFunc(r.Groups, func(a, b Group) int {
		return cmp.Or(
			cmp.Compare(slices.Index(Effects(), a.Effect), slices.Index(Effects(), b.Effect)),
			cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.changes[0].Line, b.changes[0].Line),
		)
	})
	room := map[Effect]int{}
	for _, g := range r.Groups {
		n := min(len(g.changes), maxChanges-room[g.Effect])
		room[g.Effect] += n
		r.Changes = append(r.Changes, g.changes[:n]...)
		r.More += g.Requests - n
	}
}

// WriteText writes the report for people: of each group the first requests, and how
// many more there are.
func (r DiffReport) WriteText(w io.Writer) error {
	var b strings.Builder
	for _, g := range r.Groups {
		fmt.Fprintf(&b, "%s: %s %q -> %s %q: %d %s\n", strings.ReplaceAll(string(g.Effect), "-", " "), g.OldCode, g.OldRule, g.NewCode, g.NewRule, g.Requests, plural(g.Requests, "request"))
		for _, c := range g.changes[:min(len(g.changes), maxShown)] {
			fmt.Fprintf(&b, "line %d: %s %s by %.300q: %s %q -> %s %q\n",
				c.Line, c.Op, c.Key, c.Caller, c.OldCode, c.OldRule, c.NewCode, c.NewRule)
			if c.Result != "" {
				fmt.Fprintf(&b, "  %s\n", c.Result)
			}
		}
		if more := g.Requests - maxShown; more > 0 {
			fmt.Fprintf(&b, "... %d more\n", more)
		}
	}
	other := ""
	if r.OtherResult > 0 {
		other = fmt.Sprintf("%d with another result, ", r.OtherResult)
	}
	fmt.Fprintf(&b, "%d %s: %d the same, %d deny to allow, %d allow to deny, %s%d for another reason; %d uncertain, %d %s skipped\n",
		r.Requests, plural(r.Requests, "request"), r.Same, r.DenyToAllow, r.AllowToDeny, other, r.OtherReason, r.Uncertain, r.Skipped, plural(r.Skipped, "line"))
	_, err := io.WriteString(w, b.String())
	return err
}

func plural(n int, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}

// WriteJSON writes the report as one JSON object.
func (r DiffReport) WriteJSON(w io.Writer) error { return json.NewEncoder(w).Encode(r) }
