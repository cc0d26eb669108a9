package runtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"

	"github.com/postern-project/postern/runtime/audit"
	"github.com/postern-project/postern/runtime/audit/record"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

// DecisionLog says where the decisions of a Runtime are recorded. Its zero value
// records none. For each request a line with the decision is written before a
// provider is asked, and one with the outcome before a result is handed out; a
// denied request has the first line alone. Package audit/record defines the
// fields; none holds a value. A listing has two lines of its own and one for
// each key that was found; a watch has two for each event.
type DecisionLog struct {
	// Path is the file that records are appended to, made with mode 0600. It
	// must be a regular file without execute permission, or a device.
	Path string

	// Writer takes the records instead of Path. It is used by one goroutine at
	// a time until Close has returned, and not closed.
	Writer io.Writer

	// Options say what is recorded. With Required, a request whose record
	// cannot be written is denied with audit_unavailable.
	audit.Options
}

// openDecisions opens the log of the options, if they name one.
func (r *Runtime) openDecisions(o Options) error {
	d := o.DecisionLog
	switch {
	case d.Path == "" && d.Writer == nil:
		if d.Required {
			return loadError("", "decision log: it is required; set Path or Writer")
		}
		return nil
	case d.Path != "" && d.Writer != nil:
		return loadError("", "decision log: set Path or Writer, not both")
	case d.Writer != nil:
		r.decisions = audit.New(d.Writer, d.Options)
		return nil
	}
	path, err := absFrom(o.Dir, d.Path)
	if err == nil {
		r.decisions, err = audit.Open(path, d.Options)
	}
	if err != nil {
		return loadError("", fmt.Sprintf("decision log %q: %s", d.Path, err))
	}
	return nil
}

// plainReason drops the path, which the caller names.
func plainReason(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// logged is what the decision log says of one part of a request.
type logged struct {
	log    *audit.Log
	intent record.Intent
	entry  audit.Entry
}

// logDecision returns what to record of a decision, nil without a log.
func (r *Runtime) logDecision(req policy.Request, d policy.Decision) *logged {
	if r.decisions == nil {
		return nil
	}
	l := &logged{log: r.decisions, intent: record.Intent{
		Time: req.Time, Revision: d.Revision, Caller: req.Caller, Roles: req.Roles, Op: req.Op.String(), Key: req.Key, Labels: req.Labels,
		Effect: "deny", Code: string(d.Code), Rule: d.Rule, Line: d.Line, Chain: d.Chain, Mask: string(d.Mask.Mode),
	}}
	if d.Allow {
		l.intent.Effect = "allow"
	}
	if d.Err != nil {
		l.intent.Err = d.Err.Error()
	}
	return l
}

// begin writes the intent. An error means that the request must be denied.
func (l *logged) begin() (err error) {
	l.entry, err = l.log.Intent(l.intent)
	return err
}

// end writes the outcome of part p of q.
func (l *logged) end(q *request, p *part) error {
	r := q.client.rt
	now := r.now()
	o := record.Outcome{Time: now, Result: record.OK, Micros: max(0, now.Sub(q.start)).Microseconds(), Keys: len(q.listed)}
	var e *secret.Error
	switch {
	case p.err != nil:
		o.Result = string(secret.CodeOf(p.err))
		if errors.As(p.err, &e) {
			o.Provider = e.Provider
		}
	case q.change != nil:
		o.Provider = q.change.at.provider
	case q.op == secret.OpWatch:
		o.Provider, o.Version = q.event.Provider, q.event.Version
	default:
		o.Provider, o.Version = p.secret.Provider(), r.released.maskText(p.secret.Version())
	}
	return l.entry.Outcome(o)
}

// closeDecisions writes what is queued. Records that were lost without being
// required are logged, not returned: their requests were served.
func (r *Runtime) closeDecisions(ctx context.Context) {
	if r.decisions == nil {
		return
	}
	err := r.decisions.Close()
	if n := r.decisions.Dropped(); n > 0 {
		r.log.LogAttrs(ctx, slog.LevelWarn, "decisions were not recorded", slog.Uint64("records", n))
	} else if err != nil {
		r.log.LogAttrs(ctx, slog.LevelWarn, "the decision log failed", slog.String("reason", plainReason(err).Error()))
	}
}

// DecisionsDropped counts the records that could not be written.
func (r *Runtime) DecisionsDropped() uint64 {
	if r.decisions == nil {
		return 0
	}
	return r.decisions.Dropped()
}
