package redact

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
)

// NewHandler returns a handler that writes records to w with all values of the
// registry masked. build makes the handler that formats them: it gets the writer to
// use, and must write each record with one call, as the handlers of log/slog do:
//
//	redact.NewHandler(os.Stderr, reg, func(w io.Writer) slog.Handler {
//		return slog.NewJSONHandler(w, nil)
//	})
//
// Message and attributes are masked before they are formatted, because escaping
// could hide a value, and the formatted line again, because formatting could add
// one. The result may be used by several goroutines if the built handler may; lines
// are written to w one at a time.
func NewHandler(w io.Writer, reg *Registry, build func(io.Writer) slog.Handler) slog.Handler {
	return &handler{build(&lineWriter{reg: reg, dst: w}), reg}
}

type handler struct {
	inner slog.Handler
	reg   *Registry
}

var _ slog.Handler = (*handler)(nil)

func (h *handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.inner.Enabled(ctx, level)
}

func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	masked := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		masked[i], _ = h.attr(a)
	}
	return &handler{h.inner.WithAttrs(masked), h.reg}
}

func (h *handler) WithGroup(name string) slog.Handler {
	return &handler{h.inner.WithGroup(name), h.reg}
}

// Handle passes on the record itself if there is nothing to mask.
func (h *handler) Handle(ctx context.Context, rec slog.Record) error {
	msg := h.reg.String(rec.Message)
	changed := msg != rec.Message
	rec.Attrs(func(a slog.Attr) bool {
		if !changed {
			_, changed = h.attr(a)
		}
		return !changed
	})
	if changed {
		clean := slog.NewRecord(rec.Time, rec.Level, msg, rec.PC)
		rec.Attrs(func(a slog.Attr) bool {
			a, _ = h.attr(a)
			clean.AddAttrs(a)
			return true
		})
		rec = clean
	}
	return h.inner.Handle(ctx, rec)
}

// attr masks one attribute and reports whether it changed.
func (h *handler) attr(a slog.Attr) (slog.Attr, bool) {
	v, changed := h.value(a.Value)
	key := h.reg.String(a.Key)
	if key != a.Key {
		changed = true
	}
	return slog.Attr{Key: key, Value: v}, changed
}

func (h *handler) value(v slog.Value) (slog.Value, bool) {
	switch v.Kind() {
	case slog.KindLogValuer:
		// Log what was masked: resolving again could give something else.
		v, _ = h.value(v.Resolve())
		return v, true
	case slog.KindString:
		return h.text(v, v.String())
	case slog.KindGroup:
		return h.group(v)
	case slog.KindAny:
		return h.any(v)
	}
	return v, false // numbers, times, booleans
}

// text returns v, or text masked if it contains a value.
func (h *handler) text(v slog.Value, text string) (slog.Value, bool) {
	if masked := h.reg.String(text); masked != text {
		return slog.StringValue(masked), true
	}
	return v, false
}

func (h *handler) group(v slog.Value) (slog.Value, bool) {
	attrs := v.Group()
	for i, a := range attrs {
		masked, changed := h.attr(a)
		if !changed {
			continue
		}
		all := append(make([]slog.Attr, 0, len(attrs)), attrs[:i]...)
		all = append(all, masked)
		for _, a := range attrs[i+1:] {
			a, _ = h.attr(a)
			all = append(all, a)
		}
		return slog.GroupValue(all...), true
	}
	return v, false
}

// any masks a value of any type by the text that handlers print for it. If the text
// contains a value, the masked text is logged instead.
func (h *handler) any(v slog.Value) (slog.Value, bool) {
	switch x := v.Any().(type) {
	case nil, *slog.Source:
		return v, false
	case []byte:
		return h.text(v, string(x))
	case []slog.Attr:
		return h.group(slog.GroupValue(x...))
	}
	return h.text(v, fmt.Sprintf("%+v", v.Any()))
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
