package redact

import (
	"io"
	"log/slog"
	"sync"
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
// A value that looks like the syntax of a record does not change the record. In JSON,
// and in the text form of log/slog with its time or level first, strings, keys and
// numbers are masked one by one, and what is between them stays, also if it is equal to
// a value. So JSON stays valid and keeps its structure, except that a number, true,
// false or null that contains a value becomes a string, and so does an object or array,
// within the record, that is a value. What log/slog itself writes stays as well: the
// keys time, level, msg and source of the record, its time and its level. Records of
// other forms are masked as text, except a time with a level at their start, if they
// have the usual forms, and the line break at their end.
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

	mu  sync.Mutex
	out []byte
}

func (l *lineWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	out, changed := l.reg.line(l.out[:0], p)
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
