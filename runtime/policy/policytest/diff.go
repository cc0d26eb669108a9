package policytest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"github.com/postern-project/postern/runtime/audit/record"
	"github.com/postern-project/postern/runtime/policy"
)

// DiffReport describes how two policies differ on the requests of a decision log.
type DiffReport struct {
	Old         string   `json:"old"` // revision
	New         string   `json:"new"`
	Requests    int      `json:"requests"`
	Same        int      `json:"same"`
	DenyToAllow int      `json:"deny_to_allow"`
	AllowToDeny int      `json:"allow_to_deny"`
	OtherReason int      `json:"other_reason"` // same effect by another rule or code
	Skipped     int      `json:"skipped"`      // lines that are not decisions, or hide their key
	Uncertain   int      `json:"uncertain"`    // of Requests: the log lacks some of their labels
	Changes     []Change `json:"changes"`      // the first 1,000
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
}

const (
	maxChanges = 1000
	maxLine    = 1 << 20 // bytes of one line of the log
)

// Diff decides every request of a decision log with both policies. The limits of
// each policy apply. The error is that of reading the log.
func Diff(older, newer *policy.Policy, log io.Reader) (DiffReport, error) {
	report := DiffReport{Old: older.Revision(), New: newer.Revision(), Changes: []Change{}}
	lines := bufio.NewScanner(log)
	lines.Buffer(make([]byte, 4096), maxLine)
	for n := 1; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var r record.Intent
		op, ok := policy.Op(0), false
		if json.Unmarshal(lines.Bytes(), &r) == nil {
			op, ok = policy.ParseOp(r.Op)
		}
		if r.Kind == record.KindOutcome || ok && r.Key == "" && r.KeyHMAC == "" {
			continue // how a request ended, or a listing, whose keys have lines of their own
		}
		if !ok || r.Key == "" {
			report.Skipped++
			continue
		}
		req := policy.Request{Caller: r.Caller, Roles: r.Roles, Op: op, Key: r.Key, Labels: r.Labels, Time: r.Time}
		report.Requests++
		if r.LabelsLeft > 0 {
			report.Uncertain++
		}
		report.compare(n, req, older.Decide(req), newer.Decide(req))
	}
	if err := lines.Err(); err != nil {
		return report, fmt.Errorf("decision log: %w", err)
	}
	return report, nil
}

func (r *DiffReport) compare(line int, req policy.Request, before, after policy.Decision) {
	switch {
	case !before.Allow && after.Allow:
		r.DenyToAllow++
	case before.Allow && !after.Allow:
		r.AllowToDeny++
	case before.Code != after.Code || before.Rule != after.Rule:
		r.OtherReason++
	default:
		r.Same++
		return
	}
	if len(r.Changes) < maxChanges {
		r.Changes = append(r.Changes, Change{
			line, req.Caller, req.Op.String(), req.Key, before.Code, before.Rule, after.Code, after.Rule,
		})
	}
}

// WriteText writes the report for people.
func (r DiffReport) WriteText(w io.Writer) error {
	for _, c := range r.Changes {
		if _, err := fmt.Fprintf(w, "line %d: %s %s by %.300q: %s %q -> %s %q\n",
			c.Line, c.Op, c.Key, c.Caller, c.OldCode, c.OldRule, c.NewCode, c.NewRule); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "%d requests: %d the same, %d deny to allow, %d allow to deny, %d for another reason; %d uncertain, %d lines skipped\n",
		r.Requests, r.Same, r.DenyToAllow, r.AllowToDeny, r.OtherReason, r.Uncertain, r.Skipped)
	return err
}

// WriteJSON writes the report as one JSON object.
func (r DiffReport) WriteJSON(w io.Writer) error { return json.NewEncoder(w).Encode(r) }
