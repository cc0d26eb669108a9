package runtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"

	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

// DecisionLog says where the decisions of a Runtime are recorded: every denial,
// and every allowed request or a sample of them. Its zero value records none. A
// record is written before a provider is asked and holds no value. A listing
// and a watch are decided, and recorded, key by key.
type DecisionLog struct {
	// Path is the file that records are appended to, made with mode 0600. It
	// must be a regular file that nobody executes, or a device.
	Path string

	// Writer takes the records instead of Path. It is used by one goroutine at
	// a time until Close has returned, and not closed.
	Writer io.Writer

	// LogOptions say what is recorded. With Required, a request whose record
	// cannot be written is denied with audit_unavailable.
	policy.LogOptions
}

// decisions is an open decision log.
type decisions struct {
	log  *policy.Log
	file *os.File // nil when the writer is the embedder's
}

// openDecisions opens the log of the options; none is no error.
func (r *Runtime) openDecisions(o Options) error {
	d := o.DecisionLog
	w := d.Writer
	var file *os.File
	switch {
	case d.Path == "" && w == nil:
		if d.Required {
			return loadError("", "a decision log is required, but has no place")
		}
		return nil
	case d.Path != "" && w != nil:
		return loadError("", "the decision log has two places; one is written to")
	case w == nil:
		path, err := beneath(o.Dir, d.Path)
		if err == nil {
			file, err = openLog(path)
		}
		if err != nil {
			return loadError("", fmt.Sprintf("decision log %q: %s", d.Path, err))
		}
		w = file
	}
	r.decisions = &decisions{log: policy.NewLog(w, d.LogOptions), file: file}
	return nil
}

var (
	errNoLogFile  = errors.New("this is no regular file")
	errExecutable = errors.New("this file is executable")
	errSwapped    = errors.New("the file changes while it is opened")
)

// openLog opens path for appending. It follows no link in the last place, and
// appends to nothing that might be run: a configuration that names a log must
// not be a way to write elsewhere.
func openLog(path string) (*os.File, error) {
	const flags = os.O_WRONLY | os.O_APPEND
	before, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		f, err := os.OpenFile(path, flags|os.O_CREATE|os.O_EXCL, 0o600)
		if !errors.Is(err, fs.ErrExist) {
			return f, plainReason(err)
		}
		before, err = os.Lstat(path) // somebody else was faster
		if err != nil {
			return nil, plainReason(err)
		}
	} else if err != nil {
		return nil, plainReason(err)
	}
	device := before.Mode()&fs.ModeCharDevice != 0
	switch {
	case !before.Mode().IsRegular() && !device:
		return nil, errNoLogFile
	case !device && before.Mode().Perm()&0o111 != 0:
		return nil, errExecutable
	}
	f, err := os.OpenFile(path, flags, 0)
	if err != nil {
		return nil, plainReason(err)
	}
	if after, err := f.Stat(); err != nil || !os.SameFile(before, after) {
		return nil, errors.Join(errSwapped, f.Close())
	}
	return f, nil
}

// plainReason drops the path, which the caller names.
func plainReason(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// record writes one decision. An error means that the request must be denied.
func (r *Runtime) record(op secret.Op, req policy.Request, d policy.Decision) error {
	if r.decisions == nil {
		return nil
	}
	took := max(0, r.now().Sub(req.Time))
	err := r.decisions.log.Write(policy.Entry{Request: req, Decision: d, Took: took})
	if err == nil {
		return nil
	}
	return (&secret.Error{
		Code: secret.ErrAuditUnavailable, Op: op, Key: secret.Key(req.Key), Detail: "the decision could not be recorded",
	}).Wrap(plainReason(err))
}

// close writes what is queued. Records that a log lost without being required
// are reported, not returned: the requests were served.
func (d *decisions) close(ctx context.Context, log *slog.Logger) error {
	if d == nil {
		return nil
	}
	err := d.log.Close()
	if n := d.log.Dropped(); n > 0 {
		log.LogAttrs(ctx, slog.LevelWarn, "decisions were not recorded", slog.Uint64("records", n))
	} else if err != nil {
		log.LogAttrs(ctx, slog.LevelWarn, "the decision log failed", slog.String("reason", plainReason(err).Error()))
	}
	if d.file == nil {
		return nil
	}
	return d.file.Close()
}

// DecisionsDropped counts the decisions that could not be recorded.
func (r *Runtime) DecisionsDropped() uint64 {
	if r.decisions == nil {
		return 0
	}
	return r.decisions.log.Dropped()
}
