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
// as without masking, and lines of JSON stay valid. A number that is a value becomes a
// string. The result may be used by several goroutines if the built handler may;
// records are written to w one at a time.
func NewHandler(w io.Writer, reg *Registry, build func(io.Writer) slog.Handler) slog.Handler {
	return build(&lineWriter{reg: reg, dst: w})
}

// lineWriter masks whole lines.
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
