package runtime

import (
	"context"

	"github.com/postern-project/postern/runtime/audit"
	"github.com/postern-project/postern/runtime/audit/record"
	"github.com/postern-project/postern/runtime/policy"
)

// logged is what the decision log says of one key of a request.
type logged struct {
	log    *audit.Log
	intent record.Intent
	entry  audit.Entry
}

// newLogged returns what to record of a decision, nil without a log.
func newLogged(log *audit.Log, req policy.Request, d policy.Decision) *logged {
	if log == nil {
		return nil
	}
	l := &logged{log: log, intent: record.Intent{
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
func (l *logged) begin(ctx context.Context) (err error) {
	l.entry, err = l.log.Intent(ctx, l.intent)
	return err
}

// beginPending writes, instead of the intent, that the set is not decided yet. An
// error means that the request must be denied.
func (l *logged) beginPending(ctx context.Context) (err error) {
	l.entry, err = l.log.Pending(ctx, record.Intent{
		Time: l.intent.Time, Revision: l.intent.Revision, Caller: l.intent.Caller, Roles: l.intent.Roles, Labels: l.intent.Labels,
		Op: policy.OpSet.String(), Key: l.intent.Key,
	})
	return err
}

// decided writes the intent of a request that was pending. An error means that it
// must be denied.
func (l *logged) decided(ctx context.Context) (err error) {
	l.entry, err = l.entry.Intent(ctx, l.intent)
	return err
}

// end writes the outcome.
func (l *logged) end(ctx context.Context, o record.Outcome) error {
	return l.entry.Outcome(ctx, o)
}
