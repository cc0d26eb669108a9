package policy

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
)

// DiffReport is what changes between two policies, for the requests of a
// decision log.
type DiffReport struct {
	Old         string   `json:"old"` // revision, "log" if the log itself is compared
	New         string   `json:"new"`
	Requests    int      `json:"requests"`
	Same        int      `json:"same"`
	DenyToAllow int      `json:"deny_to_allow"`
	AllowToDeny int      `json:"allow_to_deny"`
	OtherReason int      `json:"other_reason"` // same effect by another rule or code
	Skipped     int      `json:"skipped"`      // lines that are no decision, or hide their key
	Uncertain   int      `json:"uncertain"`    // of Requests: labels are missing from the log
	Changes     []Change `json:"changes"`      // the first maxChanges of them
}

// Change is one request that is decided otherwise.
type Change struct {
	Line    int    `json:"line"` // in the log
	Caller  string `json:"caller"`
	Op      string `json:"op"`
	Key     string `json:"key"`
	OldCode Code   `json:"old_code"`
	OldRule string `json:"old_rule"`
	NewCode Code   `json:"new_code"`
	NewRule string `json:"new_rule"`
}

const (
	maxChanges = 1000
	maxLine    = 1 << 20
)

// Diff decides every request of a decision log with two policies. The limits
// of each policy hold. The error is that of reading the log.
func Diff(older, newer *Policy, log io.Reader) (DiffReport, error) {
	return replay(older.Revision(), newer, log, func(_ record, req Request) Decision { return older.Decide(req) })
}

// Replay decides every request of a decision log again, and compares with
// what the log says.
func Replay(p *Policy, log io.Reader) (DiffReport, error) {
	return replay("log", p, log, func(r record, _ Request) Decision {
		return Decision{Allow: r.Effect == "allow", Code: r.Code, Rule: r.Rule}
	})
}

func replay(name string, newer *Policy, log io.Reader, before func(record, Request) Decision) (DiffReport, error) {
	report := DiffReport{Old: name, New: newer.Revision(), Changes: []Change{}}
	lines := bufio.NewScanner(log)
	lines.Buffer(make([]byte, 4096), maxLine)
	for n := 1; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var r record
		op, ok := Op(0), false
		if json.Unmarshal(lines.Bytes(), &r) == nil {
			op, ok = ParseOp(r.Op)
		}
		if !ok || r.Key == "" {
			report.Skipped++
			continue
		}
		req := Request{Caller: r.Caller, Roles: r.Roles, Op: op, Key: r.Key, Labels: r.Labels, Time: r.Time}
		report.Requests++
		if r.LabelsLeft > 0 {
			report.Uncertain++
		}
		report.compare(n, req, before(r, req), newer.Decide(req))
	}
	if err := lines.Err(); err != nil {
		return report, fmt.Errorf("decision log: %w", err)
	}
	return report, nil
}

func (r *DiffReport) compare(line int, req Request, was, is Decision) {
	switch {
	case !was.Allow && is.Allow:
		r.DenyToAllow++
	case was.Allow && !is.Allow:
		r.AllowToDeny++
	case was.Code != is.Code || was.Rule != is.Rule:
		r.OtherReason++
	default:
		r.Same++
		return
	}
	if len(r.Changes) < maxChanges {
		r.Changes = append(r.Changes, Change{line, req.Caller, req.Op.String(), req.Key, was.Code, was.Rule, is.Code, is.Rule})
	}
}

// WriteText writes the report for a reader.
func (r DiffReport) WriteText(w io.Writer) error {
	for _, c := range r.Changes {
		if _, err := fmt.Fprintf(w, "line %d: %s %s by %q: %s %q -> %s %q\n",
			c.Line, c.Op, c.Key, clip(c.Caller), c.OldCode, c.OldRule, c.NewCode, c.NewRule); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "%d requests: %d the same, %d deny to allow, %d allow to deny, %d for another reason; %d uncertain, %d lines skipped\n",
		r.Requests, r.Same, r.DenyToAllow, r.AllowToDeny, r.OtherReason, r.Uncertain, r.Skipped)
	return err
}

// WriteJSON writes the report as one JSON object.
func (r DiffReport) WriteJSON(w io.Writer) error { return json.NewEncoder(w).Encode(r) }
