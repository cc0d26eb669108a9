package redact

import (
	"io"
	"log/slog"
	goruntime "runtime"
	"slices"
	"strings"
	"sync"

	"github.com/postern-project/postern/runtime/redact/internal/match"
)

// NewHandler returns the handler that build makes, with all values of the registry
// masked in what it writes to w. build gets the writer to use; the handler must write
// each record with one call, as those of log/slog do:
//
//	redact.NewHandler(os.Stderr, reg, func(w io.Writer) slog.Handler {
//		return slog.NewJSONHandler(w, nil)
//	})
//
// The built handler encodes messages and attributes, whatever their types are, and
// the encoded record is masked: records without values are the same, byte for byte,
// as without masking.
//
// A value that looks like the syntax of a record does not change a record of log/slog.
// In what [slog.JSONHandler] and [slog.TextHandler] write to the writer, also from
// inside other handlers, strings, keys and numbers are masked one by one, and what is
// between them stays, also if it is equal to a value. So JSON stays valid and keeps its
// structure, except that a number, true, false or null that contains a value becomes a
// string, and so does an object or array, within the record, that is a value. What
// log/slog itself writes stays as well: the keys time, level, msg and source of the
// record, its time and its level.
//
// In records of other handlers all values are masked. One that is JSON stays JSON, with
// a mask for each part of a value that spans several strings, unless a value is its
// syntax alone. Any other is masked as text, except a time with a level at its start, if
// they have the usual forms, and the line break at its end.
//
// The result may be used by several goroutines if the built handler may; records are
// written to w one at a time.
func NewHandler(w io.Writer, reg *Registry, build func(io.Writer) slog.Handler) slog.Handler {
	return build(&lineWriter{reg: reg, dst: w})
}

// lineWriter masks whole records.
type lineWriter struct {
	reg *Registry
	dst io.Writer

	mu    sync.Mutex
	out   []byte
	known calls // the latest ones with a form
}

func (l *lineWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	out, changed := l.reg.line(l.out[:0], p, l.formOfCaller)
	if changed {
		l.out = out
		p, out = out, p
	} else {
		out = p
	}
	n, err := l.dst.Write(p)
	switch {
	case err == nil && n < len(p):
		err = io.ErrShortWrite
	case err == nil:
		n = len(out)
	}
	return min(n, len(out)), err
}

// calls is a way from a handler of log/slog to Write, as program counters.
type calls struct {
	pcs  [nearCalls]uintptr
	n    int // 0 if it is not known
	form match.Form
}

// nearCalls is enough calls for those from a handler of log/slog to formOfCaller.
const nearCalls = 8

// formOfCaller returns which handler of log/slog called Write. Its record cannot be told
// by its look from that of another one, which may not quote.
func (l *lineWriter) formOfCaller() match.Form {
	var pcs [nearCalls]uintptr
	n := goruntime.Callers(1, pcs[:])
	if k := &l.known; k.n > 0 && n >= k.n && slices.Equal(pcs[:k.n], k.pcs[:k.n]) {
		return k.form
	}
	for i := range n {
		if form := formOf(pcs[:i+1]); form != match.Other {
			l.known = calls{pcs, i + 1, form}
			return form
		}
	}
	var all [32]uintptr
	return formOf(all[:goruntime.Callers(1, all[:])])
}

// formOf returns which handler of log/slog made the calls, which are those of
// formOfCaller.
func formOf(pcs []uintptr) match.Form {
	frames := goruntime.CallersFrames(slices.Clone(pcs))
	for own := true; ; {
		f, more := frames.Next()
		switch {
		case own:
			own = more && !strings.HasSuffix(f.Function, ".(*lineWriter).Write")
		case f.Function == "log/slog.(*JSONHandler).Handle":
			return match.JSON
		case f.Function == "log/slog.(*TextHandler).Handle":
			return match.Pairs
		case !more, !strings.HasPrefix(f.Function, "log/slog."):
			return match.Other
		}
	}
}
