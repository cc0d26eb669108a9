package redact_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/slogtest"

	"github.com/postern-project/postern/runtime/redact"
)

const logged = "ghp_9xQ2mZ7LrT4vWk1Yb8Nc5Hd3Jf6Sg0PaXeUi"

func jsonHandler(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) }
func textHandler(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) }

func TestHandlerConforms(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r := filled(t, redact.AllEncodings, []string{logged})
	slogtest.Run(t, func(*testing.T) slog.Handler {
		out.Reset()
		return redact.NewHandler(&out, r, jsonHandler)
	}, func(t *testing.T) map[string]any {
		m := map[string]any{}
		if err := json.Unmarshal(out.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		return m
	})
}

type stringer struct{ s string }

func (s stringer) String() string { return s.s }

type valuer struct{ v slog.Value }

func (v valuer) LogValue() slog.Value { return v.v }

type marshaler struct{}

func (marshaler) MarshalJSON() ([]byte, error) { return json.Marshal("hidden " + logged) }

// TM-131, TM-156: a value is masked regardless of how it is logged.
func TestTM131HandlerMasksEverything(t *testing.T) {
	t.Parallel()
	const quoted = "p\"a\\ss<w>\n\x01é-1234" // escaped in many ways
	r := filled(t, redact.AllEncodings, []string{logged, quoted})
	for name, build := range map[string]func(io.Writer) slog.Handler{"json": jsonHandler, "text": textHandler} {
		for _, v := range []string{logged, quoted} {
			err := fmt.Errorf("wrapped: %w", errors.New("token "+v))
			for i, attr := range []slog.Attr{
				slog.String("a", v), slog.String("a", "x"+v+"y"), slog.Any("a", err), slog.Any("a", stringer{v}),
				slog.Any("a", []byte(v)), slog.Any("a", valuer{slog.StringValue(v)}),
				slog.Any("a", valuer{slog.AnyValue(valuer{slog.GroupValue(slog.String("b", v))})}),
				slog.Group("g", slog.Int("n", 1), slog.Group("h", slog.String("a", v))),
				slog.Any("a", struct{ A, B string }{"x", v}), slog.Any("a", map[string]string{"k": v}),
				slog.Any("a", []string{v}), slog.Any("a", &struct{ S string }{v}), slog.String(v, "key"),
				slog.Any("a", []any{err, v}), slog.Any("a", marshaler{}), slog.Any("a", json.RawMessage(`"`+logged+`"`)),
			} {
				var out bytes.Buffer
				log := slog.New(redact.NewHandler(&out, r, build))
				log.Info("message "+v, attr)
				log.With(attr).WithGroup("w").With(attr).Error(v, "n", 1)
				for _, line := range strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n") {
					if strings.Contains(line, logged) || strings.Contains(line, "-1234") || !strings.Contains(line, "[REDACTED:key/0000") {
						t.Errorf("%s, attribute %d: %s", name, i, line)
					}
					if name == "json" && !json.Valid([]byte(line)) {
						t.Errorf("attribute %d: not JSON: %s", i, line)
					}
				}
			}
		}
	}
}

// A line stays valid when a value begins or ends inside of an escape.
func TestHandlerKeepsLinesValid(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ value, text string }{
		{"nabc1234", "x\nabc1234"},
		{"00e9abcd", "x\x01"},
		{"abcd123\\", "abcd123\"q"},
		{"001fabcd1", "x\x1fabcd1"},
		{"xyz\\u00", "xyz\x01"},
		{"\"abcdef", "\"abcdef"},
	} {
		r := filled(t, redact.NoEncodings, []string{c.value})
		var out bytes.Buffer
		slog.New(redact.NewHandler(&out, r, jsonHandler)).Info(c.text)
		if !json.Valid(out.Bytes()) {
			t.Errorf("value %q, text %q: not JSON: %s", c.value, c.text, out.Bytes())
		}
	}
}

func TestHandlerPassesErrors(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	log := redact.NewHandler(&limited{err: boom}, filled(t, redact.AllEncodings, nil), jsonHandler)
	if err := log.Handle(t.Context(), slog.Record{Message: "x"}); !errors.Is(err, boom) {
		t.Errorf("Handle = %v, want %v", err, boom)
	}
}
