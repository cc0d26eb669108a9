package runtime

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/postern-project/postern/runtime/audit"
)

// openDecisions opens the log of the options, if they name one.
func (r *Runtime) openDecisions(o Options) error {
	d := o.DecisionLog
	switch {
	case d.Path == "" && d.Writer == nil:
		if d.Required {
			return loadError("", "decision log: DecisionLog.Required is set; set Path or Writer, too")
		}
		return nil
	case d.Path != "" && d.Writer != nil:
		return loadError("", "decision log: set Path or Writer, not both")
	case d.Path == "-":
		return loadError("", `decision log: the path "-" means standard error only in a configuration; set Writer to os.Stderr, or write "./-"`)
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
