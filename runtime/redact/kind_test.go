package redact_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/redact"
)

// form is a handler that writes the message in a form of its own.
type form struct {
	printer
	format string
}

func (f form) WithAttrs([]slog.Attr) slog.Handler { return f }
func (f form) Handle(_ context.Context, r slog.Record) error {
	_, err := fmt.Fprintf(f.w, f.format, r.Message)
	return err
}

// TM-131: what another handler than those of log/slog writes is masked, also if it only
// looks like JSON or pairs, and a value spans their syntax.
func TestTM131ValuesThatSpanSyntaxAreMasked(t *testing.T) {
	t.Parallel()
	for _, v := range []string{
		`{"type":"service_account","private_key":"abcdefgh1234"}`, `["abcdefgh1234","abcdefgh1235"]`, `{"a":{"b":[1234567,89]}}`, `":{"`, `{"level":"INFO"}`,
		"host=db user=app password=hunter2", "level=INFO", `a="b c" d=e1234`, `time=2026-01-02T03:04:05Z`, `"level":"ERROR"`, `1234,5678`,
	} {
		for _, format := range []string{
			"%s\n", "%s", "level=ERROR msg=connect %s\n", "time=2026-01-02T03:04:05Z %s\n", `{"level":"INFO","x":[%s,{"b":1}]}` + "\n", `{"level":"INFO",` + `"msg":"x",%s}` + "\n",
			"%s %[1]s\n", `[%s]`, `{"a":%s,"level":"INFO"}`, "time=2026-01-02T03:04:05Z level=INFO msg=\"a b\" %s\n",
		} {
			r := filled(t, redact.AllEncodings, []string{v})
			for _, build := range []func(io.Writer) slog.Handler{
				func(w io.Writer) slog.Handler { return form{printer{w}, format} },
				func(w io.Writer) slog.Handler { return slog.NewJSONHandler(rewriter{w, fmt.Sprintf(format, v)}, nil) },
			} {
				masked, plain := handled(t, r, build, slog.NewRecord(logTime, slog.LevelError, v, 0))
				if strings.Contains(masked, v) || !strings.Contains(masked, "[REDACTED:key/00000]") {
					t.Errorf("%q of %q became %q", plain, v, masked)
				}
			}
		}
	}
}

// rewriter writes another text in the place of what a handler writes.
type rewriter struct {
	w    io.Writer
	text string
}

func (w rewriter) Write(p []byte) (int, error) {
	if _, err := io.WriteString(w.w, w.text); err != nil {
		return 0, err
	}
	return len(p), nil
}

// wrapper is a handler around another one, as those that add attributes are.
type wrapper struct{ slog.Handler }

func (h wrapper) Handle(ctx context.Context, r slog.Record) error { return h.Handler.Handle(ctx, r) }
func (h wrapper) WithAttrs(attrs []slog.Attr) slog.Handler {
	return wrapper{h.Handler.WithAttrs(attrs)}
}

// TM-131: records of log/slog stay valid in other handlers, and without a header.
func TestTM131RecordsOfWrappedHandlers(t *testing.T) {
	t.Parallel()
	for _, v := range syntaxValues {
		r := filled(t, redact.AllEncodings, []string{v, logged})
		masked, plain := handled(t, r, func(w io.Writer) slog.Handler { return wrapper{jsonHandler(w)} }, failed())
		checkJSON(t, masked, plain, nil)
		masked, plain = handled(t, r, func(w io.Writer) slog.Handler { return wrapper{textHandler(w)} }, failed())
		checkText(t, masked, plain, []string{v})
	}
	var out bytes.Buffer
	log := slog.New(redact.NewHandler(&out, filled(t, redact.AllEncodings, []string{`" err=`, "a bc"}), func(w io.Writer) slog.Handler {
		return slog.NewTextHandler(w, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == "time" || a.Key == "level" {
				return slog.Attr{}
			}
			return a
		}})
	}))
	log.Info("x a bc", "err", "e1")
	if want := "msg=\"x [REDACTED:key/00001]\" err=e1\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

// A text of other handlers that is JSON stays JSON where a value spans its syntax.
func TestJSONOfOtherHandlersStaysJSON(t *testing.T) {
	t.Parallel()
	r := filled(t, redact.AllEncodings, []string{`"v1","n":123`, `{"deep":["abc"]}`})
	masked, _ := handled(t, r, func(w io.Writer) slog.Handler { return form{printer{w}, "%s\n"} },
		slog.NewRecord(logTime, slog.LevelError, `{"k":"v1","n":12345,"o":{"deep":["abc"]},"z":1}`, 0))
	if want := `{"k":"[REDACTED:key/00000]","[REDACTED:key/00000]":"[REDACTED:key/00000]","o":"[REDACTED:key/00001]","z":1}` + "\n"; masked != want {
		t.Errorf("%s, want %s", masked, want)
	}
}
